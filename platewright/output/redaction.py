"""Plates hidden beyond recovery: one flat colour that is taken from round about them.

Not blurred and not in mosaic: what either leaves of a short text in a known typeface is enough to
find it again (Hill, Zhou, Saul and Shacham, "On the (in)effectiveness of mosaicing and blurring as
tools for document redaction", 2016). A flat colour of the plate's surroundings has nothing of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.geometry import FloatArray, Picture, iou, sound_quad
from platewright.record import Reading

MIN_PRESENCE = 0.06  #: What is a plate with this probability is hidden
LIKELY = 0.5  #: What is one with less is hidden as far as there is `ROOM`, the surest first
ROOM = 0.25  #: Part of a photo that may be painted over for that, the likely plates included
LARGEST, SURE = 0.1, 0.9
"""What covers so much of a photo, and is on its side or upside down in it, must be so sure."""
SMALLEST = (1 / 120, 4.0)
"""As `DetectorSettings.smallest`: a person reads plates that the reader is not asked for."""
WIDER = 0.15  #: How much is added on each side, part of the plate's width and height ...
LEAST_PX = 4.0  #: ... and at least so many pixels.
SAME = 0.8  #: Overlap of a find with one that there is already, and adds nothing to it
OVERLAP = 0.3
"""Of places that are told; what overlaps one by more is hidden with it, and not counted."""
WAYS = (0, 1, 2, 3, 0.5, -0.5)
"""By how many times 90 degrees a photo is turned to be looked at; aslant at half of its size."""
DARK, WHITE, LIGHTEST = 80.0, 235.0, 99.0
"""Where a photo's lightest hundredth is below the first level, it is looked at with that at the
second."""
ROUNDS = 3  #: How often a picture is looked at, for what stood beside a plate that is hidden now


class Finder(Protocol):
    """What hiding needs of a detector."""

    def locate(self, image: Picture) -> list[Reading]:
        """Find the plates of a photo, nearly the same ones too, and tell no texts."""
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

    The photo is looked at as it is, on either side, upside down and aslant: phones do not always
    note how they were held, and whoever sees the photo turns it. Ways up in which likely plates
    were found are looked at again, once these are hidden.

    Args:
        image: (H, W) grey or (H, W, 3) RGB; not changed.
        detector: with `redaction_settings`.

    Returns:
        A new picture, and where the plates were, best first: readings without a text.
    """
    kept: list[Reading] = []
    shown, ways = image, [*WAYS]
    for _ in range(ROUNDS):
        found = find_plates(shown, detector, ways)
        new = [each for finds in found.values() for each in finds]
        kept = _with_room([*kept, *new], (image.shape[0], image.shape[1]))
        shown = hide(image, [each.quad for each in kept])
        ways = [way for way, finds in found.items() if any(f.presence >= LIKELY for f in finds)]
        if not ways:
            break
    return shown, _apart(kept, OVERLAP)


def find_plates(
    image: Picture, detector: Finder, ways: Sequence[float] = WAYS
) -> dict[float, list[Reading]]:
    """Return what may be plates, by the way up in which it is one.

    Args:
        image: (H, W) grey or (H, W, 3) RGB.
        detector: with `redaction_settings`.
        ways: how often the photo is turned by 90 degrees, anticlockwise; of `WAYS`.

    Returns:
        Readings without texts, in pixels of the photo as it is.
    """
    image = lit(image)
    found: dict[float, list[Reading]] = {}
    for way in ways:
        turned, back = _turned(image, way)
        own = detector.locate(turned)
        if way:  # the front of a house on its side is no plate
            most = LARGEST * turned.shape[0] * turned.shape[1]
            own = [r for r in own if r.presence >= SURE or _area(r) <= most]
        if way % 1:  # nor is what is hardly one upright
            own = [r for r in own if r.presence >= LIKELY]
        own = _apart(without_texts(own), SAME)
        found[way] = [replace(find, quad=back(find.quad)) for find in own]
    return found


def _turned(image: Picture, way: float) -> tuple[Picture, Callable[[FloatArray], FloatArray]]:
    """Return a photo turned, and what turns corners in it back; see `WAYS`."""
    height, width = image.shape[:2]
    if not way % 1:
        turns = int(way)
        whole = np.ascontiguousarray(np.rot90(image, turns))
        return whole, partial(turned_back, turns=turns, size=(height, width))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 90 * way, 0.5)
    sides = np.ceil(np.abs(turn[:, :2]) @ (width, height))
    turn[:, 2] += (sides - (width, height)) / 2
    back = cv2.invertAffineTransform(turn)
    sides_px = int(sides[0]), int(sides[1])
    half = cv2.warpAffine(image, turn, sides_px, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(half, np.uint8), lambda quad: quad @ back[:, :2].T + back[:, 2]


def lit(image: Picture) -> Picture:
    """Return a photo that is dark all over as anybody can make it, with its lightest parts white.

    >>> int(lit(np.full((4, 4), 20, np.uint8))[0, 0]), int(lit(np.full((4, 4), 90, np.uint8))[0, 0])
    (235, 90)
    """
    level = max(float(np.percentile(image, LIGHTEST)), 1.0)
    if level >= DARK:
        return image
    return np.asarray(cv2.convertScaleAbs(image, alpha=WHITE / level), np.uint8)


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
        (left, top), (right, bottom) = shape.min(axis=0) >> 4, (shape.max(axis=0) >> 4) + 1
        reach = max(int(0.2 * max(min(bottom, image.shape[0]) - max(top, 0), 0)), 3)
        x, y = max(int(left) - reach, 0), max(int(top) - reach, 0)
        part = slice(y, max(int(bottom) + reach + 1, y)), slice(x, max(int(right) + reach + 1, x))
        mask = np.zeros_like(covered[part])
        if not mask.size:
            continue
        _fill(mask, shape - np.array([x, y], np.int32) * 16, 255)
        kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
        ring = (cv2.dilate(mask, kernel) > 0) & (covered[part] == 0)
        around = image[part][ring]
        level = np.median(around, axis=0) if around.size else np.full(image.shape[2:], 128)
        out[part][mask > 0] = level.astype(np.uint8)
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


def _area(find: Reading) -> float:
    return float(cv2.contourArea(find.quad.astype(np.float32)))


def _apart(finds: Sequence[Reading], overlap: float) -> list[Reading]:
    """Return those that overlap no surer one by as much, best first."""
    apart: list[Reading] = []
    for find in sorted(finds, key=lambda f: -f.presence):
        if all(iou(find.box, each.box) < overlap for each in apart):
            apart.append(find)
    return apart


def _with_room(finds: Sequence[Reading], size: tuple[int, int]) -> list[Reading]:
    """Return all likely finds, and of the others the surest for which there is `ROOM`."""
    painted = np.zeros(size, np.uint8)
    kept = []
    for find in sorted(finds, key=lambda f: -f.presence):
        with_it = painted.copy()
        _fill(with_it, _shape(np.asarray(find.quad, np.float64)), 1)
        if find.presence >= LIKELY or with_it.mean() <= ROOM:
            painted = with_it
            kept.append(find)
    return kept


def _shape(quad: FloatArray) -> NDArray[np.int32]:
    """Return the polygon to be filled, sixteenths of a pixel; never without an area."""
    wide = widened(quad)
    if cv2.contourArea(wide.astype(np.float32)) < 4 * LEAST_PX**2:  # corners on a line, or crossed
        wide = widened(sound_quad(quad))
    hull = cv2.convexHull(np.rint(wide * 16).astype(np.int32))
    return np.asarray(hull, np.int32).reshape(-1, 2)


def _fill(mask: Picture, shape: NDArray[np.int32], level: int) -> None:
    """Fill a polygon of sixteenths of a pixel, in place, edges included."""
    # OpenCV counts from the first pixel's centre, this project from its corner.
    cv2.fillPoly(mask, [shape - 8], (level,), cv2.LINE_8, 4)
