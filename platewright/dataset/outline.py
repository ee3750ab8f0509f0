"""What is seen of a plate: its outline cut off at the picture's edge, and whether it can be read.

A plate may reach over the edge of its picture. Formats of boxes want what lies inside, so a plate
is labelled by its visible outline, and not at all where less than `MIN_SHARE` of it is visible: no
detector can be asked for a sliver. Formats of texts want plates that can be read to the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import ArrayLike

from platewright.dataset.shape import CORNERS, FloatArray, aligned, polygon_area
from platewright.geometry import Box, box_of_quad, clip_box, quad_of_box
from platewright.record import PlateRecord, SceneRecord

__all__ = ["CUT_TEXT", "TOO_SMALL", "SeenPlate", "clip_polygon"]

MIN_SHARE = 0.25
"""Part of a plate's area that must be in the picture for a label."""
MIN_SIDE_PX = 1.0
"""Both sides of the box round what is seen must be longer than this."""
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
    """A plate with what is seen of it.

    Attributes:
        plate: the whole of it.
        size: (height, width) of the picture.
    """

    plate: PlateRecord
    size: tuple[int, int]

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
    for plate in record.plates:
        seen = SeenPlate(plate, record.size)
        if not seen.flaw:
            yield seen


def _share_of_box(box: Box, size: tuple[int, int]) -> float:
    """Return the part of an upright box that lies in the picture."""
    x0, y0, x1, y1 = box
    a, b, c, d = clip_box(box, size)
    whole = (x1 - x0) * (y1 - y0)
    return (c - a) * (d - b) / whole if whole > 0 else 0.0
