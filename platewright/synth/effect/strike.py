"""A line across the plate, printed or painted: between the characters' lines, or through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import Colour

if TYPE_CHECKING:
    from platewright.synth.plate import Canvas

STAGE = "plate"
ORDER = 15
COLOURS: tuple[Colour, ...] = (
    (186, 24, 34), (204, 36, 42), (160, 22, 30), (28, 58, 140), (20, 110, 60), (24, 24, 28),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.02, "of plates with a line across")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """Which."""

    ends: tuple[float, float, float, float]  #: (x0, y0, x1, y1), parts of the plate's size
    thick: float  #: part of the plate's height
    colour: Colour  #: RGB


def draw(rng: np.random.Generator, settings: Settings, _: Any) -> Parameters | None:
    """Draw a line, two of three level and from edge to edge, red more often than not."""
    if rng.random() >= settings.share:
        return None
    y, slope = 0.15 + 0.7 * rng.random(), 0.0
    x0, x1 = 0.0, 1.0
    if rng.random() < 1 / 3:
        x0, x1 = 0.3 * rng.random(), 1 - 0.3 * rng.random()
        slope = 0.5 * (rng.random() - 0.5)
    return Parameters(
        ends=(x0, y - slope / 2, x1, y + slope / 2),
        thick=0.015 + 0.04 * rng.random(),
        colour=COLOURS[int(rng.integers(len(COLOURS)))],
    )


def apply(image: Picture, p: Parameters, canvas: Canvas) -> Picture:
    """Draw it."""
    height, width = (side * canvas.scale for side in canvas.look.size_mm)
    x0, y0, x1, y1 = p.ends
    start = (round(x0 * width), round(y0 * height))
    end = (round(x1 * width), round(y1 * height))
    thick = max(round(p.thick * height), 1)
    colour = canvas.tone(p.colour)
    tone = (colour,) if isinstance(colour, int) else colour
    cv2.line(canvas.inner(image), start, end, tone, thick, cv2.LINE_AA)
    return image
