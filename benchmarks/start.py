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
import json
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from platewright.errors import ConfigError, run_script  # noqa: E402
from platewright.evaluation.report import default_digests, processor  # noqa: E402
from platewright.file import make_folder, write_file  # noqa: E402


def started(folder: Path, photo: Path) -> float:
    """Return the processor's seconds of one start and reading.

    Raises:
        ConfigError: if it reads nothing.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "detect.py", str(photo.resolve()), "--threads", "1"]
    done = subprocess.run(
        command, cwd=folder, env=kept | one_thread, capture_output=True, check=False
    )
    if done.returncode:
        raise ConfigError(f"{folder}: {done.stderr.decode().strip()[-200:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


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
    parser.add_argument("--against", type=Path, required=True, help="an older checkout")
    parser.add_argument("--rounds", type=int, default=10, help="(%(default)s)")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="(results)")
    args = parser.parse_args()
    state = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=args.against, capture_output=True, text=True,
        check=False,
    ).stdout.strip()  # fmt: skip
    result = {
        "command": f"python benchmarks/start.py {args.photo.name} --against FOLDER",
        **default_digests(ROOT / "weights.onnx"),
        "against": state or args.against.name,
        "processor": processor(),
        "load_average": round(os.getloadavg()[0], 1),
        **measured(args.photo, args.against, max(args.rounds, 2)),
    }
    make_folder(args.out)
    write_file(args.out / "start.json", (json.dumps(result, indent=1) + "\n").encode())
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    run_script(main, "start.py")
