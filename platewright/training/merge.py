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
from platewright.file import claim_results, named_path, write_file
from platewright.network.export import export
from platewright.network.interchange import INPUTS as EXPORTED
from platewright.network.part import PartSettings, uncalibrated
from platewright.network.weights import Arrays, BundleSettings, load_weights, save_weights
from platewright.reading.graph import take_apart
from platewright.reading.runtime import OnnxNetwork

INPUTS = EXPORTED | {"origin": "colours"}  #: What each of the default networks sees


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


def replace_network(rest: Path, new: Path, task: str) -> None:
    """Give an exported file the networks of another one, all but that of a task.

    Args:
        rest: the `.onnx` file whose other networks are taken, bit for bit.
        new: the `.onnx` file whose network of the task stays; changed in place.
        task: `scan`, `frame`, `line` or `origin`.

    Raises:
        WeightsError: if one of them can't be used, or they aren't of the same networks.
        OutputError: if the file can't be written.
    """
    import onnx

    before, after = OnnxNetwork(rest).settings.parts, OnnxNetwork(new).settings.parts
    if before.keys() != after.keys() or task not in after:
        raise WeightsError(f"{rest}: has no {task}, or other networks than {new}")
    changed = [name for name, part in after.items() if name != task and part != before[name]]
    if changed:
        raise WeightsError(f"{rest}: its {changed[0]} is another one than {new}'s")
    own = INPUTS[task]
    parts = [p for p in take_apart(rest.read_bytes()) if own not in p.inputs]
    parts += [p for p in take_apart(new.read_bytes()) if own in p.inputs]
    proto = onnx.load(str(new))
    graph = proto.graph
    for fields in (graph.node, graph.initializer, graph.value_info):
        del fields[:]
    for part in parts:
        prefix, ends = f"{part.inputs[0]}/", {"", *part.inputs, *part.outputs}

        def named(name: str, prefix: str = prefix, ends: set[str] = ends) -> str:
            return name if name in ends or name.startswith(prefix) else prefix + name

        inner = onnx.load_from_string(part.model).graph
        for node in inner.node:
            node.name = named(node.name)
            node.input[:] = map(named, node.input)
            node.output[:] = map(named, node.output)
        for each in inner.initializer:
            each.name = named(each.name)
        graph.node.extend(inner.node)
        graph.initializer.extend(inner.initializer)
    write_file(new, proto.SerializeToString())


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
    add("weights", type=named_path, nargs="+", metavar="WEIGHTS.npz")
    add("out", type=named_path, metavar="OUT.npz")
    add("--replace", action="store_true", help="take a network from the last file that has it")
    add("--force", action="store_true", help="replace OUT.npz and the .onnx beside it")
    args = parser.parse_args()
    wrong = next((p for p in (*args.weights, args.out) if p.suffix != ".npz"), None)
    if wrong is not None:
        raise WeightsError(f"{wrong}: give .npz files; the .onnx beside the new one is written too")
    claim_results(args.weights, args.out, args.out.with_suffix(".onnx"), force=args.force)
    averaged = merge(args.weights, args.out, replaces=args.replace)
    export(args.out, args.out.with_suffix(".onnx"))
    told = f"mean of {', '.join(averaged)}" if averaged else "each network of one file"
    print(f"{args.out} and {args.out.with_suffix('.onnx').name}: {told}")
    return 0


if __name__ == "__main__":
    run_script(main, "merge")
