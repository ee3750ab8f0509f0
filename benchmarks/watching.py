"""Frames a second of watch.py's way on one core, and whether its memory stays flat.

Run: python benchmarks/watching.py VIDEO --minutes 60

Plays a video over and over, as one that never ends, reads every frame with one thread, tracks and
votes, and draws the annotated frames. Says how many frames a second that is, how long a frame
takes to find and read, to follow and to draw, and the memory of the process after each tenth of the
time. A leak shows as growth from the second tenth, when all is warm, to the last one. Writes
results/watching.json.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from checkout import ROOT, write_result

from platewright.errors import ConfigError, run_script
from platewright.evaluation.metrics import milliseconds
from platewright.evaluation.report import default_digests, processor
from platewright.output.annotation import annotate
from platewright.reading.choice import load_detector
from platewright.reading.detector import Detector
from platewright.record import Reading
from platewright.tracking.follow import follow, watching_settings
from platewright.tracking.frame_reader import FrameReader
from platewright.tracking.passing import Passing, Voter
from platewright.tracking.source import FileSource, Frame
from platewright.tracking.track import Tracker, TrackerSettings

SAMPLES = 10
PAUSE_S = 5.0
"""Between two rounds of the video. A car in view at the end of one and at the beginning of the next
stays one vehicle all the same: no frame was read in which it was not there."""


def looped(path: Path, seconds: float) -> Iterator[Frame]:
    """Yield the frames of a video, over and over, for a time."""
    end, number, shift, last = time.monotonic() + seconds, 0, 0.0, 0.0
    while True:
        for frame in FileSource(path).frames():
            if time.monotonic() > end:
                return
            last = shift + frame.time_s
            yield Frame(number, last, frame.unpack)
            number += 1
        shift = last + PAUSE_S


def memory_mb() -> float:
    """Return the memory of this process that is in use (Linux), MB."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        raise ConfigError("the memory of a process is measured on Linux only") from None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def once(path: Path, detector: Detector, tracking: TrackerSettings, *, whole: bool) -> dict:
    """Return what one round over a video costs and tells, a frame at a time or as a whole."""
    tracker, passings = Tracker(tracking), []
    reader = None if whole else FrameReader(detector, tracker)
    start, wall = time.process_time(), time.monotonic()
    done = follow(
        FileSource(path).frames(), reader or detector.read, Voter.of(detector),
        on_passing=passings.append, tracker=tracker,
    )  # fmt: skip
    spent, wall = time.process_time() - start, time.monotonic() - wall
    told = {
        "processor_ms_per_frame": round(spent / done.read * 1e3, 1),
        "frames_per_s_of_processor": round(done.read / spent, 2),
        "frames_per_s": round(done.read / wall, 2),
        "accepted": sorted(p.reading.text for p in passings if p.reading.accepted),
        "others": sorted(p.reading.text for p in passings if not p.reading.accepted),
    }
    if reader:
        work = reader.work
        told["work_per_frame"] = {
            "scanned": round(work.scanned / work.frames, 3),
            "framed": round(work.framed / work.frames, 2),
            "read": round(work.read / work.frames, 2),
        }
    return told


def write_part(args: argparse.Namespace, name: str, part: dict[str, Any]) -> None:
    """Write one part of the file, in which each has its own command, and print it."""
    path = args.out / "watching.json"
    every = json.loads(path.read_text()) if path.is_file() else {}
    command = {"command": "python benchmarks/watching.py VIDEO", **default_digests(args.weights)}
    write_result(path, every | {name: part} | command, part)


def compared(args: argparse.Namespace) -> None:
    """Compare looking where it pays with reading every frame as a whole, and write it."""
    detection, tracking = watching_settings()
    detector = load_detector(args.weights, detection)
    both = {
        way: once(args.video, detector, tracking, whole=way == "whole")
        for way in ("whole", "where_it_pays")
    }
    part = {
        "command": f"python benchmarks/watching.py {args.video.name} --compare",
        **default_digests(args.weights),
        "processor": processor(),
        "load_average": round(os.getloadavg()[0], 1),
        "ratio": round(
            both["whole"]["processor_ms_per_frame"]
            / both["where_it_pays"]["processor_ms_per_frame"], 2,
        ),
        **both,
    }  # fmt: skip
    write_part(args, args.video.stem, part)


def main() -> None:
    """Play, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("video", type=Path, metavar="VIDEO")
    parser.add_argument("--minutes", type=float, default=60.0, help="(%(default)g)")
    parser.add_argument("--weights", type=Path, default=ROOT / "weights.onnx")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="(results)")
    parser.add_argument("--compare", action="store_true",
        help="one round each: every frame as a whole, and looking where it pays")  # fmt: skip
    args = parser.parse_args()
    cv2.setNumThreads(1)
    if args.compare:
        compared(args)
        return
    detection, tracking = watching_settings()
    detector = load_detector(args.weights, detection)
    passings: list[Passing] = []
    read_ms: list[float] = []
    follow_ms: list[float] = []
    draw_ms: list[float] = []
    told_at = [0.0]
    memory = [memory_mb()]
    seconds = 60 * args.minutes
    start, busy = time.monotonic(), time.process_time()

    tracker = Tracker(tracking)

    class Timed(FrameReader):
        """Takes the time of each frame."""

        def look(self, picture: np.ndarray, time_s: float) -> Any:
            begun = time.perf_counter()
            found = super().look(picture, time_s)
            told_at[0] = time.perf_counter()
            read_ms.append((told_at[0] - begun) * 1e3)
            return found

    def draw(frame: Frame, readings: list[Reading]) -> None:
        begun = time.perf_counter()
        follow_ms.append((begun - told_at[0]) * 1e3)
        annotate(frame.picture, readings)
        draw_ms.append((time.perf_counter() - begun) * 1e3)
        if time.monotonic() - start > len(memory) * seconds / SAMPLES:
            memory.append(memory_mb())

    done = follow(
        looped(args.video, seconds), Timed(detector, tracker), Voter.of(detector),
        on_passing=passings.append, on_frame=draw, tracker=tracker,
    )  # fmt: skip
    wall, used = time.monotonic() - start, time.process_time() - busy
    texts: dict[str, int] = {}
    for passing in passings:
        if passing.reading.accepted:
            texts[passing.reading.text] = texts.get(passing.reading.text, 0) + 1
    memory.append(memory_mb())
    result = {
        "command": f"python benchmarks/watching.py {args.video.name} --minutes {args.minutes:g}",
        **default_digests(args.weights),
        "minutes": round(wall / 60, 2),
        "frames": done.read,
        "frames_per_s": round(done.read / wall, 2),
        "frames_per_s_of_processor": round(done.read / used, 2),
        "load_average": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
        "find_and_read_ms": milliseconds(read_ms),
        "follow_and_vote_ms": milliseconds(follow_ms),
        "draw_ms": milliseconds(draw_ms),
        "accepted_vehicles": texts,
        "memory_mb": [round(value, 1) for value in memory],
        "memory_growth_mb": round(memory[-1] - memory[min(2, len(memory) - 1)], 1),
    }
    write_part(args, "looped", result)


if __name__ == "__main__":
    run_script(main, "watching.py")
