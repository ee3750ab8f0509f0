"""Platewright: draws number plates, learns from its own drawings, reads real plates."""

__version__ = "0.1.0"
