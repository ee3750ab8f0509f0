"""Calibrates weights on drawings that training never saw.

Run: python -m platewright.training.calibration weights.npz

Draws close-ups of plates, frames them with the errors that a first look makes, reads them as
`detect.py` does, fits the temperature, and writes it into the weights and the `.onnx` beside them.
Half a minute; no real photo is used.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from platewright.background.photo import load_backgrounds
from platewright.errors import WeightsError, run_script
from platewright.recognizer.calibration import Calibration, fit_temperature, store_temperature
from platewright.reading.detector import Detector
from platewright.reading.settings import DetectorSettings
from platewright.recognizer.runtime import Runtime, load_runtime
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings, draw_closeup
from platewright.text import clean, fold
from platewright.training.sample import SampleSettings, frame_quad

__all__ = ["HELD_OUT_SEED", "calibrate"]

HELD_OUT_SEED = 2_000_029
"""Of drawings that neither training nor its checks draw."""
MARGIN = (1.0, 2.0)
"""Room round a drawn plate, in its heights: a badly framed one must not see the picture's edge."""


def calibrate(
    runtime: Runtime,
    backgrounds: Backgrounds,
    *,
    drawings: int = 1500,
    seed: int = HELD_OUT_SEED,
    closeup: SceneSettings | None = None,
) -> Calibration:
    """Fit the temperature of a network.

    Args:
        runtime: runs it; its settings' temperature is not used.
        backgrounds: of the drawings.
        drawings: how many plates are drawn.
        seed: of the drawings.
        closeup: what they look like; None: as the reader's windows are drawn for training.

    Raises:
        WeightsError: if the network reads all of the plates, or none.
    """
    samples = SampleSettings()
    network = runtime.settings
    runtime.settings = replace(network, temperature=1.0)
    detector = Detector(runtime, DetectorSettings())
    slots, right = [], []
    try:
        for index in range(drawings):
            rng = np.random.default_rng([seed, index])
            image, record = draw_closeup(
                rng, backgrounds, closeup or samples.closeup, margin=MARGIN
            )
            plate = record.plates[0]
            quad = frame_quad(rng, plate.quad, upright=rng.random() < samples.upright)
            reading = detector.read_quads(image, [quad])[0]
            if reading.slots is not None:
                slots.append(reading.slots)
                right.append(fold(reading.text) == fold(clean(plate.text)))
        return fit_temperature(slots, right, network.alphabet)
    except ValueError:
        raise WeightsError(
            f"of {drawings} drawn plates {sum(right)} were read right: nothing can be calibrated "
            "on that; train longer, or draw more plates"
        ) from None
    finally:
        runtime.settings = network


def main() -> int:
    """Calibrate a weights file in place."""
    parser = argparse.ArgumentParser(
        prog="python -m platewright.training.calibration",
        description="Fit the temperature of weights on drawings, and write it into them.",
    )
    add = parser.add_argument
    add("weights", type=Path, metavar="WEIGHTS.npz")
    add("--drawings", type=int, default=1500, metavar="N", help="plates drawn (%(default)s)")
    add(
        "--bgs",
        type=Path,
        default=Path("bgs"),
        metavar="FOLDER",
        help="backgrounds (%(default)s; drawn if missing)",
    )
    add("--seed", type=int, default=HELD_OUT_SEED, help="of the drawings (%(default)s)")
    args = parser.parse_args()
    if args.weights.suffix != ".npz":
        raise WeightsError(f"{args.weights}: give the .npz; the .onnx beside it is written as well")
    beside = args.weights.with_suffix(".onnx")
    runtime = load_runtime(beside if beside.is_file() else args.weights)
    photos = load_backgrounds(args.bgs) if args.bgs.is_dir() else []
    found = calibrate(runtime, Backgrounds(photos), drawings=args.drawings, seed=args.seed)
    written = store_temperature(args.weights, found)
    print(
        f"temperature {found.temperature}: on {found.readings} drawn plates, {found.right:.1%} of "
        f"them read right, ECE {found.ece:.3f} (at temperature 1: {found.ece_before:.3f})"
    )
    print("written into " + " and ".join(str(path) for path in written))
    return 0


if __name__ == "__main__":
    run_script(main, "calibration")
