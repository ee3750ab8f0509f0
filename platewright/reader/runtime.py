"""What runs a reader's network: ONNX Runtime on an exported file, or Keras on a weights file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from platewright.errors import WeightsError
from platewright.reader.settings import ReaderSettings
from platewright.recognizer.runtime import exported_beside, open_session

__all__ = ["KerasNetwork", "Network", "OnnxNetwork", "load_network"]

Arrays = dict[str, NDArray[Any]]


class Network(Protocol):
    """A network with named inputs and outputs."""

    settings: ReaderSettings

    def run(self, outputs: Sequence[str], inputs: Arrays) -> list[NDArray[np.float32]]:
        """Compute some outputs from the inputs that they need."""
        ...


class OnnxNetwork:
    """Runs an exported `.onnx` file.

    Args:
        path: the file.
        threads: that it may use.

    Raises:
        WeightsError: if the file is missing, damaged or no reader's.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load the file."""
        self._session, self._only_asked, told = open_session(path, threads)
        self.settings = ReaderSettings.from_json(told["settings"], str(path))
        self.made_of = told.get("made_of", "")
        # Every input must be given, also those that nothing is computed from.
        kinds = {"tensor(int32)": np.int32}
        self._idle = {
            x.name: np.zeros((1, *x.shape[1:]), kinds.get(x.type, np.float32))
            for x in self._session.get_inputs()
        }

    def run(self, outputs: Sequence[str], inputs: Arrays) -> list[NDArray[np.float32]]:
        """See `Network`."""
        return list(self._session.run(list(outputs), self._idle | inputs, self._only_asked))


class KerasNetwork:
    """Runs a Keras model, a trained one or one built from a weights file."""

    def __init__(self, model: Any, settings: ReaderSettings) -> None:
        """Keep them."""
        self.model, self.settings = model, settings
        self._parts: dict[tuple[str, ...], Any] = {}

    @classmethod
    def load(cls, path: Path) -> KerasNetwork:
        """Build the network of a weights file.

        Raises:
            WeightsError: if the file is missing, damaged or of another network.
            ConfigError: if Keras is not installed.
        """
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        from platewright.reader.weights import load_networks

        networks, settings = load_networks(path)
        return cls(networks.run, settings)

    def run(self, outputs: Sequence[str], inputs: Arrays) -> list[NDArray[np.float32]]:
        """See `Network`."""
        import keras

        key = (*outputs, *inputs)
        if key not in self._parts:  # nothing is computed that isn't asked for
            given = {x.name: x for x in self.model.inputs if x.name in inputs}
            self._parts[key] = keras.Model(given, {k: self.model.output[k] for k in outputs})
        found = self._parts[key](inputs, training=False)
        return [np.asarray(keras.ops.convert_to_numpy(found[k]), np.float32) for k in outputs]


def load_network(path: Path, threads: int = 1) -> Network:
    """Return what runs a reader's weights, by their suffix; of a `.npz`, see `exported_beside`.

    Raises:
        WeightsError: if they can't be used.
    """
    if path.suffix.lower() == ".onnx":
        return OnnxNetwork(path, threads)
    if path.suffix.lower() == ".npz":
        found = exported_beside(path, lambda beside: OnnxNetwork(beside, threads))
        return found or KerasNetwork.load(path)
    raise WeightsError(f"{path}: a reader's weights end in .npz or .onnx")
