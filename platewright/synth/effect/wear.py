"""Worn characters: their paint comes off in blotches."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option

STAGE = "paint"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.12, "of plates with worn paint")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How much."""

    part: float  #: of the paint that is worn off, 0-1
    seed: int = 0  #: of the blotches


def draw(rng: np.random.Generator, settings: Settings, _: Any) -> Parameters | None:
    """Draw how much is worn off."""
    if rng.random() >= settings.share:
        return None
    return Parameters(part=0.05 + 0.3 * rng.random(), seed=int(rng.integers(2**31)))


def apply(paint: Picture, p: Parameters, _: Any) -> Picture:
    """Take paint off."""
    height, width = paint.shape
    size = (max(height // 6, 3), max(width // 6, 3))
    coarse = np.random.default_rng(p.seed).random(size, np.float32)
    blotch = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(paint * np.clip((blotch - p.part) * 6.0, 0.15, 1.0), np.uint8)
