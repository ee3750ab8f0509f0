"""The parameters of a plate's marks, drawn before anything is painted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from platewright.mark import Sketch, draw_sketch
from platewright.region import Look
from platewright.region.chance import Uniform, stream
from platewright.region.colour import luma
from platewright.region.look import Mark
from platewright.region.mark import choose_mark
from platewright.synth.tone import Colour

__all__ = ["MarkStyle", "draw_marks"]

EMBLEMS = {"disc": ("disc",), "seal": ("seal-stack",), "crest": ("crest", "shield")}
FOREIGN = (
    ("left", 0.25), ("between", 0.2), ("gap", 0.15), ("right", 0.18), ("behind", 0.13),
    ("below", 0.06), ("above", 0.03),
)  # fmt: skip
"""Where a mark stands that no rule book asks for, and how often."""
STUCK = ("sticker", "tab", "qr", "barcode", "hologram")
"""Families that are stuck on: never raised nor worn as the characters are."""
SMALL: tuple[str, ...] = ("words", "plaque", "words", "flag", "any")
SCENES: tuple[str, ...] = ("scene",)
ANY: tuple[str, ...] = ("any",)
TINCTURES = (
    (176, 22, 34), (22, 62, 142), (24, 112, 58), (28, 28, 30), (120, 40, 120), (206, 120, 20),
    (70, 74, 82), (150, 108, 40),
)  # fmt: skip


class MarkStyle(NamedTuple):
    """How one mark is drawn. Lengths are parts of the characters' height.

    Attributes:
        name: of the mark.
        place: as `Mark` has it.
        variant: which of its drawings.
        text: what it says, empty for its own.
        height: its height; behind the characters part of the plate's.
        x: which line or place inside the text, or how far right, 0-1.
        y: how far it stands below the middle of its line.
        space: least distance to the characters beside it.
        main: RGB of the tone `main`.
        second: RGB of `second`.
        third: RGB of `third`.
        mono: everything in the colours of the characters and the sheet.
        strength: how opaque, 0-1.
        raised: whether it is raised and worn as the characters are.
    """

    name: str
    place: str
    variant: int
    text: str
    height: float
    x: float
    y: float
    space: float
    main: Colour
    second: Colour
    third: Colour
    mono: bool
    strength: float
    raised: bool = False

    @property
    def sketch(self) -> Sketch:
        """The drawing."""
        return draw_sketch(self.name, self.variant, self.text)


def draw_marks(
    rng: np.random.Generator, look: Look, paper: Colour, ink: Colour, share: float
) -> tuple[MarkStyle, ...]:
    """Draw the marks of a plate.

    Args:
        rng: random numbers.
        look: what its region asks for.
        paper: colour of the sheet.
        ink: colour of the characters.
        share: of plates with a mark that the region does not ask for, 0-1.
    """
    uniform = stream(rng)
    wanted = list(look.marks)
    if look.emblem:
        name = choose_mark(EMBLEMS[look.emblem], uniform)
        tall = (0.85, 1.1) if look.emblem == "seal" else (0.5, 0.85)
        height = tall[0] + (tall[1] - tall[0]) * uniform()
        wanted.append(Mark(name=name, place="gap", height=height))
    if uniform() < share:
        wanted += [_foreign(uniform) for _ in range(1 if uniform() < 0.8 else 2)]
    return tuple(_styled(mark, paper, ink, uniform) for mark in wanted)


def _foreign(uniform: Uniform) -> Mark:
    """Draw a mark of any kind at any place."""
    u, place = uniform(), "left"
    for place, share in FOREIGN:  # noqa: B007
        u -= share
        if u < 0:
            break
    if place == "behind":
        patterns, height = SCENES, 0.9 + 0.1 * uniform()
    elif place in ("above", "below"):
        patterns, height = SMALL, 0.15 + 0.2 * uniform()
    else:
        patterns, height = ANY, 0.33 + 0.72 * uniform()
    return Mark(name=choose_mark(patterns, uniform), place=place, height=height)


def _styled(mark: Mark, paper: Colour, ink: Colour, uniform: Uniform) -> MarkStyle:
    """Return a mark with what its region leaves open."""
    behind = mark.place == "behind"
    height = mark.height
    if mark.name in ("hyphen", "dot") and not behind:  # strokes of a character, not larger
        height = min(height, 0.08 + 0.17 * uniform())
    near = uniform()
    if near < 0.25:
        space = 0.02 + 0.06 * uniform()  # nearly touching
    else:
        space = 0.08 + (0.22 if near < 0.8 else 0.6) * uniform()
    if mark.colour is not None:
        main = mark.colour
    elif mark.ink or uniform() < 0.42:
        main = ink
    else:
        base = TINCTURES[int(uniform() * len(TINCTURES))]
        light = 0.6 * uniform() ** 2
        main = _mixed(base, (255, 255, 255), light)
    pale = uniform()
    second = (
        paper if pale < 0.55 or mark.ink else ((245, 245, 242) if pale < 0.8 else (222, 184, 60))
    )
    if abs(luma(main) - luma(second)) < 40:
        second = (248, 248, 246) if luma(main) < 128 else (24, 24, 26)
    free = max(1.0 - height, 0.0)
    beside = mark.place not in ("behind", "above", "below")
    stuck = mark.name.partition("-")[0] in STUCK
    return MarkStyle(
        name=mark.name,
        place=mark.place,
        variant=int(uniform() * 4096),
        text=mark.text,
        height=height,
        x=uniform(),
        y=free * (uniform() - 0.5) if uniform() < 0.35 else 0.06 * (uniform() - 0.5),
        space=space,
        main=main,
        second=second,
        third=(44, 120, 62) if not mark.ink and uniform() < 0.6 else main,
        mono=mark.ink or (mark.colour is None and uniform() < 0.15),
        strength=0.2 + 0.6 * uniform()
        if behind
        else (1.0 if uniform() < 0.8 else 0.5 + 0.5 * uniform()),
        raised=beside and not stuck and uniform() < (0.85 if main == ink else 0.4),
    )


def _mixed(a: Colour, b: Colour, part: float) -> Colour:
    red, green, blue = (round(v + (w - v) * part) for v, w in zip(a, b, strict=True))
    return (red, green, blue)
