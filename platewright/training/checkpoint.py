"""Everything a stopped run needs to go on: weights, their average, the optimiser, the place."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.errors import OutputError, WeightsError

__all__ = ["Progress", "load_checkpoint", "save_checkpoint"]

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Attributes:
        step: gradient steps done.
        elapsed_s: time they took, over all sessions.
        settings: the network's settings, JSON.
    """

    step: int
    elapsed_s: float
    settings: str


def save_checkpoint(
    path: Path, weights: Arrays, average: Arrays, optimizer: list[NDArray[Any]], progress: Progress
) -> None:
    """Write a checkpoint whole or not at all.

    Raises:
        OutputError: if it can't be written.
    """
    arrays: dict[str, NDArray[Any]] = {f"w:{k}": v for k, v in weights.items()}
    arrays |= {f"a:{k}": v for k, v in average.items()}
    arrays |= {f"o:{k:05d}": v for k, v in enumerate(optimizer)}
    arrays["progress"] = np.frombuffer(json.dumps(progress.__dict__).encode(), np.uint8)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.npz")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(temporary, **arrays)  # type: ignore[arg-type]
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise OutputError(
            f"{path}: can't write the checkpoint ({error.strerror or error})"
        ) from None


def load_checkpoint(path: Path) -> tuple[Arrays, Arrays, list[NDArray[Any]], Progress]:
    """Read a checkpoint back.

    Raises:
        WeightsError: if it is missing or damaged.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        progress = Progress(**json.loads(arrays["progress"].tobytes().decode()))
    except FileNotFoundError:
        raise WeightsError(f"{path}: no checkpoint here to resume from") from None
    except Exception as error:
        if isinstance(error, MemoryError):
            raise
        raise WeightsError(f"{path}: not a checkpoint of this program ({error})") from None

    def part(prefix: str) -> Arrays:
        return {k[2:]: v for k, v in arrays.items() if k.startswith(prefix)}

    optimizer = [arrays[k] for k in sorted(arrays) if k.startswith("o:")]
    return part("w:"), part("a:"), optimizer, progress
