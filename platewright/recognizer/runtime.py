"""What runs the network: ONNX Runtime on an exported file, or Keras on a weights file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from platewright.errors import WeightsError
from platewright.file import file_digest
from platewright.recognizer.settings import NetworkSettings

__all__ = [
    "Exported",
    "KerasRuntime",
    "OnnxRuntime",
    "Runtime",
    "exported_beside",
    "levels",
    "load_runtime",
    "open_session",
]

FloatArray = NDArray[np.float32]
Picture = NDArray[np.uint8]


class Runtime(Protocol):
    """The two looks."""

    settings: NetworkSettings

    def scan(self, image: Picture) -> tuple[FloatArray, FloatArray]:
        """Look one over a grey (H, W) picture.

        Returns:
            presence logits (rows, cols), corner offsets (rows, cols, 8).
        """
        ...

    def read(self, windows: Picture) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Look two at (n, h, w) grey windows.

        Returns:
            slot probabilities (n, slots, classes), presence logits (n,), corners (n, 8).
        """
        ...


class Exported(Protocol):
    """What runs an exported file."""

    made_of: str
    """SHA-256 of the weights file that it was exported from; empty where it doesn't tell."""


AnyExported = TypeVar("AnyExported", bound=Exported)


def exported_beside(path: Path, load: Callable[[Path], AnyExported]) -> AnyExported | None:
    """Return what runs the `.onnx` beside a `.npz`, where it was exported from just this file.

    It computes the same, starts in a tenth of the time, and needs no Keras. Whoever names a
    `KERAS_BACKEND` gets none.

    Args:
        path: the `.npz`.
        load: opens a `.onnx` file.
    """
    beside = path.with_suffix(".onnx")
    if os.environ.get("KERAS_BACKEND") or not beside.is_file():
        return None
    with contextlib.suppress(OSError, WeightsError):
        found = load(beside)
        return found if found.made_of == file_digest(path) else None
    return None


def open_session(path: Path, threads: int = 1) -> tuple[Any, Any, dict[str, str]]:
    """Open an exported file of any network.

    Args:
        path: the `.onnx` file.
        threads: that one picture may use.

    Returns:
        The session, the options of a run that computes no more than what is asked for, and what
        the file tells of itself: `settings`, JSON, and maybe `made_of`.

    Raises:
        WeightsError: if the file is missing, damaged or of another program.
    """
    import onnxruntime

    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        told = dict(session.get_modelmeta().custom_metadata_map)
    except Exception as error:  # the runtime raises classes of its own, without a common base
        raise WeightsError(f"{path}: not a usable .onnx file ({_first_line(error)})") from None
    if "settings" not in told:
        raise WeightsError(f"{path}: not exported by this program: no settings")
    only_asked = onnxruntime.RunOptions()
    only_asked.only_execute_path_to_fetches = True
    return session, only_asked, told


class OnnxRuntime:
    """Runs an exported `.onnx` file.

    Args:
        path: the file.
        threads: that one picture may use.

    Raises:
        WeightsError: if the file is missing, damaged or of another program.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load the file."""
        self._session, self._only_asked, told = open_session(path, threads)
        self.settings = NetworkSettings.from_json(told["settings"], str(path))
        self.made_of = told.get("made_of", "")
        grid = self.settings.grid
        self._no_image = np.zeros((1, *grid.window, 1), np.float32)
        self._no_window = np.zeros((1, *self.settings.read_window, 1), np.float32)

    def scan(self, image: Picture) -> tuple[FloatArray, FloatArray]:
        """See `Runtime`."""
        feed = {"image": levels(image[None]), "window": self._no_window}
        presence, corners = self._session.run(
            ["scan_presence", "scan_corners"], feed, self._only_asked
        )
        # Now and then the converter leaves one more axis of one at the front of the first.
        return presence.reshape(corners.shape[1:3]), corners[0]

    def read(self, windows: Picture) -> tuple[FloatArray, FloatArray, FloatArray]:
        """See `Runtime`."""
        feed = {"image": self._no_image, "window": levels(windows)}
        slots, presence, corners = self._session.run(
            ["slots", "presence", "corners"], feed, self._only_asked
        )
        return slots, presence[:, 0], corners


class KerasRuntime:
    """Runs a Keras model, a trained one or one built from a weights file."""

    def __init__(self, model: Any, settings: NetworkSettings) -> None:
        """Take the two looks of a model apart."""
        import keras

        self.settings = settings
        outputs = (
            dict(zip(model.output_names, model.outputs, strict=True))
            if not isinstance(model.output, dict)
            else model.output
        )
        inputs = model.input
        self._scan = keras.Model(
            inputs["image"], [outputs["scan_presence"], outputs["scan_corners"]]
        )
        self._read = keras.Model(
            inputs["window"], [outputs["slots"], outputs["presence"], outputs["corners"]]
        )

    @classmethod
    def load(cls, path: Path) -> KerasRuntime:
        """Build the network of a weights file.

        Raises:
            WeightsError: if the file is missing, damaged or of another network.
        """
        from platewright.recognizer.weights import load_arrays, set_arrays

        arrays, settings, _ = load_arrays(path)
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        try:
            from platewright.recognizer.network import build_network
        except ImportError:
            raise WeightsError(
                f"{path}: .npz weights need Keras (pip install -r requirements.txt); "
                "the .onnx beside it does not"
            ) from None
        model = build_network(settings)
        set_arrays(model, arrays, str(path))
        return cls(model, settings)

    def scan(self, image: Picture) -> tuple[FloatArray, FloatArray]:
        """See `Runtime`."""
        presence, corners = _host(self._scan(levels(image[None]), training=False))
        return presence[0, ..., 0], corners[0]

    def read(self, windows: Picture) -> tuple[FloatArray, FloatArray, FloatArray]:
        """See `Runtime`."""
        slots, presence, corners = _host(self._read(levels(windows), training=False))
        return slots, presence[:, 0], corners


def load_runtime(path: Path, threads: int = 1) -> Runtime:
    """Return what runs a weights file, by its suffix; of a `.npz`, see `exported_beside`.

    Raises:
        WeightsError: if it can't be used.
    """
    if path.suffix.lower() == ".onnx":
        return OnnxRuntime(path, threads)
    if path.suffix.lower() == ".npz":
        found = exported_beside(path, lambda beside: OnnxRuntime(beside, threads))
        return found or KerasRuntime.load(path)
    raise WeightsError(f"{path}: weights end in .npz or .onnx")


def levels(pictures: Picture) -> FloatArray:
    """Return (n, h, w) grey pictures as networks take them: (n, h, w, 1), 0-1."""
    return pictures[..., None].astype(np.float32) * np.float32(1 / 255)


def _host(tensors: Any) -> list[FloatArray]:
    from keras import ops

    return [np.asarray(ops.convert_to_numpy(t), np.float32) for t in tensors]


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
