"""The one coordinate convention, and the arithmetic of boxes and quads.

Pixel (column i, row j) covers the square [i, i+1) x [j, j+1): its centre is (i + 0.5, j + 0.5).
Points are (x, y), x to the right and y down, in pixels unless a name says otherwise. Sizes are
(height, width). Boxes are (x0, y0, x1, y1), half-open. A quad is a float array (4, 2): top left,
top right, bottom right, bottom left as the plate is read.

OpenCV's warps put the centre of the first pixel at (0, 0) instead; `to_pixel_centres` turns a
homography of this convention into theirs.
"""

import math
from collections.abc import Iterator
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Box = tuple[float, float, float, float]
FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]  #: (H, W) grey, or (H, W, 3) RGB where nothing else is said
UNIT: FloatArray = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
"""The corners of the unit square: multiplied by (width, height), those of a picture."""
LEAST_PX = 1e-6  #: Sides of a box that count as no smaller, so that nothing is divided by 0
Scalar = TypeVar("Scalar", bound=np.generic)
AT_ONCE = 64  #: Boxes that are compared with all others in one go.


def size_of(picture: Picture) -> tuple[int, int]:
    """Return the (height, width) of a picture, grey or in colour."""
    return picture.shape[0], picture.shape[1]


def shared_views(
    layer: Picture, patch: NDArray[Scalar], left: int, top: int
) -> tuple[Picture, NDArray[Scalar]]:
    """Return, as views, what a layer and a patch have in common where the patch is laid on it.

    Args:
        layer: (H, W) or (H, W, channels).
        patch: (h, w) or (h, w, channels).
        left: column of the layer, which may be outside, where the patch begins.
        top: its row.

    >>> layer, patch = np.zeros((2, 2), np.uint8), np.array([[1, 2], [3, 4]], np.uint8)
    >>> shared_views(layer, patch, -1, 1)[1].tolist(), shared_views(layer, patch, 5, -2)[1].size
    ([[2]], 0)
    """
    x, y = max(left, 0), max(top, 0)
    part = layer[y : max(top + patch.shape[0], 0), x : max(left + patch.shape[1], 0)]
    return part, patch[y - top :, x - left :][: part.shape[0], : part.shape[1]]


def quad_of_box(box: Box) -> FloatArray:
    """Return the (4, 2) quad of an upright box.

    >>> quad_of_box((1, 2, 3, 4)).tolist()
    [[1.0, 2.0], [3.0, 2.0], [3.0, 4.0], [1.0, 4.0]]
    """
    x0, y0, x1, y1 = box
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float64)


def box_of_quad(quad: ArrayLike) -> Box:
    """Return the upright box round points of shape (n, 2).

    >>> box_of_quad([[1, 2], [5, 1], [6, 4], [0, 5]])
    (0.0, 1.0, 6.0, 5.0)
    """
    x, y = np.asarray(quad, dtype=np.float64).T.tolist()  # four floats are quicker in Python
    return (min(x), min(y), max(x), max(y))


def sound_quad(quad: FloatArray) -> FloatArray:
    """Return the upright box round a quad as a quad (4, 2), at least 4 pixels wide and 2 high."""
    x0, y0, x1, y1 = box_of_quad(np.nan_to_num(quad))
    x1, y1 = max(x1, x0 + 4), max(y1, y0 + 2)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def ratio_of_quad(quad: ArrayLike) -> float:
    """Return a quad's width over its height: the means of opposite sides; 0 where it is flat.

    >>> round(ratio_of_quad([[0, 0], [52, 0], [52, 11], [0, 13]]), 2)
    4.33
    """
    q = np.asarray(quad, np.float64)
    top, right, bottom, left = np.linalg.norm(np.roll(q, -1, axis=0) - q, axis=1)
    return float((top + bottom) / (left + right)) if left + right else 0.0


def clip_box(box: Box, size: tuple[int, int]) -> Box:
    """Return the part of `box` inside a picture of `size` (height, width).

    >>> clip_box((-3, 2, 30, 9), (8, 20))
    (0, 2, 20, 8)
    """
    height, width = size
    x0, y0, x1, y1 = box
    return (
        min(max(x0, 0), width),
        min(max(y0, 0), height),
        min(max(x1, 0), width),
        min(max(y1, 0), height),
    )


def iou(a: Box, b: Box) -> float:
    """Return the intersection over union of two boxes, in 0-1; 0 where both are empty.

    >>> iou((0, 0, 2, 2), (1, 0, 3, 2))
    0.3333333333333333
    """
    return float(iou_matrix([a], [b])[0, 0])


def intersections(first: ArrayLike, second: ArrayLike) -> FloatArray:
    """Return the areas that boxes (n, 4) have in common with boxes (m, 4), as (n, m)."""
    a = np.asarray(first, dtype=np.float64).reshape(-1, 4).T[:, :, None]
    b = np.asarray(second, dtype=np.float64).reshape(-1, 4).T[:, None]
    wide, tall = (np.minimum(a[k + 2], b[k + 2]) - np.maximum(a[k], b[k]) for k in (0, 1))
    return np.asarray(np.maximum(wide, 0.0) * np.maximum(tall, 0.0), dtype=np.float64)


def areas(boxes: ArrayLike) -> FloatArray:
    """Return the areas of boxes (n, 4)."""
    x0, y0, x1, y1 = np.asarray(boxes, dtype=np.float64).reshape(-1, 4).T
    return np.asarray(np.maximum(x1 - x0, 0.0) * np.maximum(y1 - y0, 0.0), dtype=np.float64)


def iou_matrix(first: ArrayLike, second: ArrayLike) -> FloatArray:
    """Return the intersection over union of boxes (n, 4) with boxes (m, 4), as (n, m)."""
    both = intersections(first, second)
    either = areas(first)[:, None] + areas(second)[None] - both
    shared = np.divide(both, either, out=np.zeros_like(both), where=either > 0)
    return np.asarray(shared, dtype=np.float64)


def shared_parts(first: ArrayLike, second: ArrayLike) -> FloatArray:
    """Return intersections of boxes (n, 4) with boxes (m, 4) over the smaller box, as (n, m).

    >>> shared_parts([(0, 0, 10, 10)], [(5, 0, 25, 10), (2, 2, 4, 4), (10, 0, 20, 10)]).tolist()
    [[0.5, 1.0, 0.0]]
    """
    least = np.minimum(areas(first)[:, None], areas(second)[None])
    return np.asarray(intersections(first, second) / np.maximum(least, 1e-9), np.float64)


def suppress(
    boxes: ArrayLike, scores: ArrayLike, *, overlap: float = 0.3, inside: float = 0.7
) -> NDArray[np.int64]:
    """Return the indices of the boxes that stay, best first.

    A box goes when a better one that stays overlaps it by more than `overlap` (intersection over
    union), or when more than `inside` of the smaller of the two lies in the other.

    Args:
        boxes: (n, 4).
        scores: (n,).
        overlap: 0-1.
        inside: 0-1; 1 switches that test off.

    >>> suppress([[0, 0, 10, 10], [1, 0, 11, 10], [40, 0, 50, 10]], [0.5, 0.9, 0.1]).tolist()
    [1, 2]
    """
    order = np.argsort(-np.asarray(scores, np.float64).reshape(-1), kind="stable")
    sorted_boxes = np.asarray(boxes, np.float64).reshape(-1, 4)[order]
    area = areas(sorted_boxes)
    gone = np.zeros(len(order), bool)
    kept = []
    for k in range(len(order)):
        if k % AT_ONCE == 0:
            some = slice(k, k + AT_ONCE)
            both = intersections(sorted_boxes[some], sorted_boxes)
            goes = both > overlap * (area[some, None] + area - both)
            if inside < 1:
                goes |= both > inside * np.minimum(area[some, None], area)
        if not gone[k]:
            kept.append(k)
            gone |= goes[k % AT_ONCE]
    return order[kept].astype(np.int64)


def clusters(
    boxes: FloatArray, scores: NDArray[np.floating], *, overlap: float
) -> Iterator[tuple[int, NDArray[np.intp], FloatArray]]:
    """Yield the boxes that stay, best first, each with what lies round it; quick for thousands.

    A box goes when a better one that stays overlaps it by more than `overlap` (intersection over
    union).

    Args:
        boxes: (4, n) x0, y0, x1, y1.
        scores: (n,).
        overlap: above 0, at most 1.

    Yields:
        The index of a box, those (m,) of all that may overlap it by so much, itself among them, and
        its intersections over union with these.
    """
    by_top = np.argsort(boxes[1])
    place = np.empty_like(by_top)
    place[by_top] = np.arange(len(by_top))
    x0, y0, x1, y1 = np.take(boxes, by_top, axis=1)
    area = np.maximum(x1 - x0, LEAST_PX) * np.maximum(y1 - y0, LEAST_PX)
    ends = np.stack([x1, y1, -x0, -y0])  # so that the least is where two boxes end, at any side
    # What overlaps a box by so much can't begin farther above or below.
    first = y0.searchsorted(y0 - (1 / overlap - 1) * (y1 - y0)).tolist()
    last = y0.searchsorted(y0 + (1 - overlap) * (y1 - y0), "right").tolist()
    gone = np.zeros(len(by_top), bool)
    for k in place[np.argsort(-scores, kind="stable")].tolist():
        if gone[k]:
            continue
        near = slice(first[k], max(last[k], k + 1))
        both = np.minimum(ends[:, near], ends[:, k, None])
        wide, tall = np.maximum(both[:2] + both[2:], 0.0)
        shared = wide * tall
        shared /= area[near] + area[k] - shared
        gone[near] |= shared > overlap
        yield int(by_top[k]), by_top[near], shared


def homography(source: ArrayLike, target: ArrayLike) -> FloatArray:
    """Return the 3x3 homography that takes four points to four others.

    Args:
        source: (4, 2) points, no three on a line.
        target: (4, 2) points.

    Raises:
        ValueError: if three of the points are on a line.
    """
    matrix = cv2.getPerspectiveTransform(
        np.asarray(source, dtype=np.float32), np.asarray(target, dtype=np.float32)
    )
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    if not 1e-12 <= abs(determinant) < math.inf:  # neither where it is not a number
        raise ValueError("three of the four points are on a line")
    return np.asarray(matrix, dtype=np.float64)


def project(matrix: ArrayLike, points: ArrayLike) -> FloatArray:
    """Return points (..., 2) taken through a 3x3 homography.

    >>> project([[2, 0, 1], [0, 2, 0], [0, 0, 1]], [[1, 1], [0, 3]]).tolist()
    [[3.0, 2.0], [1.0, 6.0]]
    """
    p = np.asarray(points, dtype=np.float64)
    h = np.asarray(matrix, dtype=np.float64)
    if p.size == 0:
        return p.copy()
    return np.asarray(cv2.perspectiveTransform(p.reshape(-1, 1, 2), h).reshape(p.shape), np.float64)


def to_pixel_centres(matrix: ArrayLike) -> FloatArray:
    """Return a (3, 3) homography as OpenCV's warps want it: pixel centres are whole numbers."""
    (a, b, c), (d, e, f), (g, h, i) = np.asarray(matrix, dtype=np.float64).tolist()
    # T(-1/2) M T(1/2), written out: it is needed for every warp.
    c, f, i = c + (a + b) / 2, f + (d + e) / 2, i + (g + h) / 2
    return np.array(
        [
            [a - g / 2, b - h / 2, c - i / 2],
            [d - g / 2, e - h / 2, f - i / 2],
            [g, h, i],
        ]
    )
