"""The choice of a reader: by name, by file, a service, or several networks that vote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from platewright.errors import ConfigError, WeightsError
from platewright.file import file_digest
from platewright.reader.detector import BoxDetector, ReaderDetector
from platewright.reader.kind import kind_names
from platewright.reader.reader import network_reader
from platewright.reader.runtime import load_network
from platewright.reader.service import Service, ServiceReader
from platewright.reader.vote import VotingDetector
from platewright.recognizer.detector import Detector, DetectorSettings
from platewright.resource import bundled

__all__ = [
    "default_choice",
    "find_weights",
    "load_detector",
    "reader_weights",
    "voters",
    "with_reader",
]

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
        raise ConfigError(f"no reader {choice}; known: {known}, or a weights file")
    for folder, name in (
        ("readers", choice),
        (bundled("readers"), choice),
        (f"runs/{choice}", "weights"),
    ):
        for suffix in SUFFIXES:
            found = Path(folder) / f"{name}{suffix}"
            if found.is_file():
                return found
    raise WeightsError(
        f"reader {choice}: no readers/{choice}.onnx; python train.py --network {choice} makes it"
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


def default_choice(weights: Path) -> str:
    """Return what reads with a weights file where nobody chooses.

    `readers/default.json` names the readers that vote beside the bundled weights, by the weights'
    SHA-256. Other weights read alone.

    Args:
        weights: of the default network.

    Raises:
        ConfigError: if that file is damaged, or names a reader that there is not.
        ResourceError: if that file is missing.
        WeightsError: if the weights can't be read, or those of a reader are missing.
    """
    file = bundled("readers/default.json")
    try:
        known: Any = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: can't be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ConfigError(f"{file}: not JSON ({error})") from None
    try:
        digest = file_digest(weights)
    except OSError as error:
        raise WeightsError(f"{weights}: can't be read: {error.strerror or error}") from None
    if not isinstance(known, dict) or not all(isinstance(one, str) for one in known.values()):
        raise ConfigError(f"{file}: names no readers by the SHA-256 of weights")
    choice: str = known.get(digest, "window")
    reader_weights(choice)  # another network than is meant must not read in silence
    return choice


def load_detector(
    weights: Path,
    settings: DetectorSettings | None = None,
    *,
    reader: str = "",
    threads: int = 1,
    beams: int = 8,
) -> Detector:
    """Load weights, and the readers that read with them.

    Args:
        weights: of the default network, `.onnx` or `.npz`.
        settings: of the detector.
        reader: see `with_reader`; empty: `default_choice`.
        threads: that each network may use.
        beams: see `with_reader`.

    Raises:
        ConfigError, WeightsError, ServiceError: as `with_reader`.
        RegionError: if one of the settings' regions can't be used.
    """
    detector = Detector.load(weights, settings, threads=threads)
    choice = reader or default_choice(Path(weights))
    return with_reader(detector, choice, threads=threads, beams=beams)


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
            raise ConfigError("api gives no probabilities, so it has no vote")
        network = load_network(find_weights(name), threads)
        if network.settings.task == "box":
            raise ConfigError("box reads no text, so it has no vote")
        readers.append(network_reader(network, beams=beams))
    return VotingDetector(detector, readers, own="window" in names)
