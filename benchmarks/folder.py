"""Photos a second of `detect.py FOLDER`: with processes, beside one, and beside plain loops.

Run: python benchmarks/folder.py PHOTOS --photos 200 --flat 10000

Reads so many photos (those of the folder over and over) in four ways that take turns: one plain
loop over `Detector.read`, two such loops at once in processes of their own, `detect.py --workers
1` and `detect.py --workers 2`; each with one thread a process. Says how many times as many photos
a second two loops read, and two workers: what the plain loops don't reach, the machine does not
have. How long the processor takes for a photo, starts included, hardly depends on what else the
machine does. With `--flat` it also reads so many photos, scaled down to be quick, and says how much
memory the process that hands them out has after each tenth. Writes results/folder.json.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import cv2
from checkout import ROOT, children_s, write_result

from platewright.errors import ConfigError, run_script
from platewright.evaluation.report import default_digests, processor
from platewright.output.batch import list_images

LOOP = """
import sys
from pathlib import Path
import cv2
import platewright
from platewright.image import load_image
cv2.setNumThreads(1)
detector = platewright.Detector(threads=1)
photos = [Path(line) for line in sys.stdin.read().splitlines()]
detector.read(load_image(photos[0]))
print(flush=True)
for photo in photos:
    detector.read(load_image(photo))
"""
WORKERS = 2
SAMPLES = 10


def loops(photos: list[Path], count: int) -> float:
    """Return photos a second of plain loops over their parts, from when all are warm."""
    parts = [photos[k::count] for k in range(count)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", LOOP], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in parts
    ]
    for process, part in zip(running, parts, strict=True):
        assert process.stdin
        process.stdin.write("\n".join(map(str, part)).encode())
        process.stdin.close()
    for process in running:
        assert process.stdout
        process.stdout.readline()
    start = time.monotonic()
    codes = [process.wait() for process in running]
    if any(codes):
        raise ConfigError("a plain loop failed")
    return len(photos) / (time.monotonic() - start)


def command(folder: Path, workers: int) -> float:
    """Return photos a second of the command, its start and its workers' included."""
    start = time.monotonic()
    subprocess.run(
        [sys.executable, "detect.py", str(folder), "--workers", str(workers), "--threads", "1"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return sum(1 for _ in folder.iterdir()) / (time.monotonic() - start)


def memory_mb(pid: int) -> float:
    """Return the memory of a process that is in use (Linux), MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def flat(folder: Path) -> list[float]:
    """Return the memory of the process that hands out photos after each tenth of them, MB."""
    process = subprocess.Popen(
        [sys.executable, "detect.py", str(folder), "--workers", str(WORKERS), "--threads", "1",
         "--csv", str(folder.with_name("all.csv")), "--json", str(folder.with_name("all.json"))],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    memory: list[float] = []

    def watch() -> None:
        while process.poll() is None:
            try:
                memory.append(memory_mb(process.pid))
            except OSError:
                return
            time.sleep(1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, told = process.communicate()
    watcher.join()
    if process.returncode:
        raise ConfigError(told.strip()[-200:])
    step = max(len(memory) / SAMPLES, 1)
    return [round(memory[min(int(k * step), len(memory) - 1)], 1) for k in range(1, SAMPLES + 1)]


def linked(photos: list[Path], count: int, folder: Path) -> list[Path]:
    """Fill a folder with links to photos, over and over."""
    folder.mkdir()
    named = []
    for k, photo in zip(range(count), itertools.cycle(photos), strict=False):
        named.append(folder / f"{k:06d}{photo.suffix}")
        named[-1].symlink_to(photo.resolve())
    return named


def shrunk(photos: list[Path], folder: Path) -> list[Path]:
    """Write small versions of some photos."""
    folder.mkdir()
    small = []
    for k, photo in enumerate(photos[:50]):
        image = cv2.imread(str(photo))
        scale = 240 / max(image.shape[:2])
        small.append(folder / f"{k}.jpg")
        cv2.imwrite(str(small[-1]), cv2.resize(image, None, fx=scale, fy=scale))
    return small


def main() -> None:
    """Read, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, metavar="PHOTOS")
    parser.add_argument("--photos", type=int, default=200, help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--flat", type=int, default=0, metavar="N", help="photos (none)")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="(results)")
    args = parser.parse_args()
    found = list_images(args.folder)
    ways = ("loop", "loops", "one", "workers")
    rates: dict[str, list[float]] = {name: [] for name in ways}
    busy: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as place:
        photos = linked(found, args.photos, Path(place) / "photos")
        half, folder = photos[: len(photos) // 2], photos[0].parent
        work = {
            "loop": lambda: loops(half, 1),
            "loops": lambda: loops(photos, WORKERS),
            "one": lambda: command(folder, 1),
            "workers": lambda: command(folder, WORKERS),
        }
        for _ in range(args.rounds):
            for name, read in work.items():
                before = children_s()
                rates[name].append(read())
                count = len(half if name == "loop" else photos)
                busy[name].append((children_s() - before) / count * 1e3)
        memory = []
        if args.flat:
            small = shrunk(found, Path(place) / "small")
            memory = flat(linked(small, args.flat, Path(place) / "many")[0].parent)
    middle = {name: statistics.median(values) for name, values in rates.items()}
    result = {
        "command": f"python benchmarks/folder.py PHOTOS --photos {args.photos}"
        f" --rounds {args.rounds}" + (f" --flat {args.flat}" if args.flat else ""),
        **default_digests(ROOT / "weights.onnx"),
        "processor": processor(),
        "load_average": round(os.getloadavg()[0], 1),
        "photos_per_s": {name: round(rate, 2) for name, rate in middle.items()},
        "processor_ms_per_photo": {
            name: round(statistics.median(values), 1) for name, values in busy.items()
        },
        "two_loops_over_one": round(middle["loops"] / middle["loop"], 3),
        "two_workers_over_one": round(middle["workers"] / middle["one"], 3),
        "flat_photos": args.flat,
        "memory_mb": memory,
    }
    write_result(args.out / "folder.json", result)


if __name__ == "__main__":
    run_script(main, "folder.py")
