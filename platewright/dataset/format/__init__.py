"""Data set formats: one file each, found by name."""
