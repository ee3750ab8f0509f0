"""What runs the networks of a weights file: ONNX Runtime on an exported file, or Keras."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from platewright.errors import WeightsError
from platewright.network.settings import BundleSettings
from platewright.recognizer.runtime import exported_beside, levels, open_session

__all__ = ["KerasNetworks", "Networks", "OnnxNetworks", "is_bundle", "load_networks"]

FloatArray = NDArray[np.float32]
Picture = NDArray[np.uint8]
Arrays = dict[str, NDArray[np.float32]]


class Networks(Protocol):
    """The networks of a weights file."""

    settings: BundleSettings

    def run(self, outputs: list[str], inputs: Arrays) -> list[FloatArray]:
        """Compute some outputs from the inputs that they need."""
        ...


class OnnxNetworks:
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
        self.settings = BundleSettings.from_json(told["settings"], str(path))
        self.made_of = told.get("made_of", "")
        # Every input must be given, also those that nothing is computed from.
        least = {"image": self.settings.scan.grid.window} if self.settings.scan else {}
        self._idle = {
            x.name: np.zeros((1, *least.get(x.name, x.shape[1:3]), x.shape[3]), np.float32)
            for x in self._session.get_inputs()
        }

    def run(self, outputs: list[str], inputs: Arrays) -> list[FloatArray]:
        """See `Networks`."""
        return list(self._session.run(outputs, self._idle | inputs, self._only_asked))


class KerasNetworks:
    """Runs a Keras model, a trained one or one built from a weights file."""

    def __init__(self, model: Any, settings: BundleSettings) -> None:
        """Keep them."""
        self.model, self.settings = model, settings
        self._parts: dict[tuple[str, ...], Any] = {}

    @classmethod
    def load(cls, path: Path) -> KerasNetworks:
        """Build the networks of a weights file.

        Raises:
            WeightsError: if the file is missing, damaged or of other networks, or Keras is missing.
        """
        from platewright.recognizer.weights import load_file, set_arrays

        arrays, found, _ = load_file(path)
        settings = BundleSettings.from_json(found, str(path))
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        try:
            from platewright.network.bundle import build_bundle
        except ImportError:
            raise WeightsError(
                f"{path}: .npz weights need Keras (pip install -r requirements.txt); "
                "the .onnx beside it does not"
            ) from None
        model = build_bundle(settings)
        set_arrays(model, arrays, str(path))
        return cls(model, settings)

    def run(self, outputs: list[str], inputs: Arrays) -> list[FloatArray]:
        """See `Networks`."""
        import keras

        key = (*outputs, *inputs)
        if key not in self._parts:  # nothing is computed that isn't asked for
            given = {x.name: x for x in self.model.inputs if x.name in inputs}
            self._parts[key] = keras.Model(given, {k: self.model.output[k] for k in outputs})
        found = self._parts[key](inputs, training=False)
        return [np.asarray(keras.ops.convert_to_numpy(found[k]), np.float32) for k in outputs]


def load_networks(path: Path, threads: int = 1) -> Networks:
    """Return what runs a weights file, by its suffix; of a `.npz`, see `exported_beside`.

    Raises:
        WeightsError: if it can't be used.
    """
    if path.suffix.lower() == ".onnx":
        return OnnxNetworks(path, threads)
    if path.suffix.lower() == ".npz":
        found = exported_beside(path, lambda beside: OnnxNetworks(beside, threads))
        return found or KerasNetworks.load(path)
    raise WeightsError(f"{path}: weights end in .npz or .onnx")


def grey_levels(pictures: Picture) -> FloatArray:
    """Return (n, h, w) grey pictures as networks take them: (n, h, w, 1), 0-1."""
    return levels(pictures)


def is_bundle(settings: str) -> bool:
    """Tell whether a weights file's settings are those of several networks."""
    try:
        return set(json.loads(settings)) <= {"scan", "frame", "line", "origin"}
    except (ValueError, TypeError):
        return False
