"""How small, blurred, noisy, packed or turned a plate may be: accuracy on drawings.

Run: python benchmarks/robustness.py

Draws plates of all regions over backgrounds, straight on, sharp, 160 pixels wide, and worsens one
thing at a time; the same plates at every value. A plate counts when its text is read right with O
as 0 and I as 1: once found and read in the whole picture, once with its corners given. Writes
results/robustness.json and results/robustness.png.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from checkout import ROOT, write_result

from platewright.background.photo import load_backgrounds
from platewright.errors import run_script
from platewright.evaluation.metrics import match
from platewright.evaluation.report import default_digests
from platewright.geometry import box_of_quad
from platewright.reading.choice import load_detector
from platewright.reading.detector import Detector
from platewright.reading.settings import DetectorSettings
from platewright.synth.background import Backgrounds
from platewright.synth.effect import blur, jpeg, noise
from platewright.synth.placement import (
    Pose,
    add_plate,
    pose_quad,
)
from platewright.synth.scene import (
    apply_camera,
    draw_look,
)
from platewright.text import clean, fold

SEED = 4_000_037
ROOM = 1.5
"""Room round the plate, in its heights."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """How one plate is shown.

    Attributes:
        width: of the plate seen straight on, px.
        yaw: turn about the upright axis, degrees.
        pitch: tilt about the level axis, degrees.
        blur: standard deviation, px.
        noise: standard deviation, grey levels of 255.
        jpeg: quality, 1-100; 0 for none.
    """

    width: float = 160.0
    yaw: float = 0.0
    pitch: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    jpeg: int = 0


AXES: dict[str, tuple[str, tuple[float, ...]]] = {
    "width": ("width of the plate, px", (24, 32, 40, 50, 60, 80, 110, 160, 240)),
    "blur": ("blur, standard deviation, px", (0, 0.7, 1.4, 2.1, 2.8, 3.5, 4.2)),
    "noise": ("noise, standard deviation, grey levels", (0, 10, 20, 30, 45, 60, 80)),
    "jpeg": ("JPEG quality", (3, 6, 10, 15, 25, 40, 80)),
    "yaw": ("yaw, degrees", (0, 15, 30, 40, 50, 60, 70)),
    "pitch": ("pitch, degrees", (0, 15, 30, 40, 50, 60, 70)),
}


def show(index: int, backgrounds: Backgrounds, condition: Condition) -> tuple[Any, Any]:
    """Return the picture of plate `index` under a condition, and the plate's record."""
    rng = np.random.default_rng([SEED, index])
    look = draw_look(rng)
    pose = Pose(yaw=math.radians(condition.yaw), pitch=math.radians(condition.pitch))
    quad = pose_quad(pose, look.size_mm, condition.width)
    x0, y0, x1, y1 = box_of_quad(quad)
    room = ROOM * condition.width * look.size_mm[0] / look.size_mm[1]
    quad = quad - [x0 - room, y0 - room]
    canvas = backgrounds.crop(rng, (round(y1 - y0 + 2 * room), round(x1 - x0 + 2 * room)))
    plate = add_plate(rng, canvas, look, pose, quad)
    camera = {
        "blur": blur.Parameters(px=condition.blur),
        "noise": noise.Parameters(sd=condition.noise, start=int(rng.integers(2**30))),
    }
    if condition.jpeg:
        camera["jpeg"] = jpeg.Parameters(quality=int(condition.jpeg))
    return apply_camera(canvas, camera), plate


def measure(
    detector: Detector, backgrounds: Backgrounds, condition: Condition, plates: int
) -> dict[str, float]:
    """Return which part of the plates is found, found and read, and read with corners given."""
    found = read = given = 0
    for index in range(plates):
        image, plate = show(index, backgrounds, condition)
        text = fold(clean(plate.text))
        readings = detector.read(image)
        at = match([plate.box], readings)[0][0]
        found += at >= 0
        read += at >= 0 and fold(clean(readings[at].text)) == text
        given += fold(clean(detector.read_quads(image, [plate.quad])[0].text)) == text
    return {
        "found": round(found / plates, 4),
        "read": round(read / plates, 4),
        "read_with_corners_given": round(given / plates, 4),
    }


def draw_panels(curves: dict[str, list[dict[str, float]]], plates: int, path: Path) -> None:
    """Draw a panel for each axis."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(2, 3, figsize=(11, 6), dpi=100, sharey=True)
    for panel, (name, rows) in zip(panels.ravel(), curves.items(), strict=True):
        at = [row["at"] for row in rows]
        for key, title, style in (
            ("found", "found", ":"),
            ("read", "found and read right", "-"),
            ("read_with_corners_given", "read right, corners given", "--"),
        ):
            panel.plot(at, [100 * row[key] for row in rows], style, marker="o", ms=3, label=title)
        panel.set_xlabel(AXES[name][0])
        panel.set_ylim(0, 102)
        panel.grid(alpha=0.3)
        if name in ("width", "jpeg"):
            panel.set_xscale("log")
            panel.set_xticks(at, [f"{value:g}" for value in at])
            panel.minorticks_off()
    for panel in panels[:, 0]:
        panel.set_ylabel("% of the plates")
    panels[0, 0].legend(loc="lower right", fontsize=8)
    figure.suptitle(f"{plates} drawn plates at each point; one thing worsened at a time")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def main() -> int:
    """Measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", type=Path, default=ROOT / "weights.onnx")
    parser.add_argument("--bgs", type=Path, default=ROOT / "bgs", help="backgrounds")
    parser.add_argument("--plates", type=int, default=60, help="at each point (%(default)s)")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="(results)")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    detector = load_detector(args.weights, DetectorSettings())
    backgrounds = Backgrounds(load_backgrounds(args.bgs) if args.bgs.is_dir() else [])
    curves: dict[str, list[dict[str, float]]] = {}
    for name, (_, values) in AXES.items():
        curves[name] = [
            {"at": value}
            | measure(detector, backgrounds, replace(Condition(), **{name: value}), args.plates)
            for value in values
        ]
        print(name, " ".join(f"{row['at']:g}:{100 * row['read']:.0f}" for row in curves[name]))
    result = {
        "command": " ".join(["python benchmarks/robustness.py", *sys.argv[1:]]),
        **default_digests(args.weights),
        "plates": args.plates,
        "axes": {name: title for name, (title, _) in AXES.items()},
        "curves": curves,
    }
    write_result(args.out / "robustness.json", result)
    draw_panels(curves, args.plates, args.out / "robustness.png")
    return 0


if __name__ == "__main__":
    run_script(main, "robustness.py")
