"""A holder's frame round the plate, with a dealer's text; some hide the characters' edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from platewright.region.look import luma
from platewright.synth import option
from platewright.synth.option import Recorded
from platewright.synth.tone import Colour, tinted_grey

if TYPE_CHECKING:
    from platewright.synth.plate import Canvas

STAGE = "plate"
ORDER = 10
Picture = NDArray[np.uint8]
DEALERS = (
    "MOTORS", "www.autohaus.com", "TOYOTA", "HYUNDAI", "Ford", "city cars 01234 567890",
    "AutoCentre", "BMW", "of Oxford", "SUZUKI", "Car Sales", "MARUTI", "Honda", "garage",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.3, "of plates in a holder's frame")
    text: float = option.share(0.5, "of the frames that bear a dealer's text")
    cut: float = option.share(
        0.15, "of the frames that hide a part of the characters' tops or feet"
    )


@dataclass(frozen=True, kw_only=True)
class Parameters(Recorded):
    """Which.

    Attributes:
        mm: its width.
        colour: RGB.
        text: dealer's text on its lower edge, or empty.
        cut: how far it hides the characters from (above, below), parts of their height.
    """

    mm: float
    colour: Colour = (20, 20, 20)
    text: str = ""
    cut: tuple[float, float] = (0.0, 0.0)


def draw(rng: np.random.Generator, settings: Settings, _: Any) -> Parameters | None:
    """Draw a frame."""
    if rng.random() >= settings.share:
        return None
    part = rng.random()
    level = 5 + 55 * part if rng.random() < 0.8 else 120 + 110 * part
    text = rng.random() < settings.text
    return Parameters(
        mm=4 + 18 * rng.random(),
        colour=tinted_grey(level, rng.random(3).tolist()),
        text=DEALERS[int(rng.random() * len(DEALERS))] if text else "",
        cut=_draw_cut(rng) if rng.random() < settings.cut else (0.0, 0.0),
    )


def _draw_cut(rng: np.random.Generator) -> tuple[float, float]:
    above, below = 0.05 + 0.2 * rng.random(), 0.05 + 0.2 * rng.random()
    side = rng.random()
    return (above if side > 0.4 else 0.0, below if side < 0.7 else 0.0)


def apply(image: Picture, p: Parameters, canvas: Canvas) -> Picture:
    """Write its text, and let its bars come before the characters; its rim is painted before."""
    bright: Colour = (220, 220, 220) if luma(p.colour) < 110 else (30, 30, 30)
    height, width = canvas.look.size_mm
    if any(p.cut) and canvas.boxes_mm:
        first, last = min(b[1] for b in canvas.boxes_mm), max(b[3] for b in canvas.boxes_mm)
        tall = max(b[3] - b[1] for b in canvas.boxes_mm)
        above, below = (part * tall for part in p.cut)
        for bar, most in (((0.0, first + above), above), ((last - below, height), below)):
            if most:
                canvas.rectangle(image, (0.0, bar[0], width, bar[1]), p.colour)
                middle, high = (bar[0] + bar[1]) / 2, min(0.6 * (bar[1] - bar[0]), 1.5 * most)
                box = (0.15 * width, middle - high / 2, 0.85 * width, middle + high / 2)
                canvas.text(image, canvas.small, p.text, box, bright)
    if p.text and p.mm > 8:
        box = (width * 0.2, height + 0.2 * p.mm, width * 0.8, height + 0.75 * p.mm)
        canvas.text(image, canvas.small, p.text, box, bright)
    return image
