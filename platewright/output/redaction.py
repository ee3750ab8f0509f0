"""Plates hidden beyond recovery: one flat colour that is taken from round about them.

Not blurred and not in mosaic: what either leaves of a short text in a known typeface is enough to
find it again (Hill, Zhou, Saul and Shacham, "On the (in)effectiveness of mosaicing and blurring as
tools for document redaction", 2016). A flat colour of the plate's surroundings has nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.geometry import box_of_quad, iou, sound_quad
from platewright.record import Reading

__all__ = [
    "MIN_PRESENCE",
    "Finder",
    "find_plates",
    "hide",
    "redact",
    "redaction_settings",
    "turned_back",
    "widened",
    "without_texts",
]

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]

MIN_PRESENCE = 0.06
"""What is a plate with this probability is hidden."""
SMALLEST = (1 / 120, 4.0)
"""As `DetectorSettings.smallest`: a person reads plates that the reader is not asked for."""
WIDER = 0.15
"""How much is added on each side, part of the plate's width and height ..."""
LEAST_PX = 4.0
"""... and at least so many pixels."""
SAME = 0.8
"""Overlap of a find with one that there is already, and adds nothing to it."""
LARGEST = 0.1
"""Part of a photo that a plate found in the turned photo may cover."""
ROUNDS = 3
"""How often a picture is looked at again, for what stood beside a plate that is hidden now."""


class Finder(Protocol):
    """What hiding needs of a detector."""

    def read(self, image: Picture) -> list[Reading]:
        """Find and read the plates of a photo."""
        ...


def redaction_settings(
    min_presence: float | None = None, min_height: float | None = None
) -> dict[str, Any]:
    """Return settings of a detector, by name, that rather hide too much than too little.

    Args:
        min_presence: least presence of what is hidden, 0-1; None: `MIN_PRESENCE`.
        min_height: as `DetectorSettings.min_height`; None: half of what is usual.
    """
    least = MIN_PRESENCE if min_presence is None else min_presence
    return dict(
        min_presence=least,
        min_height=min_height or 0.0,
        smallest=SMALLEST,
        second_look=least / 4,
        scan_presence=min(0.02, max(least, 1e-6)),
        max_candidates=64,
        max_plates=1000,
        min_characters=0,
    )


def redact(image: Picture, detector: Finder) -> tuple[Picture, list[Reading]]:
    """Hide all plates of a photo.

    Args:
        image: (H, W) grey or (H, W, 3) RGB; not changed.
        detector: with `redaction_settings`.

    Returns:
        A new picture, and where the plates were: readings without a text.
    """
    hidden: list[Reading] = []
    for _ in range(ROUNDS):
        found = find_plates(image, detector)
        image = hide(image, [reading.quad for reading in found])
        hidden += found
        if not found:
            break
    return image, hidden


def find_plates(image: Picture, detector: Finder) -> list[Reading]:
    """Return the plates of a photo as readings without what could tell their text.

    The photo is looked at as it is, on either side and upside down: phones do not always note how
    they were held, and whoever sees the photo turns it.
    """
    found = list(detector.read(image))
    height, width = image.shape[:2]
    for turns in (1, 2, 3):
        turned = np.ascontiguousarray(np.rot90(image, turns))
        for reading in detector.read(turned):
            quad = turned_back(reading.quad, turns, (height, width))
            # The detector knows plates upright: what is large and on its side is a house's front.
            if cv2.contourArea(quad.astype(np.float32)) > LARGEST * height * width:
                continue
            if all(iou(box_of_quad(quad), each.box) < SAME for each in found):
                found.append(replace(reading, quad=quad))
    return without_texts(found)


def turned_back(quad: FloatArray, turns: int, size: tuple[int, int]) -> FloatArray:
    """Return the corners in a photo of what was found in the photo as `numpy.rot90` turned it.

    Args:
        quad: (4, 2), pixels of the turned photo.
        turns: by 90 degrees, anticlockwise.
        size: (height, width) of the photo.

    >>> turned_back(np.array([[0.0, 0], [2, 0], [2, 1], [0, 1]]), 1, (10, 20)).tolist()
    [[20.0, 0.0], [20.0, 2.0], [19.0, 2.0], [19.0, 0.0]]
    """
    height, width = size
    x, y = quad[:, 0], quad[:, 1]
    columns, rows = [(x, y), (width - y, x), (width - x, height - y), (y, height - x)][turns]
    return np.stack([columns, rows], axis=1)


def without_texts(readings: Sequence[Reading]) -> list[Reading]:
    """Return readings without what could tell their texts."""
    return [
        replace(
            reading,
            text="",
            confidence=0.0,
            characters=(),
            lines=(),
            groups=(),
            region="",
            slots=None,
            accepted=False,
        )
        for reading in readings
    ]


def hide(image: Picture, quads: Sequence[ArrayLike]) -> Picture:
    """Return a copy of a picture with quads filled, each wider by `WIDER`.

    Args:
        image: (H, W) grey or (H, W, 3) RGB.
        quads: (4, 2) each, px; may reach over the edges.
    """
    out = image.copy()
    if not len(quads):
        return out
    shapes = [_shape(np.asarray(quad, np.float64)) for quad in quads]
    covered = np.zeros(image.shape[:2], np.uint8)
    for shape in shapes:
        _fill(covered, shape, 255)
    for shape in shapes:
        mask = np.zeros_like(covered)
        _fill(mask, shape, 255)
        rows, columns = np.nonzero(mask)
        if not rows.size:
            continue
        reach = max(int(0.2 * (np.ptp(rows) + 1)), 3)
        top, left = max(int(rows.min()) - reach, 0), max(int(columns.min()) - reach, 0)
        part = (
            slice(top, int(rows.max()) + reach + 1),
            slice(left, int(columns.max()) + reach + 1),
        )
        kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
        ring = (cv2.dilate(mask[part], kernel) > 0) & (covered[part] == 0)
        around = image[part][ring]
        level = np.median(around, axis=0) if around.size else np.full(image.shape[2:], 128)
        out[mask > 0] = level.astype(np.uint8)
    return out


def widened(quad: ArrayLike) -> FloatArray:
    """Return a quad with `WIDER` of its sides, or `LEAST_PX`, added on each.

    >>> widened([[0, 0], [100, 0], [100, 40], [0, 40]]).tolist()
    [[-15.0, -6.0], [115.0, -6.0], [115.0, 46.0], [-15.0, 46.0]]
    """
    corners = np.asarray(quad, np.float64)
    out = corners.copy()
    for k in range(4):
        for other in (corners[k ^ 1], corners[3 - k]):  # along its row, along its column
            side = corners[k] - other
            length = max(float(np.hypot(*side)), 1e-6)
            out[k] += side / length * max(WIDER * length, LEAST_PX)
    return out


def _shape(quad: FloatArray) -> NDArray[np.int32]:
    """Return the polygon to be filled, sixteenths of a pixel; never without an area."""
    wide = widened(quad)
    if cv2.contourArea(wide.astype(np.float32)) < 4 * LEAST_PX**2:  # corners on a line, or crossed
        wide = widened(sound_quad(quad))
    return np.asarray(cv2.convexHull(np.rint(wide * 16).astype(np.int32)), np.int32)


def _fill(mask: Picture, shape: NDArray[np.int32], level: int) -> None:
    """Fill a polygon of sixteenths of a pixel, in place, edges included."""
    # OpenCV counts from the first pixel's centre, this project from its corner.
    cv2.fillPoly(mask, [shape - 8], (level,), cv2.LINE_8, 4)
