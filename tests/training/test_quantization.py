"""8-bit weights read what the others read; and the bundled ones are made of the bundled ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import OutputError, WeightsError
from platewright.file import file_digest
from platewright.geometry import FloatArray, iou
from platewright.network.export import make_products
from platewright.network.interchange import OUTPUTS
from platewright.reading.choice import detector_of
from platewright.reading.runtime import OnnxNetwork, open_session
from platewright.synth.street.picture import draw_street
from platewright.training.merge import INPUTS, replace_network
from platewright.training.quantization import (
    HIGHEST,
    LOWEST,
    _inputs,
    compensate,
    main,
)

SAID = OUTPUTS | {"origin": ("origin",)}
ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "weights.float.onnx"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """What the command makes and says, of few drawings."""
    folder = tmp_path_factory.mktemp("quantized")
    command = [sys.executable, "-m", "platewright.training.quantization", str(WEIGHTS), "w.onnx"]
    done = subprocess.run(
        [*command, "--batches", "2", "--bgs", "none", "--seed", "0"], cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "w.onnx", done.stdout


@pytest.fixture(scope="module")
def small(made: tuple[Path, str]) -> Path:
    return made[0]


def test_the_settings_stay_and_the_file_shrinks(small: Path) -> None:
    assert OnnxNetwork(small).settings == OnnxNetwork(WEIGHTS).settings
    assert small.stat().st_size < 0.65 * WEIGHTS.stat().st_size


@pytest.mark.parametrize("name", ["made here", "bundled"])
def test_a_street_is_read_alike(small: Path, name: str) -> None:
    path = small if name == "made here" else ROOT / "weights.onnx"
    picture, _ = draw_street(np.random.default_rng(7))
    wanted, found = (detector_of(OnnxNetwork(p)).read(picture) for p in (WEIGHTS, path))
    assert len(wanted) >= 3
    sure = [r for r in wanted if r.accepted]
    for one in sure:
        (same,) = [r for r in found if iou(r.box, one.box) > 0.5]
        assert same.text == one.text and abs(same.confidence - one.confidence) < 0.3


def test_the_middle_convolutions_are_of_8_bits(small: Path) -> None:
    onnx = pytest.importorskip("onnx")
    graph = onnx.load(str(small)).graph
    made_by = {name: node for node in graph.node for name in node.output}
    kinds = [
        node.input[1] in made_by and made_by[node.input[1]].op_type == "DequantizeLinear"
        for node in graph.node
        if node.op_type == "Conv"
    ]
    assert sum(kinds) == 31 and len(kinds) - sum(kinds) == 13
    products = [node for node in graph.node if node.name.endswith("/product")]
    assert len(products) == 3  # the scan's two in one, where lines run, what they say
    assert "characters" not in [x.name for x in graph.output]


def test_products_say_what_the_last_convolutions_would(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    import onnxruntime

    rng = np.random.default_rng(0)
    layers = {"mix": ("map", 6), "here": ("seen", 1), "corners": ("seen", 8), "alone": ("map", 3)}
    initializers, nodes = [], []
    for name, (source, channels) in layers.items():
        for part, shape in (("w", (channels, 6, 1, 1)), ("b", (channels,))):
            values = rng.normal(size=shape).astype(np.float32)
            initializers.append(onnx.numpy_helper.from_array(values, f"{name}/{part}"))
        inputs = [source, f"{name}/w", f"{name}/b"]
        nodes.append(onnx.helper.make_node("Conv", inputs, [name], name=name))
        if name == "mix":
            nodes.append(onnx.helper.make_node("Relu", ["mix"], ["seen"], name="seen"))
    float32, outputs = onnx.TensorProto.FLOAT, ["here", "corners", "alone"]
    graph = onnx.helper.make_graph(
        nodes, "some",
        [onnx.helper.make_tensor_value_info("map", float32, [1, 6, None, None])],
        [
            onnx.helper.make_tensor_value_info(name, float32, [1, None, None, None])
            for name in outputs
        ],
        initializers,
    )  # fmt: skip
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 15)])
    model.ir_version = 8
    given = {"map": rng.normal(size=(1, 6, 5, 7)).astype(np.float32)}
    said = []
    for _ in range(2):
        session = onnxruntime.InferenceSession(model.SerializeToString())
        said.append(session.run(outputs, given))
        make_products(model.graph)
        onnx.checker.check_model(model)
    kinds = [node.op_type for node in model.graph.node]
    assert (kinds.count("Conv"), kinds.count("MatMul"), kinds.count("Split")) == (1, 2, 1)
    for before, after in zip(*said, strict=True):
        np.testing.assert_allclose(after, before, atol=1e-5)


def test_what_is_rounded_makes_up_for_itself() -> None:
    rng = np.random.default_rng(0)
    alike = rng.normal(size=(4000, 3)) @ rng.normal(size=(3, 40))  # as neighbouring pixels are
    inputs = alike + 0.2 * rng.normal(size=(4000, 40))
    weights = rng.normal(size=(5, 40))
    step = np.abs(weights).max(1) / HIGHEST

    def error(rounded: FloatArray) -> float:
        return float(np.std(inputs @ (rounded * step[:, None] - weights).T))

    near = np.round(weights / step[:, None])
    made_up = compensate(weights, step, np.cov(inputs.T))
    assert np.array_equal(made_up, np.round(made_up))
    assert made_up.min() >= LOWEST and made_up.max() <= HIGHEST
    assert error(made_up) < 0.5 * error(near)


def test_it_hardly_changes_what_the_network_says(small: Path) -> None:
    settings = OnnxNetwork(WEIGHTS).settings
    values = next(_inputs(settings, None, 1, seed=3))
    wanted, found = (open_session(path)[0].run(["steps"], values)[0] for path in (WEIGHTS, small))
    # The bundled ones, rounded to the nearest, are off by 0.058 of what is said of these windows.
    assert np.std(found - wanted) < 0.05 * np.std(wanted)
    assert abs(np.mean(found - wanted)) < 0.02


def test_the_bundled_ones_are_made_of_the_weights_that_are_here() -> None:
    onnx = pytest.importorskip("onnx")
    proto = onnx.load(str(ROOT / "weights.onnx"))
    facts = {each.key: each.value for each in proto.metadata_props}
    assert facts["made_of"] == file_digest(ROOT / "weights.npz") == OnnxNetwork(WEIGHTS).made_of


def test_one_network_is_replaced_and_the_others_say_what_they_said(
    small: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new.onnx"
    for _ in range(2):  # of what is put together already, too
        rest = new if new.exists() else ROOT / "weights.onnx"
        (made := tmp_path / "made.onnx").write_bytes(small.read_bytes())
        replace_network(rest, made, "origin")
        made.replace(new)
    values = next(_inputs(OnnxNetwork(WEIGHTS).settings, None, 1, seed=3))
    values = {name: value[:4] for name, value in values.items()}
    whole, look = OnnxNetwork(ROOT / "weights.onnx"), OnnxNetwork(small)
    mixed = OnnxNetwork(new)
    for task, name in INPUTS.items():
        ends = [*SAID[task]]
        wanted = (look if task == "origin" else whole).run(ends, {name: values[name]})
        for a, b in zip(wanted, mixed.run(ends, {name: values[name]}), strict=True):
            assert np.array_equal(a, b)
    assert mixed.settings == look.settings and mixed.made_of == look.made_of
    with pytest.raises(WeightsError, match="has no slots"):
        replace_network(new, small, "slots")


def test_what_can_not_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["quantization", *words])
        return main()

    with pytest.raises(WeightsError, match=r"made of an \.onnx file"):
        run(str(ROOT / "weights.npz"), str(tmp_path / "a.onnx"))
    with pytest.raises(WeightsError, match=r"none\.onnx: no such weights file"):
        run(str(tmp_path / "none.onnx"), str(tmp_path / "a.onnx"))
    there = tmp_path / "there.onnx"
    there.write_bytes(b"mine")
    with pytest.raises(OutputError, match="there already"):
        run(str(WEIGHTS), str(there))
    assert there.read_bytes() == b"mine"


def test_the_command_says_what_it_made(made: tuple[Path, str]) -> None:
    assert made[1].startswith("w.onnx: 3.8 MB (") and made[1].count("\n") == 1
