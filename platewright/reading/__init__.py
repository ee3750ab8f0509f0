"""Reading: from a photo to what its plates say."""
