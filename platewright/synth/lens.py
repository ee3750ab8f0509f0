"""What a lens and an unsteady hand do: distortion, drops, shake."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["bend", "distort", "motion_kernel", "wet"]

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]


def bend(points: ArrayLike, size: tuple[int, int], barrel: float) -> FloatArray:
    """Return where points of the undistorted picture are seen through a lens with distortion.

    A point at radius r, in half diagonals, is taken from r (1 + barrel r^2): one term of the
    radial model of Brown, "Decentering distortion of lenses", 1966.

    Args:
        points: (..., 2) px.
        size: (height, width) of the picture.
        barrel: as `Camera.barrel`.
    """
    middle = np.array([size[1] / 2, size[0] / 2])
    half = math.hypot(*size) / 2
    wanted = (np.asarray(points, np.float64) - middle) / half
    seen = wanted.copy()
    for _ in range(8):  # the inverse by fixed point
        seen = wanted / (1 + barrel * (seen**2).sum(axis=-1, keepdims=True))
    return np.asarray(seen * half + middle, np.float64)


def distort(image: Picture, barrel: float) -> Picture:
    """Return a picture as a lens with distortion shows it; labels move as `bend` says."""
    height, width = image.shape[:2]
    half = math.hypot(height, width) / 2
    x = (np.arange(width, dtype=np.float32) + 0.5 - width / 2)[None, :]
    y = (np.arange(height, dtype=np.float32) + 0.5 - height / 2)[:, None]
    factor = 1 + np.float32(barrel / half**2) * (x * x + y * y)
    map_x, map_y = x * factor + (width / 2 - 0.5), y * factor + (height / 2 - 0.5)
    return np.asarray(
        cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def wet(image: Picture, drops: Sequence[tuple[float, float, float]]) -> Picture:
    """Put drops on the lens: each shows the scene upside down and blurred, with a bright rim."""
    image = image.copy()
    height, width = image.shape[:2]
    for x, y, r in drops:
        radius = max(round(r * width), 2)
        left, top = round(x * width) - radius, round(y * height) - radius
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + 2 * radius, width), min(top + 2 * radius, height)
        if x1 - x0 < 2 or y1 - y0 < 2:
            continue
        part = image[y0:y1, x0:x1]
        seen = cv2.GaussianBlur(np.ascontiguousarray(part[::-1, ::-1]), (0, 0), radius / 3)
        mask = np.zeros(part.shape[:2], np.uint8)
        centre = (left + radius - x0, top + radius - y0)
        cv2.circle(mask, centre, radius - 1, 190, -1, cv2.LINE_AA)
        weight = mask.astype(np.float32) / 255
        weight = weight if image.ndim == 2 else weight[..., None]
        value = part.astype(np.float32) * (1 - weight) + weight * (0.85 * seen + 30)
        part[:] = np.clip(value, 0, 255).astype(np.uint8)
    return image


def motion_kernel(length: float, angle: float) -> NDArray[np.float32]:
    """Return the kernel of a straight camera shake; sums to 1."""
    side = int(np.ceil(length)) | 1
    kernel = np.zeros((side, side), np.float32)
    middle, reach = side / 2 - 0.5, (length - 1) / 2
    step = np.array([np.cos(angle), np.sin(angle)]) * reach
    first = tuple(int(v) for v in np.round((middle - step) * 16))
    last = tuple(int(v) for v in np.round((middle + step) * 16))
    cv2.line(kernel, first, last, 1.0, 1, cv2.LINE_AA, 4)
    kernel = kernel + kernel[::-1, ::-1]  # an even length must not shift the picture
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)
