"""The time that reading a photo takes, as a part of what an older state takes in the same run.

Run: python benchmarks/reading.py data/realdev/labels.csv --against FOLDER

Two processes, one of this checkout and one of another (`git worktree add FOLDER c152b7f`), each
with one thread, its own bundled weights and its default settings, read the same photos in turns.
Photos are scaled and padded to 1280x720 beforehand. Of each photo the processor's milliseconds are
taken: other work on the machine lengthens what a clock shows, but hardly these. Writes
results/reading_time.json.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from checkout import ROOT, add_arguments, facts, write_result

from platewright.dataset.format.labels_csv import read_labels
from platewright.errors import ConfigError, run_script
from platewright.evaluation.evaluation import fit_into
from platewright.image import load_image

SIZE = (720, 1280)
WORKER = """
import sys, time
from pathlib import Path
import cv2, numpy as np
try:
    from platewright.reading.choice import load_detector
except ImportError:  # as it was called in the first edition
    from platewright.reader.choice import load_detector
cv2.setNumThreads(1)
detector = load_detector(Path("weights.onnx"))
for line in sys.stdin:
    photo = np.load(line.strip())
    began = time.process_time()
    found = detector.read(photo)
    print(1e3 * (time.process_time() - began), len(found), flush=True)
"""


class Reader:
    """A process that reads with a checkout's bundled weights.

    Args:
        folder: of the checkout.
    """

    def __init__(self, folder: Path) -> None:
        """Start it."""
        one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": "."}
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER], cwd=folder, env=os.environ | one_thread, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def read(self, path: Path) -> tuple[float, int]:
        """Return the processor's milliseconds of a stored photo, and how many plates are read.

        Raises:
            ConfigError: if the checkout can't read.
        """
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        told = self.process.stdout.readline().split()
        if len(told) != 2:
            raise ConfigError(f"{self.folder}: reads no photo; is it a checkout with weights?")
        return float(told[0]), int(told[1])

    def stop(self) -> None:
        """End it."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait()


def measured(photos: Sequence[Path], against: Path) -> dict[str, object]:
    """Return the medians of two checkouts that take turns, and their ratio."""
    readers = [Reader(ROOT), Reader(against)]
    times: list[list[float]] = [[], []]
    plates = [0, 0]
    try:
        with tempfile.TemporaryDirectory() as folder:
            stored = Path(folder) / "photo.npy"
            for count, photo in enumerate(photos):
                np.save(stored, fit_into(load_image(photo), SIZE)[0])
                order = (0, 1) if count % 2 else (1, 0)
                for k in order:
                    ms, found = readers[k].read(stored)
                    if count:  # the first one starts everything
                        times[k].append(ms)
                        plates[k] += found
    finally:
        for reader in readers:
            reader.stop()
    ours, before = (statistics.median(each) for each in times)
    return {
        "photos": len(times[0]),
        "ms": round(ours, 1),
        "ms_before": round(before, 1),
        "ratio": round(ours / before, 3),
        "p95_ratio": round(float(np.quantile(times[0], 0.95) / np.quantile(times[1], 0.95)), 3),
        "readings": plates[0],
        "readings_before": plates[1],
    }


def main() -> None:
    """Read, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labels", type=Path, metavar="LABELS.csv", help="photos are beside it")
    add_arguments(parser)
    parser.add_argument("--every", type=int, default=6, help="take each so many-th (%(default)s)")
    args = parser.parse_args()
    names = sorted({label.file for label in read_labels(args.labels)})[:: args.every]
    result = {
        "command": "python benchmarks/reading.py data/realdev/labels.csv --against FOLDER "
        f"--every {args.every}",
        **facts(args.against),
        "size": "1280x720",
        **measured([args.labels.parent / "images" / name for name in names], args.against),
    }
    write_result(args.out / "reading_time.json", result)


if __name__ == "__main__":
    run_script(main, "reading.py")
