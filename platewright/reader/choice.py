"""The choice of a reader: by name, by file, a service, or several networks that vote."""

from __future__ import annotations

from pathlib import Path

from platewright.errors import ConfigError, WeightsError
from platewright.reader.detector import BoxDetector, ReaderDetector
from platewright.reader.kind import kind_names
from platewright.reader.reader import network_reader
from platewright.reader.runtime import load_network
from platewright.reader.service import Service, ServiceReader
from platewright.reader.vote import VotingDetector
from platewright.recognizer.detector import Detector

__all__ = ["READERS", "find_weights", "reader_weights", "voters", "with_reader"]

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


def voters(choice: str) -> tuple[str, ...]:
    """Return the names or files that a choice consists of; two and more vote together.

    >>> voters("window+crnn-lstm"), voters("crnn-gru")
    (('window', 'crnn-lstm'), ('crnn-gru',))
    """
    whole = Path(choice).suffix.lower() in SUFFIXES and Path(choice).is_file()
    return (choice,) if whole else tuple(dict.fromkeys(choice.split("+")))


def reader_weights(choice: str) -> tuple[Path, ...]:
    """Return the weights files that a choice reads with beside the default network's.

    Raises:
        ConfigError, WeightsError: as `find_weights`.
    """
    return tuple(find_weights(one) for one in voters(choice) if one not in WITHOUT_WEIGHTS)


def with_reader(detector: Detector, choice: str, *, threads: int = 1, beams: int = 8) -> Detector:
    """Return a detector that reads, or finds, with another reader.

    Args:
        detector: of the default network.
        choice: a network's name, a weights file, or `api`; several networks with `+` between them
            vote, `window` being the default one.
        threads: that the reader's network may use.
        beams: texts that its search follows at once; 1: none but the most probable.

    Raises:
        ConfigError: if there is no such reader.
        WeightsError: if its weights can't be used.
        ServiceError: if the environment names no service.
    """
    several = voters(choice)
    if len(several) > 1:
        return _voting(detector, several, threads, beams)
    (choice,) = several
    if choice == "api":
        return ReaderDetector(detector, ServiceReader(Service.from_environment()))
    if choice == "window":
        return detector
    network = load_network(find_weights(choice), threads)
    if network.settings.task == "box":
        return BoxDetector(detector, network)
    return ReaderDetector(detector, network_reader(network, beams=beams))


def _voting(detector: Detector, names: tuple[str, ...], threads: int, beams: int) -> Detector:
    """Return a detector whose texts are voted on."""
    readers = []
    for name in names:
        if name == "window":
            continue
        if name == "api":
            raise ConfigError("--reader: api gives no probabilities, so it has no vote")
        network = load_network(find_weights(name), threads)
        if network.settings.task == "box":
            raise ConfigError("--reader: box reads no text, so it has no vote")
        readers.append(network_reader(network, beams=beams))
    return VotingDetector(detector, readers, own="window" in names)
