"""A holder's frame round the plate or over its margins, with a dealer's text.

Some hide the edges of the characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from platewright.geometry import Picture
from platewright.region import Look
from platewright.region.look import luma
from platewright.synth import option
from platewright.synth.effect import Colour, tinted_grey

if TYPE_CHECKING:
    from platewright.synth.plate import Canvas

STAGE = "plate"
ORDER = 10
DEALERS = (
    "MOTORS", "www.autohaus.com", "TOYOTA", "HYUNDAI", "Ford", "city cars 01234 567890",
    "AutoCentre", "BMW", "of Oxford", "SUZUKI", "Car Sales", "MARUTI", "Honda", "garage",
)  # fmt: skip
TOWNS = (
    "TOYOTA", "UNIVERSITY", "ALUMNI", "HONDA", "OF SANTA CLARA", "LEXUS", "VOLVO", "FORD",
    "College of Law", "SPRINGFIELD", "motors.com", "SUBARU", "Mike's", "CHEVROLET", "STATE",
    "www.autos.com", "MY OTHER CAR IS A BOAT", "SINCE 1967", "BMW", "PORTLAND, OR.", "GO BEARS",
    "555-0142", "Volkswagen", "REDWOOD CITY", "NISSAN", "TIGERS", "ACURA", "AUTOMOTIVE GROUP",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(
        0.3,
        "of plates in a holder's frame; others lie over the margins where a region says so; "
        "0: none of either",
    )
    text: float = option.share(0.5, "of the frames that bear a dealer's text")
    cut: float = option.share(
        0.15, "of the frames that hide a part of the characters' tops or feet"
    )


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """Which."""

    mm: float  #: its width
    colour: Colour = (20, 20, 20)  #: RGB
    text: str = ""  #: dealer's text on its lower edge, or empty
    #: how far it hides the characters from (above, below), parts of their height
    cut: tuple[float, float] = (0.0, 0.0)
    #: where it lies over the sheet: of its margins (above, below) the part that it hides, above 1
    #: some of the characters; all zero where it does not
    over: tuple[float, float] = (0.0, 0.0)
    #: (x0, x1) of its bars, parts of the plate's width; beyond them it is as thin as at the sides
    panel: tuple[float, float] = (0.0, 1.0)
    upper: str = ""  #: text of the bar above


def draw(rng: np.random.Generator, settings: Settings, look: Look) -> Parameters | None:
    """Draw a frame."""
    if look.frame and settings.share and rng.random() < look.frame:
        return _draw_over(rng, settings)
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


def _draw_over(rng: np.random.Generator, settings: Settings) -> Parameters:
    """Draw a frame over the margins, as dealers in North America hand them out."""
    part, inset = rng.random(), 0.0 if rng.random() < 0.4 else 0.08 + 0.2 * rng.random()
    level = 5 + 45 * part if rng.random() < 0.6 else 120 + 110 * part
    bars = [0.15 + 1.05 * v**1.3 if v > 0.2 else 0.0 for v in rng.random(2).tolist()]
    texts = [TOWNS[int(v * len(TOWNS))] for v in rng.random(2).tolist()]
    shown = [text if rng.random() < 1.6 * settings.text else "" for text in texts]
    return Parameters(
        mm=1.5 + 6 * rng.random(),
        colour=tinted_grey(level, rng.random(3).tolist()),
        text=shown[0],
        over=(bars[0], bars[1]),
        panel=(inset, 1 - inset),
        upper=shown[1],
    )


def _draw_cut(rng: np.random.Generator) -> tuple[float, float]:
    above, below = 0.04 + 0.12 * rng.random(), 0.04 + 0.12 * rng.random()
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
    if any(p.over) and canvas.boxes_mm:
        _lay_over(image, p, canvas, bright)
    elif p.text and p.mm > 8:
        box = (width * 0.2, height + 0.2 * p.mm, width * 0.8, height + 0.75 * p.mm)
        canvas.text(image, canvas.small, p.text, box, bright)
    return image


def _lay_over(image: Picture, p: Parameters, canvas: Canvas, bright: Colour) -> None:
    """Hide the sheet's edges, and what of its margins the bars reach over."""
    height, width = canvas.look.size_mm
    first, last = min(b[1] for b in canvas.boxes_mm), max(b[3] for b in canvas.boxes_mm)
    above, below = first * p.over[0], height - (height - last) * p.over[1]
    thin = min(0.6 * p.mm + 1.5, first, height - last)
    for box in (
        (0.0, 0.0, width, thin),
        (0.0, height - thin, width, height),
        (0.0, 0.0, thin, height),
        (width - thin, 0.0, width, height),
        (p.panel[0] * width, 0.0, p.panel[1] * width, above),
        (p.panel[0] * width, below, p.panel[1] * width, height),
    ):
        if box[3] > box[1]:
            canvas.rectangle(image, box, p.colour)
    x0, x1 = (p.panel[0] + 0.04) * width, (p.panel[1] - 0.04) * width
    for text, top, bottom in ((p.upper, -p.mm, above), (p.text, below, height + p.mm)):
        spare = 0.16 * (bottom - top)
        if text and bottom - top > 6:
            canvas.text(image, canvas.small, text, (x0, top + spare, x1, bottom - spare), bright)
