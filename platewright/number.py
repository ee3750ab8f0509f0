"""Numbers in the text of label files: what a field says, and how large it may be."""

from __future__ import annotations

import math

__all__ = ["LARGEST", "number_of"]

LARGEST = 1e9
"""Number in a label: no picture has so many pixels in a row, and its square is still finite."""


def number_of(field: str) -> float:
    """Return the number that a field holds, infinite or not; nan where it holds none.

    >>> number_of(" 1e2"), number_of("wide")
    (100.0, nan)
    """
    try:
        return float(field)
    except ValueError:
        return math.nan
