"""How many plates of drawn drives the vote of all frames reads, beside the best single frame.

Run: python benchmarks/voting.py --drives 100

Draws drives past a plate (`platewright.synth.street.picture`), reads every frame, follows them as
watch.py does. For each hardness it says of how many drives the text is right (O counts as 0, I as
1): one frame taken blindly, as a photo is (the mean over all of them); the frame with the highest
presence x confidence; the text that most frames agree on; any frame at all, which no choice of one
frame can beat; and the vote. Once for all texts, once for those that
are accepted (`confidence` at or above the default), which is what a gate would open for. Then
whether the confidences are the chance of being right, and how many other vehicles were told.
Writes results/voting.json.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from checkout import ROOT, write_result

from platewright.errors import run_script
from platewright.evaluation.metrics import expected_calibration_error, reliability
from platewright.evaluation.report import default_digests
from platewright.geometry import iou
from platewright.reading.choice import load_detector
from platewright.reading.detector import Detector
from platewright.reading.settings import ACCEPTED
from platewright.record import PlateRecord, Reading
from platewright.synth.street.picture import DriveSettings, draw_drive
from platewright.text import fold
from platewright.tracking.follow import follow, watching_settings
from platewright.tracking.passing import Passing, Voter
from platewright.tracking.source import Frame
from platewright.tracking.track import Tracker

SEED = 4_000_037
HARDNESS = (0.3, 0.7, 1.0)


@dataclass(frozen=True)
class Drive:
    """What came of one drive: text, number of frames, its plate's readings, the vehicles told."""

    text: str
    frames: int
    readings: list[Reading]
    passings: list[Passing]

    @property
    def blind(self) -> float:
        """Part of all frames whose reading is right."""
        return sum(self.right(reading.text) for reading in self.readings) / self.frames

    @property
    def best(self) -> tuple[str, float]:
        """Text and confidence of the best frame."""
        if not self.readings:
            return "", 0.0
        best = max(self.readings, key=lambda r: r.presence * r.confidence)
        return best.text, best.confidence

    @property
    def most(self) -> tuple[str, float]:
        """The most frequent text, and its part of the frames with a reading."""
        if not self.readings:
            return "", 0.0
        text, count = Counter(r.text for r in self.readings).most_common(1)[0]
        return text, count / len(self.readings)

    @property
    def voted(self) -> tuple[str, float]:
        """Text and confidence of the vehicle that was seen in most frames."""
        if not self.passings:
            return "", 0.0
        told = max(self.passings, key=lambda passing: passing.frames).reading
        return told.text, told.confidence

    def right(self, text: str) -> bool:
        """Tell whether that is the drive's text."""
        return fold(text) == fold(self.text)


def watch(detector: Detector, voter: Voter, settings: DriveSettings, index: int) -> Drive:
    """Draw a drive and follow it."""
    readings: list[Reading] = []
    passings: list[Passing] = []
    plates: list[PlateRecord] = []

    def frames() -> Iterator[Frame]:
        rng = np.random.default_rng([SEED, index])
        for number, (picture, record) in enumerate(draw_drive(rng, settings)):
            plates.append(record.plates[0])
            yield Frame(number, number / settings.fps, partial(np.asarray, picture))

    def read(picture: np.ndarray) -> list[Reading]:
        found = detector.read(picture)
        readings.extend(r for r in found if iou(r.box, plates[-1].box) > 0.2)
        return found

    _, tracking = watching_settings()
    follow(frames(), read, voter, on_passing=passings.append, tracker=Tracker(tracking))
    return Drive(plates[0].text, len(plates), readings, passings)


def figures(drives: list[Drive]) -> dict[str, Any]:
    """Return the figures of drives of one hardness."""
    ways = {name: [getattr(d, name) for d in drives] for name in ("best", "most", "voted")}
    right = {
        name: sum(d.right(text) for d, (text, _) in zip(drives, told, strict=True))
        for name, told in ways.items()
    }
    accepted = {
        name: [
            d.right(text) for d, (text, sure) in zip(drives, ways[name], strict=True)
            if sure >= ACCEPTED
        ]
        for name in ("best", "voted")
    }  # fmt: skip
    return {
        "drives": len(drives),
        "frames_with_a_reading": round(float(np.mean([len(d.readings) for d in drives])), 1),
        "right": {
            "one_frame": round(sum(d.blind for d in drives), 1),
            "best_frame": right["best"],
            "most_frequent_text": right["most"],
            "any_frame": sum(any(d.right(r.text) for r in d.readings) for d in drives),
            "vote": right["voted"],
        },
        "vote_over_best_frame": ratio(right["voted"], right["best"]),
        "accepted_and_right": {
            "best_frame": sum(accepted["best"]),
            "vote": sum(accepted["voted"]),
        },
        "accepted_vote_over_best_frame": ratio(sum(accepted["voted"]), sum(accepted["best"])),
        "accepted_and_wrong": {
            "best_frame": accepted["best"].count(False),
            "vote": accepted["voted"].count(False),
        },
        "told_twice_or_wrongly": sum(max(len(d.passings) - 1, 0) for d in drives),
    }


def ratio(a: int, b: int) -> float | None:
    """Return a / b, None where b is 0."""
    return round(a / b, 2) if b else None


def calibration(drives: list[Drive]) -> dict[str, Any]:
    """Return how far confidences are from the chance of being right, frame by frame and voted."""
    frames = [(r.confidence, d.right(r.text)) for d in drives for r in d.readings]
    votes = [(d.voted[1], d.right(d.voted[0])) for d in drives if d.voted[0]]
    result = {}
    for name, pairs in (("frames", frames), ("vote", votes)):
        if not pairs:
            continue
        table = reliability([sure for sure, _ in pairs], [hit for _, hit in pairs])
        result[name] = {"ece": round(expected_calibration_error(table), 4), "table": table}
    return result


def main() -> None:
    """Draw, read, count, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--drives", type=int, default=100, help="of each hardness (%(default)s)")
    parser.add_argument("--frames", type=int, default=40, help="of each drive (%(default)s)")
    parser.add_argument("--weights", type=Path, default=ROOT / "weights.onnx")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="(results)")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    detector = load_detector(args.weights, watching_settings()[0])
    voter = Voter.of(detector)
    drives: dict[float, list[Drive]] = {}
    for hardness in HARDNESS:
        settings = DriveSettings(hardness=hardness, frames=args.frames)
        drives[hardness] = [watch(detector, voter, settings, k) for k in range(args.drives)]
        print(hardness, json.dumps(figures(drives[hardness])), flush=True)
    result = {
        "command": f"python benchmarks/voting.py --drives {args.drives} --frames {args.frames}",
        **default_digests(args.weights),
        "frames": args.frames,
        "hardness": {f"{hardness:g}": figures(seen) for hardness, seen in drives.items()},
        "calibration": calibration([d for seen in drives.values() for d in seen]),
    }
    write_result(args.out / "voting.json", result)


if __name__ == "__main__":
    run_script(main, "voting.py")
