"""A spot of glare: the sun, a headlight, a wet road."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import Shot, spread

STAGE = "light"
ORDER = 30


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.07, "of scenes with glare by day; half of the nights have it")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """Where and how bright."""

    x: float  #: part of the picture's width
    y: float  #: part of the picture's height
    radius: float  #: part of the picture's width
    level: float  #: grey levels that are added in its middle


def draw(rng: np.random.Generator, settings: Settings, shot: Shot) -> Parameters | None:
    """Draw a spot."""
    if rng.random() >= (max(0.5, settings.share) if shot.night else settings.share):
        return None
    return Parameters(
        x=1.2 * rng.random() - 0.1,
        y=1.2 * rng.random() - 0.1,
        radius=0.06 + 0.44 * rng.random(),
        level=30 + 110 * rng.random(),
    )


def apply(image: Picture, p: Parameters, _: Any) -> Picture:
    """Brighten round the spot."""
    height, width = image.shape[:2]
    row, col = (
        np.exp(-(((np.arange(side, dtype=np.float32) - at) / (p.radius * width)) ** 2))
        for side, at in ((width, p.x * width), (height, p.y * height))
    )
    spot = np.multiply.outer(col.astype(np.float32), row.astype(np.float32))
    return np.asarray(
        cv2.add(image, spread(cv2.convertScaleAbs(spot, alpha=p.level), image)), np.uint8
    )
