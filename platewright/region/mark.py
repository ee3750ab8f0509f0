"""Marks of a series: what stands beside, between or behind its characters and is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from platewright.mark import find_marks
from platewright.region.chance import Spread, Uniform, between
from platewright.region.colour import Colour, draw_colour
from platewright.region.look import Mark
from platewright.region.table import Table

__all__ = ["PLACES", "MarkChoice", "choose_mark", "read_marks"]

PLACES = ("left", "gap", "gap2", "separator", "right", "between", "behind", "above", "below")
"""Where marks stand: `gap2` is the second gap, `between` any place inside the text, `separator` in
place of a hyphen or a dot, in the first gap where there is none."""
_HEIGHTS: dict[str, Spread] = {"behind": (0.9, 1.0), "above": (0.15, 0.3), "below": (0.15, 0.3)}
_HEIGHT: Spread = (0.5, 0.9)


@dataclass(frozen=True, kw_only=True)
class MarkChoice:
    """What a series says of a mark; `Mark` is one drawn.

    Attributes:
        names: marks, families or globs to choose from.
        places: of `PLACES`, to choose from.
        probability: that a plate has the mark, 0-1.
        height: parts of the characters' height, of the plate's behind them; None: as is usual.
        colour: None for the mark's own colours.
        ink: in the characters' colour.
        texts: of marks that bear one, to choose from; an empty one for the mark's own.
    """

    names: tuple[str, ...]
    places: tuple[str, ...]
    probability: float
    height: Spread | None
    colour: Colour | None
    ink: bool
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
