"""Data sets in and out: archives, backgrounds, labels."""
