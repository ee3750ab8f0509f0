"""The picture files of labelled data sets: where they are, and how large."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from platewright.errors import DatasetError
from platewright.image import READ_SUFFIXES

__all__ = [
    "PackedPicture",
    "PictureFile",
    "find_picture",
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


def find_picture(folder: Path, stem: str) -> Path | None:
    """Return the picture of a folder with a name of whatever ending; None where there is none."""
    for suffix in READ_SUFFIXES:
        for path in (folder / f"{stem}{suffix}", folder / f"{stem}{suffix.upper()}"):
            if path.is_file():
                return path
    return None


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
