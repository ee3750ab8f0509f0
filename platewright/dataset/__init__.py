"""Labelled data sets in and out: formats, their pictures, splits and conversions."""
