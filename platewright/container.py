"""Files of pictures: told by what they hold, judged by their parts, opened; nothing is decoded."""

from __future__ import annotations

import contextlib
import importlib
import io
from functools import lru_cache
from typing import BinaryIO

# Imported by name: the formats read here are these alone, and no other plugin is looked for.
from PIL import (
    AvifImagePlugin,  # noqa: F401
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from platewright.errors import ImageError
from platewright.jpeg import MAX_BYTES as MAX_JPEG_BYTES
from platewright.jpeg import check_header

MAX_BYTES = 1 << 30
"""Of a picture's file; one of 100 megapixels and 16 bits has 800 MB without any packing."""
FREE_PARTS, PART_BYTES = 10_000, 1 << 10
"""Chunks of a PNG that may be small, and the mean size of more; encoders write 8 KB and more."""
FREE_TILE_PIXELS, TILE_PICTURES = 1 << 24, 4
"""The largest tile of a TIFF: pixels, or pictures of its own size; one is unpacked at a time."""
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"

# A JPEG of several pictures (MPO) is opened as a JPEG.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
AVIF_BRANDS = {b"avif", b"avis"}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
"""Of HEVC in a HEIF file (ISO/IEC 23008-12, annex B)."""
BOX_BRANDS = {b"mif1", b"msf1"}
"""Of HEIF files with any codec, which the brands after it tell."""
START_BYTES = 64
"""Of a file: they tell what it holds."""
HEIC_PLUGINS = ("pillow_heif", "pi_heif")
"""Either makes Pillow read HEIC; the second does no more than that."""
TILE_WIDTH_TAG, TILE_HEIGHT_TAG = 0x0142, 0x0143


def open_picture(stream: BinaryIO, name: str) -> Image.Image:
    """Open a picture whose head says all that is wanted, such as its size; nothing is decoded.

    Args:
        stream: the file, seekable.
        name: what an error calls it.

    Raises:
        ImageError: if it is none, or opening it would take far longer than that of a photo does.
        Exception: what decoders raise where it is damaged.
    """
    start = stream.read(START_BYTES)
    stream.seek(0)
    if not start:
        raise ImageError(f"{name}: the file is empty; copy or export it again")
    formats = pillow_formats(start)
    if not formats:
        raise ImageError(f"{name}: HEIC, which needs pip install pillow-heif; or export it as JPEG")
    try:
        _check_parts(stream, start, name)
        picture = Image.open(stream, formats=formats)
    except UnidentifiedImageError as error:
        boxed = {"AVIF": "AVIF", "HEIF": "HEIC"}.get(formats[0])
        if boxed:
            told = f"{boxed} that is cut off, or that this Pillow can't read"
            raise ImageError(f"{name}: {told}; export it as JPEG") from error
        raise ImageError(
            f"{name}: no picture that can be read; give a JPEG, PNG, BMP, GIF, WebP or TIFF"
        ) from error
    tile = picture.tag_v2 if isinstance(picture, TiffImagePlugin.TiffImageFile) else {}
    sides = tile.get(TILE_WIDTH_TAG), tile.get(TILE_HEIGHT_TAG)
    if isinstance(sides[0], int) and isinstance(sides[1], int):
        most = max(FREE_TILE_PIXELS, TILE_PICTURES * picture.width * picture.height)
        if sides[0] * sides[1] > most:
            raise ImageError(f"{name}: tiles of {sides[0]} x {sides[1]} pixels; export it again")
    return picture


def _check_parts(stream: BinaryIO, start: bytes, name: str) -> None:
    """Raise `ImageError` where what stands before the pixels would take long to go through."""
    length = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    most = MAX_JPEG_BYTES if start.startswith(JPEG) else MAX_BYTES
    if length > most:
        raise ImageError(f"{name}: more than {most >> 20} MiB; make it smaller first")
    if start.startswith(JPEG):
        check_header(stream.read(), name)
    elif start.startswith(PNG):
        at, count, most = len(PNG), 0, FREE_PARTS + length // PART_BYTES
        while at < length and count <= most:
            stream.seek(at)
            at += int.from_bytes(stream.read(4)) + 12  # its length, its name, itself, a check sum
            count += 1
        if count > most:
            raise ImageError(f"{name}: a PNG of more than {most} parts; export it again")
    stream.seek(0)


def boxed_kind(start: bytes) -> str:
    r"""Return which picture in boxes begins so: `AVIF`, `HEIF`, which is HEIC, or none, empty.

    Args:
        start: the file's first `START_BYTES`.

    >>> boxed_kind(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif"), boxed_kind(b"\xff\xd8")
    ('AVIF', '')
    """
    if start[4:8] != b"ftyp":
        return ""
    # Brand, version, and the other brands that it agrees with (ISO/IEC 14496-12, 4.3).
    end = min(int.from_bytes(start[:4]), len(start))
    brands = [start[8:12], *(start[at : at + 4] for at in range(16, end - 3, 4))]
    if brands[0] in BOX_BRANDS and AVIF_BRANDS.intersection(brands):
        return "AVIF"
    if brands[0] in HEIC_BRANDS | BOX_BRANDS:
        return "HEIF"
    return "AVIF" if brands[0] in AVIF_BRANDS else ""


def pillow_formats(start: bytes) -> tuple[str, ...]:
    """Return as what Pillow may open a file; none where that takes a package that is missing.

    Args:
        start: the file's first `START_BYTES`.
    """
    kind = boxed_kind(start)
    if kind == "HEIF" and not _can_heic():
        return ()
    return (kind,) if kind else FORMATS


@lru_cache(1)
def _can_heic() -> bool:
    """Make Pillow read HEIC, and tell whether it can."""
    for name in HEIC_PLUGINS:
        with contextlib.suppress(ImportError):
            importlib.import_module(name).register_heif_opener()
            return True
    return False
