"""TFRecord files of `tf.train.Example`s, written without TensorFlow.

Pictures and boxes have the keys of TensorFlow's Object Detection API (`image/object/bbox/xmin` is
a part of the width, 0-1); texts, quads and the whole record have keys of their own.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from platewright.dataset.writer import Format, Sample, encode_sample, plain_value
from platewright.errors import OutputError
from platewright.geometry import clip_box

__all__ = ["Feature", "TFRecordFormat", "crc32c", "encode_example", "frame"]

Feature = Sequence[bytes] | Sequence[int] | Sequence[float]
Table = NDArray[np.uint32]
POLYNOMIAL = 0x82F63B78  # Castagnoli's, bits reversed
MASK = 0xA282EAD8
ALL = 0xFFFFFFFF
COLUMNS = 64
"""Bytes that one row of a long message has while all rows are summed at once."""
# Protocol Buffers' wire types.
VARINT, LENGTH = 0, 2


class TFRecordFormat(Format):
    """`NNNNN.tfrecord`, one a shard."""

    name = "tfrecord"
    summary = "TFRecord shards of tf.train.Example: picture, boxes, texts, quads, record"
    folders = ()

    def __init__(self, folder: Path, shard: int) -> None:
        """Open the file."""
        super().__init__(folder, shard)
        self._path = folder / f"{shard:05d}.tfrecord"
        try:
            self._file = self._path.open("wb")
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def add(self, sample: Sample) -> None:
        """Append one example."""
        data = frame(encode_example(sample_features(sample)))
        try:
            self._file.write(data)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self.hold(*(plate.text for plate in sample.record.plates))

    def close(self) -> list[str]:
        """Close the file."""
        try:
            self._file.close()
        except OSError as error:
            raise _unwritable(self._path, error) from error
        return self.lines


def sample_features(sample: Sample) -> dict[str, Feature]:
    """Return what an example holds of a sample."""
    height, width = sample.record.size
    plates = sample.record.plates
    boxes = [clip_box(plate.box, sample.record.size) for plate in plates]
    data, suffix = encode_sample(sample)
    record = json.dumps(sample.record.as_dict(), default=plain_value)
    return {
        "image/encoded": [data],
        "image/format": [b"jpeg" if suffix == ".jpg" else b"png"],
        "image/filename": [f"{sample.name}{suffix}".encode()],
        "image/height": [height],
        "image/width": [width],
        "image/object/bbox/xmin": [float(box[0] / width) for box in boxes],
        "image/object/bbox/ymin": [float(box[1] / height) for box in boxes],
        "image/object/bbox/xmax": [float(box[2] / width) for box in boxes],
        "image/object/bbox/ymax": [float(box[3] / height) for box in boxes],
        "image/object/class/text": [b"plate" for _ in plates],
        "image/object/class/label": [1 for _ in plates],
        "plate/text": [plate.text.encode() for plate in plates],
        "plate/region": [plate.region.encode() for plate in plates],
        "plate/quad": [float(value) for plate in plates for value in plate.quad.ravel()],
        "record": [record.encode()],
    }


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path}: can't be written: {error.strerror or error}")


def frame(data: bytes) -> bytes:
    """Return a record as it stands in a file: length, its sum, the data, their sum."""
    length = struct.pack("<Q", len(data))
    return b"".join(
        (length, struct.pack("<I", _masked(length)), data, struct.pack("<I", _masked(data)))
    )


def encode_example(features: Mapping[str, Feature]) -> bytes:
    """Return a serialised `tf.train.Example`.

    Args:
        features: by name; bytes, ints or floats, of one kind each. An empty one has no kind.

    >>> encode_example({"a": [3]}).hex(" ")
    '0a 0c 0a 0a 0a 01 61 12 05 1a 03 0a 01 03'
    """
    entries = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, _feature(features[name])))
        for name in sorted(features)
    )
    return _field(1, entries)


def _feature(values: Feature) -> bytes:
    """Return a `Feature`: a list of bytes (field 1), floats (2) or ints (3)."""
    if not values:
        return b""
    if isinstance(values[0], bytes):
        return _field(1, b"".join(_field(1, bytes(v)) for v in values))  # type: ignore[arg-type]
    if isinstance(values[0], float):
        return _field(2, _field(1, struct.pack(f"<{len(values)}f", *values)))
    packed = b"".join(_varint(int(v) & 0xFFFFFFFFFFFFFFFF) for v in values)
    return _field(3, _field(1, packed))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | LENGTH) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Return a number in groups of seven bits, lowest first."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def _masked(data: bytes) -> int:
    """Return the sum as the files have it: turned and shifted, for data may hold sums itself."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + MASK) & ALL


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of some bytes.

    Pictures are long and Python is slow a byte: the message is cut into rows that are summed side
    by side, a column at a time, and the rows' sums are then joined two by two.

    >>> hex(crc32c(b"123456789")), hex(crc32c(bytes(32)))
    ('0xe3069283', '0x8a9136aa')
    """
    num_rows = len(data) // COLUMNS
    head = len(data) - num_rows * COLUMNS
    crc = ALL
    table = _byte_table()
    for byte in data[:head]:
        crc = int(table[(crc ^ byte) & 0xFF]) ^ crc >> 8
    if num_rows:
        rows = np.frombuffer(data, np.uint8, offset=head).reshape(num_rows, COLUMNS)
        sums = np.zeros(num_rows, np.uint32)
        sums[0] = crc
        for column in np.ascontiguousarray(rows.T):
            sums = table[(sums ^ column) & 0xFF] ^ sums >> 8
        crc = _join(sums)
    return crc ^ ALL


def _join(sums: Table) -> int:
    """Return the sum of rows that follow each other from theirs, the first one begun with others.

    The sum is linear: that of two rows is the first one's, carried over as many zero bytes as the
    second one has, plus the second one's.
    """
    level = 0
    while len(sums) > 1:
        if len(sums) % 2:  # zeros before the message change nothing
            sums = np.concatenate([np.zeros(1, np.uint32), sums])
        first, second = sums[0::2], sums[1::2]
        tables = _zeros_tables(level)
        carried = tables[0][first & 0xFF]
        for k in (1, 2, 3):
            carried = carried ^ tables[k][first >> 8 * k & 0xFF]
        sums = carried ^ second
        level += 1
    return int(sums[0])


@cache
def _byte_table() -> Table:
    """Return what one more byte does to a sum."""
    table: Table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.uint32(POLYNOMIAL) * (table & np.uint32(1)) ^ table >> np.uint32(1)
    return table


@cache
def _zeros_tables(level: int) -> Table:
    """Return (4, 256): what `COLUMNS` x 2^level zero bytes do to each byte of a sum."""
    if level == 0:
        table = _byte_table()
        sums = np.arange(256, dtype=np.uint32)[None] << np.array([[0], [8], [16], [24]], np.uint32)
        for _ in range(COLUMNS):
            sums = table[sums & 0xFF] ^ sums >> 8
        return np.asarray(sums, np.uint32)
    half = _zeros_tables(level - 1)
    total: Table = half[0][half & 0xFF]
    for k in (1, 2, 3):
        total = total ^ half[k][half >> 8 * k & 0xFF]
    return total
