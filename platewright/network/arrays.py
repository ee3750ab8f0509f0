"""Arrays: in models, and in `.npz` files, written whole and read within bounds."""

import json
import lzma
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from platewright.errors import WeightsError
from platewright.file import make_folder, open_file, whole_file

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
