"""Video: frames from files, folders, cameras and streams; tracks; one vote per passing vehicle."""
