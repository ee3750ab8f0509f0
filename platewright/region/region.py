"""A region: its series of plates, and the texts they may bear."""

import re
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from platewright.mark.pen import Rgb
from platewright.region.chance import Spread, Uniform, Weighted, between, stream
from platewright.region.choice import MarkChoice, ScriptChoice
from platewright.region.look import Colour, Look, Script, Strip, draw_colour
from platewright.region.syntax import Syntax, plain, split_groups


@dataclass(frozen=True, kw_only=True)
class StripChoice:
    """What a series says of a coloured band; `Strip` is one drawn."""

    side: str  #: `left`, `right` or `top`
    width_mm: Spread  #: its extent across the band
    colour: Colour  #: of the band
    labels: tuple[str, ...]  #: texts to choose from; an empty one for none
    label_colour: Colour  #: of label and emblem
    emblems: tuple[str, ...]  #: `stars`, `disc` or empty, to choose from
    probability: float  #: that a plate has the band at all, 0-1

    def draw(self, uniform: Uniform) -> Strip | None:
        """Return a band, or None."""
        if self.probability < 1 and uniform() >= self.probability:
            return None
        colour = draw_colour(self.colour, uniform)
        return Strip(
            side=self.side,
            width_mm=between(self.width_mm, uniform),
            colour=colour,
            label=_one(self.labels, uniform),
            label_colour=draw_colour(self.label_colour, uniform, colour),
            emblem=_one(self.emblems, uniform),
        )


UNEVEN = (0.4, 0.85)  #: Height of a smaller first line over the others'


@dataclass(frozen=True, kw_only=True)
class Series:
    """One kind of plate. Lengths are (low, high) in millimetres; see `Look` for their meaning."""

    name: str  #: unique in the region
    weight: float  #: how often it is drawn, beside the region's other series
    syntaxes: tuple[Syntax, ...]  #: what its texts look like
    height_mm: Spread
    width_mm: Spread | None  #: None where `aspect` gives the width
    aspect: Spread | None  #: width over height, None where `width_mm` is given
    background: Colour
    foreground: Colour
    border_colour: Colour | None  #: None for the colour of the characters
    border_probability: float  #: that there is a border at all, 0-1
    border_mm: Spread
    corner_mm: Spread
    strip: StripChoice | None
    second_strip: StripChoice | None
    headers: tuple[str, ...]
    header_probability: float  #: that the small text above is there, 0-1
    footers: tuple[str, ...]
    footer_probability: float  #: that the small text below is there, 0-1
    small_mm: Spread
    faces: tuple[str, ...]
    glyph_height_mm: Spread | None  #: None where `glyph_share` gives it
    #: height of a capital as a share of the room for one line, else None
    glyph_share: Spread | None
    glyph_width_mm: Spread | None
    stroke_mm: Spread | None
    spacing_mm: Spread
    gap_mm: Spread
    embossed: Spread
    picture: float  #: probability of a picture behind the characters, 0-1
    emblems: tuple[str, ...]
    #: probability that the first of several lines is smaller than the others, 0-1
    uneven: float = 0.0
    raised: float = 0.0  #: probability that the last group stands beside two small lines, 0-1
    #: what stands beside, between or behind the characters, each with its probability
    marks: tuple[MarkChoice, ...] = ()
    scripts: tuple[ScriptChoice, ...] = ()
    header_mm: Spread | None = None
    header_colour: Colour | None = None
    header_faces: tuple[str, ...] = ()
    stickers: float = 0.0
    frame: float = 0.0
    _syntaxes: Weighted[Syntax] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        weights = [syntax.weight for syntax in self.syntaxes]
        object.__setattr__(self, "_syntaxes", Weighted(self.syntaxes, weights))

    @property
    def ratio(self) -> Spread:
        """Least and largest width over height."""
        (low, high), wide = self.height_mm, self.width_mm
        return self.aspect or ((wide[0] / high, wide[1] / low) if wide else (1.0, 1.0))

    def draw(self, uniform: Uniform, region: str) -> Look:
        """Return a plate of this series.

        Args:
            region: code for the record.
        """
        display = self._syntaxes.pick(uniform()).compose(uniform)
        lines = tuple(display.split("|"))
        height = between(self.height_mm, uniform)
        if self.aspect is not None:
            width = height * between(self.aspect, uniform)
        else:
            width = between(self.width_mm or self.height_mm, uniform)
        background = draw_colour(self.background, uniform)
        foreground = draw_colour(self.foreground, uniform, background)
        header = _maybe(self.headers, self.header_probability, uniform)
        footer = _maybe(self.footers, self.footer_probability, uniform)
        small = between(self.small_mm, uniform)
        tall = _optional(self.header_mm, uniform) or 0.0
        border = self._draw_border(uniform, foreground)
        border_mm = 0.0 if border is None else between(self.border_mm, uniform)
        strip = None if self.strip is None else self.strip.draw(uniform)
        second = None
        if strip is not None and self.second_strip is not None:
            second = self.second_strip.draw(uniform)
        if self.glyph_share is not None:
            texts = (tall or small) * bool(header) + small * bool(footer)
            room = height - 2 * border_mm - 1.3 * texts
            if strip is not None and strip.side == "top":
                room -= strip.width_mm
            glyph = between(self.glyph_share, uniform) * room / len(lines)
        else:
            glyph = between(self.glyph_height_mm or self.height_mm, uniform)
        return Look(
            region=region,
            series=self.name,
            display=display,
            text=plain(display),
            lines=lines,
            size_mm=(height, width),
            background=background,
            foreground=foreground,
            border_colour=border,
            border_mm=border_mm,
            corner_mm=between(self.corner_mm, uniform),
            strip=strip,
            second_strip=second,
            header=header,
            footer=footer,
            small_mm=small,
            faces=self.faces,
            glyph_height_mm=glyph,
            glyph_width_mm=_optional(self.glyph_width_mm, uniform),
            stroke_mm=_optional(self.stroke_mm, uniform),
            spacing_mm=between(self.spacing_mm, uniform),
            gap_mm=between(self.gap_mm, uniform),
            embossed=between(self.embossed, uniform),
            picture=self.picture > 0 and uniform() < self.picture,
            emblem=_one(self.emblems, uniform),
            marks=tuple(m for m in (each.draw(uniform) for each in self.marks) if m),
            scripts=self._draw_scripts(uniform, lines),
            header_mm=tall,
            header_colour=None
            if self.header_colour is None
            else draw_colour(self.header_colour, uniform, background),
            header_faces=self.header_faces,
            stickers=self.stickers,
            frame=self.frame,
            raised=self._is_raised(lines) and uniform() < self.raised,
            first_line=self._first_line(uniform, lines),
        )

    def _is_raised(self, lines: tuple[str, ...]) -> bool:
        return self.raised > 0 and len(lines) == 2 and len(split_groups(lines[1])) > 1

    def _first_line(self, uniform: Uniform, lines: tuple[str, ...]) -> float:
        if not self.uneven or len(lines) == 1 or uniform() >= self.uneven:
            return 1.0
        return between(UNEVEN, uniform)

    def _draw_scripts(self, uniform: Uniform, lines: tuple[str, ...]) -> tuple[Script, ...]:
        if not self.scripts:
            return ()
        groups = [part for line in lines for part in split_groups(line)]
        drawn = (choice.draw(uniform, groups) for choice in self.scripts)
        return tuple(script for script in drawn if script is not None)

    def _draw_border(self, uniform: Uniform, foreground: Rgb) -> Rgb | None:
        if self.border_mm[1] <= 0 or self.border_probability <= 0:
            return None
        if self.border_probability < 1 and uniform() >= self.border_probability:
            return None
        return (
            foreground if self.border_colour is None else draw_colour(self.border_colour, uniform)
        )


def _one(entries: tuple[str, ...], uniform: Uniform) -> str:
    return entries[int(uniform() * len(entries))] if len(entries) > 1 else entries[0]


def _maybe(entries: tuple[str, ...], probability: float, uniform: Uniform) -> str:
    if probability < 1 and uniform() >= probability:
        return ""
    return _one(entries, uniform)


def _optional(spread: Spread | None, uniform: Uniform) -> float | None:
    return None if spread is None else between(spread, uniform)


@dataclass(frozen=True, kw_only=True)
class Region:
    """A jurisdiction."""

    code: str  #: such as `GB` or `US-CA`
    name: str  #: in English
    source: str  #: where its sizes and syntaxes are laid down
    weight: float  #: share in the default training mix, beside the other regions' weights
    series: tuple[Series, ...]  #: its kinds of plates
    #: regular expression for all its texts, as the source has them; empty: none is known
    rule: str = ""
    _series: Weighted[Series] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        weights = [series.weight for series in self.series]
        object.__setattr__(self, "_series", Weighted(self.series, weights))

    @property
    def alphabet(self) -> str:
        """The characters that can occur, sorted."""
        chars: set[str] = set()
        for series in self.series:
            for syntax in series.syntaxes:
                chars |= syntax.alphabet
        return "".join(sorted(chars))

    def draw(self, rng: np.random.Generator) -> Look:
        """Return one plate; the same state of `rng` gives the same one."""
        uniform = stream(rng)
        return self._series.pick(uniform()).draw(uniform, self.code)

    def match(self, text: str) -> bool:
        """Tell whether a text without separators fits any syntax; A passes for Ä and the like."""
        return self._texts.fullmatch(text) is not None

    @cached_property
    def _texts(self) -> re.Pattern[str]:
        # Fronts and rears share their syntaxes: each expression once.
        regexes = dict.fromkeys(s.regex for series in self.series for s in series.syntaxes)
        return re.compile("|".join(regexes))
