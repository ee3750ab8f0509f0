"""The cells of a network's map that a character claims."""

from __future__ import annotations

import numpy as np

from platewright.geometry import Box

IGNORE = -1
"""Class of a cell that teaches nothing."""
MIN_WIDTH = 1.6
"""Narrow characters claim at least so many cells."""
INNER = 0.78
"""Part of a character's box, each way, whose cells are surely its own."""
Cells = tuple[slice, slice]


def spared(box: Box, cell: tuple[float, float]) -> Box:
    """Return a character's box, widened to the least that it claims.

    Args:
        box: window pixels.
        cell: (height, width) of a cell, window pixels.
    """
    x0, y0, x1, y1 = box
    spare = max(MIN_WIDTH * cell[1] - (x1 - x0), 0.0) / 2
    return x0 - spare, y0, x1 + spare, y1


def claimed(box: Box, cell: tuple[float, float], count: tuple[int, int]) -> Cells:
    """Return the (rows, columns) that are surely a character's own, at least one each way.

    Args:
        box: as `spared` gives it.
        cell: (height, width) of a cell, window pixels.
        count: (rows, columns) of the map.
    """
    x0, y0, x1, y1 = box
    return (
        _span(y0, y1, cell[0], count[0], INNER),
        _span(x0, x1, cell[1], count[1], INNER),
    )


def around(box: Box, cell: tuple[float, float], count: tuple[int, int]) -> Cells:
    """Return the (rows, columns) that a character may reach into: they teach no `none`.

    Args:
        box: as `spared` gives it.
        cell: (height, width) of a cell, window pixels.
        count: (rows, columns) of the map.
    """
    x0, y0, x1, y1 = box
    return (
        _span(y0 - cell[0] / 2, y1 + cell[0] / 2, cell[0], count[0], 1.0),
        _span(x0 - cell[1] / 2, x1 + cell[1] / 2, cell[1], count[1], 1.0),
    )


def _span(low: float, high: float, cell: float, count: int, inner: float) -> slice:
    """Return the cells whose centres lie in the inner part of [low, high], at least one."""
    middle, half = (low + high) / 2, (high - low) / 2 * inner
    first = int(np.ceil((middle - half) / cell - 0.5))
    last = int(np.floor((middle + half) / cell - 0.5))
    if last < first:
        first = last = int(np.floor(middle / cell))
    return slice(max(first, 0), min(last + 1, count))
