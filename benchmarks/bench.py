"""Every path of the program beside its floor, in one run: `make bench`.

Run: python benchmarks/bench.py [NAME ...] [--seconds 24]

Each path does a little of its work in turns with what bounds it from below, or with the plain loop
that one would write in its place, and the median ratio of the processor's seconds is told: other
work on the machine lengthens what a clock shows, but these less, and both of a turn alike. What the
floors are:

- drawing, scenes: drawing the same windows, or scenes, without writing them;
- training: the steps of the default networks on batches held in memory;
- extraction: a loop of OpenCV's decoding, resizing and encoding;
- reading: the multiplications of all looks that the reading takes, at the rate that ONNX Runtime
  reaches here in a stack of 8-bit convolutions, plus decoding and one resize;
- start: importing NumPy, OpenCV and ONNX Runtime and loading the weights;
- video: decoding the frames;
- folder: two plain loops over halves of the photos, their starts included (by the clock, and
  beside one process: benchmarks/folder.py).

Photos are docs/street.jpg at several sizes, so that it runs anywhere. Writes results/bench.json and
docs/bench.png.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as in train.py
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ.setdefault(name, "1")

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from checkout import ROOT, children_s, write_result  # noqa: E402

from platewright.errors import run_script  # noqa: E402
from platewright.evaluation.report import default_digests, processor  # noqa: E402

STREET = ROOT / "docs/street.jpg"
SIZES = (1280, 1024, 800, 640)
"""Widths of the street that are read, pixels."""
SECONDS = 0.5
"""About how long drawing takes in one turn; the turns of other paths are their work once."""
TURNS = 5
"""So many at least."""
WARM, WARM_SCENES = 600, 60
"""Windows, or scenes, drawn before any is counted."""
FRAMES = 60
PHOTOS = 24
WORKERS = 2

Part = Callable[[], float]
"""Does its work once and returns the seconds that it took."""


def processor_s(work: Callable[[], object], times: int = 1) -> float:
    """Return the processor's seconds of work, its child processes included, for one time."""
    began = time.process_time() + children_s()
    for _ in range(times):
        work()
    return (time.process_time() + children_s() - began) / times


def drawing(scratch: Path) -> tuple[Part, Part]:
    """Windows drawn and written as `gen.py --grey` does it, beside windows drawn."""
    return drawn(scratch, scenes=False)


def scenes(scratch: Path) -> tuple[Part, Part]:
    """Scenes drawn and written as `gen.py --scenes` does it, beside scenes drawn."""
    return drawn(scratch, scenes=True)


def drawn(scratch: Path, *, scenes: bool) -> tuple[Part, Part]:
    """Samples drawn and written, beside samples drawn, as many at a time."""
    from platewright.generation.job import draw_run, make_job, run_size, write_run

    pictures = (480, 640) if scenes else (64, 128)
    job = make_job(seed=5, size=pictures, scenes=scenes, grey=not scenes, poses=4)
    size = run_size(job)
    fresh = (range(k * size, (k + 1) * size) for k in itertools.count())

    def draw(indices: range) -> object:
        return list(draw_run(job, indices))

    for _ in range(
        (WARM_SCENES if scenes else WARM) // size
    ):  # faces, regions and glyphs are read once
        draw(next(fresh))

    def part(work: Callable[[range], object]) -> float:
        began, drawn = time.monotonic(), 0

        def draw_on() -> None:
            nonlocal drawn
            while time.monotonic() - began < SECONDS:
                work(next(fresh))
                drawn += size

        return processor_s(draw_on) / drawn

    write = functools.partial(write_run, job, scratch)
    return functools.partial(part, write), functools.partial(part, draw)


def training(scratch: Path) -> tuple[Part, Part]:
    """Steps with the drawing of their batches, beside steps on held batches."""
    from platewright.network.kind import DEFAULT, load_kind
    from platewright.training.fit import Trainer, TrainSettings
    from platewright.training.stream import make_drawing, prepare
    from platewright.training.task import load_task

    tasks = [load_task(load_kind(kind).recipe()) for kind in DEFAULT]
    settings = TrainSettings(decay=1e-2, clip=5.0)
    draw = make_drawing(0, None, settings.samples, tasks)
    held = [draw(k) for k in range(2)]
    trainer = Trainer(tasks, settings, scratch / "run")
    fresh = itertools.count(2)

    def step(batch: Any) -> None:
        inputs, targets = batch
        trainer.model.train_on_batch(prepare(inputs), targets)

    step(held[0])
    return (
        lambda: processor_s(lambda: step(draw(next(fresh)))),
        lambda: processor_s(lambda: step(held[next(fresh) % 2])),
    )


def extraction(scratch: Path) -> tuple[Part, Part]:
    """`extractbgs.py` of an archive of photos, beside the plain loop over it."""
    import tarfile

    from extraction import ours, plain

    archive = scratch / "photos.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as out:
        for k, path in enumerate(photos(scratch, PHOTOS)):
            out.add(path, f"{k:03d}.jpg")
    folders = (scratch / f"bgs{k}" for k in itertools.count())

    def part(extract: Callable[[Path], int]) -> float:
        folder = next(folders)
        folder.mkdir()
        return processor_s(lambda: extract(folder))

    return (
        lambda: part(lambda folder: ours(archive, folder, 256, 1)),
        lambda: part(lambda folder: plain(archive, folder, 256)),
    )


def reading(scratch: Path) -> tuple[Part, Part]:
    """Photos read from their files, beside what no reading with these networks can do without."""
    from platewright.image import load_image
    from platewright.reading import runtime
    from platewright.reading.choice import load_detector

    paths = photos(scratch, len(SIZES))
    detector = load_detector(ROOT / "weights.onnx")
    fed: list[tuple[str, tuple[int, ...]]] = []
    run = runtime.OnnxNetwork.run

    def noted(self: Any, outputs: Any, inputs: dict[str, Any]) -> Any:
        fed.extend((key, value.shape) for key, value in inputs.items())
        return run(self, outputs, inputs)

    runtime.OnnxNetwork.run = noted  # type: ignore[method-assign]
    for path in paths:
        detector.read(load_image(path))
    runtime.OnnxNetwork.run = run  # type: ignore[method-assign]
    macs = sum(count_macs(ROOT / "weights.onnx", *each) for each in fed)
    stack, of_stack = convolutions(scratch)

    def floor() -> float:
        def decode() -> None:
            for path in paths:
                grey = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2GRAY)
                cv2.resize(grey, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)

        return processor_s(stack, 5) * macs / of_stack + processor_s(decode, 3)

    def read() -> None:
        for path in paths:
            detector.read(load_image(path))

    return lambda: processor_s(read), floor


@functools.cache
def count_macs(path: Path, name: str, shape: tuple[int, ...]) -> int:
    """Return the multiplications of all that an exported file computes from one input."""
    import onnx

    model = onnx.load(path)
    for given in model.graph.input:
        wanted = shape if given.name == name else (0,) * len(shape)
        for dimension, size in zip(given.type.tensor_type.shape.dim, wanted, strict=False):
            dimension.dim_value = size
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {
        value.name: [d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in (*inferred.value_info, *inferred.input, *inferred.output)
    } | {each.name: list(each.dims) for each in inferred.initializer}
    reached, total = {name}, 0
    for node in inferred.node:
        if not reached & set(node.input):
            continue
        reached |= set(node.output)
        out = shapes.get(node.output[0], [])
        if node.op_type == "Conv":
            total += int(np.prod(out) * np.prod(shapes[node.input[1]][1:]))
        elif node.op_type in ("MatMul", "Gemm"):
            total += int(np.prod(out) * shapes.get(node.input[0], [0])[-1])
    return total


def convolutions(scratch: Path) -> tuple[Callable[[], object], int]:
    """Return a stack of 8-bit convolutions as ONNX Runtime runs it, and its multiplications."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
    from onnxruntime import quantization

    channels, size, depth = 64, (24, 72), 6
    rng = np.random.default_rng(0)
    nodes, weights = [], []
    for k in range(depth):
        values = rng.normal(0, 0.05, (channels, channels, 3, 3)).astype(np.float32)
        weights.append(numpy_helper.from_array(values, f"w{k}"))
        nodes.append(helper.make_node("Conv", [f"x{k}", f"w{k}"], [f"y{k}"], pads=[1, 1, 1, 1]))
        nodes.append(helper.make_node("Relu", [f"y{k}"], [f"x{k + 1}"]))
    shape = [4, channels, *size]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in ("x0", f"x{depth}")]
    graph = helper.make_graph(nodes, "stack", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    given = {"x0": rng.random(shape, np.float32)}

    class Once(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left = iter([given])

        def get_next(self) -> dict[str, Any] | None:
            return next(self._left, None)

    path = scratch / "stack.onnx"
    logging.disable(logging.WARNING)  # it is as plain as it can be
    quantization.quantize_static(
        model, str(path), Once(), activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8, per_channel=True, reduce_range=True,
    )  # fmt: skip
    logging.disable(logging.NOTSET)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options)
    session.run(None, given)
    return lambda: session.run(None, given), depth * 9 * channels * int(np.prod(shape))


def start(scratch: Path) -> tuple[Part, Part]:
    """`detect.py` of one photo, beside the libraries and the weights that it can't do without."""
    bare = "import numpy, cv2, onnxruntime as o; o.InferenceSession('weights.onnx')"

    def part(*command: str) -> float:
        full = [sys.executable, *command]
        done = functools.partial(subprocess.run, full, cwd=ROOT, check=True, capture_output=True)
        return processor_s(done)

    detect = functools.partial(part, "detect.py", str(STREET), "--threads", "1")
    detect()  # what is compiled and kept at the first start
    return detect, functools.partial(part, "-c", bare)


def video(scratch: Path) -> tuple[Part, Part]:
    """A clip watched, beside decoding its frames."""
    clip = scratch / "clip.mp4"
    street = cv2.imread(str(STREET))
    height, width = 720, 1280
    far = cv2.resize(street, (int(width * 1.1), int(height * 1.1)))
    out = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), 25, (width, height))
    for k in range(FRAMES):
        out.write(far[k : k + height, 2 * k : 2 * k + width])
    out.release()

    def decode() -> None:
        frames = cv2.VideoCapture(str(clip))
        while frames.read()[0]:
            pass

    command = [sys.executable, "watch.py", str(clip), "--jsonl", str(scratch / "told.jsonl"),
               "--threads", "1", "--force"]  # fmt: skip
    watch = functools.partial(subprocess.run, command, cwd=ROOT, check=True, capture_output=True)
    return lambda: processor_s(watch), lambda: processor_s(decode, 3)


def folder(scratch: Path) -> tuple[Part, Part]:
    """`detect.py` of a folder with two processes, beside two plain loops."""
    from folder import command, loops

    paths = photos(scratch, PHOTOS)
    return (
        lambda: processor_s(lambda: command(paths[0].parent, WORKERS)),
        lambda: processor_s(lambda: loops(paths, WORKERS)),
    )


@functools.cache
def photos(scratch: Path, count: int) -> list[Path]:
    """Write the street at several sizes, and return the files."""
    street = cv2.imread(str(STREET))
    place = scratch / f"photos{count}"
    place.mkdir()
    for k in range(count):
        width = SIZES[k % len(SIZES)]
        size = (width, width * street.shape[0] // street.shape[1])
        cv2.imwrite(str(place / f"{k:03d}.jpg"), cv2.resize(street, size))
    return sorted(place.iterdir())


PATHS = (drawing, scenes, training, extraction, reading, start, video, folder)


def measured(parts: tuple[Part, Part], seconds: float) -> dict[str, float]:
    """Let both parts take turns, and return medians.

    Args:
        seconds: how long, by the clock; `TURNS` at least.

    Returns:
        Seconds of both, their ratio, half of the turns' ratios around it as a part of it
        (`spread`), and how many turns there were.
    """
    times, end = [], time.monotonic() + seconds
    while len(times) < TURNS or time.monotonic() < end:
        times.append((parts[0](), parts[1]()))
    low, ratio, high = statistics.quantiles((ours / floor for ours, floor in times), n=4)
    return {
        "ours_s": round(statistics.median(ours for ours, _ in times), 5),
        "floor_s": round(statistics.median(floor for _, floor in times), 5),
        "ratio": round(ratio, 3),
        "spread": round((high - low) / ratio, 3),
        "turns": len(times),
    }


def draw_chart(result: dict[str, dict[str, float]], path: Path) -> None:
    """Draw the ratios as bars."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [name for name in result if "ratio" in result[name]][::-1]
    figure = Figure((7, 0.42 * len(names) + 1), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    bars = axes.barh(names, [result[name]["ratio"] for name in names], color="#3b6ea5")
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.axvline(1, color="#c0392b", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel("time over that of the floor (1)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def chosen(names: list[str]) -> Iterator[Callable[[Path], tuple[Part, Part]]]:
    """Yield the paths that were named, else all."""
    return (path for path in PATHS if not names or path.__name__ in names)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = [path.__name__ for path in PATHS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)} (all)")
    parser.add_argument("--seconds", type=float, default=24, help="of each path (%(default)s)")
    args = parser.parse_args()
    if unknown := sorted(set(args.names) - set(known)):
        parser.error(f"{unknown[0]} is none of {', '.join(known)}")
    cv2.setNumThreads(1)
    found: dict[str, dict[str, float]] = {}
    for path in chosen(args.names):
        with tempfile.TemporaryDirectory(dir=ROOT) as scratch:
            found[path.__name__] = measured(path(Path(scratch)), args.seconds)
        print(path.__name__, found[path.__name__], flush=True)
    if args.names:
        return
    result = {
        "command": f"python benchmarks/bench.py --seconds {args.seconds:g}",
        **default_digests(ROOT / "weights.onnx"),
        "processor": processor(),
        "load_average": round(os.getloadavg()[0], 1),
        "paths": found,
    }
    draw_chart(found, ROOT / "docs/bench.png")
    write_result(ROOT / "results/bench.json", result)


if __name__ == "__main__":
    run_script(main, "bench.py")
