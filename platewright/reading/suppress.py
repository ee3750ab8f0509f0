"""Non-maximum suppression: of overlapping boxes the best one stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["suppress"]


def suppress(
    boxes: ArrayLike,
    scores: ArrayLike,
    *,
    overlap: float = 0.3,
    inside: float = 0.7,
    most: int | None = None,
) -> NDArray[np.int64]:
    """Return the indices of the boxes that stay, best first.

    A box goes when a better one that stays overlaps it by more than `overlap` (intersection over
    union), or when more than `inside` of the smaller of the two lies in the other.

    Args:
        boxes: (n, 4).
        scores: (n,).
        overlap: 0-1.
        inside: 0-1; 1 switches that test off.
        most: how many may stay; None: any number.

    >>> suppress([[0, 0, 10, 10], [1, 0, 11, 10], [40, 0, 50, 10]], [0.5, 0.9, 0.1]).tolist()
    [1, 2]
    """
    b = np.asarray(boxes, np.float64).reshape(-1, 4)
    order = np.argsort(-np.asarray(scores, np.float64).reshape(-1), kind="stable")
    b = b[order]
    wide, tall = (np.maximum(b[:, k + 2] - b[:, k], 0) for k in (0, 1))
    area = wide * tall
    alive = np.ones(len(b), bool)
    kept: list[int] = []
    for k in range(len(b)):
        if not alive[k]:
            continue
        kept.append(int(order[k]))
        rest = b[k + 1 :]
        across = np.minimum(b[k, 2], rest[:, 2]) - np.maximum(b[k, 0], rest[:, 0])
        down = np.minimum(b[k, 3], rest[:, 3]) - np.maximum(b[k, 1], rest[:, 1])
        both = np.maximum(across, 0) * np.maximum(down, 0)
        gone = both > overlap * (area[k] + area[k + 1 :] - both)
        if inside < 1:
            gone |= both > inside * np.minimum(area[k], area[k + 1 :])
        alive[k + 1 :] &= ~gone
        if len(kept) == most:
            break
    return np.array(kept, np.int64)
