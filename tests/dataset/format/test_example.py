"""Records and sums, against TensorFlow and a plain loop."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from platewright.dataset.format.tfrecord import crc32c, encode_example, frame


def plain_crc(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 127, 128, 129, 191, 192, 1000, 64 * 37 + 5])
def test_long_messages_sum_as_byte_by_byte(length: int) -> None:
    data = np.random.default_rng(length).bytes(length)
    assert crc32c(data) == plain_crc(data)


def test_the_published_sums() -> None:
    """RFC 3720, appendix B.4."""
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(bytes(range(31, -1, -1))) == 0x113FDB5C


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
