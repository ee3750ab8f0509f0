"""Marks: what stands on a plate and is no character. One file is one family or several."""

import importlib
import pkgutil
import zlib
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from platewright.mark.pen import Draw, Sketch

VARIANTS = 8  #: Drawings that are kept of each mark; a module may have a `VARIANTS` of its own


@cache
def _marks() -> dict[str, tuple[Draw, int]]:
    """Return what draws each mark, and how many drawings are kept of it."""
    found: dict[str, tuple[Draw, int]] = {}
    for module in sorted(pkgutil.iter_modules([str(Path(__file__).parent)]), key=lambda m: m.name):
        holder = importlib.import_module(f"platewright.mark.{module.name}")
        for name, draw in getattr(holder, "MARKS", {}).items():
            if name in found:
                raise ValueError(f"{module.name}.py: mark {name!r} is there already")
            found[name] = (draw, getattr(holder, "VARIANTS", VARIANTS))
    return dict(sorted(found.items()))


def mark_names() -> tuple[str, ...]:
    """Return the names of all marks, sorted."""
    return tuple(_marks())


@cache
def mark_families() -> dict[str, tuple[str, ...]]:
    """Return the marks by family: what stands before a name's first hyphen."""
    families: dict[str, tuple[str, ...]] = {}
    for name in _marks():
        family = name.partition("-")[0]
        families[family] = (*families.get(family, ()), name)
    return families


@cache
def find_marks(pattern: str) -> tuple[str, ...]:
    """Return the marks that a name, a family, a glob or `any` stands for.

    `any` leaves out the sceneries, which only make sense behind the characters.

    Raises:
        ValueError: if there is none; names the nearest ones.

    >>> find_marks("flag-d*")
    ('flag-de', 'flag-dk')
    """
    if pattern == "any":
        return tuple(name for name in _marks() if not name.startswith("scene-"))
    if pattern in _marks():
        return (pattern,)
    if pattern in mark_families():
        return mark_families()[pattern]
    found = tuple(name for name in _marks() if fnmatchcase(name, pattern))
    if not found:
        near = get_close_matches(pattern, {*mark_families(), *_marks()}, 3, 0.5)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "see gen.py --marks"
        raise ValueError(f"no mark {pattern!r}; {hint}")
    return found


def draw_sketch(name: str, variant: int = 0, text: str = "") -> Sketch:
    """Return one of the drawings of a mark; the same arguments give the same one.

    Args:
        name: one of `mark_names()`.
        variant: any number; `VARIANTS` of them differ.
        text: what it is to say, where it bears a text.

    Raises:
        KeyError: if there is no such mark.
    """
    draw, count = _marks()[name]
    return _kept(draw, name, variant % count, text)


@lru_cache(maxsize=8192)
def _kept(draw: Draw, name: str, variant: int, text: str) -> Sketch:
    return draw(np.random.default_rng([variant, zlib.crc32(name.encode())]), text).sketch()
