"""How much faster do two processes draw than one?

Run: python benchmarks/scaling.py

Draws the same data set with one process and with two, in turns, windows and scenes, as `gen.py
--engine local` does it: whole runs, from the start of the processes to the last file. Beside it
stands what the machine has to give: a plain loop that draws the same and writes nothing, once in
one process and once in two that know nothing of each other. Writes results/drawing_scale.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import os
import shutil
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

from platewright.generation.job import DrawingJob, draw_sample  # noqa: E402
from platewright.synth.scene import SceneSettings  # noqa: E402

KINDS = ("windows", "scenes")


def drawing_job(kind: str, photos: Path) -> DrawingJob:
    """Return what `gen.py N` and `gen.py N --scenes` draw."""
    scenes = kind == "scenes"
    size = (480, 640) if scenes else (64, 128)
    settings = SceneSettings(
        size=size,
        plates=(0.15, 0.3, 0.3, 0.25) if scenes else (1.0,),
        width_px=(max(0.06 * size[1], 16.0), max(0.4 * size[1], 24.0)),
        focus=0.0,
        grey=not scenes,
    )
    return DrawingJob(
        seed=0,
        scenes=scenes,
        settings=settings,
        backgrounds=photos if any(photos.glob("*.jpg")) else None,
    )


def run_s(kind: str, count: int, workers: int, photos: Path) -> float:
    """Return the seconds that the command takes for a whole data set."""
    folder = tempfile.mkdtemp(prefix="scaling.")
    command = [
        *(sys.executable, str(ROOT / "gen.py"), str(count), "--engine", "local"),
        *("--workers", str(workers), "--bgs", str(photos), "--out", f"{folder}/out"),
        *(["--scenes"] if kind == "scenes" else []),
    ]
    try:
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - began
    finally:
        shutil.rmtree(folder)


def draw_only(job: DrawingJob, first: int, count: int) -> None:
    """Draw without writing anything."""
    cv2.setNumThreads(1)
    for index in range(first, first + count):
        draw_sample(job, index)


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


def measure(kind: str, count: int, rounds: int, photos: Path) -> dict[str, Any]:
    """Return the figures of one kind, medians over the rounds; one and two take turns."""
    job = drawing_job(kind, photos)
    took: dict[str, list[float]] = {"one": [], "two": [], "floor_one": [], "floor_two": []}
    for _ in range(rounds):
        took["one"].append(run_s(kind, count, 1, photos))
        took["two"].append(run_s(kind, count, 2, photos))
        took["floor_one"].append(floor_s(job, count, 1))
        took["floor_two"].append(floor_s(job, count, 2))
    pairs = [a / b for a, b in zip(took["one"], took["two"], strict=True)]
    floors = [a / b for a, b in zip(took["floor_one"], took["floor_two"], strict=True)]
    return {
        "pictures": count,
        "per_s_one_process": round(count / statistics.median(took["one"]), 1),
        "per_s_two_processes": round(count / statistics.median(took["two"]), 1),
        "two_over_one": round(statistics.median(pairs), 3),
        "two_over_one_of_each_round": [round(pair, 3) for pair in pairs],
        "two_over_one_drawing_alone": round(statistics.median(floors), 3),
        "per_s_one_process_drawing_alone": round(count / statistics.median(took["floor_one"]), 1),
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=20_000, help="of a run (%(default)s)")
    parser.add_argument("--scenes", type=int, default=2_000, help="of a run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of all measurements (%(default)s)")
    parser.add_argument("--bgs", type=Path, default=ROOT / "bgs")
    parser.add_argument("--out", type=Path, default=ROOT / "results/drawing_scale.json")
    args = parser.parse_args()
    photos = args.bgs.absolute()
    result: dict[str, Any] = {
        "command": " ".join(["python benchmarks/scaling.py", *sys.argv[1:]]),
        "cores": os.cpu_count() or 1,
        "rounds": args.rounds,
        "photos": len(list(photos.glob("*.jpg"))),
    }
    for kind in KINDS:
        result[kind] = measure(kind, getattr(args, kind), args.rounds, photos)
    print(json.dumps(result, indent=1))
    args.out.parent.mkdir(exist_ok=True)
    args.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
