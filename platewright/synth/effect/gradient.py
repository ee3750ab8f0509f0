"""Uneven light on the sheet: its brightness runs from edge to edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.synth import option
from platewright.synth.option import Recorded

STAGE = "sheet"
ORDER = 20


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.6, "of plates with uneven brightness")


@dataclass(frozen=True, kw_only=True)
class Parameters(Recorded):
    """How far.

    Attributes:
        x: change from the left edge to the right one, grey levels.
        y: change from the upper edge to the lower one, grey levels.
    """

    x: float
    y: float


def draw(rng: np.random.Generator, settings: Settings, _: Any) -> Parameters | None:
    """Draw how far it runs."""
    if rng.random() >= settings.share:
        return None
    return Parameters(x=12 * rng.standard_normal(), y=14 * rng.standard_normal())


def apply(levels: NDArray[np.float32], p: Parameters, _: Any) -> NDArray[np.float32]:
    """Add a plane."""
    x, y = p.x / 2, p.y / 2
    corners = np.array([[-x - y, x - y], [y - x, x + y]], np.float32)
    plane = cv2.resize(corners, levels.shape[::-1])
    return np.asarray(cv2.add(levels, plane), np.float32)
