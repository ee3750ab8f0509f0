"""The choice of a reader: by name, by file, a service, or several networks that vote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platewright.errors import ConfigError, WeightsError
from platewright.file import file_digest
from platewright.network.part import PARTS
from platewright.network.weights import BundleSettings
from platewright.reading.detector import Detector
from platewright.reading.finder import BoxFinder, FrameFramer, Framer, ScanFinder, SlotFramer
from platewright.reading.line import LineSpeller
from platewright.reading.prior import OriginTeller
from platewright.reading.runtime import Network, load_network
from platewright.reading.settings import DetectorSettings
from platewright.reading.speller import SecondSpeller, SlotSpeller, Speller
from platewright.resource import bundled

if TYPE_CHECKING:  # what the usual reading needs nothing of is loaded when it is asked for
    from platewright.reading.speller import VoteSpeller


SUFFIXES = (".onnx", ".npz")
OWN = ("line", "slots", "window")
"""What the detector's own weights read with: by the part's name, or as it was called at first."""
WITHOUT_WEIGHTS = ("", *OWN, "api")  #: No other reader, the weights' own, and a service


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
    from platewright.network.kind import kind_names

    alone = [name for name in kind_names() if name not in PARTS]
    if choice not in alone:
        known = ", ".join((OWN[0], *alone, "api"))
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

    >>> voters("line+crnn-lstm"), voters("crnn-gru")
    (('line', 'crnn-lstm'), ('crnn-gru',))
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
        digest = file_digest(weights) if known != {} else ""
    except OSError as error:
        raise WeightsError(f"{weights}: can't be read: {error.strerror or error}") from None
    if not isinstance(known, dict) or not all(isinstance(one, str) for one in known.values()):
        raise ConfigError(f"{file}: names no readers by the SHA-256 of weights")
    choice: str = known.get(digest, OWN[0])
    reader_weights(choice)  # another network than is meant must not read in silence
    return choice


def detector_of(network: Network, settings: DetectorSettings | None = None) -> Detector:
    """Return the detector that a weights file makes by itself.

    Raises:
        WeightsError: if it lacks a part.
        RegionError: if one of the settings' regions can't be used.
    """
    own = network.settings
    if not isinstance(own, BundleSettings):
        raise WeightsError(
            f"weights of the reader {own.name} find no plates: detect.py takes them with --reader"
        )
    if not own.reads_photos:
        raise WeightsError(
            f"these weights have {', '.join(own.names) or 'no network'}: reading photos needs "
            "scan, frame and line"
        )
    framer: Framer
    speller: Speller
    if own.frame is not None and own.line is not None:
        framer, speller = FrameFramer(network), LineSpeller(network)
    else:
        framer, speller = SlotFramer(network), SlotSpeller(network)
    origin = OriginTeller(network) if own.origin is not None else None
    return Detector(ScanFinder(network), framer, speller, settings, origin)


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
        reader: see `with_reader`; empty: `default_choice`.
        threads: that each network may use.
        beams: see `with_reader`.

    Raises:
        ConfigError, WeightsError, ServiceError: as `with_reader`.
        RegionError: if one of the settings' regions can't be used.
    """
    try:
        detector = detector_of(load_network(Path(weights), threads), settings)
    except WeightsError as error:
        told = str(error)
        raise WeightsError(told if str(weights) in told else f"{weights}: {told}") from None
    choice = reader or default_choice(Path(weights))
    return with_reader(detector, choice, threads=threads, beams=beams)


def with_reader(detector: Detector, choice: str, *, threads: int = 1, beams: int = 8) -> Detector:
    """Return a detector that reads, or finds, with another reader.

    Args:
        choice: a network's name, a weights file, or `api`; several networks with `+` between them
            vote, `line` being the weights' own.
        threads: that the reader's network may use.
        beams: texts that its search follows at once; 1: none but the most probable.

    Raises:
        ConfigError: if there is no such reader.
        WeightsError: if its weights can't be used.
        ServiceError: if the environment names no service.
    """
    several = voters(choice)
    if len(several) > 1:
        return detector.with_parts(speller=_vote(detector, several, threads, beams))
    (choice,) = several
    if choice == "api":
        from platewright.reading.service import Service, ServiceSpeller

        other = ServiceSpeller(Service.from_environment())
        return detector.with_parts(speller=SecondSpeller(detector.speller, other))
    if choice in OWN:
        return detector
    network = load_network(find_weights(choice), threads)
    if isinstance(network.settings, BundleSettings):
        if network.settings.names == ("line",):
            return detector.with_parts(speller=LineSpeller(network))
        raise ConfigError(f"{choice}: weights that find plates: give them as the weights")
    if network.settings.task == "box":
        return detector.with_parts(finder=BoxFinder(network))
    from platewright.reading.crop_speller import crop_speller

    speller = crop_speller(network, beams=beams)
    return detector.with_parts(speller=SecondSpeller(detector.speller, speller))


def _vote(detector: Detector, names: tuple[str, ...], threads: int, beams: int) -> VoteSpeller:
    """Return the speller whose texts are voted on."""
    from platewright.reading.crop_speller import crop_speller
    from platewright.reading.speller import VoteSpeller

    others = []
    for name in names:
        if name in OWN:
            continue
        if name == "api":
            raise ConfigError("api gives no probabilities, so it has no vote")
        network = load_network(find_weights(name), threads)
        if isinstance(network.settings, BundleSettings) or network.settings.task == "box":
            raise ConfigError(f"{name} reads no crops, so it has no vote")
        others.append(crop_speller(network, beams=beams))
    return VoteSpeller(detector.speller, others, own=any(name in OWN for name in names))
