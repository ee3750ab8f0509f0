"""Writing of other scripts on plates: Chinese signs, Arabic words, and what regions say of them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from platewright.region.chance import Spread, Uniform, between
from platewright.region.colour import Colour, draw_colour
from platewright.region.look import Rgb, Script
from platewright.resource import DATA

__all__ = ["KINDS", "MADE_UP", "PLACES", "Alphabet", "ScriptChoice", "draw_text", "transcribe"]

MADE_UP = "made-up"
"""Strokes of no alphabet; such a writing's text is the number that its strokes are drawn from."""
LATIN_ALIKE = ("cyrillic", "greek", "armenian")
"""Scripts with letters like Latin ones: as tall as the characters, they could be read as these."""
PLACES = ("left", "right", "above", "below", "between")
WHOLE = "{text}"
"""A word that stands for the registration itself."""


@dataclass(frozen=True, kw_only=True)
class Alphabet:
    """What a script has for plates.

    Attributes:
        digits: its ten digits; the Latin ones where it has no others.
        letters: letters that stand alone.
        words: names and words as plates and signs have them.
        latin: the letter for each Latin one where a rule says so; others are taken by their place.
    """

    digits: str
    letters: str
    words: tuple[str, ...]
    latin: tuple[tuple[str, str], ...]

    @property
    def characters(self) -> frozenset[str]:
        """Everything that its writing may hold."""
        latin = "".join(sign for _, sign in self.latin)
        return frozenset(self.digits + self.letters + latin + "".join(self.words)) - {"|", " "}


def _read_alphabets(path: Path) -> dict[str, Alphabet]:
    """Return the scripts that a file of them describes, by name."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        kind: Alphabet(
            digits=entry.get("digits", "0123456789"),
            letters=entry["letters"],
            words=tuple(entry["words"].split()),
            latin=tuple(entry.get("latin", {}).items()),
        )
        for kind, entry in data.items()
    }


KINDS = _read_alphabets(DATA / "fonts" / "scripts" / "alphabets.toml")
"""The scripts that a region may name, and what they have."""


@dataclass(frozen=True, kw_only=True)
class ScriptChoice:
    """What a series says of a writing; `Script` is one drawn.

    Attributes:
        kind: a key of `KINDS`, `any`, or `made-up`.
        words: texts to choose from; none for the kind's own.
        places: to choose from.
        height: part of the characters' height (beside them), of the room's (above, below).
        stretch: width over the writing's own.
        colour: None for that of the characters.
        probability: that a plate has it at all, 0-1.
    """

    kind: str
    words: tuple[str, ...] = ()
    places: tuple[str, ...] = ("above", "left", "right")
    height: Spread = (0.3, 0.5)
    stretch: Spread = (1.0, 1.0)
    colour: Colour | None = None
    probability: float = 1.0

    def draw(self, uniform: Uniform, groups: Sequence[str] = ()) -> Script | None:
        """Return a writing, or None.

        Args:
            uniform: stream of numbers.
            groups: the registration, cut at its gaps; for the word that stands for it.
        """
        if self.probability < 1 and uniform() >= self.probability:
            return None
        kind = self.kind
        if kind == "any":
            names = (*KINDS, MADE_UP)
            kind = names[int(uniform() * len(names))]
        place = self.places[int(uniform() * len(self.places))]
        height, stretch = between(self.height, uniform), between(self.stretch, uniform)
        if self.kind == "any" and kind in LATIN_ALIKE:
            height = min(height, 0.5)
        colour: Rgb | None = None if self.colour is None else draw_colour(self.colour, uniform)
        return Script(
            kind=kind,
            text=draw_text(uniform, kind, self.words, groups),
            place=place,
            height=min(height, 0.6) if place in ("above", "below") else height,
            stretch=stretch,
            colour=colour,
        )


def draw_text(
    uniform: Uniform, kind: str, words: Sequence[str] = (), groups: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return what is written, usually one text; the registration's word gives one for each group.

    Args:
        uniform: stream of numbers.
        kind: of the script.
        words: to choose from; none for the script's own, or a number or some letters of it.
        groups: the registration, cut at its gaps.
    """
    if kind == MADE_UP:
        return (str(int(uniform() * 2**31)),)
    alphabet = KINDS[kind]
    chosen = words or alphabet.words
    word = chosen[int(uniform() * len(chosen))]
    if not words:
        turn = uniform()
        own_digits = not alphabet.digits.isascii()  # Latin ones would be the registration's
        word = "#" * (2 + int(4 * uniform())) if turn < 0.15 and own_digits else word
        word = "@" * (1 + int(3 * uniform())) if turn > 0.85 else word
    if word == WHOLE:
        return tuple(transcribe(group, kind) for group in groups)
    out = []
    for char in word:
        pool = {"#": alphabet.digits, "@": alphabet.letters}.get(char)
        out.append(pool[int(uniform() * len(pool))] if pool else char)
    return ("".join(out),)


def transcribe(text: str, kind: str) -> str:
    """Return digits and Latin letters in another script's, one for one; letters stand apart.

    >>> transcribe("1239", "persian"), transcribe("RSB", "arabic")
    ('۱۲۳۹', 'ر س ب')
    """
    alphabet = KINDS[kind]
    letters = dict(alphabet.latin)
    out = ""
    for char in text:
        if char.isdecimal() and char.isascii():
            out += alphabet.digits[int(char)]
        elif char.isascii() and char.isalpha():
            apart = " " if out else ""
            own = alphabet.letters
            out += apart + letters.get(char.upper(), own[(ord(char.upper()) - 65) % len(own)])
    return out
