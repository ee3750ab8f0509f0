"""A shadow's edge across the scene."""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import Shot, dim

STAGE = "light"
ORDER = 10


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often and how dark."""

    share: float = option.share(0.28, "of scenes with a shadow's edge")
    weight: tuple[float, float] = option.span(0.25, 0.7, "how dark it is, 0-1")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """Where and how dark."""

    angle: float  #: of the direction into the shadow, radians
    offset: float = 0.0  #: of the edge from the middle, parts of the diagonal
    soft_px: float = 2.0  #: width of the edge
    weight: float = 0.5  #: how dark it is, 0-1


def draw(rng: np.random.Generator, settings: Settings, _: Shot) -> Parameters | None:
    """Draw an edge."""
    if rng.random() >= settings.share:
        return None
    low, high = settings.weight
    return Parameters(
        angle=2 * math.pi * rng.random(),
        offset=0.16 * rng.standard_normal(),
        soft_px=0.7 * 20 ** rng.random(),
        weight=low + (high - low) * rng.random(),
    )


def apply(image: Picture, p: Parameters, _: Any) -> Picture:
    """Darken what lies beyond the edge."""
    height, width = image.shape[:2]
    across, down = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    cos, sin = math.cos(p.angle) / p.soft_px, math.sin(p.angle) / p.soft_px
    far = p.offset * math.hypot(height, width) / p.soft_px
    start = 0.5 - far - (cos * width + sin * height) / 2
    edge = np.add.outer(down * np.float32(sin) + np.float32(start), across * np.float32(cos))
    edge = np.minimum(np.maximum(edge, 0, out=edge), 1, out=edge)
    return dim(image, cv2.convertScaleAbs(edge, alpha=-255.0 * p.weight, beta=255.0))
