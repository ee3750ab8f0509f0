"""One photo's way from a file's bytes to the square JPEG that serves as a background.

A photo that is large against the square is decoded at a half, a quarter or an eighth of its size,
which libjpeg does by leaving out frequencies; only where the reduced one still has twice the
square's side, so that the square looks the same. `benchmarks/extraction.py` measures how near.
"""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from platewright.container import (
    MAX_BYTES,
    START_BYTES,
    boxed_kind,
    check_scans,
    open_picture,
    pillow_formats,
)
from platewright.errors import ConfigError, ImageError
from platewright.file import read_file
from platewright.geometry import Picture
from platewright.image import MAX_PIXELS, as_grey, decode_image, muted

SMALLEST = 32

QUALITY = 92
SPARE = 2  #: A JPEG decoded at reduced size keeps so many times the pixels that the square needs
# By what a side is divided: grey, colour.
REDUCED = {
    8: (cv2.IMREAD_REDUCED_GRAYSCALE_8, cv2.IMREAD_REDUCED_COLOR_8),
    4: (cv2.IMREAD_REDUCED_GRAYSCALE_4, cv2.IMREAD_REDUCED_COLOR_4),
    2: (cv2.IMREAD_REDUCED_GRAYSCALE_2, cv2.IMREAD_REDUCED_COLOR_2),
    1: (cv2.IMREAD_GRAYSCALE, cv2.IMREAD_COLOR),
}
STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
# libjpeg's grey in place of blocks that never came; a block's side.
NOTHING = 128
BLOCK = 8


@dataclass(frozen=True, kw_only=True)
class Crop:
    """How a photo becomes a background."""

    size: int = 256  #: side of the square, pixels
    where: str = "center"  #: `center` or `random`
    grey: bool = False  #: one channel instead of three
    seed: int = 0  #: of the random places; photo i of the archive always gets the same one
    #: least short side of a photo, pixels; None: half of `size`. One that is smaller than `size` is
    #: scaled up.
    smallest: int | None = None


def cut_photo(data: bytes, index: int, crop: Crop) -> tuple[bytes, str]:
    """Turn a file's bytes into a background.

    Args:
        data: a picture of any kind that `load_image` reads.
        index: the photo's place in the archive; seeds a random place.

    Returns:
        the square as a JPEG and "", or b"" and why there is none.
    """
    size, reason = _measure(data)
    if not reason and size[0] * size[1] > MAX_PIXELS:
        reason = "too many pixels"
    least = crop.size / 2 if crop.smallest is None else crop.smallest
    if not reason and min(size) < least:
        reason = "too small"
    if reason:
        return b"", reason
    try:
        photo = _decode(data, min(size), crop)
    except ImageError:
        return b"", "damaged"
    _, packed = cv2.imencode(
        ".jpg", cut_square(photo, crop, index), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    )
    return packed.tobytes(), ""


def cut_square(image: Picture, crop: Crop, index: int) -> Picture:
    """Cut a photo's largest square and scale it.

    Args:
        image: (H, W, 3) RGB, or BGR if it isn't to become grey; or (H, W) grey.
        index: the photo's place in the archive; seeds a random place.

    Returns:
        (size, size) grey, or (size, size, 3) in the order that came.
    """
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    if crop.where == "random":
        rng = np.random.default_rng([crop.seed, index])
        top, left = round(rng.random() * (height - side)), round(rng.random() * (width - side))
    square = image[top : top + side, left : left + side]
    if crop.grey:
        square = as_grey(square)
    target = (crop.size, crop.size)
    if side < crop.size:
        return np.asarray(cv2.resize(square, target, interpolation=cv2.INTER_CUBIC), np.uint8)
    if side > crop.size:
        # To a whole multiple first: INTER_AREA takes the mean of whole blocks from there several
        # times as fast as of broken ones, and the result is nearly its own.
        times = max(2, -(-side // crop.size))
        square = np.asarray(cv2.resize(square, (times * crop.size,) * 2), np.uint8)
        square = np.asarray(cv2.resize(square, target, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(square)


def _measure(data: bytes) -> tuple[tuple[int, int], str]:
    """Return a picture's width and height by its head, and ""; or (0, 0) and what is wrong."""
    if not data:
        return (0, 0), "empty"
    start = data[:START_BYTES]
    known = start.startswith(STARTS) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")
    if not pillow_formats(start):
        return (0, 0), "HEIC, which needs pip install pillow-heif"
    try:
        # Pillow warns of large pictures, whose size is judged here, and of odd metadata.
        with muted(), open_picture(io.BytesIO(data), "photo") as picture:
            if start.startswith(STARTS[0]):
                check_scans(data, picture.size, "photo", MAX_PIXELS)
            return picture.size, ""
    except Image.DecompressionBombError:
        return (0, 0), "too many pixels"
    except ImageError as error:
        if isinstance(error.__cause__, UnidentifiedImageError):
            return (0, 0), "damaged" if known or boxed_kind(start) else "no picture"
        return (0, 0), "made to take long"
    except Exception:  # a decoder fed with garbage raises nearly anything
        return (0, 0), "damaged"


def _decode(data: bytes, short_side: int, crop: Crop) -> Picture:
    """Decode a photo as BGR, or as grey; a JPEG at reduced size where that is enough."""
    photo = None
    if data.startswith(STARTS[0]):
        photo = _decode_jpeg(data, short_side, crop)
    if photo is None:
        rgb = decode_image(io.BytesIO(data), "photo")
        if data.startswith(STARTS[0]) and _is_unfinished(rgb):
            raise ImageError("photo: cut off")
        how = cv2.COLOR_RGB2GRAY if crop.grey else cv2.COLOR_RGB2BGR
        photo = np.asarray(cv2.cvtColor(rgb, how), np.uint8)
    return photo


def _decode_jpeg(data: bytes, short_side: int, crop: Crop) -> Picture | None:
    """Decode a plain JPEG; None where `decode_image` has to: CMYK, and what may be cut off."""
    # A whole file's last start of scan comes before its last end of image (ITU-T T.81, B.1.1.5).
    if data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda") or _num_channels(data) not in (1, 3):
        return None
    divisor = next((d for d in (8, 4, 2) if short_side // d >= SPARE * crop.size), 1)
    packed = np.frombuffer(data, np.uint8)
    try:
        photo = np.asarray(cv2.imdecode(packed, REDUCED[divisor][not crop.grey]))
        if photo.ndim < 2:  # imdecode gave None
            return None
        # OpenCV turns it as the camera noted, so that the file's last corner may be any of them:
        # where one looks unfinished, the photo as it is in the file tells.
        views = (photo, photo[::-1], photo[:, ::-1], photo[::-1, ::-1])
        if any(_is_unfinished(view, BLOCK // divisor) for view in views):
            as_filed = cv2.imdecode(packed, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
            if _is_unfinished(np.asarray(as_filed)):
                raise ImageError("photo: cut off")
    except cv2.error:
        return None
    return photo.astype(np.uint8, copy=False)


def _num_channels(data: bytes) -> int:
    """Return how many channels a JPEG has by its frame header (T.81, B.2.2); 0: none found."""
    at = 2
    while at + 10 < len(data) and data[at] == 0xFF:
        mark = data[at + 1]
        if mark == 0xFF:  # fill byte
            at += 1
        elif 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            return data[at + 9]
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return 0


def _is_unfinished(photo: NDArray[np.generic], block: int = BLOCK) -> bool:
    """Tell whether the last block is what libjpeg puts where a JPEG's data end too soon.

    A photo that has just this grey in its corner is lost with them.
    """
    return bool((photo[-block:, -block:] == NOTHING).all())


@contextlib.contextmanager
def quiet_decoders() -> Iterator[None]:
    """Keep libjpeg's remarks on damaged files from stderr; they go past Python."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def background_folder(given: Path | None) -> Path | None:
    """Return the folder of backgrounds to draw upon; where nobody asked, say that there is none.

    Args:
        given: by a user; None: `bgs`, where it is there. What is called `none` and is no folder
            means that backgrounds are drawn.

    Raises:
        ConfigError: if the folder that is given isn't there, or holds no photo.
    """
    folder = Path("bgs") if given is None else given
    if folder.is_dir() and any(folder.glob("*.jpg")):
        return folder
    if given is not None and (folder.exists() or str(given) != "none"):
        why = "no .jpg in it" if folder.is_dir() else "no such folder"
        raise ConfigError(f"--bgs {given}: {why}; extractbgs.py makes one, --bgs none draws them")
    if given is None:
        print(f"{folder}: no photos; drawing backgrounds (photos are better)", file=sys.stderr)
    return None


def load_backgrounds(
    folder: Path | None, *, limit: int | None = None, grey: bool = True
) -> list[Picture]:
    """Read a folder of backgrounds.

    Args:
        folder: of `.jpg` files; ones that are unreadable or under 32 pixels are passed over. None
            has none.
        limit: the first so many of those only.
        grey: (H, W) instead of (H, W, 3) RGB.
    """
    how = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR_RGB
    pictures: list[Picture] = []
    for path in sorted(folder.glob("*.jpg")) if folder else ():
        if len(pictures) == limit:
            break
        try:
            data = read_file(path, MAX_BYTES)
            (width, height), _ = _measure(data)
            if min(width, height) < SMALLEST or width * height > MAX_PIXELS:
                continue
            # Not imread, which remarks on stderr on what it can't read.
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), how)
        except (OSError, cv2.error):
            continue
        if picture is not None:
            pictures.append(np.asarray(picture, np.uint8))
    return pictures
