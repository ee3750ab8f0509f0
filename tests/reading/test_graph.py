"""The networks of a file, taken apart: they compute what they did together."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import WeightsError
from platewright.reading import runtime
from platewright.reading.graph import BYTES, GRAPH, _fields, _varint, take_apart
from platewright.reading.runtime import OnnxNetwork, open_session

WEIGHTS = Path(__file__).parents[2] / "weights.onnx"
ASKED = {
    "image": ((1, 160, 208, 1), ("scan_presence", "scan_corners")),
    "find": ((3, 32, 96, 1), ("frame_presence", "frame_corners")),
    "plate": ((2, 64, 192, 1), ("steps", "plate_presence", "plate_corners")),
    "colours": ((2, 48, 128, 3), ("origin",)),
}


def test_every_network_stands_alone_and_says_the_same() -> None:
    parts = take_apart(WEIGHTS.read_bytes())
    assert sorted(part.inputs for part in parts) == [(name,) for name in sorted(ASKED)]
    assert sum(len(part.model) for part in parts) < 1.1 * WEIGHTS.stat().st_size
    whole, only_asked, _ = open_session(WEIGHTS)
    idle = {
        x.name: np.zeros((0, *(v if isinstance(v, int) else 128 for v in x.shape[1:])), np.float32)
        for x in whole.get_inputs()
    }
    network, rng = OnnxNetwork(WEIGHTS), np.random.default_rng(1)
    for name, (shape, outputs) in ASKED.items():
        given = {name: rng.random(shape, np.float32)}
        wanted = whole.run(list(outputs), idle | given, only_asked)
        for there, here in zip(wanted, network.run(outputs, given), strict=True):
            assert np.array_equal(there, here)


def test_what_is_asked_of_several_comes_in_the_order_asked() -> None:
    network, rng = OnnxNetwork(WEIGHTS), np.random.default_rng(2)
    given = {name: rng.random(ASKED[name][0], np.float32) for name in ("find", "plate")}
    steps, frame, presence = network.run(["steps", "frame_presence", "plate_presence"], given)
    assert np.array_equal(frame, network.run(["frame_presence"], given)[0])
    assert (len(steps), len(frame), len(presence)) == (2, 3, 2)
    with pytest.raises(WeightsError, match="has no lines_of_verse"):
        network.run(["lines_of_verse"], given)
    with pytest.raises(WeightsError, match="has no sound"):
        network.run(["steps"], given | {"sound": given["find"]})


def test_remarks_as_large_as_a_file_are_left_behind(tmp_path: Path) -> None:
    whole, long = WEIGHTS.read_bytes(), bytes(5_000_000)

    def field(number: int, content: bytes) -> bytes:
        return _varint(number << 3 | BYTES) + _varint(len(content)) + content

    at = next(f for f in _fields(memoryview(whole)) if f.number == GRAPH)
    graph = field(GRAPH, whole[at.content : at.end] + field(10, long))  # its documentation
    entry = field(14, field(1, b"more") + field(2, long))
    (tmp_path / "a.onnx").write_bytes(
        whole[: at.start] + graph + whole[at.end :] + field(6, long) + entry
    )
    before = take_apart(whole)
    assert take_apart((tmp_path / "a.onnx").read_bytes()) == before
    assert sum(b"settings" in part.model for part in before) == 1
    network = OnnxNetwork(tmp_path / "a.onnx")
    assert network.settings == OnnxNetwork(WEIGHTS).settings


@pytest.mark.parametrize("size", [0, 1, 100, 4096, -1])
def test_what_is_cut_off_is_told(size: int) -> None:
    with pytest.raises(ValueError, match=r"ONNX|cut off|nothing"):
        take_apart(WEIGHTS.read_bytes()[:size])


def test_a_file_that_cant_be_taken_apart_runs_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(model: bytes) -> list[object]:
        raise ValueError("networks that share an input")

    picture = {"find": np.random.default_rng(3).random(ASKED["find"][0], np.float32)}
    (wanted,) = OnnxNetwork(WEIGHTS).run(["frame_presence"], picture)
    monkeypatch.setattr(runtime, "take_apart", refuse)
    network = OnnxNetwork(WEIGHTS)
    assert len(network._parts) == 1
    assert np.array_equal(network.run(["frame_presence"], picture)[0], wanted)


def test_noise_in_a_file_is_no_error_of_another_kind(tmp_path: Path) -> None:
    rng, whole = np.random.default_rng(4), bytearray(WEIGHTS.read_bytes())
    for at in rng.integers(0, 60_000, 12).tolist():
        model = bytearray(whole)
        model[at : at + 8] = rng.bytes(8)
        path = tmp_path / "noise.onnx"
        path.write_bytes(model)
        with contextlib.suppress(WeightsError):
            OnnxNetwork(path)
