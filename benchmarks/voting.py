"""How many plates of drives the vote of all frames reads, beside the best single frame.

Run: python benchmarks/voting.py --drives 40 --photos data/realdev/labels.csv

Draws drives past a plate (`platewright.synth.street.picture`), and with `--photos` comes nearer to
the plates of real photos; reads every frame, follows them as watch.py does. For each hardness, and
for the photos, it says of how many drives the text is right (O counts as 0, I as 1): one frame
taken blindly, as a photo is (the mean over all of them); the frame with the highest presence x
confidence; the text that most frames agree on; any frame at all, which no choice of one frame can
beat; and the vote. Once for all texts, once for those that are accepted, which is what a gate
would open for. Then whether the confidences are the chance of being right, and how many other
vehicles were told. Writes results/voting.json.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from checkout import ROOT, write_result

from platewright.dataset.format.labels_csv import Label, read_labels
from platewright.errors import run_script
from platewright.evaluation.metrics import expected_calibration_error, reliability
from platewright.evaluation.report import default_digests
from platewright.geometry import Box, Picture, iou
from platewright.image import load_image
from platewright.reading.acceptance import Shown
from platewright.reading.choice import load_detector
from platewright.reading.detector import Detector
from platewright.record import Reading
from platewright.synth.street.picture import DriveSettings, draw_drive
from platewright.text import fold
from platewright.tracking.follow import follow, watching_settings
from platewright.tracking.passing import Passing, Voter
from platewright.tracking.source import Frame
from platewright.tracking.track import Tracker

SEED = 4_000_037
HARDNESS = (0.3, 0.7, 1.0)
SIZE = (540, 960)  #: (height, width) of the frames that come nearer to a photo's plate
FAR, NEAR = (50.0, 80.0), (100.0, 170.0)  #: Its plate's width at first and at last, pixels
ENLARGED = 1.6  #: No photo by more
FPS = 20.0

Seen = tuple[Picture, Box]  #: A frame, and where the plate is in it


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
    def best(self) -> tuple[str, float, bool]:
        """Text and confidence of the best frame, and whether it is accepted."""
        return _said(max(self.readings, key=lambda r: r.presence * r.confidence, default=None))

    @property
    def most(self) -> tuple[str, float, bool]:
        """The most frequent text, its part of the frames with a reading, False."""
        if not self.readings:
            return "", 0.0, False
        text, count = Counter(r.text for r in self.readings).most_common(1)[0]
        return text, count / len(self.readings), False

    @property
    def voted(self) -> tuple[str, float, bool]:
        """Text and confidence of the vehicle seen in most frames, and whether it is accepted."""
        longest = max(self.passings, key=lambda passing: passing.frames, default=None)
        return _said(longest.reading if longest else None)

    def right(self, text: str) -> bool:
        """Tell whether that is the drive's text."""
        return fold(text) == fold(self.text)


def _said(reading: Reading | None) -> tuple[str, float, bool]:
    return (reading.text, reading.confidence, reading.accepted) if reading else ("", 0.0, False)


def drawn(settings: DriveSettings, index: int) -> tuple[str, list[Seen]]:
    """Draw a drive past a plate."""
    rng = np.random.default_rng([SEED, index])
    frames = list(draw_drive(rng, settings))
    return frames[0][1].plates[0].text, [(np.asarray(p), r.plates[0].box) for p, r in frames]


def nearer(photos: Path, label: Label, index: int, frames: int) -> list[Seen]:
    """Come nearer to a real photo's plate, by a camera that shakes; none: the photo is too small.

    Each photo has its blur, its noise and its light.
    """
    rng = np.random.default_rng([SEED, index])
    photo, box = load_image(photos / label.file), label.box or (0, 0, 1, 1)
    first, last = (rng.uniform(*ends) / (box[2] - box[0]) for ends in (FAR, NEAR))
    if last > ENLARGED:
        return []
    begin, end = rng.uniform(0.25, 0.75, 2), rng.uniform((0.2, 0.5), (0.8, 0.85))
    blur, noise, light = rng.uniform(0.01, 1.2), rng.uniform(1, 7), rng.uniform(0.5, 1.1)
    centre = np.array([box[0] + box[2], box[1] + box[3]]) / 2
    seen: list[Seen] = []
    for part in np.linspace(0, 1, frames) ** 2:
        scale = first * (last / first) ** part
        turn = cv2.getRotationMatrix2D((0, 0), rng.normal(0, 0.3), scale)
        place = (begin + (end - begin) * part) * SIZE[::-1] + rng.normal(0, 0.7, 2)
        turn[:, 2] = place - turn[:, :2] @ centre
        sharp = cv2.GaussianBlur(photo, (0, 0), 0.4 / scale) if scale < 0.5 else photo
        picture = cv2.warpAffine(sharp, turn, SIZE[::-1], borderMode=cv2.BORDER_REPLICATE)
        picture = cv2.GaussianBlur(picture, (0, 0), blur) * light + rng.normal(0, noise, (*SIZE, 3))
        x0, y0, x1, y1 = (
            turn[:, :2] @ np.reshape(box, (2, 2)).T + turn[:, 2:]
        ).T.ravel().tolist()  # fmt: skip
        seen.append((np.clip(picture, 0, 255).astype(np.uint8), (x0, y0, x1, y1)))
    return seen


def approaches(labels: Path, count: int, frames: int) -> Iterator[tuple[str, list[Seen]]]:
    """Come nearer to so many photos' only plates, in an order by chance."""
    alone = Counter(label.file for label in read_labels(labels))
    chosen = [x for x in read_labels(labels) if alone[x.file] == 1 and x.text and x.box]
    order = np.random.default_rng(SEED).permutation(len(chosen)).tolist()
    came = ((chosen[k].text, nearer(labels.parent / "images", chosen[k], k, frames)) for k in order)
    yield from itertools.islice(((text, seen) for text, seen in came if seen), count)


def watch(detector: Detector, voter: Voter, text: str, seen: list[Seen], fps: float) -> Drive:
    """Follow a drive."""
    readings: list[Reading] = []
    passings: list[Passing] = []
    boxes: list[Box] = []

    def frames() -> Iterator[Frame]:
        for number, (picture, box) in enumerate(seen):
            boxes.append(box)
            yield Frame(number, number / fps, partial(np.asarray, picture))

    def read(picture: Picture) -> list[Reading]:
        found = detector.read(picture)
        readings.extend(r for r in found if iou(r.box, boxes[-1]) > 0.2)
        return found

    _, tracking = watching_settings()
    follow(
        frames(), read, voter, on_passing=passings.append, tracker=Tracker(tracking), shown=Shown()
    )
    return Drive(text, len(seen), readings, passings)


def figures(drives: list[Drive]) -> dict[str, Any]:
    """Return the figures of drives of one hardness."""
    ways = {name: [getattr(d, name) for d in drives] for name in ("best", "most", "voted")}
    right = {
        name: sum(d.right(text) for d, (text, *_) in zip(drives, told, strict=True))
        for name, told in ways.items()
    }
    accepted = {
        name: [
            d.right(text) for d, (text, _, accepted) in zip(drives, ways[name], strict=True)
            if accepted
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
    votes = [(sure, d.right(text)) for d in drives for text, sure, _ in [d.voted] if text]
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
    parser.add_argument("--photos", type=Path, metavar="CSV", help="labels of real photos")
    parser.add_argument("--weights", type=Path, default=ROOT / "weights.onnx")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="(results)")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    detector = load_detector(args.weights, watching_settings()[0])
    voter = Voter.of(detector)
    drives: dict[str, list[Drive]] = {}

    def follow_all(name: str, scenes: Iterable[tuple[str, list[Seen]]], fps: float) -> None:
        drives[name] = [watch(detector, voter, *scene, fps) for scene in scenes]
        print(name, json.dumps(figures(drives[name])), flush=True)

    for hardness in HARDNESS:
        settings = DriveSettings(hardness=hardness, frames=args.frames)
        scenes = (drawn(settings, k) for k in range(args.drives))
        follow_all(f"{hardness:g}", scenes, settings.fps)
    if args.photos:
        follow_all("photos", approaches(args.photos, args.drives, args.frames), FPS)
    options = f"--drives {args.drives} --frames {args.frames}"
    options += f" --photos {args.photos}" if args.photos else ""
    result = {
        "command": f"python benchmarks/voting.py {options}",
        **default_digests(args.weights),
        "frames": args.frames,
        "hardness": {name: figures(seen) for name, seen in drives.items()},
        "calibration": calibration([d for seen in drives.values() for d in seen]),
    }
    write_result(args.out / "voting.json", result)


if __name__ == "__main__":
    run_script(main, "voting.py")
