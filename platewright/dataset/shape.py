"""Shapes that people and tools draw round plates, as four corners in pixels."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.geometry import Box, box_of_quad, quad_of_box

__all__ = [
    "CORNERS",
    "aligned",
    "corners_around",
    "polygon_area",
    "polygon_quad",
    "turned_quad",
    "upright_start",
]

FloatArray = NDArray[np.float64]

CORNERS = 4
LEAST_AREA = 1e-6
"""Less is rounding: points on a line."""
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
    """Return four corners in the turn and from the start that bring them closest to others."""
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
