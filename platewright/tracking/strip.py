"""Strips of a pyramid's levels, of which a few are scanned in each frame of a video."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platewright.network.part import Grid
from platewright.reading.finder import Level, LevelLook, ScanFinder

Mask = NDArray[np.bool_]

ROWS = 16  #: Rows of cells in a strip
CELL = 8  #: Pixels of the frame, in height and width, that are compared at once


@dataclass
class Strip:
    """Rows of cells of one level, and how many frames ago they were scanned."""

    level: int
    first: int
    rows: int
    columns: int
    pixels: int
    waited: int = 0
    whole: int = 0


def cut(number: int, level: Level, grid: Grid) -> Iterator[Strip]:
    """Cut a level into strips."""
    (height, width), (down, right) = grid.window, grid.stride
    rows = (level.image.shape[0] - height) // down + 1
    columns = (level.image.shape[1] - width) // right + 1
    count = max(round(rows / ROWS), 1)
    edges = [rows * k // count for k in range(count + 1)]
    for first, end in itertools.pairwise(edges):
        pixels = ((end - first - 1) * down + height) * ((columns - 1) * right + width)
        yield Strip(number, first, end - first, columns, pixels)


def look_at(strip: Strip, left: int, right: int, level: Level, finder: ScanFinder) -> LevelLook:
    """Scan columns of a strip: just what the whole level's scan says there."""
    grid = finder.scan.grid
    (height, width), (down, across) = grid.window, grid.stride
    top, bottom = strip.first * down, (strip.first + strip.rows - 1) * down + height
    part = level.image[top:bottom, left * across : (right - 1) * across + width]
    return level, (strip.first, left), *finder.look(np.ascontiguousarray(part))


def moved_columns(strip: Strip, level: Level, moved: Mask, grid: Grid) -> tuple[int, int] | None:
    """Return from which to which column of a strip something in its windows has moved."""
    (height, width), (down, across) = grid.window, grid.stride
    top = (strip.first * down - level.pad[1]) * level.scale[1] / CELL
    bottom = ((strip.first + strip.rows) * down + height - level.pad[1]) * level.scale[1] / CELL
    rows = moved[max(int(top), 0) : max(int(np.ceil(bottom)), 0)]
    there = np.flatnonzero(rows.any(axis=0)) if rows.size else np.array([], np.intp)
    if not there.size:
        return None
    # Of windows that hold what moved no more than at their very edge, the middle is elsewhere.
    first = there[0] * CELL / level.scale[0] + level.pad[0] - width * 0.75
    last = (there[-1] + 1) * CELL / level.scale[0] + level.pad[0] - width * 0.25
    left = int(np.clip(first // across, 0, strip.columns - 1))
    right = int(np.clip(np.ceil(last / across) + 1, left + 1, strip.columns))
    return left, right
