"""Colours of a region file: a fixed one, a choice of several, or one drawn at random.

`#rrggbb` is that colour; `any` draws any colour, `light` and `dark` a pale or a deep one. A list
picks one of its entries, each as likely (write one twice to have it twice as often).
"""

from __future__ import annotations

import re

from platewright.region.chance import Uniform
from platewright.region.look import Rgb

__all__ = ["WORDS", "Colour", "draw_colour", "luma", "read_colour"]

WORDS = ("any", "light", "dark")
"""What may stand in place of `#rrggbb`."""

Colour = tuple[Rgb | str, ...]
"""The entries to choose from: (r, g, b) or one of `WORDS`."""

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_CONTRAST = 75.0  # of 255; drawn plates with less were unreadable to people as well
_TRIES = 6


def luma(colour: Rgb) -> float:
    """Return the brightness of a colour, 0-255 (ITU-R BT.601 weights).

    >>> luma((255, 255, 255))
    255.0
    """
    red, green, blue = colour
    return (299 * red + 587 * green + 114 * blue) / 1000


def read_colour(value: object) -> Colour:
    """Return the choices that a value of the file stands for.

    Raises:
        ValueError: if it is no colour.

    >>> read_colour("#ff8000"), read_colour(["any", "#000000"])
    (((255, 128, 0),), ('any', (0, 0, 0)))
    """
    if isinstance(value, list) and value:
        return tuple(entry for each in value for entry in read_colour(each))
    if isinstance(value, str) and value in WORDS:
        return (value,)
    if isinstance(value, str) and _HEX.fullmatch(value):
        return ((int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)),)
    raise ValueError(f"{value!r} is no colour; write '#rrggbb', 'any', 'light', 'dark' or a list")


def draw_colour(colour: Colour, uniform: Uniform, behind: Rgb | None = None) -> Rgb:
    """Return one concrete colour.

    Args:
        colour: what to choose from.
        uniform: stream of numbers.
        behind: what it will lie on: a random colour is then drawn until it stands out.
    """
    entry = colour[int(uniform() * len(colour))] if len(colour) > 1 else colour[0]
    if not isinstance(entry, str):
        return entry
    for _ in range(_TRIES):
        drawn = _random(entry, uniform)
        if behind is None or abs(luma(drawn) - luma(behind)) >= _CONTRAST:
            return drawn
    return (0, 0, 0) if luma(behind or drawn) > 127 else (255, 255, 255)


def _random(word: str, uniform: Uniform) -> Rgb:
    """Return a random colour; the pale and the deep ones share a tone, as paints do."""
    if word == "any":
        return int(uniform() * 256), int(uniform() * 256), int(uniform() * 256)
    base, spread = (175 + 80 * uniform(), 60) if word == "light" else (70 * uniform(), 60)
    red, green, blue = (min(255, max(0, int(base + spread * (uniform() - 0.5)))) for _ in range(3))
    return red, green, blue
