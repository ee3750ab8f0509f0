"""Stickers: a month and a year in the corners, or up to three anywhere near the edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from platewright.geometry import Picture
from platewright.region import Look
from platewright.synth import option
from platewright.synth.effect import Colour
from platewright.synth.mark import paint_sticker

if TYPE_CHECKING:
    from platewright.synth.plate import Canvas

STAGE = "plate"
ORDER = 20
Sticker = tuple[float, float, float, float, Colour]
"""(x0, y0, x1, y1) as parts of the plate's size, and RGB."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(
        0.12, "of plates with stickers, more where a region says so; 0: none anywhere"
    )


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """Which."""

    places: tuple[Sticker, ...]  #: (x0, y0, x1, y1) as parts of the plate's size, with an RGB each


def draw(rng: np.random.Generator, settings: Settings, look: Look) -> Parameters | None:
    """Draw one to three stickers."""
    if not settings.share or rng.random() >= max(settings.share, look.stickers):
        return None
    count = int(rng.integers(1, 4))
    if rng.random() < (0.85 if look.stickers else 0.4):
        return Parameters(places=_in_corners(rng))
    return Parameters(places=tuple(_anywhere(rng) for _ in range(count)))


def _in_corners(rng: np.random.Generator) -> tuple[Sticker, ...]:
    """Draw a month and a year in the upper corners."""
    width, height = 0.07 + 0.07 * rng.random(), 0.1 + 0.12 * rng.random()
    edge, y = 0.06 * rng.random(), 0.07 * rng.random()
    red, green, blue = (rng.random(3) * 256).tolist()
    return tuple(
        (x, y, x + width, y + height, (int(red), int(green), int(blue * x)))
        for x in (0.02 + edge, 0.98 - edge - width)
    )


def _anywhere(rng: np.random.Generator) -> Sticker:
    """Draw a sticker near an edge."""
    width, height = 0.04 + 0.1 * rng.random(), 0.08 + 0.17 * rng.random()
    x = 0.1 * rng.random() if rng.random() < 0.5 else 0.8 + 0.15 * rng.random()
    y = 0.02 + 0.1 * rng.random() if rng.random() < 0.5 else 0.7 + 0.18 * rng.random()
    red, green, blue = (int(v) for v in rng.integers(0, 256, 3))
    return (x, y, x + width, y + height, (red, green, blue))


def apply(image: Picture, p: Parameters, canvas: Canvas) -> Picture:
    """Put them on."""
    height, width = canvas.look.size_mm
    for x0, y0, x1, y1, colour in p.places:
        box = (x0 * width, y0 * height, x1 * width, y1 * height)
        canvas.rectangle(image, box, colour)
        if colour[0] % 4:  # most are printed
            left, top, right, bottom = (v * canvas.scale + canvas.frame for v in box)
            paint_sticker(image, (left, top, right, bottom), colour)
    return image
