"""What a run begins with and leaves: checkpoints, weights, its log, curves; where it may write."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from platewright.errors import ConfigError, WeightsError, as_installed
from platewright.file import make_folder, whole_file, whole_text, write_file
from platewright.network.export import export_beside
from platewright.network.part import TextSettings
from platewright.network.weights import AnySettings, save_arrays
from platewright.resource import is_bundled
from platewright.text import percent
from platewright.training.pace import MEASURED

if TYPE_CHECKING:
    from platewright.training.fit import Trainer

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class State:
    """How far a run has come."""

    step: int  #: gradient steps done
    elapsed_s: float  #: time they took, over all sessions
    settings: str  #: the network's settings, JSON


def save_checkpoint(
    path: Path, weights: Arrays, average: Arrays, optimizer: list[NDArray[Any]], state: State
) -> None:
    """Write a checkpoint whole or not at all.

    Args:
        weights: of the model, by path.
        average: of the weights, likewise.
        optimizer: its variables, in their order.
        state: how far the run is.

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


def _leads(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Tell whether a convolution's kernel is another's with fewer channels coming in."""
    return len(small) == 4 and small[2] < large[2] and (*small[:2], large[2], small[3]) == large


def fitting(fresh: Arrays, found: Arrays, source: str) -> Arrays:
    """Return a network's weights with all that a file has for it.

    The line reader takes the trunk of a slot reader as well, and lets a step say at first what the
    cells of its column said; blank is none. What a larger network has beside that begins so that
    it computes the same.

    Args:
        fresh: the network's own, by path; what the file lacks stays as it is.
        found: of the file.

    Raises:
        WeightsError: if nothing fits.
    """
    out = {name: np.array(value) for name, value in fresh.items()}
    fits = 0
    for renamed in (lambda n: re.sub("^slots_", "line_", n), lambda n: n):
        for name, value in found.items():
            there = out.get(renamed(name))
            if there is None or there.ndim != value.ndim:
                continue
            if there.shape == value.shape or _leads(value.shape, there.shape):
                there[:] = 0.0  # what comes in beside what there was says nothing at first
                there[tuple(map(slice, value.shape))] = value
                fits += 1
    if not fits:
        raise WeightsError(f"{source}: weights of another network: nothing of them fits")
    steps, cells = fresh.get("line_steps/kernel"), found.get("slots_characters/kernel")
    alone = "line_steps/kernel" not in found
    if steps is not None and cells is not None and alone and steps.shape[2] == cells.shape[2]:
        order = np.roll(np.arange(cells.shape[-1]), 1)  # none first, as blank is
        out["line_steps/kernel"][..., :-1] = cells[..., order]
        out["line_steps/bias"][:-1] = found["slots_characters/bias"][order]
    return out


class Log:
    """A CSV file whose header grows when new columns turn up.

    Args:
        path: the file; rows that it has are kept.
        step: of the run; rows of later steps, which a killed run left behind, are dropped.

    Raises:
        ConfigError: if the file is something else.
    """

    def __init__(self, path: Path, step: int = 0) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []
        if path.exists():
            try:
                with path.open(newline="") as file:
                    self.rows = [row for row in csv.DictReader(file) if int(row["step"]) <= step]
            except (OSError, KeyError, TypeError, ValueError, csv.Error):
                raise ConfigError(f"{path}: no log of this program; move it elsewhere") from None

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
    measured = {n for row in rows for n, v in row.items() if v and n.startswith(MEASURED)}
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.5))
    left.set(yscale="log", xlabel="step", title="losses")
    right.set(ylim=(0, 1), xlabel="step", title="right, part of all")
    for axis, some, least, style in (
        (left, names, 1e-4, {"linewidth": 1.0}),
        (right, sorted(measured), -math.inf, {"marker": "o", "markersize": 2.5}),
    ):
        for name in some:
            points = [(int(r["step"]), float(r[name])) for r in rows if r.get(name)]
            x, y = np.array(points).T
            axis.plot(x, np.maximum(y, least), label=name, **style)
        if some:
            axis.legend(fontsize=7)
        axis.grid(alpha=0.3)
    figure.tight_layout()
    with whole_file(picture) as stream:
        figure.savefig(stream, dpi=110)
    pyplot.close(figure)
    return True


RUN_FILES = ("checkpoint.npz", "log.csv", "weights.npz", "weights.onnx", "curves.png")
"""What a run leaves; it can go on where the first is."""
WEIGHTS_SUFFIXES = (".npz", ".onnx")
ENOUGH_READ = 0.2
"""Part of drawn plates that weights must read to be of any use; real ones are mostly easier."""
ENOUGH_STEPS = 1000  #: The same, of networks that read no text
TEXT_FIGURE = re.compile(r"drawn_(?:(?:line|slots)_)?text")
"""What checks call the part of drawn texts that are read."""


def finish(trainer: Trainer, copy_to: Path | None = None, *, stopped: bool = False) -> None:
    """Measure a run's last weights, draw its curves, export its weights, say how to read with them.

    Args:
        copy_to: the `.npz` that the weights are copied to, the `.onnx` beside it.
        stopped: whether somebody waits for it to end: then only what decides which weights are
            kept is measured.
    """
    found = trainer.found if stopped and not trainer.settings.best else trainer.conclude()
    folder = trainer.folder
    if not draw_curves(folder / "log.csv", folder / "curves.png"):
        print(f"{folder}: no curves.png, which needs matplotlib", file=sys.stderr)
    weights = folder / "weights.npz"
    if not weights.exists():
        return
    made = [weights, *export_beside(weights)]
    if copy_to is not None:
        make_folder(copy_to.parent)
        copies = [copy_to.with_suffix(path.suffix) for path in made]
        for path, goal in zip(made, copies, strict=True):
            write_file(goal, path.read_bytes())
        print(f"copied to {' and '.join(map(str, copies))}", file=sys.stderr)
    if told := _too_early(trainer, found):
        print(told, file=sys.stderr)
    print(_use(trainer.network, made[-1]))


def _too_early(trainer: Trainer, found: Mapping[str, float]) -> str:
    """Return that the weights are of no use yet, where that is so, and what to do."""
    texts = [value for name, value in found.items() if TEXT_FIGURE.fullmatch(name)]
    read = next((value for value in texts if not math.isnan(value)), None)
    if trainer.step >= ENOUGH_STEPS if read is None else read >= ENOUGH_READ:
        return ""
    steps = f"{trainer.step:,} step{'s' * (trainer.step > 1)}"
    reads = "" if read is None else f" ({percent(read)} of drawn plates read)"
    hours = max(4, math.ceil(trainer.elapsed_s / 1800))
    return f"not useful yet after {steps}{reads}: go on with --resume --hours {hours}"


def _use(network: AnySettings, weights: Path) -> str:
    """Return the command that reads with weights, or what lacks to do so."""
    detect = as_installed("python detect.py")
    if isinstance(network, TextSettings) or network.names == ("line",):
        return f"{detect} in.jpg --reader {weights} -o out.jpg"
    if network.reads_photos:
        return f"{detect} in.jpg {weights} out.jpg"
    return (
        f"{weights}: {', '.join(network.names)} alone; reading photos needs scan, frame and line "
        "in one file, as they are trained where no --network is named"
    )


def claim_run(out: Path, copy_to: Path | None, *, resume: bool, force: bool) -> None:
    """Check that a run may write where it is told to.

    Args:
        copy_to: see `finish`.
        resume: whether it goes on with what is there.
        force: whether what is there may be replaced.

    Raises:
        ConfigError: if something else is there, the program's own weights, or another run.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out}: a file is there; --out is the folder of the run")
    there = [out / name for name in RUN_FILES if (out / name).exists()]
    weights = [path for path in there if path.suffix in WEIGHTS_SUFFIXES]
    copies = [] if copy_to is None else [copy_to.with_suffix(end) for end in WEIGHTS_SUFFIXES]
    if own := [path for path in (*weights, *copies) if path.exists() and is_bundled(path)]:
        raise ConfigError(f"{own[0]}: weights that the program ships; give another name or folder")
    if copy_to is not None:
        if copy_to.suffix.lower() != ".npz":
            raise ConfigError(f"--copy-to {copy_to}: give the name of an .npz file")
        if os.path.realpath(copy_to) == os.path.realpath(out / "weights.npz"):
            raise ConfigError(f"--copy-to {copy_to}: is what the run itself writes")
        if (kept := [str(path) for path in copies if path.exists()]) and not force:
            them = "them" if len(kept) > 1 else "it"
            raise ConfigError(f"{' and '.join(kept)}: there already; --force replaces {them}")
    if resume or force or not there:
        return
    if out / RUN_FILES[0] in there:
        raise ConfigError(f"{out} holds a run: --resume goes on with it, --force begins anew")
    names = ", ".join(path.name for path in there)
    raise ConfigError(f"{out}: {names}: there already; give another --out, or replace it: --force")
