"""What a series chooses besides its text: marks, and writing of other scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from platewright.file import read_toml
from platewright.mark import find_marks
from platewright.mark.pen import Rgb
from platewright.region.chance import Spread, Uniform, between
from platewright.region.look import Colour, Mark, Script, draw_colour
from platewright.region.table import Table
from platewright.resource import DATA

PLACES = ("left", "gap", "gap2", "separator", "right", "between", "behind", "above", "below")
"""Where marks stand: `gap2` is the second gap, `between` any place inside the text, `separator` in
place of a hyphen or a dot, in the first gap where there is none."""
_HEIGHTS: dict[str, Spread] = {"behind": (0.9, 1.0), "above": (0.15, 0.3), "below": (0.15, 0.3)}
_HEIGHT: Spread = (0.5, 0.9)


@dataclass(frozen=True, kw_only=True)
class MarkChoice:
    """What a series says of a mark; `Mark` is one drawn."""

    names: tuple[str, ...]  #: marks, families or globs to choose from
    places: tuple[str, ...]  #: of `PLACES`, to choose from
    probability: float  #: that a plate has the mark, 0-1
    #: parts of the characters' height, of the plate's behind them; None: as is usual
    height: Spread | None
    colour: Colour | None  #: None for the mark's own colours
    ink: bool  #: in the characters' colour
    #: of marks that bear one, to choose from; an empty one for the mark's own
    texts: tuple[str, ...]

    def draw(self, uniform: Uniform) -> Mark | None:
        """Return a mark, or None."""
        if self.probability < 1 and uniform() >= self.probability:
            return None
        place = self.places[int(uniform() * len(self.places))]
        return Mark(
            name=choose_mark(self.names, uniform),
            place=place,
            height=between(self.height or _HEIGHTS.get(place, _HEIGHT), uniform),
            colour=None if self.colour is None else draw_colour(self.colour, uniform),
            ink=self.ink,
            text=self.texts[int(uniform() * len(self.texts))],
        )


def choose_mark(patterns: Sequence[str], uniform: Uniform) -> str:
    """Return the name of one mark: a pattern, then a family of it, then one of that family.

    So that a hundred flags are not drawn a hundred times as often as the one palm.
    """
    families = _families(patterns[int(uniform() * len(patterns))])
    family = families[int(uniform() * len(families))]
    return family[int(uniform() * len(family))]


@cache
def _families(pattern: str) -> tuple[tuple[str, ...], ...]:
    """Return the families of a pattern's marks; those of more than two stand there thrice."""
    families: dict[str, list[str]] = {}
    for name in find_marks(pattern):
        families.setdefault(name.partition("-")[0], []).append(name)
    return tuple(tuple(f) for f in families.values() for _ in range(3 if len(f) > 2 else 1))


def read_marks(table: Table) -> tuple[MarkChoice, ...]:
    """Return what the key `marks` of a series says.

    Raises:
        RegionError: if it can't be used.
    """
    if not table.has("marks"):
        return ()
    entries = table.raw("marks")
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise table.error("marks", 'no list of tables; write [{ name = "shield" }]')
    choices = []
    for number, entry in enumerate(entries, 1):
        inner = table.below(entry, f"marks[{number}].")
        names = inner.texts("name", ())
        if not names:
            raise inner.error("name", "missing; add it")
        for name in names:
            try:
                find_marks(name)
            except ValueError as error:
                raise inner.error("name", str(error)) from None
        ink = entry.get("colour") == "ink"
        coloured = inner.has("colour") and not ink
        tall = inner.has("height")
        choices.append(
            MarkChoice(
                names=names,
                places=inner.texts("place", ("gap",), PLACES),
                probability=inner.number("probability", 1.0, high=1.0),
                height=inner.spread("height", None, low=0.05, high=1.5) if tall else None,
                colour=inner.colour("colour") if coloured else None,
                ink=ink,
                texts=inner.texts("text", ("",)),
            )
        )
        inner.close()
    return tuple(choices)


MADE_UP = "made-up"
"""Strokes of no alphabet; such a writing's text is the number that its strokes are drawn from."""
LATIN_ALIKE = ("cyrillic", "greek", "armenian")
"""Scripts with letters like Latin ones: as tall as the characters, they could be read as these."""
SCRIPT_PLACES = ("left", "right", "above", "below", "between")
WHOLE = "{text}"  #: A word that stands for the registration itself


@dataclass(frozen=True, kw_only=True)
class Alphabet:
    """What a script has for plates."""

    digits: str  #: its ten digits; the Latin ones where it has no others
    letters: str  #: letters that stand alone
    words: tuple[str, ...]  #: names and words as plates and signs have them
    #: the letter for each Latin one where a rule says so; others are taken by their place
    latin: tuple[tuple[str, str], ...]

    @property
    def characters(self) -> frozenset[str]:
        """Everything that its writing may hold."""
        latin = "".join(sign for _, sign in self.latin)
        return frozenset(self.digits + self.letters + latin + "".join(self.words)) - {"|", " "}


def _read_alphabets(path: Path) -> dict[str, Alphabet]:
    """Return the scripts that a file of them describes, by name."""
    data = read_toml(path)
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
    """What a series says of a writing; `Script` is one drawn."""

    kind: str  #: a key of `KINDS`, `any`, or `made-up`
    words: tuple[str, ...] = ()  #: texts to choose from; none for the kind's own
    places: tuple[str, ...] = ("above", "left", "right")  #: to choose from
    #: part of the characters' height (beside them), of the room's (above, below)
    height: Spread = (0.3, 0.5)
    stretch: Spread = (1.0, 1.0)  #: width over the writing's own
    colour: Colour | None = None  #: None for that of the characters
    probability: float = 1.0  #: that a plate has it at all, 0-1

    def draw(self, uniform: Uniform, groups: Sequence[str] = ()) -> Script | None:
        """Return a writing, or None.

        Args:
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
