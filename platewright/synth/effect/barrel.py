"""Distortion of the lens: barrel or pincushion; the labels move with it."""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike

from platewright.geometry import FloatArray, Picture
from platewright.synth import option
from platewright.synth.effect import Shot

STAGE = "lens"
ORDER = 10


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often and how far."""

    share: float = option.share(0.06, "of scenes with barrel or pincushion distortion")
    limit: float = option.number(
        0.08, "displacement at the corners, part of the half diagonal", high=0.3
    )


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How far."""

    #: displacement at the corners, part of the half diagonal; above 0 barrel, below 0 pincushion
    bend: float


def draw(rng: np.random.Generator, settings: Settings, shot: Shot) -> Parameters | None:
    """Draw how far the corners move."""
    if rng.random() >= settings.share * min(shot.strength, 1.0):
        return None
    return Parameters(bend=settings.limit * (1.6 * rng.random() - 0.6))


def apply(image: Picture, p: Parameters, _: Any) -> Picture:
    """Take each pixel from where the lens saw it."""
    height, width = image.shape[:2]
    half = math.hypot(height, width) / 2
    x = (np.arange(width, dtype=np.float32) + 0.5 - width / 2)[None, :]
    y = (np.arange(height, dtype=np.float32) + 0.5 - height / 2)[:, None]
    factor = 1 + np.float32(p.bend / half**2) * (x * x + y * y)
    map_x, map_y = x * factor + (width / 2 - 0.5), y * factor + (height / 2 - 0.5)
    return np.asarray(
        cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def move(points: ArrayLike, p: Parameters, size: tuple[int, int]) -> FloatArray:
    """Return where points of the undistorted picture are seen.

    A point at radius r, in half diagonals, is taken from r (1 + bend r^2): one term of the radial
    model of Brown, "Decentering distortion of lenses", 1966.

    Args:
        points: (..., 2) px.
        p: the distortion.
        size: (height, width) of the picture.
    """
    middle = np.array([size[1] / 2, size[0] / 2])
    half = math.hypot(*size) / 2
    wanted = (np.asarray(points, np.float64) - middle) / half
    seen = wanted.copy()
    for _ in range(8):  # the inverse by fixed point
        seen = wanted / (1 + p.bend * (seen**2).sum(axis=-1, keepdims=True))
    return np.asarray(seen * half + middle, np.float64)
