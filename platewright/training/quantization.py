"""Makes a faster `.onnx` file of 8-bit weights: python -m platewright.training.quantization.

Run: python -m platewright.training.quantization weights.float.onnx weights.onnx

The convolutions compute in 8 bits, each with the ReLU behind it, but for the first ones, which see
the picture, the last ones, which say where and what, and all of the frame, whose corners suffer
most. The ranges of what flows between them are those of drawings; no real photo is used. Weights
get 7 bits: processors without VNNI add products of 8 bits up in 16, and would overflow. Half a
minute.

Rounding each weight to the nearest step loses most where neighbouring pixels are alike, as they are
in pictures: their errors add up. Here every error is made up for by the weights that are yet to be
rounded, by how alike their inputs are on drawings (GPTQ: Frantar et al. 2023,
https://arxiv.org/abs/2210.17323), and what is left of it in the mean by the bias.

Where one network alone has learnt, the others keep their 8 bits, and say what they said:

    python -m platewright.training.quantization new.float.onnx new.onnx --only origin weights.onnx
"""

import argparse
import contextlib
import io
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from platewright.background.photo import background_folder
from platewright.errors import WeightsError, run_script
from platewright.file import claim_results, file_digest, named_path, write_file
from platewright.geometry import FloatArray
from platewright.lock import scratch_folder
from platewright.network.export import make_products
from platewright.network.kind import Recipe
from platewright.network.weights import AnySettings
from platewright.reading.runtime import OnnxNetwork
from platewright.training.calibration import HELD_OUT_SEED
from platewright.training.merge import INPUTS, replace_network
from platewright.training.sample import SampleSettings
from platewright.training.stream import make_drawing, prepare
from platewright.training.task import load_task

PERCENTILE = 99.999  #: Of the values of a layer that its range holds; the few beyond it are cut off
BATCHES = {"scenes": 8, "windows": 48}  #: Samples whose ranges are measured at once
WHOLE = ("find",)  #: Inputs of the networks that stay in 32 bits
TAUGHT = {"characters", "lines", "slot_characters", "slot_map"}  #: Outputs for teaching alone
REACH = 12  #: Operations between the last convolution and an output, at most
LOWEST, HIGHEST = -64, 63  #: Of weights, in steps: 7 bits
PATCHES = 6000  #: Of every layer's input, from each batch
DAMPING = 0.01  #: Of the inputs' mean variance, added to that of each: few patches tell no more


def quantize(
    source: Path, target: Path, backgrounds: Path | None, *, batches: int = 6, seed: int = 0
) -> None:
    """Write an exported network anew, with convolutions of 8 bits.

    Args:
        source: the `.onnx` file.
        target: the new one; replaced if it is there.
        backgrounds: folder of the drawings' photos; None or missing: they are drawn.
        batches: of drawings, 8 scenes and 48 windows each, whose ranges are measured.

    Raises:
        WeightsError: if the source is no exported network, or packages are missing.
        OutputError: if the new one can't be written.
    """
    try:
        import onnx
        from onnxruntime import quantization
        from onnxruntime.quantization.shape_inference import quant_pre_process
    except ImportError as error:
        raise WeightsError(
            f"making 8-bit weights needs {error.name} (pip install -r requirements-train.txt)"
        ) from None
    plain_network = OnnxNetwork(source)
    network = plain_network.settings
    drawings = list(_inputs(network, backgrounds, batches, seed))

    class Drawings(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left = iter(drawings)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            return next(self._left, None)

    with scratch_folder() as folder, _silence():
        plain, small = folder / "plain.onnx", folder / "small.onnx"
        quant_pre_process(str(source), str(plain), skip_symbolic_shape=True)
        whole = onnx.load(str(plain))
        quantization.quantize_static(
            str(plain),
            str(small),
            Drawings(),
            quant_format=quantization.QuantFormat.QDQ,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            op_types_to_quantize=["Conv", "Relu"],
            nodes_to_exclude=sorted(_delicate(whole.graph)),
            calibrate_method=quantization.CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": PERCENTILE},
        )
        proto = onnx.load(str(small))
        round_weights(proto, whole, drawings)
    read = [x.name for x in proto.graph.output if x.name not in TAUGHT]
    proto = onnx.utils.Extractor(proto).extract_model([x.name for x in proto.graph.input], read)
    make_products(proto.graph)
    del proto.metadata_props[:]
    told = {"settings": network.to_json(), "made_of": plain_network.made_of or file_digest(source)}
    onnx.helper.set_model_props(proto, told)
    write_file(target, proto.SerializeToString())


def _inputs(
    network: AnySettings, backgrounds: Path | None, batches: int, seed: int
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Yield what training would show the network."""
    parts = network.parts.values()
    tasks = [load_task(Recipe(settings=part, source=""), BATCHES) for part in parts]
    draw = make_drawing(seed, backgrounds, SampleSettings(), tasks)
    for index in range(batches):
        yield prepare(draw(index)[0])


def _delicate(graph: Any) -> set[str]:
    """Return the names of what stays in 32 bits.

    These are the first and the last convolutions, those of whole networks, and every ReLU that does
    not stand behind a convolution of 8 bits: one that does is part of it, so that its result is
    rounded once, and no step of 256 is spent on what is negative.
    """
    channels = {each.name: each.dims[1] for each in graph.initializer if len(each.dims) == 4}
    made_by = {name: node for node in graph.node for name in node.output}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    found = {node.name for node in convolutions if channels.get(node.input[1]) in (1, 3)}
    reached = set(WHOLE)
    for node in graph.node:  # in the order they are computed in
        if reached & set(node.input):
            reached |= set(node.output)
            found |= {node.name} if node.op_type == "Conv" else set()
    for output in graph.output:
        node = made_by.get(output.name)
        for _ in range(REACH):
            if node is None or node.op_type == "Conv":
                break
            node = made_by.get(next(iter(node.input), ""))
        if node is not None and node.op_type == "Conv":
            found.add(node.name)
    small = {node.output[0] for node in convolutions if node.name not in found}
    return found | {
        node.name for node in graph.node if node.op_type == "Relu" and node.input[0] not in small
    }


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
    # What counts most is rounded while most can make up for it.
    order = np.argsort(-np.diag(damped))
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


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep the converter's progress to itself."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def main() -> int:
    """Write 8-bit weights."""
    parser = argparse.ArgumentParser(
        prog="python -m platewright.training.quantization",
        description="Make an exported network faster: convolutions of 8 bits.",
    )
    add = parser.add_argument
    add("weights", type=named_path, metavar="WEIGHTS.onnx")
    add("out", type=named_path, metavar="OUT.onnx")
    add("--bgs", type=named_path, metavar="FOLDER",
        help="backgrounds (bgs, where it is there; none: drawn ones)")  # fmt: skip
    add("--batches", type=int, default=6, metavar="N", help="of drawings (%(default)s)")
    add("--seed", type=int, default=HELD_OUT_SEED, help="of the drawings (%(default)s)")
    add("--only", nargs=2, metavar=("TASK", "REST.onnx"),
        help=f"of one network: {', '.join(INPUTS)}; the others are REST.onnx's")  # fmt: skip
    add("--force", action="store_true", help="replace OUT.onnx")
    args = parser.parse_args()
    if args.weights.suffix != ".onnx" or args.out.suffix != ".onnx":
        raise WeightsError("8-bit weights are made of an .onnx file, and are one")
    if args.batches < 1:
        parser.error("--batches starts at 1")
    task, rest = args.only or ("", args.weights)
    if task and task not in INPUTS:
        parser.error(f"--only {task}: choose from {', '.join(INPUTS)}")
    claim_results((args.weights, Path(rest)), args.out, force=args.force)
    with scratch_folder() as folder:
        made = folder / args.out.name
        backgrounds = background_folder(args.bgs)
        quantize(args.weights, made, backgrounds, batches=args.batches, seed=args.seed)
        if task:
            replace_network(Path(rest), made, task)
        write_file(args.out, made.read_bytes())
    sizes = [path.stat().st_size / 1e6 for path in (args.weights, args.out)]
    print(f"{args.out}: {sizes[1]:.1f} MB ({args.weights}: {sizes[0]:.1f})")
    return 0


if __name__ == "__main__":
    run_script(main, "quantization")
