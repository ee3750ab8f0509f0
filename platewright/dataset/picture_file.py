"""Picture files of labelled data sets: what they are called, how large, cut out, and packed."""

import contextlib
import io
import os
import re
import struct
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.container import open_picture, orientation_of
from platewright.errors import DatasetError
from platewright.file import open_file
from platewright.geometry import (
    Box,
    FloatArray,
    Picture,
    clip_box,
    homography,
    size_of,
    to_pixel_centres,
)
from platewright.image import READ_SUFFIXES, muted

# EXIF 2.32, tag 0x0112: these orientations lie on their side.
SIDEWAYS = (5, 6, 7, 8)


@dataclass(frozen=True, kw_only=True)
class PackedPicture:
    """A picture inside of a larger file, such as a tar."""

    name: str  #: as it is called there
    where: str  #: the file, for messages
    read: Callable[[], bytes]  #: returns its content


PictureFile = Path | PackedPicture


def picture_size(path: Path) -> tuple[int, int]:
    """Return the (height, width) of a picture file as it is shown, without decoding it.

    Raises:
        DatasetError: if it is missing or no picture.
    """
    try:
        with open_file(path) as stream:
            return _shown_size(stream, str(path))
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: there is no such picture") from error
    except Exception as error:  # decoders raise nearly anything
        raise DatasetError(f"{path}: no picture that can be read; export it again") from error


def packed_size(data: bytes, name: str) -> tuple[int, int]:
    """Return the (height, width) of a picture file's content; see `picture_size`."""
    try:
        return _shown_size(io.BytesIO(data), name)
    except Exception as error:
        raise DatasetError(f"{name}: no picture that can be read") from error


def _shown_size(stream: BinaryIO, name: str) -> tuple[int, int]:
    with muted(), open_picture(stream, name) as picture:  # which has doubts about metadata
        width, height = picture.size
        # Pillow turns a TIFF by itself, and tells its size as if it had.
        sideways = picture.format != "TIFF" and orientation_of(picture) in SIDEWAYS
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


LONGEST_PATH = 4096  #: Characters; Linux opens no longer one (PATH_MAX)
MOST_PARTS = 20  #: Of a path, that are looked for here where the whole leads nowhere


def tails_of(path: str) -> list[list[str]]:
    r"""Return the last parts of any machine's path, the most first, as they may lie in a folder.

    >>> tails_of("C:\\data\\..\\images/a.jpg")
    [['data', 'images', 'a.jpg'], ['images', 'a.jpg'], ['a.jpg']]
    """
    named = [part for part in re.split(r"[\\/]", path) if part not in ("", ".", "..")]
    parts = [part for part in named if not part.endswith(":")][-MOST_PARTS:]
    return [parts[first:] for first in range(len(parts))]


LONGEST_NAME = 120
"""Bytes; with the mark of where it came from before it, all file systems hold that (255)."""


def lies_in(place: Path, folder: str) -> bool:
    """Tell whether a path leads to what lies in a folder, whatever links there lead to."""
    return os.path.commonpath([os.path.abspath(place), folder]) == folder


def url_name(url: str) -> str:
    """Return a URL's file name as a folder can hold it.

    >>> url_name("http://a.b/c/d%20e.jpg?x=1"), url_name("http://a.b")
    ('d e.jpg', 'a.b')
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise DatasetError(f"no URL: {error}") from None
    name = unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc
    plain = re.sub(r'[\x00-\x1f/\\:*?"<>|]', "_", name).encode("utf-8", "replace").decode()
    return plain.lstrip(".") or "picture"


def short_name(name: str) -> str:
    """Return a file name's end that every file system holds."""
    return name.encode()[-LONGEST_NAME:].decode("utf-8", "ignore").lstrip(".") or "picture"


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


MIN_CROP = (8, 24)  #: Least (height, width) of a crop, pixels; on a smaller one nobody reads a text


def cut_box(image: Picture, box: Box) -> Picture | None:
    """Return the pixels that an upright box touches, as a detector's crop has them.

    Args:
        image: (H, W) or (H, W, 3).
        box: in its pixels; what reaches over the edge is cut off.

    Returns:
        A view of the picture; None where it is smaller than `MIN_CROP`.
    """
    x0, y0, x1, y1 = clip_box(box, size_of(image))
    crop = image[int(np.floor(y0)) : int(np.ceil(y1)), int(np.floor(x0)) : int(np.ceil(x1))]
    return crop if _large_enough(crop.shape[0], crop.shape[1]) else None


def straighten(image: Picture, quad: FloatArray) -> Picture | None:
    """Return a plate as if seen straight on, in about the resolution that the picture has of it.

    Each side becomes as long as the longer one of its pair, as PaddleOCR does with what its
    detector found. What lies outside the picture repeats its edge.

    Args:
        image: (H, W) or (H, W, 3).
        quad: (4, 2) the plate's corners, in its pixels.

    Returns:
        (h, w) or (h, w, 3); None where it is smaller than `MIN_CROP` or the quad is degenerate.
    """
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    width, height = round(max(sides[0], sides[2])), round(max(sides[1], sides[3]))
    if not _large_enough(height, width):
        return None
    try:
        matrix = homography(quad, [[0, 0], [width, 0], [width, height], [0, height]])
    except ValueError:
        return None
    warped = cv2.warpPerspective(
        image,
        to_pixel_centres(matrix),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(warped, np.uint8)


def _large_enough(height: int, width: int) -> bool:
    return height >= MIN_CROP[0] and width >= MIN_CROP[1]


SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = struct.Struct(">IIBBBBB")
"""Width, height, bits, kind of colour, and three zeros (PNG, third edition, 11.2.1)."""
GREY, COLOUR = 0, 2
UP = 2  #: The filter that takes each byte from the one above it (PNG, 9.2)


@cache
def _packing() -> Callable[[Any], bytes]:
    """Return what packs bytes by deflate.

    ISA-L packs a scene in a quarter of the time that zlib takes, and smaller; runs alone are the
    quickest that zlib has. Drawings are noisy: to pack them harder takes three times the time and
    saves a hundredth.
    """
    try:
        from isal import isal_zlib
    except ImportError:

        def pack(data: Any) -> bytes:
            stream = zlib.compressobj(1, strategy=zlib.Z_RLE)
            return stream.compress(data) + stream.flush()

        return pack
    return lambda data: isal_zlib.compress(data, 1)


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Return a grey (H, W) or RGB (H, W, 3) picture as PNG."""
    height, width = image.shape[:2]
    flat = image.reshape(height, -1)
    rows = np.empty((height, 1 + flat.shape[1]), np.uint8)
    rows[:, 0] = UP
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
    kind = GREY if image.ndim == 2 else COLOUR
    header = HEADER.pack(width, height, 8, kind, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", _packing()(rows)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(data, zlib.crc32(name))
    return b"".join((struct.pack(">I", len(data)), name, data, struct.pack(">I", check)))
