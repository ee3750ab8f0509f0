"""Makes weights of several files: what one network learnt in several runs is averaged.

Run: python -m platewright.training.merge weights.npz runs/line/weights.npz merged.npz

Networks that only one file has are taken over as they are. Runs that began with the same weights
and went different ways have a mean that is as good as the better of them or better, and that hangs
less on small changes of what it sees (Wortsman et al. 2022, "Model soups").
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from platewright.errors import WeightsError, run_script
from platewright.file import claim_results
from platewright.network.arrays import Arrays
from platewright.network.export import export
from platewright.network.part import PartSettings, uncalibrated
from platewright.network.weights import BundleSettings, load_weights, save_weights


def merge(sources: Sequence[Path], target: Path, *, replaces: bool = False) -> tuple[str, ...]:
    """Write the networks of several weights files into one.

    Args:
        sources: `.npz` files of the default networks, all or some of them.
        target: the new `.npz`; replaced if it is there.
        replaces: whether of a network that is in several files the last is taken, not the mean.

    Returns:
        The tasks of the networks that were averaged.

    Raises:
        WeightsError: if a file can't be used, or holds a network of another size than the others'.
        OutputError: if the new one can't be written.
    """
    found: dict[str, list[tuple[Path, PartSettings, Arrays, Any]]] = {}
    for path in sources:
        arrays, settings, note = load_weights(path)
        if not isinstance(settings, BundleSettings):
            raise WeightsError(
                f"{path}: {settings.name} stands alone; it has nothing to merge with"
            )
        for task, part in settings.parts.items():
            own = {name: value for name, value in arrays.items() if name.startswith(f"{task}_")}
            found.setdefault(task, []).append((path, part, own, note.get(task, note)))
    merged: Arrays = {}
    for task, several in found.items():
        if replaces:
            del several[:-1]
        first, part, own, _ = several[0]
        for path, other, arrays, _ in several[1:]:
            same = uncalibrated(other) == uncalibrated(part) and _shapes(arrays) == _shapes(own)
            if not same:
                raise WeightsError(f"{path}: its {task} is of another size than {first}'s")
        for name in own:
            mean = np.mean([arrays[name] for _, _, arrays, _ in several], axis=0)
            merged[name] = mean.astype(own[name].dtype)
    notes = {task: [n for *_, n in several] for task, several in found.items()}
    bundle = BundleSettings(**{task: several[0][1] for task, several in found.items()})  # type: ignore[arg-type]
    save_weights(target, merged, bundle, {k: v[0] if len(v) == 1 else v for k, v in notes.items()})
    return tuple(task for task, several in found.items() if len(several) > 1)


def _shapes(arrays: Arrays) -> dict[str, tuple[int, ...]]:
    return {name: value.shape for name, value in arrays.items()}


def main() -> int:
    """Merge weights files."""
    parser = argparse.ArgumentParser(
        prog="python -m platewright.training.merge",
        description="Make weights of several files; networks that are in several are averaged.",
        epilog="Then calibrate them: python -m platewright.training.calibration OUT.npz",
    )
    add = parser.add_argument
    add("weights", type=Path, nargs="+", metavar="WEIGHTS.npz")
    add("out", type=Path, metavar="OUT.npz")
    add("--replace", action="store_true", help="take a network from the last file that has it")
    add("--force", action="store_true", help="replace OUT.npz and the .onnx beside it")
    args = parser.parse_args()
    wrong = next((p for p in (*args.weights, args.out) if p.suffix != ".npz"), None)
    if wrong is not None:
        raise WeightsError(f"{wrong}: give .npz files; the .onnx beside the new one is written too")
    for path in args.weights:
        claim_results(path, args.out, args.out.with_suffix(".onnx"), force=args.force)
    averaged = merge(args.weights, args.out, replaces=args.replace)
    export(args.out, args.out.with_suffix(".onnx"))
    told = f"mean of {', '.join(averaged)}" if averaged else "each network of one file"
    print(f"{args.out} and {args.out.with_suffix('.onnx').name}: {told}")
    return 0


if __name__ == "__main__":
    run_script(main, "merge")
