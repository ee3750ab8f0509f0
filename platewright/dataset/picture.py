"""The picture files of labelled data sets: where they are, and how large."""

from __future__ import annotations

import contextlib
import io
import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from PIL import Image

from platewright.errors import DatasetError
from platewright.image import READ_SUFFIXES

__all__ = [
    "PackedPicture",
    "PictureFile",
    "find_file",
    "find_picture",
    "name_key",
    "packed_size",
    "picture_size",
    "size_conflict",
]

# EXIF 2.32, tag 0x0112: these orientations lie on their side.
ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)


@dataclass(frozen=True, kw_only=True)
class PackedPicture:
    """A picture inside of a larger file, such as a tar.

    Attributes:
        name: as it is called there.
        where: the file, for messages.
        read: returns its content.
    """

    name: str
    where: str
    read: Callable[[], bytes]


PictureFile = Path | PackedPicture


def picture_size(path: Path) -> tuple[int, int]:
    """Return the (height, width) of a picture file as it is shown, without decoding it.

    Raises:
        DatasetError: if it is missing or no picture.
    """
    try:
        return _shown_size(path)
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: there is no such picture") from error
    except Exception as error:  # decoders raise nearly anything
        raise DatasetError(f"{path}: no picture that can be read; export it again") from error


def packed_size(data: bytes, name: str) -> tuple[int, int]:
    """Return the (height, width) of a picture file's content; see `picture_size`."""
    try:
        return _shown_size(io.BytesIO(data))
    except Exception as error:
        raise DatasetError(f"{name}: no picture that can be read") from error


def _shown_size(file: Path | io.BytesIO) -> tuple[int, int]:
    with Image.open(file) as picture:
        width, height = picture.size
        sideways = picture.getexif().get(ORIENTATION, 1) in SIDEWAYS
    return (width, height) if sideways else (height, width)


def name_key(name: str) -> str:
    """Return what names of files have in common that mean the same: decoded, and composed.

    Tools percent-encode what they export (Label Studio), and file systems take letters apart.

    >>> name_key("Capture_d%C3%A9cran%201") == name_key("Capture_de\u0301cran 1")
    True
    """
    return unicodedata.normalize("NFC", unquote(name, errors="surrogateescape"))


def find_file(path: Path) -> Path | None:
    """Return a path's file, or the one beside whose name alone means the same; None: there is none.

    A name that is longer than names can be is no file's.
    """
    if os.path.isfile(path):
        return path
    return _only(path.parent, _names(path.parent, path.name))


def find_picture(folder: Path, stem: str) -> Path | None:
    """Return the picture of a folder with a name of whatever ending; None where there is none.

    One whose name alone means the same (see `name_key`) is taken where none has that very name.
    """
    for suffix in READ_SUFFIXES:
        for path in (folder / f"{stem}{suffix}", folder / f"{stem}{suffix.upper()}"):
            if os.path.isfile(path):
                return path
    found = [name for suffix in READ_SUFFIXES for name in _names(folder, f"{stem}{suffix}")]
    return _only(folder, found)


def _only(folder: Path, names: list[str]) -> Path | None:
    return folder / names[0] if len(names) == 1 and os.path.isfile(folder / names[0]) else None


def _names(folder: Path, name: str) -> list[str]:
    """Return the names in a folder that mean the same as another, but for the ending's case."""
    try:
        changed = folder.stat().st_mtime_ns
    except (OSError, ValueError):  # a name with a zero byte is a ValueError
        return []
    return _listing(folder, changed).get(_folded(name), [])


@lru_cache(maxsize=64)
def _listing(folder: Path, changed: int) -> dict[str, list[str]]:
    """Return a folder's names by what they mean, as it was when it was last changed."""
    found: dict[str, list[str]] = {}
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(folder)):
            found.setdefault(_folded(name), []).append(name)
    return found


def _folded(name: str) -> str:
    stem, suffix = os.path.splitext(name_key(name))
    return stem + suffix.lower()


def size_conflict(size: tuple[int, ...], height: str | float, width: str | float) -> str:
    """Return what is wrong with the size that labels tell of a picture; empty: nothing.

    Args:
        size: the picture's own (height, width).
        height: as it is told; empty, 0 or no number where a tool left it out.
        width: likewise.

    >>> size_conflict((100, 200), "50", "100")
    'is 200 x 100, its labels are of 100 x 50'
    >>> size_conflict((100, 200), "100", "200.0"), size_conflict((100, 200), "", "0")
    ('', '')
    """
    try:
        told = (float(height), float(width))  # a number of any length is a float, if an endless one
    except ValueError:
        return ""
    if told == size or not (told[0] > 0 and told[1] > 0):
        return ""
    return f"is {size[1]} x {size[0]}, its labels are of {told[1]:.12g} x {told[0]:.12g}"
