"""Draws plates, scenes and windows, each with its record."""
