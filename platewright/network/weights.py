"""The weights file: arrays, settings and alphabet in one `.npz`, without pickles, within bounds."""

from __future__ import annotations

import json
import lzma
import math
import re
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from platewright.errors import ConfigError, WeightsError
from platewright.file import make_folder, open_file, whole_file
from platewright.network.kind import Networks, build
from platewright.network.part import (
    PARTS,
    FrameSettings,
    LineSettings,
    OriginSettings,
    PartSettings,
    ScanSettings,
    SlotSettings,
    TextSettings,
    thick,
    thin,
)  # fmt: skip

Arrays = dict[str, NDArray[np.float32]]
SETTINGS = "settings.json"
NOTE = "note.json"
MAX_BYTES = 1 << 28  #: Of all arrays together; the networks here have less than a fifth of it
MAX_TEXT = 1 << 20  #: Bytes of the settings, and of the note
# A header of an array is Python, in a way: nearly anything comes of a damaged one.
DAMAGED = (
    OSError, ValueError, TypeError, EOFError, KeyError, RuntimeError, MemoryError, SyntaxError,
    RecursionError, struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error,
    lzma.LZMAError,
)  # fmt: skip
LEAST_RANGE = 1e-12  #: From the least to the greatest number of a kernel; fresh ones have 0.1
MOST = 1e6  #: Of any number in settings
BOUNDS = {
    "window": (1, 4096), "temperature": (1e-3, 1e3), "extent": (1e-3, 1), "margin": (0, 10),
    "nobody": (1e-9, 1 - 1e-9), "longest": (1, 100), "slots": (1, 100), "lines": (1, 10),
    "rows": (1, 10), "dropout": (0, 1),
}  # fmt: skip
"""Of those that reading computes with."""


@dataclass(frozen=True, kw_only=True)
class BundleSettings:
    """The networks of one weights file; what is None isn't in it."""

    scan: ScanSettings | None = None
    frame: FrameSettings | None = None
    line: LineSettings | None = None
    slots: SlotSettings | None = None
    origin: OriginSettings | None = None

    @property
    def parts(self) -> dict[str, PartSettings]:
        """Those that are there, by their tasks."""
        every = {task: getattr(self, task) for task in PARTS}
        return {task: part for task, part in every.items() if part is not None}

    @property
    def names(self) -> tuple[str, ...]:
        """Tasks of the networks that are there."""
        return tuple(self.parts)

    @property
    def reads_photos(self) -> bool:
        """Whether plates can be found and read with these alone."""
        reads = self.slots is not None or (self.frame is not None and self.line is not None)
        return self.scan is not None and reads

    def to_json(self) -> str:
        """Return the settings as one line of JSON."""
        return json.dumps({task: asdict(part) for task, part in self.parts.items()})


AnySettings = BundleSettings | TextSettings


def read_settings(text: str, source: str = "weights") -> AnySettings:
    """Read the settings of a weights file, whichever networks it has.

    Those of the first edition's default network, one scan and slot reader under one name, are read
    as these two parts.

    Args:
        text: JSON, as `to_json` writes it.

    Raises:
        WeightsError: if the text is no JSON, has unknown keys, or values that can't be.
    """
    try:
        values: dict[str, Any] = json.loads(text)
        if "task" in values:
            alone: TextSettings = _read(TextSettings, values, source)
            _ = alone.alphabet
            return alone
        if "scan_channels" in values:
            values = _first_edition(values)
        if unknown := sorted(set(values) - set(PARTS)):
            raise WeightsError(f"{source}: unknown settings {', '.join(unknown)}")
        parts = {task: _read(PARTS[task], own, source) for task, own in values.items()}
        for part in parts.values():
            if isinstance(part, LineSettings | SlotSettings):
                _ = part.alphabet
        return BundleSettings(**parts)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise WeightsError(f"{source}: its settings can't be used ({error})") from None


def _first_edition(values: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of the first edition's default network as those of its parts."""
    known = {"name", "characters", "slots", "scan_channels", "read_window", "read_channels",
             "extent", "margin", "temperature"}  # fmt: skip
    if unknown := sorted(set(values) - known):
        raise ValueError(f"unknown {', '.join(unknown)}")
    low, mid, high = values["scan_channels"]
    slots: dict[str, Any] = {
        k: values[k] for k in ("characters", "slots", "margin", "temperature") if k in values
    }
    for new, old in (("window", "read_window"), ("channels", "read_channels")):
        slots |= {new: values[old]} if old in values else {}
    scan = {"layers": thick(low, mid, high), "residual": (2, 5, 7), "head": high}
    return {"scan": scan | {"extent": values.get("extent", (0.45, 0.68))}, "slots": slots}


def _read(kind: type, values: dict[str, Any], source: str) -> Any:
    """Return settings of a kind from JSON's values."""
    if kind is ScanSettings and "channels" in values:  # as the first thin scans wrote it
        stem, wide = values["channels"]
        values = {k: v for k, v in values.items() if k != "channels"}
        values |= {"layers": thin(stem, wide), "residual": (2, 4), "head": wide}
    unknown = sorted(set(values) - {f.name for f in fields(kind)})
    if unknown:
        raise WeightsError(f"{source}: unknown settings {', '.join(unknown)}")
    hints = get_type_hints(kind)
    given = {name: _tuples(value) for name, value in values.items()}
    for name, value in given.items():
        low, high = BOUNDS.get(name, (0.0, MOST))
        if not _fits(value, hints[name], low, high):
            raise ValueError(f"{name} can't be {value!r}")
    return kind(**given)


def _fits(value: Any, hint: Any, low: float, high: float) -> bool:
    """Tell whether a value is of a type as settings have them, its numbers within bounds."""
    if get_origin(hint) is tuple:
        inner = get_args(hint)
        inner = inner[:1] * len(value) if inner[1:] == (...,) and type(value) is tuple else inner
        return (
            type(value) is tuple
            and len(value) == len(inner)
            and all(_fits(v, h, low, high) for v, h in zip(value, inner, strict=True))
        )
    if hint is float:
        return type(value) in (int, float) and low <= value <= high
    return type(value) is hint and (hint is not int or low <= value <= high)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


def save_weights(
    path: Path, arrays: Arrays, settings: AnySettings, note: dict[str, Any] | None = None
) -> None:
    """Write a weights file whole or not at all.

    Args:
        note: how the weights came about (JSON values).

    Raises:
        OutputError: if the file can't be written.
    """
    texts = {
        SETTINGS: np.frombuffer(settings.to_json().encode(), np.uint8),
        NOTE: np.frombuffer(json.dumps(note or {}).encode(), np.uint8),
    }
    save_arrays(path, texts | arrays)


def load_networks(path: Path) -> tuple[Networks, AnySettings]:
    """Build the networks of a weights file, with its weights.

    Raises:
        WeightsError: if the file is missing, damaged or of another network, or Keras is missing.
    """
    arrays, settings, _ = load_weights(path)
    try:
        networks = build(settings)
    except ConfigError as error:
        raise WeightsError(f"{path}: {error}; the .onnx beside it does without") from None
    except ValueError as error:  # shapes that no network can have
        raise WeightsError(f"{path}: its settings can't be used ({error})") from None
    set_arrays(networks.teach, arrays, str(path))
    return networks, settings


def load_weights(path: Path) -> tuple[Arrays, AnySettings, dict[str, Any]]:
    """Read a weights file.

    Returns:
        The arrays by name, the networks' settings, the note.

    Raises:
        WeightsError: if the file is missing, truncated, holds pickles or is something else.
    """
    arrays, text, note = load_file(path)
    return arrays, read_settings(text, str(path)), note


def load_file(path: Path) -> tuple[Arrays, str, dict[str, Any]]:
    """Read a weights file of any network: arrays by name, its settings as JSON, the note.

    A file of the first edition's default network is given back as `read_settings` reads it: as scan
    and slot reader, whose arrays had begun with `read_`.

    Raises:
        WeightsError: if the file is missing, truncated, holds pickles or is something else.
    """
    plain, settings, note = read_arrays(path)
    if '"scan_channels"' in settings:
        settings = read_settings(settings, str(path)).to_json()
        plain = {re.sub(r"^read_", "slots_", k): v for k, v in plain.items()}
    return plain, settings, note


def read_arrays(path: Path) -> tuple[Arrays, str, dict[str, Any]]:
    """Return the arrays of a weights file by name, its settings as JSON, the note.

    Raises:
        WeightsError: if the file is missing, truncated, too large, holds pickles or values that
            aren't finite, or is something else.
    """
    try:
        with open_file(path) as stream:
            arrays = _members(stream, path)
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such weights file") from None
    except DAMAGED as error:
        pickles = "pickle" in str(error) and zipfile.is_zipfile(path)
        why = "it holds pickles" if pickles else "damaged or no .npz file"
        raise WeightsError(f"{path}: not a weights file of this program: {why}") from None
    try:
        settings = arrays.pop(SETTINGS).tobytes().decode()
        note = json.loads(arrays.pop(NOTE).tobytes().decode())
    except (KeyError, ValueError, RecursionError):
        raise WeightsError(f"{path}: not a weights file of this program: no settings") from None
    if not isinstance(note, dict):
        raise WeightsError(f"{path}: not a weights file of this program: its note is no object")
    plain = {}
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu":
            raise WeightsError(f"{path}: {name} holds {array.dtype}, not numbers")
        with np.errstate(over="ignore"):
            plain[name] = np.asarray(array, np.float32)
        if not np.isfinite(plain[name]).all():
            raise WeightsError(f"{path}: {name} holds a value that isn't finite; train it again")
    return plain, settings, note


def _members(stream: BinaryIO, path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an open file; none is made that is larger than the zip's table tells."""
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > MAX_BYTES:
            raise WeightsError(
                f"{path}: more than {MAX_BYTES >> 20} MiB of weights; no file of ours"
            )
        if SETTINGS not in (entry.filename.removesuffix(".npy") for entry in entries):
            raise WeightsError(f"{path}: not a weights file of this program: no settings")
        arrays = {}
        for entry in entries:
            name = entry.filename.removesuffix(".npy")
            with archive.open(entry) as member:
                version = np.lib.format.read_magic(member)
                read = {(1, 0): np.lib.format.read_array_header_1_0,
                        (2, 0): np.lib.format.read_array_header_2_0}[version]  # fmt: skip
                shape, _, kind = read(member)
            size = math.prod(shape) * kind.itemsize
            if size > entry.file_size or (name in (SETTINGS, NOTE) and size > MAX_TEXT):
                raise WeightsError(f"{path}: {name} is {shape}, more than the file holds")
            with archive.open(entry) as member:
                arrays[name] = np.lib.format.read_array(member, allow_pickle=False)
    return arrays


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an `.npz` whole or not at all, and its folder where there is none.

    Raises:
        OutputError: if it can't be written.
    """
    make_folder(path.parent)
    with whole_file(path) as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]


def model_arrays(model: Any) -> Arrays:
    """Return a Keras model's weights by path, on the host."""
    from keras import ops

    return {w.path: np.asarray(ops.convert_to_numpy(w.value), np.float32) for w in model.weights}


def set_arrays(model: Any, arrays: Arrays, source: str) -> None:
    """Put arrays into a model.

    Raises:
        WeightsError: if one is missing, left over or of another shape, or a kernel has the same
            number everywhere; it names `source`.
    """
    wanted = {w.path: w for w in model.weights}
    missing, extra = sorted(set(wanted) - set(arrays)), sorted(set(arrays) - set(wanted))
    if missing or extra:
        which = f"lacks {missing[0]}" if missing else f"has {extra[0]}, which the network lacks"
        raise WeightsError(f"{source}: weights of another network ({which})")
    for path, variable in wanted.items():
        if tuple(variable.shape) != arrays[path].shape:
            has, needs = arrays[path].shape, tuple(variable.shape)
            raise WeightsError(f"{source}: {path} is {has}, the network needs {needs}")
        if "kernel" in path.rpartition("/")[2] and arrays[path].size > 1 and _is_flat(arrays[path]):
            level = f"{arrays[path].flat[0]:.3g} all over"
            raise WeightsError(f"{source}: {path} is {level}, so it can't read; train it again")
        variable.assign(arrays[path])


def _is_flat(kernel: NDArray[np.float32]) -> bool:
    """Tell whether whatever a layer is shown is one and the same to it."""
    return bool(np.ptp(kernel.astype(np.float64)) < LEAST_RANGE)
