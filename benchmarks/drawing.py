"""Pictures a second that one core draws, where the time goes, and the same of other generators.

Run: python benchmarks/drawing.py [--peer trdg=PYTHON] [--peer synthtiger=PYTHON]
[--upstream FOLDER]

Ours: windows of 128x64 grey and scenes of 640x480 with the boxes of all characters, as gen.py
draws them without further arguments over the photos of bgs/, every effect on; close-ups as
training takes them. `written` includes the PNG and the line of labels.jsonl, the others stop at
picture and record. `1_poses` are windows with a plate of its own each, `4_poses` four of a plate.

Peers: each in an environment of its own (benchmarks/peers/README.md), over the same photos and with
the same faces: plate-like lines of 128x64. deep-anpr's gen.py needs a checkout, and runs on our
packages.

One core, everything in turn, several rounds, medians. A rate counts the processor's seconds, not
the clock's: other programs on the machine change it less. Then each kind once more under cProfile,
whose own cost makes Python look dearer beside OpenCV than it is: the parts are of that run. What
OpenCV and numpy take counts where it is called from. Writes results/drawing.json.
"""

from __future__ import annotations

import argparse
import cProfile
import itertools
import json
import os
import platform
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / "benchmarks/peers"
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from stages import report  # noqa: E402

if TYPE_CHECKING:
    from platewright.generation.job import DrawingJob

SEED = 1
WARM_UP = 0.5
"""Part of a measurement's time that is drawn before all: smaller photos are kept then, and more."""
GOALS = {"windows": 2000, "scenes_grey": 100, "scenes_colour": 100}
"""Pictures a second that we want."""

Draw = Callable[[int], int]
"""Draws the k-th few samples, as many at once as gen.py does, and returns how many."""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--bgs", type=Path, default=ROOT / "bgs", help="folder of background photos (bgs)")
    add("--rounds", type=int, default=5, help="of everything in turn (%(default)s)")
    add("--seconds", type=float, default=2.0, help="of each measurement (%(default)s)")
    add("--peer", action="append", default=[], metavar="NAME=PYTHON", help="a peer and its Python")
    add("--upstream", type=Path, metavar="FOLDER", help="a checkout of deep-anpr")
    add("--out", type=Path, default=ROOT / "results/drawing.json", help="(results/drawing.json)")
    args = parser.parse_args(argv)
    if args.rounds < 1 or not args.seconds > 0:
        parser.error("--rounds must be at least 1, --seconds above 0")
    if not any(args.bgs.glob("*.jpg")):
        parser.error(f"{args.bgs}: no photos; python extractbgs.py makes them, or name a --bgs")
    args.peers = {}
    for entry in args.peer:
        name, _, python = entry.partition("=")
        driver = PEERS / f"{name}_lines.py"
        if not python or not driver.is_file():
            known = ", ".join(
                sorted(p.stem.removesuffix("_lines") for p in PEERS.glob("*_lines.py"))
            )
            parser.error(f"--peer is NAME=PYTHON, not {entry}; known names: {known}")
        if not Path(python).is_file():
            parser.error(f"--peer {name}: no {python}; make it from benchmarks/peers/{name}-"
                         "requirements.txt")  # fmt: skip
        args.peers[name] = [python, str(driver)]
    if args.upstream is not None:
        driver = PEERS / "deep_anpr.py"
        args.peers["deep_anpr"] = [sys.executable, str(driver), "--upstream", str(args.upstream)]
    return args


def gen_job(bgs: Path, *, scenes: bool = False, grey: bool = True) -> DrawingJob:
    """Return what gen.py draws when it is given no arguments but these; a test compares the two."""
    from platewright.generation.job import DrawingJob
    from platewright.synth.scene import SceneSettings

    size = (480, 640) if scenes else (64, 128)
    settings = SceneSettings(
        size=size,
        plates=(0.15, 0.3, 0.3, 0.25) if scenes else (1.0,),
        width_px=(max(0.06 * size[1], 16.0), max(0.4 * size[1], 24.0)),
        focus=0.0,
        grey=grey,
        poses=1 if scenes else 4,
    )
    return DrawingJob(seed=SEED, scenes=scenes, settings=settings, backgrounds=bgs)


def make_kinds(bgs: Path, scratch: Path) -> dict[str, Draw]:
    """Return what draws each kind; pictures are written into `scratch`."""
    import numpy as np

    from platewright.background.photo import load_backgrounds
    from platewright.generation.job import draw_run, run_size, write_run
    from platewright.synth.background import Backgrounds
    from platewright.synth.face import NEEDED, load_face, load_faces
    from platewright.synth.scene import draw_closeup
    from platewright.training.sample import SampleSettings

    def run_of(job: DrawingJob, k: int) -> range:
        size = run_size(job)
        return range(k * size, (k + 1) * size)

    def drawn(job: DrawingJob) -> Draw:
        return lambda k: len(list(draw_run(job, run_of(job, k))))

    def written(job: DrawingJob) -> Draw:
        return lambda k: len(write_run(job, scratch, run_of(job, k)))

    for path in load_faces().values():  # as in any run of thousands, each glyph is drawn already
        face = load_face(path)
        for char in NEEDED:
            face.glyph(char)
    photos = Backgrounds(load_backgrounds(bgs, grey=True), grey=True)
    near = SampleSettings().closeup

    def closeup(k: int) -> int:
        draw_closeup(np.random.default_rng([SEED, k]), photos, near, seed=(SEED, k))
        return 1

    windows = gen_job(bgs)
    scenes = {tone: gen_job(bgs, scenes=True, grey=tone == "grey") for tone in ("grey", "colour")}
    kinds = {"windows": drawn(windows), "windows_written": written(windows)}
    for poses in {1, 4} - {windows.settings.poses}:
        other = replace(windows, settings=replace(windows.settings, poses=poses))
        kinds[f"windows_{poses}_poses"] = drawn(other)
    return kinds | {
        "scenes_grey": drawn(scenes["grey"]),
        "scenes_colour": drawn(scenes["colour"]),
        "scenes_colour_written": written(scenes["colour"]),
        "closeups": closeup,
    }


def measure(draw: Draw, indices: Iterator[int], seconds: float) -> tuple[int, float, float]:
    """Return how many samples were drawn, in how many seconds, and in how many of the processor."""
    count, began, busy = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        count += draw(next(indices))
    return count, time.perf_counter() - began, time.process_time() - busy


def ask_peer(
    name: str, command: list[str], bgs: Path, seconds: float, out: Path | None
) -> dict[str, Any]:
    """Return what a peer's driver says.

    Raises:
        SystemExit: if it fails or draws nothing.
    """
    line = [*command, "--bgs", str(bgs), "--fonts", str(ROOT / "fonts"), "--seconds", str(seconds)]
    line += ["--out", str(out)] if out else []
    one = {f"{who}_NUM_THREADS": "1" for who in ("OMP", "OPENBLAS", "MKL")}
    done = subprocess.run(line, capture_output=True, text=True, env={**os.environ, **one})
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        sys.exit(f"drawing.py: {name} failed: {last}")
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    if not said["drawn"]:
        sys.exit(f"drawing.py: {name} drew nothing in {seconds:g} s; give it more --seconds")
    return said


def summary(runs: list[tuple[int, float, float]]) -> dict[str, float]:
    """Return the rates of several (count, seconds, processor's seconds)."""
    rates = [count / busy for count, _, busy in runs]
    return {
        "per_s": round(statistics.median(rates), 1),
        "per_s_lowest": round(min(rates), 1),
        "per_s_highest": round(max(rates), 1),
        "per_s_of_the_clock": round(statistics.median(c / spent for c, spent, _ in runs), 1),
        "processor_ms": round(1e3 / statistics.median(rates), 3),
    }


def profile(draw: Draw, indices: Iterator[int], seconds: float) -> dict[str, Any]:
    """Return where the time of one kind goes, in per cent."""
    profiler = cProfile.Profile()
    profiler.enable()
    count, _, _ = measure(draw, indices, seconds)
    profiler.disable()
    return {"pictures": count, **report(pstats.Stats(profiler))}


def one_core() -> None:
    """Stay on one core, and let the peers inherit that, where the system knows how."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    import cv2

    cv2.setNumThreads(1)


def main(argv: list[str] | None = None) -> None:
    """Measure and write."""
    args = parse_args(argv)
    one_core()
    import cv2
    import numpy as np

    runs: dict[str, list[tuple[int, float, float]]] = {}
    said: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(dir=".") as folder:
        scratch, links = Path(folder) / "test", Path(folder) / "bgs"
        scratch.mkdir()
        links.mkdir()  # the photos alone, numbered without a gap, as all peers can take them
        photos = sorted(args.bgs.glob("*.jpg"))
        for k, photo in enumerate(photos):
            (links / f"{k:08d}.jpg").symlink_to(photo.resolve())
        kinds = make_kinds(args.bgs.resolve(), scratch)
        indices = {name: itertools.count() for name in kinds}
        for name, draw in kinds.items():
            measure(draw, indices[name], WARM_UP * args.seconds)
        for turn in range(args.rounds):
            for name, draw in kinds.items():
                runs.setdefault(name, []).append(measure(draw, indices[name], args.seconds))
            for name, command in args.peers.items():
                for title, out in ((name, None), (f"{name}_written", scratch)):
                    answer = said[title] = ask_peer(name, command, links, args.seconds, out)
                    run = answer["drawn"], answer["seconds"], answer["processor_seconds"]
                    runs.setdefault(title, []).append(run)
            print(f"round {turn + 1} of {args.rounds}", file=sys.stderr)
        profiled = ("windows", "scenes_grey", "scenes_colour", "closeups")
        where = {name: profile(kinds[name], indices[name], args.seconds) for name in profiled}
    result = {
        "command": shown_command(args),
        "cores": os.cpu_count(),
        "cores_used": 1,
        "load_average": round(os.getloadavg()[0], 1),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "opencv": cv2.__version__,
        },
        "photos": len(photos),
        "poses_of_a_plate": gen_job(args.bgs).settings.poses,
        "ours": {name: summary(runs[name]) for name in kinds},
        "goals_per_s": GOALS,
        "peers": {
            title: {
                **summary(runs[title]),
                "given_up": answer["given_up"],
                "versions": answer["versions"],
                "ours_over_theirs": over_peer(runs, title),
            }
            for title, answer in said.items()
        },
        "profile": where,
    }
    print(json.dumps(result, indent=1))
    args.out.parent.mkdir(exist_ok=True)
    args.out.write_text(json.dumps(result, indent=1) + "\n")


def over_peer(runs: dict[str, list[tuple[int, float, float]]], title: str) -> float:
    """Return how many of our windows take the time of one picture of a peer's, round by round."""
    ours = runs["windows_written" if title.endswith("_written") else "windows"]
    pairs = zip(ours, runs[title], strict=True)
    return round(statistics.median((a[0] / a[2]) / (b[0] / b[2]) for a, b in pairs), 2)


def shown_command(args: argparse.Namespace) -> str:
    """Return the command for the result: without folders of this machine's own."""
    line = f"python benchmarks/drawing.py --rounds {args.rounds} --seconds {args.seconds:g}"
    for name in args.peers:
        line += (
            " --upstream deep-anpr" if name == "deep_anpr" else f" --peer {name}={name}/bin/python"
        )
    return line


if __name__ == "__main__":
    main()
