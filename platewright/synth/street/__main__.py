"""Draws a street picture: python -m platewright.synth.street street.png --seed 7."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from platewright.errors import run_script
from platewright.image import save_image
from platewright.synth.street import draw_street


def main() -> None:
    """Draw the picture that the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m platewright.synth.street", description="Draw a street picture with plates."
    )
    parser.add_argument("picture", type=Path, metavar="OUT", help=".jpg or .png to write")
    parser.add_argument(
        "--seed", type=int, default=7, help="another one, another street (default 7)"
    )
    args = parser.parse_args()
    picture, record = draw_street(np.random.default_rng([args.seed, 0]), seed=(args.seed, 0))
    save_image(args.picture, picture, 95)
    texts = ", ".join(f"{plate.region} {plate.text}" for plate in record.plates)
    print(f"{args.picture}: a drawn street with the plates {texts}", file=sys.stderr)


run_script(main, "street")
