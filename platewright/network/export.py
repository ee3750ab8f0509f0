"""Writes the `.onnx` file of any weights file: python -m platewright.network.export NPZ ONNX.

What detect.py runs without Keras. Recurrent layers become ONNX's own operators: Keras' loops export
as hundreds of nodes, or as loops that ONNX Runtime runs one step at a time. The standard has LSTM
and GRU (ONNX operator documentation), with their gates in another order.
"""

import contextlib
import importlib.util
import io
import os
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.errors import OutputError, WeightsError
from platewright.file import file_digest, write_file
from platewright.lock import scratch_folder
from platewright.network.kind import Networks
from platewright.network.weights import AnySettings, load_networks

FloatArray = NDArray[np.float32]
TOLERANCE = 1e-2
"""Largest difference between Keras and ONNX Runtime: rounding stays a hundred times below it."""


def export(weights: Path, path: Path) -> None:
    """Export a weights file, with its settings and its digest in the metadata.

    Raises:
        WeightsError: if the weights can't be used, or the back end isn't TensorFlow.
        OutputError: if the export can't be written.
    """
    networks, settings = load_networks(weights)
    write_onnx(networks, settings, path, file_digest(weights))


def write_onnx(networks: Networks, settings: AnySettings, path: Path, made_of: str = "") -> None:
    """Export Keras models, with the networks' settings in the file's metadata.

    Args:
        made_of: SHA-256 of the weights file that they are of; empty: of none.

    Raises:
        OutputError: if the file can't be written.
        WeightsError: if another back end than TensorFlow is in use, which can't export, or if what
            was exported computes something else than the model.
    """
    import keras
    import onnx

    if keras.backend.backend() != "tensorflow":
        raise WeightsError("the .onnx export needs KERAS_BACKEND=tensorflow")
    model = networks.run if networks.head is None else networks.head
    # What may be of any size is tried out at the size of the scan's window.
    least = getattr(getattr(settings, "scan", None), "grid", None)
    rng = np.random.default_rng(0)
    inputs = {}
    for x in model.inputs:
        shape = (1, *least.window, 1) if least and None in x.shape[1:] else (1, *x.shape[1:])
        inputs[x.name] = rng.random(shape).astype(x.dtype)
    wanted = model(inputs, training=False)
    with scratch_folder() as folder:
        raw = folder / "raw.onnx"
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the converter's own
            model.export(str(raw), format="onnx", verbose=False)
        proto = onnx.load(str(raw))
        told = {k: keras.ops.convert_to_numpy(v) for k, v in wanted.items()}
        squeeze(proto, _compare(raw, inputs, told))
    onnx.helper.set_model_props(proto, {"settings": settings.to_json(), "made_of": made_of})
    if networks.tail:
        add_tail(proto, networks.tail, "steps", networks.tail_output)
        onnx.checker.check_model(proto)
    write_file(path, proto.SerializeToString())


def _compare(path: Path, inputs: dict[str, Any], wanted: dict[str, Any]) -> dict[str, int]:
    """Return how many axes outputs shall have that have one more; WeightsError if values differ.

    The converter's simplifications go by the order of sets, that of Python's hashes: in one export
    of twelve the last `Squeeze` before an output is lost with them (tf2onnx 1.17).
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    surplus = {}
    for name, want in wanted.items():
        (got,) = session.run([name], inputs)
        if got.shape == (1, *want.shape):
            surplus[name] = want.ndim
        elif got.shape != want.shape:
            raise WeightsError(f"the converter to .onnx failed: {name} is {got.shape}")
        if np.abs(got.reshape(want.shape) - want).max() > TOLERANCE:
            raise WeightsError(f"the converter to .onnx failed: {name} is not what Keras computes")
    return surplus


def squeeze(proto: Any, ranks: Mapping[str, int]) -> None:
    """Take the first axis, of length one, off outputs of an ONNX model, in place.

    Args:
        ranks: how many axes are left, by the output's name.
    """
    from onnx import helper, numpy_helper

    graph = proto.graph
    for name, rank in ranks.items():
        inner = f"{name}/surplus"
        (output,) = (o for o in graph.output if o.name == name)
        del output.type.tensor_type.shape.dim[:-rank]
        for node in graph.node:
            node.output[:] = [inner if o == name else o for o in node.output]
            node.input[:] = [inner if i == name else i for i in node.input]
        axes = numpy_helper.from_array(np.array([0], np.int64), f"{inner}/axes")
        graph.initializer.append(axes)
        graph.node.append(helper.make_node("Squeeze", [inner, axes.name], [name], name=name))


def export_beside(weights: Path) -> list[Path]:
    """Export a weights file to the `.onnx` beside it.

    The export needs the TensorFlow back end. Where that is at work already it exports here, which
    spares another start; else in a process of its own.

    Returns:
        The file, or nothing when TensorFlow or its converter is not installed.

    Raises:
        WeightsError: if the export fails.
    """
    if any(importlib.util.find_spec(name) is None for name in ("tensorflow", "tf2onnx", "onnx")):
        return []
    path = weights.with_suffix(".onnx")
    keras = sys.modules.get("keras")
    if keras is not None and keras.backend.backend() == "tensorflow":
        try:
            export(weights, path)
        except OutputError:
            raise
        except Exception as error:
            raise _failed(weights, str(error)) from error
        return [path]
    command = [sys.executable, "-m", __name__, str(weights), str(path)]
    home = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(p for p in (home, os.environ.get("PYTHONPATH")) if p)
    quiet = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": paths}
    done = subprocess.run(
        command, env=os.environ | quiet, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise _failed(weights, done.stderr)
    return [path]


def _failed(weights: Path, said: str) -> WeightsError:
    """Return what says why an export failed: the last line of what was said."""
    last = (said.strip().splitlines() or ["no message"])[-1]
    return WeightsError(f"{weights}: the .onnx export failed: {last}")


def add_tail(proto: Any, layers: Sequence[Any], source: str, target: str) -> None:
    """Add layers to a graph; its output `source` (B, T, C) is replaced by `target`.

    Args:
        proto: an ONNX model, changed in place.
        layers: `Bidirectional` of `LSTM` or `GRU`, and `Dense`, with their weights.
        source: name of the output that they take.
        target: name of what they yield, (B, T, C).

    Raises:
        ValueError: if a layer is of another kind, or an option of it has no counterpart.
    """
    import onnx
    from onnx import helper, numpy_helper

    graph = proto.graph

    def constant(name: str, value: Any) -> str:
        graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        graph.node.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    at = node("Transpose", [source], f"{target}/in_time", perm=[1, 0, 2])
    for k, layer in enumerate(layers):
        name, kind = f"{target}/{k}", type(layer).__name__
        if kind == "Dense":
            weights, bias = (np.asarray(w, np.float32) for w in layer.get_weights())
            at = node("MatMul", [at, constant(f"{name}/w", weights)], f"{name}/product")
            at = node("Add", [at, constant(f"{name}/b", bias)], f"{name}/sum")
            continue
        if kind != "Bidirectional":
            raise ValueError(f"{layer.name} is a {kind}")
        cell = type(layer.forward_layer).__name__
        both = [_gates(part) for part in (layer.forward_layer, layer.backward_layer)]
        stacked = [np.stack(pair) for pair in zip(*both, strict=True)]  # directions first
        inputs = [constant(f"{name}/{n}", v) for n, v in zip("wrb", stacked, strict=True)]
        attributes: dict[str, Any] = {
            "direction": "bidirectional",
            "hidden_size": layer.forward_layer.units,
        }
        if cell == "GRU":
            attributes["linear_before_reset"] = 1
        at = node(cell, [at, *inputs], f"{name}/both", **attributes)  # (T, 2, B, units)
        if layer.merge_mode == "sum":
            axes = constant(f"{name}/axes", np.array([1], np.int64))
            at = node("ReduceSum", [at, axes], f"{name}/merged", keepdims=0)
        else:
            at = node("Transpose", [at], f"{name}/turned", perm=[0, 2, 1, 3])
            shape = constant(f"{name}/shape", np.array([0, 0, -1], np.int64))
            at = node("Reshape", [at, shape], f"{name}/merged")
    node("Transpose", [at], target, perm=[1, 0, 2])
    (old,) = (output for output in graph.output if output.name == source)
    graph.output.remove(old)
    made = helper.make_tensor_value_info(target, onnx.TensorProto.FLOAT, [None, None, None])
    graph.output.append(made)


def _gates(layer: Any) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return one direction's weights as ONNX has them: (gates, in), (gates, units), (2 gates,)."""
    kernel, recurrent, bias = (np.asarray(w, np.float32) for w in layer.get_weights())
    kind, units = type(layer).__name__, layer.units
    if kind == "GRU":
        if not layer.reset_after:
            raise ValueError(f"{layer.name}: reset_after is off")
        order: tuple[int, ...] = (0, 1, 2)  # update, reset, hidden in both
        biases = bias.reshape(2, -1)
    else:
        order = (0, 3, 1, 2)  # in, out, forget, cell
        biases = np.stack([bias, np.zeros_like(bias)])
    pick = np.concatenate([np.arange(units) + k * units for k in order])
    return kernel.T[pick], recurrent.T[pick], biases[:, pick].reshape(-1)


def make_products(graph: Any) -> None:
    """Make products over the last axis of the last convolutions, 1 by 1 and of 32 bits.

    What is computed in 8 bits has its channels last. Of convolutions behind it ONNX Runtime turns
    the axes round, twice, and copies their input for each: that took longer than themselves.
    """
    from onnx import helper, numpy_helper

    weights = {x.name: x for x in graph.initializer}
    rectified = {node.input[0] for node in graph.node if node.op_type == "Relu"}
    of_input: dict[str, list[Any]] = {}
    for node in graph.node:
        kernel = weights.get(node.input[1]) if node.op_type == "Conv" else None
        small = kernel is not None and [*kernel.dims[2:]] == [1, 1]
        if small and node.output[0] not in rectified:
            of_input.setdefault(node.input[0], []).append(node)
    nodes: list[Any] = []

    def add(kind: str, inputs: list[str], *outputs: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, outputs, name=outputs[0], **attributes))
        return outputs[0]

    def constant(name: str, values: NDArray[Any]) -> str:
        graph.initializer.append(numpy_helper.from_array(values, name))
        return name

    for node in graph.node:
        name = node.input[0] if node.input else ""
        same = of_input.get(name, [])
        if node not in same:
            nodes.append(node)
            continue
        if node is not same[0]:
            continue  # with the first
        kernels, biases = (
            [numpy_helper.to_array(weights[each.input[k]]) for each in same] for k in (1, 2)
        )
        kernel = np.ascontiguousarray(np.concatenate(kernels)[:, :, 0, 0].T)
        at = add("Transpose", [name], f"{name}/last", perm=[0, 2, 3, 1])
        at = add("MatMul", [at, constant(f"{name}/kernels", kernel)], f"{name}/product")
        at = add("Add", [at, constant(f"{name}/biases", np.concatenate(biases))], f"{name}/sum")
        parts = [at]
        if len(same) > 1:
            sizes = constant(f"{name}/sizes", np.array([len(bias) for bias in biases]))
            parts = [f"{each.output[0]}/last" for each in same]
            add("Split", [at, sizes], *parts, axis=3)
        for part, each in zip(parts, same, strict=True):
            add("Transpose", [part], each.output[0], perm=[0, 3, 1, 2])
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [x for x in graph.initializer if x.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
