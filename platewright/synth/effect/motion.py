"""A shaken picture: a straight smear."""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import Shot

STAGE = "lens"
ORDER = 40


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often and how far."""

    share: float = option.share(0.1, "of shaken scenes")
    px: tuple[float, float] = option.span(
        3.0, 8.0, "length for plates 130 px wide; it grows with them", high=60.0
    )


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How far and where to."""

    px: float  #: length of the smear
    angle: float = 0.0  #: radians


def draw(rng: np.random.Generator, settings: Settings, shot: Shot) -> Parameters | None:
    """Draw a smear."""
    if rng.random() >= settings.share:
        return None
    low, high = settings.px
    length = (low + (high - low) * rng.random()) * shot.scale
    return Parameters(px=length, angle=math.pi * rng.random())


def apply(image: Picture, p: Parameters, _: Any) -> Picture:
    """Smear it; less than two pixels are none."""
    if p.px < 2:
        return image
    return np.asarray(cv2.filter2D(image, -1, motion_kernel(p.px, p.angle)), np.uint8)


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
