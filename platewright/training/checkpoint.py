"""What a run leaves: checkpoints to go on from, its log and its curves."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.errors import WeightsError
from platewright.file import whole_file, whole_text
from platewright.network.arrays import save_arrays

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class State:
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
    path: Path, weights: Arrays, average: Arrays, optimizer: list[NDArray[Any]], state: State
) -> None:
    """Write a checkpoint whole or not at all.

    Raises:
        OutputError: if it can't be written.
    """
    arrays: dict[str, NDArray[Any]] = {f"w:{k}": v for k, v in weights.items()}
    arrays |= {f"a:{k}": v for k, v in average.items()}
    arrays |= {f"o:{k:05d}": v for k, v in enumerate(optimizer)}
    arrays["progress"] = np.frombuffer(json.dumps(state.__dict__).encode(), np.uint8)
    save_arrays(path, arrays)


def load_checkpoint(path: Path) -> tuple[Arrays, Arrays, list[NDArray[Any]], State]:
    """Read a checkpoint back.

    Raises:
        WeightsError: if it is missing or damaged.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        state = State(**json.loads(arrays["progress"].tobytes().decode()))
    except FileNotFoundError:
        raise WeightsError(f"{path}: no checkpoint here to resume from") from None
    except Exception as error:
        if isinstance(error, MemoryError):
            raise
        raise WeightsError(f"{path}: not a checkpoint of this program ({error})") from None

    def part(prefix: str) -> Arrays:
        return {k[2:]: v for k, v in arrays.items() if k.startswith(prefix)}

    optimizer = [arrays[k] for k in sorted(arrays) if k.startswith("o:")]
    return part("w:"), part("a:"), optimizer, state


class Log:
    """A CSV file whose header grows when new columns turn up.

    Args:
        path: the file; rows that it has are kept.
        step: of the run; rows of later steps, which a killed run left behind, are dropped.
    """

    def __init__(self, path: Path, step: int = 0) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []
        if path.exists():
            with path.open(newline="") as file:
                self.rows = [row for row in csv.DictReader(file) if int(row["step"]) <= step]

    def __enter__(self) -> Log:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def write(self, row: dict[str, Any]) -> None:
        """Add a row, or to the last one where that is of the same step, and write the file."""
        if self.rows and int(self.rows[-1]["step"]) == row["step"]:
            self.rows[-1] |= row
        else:
            self.rows.append(row)
        self.flush()

    def flush(self) -> None:
        """Write all rows."""
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        with whole_text(self.path) as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self.rows)


def draw_curves(log: Path, picture: Path) -> bool:
    """Draw a run's losses and accuracies over its steps.

    Args:
        log: the run's CSV.
        picture: the PNG to write.

    Returns:
        Whether there was anything to draw, and matplotlib to draw it with.
    """
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot

    if not log.exists():
        return False
    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        return False
    names = [n for n in rows[0] if n.endswith("loss")]
    measured = sorted(
        {n for row in rows for n, v in row.items() if v and n.startswith(("drawn_", "real_"))}
    )
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.5))
    for name in names:
        points = [(int(r["step"]), float(r[name])) for r in rows if r.get(name)]
        x, y = np.array(points).T
        left.plot(x, np.maximum(y, 1e-4), label=name, linewidth=1.0)
    left.set(yscale="log", xlabel="step", title="losses")
    left.legend(fontsize=7)
    for name in measured:
        points = [(int(r["step"]), float(r[name])) for r in rows if r.get(name)]
        x, y = np.array(points).T
        right.plot(x, y, label=name, marker="o", markersize=2.5)
    right.set(ylim=(0, 1), xlabel="step", title="right, part of all")
    if measured:
        right.legend(fontsize=7)
    for axis in (left, right):
        axis.grid(alpha=0.3)
    figure.tight_layout()
    with whole_file(picture) as stream:
        figure.savefig(stream, dpi=110)
    pyplot.close(figure)
    return True
