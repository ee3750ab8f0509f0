"""Sharpening, as cameras do it: an unsharp mask."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import Shot

STAGE = "sensor"
ORDER = 40


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.18, "of sharpened scenes")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How far."""

    weight: float  #: of the unsharp mask


def draw(rng: np.random.Generator, settings: Settings, _: Shot) -> Parameters | None:
    """Draw how far it is sharpened."""
    if rng.random() >= settings.share:
        return None
    return Parameters(weight=0.4 + 1.2 * rng.random())


def apply(image: Picture, p: Parameters, _: Any) -> Picture:
    """Take away a part of the blurred picture."""
    soft = cv2.GaussianBlur(image, (5, 5), 1.0)
    return np.asarray(cv2.addWeighted(image, 1 + p.weight, soft, -p.weight, 0), np.uint8)
