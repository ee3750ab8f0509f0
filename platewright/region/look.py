"""The look of one drawn plate: colours and every other value concrete, ready to be painted."""

import re
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from platewright.mark.pen import Rgb, rgb_of
from platewright.region.chance import Uniform

WORDS = ("any", "light", "dark")  #: What may stand in place of `#rrggbb`

Colour = tuple[Rgb | str, ...]  #: The entries to choose from: (r, g, b) or one of `WORDS`

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
        return (rgb_of(value),)
    raise ValueError(f"{value!r} is no colour; write '#rrggbb', 'any', 'light', 'dark' or a list")


def draw_colour(colour: Colour, uniform: Uniform, behind: Rgb | None = None) -> Rgb:
    """Return one concrete colour.

    Args:
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
    """A coloured band along one edge of a plate, such as the blue one with the stars."""

    side: str  #: `left`, `right` or `top`
    width_mm: float  #: its extent across the band
    colour: Rgb  #: of the band
    label: str  #: text on it, such as `D`; empty for none
    label_colour: Rgb  #: of the label and the emblem
    emblem: str  #: `stars` (a ring of twelve), `disc`, or empty


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What stands on a plate and is no character, such as a coat of arms."""

    name: str  #: of a mark that `platewright.mark` draws
    #: `left`, `gap`, `gap2`, `separator`, `right`, `between`, `behind`, `above` or `below`
    place: str
    height: float  #: part of the characters' height; behind them, of the plate's
    colour: Rgb | None = None  #: None for its own
    ink: bool = False  #: whether it has the characters' colour
    text: str = ""  #: what it says where it bears a text; empty for its own


@dataclass(frozen=True, kw_only=True)
class Script:
    """Writing of another script, which is no part of the registration."""

    kind: str  #: which script, such as `arabic`; `made-up` for strokes of no alphabet
    #: what is written, one entry for each group of the registration that it stands by, usually one
    #: for all; `|` is a line break
    text: tuple[str, ...]
    #: `left`, `right`, `above`, `below` the characters, or `between` the first two groups
    place: str
    height: float  #: part of the characters' height; above and below, of the room's
    stretch: float = 1.0  #: width over the writing's own
    colour: Rgb | None = None  #: None for that of the characters

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {item.name: _json(getattr(self, item.name)) for item in fields(self)}


@dataclass(frozen=True, kw_only=True)
class Look:
    """One drawn plate. Lengths are millimetres on the plate."""

    region: str  #: code of the jurisdiction
    series: str  #: name of its series
    display: str  #: the text as shown: ' ' a gap, '-' a dash, '·' a dot, '|' a line break
    text: str  #: `display` without separators; what a reader should say
    lines: tuple[str, ...]  #: `display` cut at line breaks, one to three
    size_mm: tuple[float, float]  #: (height, width)
    background: Rgb  #: colour of the plate
    foreground: Rgb  #: colour of the characters
    border_colour: Rgb | None  #: None where there is no border
    border_mm: float  #: width of the border
    corner_mm: float  #: radius of the corners
    strip: Strip | None  #: coloured band, or None
    second_strip: Strip | None  #: another band, or None; only beside a first one
    header: str  #: small text above the characters, or empty
    footer: str  #: small text below them, or empty
    small_mm: float  #: height of footer and header
    faces: tuple[str, ...]  #: globs of file stems in the fonts folder, one of which is to be used
    glyph_height_mm: float  #: height of a capital letter
    glyph_width_mm: float | None  #: width of a character's ink; None for the face's own
    stroke_mm: float | None  #: width of its strokes; None for the face's own
    spacing_mm: float  #: between two characters of a group
    gap_mm: float  #: between two groups (at a space, a dot or an emblem)
    embossed: float  #: probability that the characters are raised, 0-1
    picture: bool  #: whether a picture lies behind the characters
    emblem: str  #: what stands in the first gap: `disc`, `seal`, `crest`, or empty
    marks: tuple[Mark, ...] = ()  #: what else stands on it
    scripts: tuple[Script, ...] = ()  #: writings of other scripts beside the characters
    #: height of a header that is larger or smaller than the footer; 0 for `small_mm`
    header_mm: float = 0.0
    header_colour: Rgb | None = None  #: None for that of the characters
    #: globs of file stems in fonts/ and fonts/legends/ that it may be set in; empty for any
    header_faces: tuple[str, ...] = ()
    stickers: float = 0.0  #: probability of stickers in its corners, where drawings have any, 0-1
    frame: float = 0.0  #: probability of a frame that lies over its margins, likewise
    first_line: float = 1.0  #: height of the first line's characters over the others'
    raised: bool = False  #: whether the last group stands beside two small lines, as high as both

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


PARTS = (Strip, Mark, Script)  #: What a look has that has fields of its own
