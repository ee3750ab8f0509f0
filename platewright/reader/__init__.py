"""The other readers: networks for the second look that are found by name, and an OCR service."""
