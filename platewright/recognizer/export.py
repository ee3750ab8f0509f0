"""Writes the `.onnx` file that `detect.py` runs without TensorFlow."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.errors import WeightsError
from platewright.file import file_digest, write_file
from platewright.recognizer.settings import NetworkSettings
from platewright.recognizer.weights import load_arrays, set_arrays

__all__ = ["example", "export_beside", "export_onnx", "write_model", "write_onnx"]

TOLERANCE = 1e-2
"""Largest difference between Keras and ONNX Runtime: rounding stays a hundred times below it."""


def write_onnx(model: Any, settings: NetworkSettings, path: Path, made_of: str = "") -> None:
    """Export a Keras model, with the network's settings in the file's metadata.

    Args:
        model: from `build_network`, on the TensorFlow back end.
        settings: of the network.
        path: the `.onnx` file.
        made_of: SHA-256 of the weights file that the model is of; empty: of none.

    Raises:
        OutputError: if the file can't be written.
        WeightsError: if another back end than TensorFlow is in use, which can't export.
    """
    sizes = {"image": settings.grid.window, "window": settings.read_window}
    inputs = {name: example((1, *size, 1)) for name, size in sizes.items()}
    write_model(model, inputs, settings.to_json(), path, made_of)


def example(shape: tuple[int, ...], dtype: str = "float32") -> NDArray[Any]:
    """Return an input to compare by: uniform noise 0-1, or zeros of a type of whole numbers."""
    return np.random.default_rng(0).random(shape).astype(dtype)


def write_model(
    model: Any, inputs: dict[str, Any], settings: str, path: Path, made_of: str = ""
) -> None:
    """Export any Keras model.

    Args:
        model: on the TensorFlow back end.
        inputs: of its kind, by name, on which both must compute the same.
        settings: JSON, for the file's metadata.
        path: the `.onnx` file.
        made_of: see `write_onnx`.

    Raises:
        OutputError: if the file can't be written.
        WeightsError: if another back end than TensorFlow is in use, which can't export, or if what
            was exported computes something else than the model.
    """
    import keras
    import onnx

    if keras.backend.backend() != "tensorflow":
        raise WeightsError("the .onnx export needs KERAS_BACKEND=tensorflow")
    wanted = model(inputs, training=False)
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.onnx"
        with contextlib.redirect_stdout(io.StringIO()):
            model.export(str(raw), format="onnx", verbose=False)
        _compare(raw, inputs, {k: keras.ops.convert_to_numpy(v) for k, v in wanted.items()})
        proto = onnx.load(str(raw))
    onnx.helper.set_model_props(proto, {"settings": settings, "made_of": made_of})
    write_file(path, proto.SerializeToString())


def _compare(path: Path, inputs: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise WeightsError unless an exported file computes what the model does."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for name, want in wanted.items():
        (got,) = session.run([name], inputs)
        # The converter may leave one more axis of one at the front of an output.
        if got.size != want.size or np.abs(got.reshape(want.shape) - want).max() > TOLERANCE:
            raise WeightsError(f"the converter to .onnx failed: {name} is not what Keras computes")


def export_onnx(weights: Path, path: Path) -> None:
    """Export a weights file.

    Args:
        weights: the `.npz`.
        path: the `.onnx`.

    Raises:
        WeightsError: if the weights can't be used.
        OutputError: if the export can't be written.
    """
    from platewright.recognizer.network import build_network

    arrays, settings, _ = load_arrays(weights)
    model = build_network(settings)
    set_arrays(model, arrays, str(weights))
    write_onnx(model, settings, path, file_digest(weights))


def export_beside(weights: Path, module: str = "platewright.recognizer.export") -> list[Path]:
    """Export a weights file to the `.onnx` beside it, in a process of its own.

    The export needs the TensorFlow back end, whichever one the training used.

    Args:
        weights: the `.npz`.
        module: which exports this kind of weights when it is run.

    Returns:
        The file, or nothing when TensorFlow or its converter is not installed.

    Raises:
        WeightsError: if the export fails.
    """
    if any(importlib.util.find_spec(name) is None for name in ("tensorflow", "tf2onnx", "onnx")):
        return []
    path = weights.with_suffix(".onnx")
    command = [sys.executable, "-m", module, str(weights), str(path)]
    home = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(p for p in (home, os.environ.get("PYTHONPATH")) if p)
    quiet = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": paths}
    done = subprocess.run(
        command, env=os.environ | quiet, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise WeightsError(f"{weights}: the .onnx export failed: {last}")
    return [path]


if __name__ == "__main__":
    export_onnx(Path(sys.argv[1]), Path(sys.argv[2]))
