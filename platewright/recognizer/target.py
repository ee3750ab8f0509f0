"""What the network should say: the one definition of a positive window, and the reader's maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.geometry import Box, box_of_quad, project
from platewright.recognizer.settings import NetworkSettings
from platewright.record import PlateRecord

__all__ = ["IGNORE", "read_target", "scan_target"]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]

IGNORE = -1
"""Class of a cell that teaches nothing."""
CENTRE = (0.11, 0.075)
"""How far a positive's centre may lie from the window's: (down, right), parts of the window."""
NEAR = 2.4
"""Up to so many times `CENTRE`, a cell is ignored rather than negative."""
SLACK = 1.22
"""A plate so much too small or too large is ignored rather than negative."""
MIN_WIDTH = 1.6
"""Narrow characters claim at least so many cells."""
INNER = 0.78
"""Part of a character's box, each way, whose cells are surely its own."""


def scan_target(
    plates: Sequence[PlateRecord], size: tuple[int, int], settings: NetworkSettings
) -> tuple[FloatArray, FloatArray]:
    """Return what the scan should say of a scene.

    A window is positive when a plate's box is centred in it within `CENTRE` and fills
    `settings.extent` of it; ignored a little outside of that.

    Args:
        plates: the scene's plates.
        size: (height, width) of the scene.
        settings: of the network.

    Returns:
        presence (rows, cols): 1, 0 or `IGNORE`; corners (rows, cols, 9): eight offsets from the
        window's centre in half windows, and 1 where they are taught. That is wherever presence is
        not 0: a window that is ignored may fire as well, and should then know the corners. Of a
        plate of which only an upright box is known they are not taught.
    """
    grid = settings.grid
    rows, cols = grid.shape(*size)
    presence = np.zeros((rows, cols), np.float32)
    corners = np.zeros((rows, cols, 9), np.float32)
    height, width = grid.window
    y = np.arange(rows)[:, None] * grid.stride[0] + height / 2
    x = np.arange(cols)[None, :] * grid.stride[1] + width / 2
    low, high = settings.extent
    for plate in plates:
        x0, y0, x1, y1 = plate.box
        extent = max((x1 - x0) / width, (y1 - y0) / height)
        if not low / SLACK <= extent <= high * SLACK:
            continue
        off_y = np.abs(y - (y0 + y1) / 2) / height
        off_x = np.abs(x - (x0 + x1) / 2) / width
        near = (off_y <= CENTRE[0] * NEAR) & (off_x <= CENTRE[1] * NEAR)
        fresh = near & (presence == 0)
        presence[fresh] = IGNORE
        if low <= extent <= high:
            hit = (off_y <= CENTRE[0]) & (off_x <= CENTRE[1])
            presence[hit] = 1
            fresh |= hit
        where = np.argwhere(fresh)
        if where.size:
            middle = np.stack([x[0, where[:, 1]], y[where[:, 0], 0]], axis=1)
            offsets = (plate.quad[None] - middle[:, None]) / (width / 2, height / 2)
            corners[where[:, 0], where[:, 1], :8] = offsets.reshape(-1, 8)
            corners[where[:, 0], where[:, 1], 8] = not plate.boxed
    return presence, corners


def _span(low: float, high: float, cell: float, count: int, inner: float) -> tuple[int, int]:
    """Return the cells whose centres lie in the inner part of [low, high], at least one."""
    middle, half = (low + high) / 2, (high - low) / 2 * inner
    first = int(np.ceil((middle - half) / cell - 0.5))
    last = int(np.floor((middle + half) / cell - 0.5))
    if last < first:
        first = last = int(np.floor(middle / cell))
    return max(first, 0), min(last + 1, count)


def read_target(
    plate: PlateRecord, matrix: ArrayLike, settings: NetworkSettings, cells: tuple[int, int]
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Return what the reader should say of a plate's window.

    Args:
        plate: with its characters in reading order; where they are not known, as of most real
            plates, the two maps teach nothing.
        matrix: homography from photo points to window points.
        settings: of the network.
        cells: (rows, cols) of the reader's maps.

    Returns:
        character classes (rows, cols), none = `pad`; slot classes (rows, cols), none = `slots`;
        text classes (slots,); corners (8,) in parts of the window.
    """
    alphabet = settings.alphabet
    height, width = settings.read_window
    cell_h, cell_w = height / cells[0], width / cells[1]
    known = bool(plate.characters) or not plate.text
    characters = np.full(cells, alphabet.pad if known else IGNORE, np.int32)
    slots = np.full(cells, settings.slots if known else IGNORE, np.int32)
    boxes: list[Box] = []
    for char in plate.characters:
        x0, y0, x1, y1 = box_of_quad(project(matrix, char.quad))
        spare = max(MIN_WIDTH * cell_w - (x1 - x0), 0.0) / 2
        boxes.append((x0 - spare, y0, x1 + spare, y1))
    for x0, y0, x1, y1 in boxes:
        c0, c1 = _span(x0 - cell_w / 2, x1 + cell_w / 2, cell_w, cells[1], 1.0)
        r0, r1 = _span(y0 - cell_h / 2, y1 + cell_h / 2, cell_h, cells[0], 1.0)
        characters[r0:r1, c0:c1] = IGNORE
        slots[r0:r1, c0:c1] = IGNORE
    for position, (char, (x0, y0, x1, y1)) in enumerate(zip(plate.characters, boxes, strict=True)):
        c0, c1 = _span(x0, x1, cell_w, cells[1], INNER)
        r0, r1 = _span(y0, y1, cell_h, cells[0], INNER)
        kind = alphabet.index(char.char)
        characters[r0:r1, c0:c1] = kind if kind >= 0 else IGNORE
        slots[r0:r1, c0:c1] = min(position, settings.slots - 1)
    text = np.full(settings.slots, alphabet.pad, np.int32)
    for position, one in enumerate(plate.text[: settings.slots]):
        text[position] = alphabet.index(one)  # foreign: IGNORE
    corners = project(matrix, plate.quad) / (width, height)
    return characters, slots, text, corners.reshape(-1).astype(np.float32)
