"""One network in two files: `.npz` for Keras, `.onnx` for ONNX Runtime."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from platewright.errors import WeightsError
from platewright.file import file_digest
from platewright.network import export
from platewright.network.export import export_beside, write_onnx
from platewright.network.weights import BundleSettings, load_weights, save_weights
from platewright.reading.choice import detector_of
from platewright.reading.finder import ScanFinder
from platewright.reading.runtime import (
    KerasNetwork,
    OnnxNetwork,
    levels,
    load_network,
    open_session,
)
from platewright.reading.settings import DetectorSettings
from tests.network.conftest import looks
from tests.network.test_scan import read, scan

ROOT = Path(__file__).resolve().parents[2]
ALONE = ("attention", "box", "crnn-gru", "crnn-lstm")


@pytest.fixture(scope="module")
def both(small_npz: Path, small_onnx: Path) -> tuple[KerasNetwork, OnnxNetwork]:
    keras, onnx = KerasNetwork.load(small_npz), load_network(small_onnx)
    assert isinstance(keras, KerasNetwork) and isinstance(onnx, OnnxNetwork)
    return keras, onnx


def test_the_export_lies_beside_and_carries_the_settings(
    small_npz: Path, small_onnx: Path, small: BundleSettings
) -> None:
    assert small_onnx == small_npz.with_suffix(".onnx")
    assert OnnxNetwork(small_onnx).settings == small
    assert {p.name for p in small_npz.parent.iterdir()} == {"small.npz", "small.onnx"}


@pytest.mark.parametrize("size", [(47, 95), (64, 128), (131, 200)])
def test_both_scan_alike(both: tuple[KerasNetwork, OnnxNetwork], size: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 256, size, np.uint8)
    (a, b), (c, d) = (scan(runtime, picture) for runtime in both)
    assert a.shape == c.shape == both[0].settings.scan.grid.shape(*size)
    assert np.abs(a - c).max() < 1e-4 and np.abs(b - d).max() < 1e-4


def test_an_axis_too_many_of_the_converters_is_taken_off(small_onnx: Path, tmp_path: Path) -> None:
    import onnx
    from onnx import helper, numpy_helper

    proto = onnx.load(str(small_onnx))
    name, inner = "scan_presence", "before"
    for node in proto.graph.node:
        node.output[:] = [inner if o == name else o for o in node.output]
    proto.graph.initializer.append(numpy_helper.from_array(np.array([0], np.int64), "first"))
    proto.graph.node.append(helper.make_node("Unsqueeze", [inner, "first"], [name]))
    picture = np.random.default_rng(1).integers(0, 256, (90, 141), np.uint8)
    (wanted,) = OnnxNetwork(small_onnx).run([name], {"image": levels(picture[None])})
    for mended in (False, True):
        if mended:
            export.squeeze(proto, {name: 4})
        onnx.checker.check_model(proto)
        (path := tmp_path / f"{mended}.onnx").write_bytes(proto.SerializeToString())
        (got,) = OnnxNetwork(path).run([name], {"image": levels(picture[None])})
        assert got.shape == (wanted.shape if mended else (1, *wanted.shape))
        assert np.array_equal(got.reshape(wanted.shape), wanted)


@pytest.mark.parametrize("count", [1, 5])
def test_both_read_alike(both: tuple[KerasNetwork, OnnxNetwork], count: int) -> None:
    windows = np.random.default_rng(1).integers(0, 256, (count, 64, 192), np.uint8)
    for a, b in zip(*(read(runtime, windows) for runtime in both), strict=True):
        assert a.shape == b.shape and len(a) == count
        assert np.abs(a - b).max() < 1e-4


def test_detectors_of_both_say_the_same(both: tuple[KerasNetwork, OnnxNetwork]) -> None:
    everything = DetectorSettings(
        min_presence=0.0, second_look=0.0, min_characters=0, max_candidates=6
    )
    photo = np.random.default_rng(8).integers(0, 256, (120, 200, 3), np.uint8)
    first, second = (detector_of(runtime, everything).read(photo) for runtime in both)
    assert len(first) == len(second) > 0
    for a, b in zip(first, second, strict=True):
        assert a.text == b.text
        assert a.confidence == pytest.approx(b.confidence, abs=1e-4)
        assert a.presence == pytest.approx(b.presence, abs=1e-4)
        assert a.quad == pytest.approx(b.quad, abs=0.05)
        assert a.slots == pytest.approx(b.slots, abs=1e-4)


def test_weights_run_as_what_was_exported_from_them(
    small_npz: Path, small_onnx: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    npz, onnx = (Path(shutil.copy(path, tmp_path)) for path in (small_npz, small_onnx))
    assert isinstance(load_network(npz), OnnxNetwork)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert isinstance(load_network(npz), KerasNetwork)
    monkeypatch.delenv("KERAS_BACKEND")
    arrays, settings, note = load_weights(npz)
    scan = {name: value for name, value in arrays.items() if name.startswith("scan_")}
    settings = replace(settings, slots=None)  # one converts faster than two
    save_weights(npz, scan, settings, {**note, "steps": 1})  # trained on, not exported yet
    assert isinstance(load_network(npz), KerasNetwork)
    export_beside(npz)
    assert isinstance(load_network(npz), OnnxNetwork)
    onnx.write_bytes(b"damaged")
    assert isinstance(load_network(npz), KerasNetwork)


@pytest.mark.parametrize("name", ["weights", *(f"readers/{kind}" for kind in ALONE)])
def test_the_bundled_weights_run_as_what_was_exported_from_them(name: str) -> None:
    told = open_session(ROOT / f"{name}.onnx")[2]
    assert told["made_of"] == file_digest(ROOT / f"{name}.npz")


def test_onnx_files_that_are_none(tmp_path: Path, small_onnx: Path) -> None:
    path = tmp_path / "w.onnx"
    with pytest.raises(WeightsError, match=r"w\.onnx: no such weights file"):
        load_network(path)
    path.write_bytes(small_onnx.read_bytes()[:5000])
    with pytest.raises(WeightsError, match=r"w\.onnx: not a usable \.onnx file") as caught:
        load_network(path)
    assert "\n" not in str(caught.value)


def test_an_onnx_file_of_another_program(tmp_path: Path, small_onnx: Path) -> None:
    onnx = pytest.importorskip("onnx")
    proto = onnx.load(str(small_onnx))
    del proto.metadata_props[:]
    path = tmp_path / "w.onnx"
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(WeightsError, match="not exported by this program: no settings"):
        load_network(path)


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"w\.h5: weights end in \.npz or \.onnx"):
        load_network(tmp_path / "w.h5")


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_an_export_that_fails_says_why_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    """Here, and in the process of its own that another back end needs."""
    import keras

    started: list[Any] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        started.append(command)
        return subprocess.run(command, **options)

    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setattr(export, "subprocess", SimpleNamespace(run=run))
    path = tmp_path / "w.npz"
    save_weights(path, {"a": np.zeros(3, np.float32)}, looks())
    with pytest.raises(WeightsError, match=r"w\.npz: the \.onnx export failed: .*lacks") as caught:
        export_beside(path)
    assert "\n" not in str(caught.value)
    assert not path.with_suffix(".onnx").exists()
    assert len(started) == (backend != "tensorflow")


def test_an_output_with_one_more_axis_is_the_same(tmp_path: Path, small_onnx: Path) -> None:
    """The converter does that now and then, in one run of many."""
    onnx = pytest.importorskip("onnx")
    proto = onnx.load(str(small_onnx))
    graph = proto.graph
    (last,) = (n for n in graph.node if "scan_presence" in n.output)
    last.output[:] = ["as_before"]
    graph.initializer.append(onnx.numpy_helper.from_array(np.array([0]), "front"))
    graph.node.append(onnx.helper.make_node("Unsqueeze", ["as_before", "front"], ["scan_presence"]))
    (value,) = (v for v in graph.output if v.name == "scan_presence")
    value.type.tensor_type.ClearField("shape")
    path = tmp_path / "w.onnx"
    path.write_bytes(proto.SerializeToString())
    picture = np.random.default_rng(1).integers(0, 256, (64, 128), np.uint8)
    both = (ScanFinder(OnnxNetwork(file)).look(picture) for file in (path, small_onnx))
    for a, b in zip(*both, strict=True):
        assert a.shape == b.shape and (a == b).all()


@pytest.mark.slow
def test_an_export_that_computes_something_else_is_refused(
    tmp_path: Path, small: BundleSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tf2onnx")
    from platewright.network.kind import build

    small = replace(small, slots=None)  # one converts faster than two
    networks = build(small)
    network = networks.run
    write = network.export

    def spoil(*args: Any, **options: Any) -> None:
        weights = network.get_weights()
        network.set_weights([w + 0.1 for w in weights])
        write(*args, **options)
        network.set_weights(weights)

    monkeypatch.setattr(network, "export", spoil)
    with pytest.raises(WeightsError, match=r"converter to \.onnx failed: .* is not what Keras"):
        write_onnx(networks, small, tmp_path / "w.onnx")
    assert not list(tmp_path.iterdir())
