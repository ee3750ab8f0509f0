"""A picture behind the text: soft spots of light and dark."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.region import Look
from platewright.synth import option

STAGE = "sheet"
ORDER = 10


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.05, "of plates with a picture that the region does not ask for")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """Which."""

    weight: float  #: 0-1
    seed: int = 0  #: of the spots


def draw(rng: np.random.Generator, settings: Settings, look: Look) -> Parameters | None:
    """Draw which picture, where there is one."""
    if rng.random() >= settings.share and not look.picture:
        return None
    return Parameters(weight=0.1 + 0.35 * rng.random(), seed=int(rng.integers(2**31)))


def apply(levels: NDArray[np.float32], p: Parameters, _: Any) -> NDArray[np.float32]:
    """Add the spots."""
    coarse = np.random.default_rng(p.seed).standard_normal((4, 7), np.float32) * (90 * p.weight)
    spots = cv2.resize(coarse, levels.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.add(levels, spots), np.float32)
