"""A picture out of focus."""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import Shot

STAGE = "lens"
ORDER = 30


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often and how far."""

    share: float = option.share(0.5, "of scenes out of focus")
    px: tuple[float, float] = option.span(
        0.3, 0.95, "sd for plates 130 px wide; it grows with them", high=20.0
    )


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How far."""

    px: float  #: standard deviation


def draw(rng: np.random.Generator, settings: Settings, shot: Shot) -> Parameters | None:
    """Draw how far it is out of focus."""
    if rng.random() >= settings.share:
        return None
    low, high = settings.px
    return Parameters(px=(low + (high - low) * rng.random()) * shot.scale)


def apply(image: Picture, p: Parameters, _: Any) -> Picture:
    """Blur it, alike in all directions."""
    if p.px <= 0.2:
        return image
    side = 2 * math.ceil(2 * p.px) + 1 if p.px > 0.5 else 3
    return np.asarray(cv2.GaussianBlur(image, (side, side), p.px), np.uint8)
