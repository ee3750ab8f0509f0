"""How much `detect.py --redact` leaves to be seen: labelled photos, upright and turned.

Run: python benchmarks/redaction.py data/realdev/labels.csv

Each photo is redacted as it is and turned by 90, 180 and 270 degrees. A plate whose text is
labelled counts as visible where less than half of its box has changed. Photos are counted of which
more than half was painted over, what the labelled plates take left out: a close-up of a plate is
all plate. Writes results/redaction.json.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from checkout import ROOT, write_result
from tqdm import tqdm

from platewright.dataset.format.labels_csv import choose, read_labels
from platewright.errors import run_script
from platewright.evaluation.report import default_digests
from platewright.geometry import quad_of_box
from platewright.image import load_image
from platewright.output.redaction import redact, redaction_settings, widened
from platewright.reading.choice import load_detector
from platewright.reading.settings import DetectorSettings

HALF = 0.5


def main() -> None:
    """Redact, look, count."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labels", type=Path, help="CSV file of labelled photos")
    parser.add_argument("--limit", type=int, metavar="N", help="every n-th photo, N in all")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "redaction.json")
    args = parser.parse_args()
    labels = [label for label in choose(read_labels(args.labels)) if label.box and label.text]
    files = sorted({label.file for label in labels})
    files = files[:: max(len(files) // args.limit, 1)][: args.limit] if args.limit else files
    settings = DetectorSettings(**redaction_settings())
    detector = load_detector(ROOT / "weights.onnx", settings, reader="line")
    turned: dict[str, Any] = {}
    start = time.process_time()
    for turns in range(4):
        visible, plates, painted, parts = [], 0, [], []
        for file in tqdm(files, desc=f"{90 * turns} degrees", unit="photos"):
            image = load_image(args.labels.parent / "images" / file)
            shown, _ = redact(np.ascontiguousarray(np.rot90(image, turns)), detector)
            changed = (np.rot90(shown, -turns) != image).any(axis=2)
            rest = np.full(changed.shape, True)
            for label in labels:
                if label.file == file and label.box:
                    x0, y0, x1, y1 = (max(round(v), 0) for v in label.box)
                    plates += 1
                    if changed[y0:y1, x0:x1].mean() < HALF:
                        visible.append(f"{file}: {label.text}")
                    (left, top), _, (right, bottom), _ = widened(quad_of_box(label.box))
                    rest[max(int(top), 0) : int(bottom) + 1, max(int(left), 0) : int(right) + 1] = (
                        False
                    )
            parts.append(float(changed[rest].mean()) if rest.any() else 0.0)
            if parts[-1] > HALF:
                painted.append(file)
        turned[str(90 * turns)] = {
            "plates": plates,
            "visible": len(visible),
            "more_than_half_painted": len(painted),
            "mean_part_painted": round(float(np.mean(parts)), 3),
            "which": visible + painted,
        }
    seconds = (time.process_time() - start) / (4 * len(files))
    figures = {
        "command": " ".join(["python benchmarks/redaction.py", *sys.argv[1:]]),
        **default_digests(ROOT / "weights.onnx"),
        "photos": len(files),
        "seconds_a_photo": round(seconds, 2),
        "turned": turned,
    }
    shown = {k: {n: v[n] for n in v if n != "which"} for k, v in turned.items()}
    write_result(args.out, figures, shown)


if __name__ == "__main__":
    run_script(main, "redaction.py")
