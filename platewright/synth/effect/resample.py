"""A picture taken and packed smaller than it is stored, as far plates are."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import Shot

STAGE = "sensor"
ORDER = 10


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often and how small."""

    share: float = option.share(
        0.35, "of scenes taken smaller than they are stored; fewer close-ups"
    )
    size: tuple[float, float] = option.span(
        0.3, 0.95, "size of the smaller picture, part of the stored one", low=0.05
    )


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How small."""

    size: float  #: of the sensor's picture, part of the stored one


def draw(rng: np.random.Generator, settings: Settings, shot: Shot) -> Parameters | None:
    """Draw how small it is."""
    if rng.random() >= settings.share * shot.resample:
        return None
    near, far = settings.size
    return Parameters(size=near * (far / near) ** rng.random())


def apply(image: Picture, p: Parameters, _: Any) -> Picture:
    """Shrink it."""
    height, width = image.shape[:2]
    size = (max(round(width * p.size), 8), max(round(height * p.size), 8))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def finish(image: Picture, _: Parameters, size: tuple[int, int]) -> Picture:
    """Enlarge it again."""
    return np.asarray(cv2.resize(image, size[::-1]), np.uint8)
