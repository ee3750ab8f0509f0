"""The weights file: arrays, settings and alphabet in one `.npz` without pickles."""

from __future__ import annotations

import contextlib
import json
import os
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from platewright.errors import ConfigError, OutputError, WeightsError
from platewright.network.kind import Networks, build
from platewright.network.settings import AnySettings, read_settings

__all__ = [
    "load_file", "load_networks", "load_weights", "model_arrays", "save_weights",
    "set_arrays",
]  # fmt: skip

Arrays = dict[str, NDArray[np.float32]]
SETTINGS = "settings.json"
NOTE = "note.json"


class Settings(Protocol):
    """Of any network."""

    def to_json(self) -> str:
        """Return them as one line of JSON."""
        ...


def model_arrays(model: Any) -> Arrays:
    """Return a Keras model's weights by path, on the host."""
    from keras import ops

    return {w.path: np.asarray(ops.convert_to_numpy(w.value), np.float32) for w in model.weights}


def set_arrays(model: Any, arrays: Arrays, source: str) -> None:
    """Put arrays into a model.

    Raises:
        WeightsError: if one is missing, left over or of another shape; it names `source`.
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
        variable.assign(arrays[path])


def save_weights(
    path: Path, arrays: Arrays, settings: Settings, note: dict[str, Any] | None = None
) -> None:
    """Write a weights file whole or not at all.

    Args:
        path: the `.npz`.
        arrays: weights by name.
        settings: of the network.
        note: how the weights came about (JSON values).

    Raises:
        OutputError: if the file can't be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.npz")
    texts = {
        SETTINGS: np.frombuffer(settings.to_json().encode(), np.uint8),
        NOTE: np.frombuffer(json.dumps(note or {}).encode(), np.uint8),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(temporary, **texts, **arrays)  # type: ignore[arg-type]
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise OutputError(f"{path}: can't write the weights ({error.strerror or error})") from None


def load_networks(path: Path) -> tuple[Networks, AnySettings]:
    """Build the networks of a weights file, with its weights.

    Args:
        path: the `.npz`.

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

    Args:
        path: the `.npz`.

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
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such weights file") from None
    except (
        OSError,
        ValueError,
        TypeError,
        EOFError,
        KeyError,
        NotImplementedError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:  # TypeError: a lone array instead of an archive
        pickles = "pickle" in str(error) and zipfile.is_zipfile(path)
        why = "it holds pickles" if pickles else "damaged or no .npz file"
        raise WeightsError(f"{path}: not a weights file of this program: {why}") from None
    try:
        settings = arrays.pop(SETTINGS).tobytes().decode()
        note = json.loads(arrays.pop(NOTE).tobytes().decode())
    except (KeyError, UnicodeDecodeError, ValueError):
        raise WeightsError(f"{path}: not a weights file of this program: no settings") from None
    plain = {k: np.asarray(v, np.float32) for k, v in arrays.items()}
    if '"scan_channels"' in settings:
        settings = read_settings(settings, str(path)).to_json()
        plain = {re.sub(r"^read_", "slots_", k): v for k, v in plain.items()}
    return plain, settings, note
