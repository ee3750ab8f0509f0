"""Bolts that hold the plate: two or four heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option

if TYPE_CHECKING:
    from platewright.synth.plate import Canvas

STAGE = "plate"
ORDER = 30


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.4, "of plates with bolts")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """Where."""

    places: tuple[tuple[float, float], ...]  #: (x, y) of each, parts of the plate's size
    radius: float  #: part of the plate's height, with its frame
    level: int  #: grey level


def draw(rng: np.random.Generator, settings: Settings, _: Any) -> Parameters | None:
    """Draw two bolts in the middle or above, or four."""
    if rng.random() >= settings.share:
        return None
    inset = 0.03 + 0.27 * rng.random()
    rows = (0.5,) if rng.random() < 0.5 else ((0.1,) if rng.random() < 0.5 else (0.1, 0.9))
    return Parameters(
        places=tuple((x, y) for y in rows for x in (inset, 1 - inset)),
        radius=0.02 + 0.04 * rng.random(),
        level=int(20 + 220 * rng.random()),
    )


def apply(image: Picture, p: Parameters, canvas: Canvas) -> Picture:
    """Draw the heads and their rims."""
    height, width = (side * canvas.scale for side in canvas.look.size_mm)
    radius = max(round(p.radius * height), 1)
    for x, y in p.places:
        spot = (round(x * width) + canvas.frame, round(y * height) + canvas.frame)
        cv2.circle(image, spot, radius, canvas.tone((p.level,) * 3), -1, cv2.LINE_AA)
        cv2.circle(image, spot, radius, canvas.tone((p.level // 2,) * 3), 1, cv2.LINE_AA)
    return image
