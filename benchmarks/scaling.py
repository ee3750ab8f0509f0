"""How much faster do two processes draw than one, and what does it cost to write the drawings?

Run: python benchmarks/scaling.py

Draws the same data set with one process and with two, in turns, windows and scenes, as `gen.py
--grey` and `gen.py --scenes` do it: whole runs, from the start of the processes to the last file.
Beside it stands what the machine has to give: a plain loop that draws the same and writes nothing,
once in one process and once in two that know nothing of each other. `written_over_drawn` is the
windows a second of the command over those of the loop. What is written goes to a folder of the
disk and is removed at the end of all: where thousands of files have just been removed, some file
systems look long for places of new ones. Writes results/drawing_scale.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import cv2  # noqa: E402

from platewright.command.gen import SCENE_SIZE, WINDOW_SIZE, make_parser  # noqa: E402
from platewright.evaluation.report import processor  # noqa: E402
from platewright.generation.job import DrawingJob, draw_run, make_job  # noqa: E402

KINDS = ("windows", "scenes")


def drawing_job(kind: str, photos: Path) -> DrawingJob:
    """Return what `gen.py N --grey` and `gen.py N --scenes` draw."""
    scenes = kind == "scenes"
    return make_job(
        seed=0,
        size=SCENE_SIZE if scenes else WINDOW_SIZE,
        scenes=scenes,
        grey=not scenes,
        poses=make_parser().get_default("poses"),
        backgrounds=photos if any(photos.glob("*.jpg")) else None,
    )


def run_s(kind: str, count: int, workers: int, photos: Path, out: Path) -> float:
    """Return the seconds that the command takes for a whole data set."""
    command = [
        *(sys.executable, str(ROOT / "gen.py"), str(count)),
        *("--workers", str(workers), "--bgs", str(photos), "--out", str(out)),
        "--scenes" if kind == "scenes" else "--grey",
    ]
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def draw_only(job: DrawingJob, first: int, count: int) -> None:
    """Draw without writing anything."""
    cv2.setNumThreads(1)
    for _ in draw_run(job, range(first, first + count)):
        pass


def floor_s(job: DrawingJob, count: int, processes: int) -> float:
    """Return the seconds that processes of their own take for the drawing alone."""
    context = mp.get_context("spawn")
    part = count // processes
    running = [
        context.Process(target=draw_only, args=(job, k * part, part)) for k in range(processes)
    ]
    began = time.perf_counter()
    for process in running:
        process.start()
    for process in running:
        process.join()
    return time.perf_counter() - began


def measure(kind: str, count: int, rounds: int, photos: Path, scratch: Path) -> dict[str, Any]:
    """Return the figures of one kind, medians over the rounds; all four take turns."""
    job = drawing_job(kind, photos)
    ours: dict[int, list[float]] = {1: [], 2: []}
    floors: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(rounds):
        for processes in ours:
            out = scratch / f"{kind}.{turn}.{processes}"
            ours[processes].append(run_s(kind, count, processes, photos, out))
            floors[processes].append(floor_s(job, count, processes))

    def ratios(first: list[float], second: list[float]) -> list[float]:
        return [round(a / b, 3) for a, b in zip(first, second, strict=True)]

    pairs = ratios(ours[1], ours[2])
    return {
        "pictures": count,
        "per_s_one_process": round(count / statistics.median(ours[1]), 1),
        "per_s_two_processes": round(count / statistics.median(ours[2]), 1),
        "two_over_one": statistics.median(pairs),
        "two_over_one_of_each_round": pairs,
        "two_over_one_drawing_alone": statistics.median(ratios(floors[1], floors[2])),
        "per_s_one_process_drawing_alone": round(count / statistics.median(floors[1]), 1),
        "written_over_drawn_one_process": statistics.median(ratios(floors[1], ours[1])),
        "written_over_drawn_two_processes": statistics.median(ratios(floors[2], ours[2])),
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=20_000, help="of a run (%(default)s)")
    parser.add_argument("--scenes", type=int, default=2_000, help="of a run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of all measurements (%(default)s)")
    parser.add_argument("--scratch", type=Path, help="folder to write to (the checkout)")
    parser.add_argument("--bgs", type=Path, default=ROOT / "bgs")
    parser.add_argument("--out", type=Path, default=ROOT / "results/drawing_scale.json")
    args = parser.parse_args()
    photos = args.bgs.absolute()
    result: dict[str, Any] = {
        "command": f"python benchmarks/scaling.py --windows {args.windows} --scenes {args.scenes} "
        f"--rounds {args.rounds}",
        "processor": processor(),
        "cores": os.cpu_count() or 1,
        "load_average": round(os.getloadavg()[0], 1),
        "rounds": args.rounds,
        "photos": len(list(photos.glob("*.jpg"))),
    }
    with tempfile.TemporaryDirectory(prefix="scaling.", dir=args.scratch or ROOT) as scratch:
        for kind in KINDS:
            result[kind] = measure(kind, getattr(args, kind), args.rounds, photos, Path(scratch))
    print(json.dumps(result, indent=1))
    args.out.parent.mkdir(exist_ok=True)
    args.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
