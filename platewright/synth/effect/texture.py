"""A grainy sheet."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.synth import option

STAGE = "sheet"
ORDER = 30
FIELD_PX = 1024  #: Side of the kept field of grain


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.4, "of plates with a grainy sheet")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How strong."""

    grain: float  #: standard deviation, grey levels
    start: int = 0  #: where in the kept field the grain starts


def draw(rng: np.random.Generator, settings: Settings, _: Any) -> Parameters | None:
    """Draw how strong it is."""
    if rng.random() >= settings.share:
        return None
    return Parameters(grain=7 * rng.random(), start=int(rng.random() * 2**31))


@cache
def _field() -> NDArray[np.float32]:
    """Return unit normal noise, two pixels coarse."""
    half = (FIELD_PX // 2, FIELD_PX // 2)
    field = np.random.default_rng(5).standard_normal(half, np.float32)
    return np.asarray(cv2.resize(field, (FIELD_PX, FIELD_PX)), np.float32)


def apply(levels: NDArray[np.float32], p: Parameters, _: Any) -> NDArray[np.float32]:
    """Add a part of the kept field."""
    height, width = levels.shape
    rows, cols = min(height, FIELD_PX), min(width, FIELD_PX)
    top, left = p.start % (FIELD_PX + 1 - rows), p.start // 1031 % (FIELD_PX + 1 - cols)
    grain = _field()[top : top + rows, left : left + cols]
    if grain.shape != levels.shape:  # a plate larger than the field
        grain = np.asarray(cv2.resize(grain, (width, height)), np.float32)
    return np.asarray(cv2.scaleAdd(grain, p.grain, levels), np.float32)
