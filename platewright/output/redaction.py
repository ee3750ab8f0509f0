"""Plates hidden beyond recovery: one flat colour that is taken from round about them.

Not blurred and not in mosaic: what either leaves of a short text in a known typeface is enough to
find it again (Hill, Zhou, Saul and Shacham, "On the (in)effectiveness of mosaicing and blurring as
tools for document redaction", 2016). A flat colour of the plate's surroundings has nothing of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, product
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.geometry import FloatArray, Picture, size_of, sound_quad, suppress
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
BLACK, MUCH = 16.0, 0.2
"""Where so much of a photo is below that level, and not all of it is dark, it is looked at with
that level white as well: whoever makes it lighter sees what stands there."""
WHOLE_PX = 1440  #: Shorter side of a photo that is looked at as a whole; a larger one is shrunk
TILE_PX, TILED_PX = 1024, 1280
"""Sides of the squares in which a photo is looked at again whose shorter side is longer than the
second: a plate that is small in a large photo can be read as well as in a small one."""
TILE_REACH = 5 * SMALLEST[0]
"""How far squares overlap, as a part of the photo's shorter side, so that a plate lies in one of
them that is too small to be found in the whole."""
ROUNDS = 3  #: How often a picture is looked at, for what stood beside a plate that is hidden now


class Finder(Protocol):
    """What hiding needs of a detector."""

    def locate(self, image: Picture) -> list[Reading]:
        """Find the plates of a photo, (H, W) or (H, W, 3), nearly the same ones too; no texts."""
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
    were found are looked at again, once these are hidden. At last a large photo is looked at piece
    by piece, as it is and the way up in which most was found.

    Args:
        image: (H, W) grey or (H, W, 3) RGB; not changed.
        detector: with `redaction_settings`.

    Returns:
        A new picture, and where the plates were, best first: readings without a text.
    """
    size = size_of(image)
    kept: list[Reading] = []
    shown, ways = image, [*WAYS]
    sure = dict.fromkeys(WAYS, 0.0)
    for _ in range(ROUNDS):
        found = find_plates(shown, detector, ways)
        kept = _with_room([*kept, *chain.from_iterable(found.values())], size)
        shown = hide(image, [each.quad for each in kept])
        for way, finds in found.items():
            sure[way] += sum(find.presence for find in finds if find.presence >= LIKELY)
        ways = [way for way, finds in found.items() if any(f.presence >= LIKELY for f in finds)]
        if not ways:
            break
    best = max(WAYS[:4], key=lambda way: sure[way])
    if small := [f for way in {WAYS[0], best} for f in _small_plates(shown, detector, way)]:
        kept = _with_room([*kept, *small], size)
        shown = hide(image, [each.quad for each in kept])
    return shown, _apart(kept, OVERLAP)


def _small_plates(image: Picture, detector: Finder, way: float) -> list[Reading]:
    """Return what may be plates that are small in a large photo, as squares of it show them."""
    sides = image.shape[:2]
    reach = round(TILE_REACH * min(sides))
    if min(sides) <= TILED_PX:
        return []
    found: list[Reading] = []
    for y, x in product(*(range(0, max(side - reach, 1), TILE_PX - reach) for side in sides)):
        tile = np.ascontiguousarray(image[y : y + TILE_PX, x : x + TILE_PX])
        found += [
            replace(find, quad=find.quad + np.array([x, y]))
            for find in find_plates(tile, detector, [way])[way]
            if max(np.ptp(find.quad, axis=0)) <= reach  # else it is found in the whole
        ]
    return found


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
    whole = _shrunk(image)
    scale = np.divide(image.shape[1::-1], whole.shape[1::-1])
    pictures = [lit(whole)]
    if pictures[0] is whole and (whole < BLACK).mean() >= MUCH:
        pictures.append(np.asarray(cv2.convertScaleAbs(whole, alpha=WHITE / BLACK), np.uint8))
    found: dict[float, list[Reading]] = {}
    for way in ways:
        looks = [_turned(picture, way) for picture in pictures]
        turned, back = looks[0]
        own = [reading for picture, _ in looks for reading in detector.locate(picture)]
        if way:  # the front of a house on its side is no plate
            most = LARGEST * turned.shape[0] * turned.shape[1]
            areas = [cv2.contourArea(reading.quad.astype(np.float32)) for reading in own]
            both = zip(own, areas, strict=True)
            own = [r for r, area in both if r.presence >= SURE or area <= most]
        if way % 1:  # nor is what is hardly one upright
            own = [r for r in own if r.presence >= LIKELY]
        own = _apart(without_texts(own), SAME)
        found[way] = [replace(find, quad=back(find.quad) * scale) for find in own]
    return found


def _shrunk(image: Picture) -> Picture:
    """Return a photo no larger than what is looked at as a whole."""
    factor = WHOLE_PX / min(image.shape[:2])
    if factor >= 1:
        return image
    sides = [round(side * factor) for side in image.shape[1::-1]]
    return np.asarray(cv2.resize(image, sides, interpolation=cv2.INTER_AREA), np.uint8)


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
    some = image[::2, ::2] if image.size > 1 << 16 else image
    level = max(float(np.percentile(some, LIGHTEST)), 1.0)
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
    nothing: dict[str, Any] = dict(
        text="", confidence=0.0, characters=(), lines=(), groups=(), region="", slots=None,
        accepted=False,
    )  # fmt: skip
    return [replace(reading, **nothing) for reading in readings]


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
        top, bottom = shape[:, 1].min() >> 4, (shape[:, 1].max() >> 4) + 1
        reach = max(int(0.2 * max(min(bottom, image.shape[0]) - max(top, 0), 0)), 3)
        part, mask = _masked(shape, covered.shape, reach)
        if not mask.size:
            continue
        kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
        ring = (cv2.dilate(mask.view(np.uint8), kernel) > 0) & (covered[part] == 0)
        around = image[part][ring]
        level = np.median(around, axis=0) if around.size else np.full(image.shape[2:], 128)
        out[part][mask] = level.astype(np.uint8)
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


def _apart(finds: Sequence[Reading], overlap: float) -> list[Reading]:
    """Return those that overlap no surer one by as much, best first."""
    sure = [find.presence for find in finds]
    kept = suppress([find.bounds for find in finds], sure, overlap=overlap, inside=1)
    return [finds[k] for k in kept]


def _with_room(finds: Sequence[Reading], size: tuple[int, int]) -> list[Reading]:
    """Return all likely finds, and of the others the surest for which there is `ROOM`."""
    painted, room = np.zeros(size, np.bool_), ROOM * size[0] * size[1]
    kept = []
    for find in sorted(finds, key=lambda f: -f.presence):
        part, mask = _masked(_shape(np.asarray(find.quad, np.float64)), size)
        more = np.count_nonzero(mask & ~painted[part])
        if find.presence >= LIKELY or more <= room:
            room -= more
            painted[part] |= mask
            kept.append(find)
    return kept


def _shape(quad: FloatArray) -> NDArray[np.int32]:
    """Return the polygon to be filled, sixteenths of a pixel; never without an area."""
    wide = widened(quad)
    if cv2.contourArea(wide.astype(np.float32)) < 4 * LEAST_PX**2:  # corners on a line, or crossed
        wide = widened(sound_quad(quad))
    hull = cv2.convexHull(np.rint(wide * 16).astype(np.int32))
    return np.asarray(hull, np.int32).reshape(-1, 2)


def _masked(
    shape: NDArray[np.int32], size: tuple[int, ...], reach: int = 0
) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """Return the part of a picture in which a polygon lies, and where in it that is filled.

    Args:
        shape: sixteenths of a pixel.
        size: (height, width) of the picture.
        reach: how much more room is in the part on each side, px.
    """
    (x0, y0), (x1, y1) = (shape.min(axis=0) >> 4) - reach, (shape.max(axis=0) >> 4) + reach + 2
    rows, columns = (
        slice(*np.clip((low, high), 0, side).tolist())
        for low, high, side in ((y0, y1, size[0]), (x0, x1, size[1]))
    )
    mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    if mask.size:
        _fill(mask, shape - np.array([columns.start, rows.start], np.int32) * 16, 1)
    return (rows, columns), mask.view(np.bool_)


def _fill(mask: Picture, shape: NDArray[np.int32], level: int) -> None:
    """Fill a polygon of sixteenths of a pixel, in place, edges included."""
    # OpenCV counts from the first pixel's centre, this project from its corner.
    cv2.fillPoly(mask, [shape - 8], (level,), cv2.LINE_8, 4)
