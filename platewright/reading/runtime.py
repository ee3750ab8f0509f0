"""What runs networks: ONNX Runtime on an exported file, or Keras on a weights file."""

from __future__ import annotations

import contextlib
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from platewright.errors import WeightsError
from platewright.file import file_digest, read_file
from platewright.geometry import Picture
from platewright.limit import within_processor
from platewright.network.weights import AnySettings, BundleSettings, read_settings
from platewright.reading.graph import take_apart

FIRST_RUN_S = 20.0  #: Of the processor: weights that take more to open, or to run once, are refused
OUTSIDE = "session.model_external_initializers_file_folder_path"
MOST_NUMBERS = 50_000_000  #: In a picture of a fixed size that a network takes
LOOPS = re.compile(rb"\x22\x04(Loop|Scan)")
"""A node's field `op_type` (onnx.proto, field 4 of NodeProto) of what may go on for ever."""
MAX_BYTES = 1 << 28
NO_MEMORY = ("bad_alloc", "Failed to allocate", "bad allocation", "BFCArena")
LEAST = 128  #: Sides of an idle picture whose size is free: no smaller than a scan's window


class SlowError(WeightsError):
    """Weights that take too long to open."""


class Network(Protocol):
    """One or several networks of a weights file, with named inputs and outputs."""

    settings: Any

    def run(
        self, outputs: Sequence[str], inputs: dict[str, NDArray[Any]]
    ) -> list[NDArray[np.float32]]:
        """Compute some outputs from the inputs that they need."""
        ...


def open_session(path: Path, threads: int = 1) -> tuple[Any, Any, dict[str, str]]:
    """Open an exported file of any network.

    Args:
        threads: that one picture may use.

    Returns:
        The session, the options of a run that computes no more than what is asked for, and what
        the file tells of itself: `settings`, JSON, and maybe `made_of`.

    Raises:
        WeightsError: if the file is missing, damaged or of another program.
    """
    session = _start(path, read_model(path), threads)
    return session, only_asked(), _metadata(path, session)


def read_model(path: Path) -> bytes:
    """Return an exported file's bytes, which may be those of some network.

    Raises:
        WeightsError: if the file is missing or can't be of this program.
    """
    try:
        model = read_file(path, MAX_BYTES)
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such weights file") from None
    except OSError as error:
        raise WeightsError(f"{path}: can't be read: {error.strerror or error}") from None
    if loop := LOOPS.search(model):
        what = loop[1].decode()
        raise WeightsError(f"{path}: weights of another program: its graph has a {what}")
    return model


def only_asked() -> Any:
    """Return the options of a run that computes no more than what is asked for."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.only_execute_path_to_fetches = True
    options.log_severity_level = 4  # what goes wrong is told in the error
    return options


def _start(path: Path, model: bytes, threads: int) -> Any:
    """Return a session of a file, or of a part of it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # To plan which results take whose place takes much of the time that opening takes, and
    # saves none later: memory that is given back is used again all the same.
    options.enable_mem_reuse = False
    # Of several networks each has threads of its own: none may wait for work while others work.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # Numbers that lie in other files are looked for where there are none.
    options.add_session_config_entry(OUTSIDE, os.devnull)
    try:
        # What a node computes at once, nothing stops.
        return within_processor(
            FIRST_RUN_S,
            lambda: onnxruntime.InferenceSession(
                model, options, providers=["CPUExecutionProvider"],
                enable_fallback=0,  # to the same, after remarks on stdout
            ),
            lambda: options.set_load_cancellation_flag(True),
        )  # fmt: skip
    except TimeoutError as error:
        raise SlowError(f"{path}: not a usable .onnx file ({error})") from None
    except Exception as error:  # the runtime raises classes of its own, without a common base
        raise WeightsError(f"{path}: not a usable .onnx file ({_first_line(error)})") from None


def _metadata(path: Path, session: Any) -> dict[str, str]:
    told = dict(session.get_modelmeta().custom_metadata_map)
    if "settings" not in told:
        raise WeightsError(f"{path}: not exported by this program: no settings")
    return told


def _start_parts(path: Path, threads: int) -> list[tuple[frozenset[str], Any]]:
    """Return a session for each network of a file, with the names of its outputs."""
    model = read_model(path)
    # What can't be taken apart runs as a whole, and is judged as a whole.
    try:
        return [
            (frozenset(part.outputs), _start(path, part.model, threads))
            for part in take_apart(model)
        ]
    except SlowError:
        raise
    except (ValueError, WeightsError):
        pass
    session = _start(path, model, threads)
    return [(frozenset(x.name for x in session.get_outputs()), session)]


class OnnxNetwork:
    """Runs an exported `.onnx` file.

    Args:
        threads: that one picture may use.

    Raises:
        WeightsError: if the file is missing, damaged or of another program.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._parts, self._only_asked = _start_parts(path, threads), only_asked()
        sessions = [session for _, session in self._parts]
        told = _metadata(path, sessions[0])
        self.settings: AnySettings = read_settings(told["settings"], str(path))
        self.made_of = told.get("made_of", "")
        # Every input must be given, also those that nothing is computed from. Where several
        # networks can't be taken apart, the idle ones get no picture at all: the runtime would run
        # them over the smallest. The slot reader's graph can't do without one.
        own = self.settings
        several = isinstance(own, BundleSettings) and own.slots is None
        self._path = path
        self._tried = set[str]()
        kinds = {"tensor(int32)": np.int32}
        inputs = [x for session in sessions for x in session.get_inputs()]
        for x in inputs:
            if math.prod(v if isinstance(v, int) else LEAST for v in x.shape[1:]) > MOST_NUMBERS:
                raise WeightsError(
                    f"{path}: its input {x.name} is {x.shape}, too large for any here"
                )
        self._idle = {
            x.name: np.zeros(
                (0 if several else 1, *(v if isinstance(v, int) else LEAST for v in x.shape[1:])),
                kinds.get(x.type, np.float32),
            )
            for x in inputs
        }

    def run(
        self, outputs: Sequence[str], inputs: dict[str, NDArray[Any]]
    ) -> list[NDArray[np.float32]]:
        """See `Network`."""
        foreign = [*inputs.keys() - self._idle.keys()]
        foreign += set(outputs).difference(*(names for names, _ in self._parts))
        if foreign:
            raise WeightsError(f"{self._path}: can't be run (it has no {foreign[0]})")
        found: dict[str, NDArray[np.float32]] = {}
        for of_part, session in self._parts:
            asked = [name for name in outputs if name in of_part]
            if asked:
                names = [x.name for x in session.get_inputs()]
                given = {name: inputs.get(name, self._idle[name]) for name in names}
                found |= zip(asked, self._run(session, asked, given), strict=True)
        return [found[name] for name in outputs]

    def _run(
        self, session: Any, outputs: list[str], given: dict[str, NDArray[Any]]
    ) -> list[NDArray[np.float32]]:
        """Run one of the networks; for the first time with care."""
        try:
            if self._tried.issuperset(outputs):
                return list(session.run(outputs, given, self._only_asked))
            found = self._try(session, outputs, given)
        except Exception as error:  # the runtime raises classes of its own, without a common base
            told = _first_line(error)
            if any(word in str(error) for word in NO_MEMORY):
                raise MemoryError(told) from None
            raise WeightsError(f"{self._path}: can't be run ({told})") from None
        _check(self._path, found)
        wanted = _widths(self.settings)
        for name, each in zip(outputs, found, strict=True):
            if each.shape[-1:] != (wanted.get(name, each.shape[-1]),):
                told = f"its {name} is {each.shape}, its settings say {wanted[name]} at the end"
                raise WeightsError(f"{self._path}: {told}; export it again")
        self._tried.update(outputs)
        return found

    def _try(
        self, session: Any, outputs: list[str], given: dict[str, NDArray[Any]]
    ) -> list[NDArray[np.float32]]:
        """Run for the first time, and not for ever: a file's graph may have loops."""
        options = only_asked()
        return within_processor(
            FIRST_RUN_S,
            lambda: list(session.run(outputs, given, options)),
            lambda: setattr(options, "terminate", True),
        )


def _check(path: Path, found: Sequence[NDArray[np.float32]]) -> None:
    """Raise `WeightsError` where a network computes nonsense."""
    if not all(np.isfinite(each).all() for each in found):
        raise WeightsError(f"{path}: gives values that aren't finite; train or export it again")


def _widths(settings: AnySettings) -> dict[str, int]:
    """Return how long the last axis of outputs is, of those that settings tell of."""
    if not isinstance(settings, BundleSettings):
        return {}
    wanted = {f"{part}_corners": 8 for part in ("scan", "frame", "plate")}
    wanted |= {"steps": settings.line.num_classes} if settings.line else {}
    wanted |= {"origin": len(settings.origin.regions) + 1} if settings.origin else {}
    return wanted


class KerasNetwork:
    """Runs a Keras model, a trained one or one built from a weights file."""

    def __init__(self, model: Any, settings: AnySettings) -> None:
        self.model, self.settings = model, settings
        self._parts: dict[tuple[str, ...], Any] = {}
        self._path: Path | None = None

    @classmethod
    def load(cls, path: Path) -> KerasNetwork:
        """Build the networks of a weights file.

        Raises:
            WeightsError: if the file is missing, damaged or of other networks, or Keras is missing.
        """
        from platewright.network.weights import load_networks

        networks, settings = load_networks(path)
        found = cls(networks.run, settings)
        found._path = path
        return found

    def run(
        self, outputs: Sequence[str], inputs: dict[str, NDArray[Any]]
    ) -> list[NDArray[np.float32]]:
        """See `Network`."""
        import keras

        key = (*outputs, *inputs)
        new = key not in self._parts
        if new:  # nothing is computed that isn't asked for
            given = {x.name: x for x in self.model.inputs if x.name in inputs}
            self._parts[key] = keras.Model(given, {k: self.model.output[k] for k in outputs})
        found = self._parts[key](inputs, training=False)
        arrays = [np.asarray(keras.ops.convert_to_numpy(found[k]), np.float32) for k in outputs]
        if new and self._path:
            _check(self._path, arrays)
        return arrays


def load_network(path: Path, threads: int = 1) -> Network:
    """Return what runs a weights file, by its suffix.

    Of a `.npz` that is the `.onnx` beside it, where it was exported from just this file: it
    computes the same, starts in a tenth of the time, and needs no Keras. Whoever names a
    `KERAS_BACKEND` gets Keras.

    Raises:
        WeightsError: if it can't be used.
    """
    if path.suffix.lower() == ".onnx":
        return OnnxNetwork(path, threads)
    if path.suffix.lower() != ".npz":
        raise WeightsError(f"{path}: weights end in .npz or .onnx")
    beside = path.with_suffix(".onnx")
    if not os.environ.get("KERAS_BACKEND") and beside.is_file():
        with contextlib.suppress(OSError, WeightsError):
            found = OnnxNetwork(beside, threads)
            if found.made_of == file_digest(path):
                return found
    return KerasNetwork.load(path)


def levels(pictures: Picture) -> NDArray[np.float32]:
    """Return pictures as networks take them, 0-1: grey (n, h, w) ones as (n, h, w, 1)."""
    whole = pictures[..., None] if pictures.ndim == 3 else pictures
    return whole.astype(np.float32) * np.float32(1 / 255)


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return log-probabilities along the last axis."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), np.float64)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
