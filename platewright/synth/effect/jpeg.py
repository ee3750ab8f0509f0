"""JPEG: what packing loses."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import Shot

STAGE = "sensor"
ORDER = 50


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often and how good."""

    share: float = option.share(0.7, "of scenes packed as JPEG")
    quality: tuple[float, float] = option.span(20.0, 95.0, "1-100", low=1.0, high=100.0)


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How good."""

    quality: int  #: 1-100


def draw(rng: np.random.Generator, settings: Settings, _: Shot) -> Parameters | None:
    """Draw a quality."""
    if rng.random() >= settings.share:
        return None
    low, high = settings.quality
    return Parameters(quality=int(low + (high - low) * rng.random() + 0.5))


def apply(image: Picture, p: Parameters, _: Any) -> Picture:
    """Pack and unpack it."""
    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, p.quality])
    how = cv2.IMREAD_GRAYSCALE if image.ndim == 2 else cv2.IMREAD_COLOR
    return np.asarray(cv2.imdecode(packed, how), np.uint8)
