"""Exports for other programs: each run by its own runtime, beside Keras."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from platewright.file import file_digest
from platewright.interface import draw
from platewright.network.interchange import FORMATS, INPUTS, OUTPUTS, RATIO, TOLD, file_names
from platewright.network.weights import BundleSettings
from platewright.reading import finder
from platewright.reading.choice import detector_of
from platewright.reading.runtime import KerasNetwork, OnnxNetwork, open_session
from platewright.reading.settings import ACCEPTED
from tests.script import Done, run_here

ROOT = Path(__file__).resolve().parents[2]
NPZ = ROOT / "weights.npz"
NEAR = 1e-4
SHAPES = {"scan": [(1, 180, 322, 1), (2, 77, 90, 1)], "frame": [(5, 32, 96, 1), (1, 32, 96, 1)],
          "line": [(3, 64, 192, 1), (1, 64, 192, 1)]}  # fmt: skip
SCENES = 50
REGIONS = ("GB", "DE", "FR", "US-CA", "IN", "BR")
FloatArray = NDArray[np.float32]
Runner = Callable[[str, FloatArray], dict[str, FloatArray]]


@pytest.fixture(scope="module")
def exported(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The bundled weights in all formats."""

    def fill(folder: Path) -> None:
        done = run(folder, str(NPZ), "--format", ",".join(FORMATS), "--out", str(folder))
        assert done.returncode == 0, done.stderr
        names = [line.partition(": ")[0] for line in done.stdout.splitlines()]
        assert names == [str(folder / name) for name in file_names(FORMATS)]

    return made_once("exported-for-others", fill)


def run(folder: Path, *words: str) -> Done:
    return run_here(folder, "export.py", *words)


class LiteRtNetwork:
    """Both files, as `platewright.reading` runs networks."""

    def __init__(self, folder: Path, ending: str, settings: BundleSettings) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.settings = replace(settings, origin=None)  # which is not exported
        files = [Interpreter(str(folder / f"{n}{ending}.tflite")) for n in ("scan", "reading")]
        self.runners = {part: files[part != "scan"].get_signature_runner(part) for part in INPUTS}

    def run(self, outputs: Sequence[str], inputs: dict[str, NDArray[Any]]) -> list[FloatArray]:
        (source,) = inputs
        (part,) = (part for part in INPUTS if INPUTS[part] == source)
        found = self.runners[part](**inputs)
        return [found[name] for name in outputs]


def onnx_runner(folder: Path) -> Runner:
    sessions = {name: open_session(folder / f"{name}.onnx")[0] for name in ("scan", "reading")}

    def run_part(part: str, x: FloatArray) -> dict[str, FloatArray]:
        session = sessions["scan" if part == "scan" else "reading"]
        idle = {i.name: np.zeros((0, *i.shape[1:]), np.float32)
                for i in session.get_inputs() if i.name != INPUTS[part]}  # fmt: skip
        found = session.run(list(OUTPUTS[part]), idle | {INPUTS[part]: x})
        return dict(zip(OUTPUTS[part], found, strict=True))

    return run_part


def litert_runner(folder: Path) -> Runner:
    pytest.importorskip("ai_edge_litert", reason="needs LiteRT: pip install ai-edge-litert")
    network = LiteRtNetwork(folder, "", OnnxNetwork(ROOT / "weights.float.onnx").settings)

    def run_part(part: str, x: FloatArray) -> dict[str, FloatArray]:
        return dict(zip(OUTPUTS[part], network.run(OUTPUTS[part], {INPUTS[part]: x}), strict=True))

    return run_part


def savedmodel_runner(folder: Path) -> Runner:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder / "savedmodel"))

    def run_part(part: str, x: FloatArray) -> dict[str, FloatArray]:
        found = loaded.signatures[part](**{INPUTS[part]: tf.constant(x)})
        return {name: value.numpy() for name, value in found.items()}

    return run_part


@pytest.fixture(scope="module")
def keras_network() -> KerasNetwork:
    return KerasNetwork.load(NPZ)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # TensorFlow's own
@pytest.mark.parametrize("runner", [onnx_runner, litert_runner, savedmodel_runner])
def test_its_runtime_computes_what_keras_does(
    exported: Path, keras_network: KerasNetwork, runner: Callable[[Path], Runner]
) -> None:
    run_part, rng = runner(exported), np.random.default_rng(3)
    for part, shapes in SHAPES.items():
        for shape in shapes:
            x = rng.random(shape, np.float32)
            wanted = keras_network.run(OUTPUTS[part], {INPUTS[part]: x})
            found = run_part(part, x)
            assert set(found) == {*OUTPUTS[part]}
            for name, want in zip(OUTPUTS[part], wanted, strict=True):
                assert found[name].shape == want.shape, name
                assert np.abs(found[name] - want).max() < NEAR, name


@pytest.mark.slow
def test_8_bits_read_the_same_texts(exported: Path) -> None:
    """Beside the same file of 32 bits: ONNX weights tell the region by its colours besides."""
    pytest.importorskip("ai_edge_litert", reason="needs LiteRT: pip install ai-edge-litert")
    settings = OnnxNetwork(ROOT / "weights.float.onnx").settings
    first, second = (detector_of(LiteRtNetwork(exported, e, settings)) for e in ("", ".int8"))
    sure, lost = 0, 0
    for k in range(SCENES):
        picture = draw(REGIONS, seed=6, index=k, size=(288, 480), preset="gate").picture
        both = first.read(picture), second.read(picture)
        for readings, others in (both, both[::-1]):
            wanted = {r.text for r in readings if r.complete
                      and r.confidence >= ACCEPTED and r.presence >= 0.9}  # fmt: skip
            lost += len(wanted - {r.text for r in others})
            sure += len(wanted)
    assert sure >= SCENES and not lost
    sizes = [(exported / f"reading{e}.tflite").stat().st_size for e in ("", ".int8")]
    assert sizes[1] < 0.4 * sizes[0]


@pytest.mark.slow
def test_every_file_tells_how_it_is_used(exported: Path) -> None:
    settings = OnnxNetwork(ROOT / "weights.float.onnx").settings
    scan, frame, line = settings.scan, settings.frame, settings.line
    wanted: dict[str, Any] = {
        "scan.window": scan.grid.window, "scan.stride": scan.grid.stride,
        "scan.extent": scan.extent, "scan.ratio": finder.RATIO,
        "frame.window": frame.window, "frame.margin": frame.margin,
        "line.window": line.window, "line.margin": line.margin, "line.lines": line.lines,
        "line.longest": line.longest, "line.temperature": line.temperature,
        "line.characters": line.characters, "alphabet": line.characters,
        "licence": "MIT", "made_of": file_digest(NPZ),
    }  # fmt: skip
    assert RATIO == finder.RATIO
    both = json.loads(json.dumps(wanted))
    told = json.loads((exported / "savedmodel/assets.extra" / TOLD).read_text())
    assert told == both
    for name, parts in (("scan", "scan"), ("reading", ("frame", "line", "alphabet"))):
        own = {k: v for k, v in both.items()
               if k in ("licence", "made_of") or k.startswith(parts)}  # fmt: skip
        for ending in ("", ".int8"):
            with zipfile.ZipFile(exported / f"{name}{ending}.tflite") as end:
                assert json.loads(end.read(TOLD)) == own
        props = open_session(exported / f"{name}.onnx")[2]
        assert "settings" in props
        assert own == {k: json.loads(v) if "." in k else v
                       for k, v in props.items() if k != "settings"}  # fmt: skip


def test_onnx_is_made_of_exported_weights_without_keras(tmp_path: Path) -> None:
    """Of 8-bit ones as well; and what it makes can be opened here."""
    done = run(tmp_path, str(ROOT / "weights.onnx"), "--licence", "mine")
    assert done.returncode == 0, done.stderr
    network = OnnxNetwork(tmp_path / "exported/reading.onnx")
    assert network.settings.names == ("frame", "line")
    told = open_session(tmp_path / "exported/scan.onnx")[2]
    assert told["licence"] == "mine" and told["made_of"] == file_digest(ROOT / "weights.onnx")
    (x,) = open_session(tmp_path / "exported/scan.onnx")[0].get_inputs()
    assert x.shape == ["count", "height", "width", 1]
    again = run(tmp_path)
    assert again.returncode == 1 and "scan.onnx: there already" in again.stderr
    assert run(tmp_path, "--force").returncode == 0
    assert open_session(tmp_path / "exported/scan.onnx")[2]["licence"] == "MIT"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--format", "onnx,coreml"], 2, "no format 'coreml'; known: onnx, litert, savedmodel"),
        (["--format", ","], 2, "it is empty; name one"),
        ([str(ROOT / "weights.float.onnx"), "--format", "litert"], 1, "are made of an .npz file"),
        ([str(ROOT / "readers/crnn-gru.onnx")], 1, "has crnn-gru and no scan"),
        (["none.npz"], 1, "none.npz: no such weights file"),
        (["none.onnx"], 1, "none.onnx: no such weights file"),
        ([__file__], 1, "weights end in .npz or .onnx"),
        (["--out", __file__], 1, "can't be made into a folder"),
    ],
)
def test_what_can_not_be_exported(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == code and said in done.stderr, done.stderr
    assert not list(tmp_path.rglob("*.onnx"))
    assert done.stdout == ""
