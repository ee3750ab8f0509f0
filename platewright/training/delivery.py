"""What a run leaves: weights that `detect.py` finds."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from platewright.file import make_folder
from platewright.recognizer.export import export_beside

__all__ = ["deliver", "deliver_reader"]


def deliver(folder: Path, *, force: bool) -> None:
    """Export the weights and put them where detect.py looks, unless others are there.

    Args:
        folder: of the run.
        force: replace the others.
    """
    weights = folder / "weights.npz"
    if not weights.exists():
        return
    made = [weights, *export_beside(weights)]
    kept = [p.name for p in made if Path(p.name).exists()]
    if kept and not force:
        print(f"{kept[0]} here is kept; use {weights} (--force would replace it)", file=sys.stderr)
    else:
        for path in made:
            shutil.copy2(path, path.name)
    print(f"python detect.py in.jpg {made[-1]} out.jpg")


def deliver_reader(folder: Path, name: str, *, force: bool) -> None:
    """Export the weights of another reader and put them into `readers/`, unless others are there.

    Args:
        folder: of the run.
        name: of the network.
        force: replace the others.
    """
    weights = folder / "weights.npz"
    if not weights.exists():
        return
    made = [weights, *export_beside(weights, "platewright.reader.export")]
    kept = [p for p in (Path("readers") / f"{name}{m.suffix}" for m in made) if p.exists()]
    if kept and not force:
        print(f"{kept[0]} is kept; use {made[-1]} (--force would replace it)", file=sys.stderr)
    else:
        make_folder(Path("readers"))
        for path in made:
            shutil.copy2(path, Path("readers") / f"{name}{path.suffix}")
    print(f"python detect.py in.jpg --reader {made[-1]} -o out.jpg")
