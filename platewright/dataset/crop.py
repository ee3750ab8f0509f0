"""Pictures of single plates cut out of larger ones."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import Box, clip_box, homography, to_pixel_centres

__all__ = ["MIN_CROP", "cut_box", "straighten"]

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]

MIN_CROP = (8, 24)
"""Least (height, width) of a crop, pixels; on a smaller one nobody reads a text."""


def cut_box(image: Picture, box: Box) -> Picture | None:
    """Return the pixels that an upright box touches, as a detector's crop has them.

    Args:
        image: (H, W) or (H, W, 3).
        box: in its pixels; what reaches over the edge is cut off.

    Returns:
        A view of the picture; None where it is smaller than `MIN_CROP`.
    """
    x0, y0, x1, y1 = clip_box(box, (image.shape[0], image.shape[1]))
    crop = image[int(np.floor(y0)) : int(np.ceil(y1)), int(np.floor(x0)) : int(np.ceil(x1))]
    return crop if _large_enough(crop.shape[0], crop.shape[1]) else None


def straighten(image: Picture, quad: FloatArray) -> Picture | None:
    """Return a plate as if seen straight on, in about the resolution that the picture has of it.

    Each side becomes as long as the longer one of its pair, as PaddleOCR does with what its
    detector found. What lies outside the picture repeats its edge.

    Args:
        image: (H, W) or (H, W, 3).
        quad: (4, 2) the plate's corners, in its pixels.

    Returns:
        (h, w) or (h, w, 3); None where it is smaller than `MIN_CROP` or the quad is degenerate.
    """
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    width, height = round(max(sides[0], sides[2])), round(max(sides[1], sides[3]))
    if not _large_enough(height, width):
        return None
    try:
        matrix = homography(quad, [[0, 0], [width, 0], [width, height], [0, height]])
    except ValueError:
        return None
    warped = cv2.warpPerspective(
        image,
        to_pixel_centres(matrix),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(warped, np.uint8)


def _large_enough(height: int, width: int) -> bool:
    return height >= MIN_CROP[0] and width >= MIN_CROP[1]
