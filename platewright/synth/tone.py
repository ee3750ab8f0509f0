"""Tones: colours in the channels that a picture has, added, taken away and blended in."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

Colour = tuple[int, int, int]
"""Red, green, blue, each 0-255."""
Picture = NDArray[np.uint8]


def tinted_grey(level: float, tint: Sequence[float]) -> Colour:
    """Return a grey of a level, tinted a little by three numbers of 0-1."""
    red, green, blue = (min(max(int(level + 17 * t - 8), 0), 255) for t in tint)
    return (red, green, blue)


def spread(layer: MatLike, picture: Picture) -> MatLike:
    """Return an (H, W) layer in as many channels as a picture has."""
    return layer if picture.ndim == 2 else cv2.merge([layer] * 3)


def add_levels(picture: Picture, levels: NDArray[np.float32]) -> Picture:
    """Return a picture with (H, W) grey levels added to all of its channels."""
    return np.asarray(cv2.add(picture, spread(levels, picture), dtype=cv2.CV_8U), np.uint8)


def dim(picture: Picture, weight: MatLike) -> Picture:
    """Return a picture times an (H, W) weight of 0-255 for each pixel."""
    return np.asarray(cv2.multiply(picture, spread(weight, picture), scale=1 / 255), np.uint8)


def blend_ink(picture: Picture, ink: Picture, tone: int | Colour) -> Picture:
    """Return a picture with a colour blended in where `ink` says so; a grey one takes a number."""
    rest = dim(picture, cv2.bitwise_not(ink))
    if isinstance(tone, int):
        return np.asarray(cv2.scaleAdd(ink, tone / 255, rest), np.uint8)
    painted = cv2.merge([cv2.convertScaleAbs(ink, alpha=level / 255) for level in tone])
    return np.asarray(cv2.add(rest, painted), np.uint8)
