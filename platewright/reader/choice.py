"""The choice of a reader: by name, by file, or a service."""

from __future__ import annotations

from pathlib import Path

from platewright.errors import ConfigError, WeightsError
from platewright.reader.detector import BoxDetector, ReaderDetector
from platewright.reader.kind import kind_names
from platewright.reader.reader import network_reader
from platewright.reader.runtime import load_network
from platewright.reader.service import Service, ServiceReader
from platewright.recognizer.detector import Detector

__all__ = ["READERS", "find_weights", "reader_weights", "with_reader"]

READERS = Path(__file__).resolve().parents[2] / "readers"
"""Where weights lie under their network's name."""
SUFFIXES = (".onnx", ".npz")
WITHOUT_WEIGHTS = ("", "window", "api")
"""No other reader, the default network by its name, and a service."""


def find_weights(choice: str) -> Path:
    """Return the weights file of a reader: the file itself, or that of the network's name.

    A network's weights are looked for in `readers/`, of the current folder and of the program,
    then in the current folder's `runs/NAME`.

    Raises:
        ConfigError: if there is no such network.
        WeightsError: if it has no weights yet.
    """
    path = Path(choice)
    if path.suffix.lower() in SUFFIXES:
        return path
    if choice not in kind_names():
        known = ", ".join((*kind_names(), "api"))
        raise ConfigError(f"--reader: no reader {choice}; known: {known}, or a weights file")
    for folder, name in (("readers", choice), (READERS, choice), (f"runs/{choice}", "weights")):
        for suffix in SUFFIXES:
            found = Path(folder) / f"{name}{suffix}"
            if found.is_file():
                return found
    raise WeightsError(
        f"--reader {choice}: no readers/{choice}.onnx; python train.py --network {choice} makes it"
    )


def reader_weights(choice: str) -> Path | None:
    """Return the weights file that a choice reads with beside the default network's; None: none.

    Raises:
        ConfigError, WeightsError: as `find_weights`.
    """
    return None if choice in WITHOUT_WEIGHTS else find_weights(choice)


def with_reader(detector: Detector, choice: str, *, threads: int = 1, beams: int = 8) -> Detector:
    """Return a detector that reads, or finds, with another reader.

    Args:
        detector: of the default network.
        choice: a network's name, a weights file, or `api`.
        threads: that the reader's network may use.
        beams: texts that its search follows at once; 1: none but the most probable.

    Raises:
        ConfigError: if there is no such reader.
        WeightsError: if its weights can't be used.
        ServiceError: if the environment names no service.
    """
    if choice == "api":
        return ReaderDetector(detector, ServiceReader(Service.from_environment()))
    if choice == "window":
        return detector
    network = load_network(find_weights(choice), threads)
    if network.settings.task == "box":
        return BoxDetector(detector, network)
    return ReaderDetector(detector, network_reader(network, beams=beams))
