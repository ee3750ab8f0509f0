"""JPEG files: how many parts and scans they have, so that none takes for ever."""

import re

from platewright.errors import ImageError

MAX_SCANS = 100  #: Scans of a JPEG; cameras and encoders write one to twelve
SCAN_PICTURES = 16  #: Scans of the largest photo: each goes over all of its pixels again

MAX_BYTES = 256 << 20  #: Of a file; a JPEG of 100 megapixels at the best quality has some 100 MB
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
