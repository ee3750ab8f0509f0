"""Straightened plates that can be read and spelt, for readers of crops."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.errors import DatasetError
from platewright.geometry import project
from platewright.network.settings import TextSettings
from platewright.reading.straighten import rectify
from platewright.record import PlateRecord
from platewright.synth.scene import draw_closeup
from platewright.training.sample import SampleSettings, Stock, legible
from platewright.training.view import CLOSE, frame_quad

__all__ = ["character_cells", "draw_crop"]

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]
TRIES = 64


def draw_crop(
    rng: np.random.Generator,
    stock: Stock,
    samples: SampleSettings,
    settings: TextSettings,
) -> tuple[Picture, PlateRecord, FloatArray]:
    """Draw one rectified plate that can be read and whose text the reader can spell.

    Args:
        rng: random numbers.
        stock: what is drawn upon.
        samples: how plates are drawn and framed.
        settings: of the reader.

    Returns:
        The (h, w) window, the plate, the homography from picture points to window points.

    Raises:
        DatasetError: if stored pictures have no such plate.
    """
    for _ in range(TRIES):
        if stock.stored is not None and stock.stored.gives_closeup(rng):
            image, record = stock.stored.draw_closeup(rng)
        else:
            image, record = draw_closeup(rng, stock.backgrounds, samples.closeup, margin=CLOSE)
        plate = record.plates[0]
        known = all(settings.alphabet.index(char) >= 0 for char in plate.text)
        if not known or not 0 < len(plate.text) <= settings.slots or not legible(record):
            continue
        quad = frame_quad(rng, plate.quad, upright=rng.random() < samples.upright)
        try:
            window, matrix = rectify(image, quad, settings.window, settings.margin)
        except ValueError:  # corners on a line
            continue
        return window, plate, matrix
    raise DatasetError(
        f"{TRIES} plates without one of at most {settings.slots} characters of "
        f"{settings.characters}: the pictures and the network don't fit"
    )


def character_cells(
    plate: PlateRecord, matrix: FloatArray, settings: TextSettings
) -> NDArray[np.int32]:
    """Return (characters, 2) first and last cell of each character in the sequence.

    There are none where they are not known, as of most real plates, and where two lines are in one
    row, since no order of columns says that.

    Args:
        plate: with its characters in reading order, or without them.
        matrix: homography from picture points to window points.
        settings: of the reader.
    """
    rows, columns = settings.cells
    found: list[Any] = []
    two_in_one = rows == 1 and any(c.line for c in plate.characters)
    if two_in_one or len(plate.characters) != len(plate.text):
        return np.zeros((0, 2), np.int32)
    lines = max((c.line for c in plate.characters), default=0) + 1
    for char in plate.characters:
        x = project(matrix, char.quad)[:, 0] * columns / settings.window[1]
        middle, half = (x.min() + x.max()) / 2, (x.max() - x.min()) / 2
        span = np.clip([middle - 0.6 * half, middle + 0.6 * half], 0, columns - 1e-6).astype(int)
        row = char.line * rows // lines if lines > 1 else 0
        found.append(span + row * columns)
    return np.array(found, np.int32).reshape(-1, 2)
