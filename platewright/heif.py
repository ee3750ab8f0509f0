"""Pictures in boxes, as HEIC and AVIF are: how much a decoder unpacks, by what their tables say.

A picture may be put together of others, each of which may be again, and the same one may be named
as often as one likes: some kilobytes stand for as many pixels as there is patience. Boxes:
ISO/IEC 14496-12, 4.2 and 8.11; pictures that are made of others: ISO/IEC 23008-12, 6.6.
"""

import io
import math
import struct
from collections import defaultdict
from collections.abc import Iterator
from typing import BinaryIO

MAX_TABLE = 1 << 20  #: Bytes of the tables; those of 64 megapixels in tiles have some 20 KB
MAX_BOXES = 1000  #: Of the file itself, before its tables
DEEPEST = 8  #: Pictures that are made of pictures that are made of others

Part = tuple[bytes, io.BytesIO]


def pixels_of(stream: BinaryIO) -> tuple[int, float]:
    """Return how many pixels a file's picture has, and how many are unpacked for it.

    Its tiles and layers count, and what belongs to it, such as its transparency; infinitely many
    where it is made of itself, or the tables are larger than any picture's. (0, 0): it has no
    tables, or they are cut off.

    Args:
        stream: the file, at its beginning.
    """
    try:
        return _counted(stream)
    except (struct.error, IndexError):
        return 0, 0


def _counted(stream: BinaryIO) -> tuple[int, float]:
    size = _seek_tables(stream)
    if size > MAX_TABLE:
        return 0, math.inf
    data = stream.read(size)
    if len(data) < size:
        return 0, 0
    primary, area, made_of, beside = _read_tables(data)
    known: dict[int, float] = {}

    def cost(item: int, depth: int = 0) -> float:
        if depth > DEEPEST:
            return math.inf
        if item not in known:
            known[item] = math.inf  # until it is known: what leads back to itself has no end
            parts = made_of.get(item, ())
            known[item] = area.get(item, 0) + sum(cost(part, depth + 1) for part in parts)
        return known[item]

    return area.get(primary, 0), cost(primary) + sum(cost(item) for item in beside[primary])


def _seek_tables(stream: BinaryIO) -> int:
    """Go to the content of a file's box of tables, and return its length; 0: it has none."""
    at = 0
    for _ in range(MAX_BOXES):
        stream.seek(at)
        size, kind = struct.unpack(">I4s", stream.read(8))
        head = 8
        if size == 1:
            (size,), head = struct.unpack(">Q", stream.read(8)), 16
        if kind == b"meta":
            # A length of none: to the end of the file.
            return max(size - head, 0) if size else MAX_TABLE + 1
        if size < head:
            return 0
        at += size
    return MAX_TABLE + 1


def _read_tables(
    data: bytes,
) -> tuple[int, dict[int, int], dict[int, list[int]], dict[int, list[int]]]:
    """Return the picture shown, and by item its pixels, what it is made of, what goes along."""
    primary = 0
    sizes: list[int] = []
    properties: list[tuple[int, int]] = []
    made_of: dict[int, list[int]] = defaultdict(list)
    beside: dict[int, list[int]] = defaultdict(list)
    for kind, part in _parts(data[4:]):
        if kind == b"pitm":
            primary = _number(part, 4 if _head(part)[0] else 2)
        elif kind == b"iref":
            width = 4 if _head(part)[0] else 2
            for relation, entry in _parts(part.read()):
                item, count = _number(entry, width), _number(entry, 2)
                to = [_number(entry, width) for _ in range(count)]
                if relation == b"dimg":
                    made_of[item] += to
                elif relation == b"auxl":
                    for other in to:
                        beside[other].append(item)
        elif kind == b"iprp":
            for own, entry in _parts(part.read()):
                if own == b"ipco":
                    sizes = [_area(name, value) for name, value in _parts(entry.read())]
                elif own == b"ipma":
                    properties += _associations(entry)
    area: dict[int, int] = {}
    for item, index in properties:
        if 0 < index <= len(sizes):
            area[item] = max(area.get(item, 0), sizes[index - 1])
    return primary, area, made_of, beside


def _parts(data: bytes) -> Iterator[Part]:
    """Yield the boxes within one: kind and content."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        end = at + size if size else len(data)
        if size and size < 8:
            return
        yield kind, io.BytesIO(data[at + 8 : end])
        at = end


def _area(kind: bytes, value: io.BytesIO) -> int:
    """Return the pixels that a property tells; 0: it is about something else."""
    if kind != b"ispe":
        return 0
    _head(value)
    return _number(value, 4) * _number(value, 4)


def _associations(part: io.BytesIO) -> Iterator[tuple[int, int]]:
    """Yield items and the numbers of their properties, from 1."""
    version, flags = _head(part)
    wide = flags & 1
    for _ in range(_number(part, 4)):
        item = _number(part, 4 if version else 2)
        for _ in range(_number(part, 1)):
            yield item, _number(part, 1 + wide) & (0x7FFF if wide else 0x7F)


def _head(part: io.BytesIO) -> tuple[int, int]:
    """Return a box's version and flags."""
    return _number(part, 1), _number(part, 3)


def _number(part: io.BytesIO, width: int) -> int:
    data = part.read(width)
    if len(data) < width:
        raise IndexError("cut off")
    return int.from_bytes(data)
