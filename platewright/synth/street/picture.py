"""A street picture to try the program on: sky, houses, trees, a road, and vehicles with plates.

The plates are drawn as everywhere else and stand in true perspective; their record says where.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from platewright.errors import run_script
from platewright.image import save_image
from platewright.record import PlateRecord, SceneRecord
from platewright.region import Look
from platewright.region.colour import luma
from platewright.synth.effect import Drawn, blur, gradient, jpeg, noise, picture, vignette
from platewright.synth.placement import Pose, add_plate
from platewright.synth.scene import apply_camera, draw_look
from platewright.synth.street.scenery import Canvas, Colour, Frame, View, paint_street
from platewright.synth.street.vehicle import BODIES, Vehicle
from platewright.synth.style import PlateStyle, draw_style

__all__ = ["PAINTS", "draw_street"]

Picture = NDArray[np.uint8]

# Where the vehicles stand: (kind, regions of its plate, x of its middle in the picture, distance
# in metres, yaw in degrees). No nearer one hides the plate of one behind it.
SPOTS: tuple[tuple[str, tuple[str, ...], float, float, float], ...] = (
    ("oncoming", ("FR", "NL"), 812, 10.2, 2.0),
    ("saloon", ("GB",), 545, 7.7, -1.0),
    ("van", ("IN",), 130, 5.7, -12.0),
    ("hatchback", ("DE", "US-CA"), 1120, 4.8, 12.0),
)

PAINTS: tuple[Colour, ...] = (
    (178, 24, 32), (28, 74, 140), (222, 224, 226), (52, 56, 62), (120, 128, 136), (22, 96, 84),
    (226, 150, 34), (96, 30, 56), (158, 186, 204),
)  # fmt: skip


def draw_street(
    rng: np.random.Generator, *, seed: tuple[int, int] = (-1, -1)
) -> tuple[Picture, SceneRecord]:
    """Draw a street with four vehicles, each with a plate of another region.

    Args:
        rng: random numbers; `seed` goes into the record only.
        seed: (seed, index) that `rng` was made of.

    Returns:
        (720, 1280, 3) RGB picture and its record; the plates lie whole inside it, unhidden.
    """
    view = View()
    canvas = Canvas(view.size)
    paint_street(rng, canvas, view)
    parked: list[tuple[Vehicle, Look, float]] = []
    paints = rng.permutation(len(PAINTS))
    for (kind, codes, column, distance, degrees), paint in zip(SPOTS, paints, strict=False):
        look = _draw_look(rng, codes[int(rng.integers(len(codes)))])
        z = distance * float(rng.uniform(0.97, 1.03))
        x = (column + float(rng.uniform(-9, 9)) - view.size[1] / 2) * z / view.focal_px
        yaw = float(np.radians(degrees + rng.uniform(-2, 2)))
        size_m = (look.size_mm[0] / 1000, look.size_mm[1] / 1000)
        vehicle = Vehicle(
            body=BODIES[kind],
            frame=Frame(x=x, z=z, yaw_rad=yaw),
            paint=PAINTS[paint],
            plate_m=size_m,
        )
        vehicle.paint_on(canvas, view)
        parked.append((vehicle, look, yaw))
    painted = canvas.finished()
    plates: list[PlateRecord] = []
    for vehicle, look, yaw in parked:
        pose = Pose(yaw=yaw, distance=vehicle.frame.z / vehicle.plate_m[1])
        style = _clean(draw_style(rng, look), look)
        plates.append(add_plate(rng, painted, look, pose, vehicle.plate_quad(view), style=style))
    camera: Drawn = {
        "vignette": vignette.Parameters(weight=0.12),
        "blur": blur.Parameters(px=0.4),
        "noise": noise.Parameters(sd=2.0, start=int(rng.integers(2**30))),
        "jpeg": jpeg.Parameters(quality=93),
    }
    image = apply_camera(painted, camera)
    drawn = {"camera": camera}
    return image, SceneRecord(size=view.size, plates=tuple(plates), seed=seed, drawn=drawn)


def _draw_look(rng: np.random.Generator, code: str) -> Look:
    """Draw a plate for a car; India's in two lines, as its cars and vans often have them."""
    for _ in range(60):
        look = draw_look(rng, (code,))
        lines = 2 if code == "IN" else 1
        gap = abs(luma(look.background) - luma(look.foreground))
        if len(look.lines) == lines and look.size_mm[1] > 280 and gap > 90 and len(look.text) > 5:
            break
    return look


def _clean(style: PlateStyle, look: Look) -> PlateStyle:
    """Take off what only wild plates have: this picture shows well-kept ones."""
    kept: Drawn = {k: v for k, v in style.effects.items() if k in ("emboss", "texture", "bolts")}
    kept["gradient"] = gradient.Parameters(x=0.0, y=10.0)
    behind = style.effects.get("picture")
    if isinstance(behind, picture.Parameters):
        kept["picture"] = replace(behind, weight=min(behind.weight, 0.15))
    return replace(
        style, background=look.background, foreground=look.foreground, width=1.0, size=1.0,
        spacing=1.0, fill=0.0, shift=(0.0, 0.0), jitter=0.0, gap=1.0, script=None, shear=0.0,
        marks=(), effects=kept,
    )  # fmt: skip


def main() -> None:
    """Draw the picture that the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m platewright.synth.street.picture",
        description="Draw a street picture with plates.",
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


if __name__ == "__main__":
    run_script(main, "street")
