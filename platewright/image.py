"""Pictures in and out: whatever kind a file holds becomes upright RGB, and RGB becomes a file.

An image is an array uint8 (H, W, 3), red first, as the photo is shown: the orientation that a
camera noted in EXIF (CIPA DC-008, tag 0x0112) is applied. What a file holds is told by its
content, never by its name.
"""

import contextlib
import io
import os
import threading
import warnings
from collections.abc import Iterator
from inspect import isawaitable
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from platewright.container import check_scans, open_picture, orientation_of
from platewright.errors import ConfigError, ImageError, OutputError, os_errors_as
from platewright.file import open_file, write_file
from platewright.geometry import Picture

MAX_PIXELS = 100_000_000  #: Pixels of the largest photo that is read unless told otherwise
HOLDING = {"WEBP", "AVIF", "HEIF"}
HELD_PIXELS = 64_000_000
"""Pixels of the largest photo in these formats, whose decoders hold it several times: some 16
bytes a pixel, where others take 7. Phones write up to 50 megapixels in them."""
MAX_RATIO = 100
"""Longer over shorter side of a photo. Whatever looks at a photo looks past its edges, so that a
line of pixels would cost as much as a picture many times as large."""

READ_SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".avif", ".heic", ".heif",
)  # fmt: skip
"""What a photo in a folder is called, in small letters."""

WRITE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
"""What an annotated picture may be called."""

MAX_SIDES = {".jpg": 65_500, ".jpeg": 65_500, ".webp": 16_383}
"""Pixels of a side that a format can hold; OpenCV remarks on larger ones on stderr."""
STRIP_PIXELS = 1 << 17  #: At a time: what is worked on stays in the processor's cache
_MUTE = threading.Lock()
_MUTED: list[contextlib.ExitStack] = []
"""What ends the silence, once for each thread that is in it; only the first one does something."""


def load_image(path: Path, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a photo.

    JPEG, PNG, BMP, GIF, WebP, TIFF and AVIF, and HEIC where `pillow-heif` or `pi-heif` is
    installed; of an animated one the first frame, of several the one that is shown. Palette, grey
    and CMYK become RGB, what is transparent lies on white, and more than 8 bits are scaled to 8.

    Returns:
        uint8 (H, W, 3), red first, turned as the camera noted.

    Raises:
        ImageError: if the file is missing, empty, damaged, too large or no picture.
    """
    with os_errors_as(ImageError, path), open_file(path) as stream:
        return decode_image(stream, str(path), max_pixels=max_pixels)


def decode_image(stream: BinaryIO, name: str, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a photo from an open file or from `io.BytesIO`; see `load_image`.

    Args:
        stream: the file, seekable.
    """
    with _decoding(name, max_pixels):
        return _decode(stream, name, max_pixels)


@contextlib.contextmanager
def _decoding(name: str, max_pixels: int) -> Iterator[None]:
    """Turn whatever decoders raise in a `with` block into an `ImageError`."""
    try:
        # Doubts about metadata are no reason to print anything, nor is a size that is judged here.
        with muted():
            yield
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        raise ImageError(_too_large(name, "it has far", max_pixels)) from error
    except MemoryError as error:
        raise ImageError(f"{name}: not enough memory for this picture; make it smaller") from error
    except Exception as error:
        if isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem:
            raise ImageError(
                f"{name}: not enough memory for this picture; make it smaller"
            ) from error
        # Decoders fed with garbage raise nearly anything: struct.error, KeyError, SyntaxError ...
        why = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(f"{name}: damaged or cut off ({why}); copy or export it again") from error


@contextlib.contextmanager
def muted() -> Iterator[None]:
    """Print no warning in a `with` block; threads may be in several at once.

    `warnings.catch_warnings` puts back what it found. Of two threads that overlap, the second finds
    the first one's silence, and puts that back when both are done: no warning would ever be printed
    again. So the first to come silences, and the last to go puts back.
    """
    with _MUTE:
        stack = contextlib.ExitStack()
        if not _MUTED:
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
        _MUTED.append(stack)
    try:
        yield
    finally:
        with _MUTE:
            if len(_MUTED) > 1:
                _MUTED.pop()
            else:
                _MUTED.pop().close()


def read_picture(source: Any, name: str = "the picture") -> Picture:
    """Return a picture that is given in any way; see `load_image`.

    Args:
        source: a path, bytes, an open file, a PIL picture, or an array, which is not copied.
        name: what an error calls it, where it has no path.

    Raises:
        ImageError: if it is no picture that can be read.
    """
    if isinstance(source, np.ndarray):
        shape, kind = source.shape, source.dtype
        sound = kind == np.uint8 and len(shape) in (2, 3) and shape[2:] in ((), (3,))
        if not (sound and source.size):
            raise ImageError(
                f"an array {kind} {shape}: give uint8 (H, W, 3) RGB or (H, W) grey{_way(source)}"
            )
        _check_size(name, shape[1], shape[0])
        return np.asarray(source)  # a matrix has other ideas of rows and products
    if isinstance(source, str) and not source:
        raise ImageError("'': an empty path")
    if isinstance(source, str) and ("://" in source or source.startswith("data:image/")):
        raise ImageError(f"{source[:200]}: an address; fetch it, and give what comes as bytes")
    if isinstance(source, (str, os.PathLike)):
        return load_image(Path(source))
    if isinstance(source, Image.Image):
        with _decoding(name, MAX_PIXELS):
            _check_size(name, *source.size, MAX_PIXELS)
            source.load()
            return _turn(_to_rgb(source), orientation_of(source))
    if isinstance(source, (bytes, bytearray, memoryview)):
        return decode_image(io.BytesIO(bytes(source)), name)
    if hasattr(source, "read"):
        name = str(getattr(source, "name", name))
        try:
            seekable = hasattr(source, "seekable") and source.seekable()
            data = source.read(0) if seekable else source.read()
        except (OSError, ValueError) as error:
            raise ImageError(f"{name}: can't be read: {error}") from error
        if not isinstance(data, bytes):
            way = "give what await returns" if isawaitable(data) else "open the file with 'rb'"
            raise ImageError(f"{name}: gives {type(data).__name__}; {way}")
        return decode_image(source if seekable else io.BytesIO(data), name)
    raise ImageError(f"{type(source).__name__}: neither path, bytes, file, array nor PIL picture")


def _way(array: NDArray[Any]) -> str:
    """Return what makes a picture of an array that is none, where that is plain."""
    shape = array.shape
    if not array.size or len(shape) not in (2, 3, 4):
        return ""
    if len(shape) == 4:
        return "; one picture at a time: array[0]"
    if len(shape) == 3 and shape[2] not in (1, 3, 4):
        return "; colours last: array.transpose(1, 2, 0)" if shape[0] in (1, 3, 4) else ""
    if len(shape) == 3 and shape[2] == 4:
        return "; without transparency: array[..., :3]"
    if len(shape) == 3 and shape[2] == 1:
        return "; without the last axis: array[..., 0]"
    if array.dtype == bool:
        return "; that is array.astype(np.uint8) * 255"
    if array.dtype.kind == "f":
        return "; of 0 to 1 that is (array * 255).astype(np.uint8)"
    return "; of 16 bits that is (array >> 8).astype(np.uint8)" if array.dtype == np.uint16 else ""


def as_grey(picture: Picture) -> Picture:
    """Return an RGB picture (H, W, 3) in grey, (H, W), by luma (ITU-R BT.601); else as it is."""
    if picture.ndim == 2:
        return picture
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def as_rgb(picture: Picture) -> Picture:
    """Return a grey picture (H, W) as an RGB one, (H, W, 3); else as it is."""
    if picture.ndim == 3:
        return picture
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB), np.uint8)


def check_picture_names(*paths: Path | None) -> None:
    """Raise `ConfigError` where a picture that is to be written has no name of one."""
    for path in filter(None, paths):
        if path.suffix.lower() not in WRITE_SUFFIXES:
            endings = ", ".join(WRITE_SUFFIXES)
            raise ConfigError(f"{path}: the output must end in one of {endings}")


def save_image(path: Path, rgb: Picture, quality: int = 92) -> None:
    """Write a picture, whole or not at all; its format follows from the name.

    Args:
        path: ends in .jpg, .jpeg, .png, .bmp, .webp, .tif or .tiff.
        rgb: uint8 (H, W, 3), or grey (H, W).
        quality: 1-100, for JPEG and WebP.

    Raises:
        OutputError: if the name has no such ending, or the file can't be written (full disk).
    """
    try:
        data = encode_image(rgb, path.suffix, quality)
    except OutputError as error:
        raise OutputError(f"{path}: {error}") from error
    write_file(path, data)


def encode_image(rgb: Picture, suffix: str, quality: int = 92) -> bytes:
    """Return a picture, (H, W, 3) RGB, as a file of the format that `suffix` (`.jpg`) names.

    JPEG keeps colour at full resolution, so that thin coloured lines stay clean.

    Raises:
        OutputError: if the format is unknown or can't hold a picture of this size.
    """
    kind = suffix.lower()
    if kind not in WRITE_SUFFIXES:
        raise OutputError(
            f"unknown picture format {suffix!r}; use one of {', '.join(WRITE_SUFFIXES)}"
        )
    height, width = rgb.shape[:2]
    if max(height, width) > MAX_SIDES.get(kind, max(height, width)):
        raise OutputError(f"{kind} can't hold {width} x {height} pixels; use .png")
    options: list[int] = []
    if kind in (".jpg", ".jpeg"):
        options = [
            cv2.IMWRITE_JPEG_QUALITY,
            quality,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        ]
    elif kind == ".webp":
        options = [cv2.IMWRITE_WEBP_QUALITY, quality]
    bgr = rgb if rgb.ndim == 2 else cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    try:
        whole, data = cv2.imencode(kind, bgr, options)
    except cv2.error as error:
        raise OutputError(f"{kind} can't hold this picture; use .png") from error
    if not whole:
        raise OutputError(f"{kind} can't hold {width} x {height} pixels; use .png")
    return data.tobytes()


def _decode(stream: BinaryIO, name: str, max_pixels: int) -> Picture:
    """Read a photo; errors of the decoders are the caller's."""
    with open_picture(stream, name) as picture:
        held = HELD_PIXELS if picture.format in HOLDING else max_pixels
        _check_size(name, *picture.size, min(max_pixels, held))
        if picture.format in ("JPEG", "MPO"):
            stream.seek(0)
            check_scans(stream.read(), picture.size, name, max_pixels)
        # Not by OpenCV: where a JPEG is damaged its libjpeg remarks on that on stderr.
        picture.load()
        rgb = _to_rgb(picture)
        # Asked for after loading: Pillow turns a TIFF by itself, and then forgets the tag.
        orientation = orientation_of(picture)
    return _turn(rgb, orientation)


def _too_large(name: str, size: str, max_pixels: int) -> str:
    return f"{name}: {size} more than {max_pixels / 1e6:g} megapixels; make it smaller first"


def _check_size(name: str, width: int, height: int, max_pixels: int = MAX_PIXELS) -> None:
    """Raise `ImageError` where a picture is empty, too large, or a line."""
    if not width * height:
        raise ImageError(f"{name}: {width} x {height} pixels: nothing is in it")
    if width * height > max_pixels:
        raise ImageError(_too_large(name, f"{width} x {height} pixels,", max_pixels))
    if max(width, height) > MAX_RATIO * min(width, height):
        raise ImageError(
            f"{name}: {width} x {height} pixels: one side is more than {MAX_RATIO} times the other"
        )


def _to_rgb(picture: Image.Image) -> Picture:
    """Return a loaded picture of any mode as uint8 (H, W, 3), strip by strip to save memory."""
    # What Pillow opens and converts, and can do nothing else with.
    plain = {"La": "LA", "I;16B": "I", "I;16L": "I", "I;16N": "I"}.get(picture.mode)
    picture = picture.convert(plain) if plain else picture
    width, height = picture.size
    rgb = np.empty((height, width, 3), dtype=np.uint8)
    deep = picture.mode.startswith(("I", "F"))
    white = _white_level(picture) if deep else 255.0
    for top, strip in _strips(picture):
        part = rgb[top : top + strip.height]
        if deep:
            values = np.nan_to_num(np.asarray(strip, dtype=np.float64), posinf=white, neginf=0.0)
            part[...] = np.clip(np.rint(values * (255.0 / white)), 0, 255)[..., None]
        elif strip.has_transparency_data:
            layered = np.asarray(strip.convert("RGBA"), dtype=np.uint16)
            alpha = layered[..., 3:]
            part[...] = (layered[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
        else:
            part[...] = np.asarray(strip.convert("RGB"))
    return rgb


def _strips(picture: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Yield a picture piece by piece, with the row that each begins at."""
    width, height = picture.size
    rows = max(1, STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield top, picture.crop((0, top, width, min(top + rows, height)))


def _white_level(picture: Image.Image) -> float:
    """Return the value that is white in a grey picture of more than 8 bits, integer or float.

    Cameras for 10, 12 and 14 bits write them into 16 without scaling, which would be near black.
    """
    levels = [255.0, 1023.0, 4095.0, 16383.0, 65535.0]
    highest = 0.0
    if picture.mode == "F":
        for _, strip in _strips(picture):
            values = np.asarray(strip, dtype=np.float64)
            highest = float(np.max(values, where=np.isfinite(values), initial=highest))
        levels.insert(0, 1.0)
    else:
        highest = float(np.asarray(picture.getextrema()).max())
    for level in levels:
        if highest <= level:
            return level
    return highest


def _turn(rgb: Picture, orientation: object) -> Picture:
    """Apply an EXIF orientation, 1-8; anything else counts as 1."""
    if orientation in (5, 6, 7, 8):
        rgb = cv2.transpose(rgb).astype(np.uint8, copy=False)
    # After the transposition: 5 as it is, 6 mirrored sideways, 7 both ways, 8 upside down.
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)  # type: ignore[call-overload]
    if flip is not None:
        rgb = cv2.flip(rgb, flip).astype(np.uint8, copy=False)
    return rgb
