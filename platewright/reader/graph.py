"""Recurrent layers as ONNX's own operators, added to an exported graph.

Keras' loops export as hundreds of nodes, or as loops that ONNX Runtime runs one step at a time. The
standard has LSTM and GRU (ONNX operator documentation), with their gates in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["add_tail"]

FloatArray = NDArray[np.float32]


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
