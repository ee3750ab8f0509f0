"""What readings become: tables, files, annotated and redacted pictures, video."""
