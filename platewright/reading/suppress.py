"""Non-maximum suppression: of overlapping boxes the best one stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["suppress"]


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
    b = np.asarray(boxes, np.float64).reshape(-1, 4)
    order = np.argsort(-np.asarray(scores, np.float64).reshape(-1), kind="stable")
    area = np.prod(np.maximum(b[:, 2:] - b[:, :2], 0), axis=1)
    kept: list[int] = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(int(best))
        sides = np.minimum(b[best, 2:], b[rest, 2:]) - np.maximum(b[best, :2], b[rest, :2])
        both = np.prod(np.maximum(sides, 0), axis=1)
        either = area[best] + area[rest] - both
        small = np.minimum(area[best], area[rest])
        gone = (both > overlap * either) | ((both > inside * small) & (inside < 1))
        order = rest[~gone]
    return np.array(kept, np.int64)
