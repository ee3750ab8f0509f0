"""Files of pictures: told by what they hold, judged by their parts, opened; nothing is decoded."""

import contextlib
import ctypes
import importlib
import io
import logging
import re
import struct
from collections.abc import Iterator
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
    _imaging,
)

from platewright.errors import ImageError
from platewright.heif import pixels_of

MAX_BYTES = 1 << 30
"""Of a picture's file; one of 100 megapixels and 16 bits has 800 MB without any packing."""
FREE_PARTS, PART_BYTES = 10_000, 1 << 10
"""Chunks of a PNG that may be small, and the mean size of more; encoders write 8 KB and more. In
front of a GIF's picture, blocks."""
MAX_TAGS, MAX_VALUES = 4096, 1 << 17
"""Of a TIFF's first directory, and numbers of a tag in it: one for each strip, as a rule."""
MAX_RUNS = 1 << 23
"""Bytes, and pixels, of a BMP that is packed by run length, which is unpacked in Python."""
FREE_TILE_PIXELS, TILE_PICTURES = 1 << 24, 4
"""The largest tile of a TIFF, which is unpacked at a time, and all that a picture in boxes is made
of: pixels, or pictures of its own size."""
PNG, JPEG, GIF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"GIF8"
TIFF = {b"II*\0": "<HHI", b"MM\0*": ">HHI", b"II+\0": "<HHQ", b"MM\0+": ">HHQ"}
"""How they begin, BigTIFF too, and what an entry of their directory is: tag, type and count."""

# A JPEG of several pictures (MPO) is opened as a JPEG.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
AVIF_BRANDS = {b"avif", b"avis"}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
"""Of HEVC in a HEIF file (ISO/IEC 23008-12, annex B)."""
BOX_BRANDS = {b"mif1", b"msf1"}  #: Of HEIF files with any codec, which the brands after it tell
START_BYTES = 64  #: Of a file: they tell what it holds
HEIC_PLUGINS = ("pillow_heif", "pi_heif")
"""Either makes Pillow read HEIC; the second does no more than that."""
TILE_WIDTH_TAG, TILE_HEIGHT_TAG, ORIENTATION_TAG = 0x0142, 0x0143, 0x0112

# What a damaged TIFF makes libtiff and Pillow remark is told as an error of ours.
logging.getLogger("PIL").addHandler(logging.NullHandler())
with contextlib.suppress(AttributeError, OSError):  # another build, in which it has no name
    ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)


def open_picture(stream: BinaryIO, name: str) -> Image.Image:
    """Open a picture whose head says all that is wanted, such as its size; nothing is decoded.

    Args:
        stream: the file, seekable; it begins at 0, wherever it stands.

    Raises:
        ImageError: if it is none, or opening it would take far longer than that of a photo does.
        Exception: what decoders raise where it is damaged.
    """
    stream.seek(0)
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
    packed = any(part[0] == "bmp_rle" for part in getattr(picture, "tile", ()))
    if packed and max(picture.width * picture.height, stream.seek(0, io.SEEK_END)) > MAX_RUNS:
        told = f"a BMP packed by run length of more than {MAX_RUNS >> 20} MiB or megapixels"
        raise ImageError(f"{name}: {told}; export it again")
    return picture


def orientation_of(picture: Image.Image) -> object:
    """Return how a camera noted that a picture lies (EXIF), 1-8 as a rule; 1: upright."""
    whole = len(picture.info.get("exif") or b"") <= MAX_EXIF_BYTES
    return picture.getexif().get(ORIENTATION_TAG, 1) if whole else 1


def _check_parts(stream: BinaryIO, start: bytes, name: str) -> None:
    """Raise `ImageError` where what stands before the pixels would take long to go through."""
    length = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    most = MAX_JPEG_BYTES if start.startswith(JPEG) else MAX_BYTES
    if length > most:
        raise ImageError(f"{name}: more than {most >> 20} MiB; make it smaller first")
    if start.startswith(JPEG):
        check_header(stream.read(), name)
    elif start.startswith((PNG, GIF)):
        most = FREE_PARTS + length // PART_BYTES
        ends = _chunk_ends if start.startswith(PNG) else _block_ends
        for count, at in enumerate(ends(stream)):
            if count > most:
                kind = "PNG" if start.startswith(PNG) else "GIF"
                raise ImageError(f"{name}: a {kind} of more than {most} parts; export it again")
            if at >= length:
                break
    elif start[:4] in TIFF:
        _check_tags(stream, name)
    elif boxed_kind(start):
        pixels, unpacked = pixels_of(stream)
        if unpacked > max(FREE_TILE_PIXELS, TILE_PICTURES * pixels):
            told = "parts that are far larger than the picture, or without end"
            raise ImageError(f"{name}: {told}; export it as JPEG")
    stream.seek(0)


def _chunk_ends(stream: BinaryIO) -> Iterator[int]:
    """Yield where each chunk of a PNG ends."""
    at = len(PNG)
    while True:
        stream.seek(at)
        at += int.from_bytes(stream.read(4)) + 12  # its length, its name, itself, a check sum
        yield at


def _block_ends(stream: BinaryIO) -> Iterator[int]:
    """Yield where each block in front of a GIF's first picture ends (GIF89a, section 23 on)."""
    stream.seek(10)
    flags = int.from_bytes(stream.read(1))
    at = stream.seek(13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0))
    while (kind := stream.read(1)) not in (b",", b";"):
        at += 1
        if kind == b"!":
            stream.read(1)
            at += 1
            while size := int.from_bytes(stream.read(1)):
                at = stream.seek(at + 1 + size)
                yield at
            at += 1
        yield at


def _check_tags(stream: BinaryIO, name: str) -> None:
    """Raise `ImageError` where a TIFF's first directory holds more than that of any picture."""
    stream.seek(0)
    entry = TIFF[stream.read(4)]
    wide = entry.endswith("Q")  # BigTIFF
    with contextlib.suppress(struct.error, OverflowError):  # cut off, which Pillow tells of
        stream.seek(8 if wide else 4)
        stream.seek(*struct.unpack(entry[0] + entry[-1], stream.read(8 if wide else 4)))
        (count,) = struct.unpack(entry[0] + "HQ"[wide], stream.read(8 if wide else 2))
        for _ in range(min(count, MAX_TAGS)):
            _, kind, values = struct.unpack(entry, stream.read(struct.calcsize(entry)))
            stream.read(8 if wide else 4)
            # Bytes and letters are taken as they are.
            if values > MAX_VALUES and kind not in (1, 2, 7):
                count = MAX_TAGS + 1
        if count > MAX_TAGS:
            raise ImageError(f"{name}: a TIFF of too many strips, tiles or tags; export it again")


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


MAX_SCANS = 100  #: Scans of a JPEG; cameras and encoders write one to twelve
SCAN_PICTURES = 16  #: Scans of the largest photo: each goes over all of its pixels again

MAX_JPEG_BYTES = (
    256 << 20
)  #: Of a file; a JPEG of 100 megapixels at the best quality has some 100 MB
MAX_SEGMENTS = 5000
"""In front of a JPEG's first scan; the longest metadata fill some hundred of 64 KB each."""
MAX_EXIF_BYTES = 1 << 20  #: Of EXIF metadata, which fill one segment of 64 KB as a rule
MAX_FILL = 1 << 16  #: Bytes between them that belong to none

# What may follow the bytes of a scan: neither 0, which stands for 0xFF itself, nor a restart.
NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)


def check_header(data: bytes, name: str) -> None:
    """Raise `ImageError` where a JPEG's header has more parts than any camera's or encoder's."""
    segments, fill, exif, at = 0, 0, 0, 2
    while (marker := NEXT_MARKER.search(data, at)) is not None:
        fill, at, kind = fill + marker.start() - at, marker.end(), marker[0][1]
        segments += 1
        length = max(int.from_bytes(data[at : at + 2]), 2)
        if kind == 0xE1 and data.startswith(b"Exif", at + 2):
            exif += length
        if segments > MAX_SEGMENTS or fill > MAX_FILL or exif > MAX_EXIF_BYTES:
            raise ImageError(f"{name}: a JPEG whose header has no end; export it again")
        if kind in (0xDA, 0xD9):
            return
        if kind not in (0x01, 0xD8):
            at += length


def check_scans(data: bytes, size: tuple[int, int], name: str, max_pixels: int) -> None:
    """Raise `ImageError` where a JPEG has too many scans for its size.

    Args:
        size: of the picture, pixels.
        max_pixels: the most pixels a photo may have.
    """
    scans = count_scans(data)
    most = min(SCAN_PICTURES * max_pixels // max(size[0] * size[1], 1), MAX_SCANS)
    if scans > most:
        told = f"a JPEG of {scans} scans, at most {most} are read"
        raise ImageError(f"{name}: {told}; export it again")


def count_scans(data: bytes) -> int:
    """Return how many scans the first picture of a JPEG file has (ITU-T T.81, annex B).

    >>> count_scans(bytes.fromhex("ffd8 ffda0002 12ff00 ffd0 34 ffda0002 ff ffd9 ffda0002"))
    2
    """
    scans, at = 0, 2
    while (marker := NEXT_MARKER.search(data, at)) is not None:
        at, kind = marker.end(), marker[0][1]
        if kind == 0xD9:
            break
        if kind in (0x01, 0xD8):  # without a length
            continue
        scans += kind == 0xDA
        at += max(int.from_bytes(data[at : at + 2]), 2)
    return scans
