"""A photo at falling sizes, so that plates of every size meet the window's scale."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["RATIO", "Level", "pyramid", "scales"]

Picture = NDArray[np.uint8]
RATIO = math.sqrt(0.5)
"""Size of each level over the one before."""


@dataclass(frozen=True)
class Level:
    """One size of the photo, padded so that windows reach over its edges.

    Attributes:
        image: (H, W) grey.
        scale: (x, y) photo pixels per pixel of this level.
        pad: (x, y) pixels of this level put before the photo's first.
    """

    image: Picture
    scale: tuple[float, float]
    pad: tuple[int, int]


def scales(
    size: tuple[int, int],
    window: tuple[int, int],
    extent: tuple[float, float],
    min_width: float,
) -> list[float]:
    """Return the levels' sizes over the photo's, largest first.

    Args:
        size: (height, width) of the photo.
        window: (height, width) of the scan's window.
        extent: (low, high) part of the window that a plate fills.
        min_width: width of the smallest plate to find, photo pixels.

    Returns:
        From the size that brings `min_width` to the low end of `extent`, at most 2, down to the
        one at which a plate as large as the photo still fits.
    """
    height, width = size
    top = min(extent[0] * window[1] / min_width, 2.0)
    last = min(extent[1] * window[1] / width, extent[1] * window[0] / height)
    out = [top]
    while out[-1] > last:
        out.append(out[-1] * RATIO)
    return out


def pyramid(
    image: Picture, factors: list[float], window: tuple[int, int], extent: tuple[float, float]
) -> Iterator[Level]:
    """Yield the photo at each size, each shrunk from the one before.

    Args:
        image: (H, W) grey photo.
        factors: sizes over the photo's, falling.
        window: (height, width) of the scan's window.
        extent: part of the window that a plate fills; sets how far windows reach over the edge.
    """
    height, width = image.shape
    pad_y = math.ceil(window[0] * (1 - extent[0]) / 2)
    pad_x = math.ceil(window[1] * (1 - extent[0]) / 2)
    current = image
    for factor in factors:
        rows, cols = max(round(height * factor), 1), max(round(width * factor), 1)
        if (rows, cols) != current.shape:
            how = cv2.INTER_AREA if rows < current.shape[0] else cv2.INTER_LINEAR
            current = np.asarray(cv2.resize(current, (cols, rows), interpolation=how), np.uint8)
        more_y, more_x = max(window[0] - rows - 2 * pad_y, 0), max(window[1] - cols - 2 * pad_x, 0)
        padded = cv2.copyMakeBorder(
            current, pad_y, pad_y + more_y, pad_x, pad_x + more_x, cv2.BORDER_REPLICATE
        )
        yield Level(np.asarray(padded, np.uint8), (width / cols, height / rows), (pad_x, pad_y))
