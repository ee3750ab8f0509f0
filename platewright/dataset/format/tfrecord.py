"""TFRecord files of `tf.train.Example`s, written without TensorFlow.

Pictures and boxes have the keys of TensorFlow's Object Detection API (`image/object/bbox/xmin` is
a part of the width, 0-1); texts, quads and the whole record have keys of their own.

Sources: TensorFlow's guide "TFRecord and tf.train.Example", section "TFRecords format details",
for the frame; tensorflow/core/example/example.proto and feature.proto for the messages, and
Protocol Buffers' "Encoding" for their bytes.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from platewright.dataset.writer import Format, Sample, encode_sample, plain_value
from platewright.errors import ConfigError
from platewright.file import writing
from platewright.geometry import clip_box

Feature = Sequence[bytes] | Sequence[int] | Sequence[float]
MASK = 0xA282EAD8
ALL = 0xFFFFFFFF
# Protocol Buffers' wire types.
VARINT, LENGTH = 0, 2


class TFRecordFormat(Format):
    """`NNNNN.tfrecord`, one a shard."""

    name = "tfrecord"
    summary = "TFRecord shards of tf.train.Example: picture, boxes, texts, quads, record"
    folders = ()

    def __init__(self, folder: Path, shard: int) -> None:
        super().__init__(folder, shard)
        try:
            import google_crc32c  # noqa: F401
        except ImportError:
            needed = "--format tfrecord needs google-crc32c: pip install google-crc32c"
            raise ConfigError(needed) from None
        self._path = folder / f"{shard:05d}.tfrecord"
        with writing(self._path):
            self._file = self._path.open("wb")

    def add(self, sample: Sample) -> None:
        """Append one example."""
        data = frame(encode_example(sample_features(sample)))
        with writing(self._path):
            self._file.write(data)
        self.hold(*(plate.text for plate in sample.record.plates))

    def close(self) -> list[str]:
        """Close the file."""
        with writing(self._path):
            self._file.close()
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
    """Return the CRC-32C as the files have it: turned and shifted, for data may hold sums."""
    import google_crc32c

    crc = int(google_crc32c.value(data))
    return ((crc >> 15 | crc << 17) + MASK) & ALL
