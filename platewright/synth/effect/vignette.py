"""Dark corners, as wide lenses have them."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import Shot, dim

STAGE = "light"
ORDER = 20


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.1, "of scenes with dark corners")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How dark."""

    weight: float  #: of the corners' darkness, 0-1


def draw(rng: np.random.Generator, settings: Settings, _: Shot) -> Parameters | None:
    """Draw how dark the corners are."""
    if rng.random() >= settings.share:
        return None
    return Parameters(weight=0.1 + 0.4 * rng.random())


def apply(image: Picture, p: Parameters, _: Any) -> Picture:
    """Darken with the square of the distance from the middle."""
    row, col = (
        ((np.arange(side, dtype=np.float32) / side - 0.5) ** 2 * (-510 * p.weight))
        for side in (image.shape[1], image.shape[0])
    )
    return dim(image, cv2.convertScaleAbs(np.add.outer(col + np.float32(255), row)))
