"""Region files: found in the folder `regions/`, read, checked, and picked by weight."""

import os
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from platewright.errors import RegionError
from platewright.file import read_toml
from platewright.region.chance import Weighted
from platewright.region.choice import KINDS, MADE_UP, SCRIPT_PLACES, ScriptChoice, read_marks
from platewright.region.region import Region, Series, StripChoice
from platewright.region.syntax import Syntax, check_characters, read_set
from platewright.region.table import Table
from platewright.resource import DATA, bundled

REGIONS = DATA / "regions"  #: The folder of region files
GENERIC = "ANY"  #: The region of random looks and texts: it is drawn, but is nobody's

CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")
"""What a region may be called: it stands in tables, on terminals and in names of files."""
MOST_SYNTAXES = 1000  #: Of a region; the most that any has is 40

_NEAR = 0.75  # of codes: US_CA and USCA are near US-CA, no two letters are near others
_NEAR_NAME = 0.8  # Holland is not near Poland
_EITHER = (("width_mm", "aspect"), ("glyph_height_mm", "glyph_share"))


@cache
def region_codes() -> tuple[str, ...]:
    """Return the codes of all region files, sorted."""
    return tuple(sorted(path.stem for path in bundled("regions").glob("*.toml")))


def jurisdictions() -> tuple[str, ...]:
    """Return the codes of all regions that somebody's plates are of."""
    return tuple(code for code in region_codes() if code != GENERIC)


def nearest_codes(name: str) -> str:
    """Return which regions may be meant by a code that none has; all of them where none is near.

    Names count, and their initials, before codes that look alike.

    >>> nearest_codes("us_ca"), nearest_codes("UK"), nearest_codes("germany")
    ('did you mean US-CA?', 'did you mean GB?', 'did you mean DE?')
    """
    wanted = " ".join(name.split()).casefold()
    names = {code: load_region(code).name.partition(",")[0].casefold() for code in jurisdictions()}
    initials = {named: "".join(word[0] for word in named.split()) for named in names.values()}
    meant = {named for named in initials if wanted[1:]
             and wanted in (named, initials[named], *named.split())}  # fmt: skip
    meant = meant or {*get_close_matches(wanted, initials, 3, _NEAR_NAME)}
    near = [code for code, named in names.items() if named in meant]
    near = near or get_close_matches(name.upper(), region_codes(), 3, _NEAR)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"known: {', '.join(region_codes())}, or a .toml file"


def load_region(code_or_path: str | os.PathLike[str]) -> Region:
    """Return a region.

    Args:
        code_or_path: a code such as `GB`, or the path of a `.toml` file.

    Raises:
        RegionError: if there is no such region, or its file can't be used.
    """
    name = os.fspath(code_or_path)
    if name.endswith(".toml"):
        return _read(Path(name))
    if name not in region_codes():
        raise RegionError(f"{name}: no such region; {nearest_codes(name)}")
    return _bundled(name)


def draw_region(rng: np.random.Generator, codes: Sequence[str] | None = None) -> Region:
    """Return a region picked by weight.

    Args:
        rng: source of the choice; one number is taken.
        codes: codes or paths to choose from; None for all.

    Raises:
        RegionError: if one can't be used, or their weights are all 0.
    """
    return _mix(None if codes is None else tuple(codes)).pick(rng.random())


@cache
def _bundled(code: str) -> Region:
    return _read(REGIONS / f"{code}.toml")


@cache
def _mix(codes: tuple[str, ...] | None) -> Weighted[Region]:
    regions = [load_region(code) for code in (region_codes() if codes is None else codes)]
    # One region alone is meant, whatever share it has in the mix.
    weights = [region.weight for region in regions] if len(regions) > 1 else [1.0]
    try:
        return Weighted(regions, weights)
    except ValueError:
        named = ", ".join(codes or ()) or str(REGIONS)
        raise RegionError(f"{named}: weight: no region to draw; give one above 0") from None


def _read(path: Path) -> Region:
    data = read_toml(path, RegionError, kind="region file")
    table = Table(data, path)
    try:
        letters = read_set(table.text("letters", "A-Z"))
    except ValueError as error:
        raise table.error("letters", str(error)) from None
    lists = _read_lists(Table(table.table("lists"), path, "lists."))
    defaults = table.table("defaults")
    entries = table.raw("series")
    if (
        not isinstance(entries, list)
        or not entries
        or not all(isinstance(e, dict) for e in entries)
    ):
        raise table.error("series", "not a list of tables; write [[series]] for each kind of plate")
    series: list[Series] = []
    for number, entry in enumerate(entries, 1):
        if sum(len(each.syntaxes) for each in series) > MOST_SYNTAXES:
            raise table.error(
                "series", f"more than {MOST_SYNTAXES} syntaxes in all; keep the usual"
            )
        place = f"series[{entry.get('name', number)}]."  # by its name where it has one
        series.append(_read_series(Table(_merge(defaults, entry), path, place), letters, lists))
    names = [each.name for each in series]
    for name in names:
        if names.count(name) > 1:
            raise table.error(f"series[{name}].name", "used twice; give each series its own")
    if not any(each.weight for each in series):
        raise table.error("series", "every weight is 0; give one above 0")
    code = table.text("code")
    if not CODE.fullmatch(code):
        raise table.error("code", f"{code[:40]!r}: write a few letters such as GB or US-CA")
    region = Region(
        code=code,
        name=table.text("name"),
        source=table.text("source"),
        weight=table.number("weight", 1.0),
        series=tuple(series),
        rule=table.text("rule", ""),
    )
    table.close()
    return region


def _merge(defaults: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a series' keys over the defaults; either of a pair sets the other's default aside."""
    merged = dict(defaults)
    for pair in _EITHER:
        if any(key in entry for key in pair):
            for key in pair:
                merged.pop(key, None)
    return merged | dict(entry)


def _read_lists(table: Table) -> dict[str, tuple[str, ...]]:
    lists = {}
    for name in table.keys:
        value = table.raw(name)
        entries = value.split() if isinstance(value, str) else value
        if not isinstance(entries, list) or not all(isinstance(e, str) for e in entries):
            raise table.error(name, "no list of texts; write one text of words, or a list")
        try:
            for entry in entries or [""]:
                check_characters(entry)
        except ValueError as error:
            raise table.error(name, str(error)) from None
        lists[name] = tuple(entries)
    return lists


def _read_syntaxes(
    table: Table, letters: Sequence[str], lists: Mapping[str, Sequence[str]]
) -> tuple[Syntax, ...]:
    value = table.raw("syntaxes")
    if not isinstance(value, list) or not value:
        raise table.error("syntaxes", 'no list; write one such as ["LL DD LL"]')
    if len(value) > MOST_SYNTAXES:
        raise table.error("syntaxes", f"more than {MOST_SYNTAXES}; keep the usual")
    syntaxes = []
    for number, entry in enumerate(value, 1):
        each = entry if isinstance(entry, dict) else {"pattern": entry}
        inner = table.below(each, f"syntaxes[{number}].")
        pattern, weight = inner.text("pattern"), inner.number("weight", 1.0)
        inner.close()
        try:
            syntaxes.append(Syntax.parse(pattern, weight=weight, letters=letters, lists=lists))
        except ValueError as error:
            raise inner.error("pattern", f"{pattern!r}: {error}") from None
    if not any(syntax.weight for syntax in syntaxes):
        raise table.error("syntaxes", "every weight is 0; give one above 0")
    return tuple(syntaxes)


def _read_strip(table: Table, key: str) -> StripChoice | None:
    if not table.has(key):
        return None
    inner = table.below(table.table(key), f"{key}.")
    sides = inner.texts("side", ("left",), ("left", "right", "top"))
    strip = StripChoice(
        side=sides[0],
        width_mm=inner.spread("width_mm", None, low=1.0, high=500.0),
        colour=inner.colour("colour"),
        labels=inner.texts("label", ("",)),
        label_colour=inner.colour("label_colour", ((255, 255, 255),)),
        emblems=inner.texts("emblem", ("",), ("", "stars", "disc")),
        probability=inner.number("probability", 1.0, high=1.0),
    )
    inner.close()
    return strip


def _read_scripts(table: Table) -> tuple[ScriptChoice, ...]:
    if not table.has("script"):
        return ()
    value = table.raw("script")
    entries = value if isinstance(value, list) else [value]
    if not all(isinstance(entry, dict) for entry in entries):
        raise table.error("script", 'no table; write one such as { kind = "arabic" }')
    scripts = []
    for number, entry in enumerate(entries, 1):
        inner = table.below(entry, f"script[{number}]." if len(entries) > 1 else "script.")
        (kind,) = inner.texts("kind", ("",), ("any", MADE_UP, *KINDS))[:1]
        if not kind:
            raise inner.error("kind", "missing; add it")
        given = inner.texts("words", ())
        if not all(word.strip() for word in given):
            raise inner.error("words", "one is empty; write at least one character")
        scripts.append(
            ScriptChoice(
                kind=kind,
                words=given,
                places=inner.texts("place", ("above", "left", "right"), SCRIPT_PLACES),
                height=inner.spread("height", (0.3, 0.5), low=0.05, high=2.0),
                stretch=inner.spread("stretch", (1.0, 1.0), low=0.2, high=4.0),
                colour=inner.colour("colour") if inner.has("colour") else None,
                probability=inner.number("probability", 1.0, high=1.0),
            )
        )
        if given and kind in ("any", MADE_UP):
            raise inner.error("words", f"kind {kind!r} takes none; name a script, or remove them")
        inner.close()
    return tuple(scripts)


def _read_series(
    table: Table, letters: Sequence[str], lists: Mapping[str, Sequence[str]]
) -> Series:
    for first, second in _EITHER:
        if table.has(first) == table.has(second):
            raise table.error(first, f"give either {first} or {second}")

    def optional(key: str, low: float, high: float) -> tuple[float, float] | None:
        return table.spread(key, None, low=low, high=high) if table.has(key) else None

    has_border_colour = table.has("border_colour")
    series = Series(
        name=table.text("name"),
        weight=table.number("weight", 1.0),
        syntaxes=_read_syntaxes(table, letters, lists),
        height_mm=table.spread("height_mm", None, low=20.0, high=1000.0),
        width_mm=optional("width_mm", 20.0, 2000.0),
        aspect=optional("aspect", 0.5, 10.0),
        background=table.colour("background"),
        foreground=table.colour("foreground"),
        border_colour=table.colour("border_colour") if has_border_colour else None,
        border_probability=table.number("border_probability", 1.0, high=1.0),
        border_mm=table.spread("border_mm", (0.0, 0.0), high=50.0),
        corner_mm=table.spread("corner_mm", (8.0, 8.0), high=100.0),
        strip=_read_strip(table, "strip"),
        second_strip=_read_strip(table, "second_strip"),
        headers=table.texts("header", ("",)),
        header_probability=table.number("header_probability", 1.0, high=1.0),
        footers=table.texts("footer", ("",)),
        footer_probability=table.number("footer_probability", 1.0, high=1.0),
        small_mm=table.spread("small_mm", (12.0, 12.0), low=1.0, high=100.0),
        faces=table.texts("faces", ("*",)),
        glyph_height_mm=optional("glyph_height_mm", 5.0, 1000.0),
        glyph_share=optional("glyph_share", 0.1, 1.0),
        glyph_width_mm=optional("glyph_width_mm", 2.0, 500.0),
        stroke_mm=optional("stroke_mm", 0.5, 100.0),
        spacing_mm=table.spread("spacing_mm", (10.0, 10.0), high=100.0),
        gap_mm=table.spread("gap_mm", (30.0, 30.0), high=300.0),
        embossed=table.spread("embossed", (0.0, 0.0), high=1.0),
        picture=table.number("picture", 0.0, high=1.0),
        emblems=table.texts("emblem", ("",), ("", "disc", "seal", "crest")),
        uneven=table.number("uneven", 0.0, high=1.0),
        raised=table.number("raised", 0.0, high=1.0),
        marks=read_marks(table),
        scripts=_read_scripts(table),
        header_mm=optional("header_mm", 1.0, 100.0),
        header_colour=table.colour("header_colour") if table.has("header_colour") else None,
        header_faces=table.texts("header_faces", ()),
        stickers=table.number("stickers", 0.0, high=1.0),
        frame=table.number("frame", 0.0, high=1.0),
    )
    table.close()
    height = series.height_mm[0]
    raised = series.raised == 1  # what stands as high as two lines is one
    num_lines = 1 if raised else 1 + max(s.pattern.count("|") for s in series.syntaxes)
    if series.glyph_height_mm and series.glyph_height_mm[1] * num_lines > height:
        raise table.error(
            "glyph_height_mm",
            f"{num_lines} x {series.glyph_height_mm[1]:g} mm don't fit a plate of {height:g} mm; "
            "make it smaller",
        )
    return series
