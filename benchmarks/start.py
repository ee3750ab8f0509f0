"""The time from the start of a process to the first reading of a photo, beside an older state.

Run: python benchmarks/start.py PHOTO --against FOLDER

Starts `detect.py PHOTO --threads 1` of this checkout and of another one (`git worktree add FOLDER
c152b7f`) in turns, each with one thread, and takes the processor's seconds of each process: other
work on the machine lengthens what a clock shows, but hardly these. Says the medians and their
ratio, of all rounds and of both halves, which shows how far two runs differ. The first start of
each checkout, which compiles and fills the cache, does not count. Writes results/start.json.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

from checkout import ROOT, add_arguments, children_s, facts, write_result

from platewright.errors import ConfigError, run_script


def started(folder: Path, photo: Path) -> float:
    """Return the processor's seconds of one start and reading.

    Raises:
        ConfigError: if it reads nothing.
    """
    before = children_s()
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "detect.py", str(photo.resolve()), "--threads", "1"]
    done = subprocess.run(
        command, cwd=folder, env=kept | one_thread, capture_output=True, check=False
    )
    if done.returncode:
        raise ConfigError(f"{folder}: {done.stderr.decode().strip()[-200:]}")
    return children_s() - before


def measured(photo: Path, against: Path, rounds: int) -> dict[str, object]:
    """Return medians and ratios of rounds that take turns."""
    started(ROOT, photo)
    started(against, photo)
    times = [(started(ROOT, photo), started(against, photo)) for _ in range(rounds)]
    half = rounds // 2

    def ratio(part: list[tuple[float, float]]) -> float:
        return statistics.median(a for a, _ in part) / statistics.median(b for _, b in part)

    return {
        "rounds": rounds,
        "processor_s": round(statistics.median(a for a, _ in times), 3),
        "processor_s_before": round(statistics.median(b for _, b in times), 3),
        "ratio": round(ratio(times), 3),
        "ratio_of_halves": [round(ratio(times[:half]), 3), round(ratio(times[half:]), 3)],
    }


def main() -> None:
    """Start, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    add_arguments(parser)
    parser.add_argument("--rounds", type=int, default=10, help="(%(default)s)")
    args = parser.parse_args()
    result = {
        "command": f"python benchmarks/start.py {args.photo.name} --against FOLDER",
        **facts(args.against),
        **measured(args.photo, args.against, max(args.rounds, 2)),
    }
    write_result(args.out / "start.json", result)


if __name__ == "__main__":
    run_script(main, "start.py")
