"""Rounds the weights of 8-bit convolutions so that their errors cancel (GPTQ).

Rounding each weight to the nearest step loses most where neighbouring pixels are alike, as they are
in pictures: their errors add up. Here every error is made up for by the weights that are yet to be
rounded, by how alike their inputs are on drawings (Frantar et al. 2023, https://arxiv.org/abs/2210.17323),
and what is left of it in the mean by the bias.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from platewright.geometry import FloatArray

LOWEST, HIGHEST = -64, 63  #: Of weights, in steps: 7 bits
PATCHES = 6000  #: Of every layer's input, from each batch
DAMPING = 0.01  #: Of the inputs' mean variance, added to that of each: few patches tell no more


def round_weights(
    small: Any, plain: Any, samples: Iterable[dict[str, NDArray[np.float32]]]
) -> None:
    """Round the weights of a graph's 8-bit convolutions anew.

    Args:
        small: ONNX graph with convolutions of 8 bits, each input followed by its
            `DequantizeLinear`; changed.
        plain: the graph that it was made of, with the same names, in 32 bits.
        samples: inputs of the graph by name, batch by batch.
    """
    from onnx import numpy_helper

    first = {each.name: each for each in plain.graph.initializer}
    stored = {each.name: each for each in small.graph.initializer}
    whole = {node.name: node for node in plain.graph.node if node.op_type == "Conv"}
    made_by = {name: node for node in small.graph.node for name in node.output}
    found = [
        (node, made_by[node.input[1]], made_by[node.input[2]])
        for node in small.graph.node
        if node.op_type == "Conv" and node.input[1] in made_by
    ]
    moments = _moments(
        small, [(node, stored[w.input[0]].dims[2:]) for node, w, _ in found], samples
    )

    def array(name: str, of: dict[str, Any]) -> FloatArray:
        return np.asarray(numpy_helper.to_array(of[name]), np.float64)

    for node, weights, bias in found:
        kernel, constant = (array(name, first) for name in whole[node.name].input[1:3])
        flat = kernel.reshape(len(kernel), -1)
        step = array(weights.input[1], stored)
        mean, covariance = moments[node.name]
        rounded = compensate(flat, step, covariance)
        constant += (flat - rounded * step[:, None]) @ mean
        for name, value in (
            (weights.input[0], rounded.reshape(kernel.shape).astype(np.int8)),
            (bias.input[0], np.round(constant / array(bias.input[1], stored)).astype(np.int32)),
        ):
            stored[name].CopyFrom(numpy_helper.from_array(value, name))


def compensate(weights: FloatArray, step: FloatArray, covariance: FloatArray) -> FloatArray:
    """Round weights one after the other, each error made up for by those that follow.

    Args:
        weights: (outputs, inputs).
        step: (outputs,) between two values that a weight may have.
        covariance: (inputs, inputs) of what the weights are multiplied by.

    Returns:
        (outputs, inputs) whole numbers of steps, `LOWEST` to `HIGHEST`.
    """
    damped = covariance + DAMPING * np.mean(np.diag(covariance)) * np.eye(len(covariance))
    order = np.argsort(
        -np.diag(damped)
    )  # what counts most is rounded while most can make up for it
    factor = np.linalg.cholesky(np.linalg.inv(damped[np.ix_(order, order)])).T
    left = weights[:, order].copy()
    rounded = np.empty_like(left)
    for k in range(len(order)):
        rounded[:, k] = np.clip(np.round(left[:, k] / step), LOWEST, HIGHEST)
        error = (left[:, k] - rounded[:, k] * step) / factor[k, k]
        left[:, k:] -= np.outer(error, factor[k, k:])
    return np.asarray(rounded[:, np.argsort(order)])


def _moments(
    small: Any,
    convolutions: list[tuple[Any, Sequence[int]]],
    samples: Iterable[dict[str, NDArray[np.float32]]],
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return mean and covariance of what convolutions with kernels of these sizes multiply."""
    import onnx
    import onnxruntime

    shown = onnx.ModelProto()
    shown.CopyFrom(small)
    names = list(dict.fromkeys(node.input[0] for node, _ in convolutions))
    del shown.graph.output[:]
    shown.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    session = onnxruntime.InferenceSession(
        shown.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    wanted = [each.name for each in session.get_inputs()]
    rng = np.random.default_rng(0)
    sums: dict[str, Any] = {node.name: (0.0, 0.0, 0) for node, _ in convolutions}
    for sample in samples:
        values = dict(zip(names, session.run(names, {n: sample[n] for n in wanted}), strict=True))
        for node, kernel in convolutions:
            seen = _patches(rng, values[node.input[0]], kernel, node)
            total, square, count = sums[node.name]
            sums[node.name] = total + seen.sum(0), square + seen.T @ seen, count + len(seen)
    return {
        name: (total / count, square / count - np.outer(total / count, total / count))
        for name, (total, square, count) in sums.items()
    }


def _patches(
    rng: np.random.Generator, value: NDArray[np.float32], kernel: Sequence[int], node: Any
) -> FloatArray:
    """Return (PATCHES, channels x height x width) of what a kernel sees."""
    told = {each.name: list(each.ints) for each in node.attribute}
    top, left, bottom, right = told.get("pads", [0] * 4)
    padded = np.pad(value, ((0, 0), (0, 0), (top, bottom), (left, right)))
    down, across = told.get("strides", [1, 1])
    views = sliding_window_view(padded, tuple(kernel), (2, 3))[:, :, ::down, ::across]
    batch, _, height, width = views.shape[:4]
    one, row, column = (rng.integers(0, size, PATCHES) for size in (batch, height, width))
    return views[one, :, row, column].reshape(PATCHES, -1).astype(np.float64)
