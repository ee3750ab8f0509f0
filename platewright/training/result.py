"""What a run of `train.py` leaves: where it may write, and how its weights are used."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from platewright.errors import ConfigError
from platewright.file import make_folder, write_file
from platewright.network.export import export_beside
from platewright.network.weights import AnySettings, TextSettings
from platewright.resource import is_bundled
from platewright.text import percent
from platewright.training.checkpoint import draw_curves
from platewright.training.fit import Trainer

RUN_FILES = ("checkpoint.npz", "log.csv", "weights.npz", "weights.onnx", "curves.png")
"""What a run leaves; it can go on where the first is."""
WEIGHTS_SUFFIXES = (".npz", ".onnx")
ENOUGH_READ = 0.2
"""Part of drawn plates that weights must read to be of any use; real ones are mostly easier."""
ENOUGH_STEPS = 1000
"""The same, of networks that read no text."""
TEXT_FIGURE = re.compile(r"drawn_(?:(?:line|slots)_)?text")
"""What checks call the part of drawn texts that are read."""


def finish(trainer: Trainer, copy_to: Path | None = None, *, stopped: bool = False) -> None:
    """Measure a run's last weights, draw its curves, export its weights, say how to read with them.

    Args:
        trainer: of the run.
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
    return f"not useful yet after {steps}{reads}: go on with --resume --hours 4"


def _use(network: AnySettings, weights: Path) -> str:
    """Return the command that reads with weights, or what lacks to do so."""
    installed = Path(sys.argv[0]).name.startswith("platewright ")
    detect = "platewright detect" if installed else "python detect.py"
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
        out: folder of the run.
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
        if copy_to.resolve() == (out / "weights.npz").resolve():
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
