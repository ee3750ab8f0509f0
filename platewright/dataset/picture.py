"""The picture files of data sets: how large drawn ones are packed, and where labelled ones are."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from platewright.dataset.format.windows import encode_png
from platewright.dataset.sample import Sample
from platewright.errors import DatasetError, OutputError
from platewright.image import READ_SUFFIXES, encode_image

__all__ = [
    "JPEG_QUALITY",
    "encode_sample",
    "find_picture",
    "packed_size",
    "picture_size",
    "save_picture",
    "save_sample",
    "size_conflict",
]

JPEG_QUALITY = 95
"""Of scenes: 78 kB for 640x480 in colour where PNG needs 267 kB, and no softer to the eye."""
# EXIF 2.32, tag 0x0112: these orientations lie on their side.
ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)


def save_picture(image: NDArray[np.uint8], path: Path, packed: bytes | None = None) -> None:
    """Write a picture as PNG or JPEG, by its name; `packed` where it is there already.

    Raises:
        OutputError: if it can't be written.
    """
    try:
        png = path.suffix == ".png"
        data = packed or (
            encode_png(image) if png else encode_image(image, path.suffix, JPEG_QUALITY)
        )
    except OutputError as error:
        raise OutputError(f"{path}: {error}") from error
    _write(path, data)


def encode_sample(sample: Sample) -> tuple[bytes, str]:
    """Return a sample's picture as a file, and its ending.

    Windows are PNG, scenes JPEG; what came as a JPEG file is that very file.
    """
    if sample.packed is not None:
        return sample.packed, ".jpg"
    if sample.record.presence is None:
        return encode_image(sample.image, ".jpg", JPEG_QUALITY), ".jpg"
    return encode_png(sample.image), ".png"


def save_sample(sample: Sample, folder: Path) -> str:
    """Write a sample's picture as `encode_sample` packs it.

    Returns:
        The file's name.

    Raises:
        OutputError: if it can't be written.
    """
    try:
        data, suffix = encode_sample(sample)
    except OutputError as error:
        raise OutputError(f"{folder / sample.name}: {error}") from error
    _write(folder / f"{sample.name}{suffix}", data)
    return f"{sample.name}{suffix}"


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


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror or error}") from error


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
