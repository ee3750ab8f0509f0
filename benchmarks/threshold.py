"""Precision of the accepted readings against how many texts they are, over all thresholds.

Run: python benchmarks/threshold.py data/realdev/labels.csv

Reads labelled photos, and close-ups drawn with a seed that nothing else uses, keeps every reading
with its confidence, and says for each threshold which part of the readings above it is right. The
default of `detect.py` is a round figure chosen on drawings: the curve of the photos checks that at
least 95 % of what it accepts there is right. Writes results/threshold.json and threshold.png.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from checkout import ROOT, write_result

from platewright.background.photo import load_backgrounds
from platewright.dataset.format.labels_csv import choose, read_labels
from platewright.errors import run_script
from platewright.evaluation.evaluation import evaluate
from platewright.evaluation.metrics import THRESHOLDS, Verdict, acceptance, judge
from platewright.evaluation.report import default_digests
from platewright.reading.choice import load_detector
from platewright.reading.detector import Detector
from platewright.reading.settings import ACCEPTED, DetectorSettings
from platewright.synth.background import Backgrounds
from platewright.synth.scene import draw_closeup
from platewright.training.sample import SampleSettings

SEED = 3_000_017
MARGIN = (1.0, 2.0)
LISTED = tuple(k / 20 for k in range(20))


def drawn_verdicts(detector: Detector, backgrounds: Backgrounds, count: int) -> list[Verdict]:
    """Find and read drawn plates."""
    verdicts: list[Verdict] = []
    for index in range(count):
        rng = np.random.default_rng([SEED, index])
        closeup = SampleSettings().closeup
        image, record = draw_closeup(rng, backgrounds, closeup, margin=MARGIN)
        plate = record.plates[0]
        verdicts += judge([plate.box], [plate.text], detector.read(image))
    return verdicts


def draw_curves(curves: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """Draw precision against recall, the default threshold marked."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7.2, 4.6), dpi=110)
    lines = (
        ("photos", "precision", "photos: of the readings on a labelled text", "#1f5fa8", "-"),
        (
            "photos",
            "precision_all",
            "photos: readings beside all labels count too",
            "#1f5fa8",
            ":",
        ),
        ("drawn", "precision", "drawings", "#c2571a", "-"),
    )
    for source, key, title, colour, style in lines:
        rows = [row for row in curves[source] if row[key] is not None]
        axes.plot(
            [100 * row["recall"] for row in rows],
            [100 * row[key] for row in rows],
            style,
            color=colour,
            label=title,
        )
        for row in rows:
            if row["min_confidence"] in (0.0, 0.3, 0.5, ACCEPTED, 0.9):
                chosen = row["min_confidence"] == ACCEPTED
                point = (100 * row["recall"], 100 * row[key])
                axes.plot(*point, "o", color=colour, markersize=8 if chosen else 4)
                axes.annotate(
                    f"{row['min_confidence']:g}", point, textcoords="offset points", xytext=(6, 5)
                )
    axes.axhline(95, color="#888888", linewidth=0.8)
    axes.set_xlabel("texts read right and accepted, % of all texts")
    axes.set_ylabel("accepted readings that are right, %")
    axes.set_title(f"Least confidence, its default {ACCEPTED:g} (large dots)")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def main() -> int:
    """Read, count, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labels", type=Path, metavar="LABELS.csv")
    parser.add_argument("--weights", type=Path, default=ROOT / "weights.onnx")
    parser.add_argument("--bgs", type=Path, default=ROOT / "bgs", help="of the drawings")
    parser.add_argument("--drawings", type=int, default=1500, help="(%(default)s)")
    parser.add_argument("--limit", type=int, help="the first so many photos only")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="(results)")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    detector = load_detector(args.weights, DetectorSettings(min_confidence=0.0))
    labels = choose(read_labels(args.labels), limit=args.limit)
    photos = evaluate(labels, args.labels.parent / "images", detector)
    backgrounds = Backgrounds(load_backgrounds(args.bgs) if args.bgs.is_dir() else [])
    verdicts = {
        "photos": photos.verdicts,
        "drawn": drawn_verdicts(detector, backgrounds, args.drawings),
    }
    texts = {"photos": sum(bool(o.text) for o in photos.outcomes), "drawn": args.drawings}
    curves = {
        name: [acceptance(seen, texts[name], at) for at in THRESHOLDS]
        for name, seen in verdicts.items()
    }
    accepted = {name: acceptance(verdicts[name], texts[name], ACCEPTED) for name in verdicts}
    result = {
        "command": "python benchmarks/threshold.py " + " ".join(sys.argv[1:]),
        **default_digests(args.weights),
        "default": ACCEPTED,
        "texts": texts,
        "at_default": accepted,
        "curves": {
            name: [row for row in rows if row["min_confidence"] in LISTED]
            for name, rows in curves.items()
        },
    }
    write_result(args.out / "threshold.json", result, accepted)
    draw_curves(curves, args.out / "threshold.png")
    return 1 if photos.unreadable else 0


if __name__ == "__main__":
    run_script(main, "threshold.py")
