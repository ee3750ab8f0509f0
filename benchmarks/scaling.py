"""How much faster do two processes draw than one, and what does it cost to write the drawings?

Run: python benchmarks/scaling.py

Draws the same data set with one process and with two, in turns, windows and scenes, as `gen.py
--grey` and `gen.py --scenes` do it: whole runs, from the start of the processes to the last file.
Beside it stands what the machine has to give: a plain loop that draws the same and writes nothing,
once in one process and once in two that know nothing of each other. `written_over_drawn` is how
many the command writes of what the loop draws, each in a second of the processor, which other work
on the machine changes least. What is written goes to a folder of the
disk and is removed at the end of all: where thousands of files have just been removed, some file
systems look long for places of new ones. Writes results/drawing_scale.json.
"""

from __future__ import annotations

import argparse
import multiprocessing as mp
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
from checkout import ROOT, children_s, write_result

from platewright.command.gen import SCENE_SIZE, WINDOW_SIZE, make_parser
from platewright.evaluation.report import processor
from platewright.generation.job import DrawingJob, draw_run, make_job

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


Seconds = tuple[float, float]
"""Of the clock and of the processor."""
CLOCK, PROCESSOR = 0, 1


def timed(work: Callable[[], object]) -> Seconds:
    """Return the seconds that processes take which work starts and waits for."""
    busy, began = children_s(), time.perf_counter()
    work()
    return time.perf_counter() - began, children_s() - busy


def run_s(kind: str, count: int, workers: int, photos: Path, out: Path) -> Seconds:
    """Return the seconds that the command takes for a whole data set."""
    command = [
        *(sys.executable, str(ROOT / "gen.py"), str(count)),
        *("--workers", str(workers), "--bgs", str(photos), "--out", str(out)),
        "--scenes" if kind == "scenes" else "--grey",
    ]
    return timed(lambda: subprocess.run(command, check=True, capture_output=True))


def draw_only(job: DrawingJob, first: int, count: int) -> None:
    """Draw without writing anything."""
    cv2.setNumThreads(1)
    for _ in draw_run(job, range(first, first + count)):
        pass


def floor_s(job: DrawingJob, count: int, processes: int) -> Seconds:
    """Return the seconds that processes of their own take for the drawing alone."""
    context = mp.get_context("spawn")
    part = count // processes
    running = [
        context.Process(target=draw_only, args=(job, k * part, part)) for k in range(processes)
    ]

    def draw() -> None:
        for process in running:
            process.start()
        for process in running:
            process.join()

    return timed(draw)


def measure(kind: str, count: int, rounds: int, photos: Path, scratch: Path) -> dict[str, Any]:
    """Return the figures of one kind, medians over the rounds; all four take turns."""
    job = drawing_job(kind, photos)
    ours: dict[int, list[Seconds]] = {1: [], 2: []}
    floors: dict[int, list[Seconds]] = {1: [], 2: []}
    for turn in range(rounds):
        for processes in ours:
            out = scratch / f"{kind}.{turn}.{processes}"
            ours[processes].append(run_s(kind, count, processes, photos, out))
            floors[processes].append(floor_s(job, count, processes))

    def ratio(first: list[Seconds], second: list[Seconds], which: int) -> float:
        pairs = zip(first, second, strict=True)
        return round(statistics.median(a[which] / b[which] for a, b in pairs), 3)

    def per_s(taken: list[Seconds]) -> float:
        return round(count / statistics.median(clock for clock, _ in taken), 1)

    return {
        "pictures": count,
        "per_s_one_process": per_s(ours[1]),
        "per_s_two_processes": per_s(ours[2]),
        "two_over_one": ratio(ours[1], ours[2], CLOCK),
        "two_over_one_of_each_round": [
            round(one[CLOCK] / two[CLOCK], 3) for one, two in zip(ours[1], ours[2], strict=True)
        ],
        "two_over_one_drawing_alone": ratio(floors[1], floors[2], CLOCK),
        "per_s_one_process_drawing_alone": per_s(floors[1]),
        "written_over_drawn_one_process": ratio(floors[1], ours[1], PROCESSOR),
        "written_over_drawn_two_processes": ratio(floors[2], ours[2], PROCESSOR),
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
    write_result(args.out, result)


if __name__ == "__main__":
    main()
