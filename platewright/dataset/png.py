"""PNG files as drawings are packed: in a fraction of the time that it takes to draw them."""

import struct
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
