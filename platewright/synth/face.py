"""Faces: fonts as plates use them, with a cached mask for every glyph."""

import contextlib
import fnmatch
import logging
import os
import struct
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from platewright.errors import FontError
from platewright.file import open_file
from platewright.region import Region
from platewright.resource import ADDED_FONTS, DATA, font_folders

FONTS_FOLDER = DATA / "fonts"
LEGENDS = "legends"  #: Folder in it with faces that only legends are set in
CAP_PX = 64  #: Height of a capital H in a cached mask, in pixels

PROBE_PX, MOST_EMS = 200, 8
"""Size at which a font is tried; how large a glyph may be for it, and how small a capital."""
MOST_MAPPED = 1 << 23  #: Characters in all maps of a font together; Unicode has a million
NEEDED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
Mask = NDArray[np.uint8]
logging.getLogger("fontTools").addHandler(logging.NullHandler())  # what it doubts is told by us
BASIC = ImageFont.Layout.BASIC
"""The layout that is the same wherever Pillow runs; Raqm's is there or not, and refuses U+2029."""


@dataclass(frozen=True)
class Glyph:
    """One character's mask, cropped to its ink."""

    mask: Mask  #: (H, W) ink, 0-255, drawn so that a capital is `CAP_PX` high
    left: float  #: ink's left edge from the pen, in mask pixels
    top: float  #: ink's top edge below the cap line, in mask pixels (negative above it)
    advance: float  #: pen's step, in mask pixels

    @property
    def width(self) -> int:
        """Width of the ink in mask pixels."""
        return int(self.mask.shape[1])

    @property
    def height(self) -> int:
        """Height of the ink in mask pixels."""
        return int(self.mask.shape[0])


class Face:
    """A font file whose glyphs are drawn once and kept.

    Args:
        path: a TrueType or OpenType file. What it lacks, or has no ink for, is taken from others.

    Raises:
        FontError: if the file is no font, or has ink for none of A-Z and 0-9.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        self._known = self.characters()
        self._inked: dict[str, bool] = {" ": True}
        with _judged(path):
            self._probe = ImageFont.truetype(str(path), PROBE_PX, layout_engine=BASIC)
            tall = next((char for char in "HEINTLZ" + NEEDED if self.has(char)), None)
            if tall is None:
                raise FontError(f"{path}: has none of A-Z and 0-9; take another face")
            top, bottom = self._probe.getbbox(tall, anchor="ls")[1::2]
            if bottom - top < PROBE_PX / MOST_EMS:
                raise FontError(f"{path}: its {tall} is hardly there; take another face")
            self._font = ImageFont.truetype(
                str(path), PROBE_PX * CAP_PX / (bottom - top), layout_engine=BASIC
            )
        self._glyphs: dict[str, Glyph] = {}
        self._levels: dict[str, list[Mask]] = {}

    def characters(self) -> frozenset[str]:
        """Return the characters that the font's own table maps to glyphs."""
        return characters_of(self.path)

    def has(self, char: str) -> bool:
        """Tell whether the font itself has ink for `char`; else `glyph` takes it from another."""
        if char not in self._inked:
            self._inked[char] = char in self._known and self._draws(char)
        return self._inked[char]

    def _draws(self, char: str) -> bool:
        try:
            x0, y0, x1, y1 = self._probe.getbbox(char)
            sides = x1 - x0, y1 - y0
            return max(sides) <= MOST_EMS * PROBE_PX and bool(self._probe.getmask(char).getbbox())
        except (OSError, ValueError):  # FreeType can't
            return False

    def glyph(self, char: str) -> Glyph:
        """Return the glyph of one character, drawn at the first call.

        Characters that the face lacks (Ž, ·, 京) come from another one that has them.

        Raises:
            FontError: if no face has it.
        """
        found = self._glyphs.get(char)
        if found is None:
            face: Face = self
            if not self.has(char):
                others = stand_ins(char)
                if not others:
                    raise FontError(
                        f"{char!r} (U+{ord(char):04X}): no face has ink for it; add one"
                    )
                face = others[zlib.crc32(self.name.encode()) % len(others)]
            found = self._glyphs[char] = face._draw(char)
        return found

    @cached_property
    def ink_width(self) -> float:
        """Width of an average capital or digit over the height of one."""
        own = [c for c in "ABEHNRSX0258" if self.has(c)] or [c for c in NEEDED if self.has(c)]
        return sum(self.glyph(c).width for c in own) / (len(own) * CAP_PX)

    def written(self, text: str) -> Glyph:
        """Return the ink of a whole text as the font itself sets it, its capitals `CAP_PX` high.

        Args:
            text: of characters that the font has.
        """
        with _judged(self.path):
            advance = float(self._font.getlength(text))
            x0, y0, x1, y1 = (int(v) for v in self._font.getbbox(text, anchor="ls"))
            picture = Image.new("L", (max(x1 - x0, 1) + 2, max(y1 - y0, 1) + 2))
            place = (1 - x0, 1 - y0)
            ImageDraw.Draw(picture).text(place, text, font=self._font, fill=255, anchor="ls")
        mask = np.asarray(picture)
        rows, cols = np.flatnonzero(mask.max(axis=1) > 40), np.flatnonzero(mask.max(axis=0) > 40)
        if not rows.size:
            return Glyph(np.zeros((1, 1), np.uint8), 0.0, 0.0, advance)
        r0, r1, c0, c1 = rows[0], rows[-1] + 1, cols[0], cols[-1] + 1
        ink = np.ascontiguousarray(mask[r0:r1, c0:c1])
        return Glyph(ink, float(x0 - 1 + c0), float(y0 - 1 + r0 + CAP_PX), advance)

    def _draw(self, char: str) -> Glyph:
        drawn = self.written(char)
        ink, left, top, advance = drawn.mask, drawn.left, drawn.top, drawn.advance
        if char.isascii() or not char.isalnum() or char != char.upper() or len(ink) <= CAP_PX:
            return Glyph(ink, left, top, advance)
        # On plates Ö and 京 are as tall as an H: letters are flattened, signs made smaller.
        share = 1.0 if unicodedata.decomposition(char) and char < "\u1000" else CAP_PX / len(ink)
        width = max(round(ink.shape[1] * share), 1)
        ink = np.asarray(cv2.resize(ink, (width, CAP_PX), interpolation=cv2.INTER_AREA), np.uint8)
        return Glyph(ink, left * share, 0.0, advance * share)

    def resized(self, char: str, width: int, height: int) -> Mask:
        """Return a glyph's ink stretched to (height, width) pixels.

        Each glyph is kept at its size, a half, a quarter, ...: from the next larger of these a
        linear resize is as good as an average, and several times as fast.
        """
        levels = self._levels.get(char)
        if levels is None:
            levels = [self.glyph(char).mask]
            while min(levels[-1].shape) >= 4:
                tall, wide = levels[-1].shape
                half = cv2.resize(levels[-1], (wide // 2, tall // 2), interpolation=cv2.INTER_AREA)
                levels.append(np.asarray(half, np.uint8))
            self._levels[char] = levels
        level = 0
        while levels[level].shape[0] > 1.7 * height and level + 1 < len(levels):
            level += 1
        size = (max(width, 1), max(height, 1))
        return np.asarray(cv2.resize(levels[level], size, interpolation=cv2.INTER_LINEAR), np.uint8)


@cache
def characters_of(path: Path) -> frozenset[str]:
    """Return the characters that a font file's own table maps to glyphs.

    Raises:
        FontError: if the file is no font.
    """
    from fontTools.ttLib import TTFont  # slow to import, and seldom needed

    with _judged(path), open_file(path) as stream, TTFont(stream, lazy=True) as font:
        if _count_mapped(font.reader["cmap"]) > MOST_MAPPED:
            raise FontError(f"{path}: maps more characters than there are; take another face")
        return frozenset(chr(code) for code in font.getBestCmap() or {})


@contextlib.contextmanager
def _judged(path: Path) -> Iterator[None]:
    """Turn whatever FreeType and fontTools raise in a `with` block into a `FontError`."""
    try:
        yield
    except (FontError, MemoryError):
        raise
    except Exception as error:  # garbage makes them raise nearly anything
        told = getattr(error, "strerror", None) or str(error) or type(error).__name__
        why = " ".join(told.split())[:200]
        raise FontError(f"{path}: not a font that can be read ({why})") from None


def _count_mapped(table: bytes) -> int:
    """Return how many characters a font's maps name in ranges (OpenType 1.9, table `cmap`)."""
    found = 0
    (count,) = struct.unpack_from(">H", table, 2)
    for place in range(8, 8 + 8 * count, 8):
        (at,) = struct.unpack_from(">I", table, place)
        (kind,) = struct.unpack_from(">H", table, at)
        if kind == 4:
            (twice,) = struct.unpack_from(">H", table, at + 6)
            ends = np.frombuffer(table, ">u2", twice // 2, at + 14)
            starts = np.frombuffer(table, ">u2", twice // 2, at + 16 + twice)
        elif kind in (8, 12, 13):
            at += 12 + 8192 * (kind == 8)
            (groups,) = struct.unpack_from(">I", table, at)
            starts, ends, _ = np.frombuffer(table, ">u4", 3 * groups, at + 4).reshape(-1, 3).T
        else:
            continue
        found += int(np.maximum(ends.astype(np.int64) - starts + 1, 0).sum())
    return found


@cache
def load_face(path: Path) -> Face:
    """Return the face of a font file, opened once."""
    return Face(path)


@cache
def load_faces(folder: Path | None = None) -> dict[str, Path]:
    """Return the font files of a folder by name, sorted.

    Args:
        folder: where they lie; None for the bundled ones and those of `add_fonts`.

    Raises:
        FontError: if the folder holds none.
    """
    found: dict[str, Path] = {}
    for place in (folder,) if folder else font_folders():
        files = sorted([*place.glob("*.ttf"), *place.glob("*.otf")])
        if not files:
            raise FontError(f"{place}: no .ttf or .otf face here")
        found |= {file.stem: file for file in files}
    return found


@cache
def load_legends() -> dict[str, Path]:
    """Return the font files that legends are set in, by name: those of plates, and their own."""
    return load_faces() | load_faces(FONTS_FOLDER / LEGENDS)


@cache
def match_legends(patterns: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the font files of legends whose names match the patterns, as `match_faces` does."""
    return _matching(load_legends(), patterns)


def add_fonts(folder: Path) -> list[str]:
    """Add a folder's faces to those that plates are drawn with, here and in processes to come.

    Returns:
        The names of the faces added.

    Raises:
        FontError: if it holds no face, or one that can't be used; the message names it.
    """
    faces = load_faces(folder.absolute())
    for path in faces.values():
        load_face(path)
    entries = [*map(str, font_folders()[1:]), str(folder.absolute())]
    os.environ[ADDED_FONTS] = os.pathsep.join(dict.fromkeys(entries))
    for kept in (load_faces, load_legends, match_legends, stand_ins, match_faces):
        kept.cache_clear()
    return list(faces)


@cache
def stand_ins(char: str) -> tuple[Face, ...]:
    """Return the faces that have ink for a character, which take turns where a face lacks it.

    Chinese signs that a face of the registration has are taken from the scripts' faces as well.
    """
    paths = load_faces().values()
    faces = [load_face(path) for path in paths if char in characters_of(path)]
    faces = [face for face in faces if face.has(char)]
    if faces and unicodedata.east_asian_width(char) == "W":
        for path in sorted((FONTS_FOLDER / "scripts").glob("*SansCJK*")):
            if char in characters_of(path):
                faces.append(load_face(path))
    if char in NEEDED:  # the first dozens have them all: one of each look is enough
        faces = faces[:8]
    return tuple(faces)


def require_ink(regions: Iterable[Region]) -> None:
    """Refuse regions with characters that no face has ink for.

    Raises:
        FontError: names the region and the characters.
    """
    for region in regions:
        missing = [char for char in region.alphabet if not stand_ins(char)]
        if missing:
            raise FontError(
                f"{region.code}: syntaxes: no face has ink for {' '.join(missing)}; "
                "add one that has (--fonts FOLDER), or leave them out"
            )


@cache
def match_faces(patterns: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the font files whose names match the patterns (`Barlow*`).

    A file stands there once for each pattern that it matches, so what is named twice is picked
    twice as often.

    Raises:
        FontError: if no file matches any of them.
    """
    return _matching(load_faces(), patterns)


def _matching(faces: dict[str, Path], patterns: tuple[str, ...]) -> tuple[Path, ...]:
    found = [
        path
        for pattern in patterns
        for name, path in faces.items()
        if fnmatch.fnmatchcase(name, pattern)
    ]
    if not found:
        raise FontError(f"{FONTS_FOLDER}: no face matches {', '.join(patterns)}")
    return tuple(found)
