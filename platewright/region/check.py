"""What is wrong with a region file: everything, a line each, for whoever writes one.

`load_region` stops at the first key it can't read. This goes on where the file can be read but
would draw plates that nobody could: characters that don't fit, colours too alike, missing glyphs.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from io import BytesIO
from itertools import product
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np

from platewright.errors import RegionError
from platewright.file import read_toml
from platewright.region.chance import stream
from platewright.region.load import GENERIC, load_region
from platewright.region.look import Look, luma
from platewright.region.region import Region, Series, StripChoice
from platewright.region.syntax import split_groups
from platewright.resource import font_folders

PLATES = 200  # of each series, looked at for room
NEAR = 50.0  # of 255: plates with less between their colours can hardly be read
SQUEEZE = 0.6  # characters are drawn narrower where they need more room, but not narrower than so
OFTEN = 0.25  # of a series' plates; random faces and sizes may go beyond now and then
SHRINK = 0.85  # nor smaller than so
DRAWN = 500  # texts that are held against the rule
RULE_S = 5  # of the processor that they may take
RULE_WAIT_S = 120.0  # by the clock, which also ends it where no limit of the processor is known
MATCHING = """
import json, re, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]),) * 2)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30,) * 2)
except (ImportError, OSError, ValueError):
    pass  # no such limits here
rule, texts = json.load(sys.stdin)
try:
    fits = re.compile(rule).fullmatch
    print(json.dumps(["", next((text for text in texts if not fits(text)), "")]))
except (re.error, OverflowError, RecursionError) as error:
    print(json.dumps([str(error), ""]))
"""
WRITTEN_AS_IS = f"#@|{ascii_uppercase}"  # in writings of other scripts: what stands for others
LETTERED = {"stack", "sideways"}  # marks as high as their letters together
LOOKALIKES = dict(zip("АВЕЗІКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABE3IKMHOPCTYXABEZHIKMNOPTYX", strict=True))  # noqa: RUF001


def check_region(path: Path) -> list[str]:
    """Return what is wrong with a region file, a line each; nothing where it is fine.

    Returns:
        Lines that begin with the path and name the key. A file that can't be read gives the one
        line that says why.
    """
    if path.suffix != ".toml":
        return [f"{path}: no region file; its name must end in .toml"]
    try:
        region = load_region(path)
        data = read_toml(path, RegionError, kind="region file")
    except RegionError as error:
        return [str(error)]
    found = [*_of_region(region, data, path.stem)]
    for series in region.series:
        place = f"series[{series.name}]."
        found += [place + line for line in _of_series(series)]
    return [f"{path}: {line}" for line in dict.fromkeys(found)]


def _of_region(region: Region, data: dict[str, Any], stem: str) -> Iterator[str]:
    """Yield what is wrong with the file as a whole."""
    if region.code != stem:
        yield f"code: {region.code!r} is not the file's name; call the file {region.code}.toml"
    if len(region.source) < 10:
        yield f"source: {region.source!r} names no law, standard or article; cite it"
    if region.rule:
        texts = {region.draw(np.random.default_rng(k)).text for k in range(DRAWN)}
        yield from _of_rule(region.rule, sorted(texts))
    if region.weight == 0:
        yield "weight: 0: the default mix never draws it; give it some"
    elif region.weight > (most := load_region(GENERIC).weight):
        yield f"weight: {region.weight:g} is more than that of ANY ({most:g}); make it smaller"
    patterns = [s.pattern for series in region.series for s in series.syntaxes]
    for name in data.get("lists", {}):
        if not any(f"{{{name}}}" in pattern for pattern in patterns):
            yield f"lists.{name}: no syntax uses it; write {{{name}}} in one, or remove it"
    if "letters" in data and not any(set("LA") & set(_bare(pattern)) for pattern in patterns):
        yield "letters: no syntax has an L or A that would draw them; remove it"
    latin = any(char.isascii() and char.isalpha() for char in region.alphabet)
    for char in region.alphabet:
        if latin and char in LOOKALIKES:
            yield (
                f"syntaxes: {char!r} (U+{ord(char):04X}) looks like {LOOKALIKES[char]!r}; "
                "write the Latin one, or all letters in that script"
            )
    missing = _missing(region.alphabet, _faces(("*",)))
    if missing:
        yield f"syntaxes: no face has ink for {' '.join(missing)}; add one that has (--fonts)"


def _of_rule(rule: str, texts: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with a rule; some would be at it for ever, so a process of its own looks.

    Its own limits end it even where nobody is there any more to do so.
    """
    command = [sys.executable, "-I", "-W", "ignore", "-c", MATCHING, str(RULE_S)]
    try:
        done = subprocess.run(
            command, input=json.dumps([rule, texts]), capture_output=True, check=True, text=True,
            timeout=RULE_WAIT_S,
        )  # fmt: skip
        fault, wrong = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        yield f"rule: {DRAWN} texts take more than {RULE_S} s or a GiB; let it repeat no repeats"
        return
    if fault:
        yield f"rule: {rule[:80]!r} is no regular expression: {fault}"
    elif wrong:
        yield f"rule: {wrong!r} is drawn and does not fit; mend the syntaxes, or the rule"


def _bare(pattern: str) -> str:
    """Return a pattern without its sets, quoted texts and names of lists."""
    out, closing = "", ""
    for char in pattern:
        if closing:
            closing = "" if char == closing else closing
        elif char in "['{":
            closing = {"[": "]", "'": "'", "{": "}"}[char]
        else:
            out += char
    return out


def _of_series(series: Series) -> Iterator[str]:
    """Yield what is wrong with one kind of plate."""
    if series.weight == 0:
        yield "weight: 0: it is never drawn; give it some, or remove it"
    for syntax in series.syntaxes:
        if syntax.weight == 0:
            yield f"syntaxes: {syntax.pattern!r} has weight 0 and is never drawn; remove it"
    for pattern in series.faces:
        if not _faces((pattern,)):
            yield f"faces: {pattern!r} matches no file in fonts/; see its README"
    for pattern in series.header_faces:
        if not _legends((pattern,)):
            yield f"header_faces: {pattern!r} matches no file in fonts/ or fonts/legends/"
    pairs = list(product(series.background, series.foreground))
    for back, fore in pairs:
        if isinstance(back, str) or isinstance(fore, str):
            continue  # random ones are drawn until they differ
        if abs(luma(back) - luma(fore)) < NEAR:
            yield f"foreground: {_hex(fore)} is too near the background {_hex(back)}; part them"
    texts = [*series.headers, *series.footers]
    for strip in (series.strip, series.second_strip):
        texts += strip.labels if isinstance(strip, StripChoice) else ()
    missing = _missing("".join(texts), _faces(("*",)))
    if missing:
        yield f"header, footer, label: no face in fonts/ has {' '.join(missing)}"
    for choice in series.scripts:
        words = set("".join(choice.words).replace("{text}", ""))
        if missing := _missing(words - set(WRITTEN_AS_IS), _scripts()):
            yield f"script: no face in fonts/scripts/ has {' '.join(missing)}; write other words"
    for mark in series.marks:
        if missing := _missing("".join(mark.texts), _lettered()):
            yield f"marks: text: no face in fonts/ has {' '.join(missing)}; write another one"
        if lone := [text for text in mark.texts if len(text) == 1 and LETTERED & {*mark.names}]:
            yield f"marks: text: {lone[0]!r} alone is as large as the text: move it to syntaxes"
    if _faces(series.faces):
        yield from _of_room(series)


def _of_room(series: Series) -> Iterator[str]:
    """Draw some plates and yield where their characters find no room."""
    uniform = stream(np.random.default_rng(0))
    looks = [series.draw(uniform, "") for _ in range(PLATES)]
    small: list[tuple[float, Look, float, float]] = []
    narrow: list[tuple[float, Look, float, float]] = []
    for look in looks:
        width, height = _room(look)
        lines = 1 if look.raised else len(look.lines)
        if min(width, height) <= 0:
            yield "width_mm: bands, border and small texts leave no room; make them smaller"
            return
        need = look.glyph_height_mm * (lines + 0.12 * (lines - 1))
        if height < SHRINK * need:
            small.append((height / need, look, need, height))
        need = max(_length(look, line) for line in look.lines)
        if look.raised:  # beside two lines of half the size
            need = _length(look, look.lines[0]) / 2 + _length(look, split_groups(look.lines[1])[-1])
        if width < SQUEEZE * need:
            narrow.append((width / need, look, need, width))
    if small:
        _, look, need, there = min(small, key=lambda entry: entry[0])
        yield (
            f"glyph_height_mm: {len(look.lines)} x {look.glyph_height_mm:.0f} mm need {need:.0f} mm"
            f" and have {there:.0f} mm beside border, bands and small texts; make them smaller"
        )
    if len(narrow) > OFTEN * PLATES:
        _, look, need, there = min(narrow, key=lambda entry: entry[0])
        yield (
            f"width_mm: {look.display!r} needs {need:.0f} mm at that glyph height and has "
            f"{there:.0f} mm ({len(narrow)} of {PLATES} plates are squeezed below {SQUEEZE:g}); "
            "widen the plate, or lessen glyph_width_mm, spacing_mm or gap_mm"
        )


def _room(look: Look) -> tuple[float, float]:
    """Return (width, height) in mm of what is left to the characters."""
    height, width = (side - 2 * look.border_mm for side in look.size_mm)
    for strip in (look.strip, look.second_strip):
        if strip is not None:
            width -= 0 if strip.side == "top" else strip.width_mm
            height -= strip.width_mm if strip.side == "top" else 0
    height -= 1.35 * sum(look.margins_mm)
    return width * 0.96, height * 0.96


def _length(look: Look, line: str) -> float:
    """Return the length of a line in mm, set in a middling one of its faces."""
    groups = line.count(" ")
    inks = len(line) - groups
    wide = look.glyph_width_mm or look.glyph_height_mm * _proportion(look.faces)
    return inks * wide + (inks - 1) * look.spacing_mm + groups * look.gap_mm


def _hex(colour: Sequence[int]) -> str:
    return "#" + "".join(f"{value:02x}" for value in colour)


def _faces(patterns: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the font files that match a glob, as the drawing picks them."""
    return tuple(file for folder in font_folders() for file in _matching(folder, patterns))


@cache
def _matching(folder: Path, patterns: tuple[str, ...]) -> tuple[Path, ...]:
    return tuple(f for f in _files(folder) if any(fnmatchcase(f.stem, p) for p in patterns))


@cache
def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.[to]tf"))


def _legends(patterns: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the font files that a header may be set in and that match a glob."""
    return (*_faces(patterns), *_matching(font_folders()[0] / "legends", patterns))


def _missing(characters: Iterable[str], faces: Iterable[Path]) -> list[str]:
    """Return, sorted, the characters that none of the `faces` has ink for."""
    left = set(characters) - {" "}
    for path in faces:
        if not left:
            break
        left = {char for char in left if _box(path, char) is None}
    return sorted(left)


def _lettered() -> tuple[Path, ...]:
    """Return the faces that marks are lettered in: the bundled ones."""
    return _matching(font_folders()[0], ("*",))


def _scripts() -> tuple[Path, ...]:
    """Return the faces of other scripts."""
    return _matching(font_folders()[0] / "scripts", ("*",))


@cache
def _box(path: Path, char: str) -> tuple[float, float, float, float] | None:
    """Return the (left, bottom, right, top) of a character's ink; None where there is none."""
    from fontTools.pens.boundsPen import ControlBoundsPen
    from fontTools.ttLib import TTLibError

    try:
        glyphs, names = _glyphs(path)
        if ord(char) not in names:
            return None
        pen = ControlBoundsPen(glyphs)
        glyphs[names[ord(char)]].draw(pen)
    except (TTLibError, OSError) as error:
        raise RegionError(f"{path}: not a font that fontTools reads ({error})") from None
    return pen.bounds if pen.bounds is not None and pen.bounds[2] > pen.bounds[0] else None


@cache
def _glyphs(path: Path) -> tuple[Any, dict[int, str]]:
    """Return the outlines of a face by their names, and the names by code point."""
    from fontTools.ttLib import TTFont

    font = TTFont(BytesIO(path.read_bytes()), lazy=True)
    return font.getGlyphSet(), font.getBestCmap() or {}


@cache
def _proportion(patterns: tuple[str, ...]) -> float:
    """Return the median over the faces of a digit's or capital's width over its height."""
    found = []
    for path in _faces(patterns):
        boxes = [box for char in "HN058" if (box := _box(path, char))]
        if boxes:
            tall = max(box[3] - box[1] for box in boxes)
            found.append(sum(box[2] - box[0] for box in boxes) / len(boxes) / tall)
    return float(np.median(found)) if found else 0.6
