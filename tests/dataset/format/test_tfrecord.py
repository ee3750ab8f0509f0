"""TFRecord shards, read by TensorFlow."""

from __future__ import annotations

import json
import struct
import sys

import numpy as np
import pytest

from platewright.dataset.format.tfrecord import TFRecordFormat, encode_example, frame
from platewright.dataset.writer import plain_value
from platewright.errors import ConfigError, OutputError
from platewright.record import SceneRecord


def test_tensorflow_reads_pictures_boxes_and_texts(drawn, drawn_as) -> None:
    tf = pytest.importorskip("tensorflow")
    folder = drawn_as("tfrecord")
    paths = sorted(str(p) for p in folder.iterdir())
    assert [p.rpartition("/")[2] for p in paths] == ["00000.tfrecord", "00001.tfrecord"]
    sides = ("xmin", "ymin", "xmax", "ymax")
    spec = {
        "image/encoded": tf.io.FixedLenFeature([], tf.string),
        "image/height": tf.io.FixedLenFeature([], tf.int64),
        "image/width": tf.io.FixedLenFeature([], tf.int64),
        "plate/text": tf.io.VarLenFeature(tf.string),
        "plate/quad": tf.io.VarLenFeature(tf.float32),
        "image/object/class/label": tf.io.VarLenFeature(tf.int64),
        "record": tf.io.FixedLenFeature([], tf.string),
        **{f"image/object/bbox/{side}": tf.io.VarLenFeature(tf.float32) for side in sides},
    }
    examples = list(tf.data.TFRecordDataset(paths))
    assert len(examples) == len(drawn)
    for raw, sample in zip(examples, drawn, strict=True):
        found = tf.io.parse_single_example(raw, spec)
        height, width = sample.record.size
        assert (int(found["image/height"]), int(found["image/width"])) == (height, width)
        picture = tf.io.decode_image(found["image/encoded"]).numpy()
        want = sample.image if sample.image.ndim == 3 else sample.image[..., None]
        assert picture.shape == want.shape
        assert np.abs(picture.astype(int) - want).mean() < 3
        plates = sample.record.plates
        texts = [t.decode() for t in found["plate/text"].values.numpy()]
        assert texts == [plate.text for plate in plates]
        quads = found["plate/quad"].values.numpy().reshape(-1, 4, 2)
        np.testing.assert_allclose(quads, np.array([p.quad for p in plates]).reshape(-1, 4, 2))
        boxes = np.stack([found[f"image/object/bbox/{s}"].values.numpy() for s in sides], axis=1)
        assert ((boxes >= 0) & (boxes <= 1)).all() and len(boxes) == len(plates)
        for box, plate in zip(boxes * [width, height, width, height], plates, strict=True):
            inside = np.clip(plate.box, 0, [width, height, width, height])
            np.testing.assert_allclose(box, inside, atol=1e-3)
        assert found["image/object/class/label"].values.numpy().tolist() == [1] * len(plates)
        values = json.loads(found["record"].numpy())
        assert values == json.loads(json.dumps(sample.record.as_dict(), default=plain_value))
        assert SceneRecord.from_dict(values).as_dict() == values


def test_a_folder_that_is_gone_is_told(tmp_path) -> None:
    with pytest.raises(OutputError, match=r"00003\.tfrecord: can't be written: No such file"):
        TFRecordFormat(tmp_path / "gone", 3)


def test_a_frame_holds_the_published_sums() -> None:
    """RFC 3720, appendix B.4, of 32 zeros; masked as TensorFlow's guide says."""
    crc = 0x8A9136AA
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    assert frame(bytes(32))[-4:] == struct.pack("<I", masked)


def test_messages_are_what_tensorflow_writes() -> None:
    tf = pytest.importorskip("tensorflow")
    values = {"b": [b"", b"ab" * 100], "f": [1.5, -2.0], "i": [0, 300, -1, 2**40], "none": []}
    example = tf.train.Example.FromString(encode_example(values))
    feature = example.features.feature
    assert list(feature["b"].bytes_list.value) == values["b"]
    assert list(feature["f"].float_list.value) == values["f"]
    assert list(feature["i"].int64_list.value) == values["i"]
    assert feature["none"].WhichOneof("kind") is None
    assert sorted(feature) == sorted(values)


def test_a_frame_is_length_data_and_their_sums() -> None:
    data = b"x" * 300
    whole = frame(data)
    assert len(whole) == 8 + 4 + 300 + 4
    assert struct.unpack("<Q", whole[:8]) == (300,) and whole[12:312] == data


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setitem(sys.modules, "google_crc32c", None)
    with pytest.raises(ConfigError, match="tfrecord needs google-crc32c: pip install"):
        TFRecordFormat(tmp_path, 0)
