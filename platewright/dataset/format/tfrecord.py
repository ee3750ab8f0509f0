"""TFRecord files of `tf.train.Example`s, written without TensorFlow.

Pictures and boxes have the keys of TensorFlow's Object Detection API (`image/object/bbox/xmin` is
a part of the width, 0-1); texts, quads and the whole record have keys of their own.
"""

from __future__ import annotations

import json
from pathlib import Path

from platewright.dataset.example import Feature, encode_example, frame
from platewright.dataset.format.windows import plain_value
from platewright.dataset.picture import encode_sample
from platewright.dataset.sample import Format, Sample
from platewright.errors import OutputError
from platewright.geometry import clip_box

__all__ = ["TFRecordFormat"]


class TFRecordFormat(Format):
    """`NNNNN.tfrecord`, one a shard."""

    name = "tfrecord"
    summary = "TFRecord shards of tf.train.Example: picture, boxes, texts, quads, record"

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
        return []


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
