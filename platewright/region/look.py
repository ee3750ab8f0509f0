"""The look of one drawn plate: colours and every other value concrete, ready to be painted."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from platewright.region.chance import Uniform

Rgb = tuple[int, int, int]
"""Red, green, blue, each 0-255."""

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


@dataclass(frozen=True, kw_only=True)
class Strip:
    """A coloured band along one edge of a plate, such as the blue one with the stars.

    Attributes:
        side: `left`, `right` or `top`.
        width_mm: its extent across the band.
        colour: of the band.
        label: text on it, such as `D`; empty for none.
        label_colour: of the label and the emblem.
        emblem: `stars` (a ring of twelve), `disc`, or empty.
    """

    side: str
    width_mm: float
    colour: Rgb
    label: str
    label_colour: Rgb
    emblem: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What stands on a plate and is no character, such as a coat of arms.

    Attributes:
        name: of a mark that `platewright.mark` draws.
        place: `left`, `gap`, `gap2`, `separator`, `right`, `between`, `behind`, `above` or `below`.
        height: part of the characters' height; behind them, of the plate's.
        colour: None for its own.
        ink: whether it has the characters' colour.
        text: what it says where it bears a text; empty for its own.
    """

    name: str
    place: str
    height: float
    colour: Rgb | None = None
    ink: bool = False
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Script:
    """Writing of another script, which is no part of the registration.

    Attributes:
        kind: which script, such as `arabic`; `made-up` for strokes of no alphabet.
        text: what is written, one entry for each group of the registration that it stands by,
            usually one for all; `|` is a line break.
        place: `left`, `right`, `above`, `below` the characters, or `between` the first two groups.
        height: part of the characters' height; above and below, of the room's.
        stretch: width over the writing's own.
        colour: None for that of the characters.
    """

    kind: str
    text: tuple[str, ...]
    place: str
    height: float
    stretch: float = 1.0
    colour: Rgb | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {item.name: _json(getattr(self, item.name)) for item in fields(self)}


@dataclass(frozen=True, kw_only=True)
class Look:
    """One drawn plate. Lengths are millimetres on the plate.

    Attributes:
        region: code of the jurisdiction.
        series: name of its series.
        display: the text as shown: ' ' a gap, '-' a dash, '·' a dot, '|' a line break.
        text: `display` without separators; what a reader should say.
        lines: `display` cut at line breaks, one to three.
        size_mm: (height, width).
        background: colour of the plate.
        foreground: colour of the characters.
        border_colour: None where there is no border.
        border_mm: width of the border.
        corner_mm: radius of the corners.
        strip: coloured band, or None.
        second_strip: another band, or None; only beside a first one.
        header: small text above the characters, or empty.
        footer: small text below them, or empty.
        small_mm: height of footer and header.
        faces: globs of file stems in the fonts folder, one of which is to be used.
        glyph_height_mm: height of a capital letter.
        glyph_width_mm: width of a character's ink; None for the face's own.
        stroke_mm: width of its strokes; None for the face's own.
        spacing_mm: between two characters of a group.
        gap_mm: between two groups (at a space, a dot or an emblem).
        embossed: probability that the characters are raised, 0-1.
        picture: whether a picture lies behind the characters.
        emblem: what stands in the first gap: `disc`, `seal`, `crest`, or empty.
        marks: what else stands on it.
        scripts: writings of other scripts beside the characters.
        header_mm: height of a header that is larger or smaller than the footer; 0 for `small_mm`.
        header_colour: None for that of the characters.
        stickers: probability of stickers in its corners, where drawings have any, 0-1.
        frame: probability of a frame that lies over its margins, likewise.
        first_line: height of the first line's characters over the others'.
        raised: whether the last group stands beside two small lines, as high as both.
    """

    region: str
    series: str
    display: str
    text: str
    lines: tuple[str, ...]
    size_mm: tuple[float, float]
    background: Rgb
    foreground: Rgb
    border_colour: Rgb | None
    border_mm: float
    corner_mm: float
    strip: Strip | None
    second_strip: Strip | None
    header: str
    footer: str
    small_mm: float
    faces: tuple[str, ...]
    glyph_height_mm: float
    glyph_width_mm: float | None
    stroke_mm: float | None
    spacing_mm: float
    gap_mm: float
    embossed: float
    picture: bool
    emblem: str
    marks: tuple[Mark, ...] = ()
    scripts: tuple[Script, ...] = ()
    header_mm: float = 0.0
    header_colour: Rgb | None = None
    stickers: float = 0.0
    frame: float = 0.0
    first_line: float = 1.0
    raised: bool = False

    @property
    def margins_mm(self) -> tuple[float, float]:
        """Heights of the header and of the footer, 0 where there is none."""
        return (
            (self.header_mm or self.small_mm) if self.header else 0.0,
            self.small_mm if self.footer else 0.0,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values: tuples as lists, lengths rounded to a hundredth."""
        return self._values

    @cached_property
    def _values(self) -> dict[str, Any]:
        """Of a plate that is drawn several times they are made once."""
        return {item.name: _json(getattr(self, item.name)) for item in fields(self)}


def _json(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, tuple):
        return [_json(entry) for entry in value]
    if isinstance(value, PARTS):
        return {item.name: _json(getattr(value, item.name)) for item in fields(value)}
    return value


PARTS = (Strip, Mark, Script)
"""What a look has that has fields of its own."""
