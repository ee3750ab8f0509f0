"""Outlines of plates: the shapes that people and tools draw round them, and what is seen of one."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import ArrayLike

from platewright.geometry import Box, FloatArray, box_of_quad, clip_box, quad_of_box
from platewright.record import PlateRecord, SceneRecord

CORNERS = 4
LEAST_AREA = 1e-6  #: Less is rounding: points on a line
WORTH_TURNING = 0.9
"""A turned rectangle must be smaller than this part of the upright one to be taken for it."""


def polygon_area(points: ArrayLike) -> float:
    """Return the area of a polygon (n, 2), in square pixels; 0 with fewer than three corners.

    >>> polygon_area([[0, 0], [4, 0], [4, 3], [0, 3]])
    12.0
    """
    x, y = np.asarray(points, dtype=np.float64).reshape(-1, 2).T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2) if len(x) > 2 else 0.0


def corners_around(points: ArrayLike) -> FloatArray:
    """Return four corners round a polygon of any number of them.

    Args:
        points: (n, 2), n of at least 3, pixels.

    Returns:
        (4, 2) corners: the polygon's own where it has four, as they are; else those of the smallest
        rectangle round it, as `upright_start` turns them, or of the upright one where that is
        hardly larger or the points are on a line.
    """
    shape = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    if len(shape) == CORNERS:
        return shape
    # Near the origin: OpenCV's rectangle is in single precision.
    middle = shape.mean(axis=0)
    turned = cv2.boxPoints(cv2.minAreaRect((shape - middle).astype(np.float32)))
    upright = quad_of_box(box_of_quad(shape))
    part = polygon_area(turned) / max(polygon_area(upright), LEAST_AREA)
    if not LEAST_AREA < part < WORTH_TURNING:
        return upright
    return upright_start(turned.astype(np.float64) + middle)


def upright_start(quad: FloatArray) -> FloatArray:
    """Return a quad's corners (4, 2) clockwise from the one at the top left.

    For outlines that begin at any corner and run either way; a plate turned by more than 45
    degrees comes out on its side.

    >>> upright_start(np.array([[0.0, 2.0], [5.0, 3.0], [5.0, 1.0], [0.0, 0.0]])).tolist()
    [[0.0, 0.0], [5.0, 1.0], [5.0, 3.0], [0.0, 2.0]]
    """
    return aligned(quad, quad_of_box(box_of_quad(quad)))


def aligned(corners: FloatArray, like: FloatArray) -> FloatArray:
    """Return corners (4, 2) in the turn and from the start that bring them closest to others."""
    turns = [np.roll(order, k, axis=0) for order in (corners, corners[::-1]) for k in range(4)]
    return min(turns, key=lambda turn: float(np.linalg.norm(turn - like, axis=1).sum()))


def turned_quad(box: Box, degrees: float = 0.0) -> FloatArray:
    """Return the corners (4, 2) of a box turned round its middle.

    Args:
        box: (x0, y0, x1, y1) before it is turned.
        degrees: clockwise, as seen.

    Raises:
        ValueError: if it has no area.
    """
    x0, y0, x1, y1 = box
    if x1 <= x0 or y1 <= y0:
        raise ValueError(f"a box of {x1 - x0:g} x {y1 - y0:g}; both must be above 0")
    quad = quad_of_box(box)
    if degrees == 0:
        return quad
    turn = math.radians(degrees)
    matrix = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    middle = quad.mean(axis=0)
    return np.asarray((quad - middle) @ matrix.T + middle, np.float64)


def polygon_quad(points: ArrayLike) -> FloatArray:
    """Return the corners (4, 2) of a polygon (n, 2): its own, or `corners_around` it.

    Raises:
        ValueError: if it has fewer than three points, or no area.
    """
    shape = np.asarray(points, np.float64).reshape(-1, 2)
    quad = corners_around(shape) if polygon_area(shape) > 0 else shape
    if polygon_area(quad) == 0:
        raise ValueError("the points span no area")
    return quad


MIN_SHARE = 0.25  #: Part of a plate's area that must be in the picture for a label
MIN_SIDE_PX = 1.0  #: Both sides of the box round what is seen must be longer than this
COVERED = 0.98
"""Part of the visible outline that four corners have to surround once they are in the picture."""
READABLE_SHARE = 0.8
"""Part of every character's box that must be in the picture for its text to count as readable."""
WHOLE_SHARE = 0.95
"""Part of a plate without known characters that must be in the picture for the same."""

# Why a plate is left out.
HARDLY = f"less than {100 * MIN_SHARE:.0f} % of it in the picture"
TOO_SMALL = "too small"
CUT_TEXT = "its text not all in the picture"


def clip_polygon(points: ArrayLike, size: tuple[int, int]) -> FloatArray:
    """Return the part of a polygon inside a picture (Sutherland and Hodgman, 1974).

    Args:
        points: (n, 2) corners in order, pixels.
        size: (height, width) of the picture.

    Returns:
        (m, 2) corners in the same order, m = 0 where it is all outside. What lies inside stays as
        it is, to the bit.

    >>> clip_polygon([[-2, 1], [4, 1], [4, 3], [-2, 3]], (10, 10)).tolist()
    [[0.0, 1.0], [4.0, 1.0], [4.0, 3.0], [0.0, 3.0]]
    """
    shape = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    for axis, sign, limit in ((0, 1, 0), (0, -1, -size[1]), (1, 1, 0), (1, -1, -size[0])):
        if len(shape) == 0:
            break
        inside = sign * shape[:, axis] >= limit
        if inside.all():
            continue
        kept = []
        for k in range(len(shape)):
            before, here = shape[k - 1], shape[k]
            if inside[k] != inside[k - 1]:
                part = (sign * limit - before[axis]) / (here[axis] - before[axis])
                crossing = before + part * (here - before)
                crossing[axis] = sign * limit
                kept.append(crossing)
            if inside[k]:
                kept.append(here)
        # A corner on the edge itself would come out twice.
        shape = np.array(kept).reshape(-1, 2)
        if len(shape):
            shape = shape[np.any(shape != np.roll(shape, 1, axis=0), axis=1)]
    # The walk round may begin one corner early; begin with the first that came with the polygon.
    start = np.flatnonzero(np.all(shape == np.asarray(points, dtype=np.float64)[0], axis=1))
    return np.roll(shape, -int(start[0]), axis=0) if len(start) else shape


@dataclass(frozen=True)
class SeenPlate:
    """A plate with what is seen of it."""

    plate: PlateRecord  #: the whole of it
    size: tuple[int, int]  #: (height, width) of the picture

    @cached_property
    def outline(self) -> FloatArray:
        """(n, 2) corners of the visible part; the plate's own quad where all is visible."""
        return clip_polygon(self.plate.quad, self.size)

    @cached_property
    def share(self) -> float:
        """Visible part of the plate's area, 0-1."""
        whole = polygon_area(self.plate.quad)
        return min(polygon_area(self.outline) / whole, 1.0) if whole > 0 else 0.0

    @property
    def box(self) -> Box:
        """The upright box round the visible part, inside the picture."""
        return box_of_quad(self.outline)

    @property
    def cut(self) -> bool:
        """Whether some of the plate is outside the picture."""
        height, width = self.size
        quad = self.plate.quad
        return bool((quad < 0).any() or (quad > [width, height]).any())

    @property
    def quad(self) -> FloatArray:
        """(4, 2) corners inside the picture, for formats that take exactly four.

        The plate's own where they are inside; the outline where that has four corners; else the
        smallest rectangle round the outline, or its upright box where that is all that fits in.
        """
        if not self.cut:
            return self.plate.quad
        own = np.clip(self.plate.quad, 0, [self.size[1], self.size[0]])
        if len(self.outline) == CORNERS:
            return aligned(self.outline, own)
        outline = self.outline.astype(np.float32)
        corners = np.clip(cv2.boxPoints(cv2.minAreaRect(outline)), 0, [self.size[1], self.size[0]])
        around = cv2.convexHull(corners.astype(np.float32))
        covered, _ = cv2.intersectConvexConvex(around, outline)
        if covered < COVERED * polygon_area(self.outline):
            corners = quad_of_box(self.box)
        return aligned(corners.astype(np.float64), own)

    @property
    def flaw(self) -> str:
        """Why too little is seen of it for a label; empty where it's enough."""
        if self.share < MIN_SHARE:
            return HARDLY
        x0, y0, x1, y1 = self.box
        return "" if min(x1 - x0, y1 - y0) > MIN_SIDE_PX else TOO_SMALL

    @property
    def readable(self) -> bool:
        """Whether the text is known, and all of it in the picture."""
        plate = self.plate
        if not plate.text:
            return False
        if not plate.characters:
            return self.share >= WHOLE_SHARE
        return all(_share_of_box(c.box, self.size) >= READABLE_SHARE for c in plate.characters)


def seen_plates(record: SceneRecord) -> Iterator[SeenPlate]:
    """Yield the plates of a picture of which enough is seen, in the record's order."""
    every = (SeenPlate(plate, record.size) for plate in record.plates)
    return (seen for seen in every if not seen.flaw)


def _share_of_box(box: Box, size: tuple[int, int]) -> float:
    """Return the part of an upright box that lies in the picture."""
    x0, y0, x1, y1 = box
    a, b, c, d = clip_box(box, size)
    whole = (x1 - x0) * (y1 - y0)
    return (c - a) * (d - b) / whole if whole > 0 else 0.0
