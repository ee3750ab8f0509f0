"""A street picture to try the program on: sky, houses, trees, a road, and vehicles with plates.

    python -m platewright.synth.street street.png --seed 7

The plates are drawn as everywhere else and stand in true perspective; their record says where.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.errors import run_script
from platewright.image import save_image
from platewright.record import PlateRecord, SceneRecord
from platewright.region import Look
from platewright.synth.body import BODIES
from platewright.synth.camera import Camera, apply_camera
from platewright.synth.house import HOUSES_M, WALLS, add_houses
from platewright.synth.placement import add_plate
from platewright.synth.pose import Pose
from platewright.synth.scene import draw_look
from platewright.synth.style import PlateStyle, draw_style, luma
from platewright.synth.vehicle import Vehicle
from platewright.synth.view import Canvas, Colour, Frame, View

__all__ = ["PAINTS", "draw_street", "paint_street"]

Picture = NDArray[np.uint8]

ROAD_M = 4.6  # from the middle of the road to the kerb
FAR_M = 220.0

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
    picture = canvas.finished()
    plates: list[PlateRecord] = []
    for vehicle, look, yaw in parked:
        pose = Pose(yaw=yaw, distance=vehicle.frame.z / vehicle.plate_m[1])
        style = _clean(draw_style(rng, look), look)
        plates.append(add_plate(rng, picture, look, pose, vehicle.plate_quad(view), style=style))
    camera = Camera(
        vignette=0.12, blur_px=0.4, noise=2.0, noise_at=int(rng.integers(2**30)), jpeg=93
    )
    image = apply_camera(picture, camera)
    drawn = {"camera": camera.as_dict()}
    return image, SceneRecord(size=view.size, plates=tuple(plates), seed=seed, drawn=drawn)


def paint_street(rng: np.random.Generator, canvas: Canvas, view: View) -> None:
    """Paint a street without vehicles."""
    _sky(rng, canvas, view)
    _skyline(rng, canvas, view)
    for side in (-1, 1):
        add_houses(rng, canvas, view, side)
    _ground(rng, canvas, view)
    _trees(rng, canvas, view)


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
    return replace(
        style, background=look.background, foreground=look.foreground, width=1.0, size=1.0,
        spacing=1.0, fill=0.0, shift=(0.0, 0.0), jitter=0.0, stroke=0.0, dirt=0.0, wear=0.0,
        stickers=(), frame_mm=0.0, gap=1.0, script=None, shear=0.0, marks=(),
        bow=0.0, cover=None, picture=min(style.picture, 0.15), gradient=(0.0, 10.0),
    )  # fmt: skip


def _sky(rng: np.random.Generator, canvas: Canvas, view: View) -> None:
    """A blue that pales towards the horizon, with clouds."""
    width = canvas.image.shape[1]
    low = int(view.horizon_px * canvas.SCALE) + 8
    part = np.linspace(0, 1, low, dtype=np.float32)[:, None, None] ** 0.8
    high, pale = rng.uniform([70, 128, 196], [100, 150, 222]), np.array([222, 232, 240])
    sky = (high * (1 - part) + pale * part).astype(np.float32)
    cloud = np.zeros((low, width), np.float32)
    for cells, weight in ((3, 0.5), (7, 0.3), (15, 0.16), (31, 0.1)):
        coarse = rng.random((cells, 2 * cells)).astype(np.float32)
        cloud += weight * cv2.resize(coarse, (width, low), interpolation=cv2.INTER_CUBIC)
    cover = np.clip((cloud - 0.54) * 4.5, 0, 0.85)[..., None]
    shown = sky * (1 - cover) + np.float32(250) * cover
    canvas.image[:low] = np.clip(shown, 0, 255).astype(np.uint8)


def _skyline(rng: np.random.Generator, canvas: Canvas, view: View) -> None:
    """Far roofs in haze where the street ends."""
    for z, haze in ((FAR_M, 0.75), (FAR_M * 0.7, 0.55)):
        x = -60.0
        while x < 60:
            wide, tall = rng.uniform(5, 11), rng.uniform(7, 19)
            wall = np.array(WALLS[int(rng.integers(len(WALLS)))]) * 0.7
            tone = wall * (1 - haze) + np.array([198, 212, 226]) * haze
            red, green, blue = (int(v) for v in tone)
            block = [[x, tall, z], [x + wide, tall, z], [x + wide, 0, z], [x, 0, z]]
            canvas.fill(view.project(block), (red, green, blue))
            x += wide


def _ground(rng: np.random.Generator, canvas: Canvas, view: View) -> None:
    """Pavements, kerbs, asphalt and its markings."""

    def strip(x0: float, x1: float, z0: float, z1: float, far: Colour, near: Colour) -> None:
        corners = [[x0, 0, z1], [x1, 0, z1], [x1, 0, z0], [x0, 0, z0]]
        canvas.fill(view.project(corners), far, near)

    strip(-60, 60, 4, FAR_M, (176, 176, 172), (158, 154, 148))
    for side in (-1, 1):
        for z in np.geomspace(9, 90, 46):  # joints of the slabs
            a, b = sorted((side * ROAD_M, side * HOUSES_M))
            strip(a, b, z, z * 1.004, (150, 148, 144), (136, 132, 126))
        a, b = sorted((side * ROAD_M, side * (ROAD_M + 0.22)))
        strip(a, b, 4, FAR_M, (206, 206, 202), (196, 194, 188))
    strip(-ROAD_M, ROAD_M, 4, FAR_M, (134, 137, 142), (72, 74, 79))
    for side in (-1, 1):
        a, b = sorted((side * ROAD_M, side * (ROAD_M - 0.12)))
        strip(a, b, 4, FAR_M, (110, 112, 116), (54, 55, 58))
        a, b = sorted((side * (ROAD_M - 0.55), side * (ROAD_M - 0.43)))
        strip(a, b, 4, FAR_M, (216, 200, 120), (222, 186, 62))
    for z in np.arange(5.0, 150, 6.0):
        strip(-0.075, 0.075, z, z + 3.0, (226, 228, 228), (232, 232, 228))
    low = int((view.horizon_px + 2) * canvas.SCALE)
    roi = canvas.image[low:]
    grain = rng.normal(0, 5, roi.shape[:2]).astype(np.float32)
    patch = cv2.resize(
        rng.normal(0, 6, (9, 14)).astype(np.float32),
        roi.shape[1::-1],
        interpolation=cv2.INTER_CUBIC,
    )
    roi[:] = np.clip(roi.astype(np.float32) + (grain + patch)[..., None], 0, 255).astype(np.uint8)


def _trees(rng: np.random.Generator, canvas: Canvas, view: View) -> None:
    """Trees along both kerbs, far ones first."""
    spots = [(side * 6.0, z) for z in (78.0, 58.0, 43.0, 32.0, 24.0, 18.5) for side in (-1, 1)]
    for x, z in spots:
        z *= float(rng.uniform(0.97, 1.05))
        shade = [
            [x - 1.4, 0, z - 0.7],
            [x + 2.0, 0, z - 0.7],
            [x + 2.2, 0, z + 1],
            [x - 1.2, 0, z + 1],
        ]
        canvas.fill(view.project(shade), (44, 48, 46), alpha=0.4, soft_px=60 / z)
        tall = float(rng.uniform(2.3, 2.9))
        trunk = [[x - 0.1, tall + 1, z], [x + 0.1, tall + 1, z], [x + 0.16, 0, z], [x - 0.16, 0, z]]
        canvas.fill(view.project(trunk), (78, 62, 50), (58, 47, 38))
        middle = np.array([x, tall + 1.5, z])
        hue = rng.uniform([48, 84, 34], [84, 118, 50])
        scale = view.focal_px / z
        for k in range(260):
            part = k / 259  # from the dark inside below to the lit leaves above
            turn, reach = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random())
            offset = np.array([1.25 * np.cos(turn), 1.15 * np.sin(turn), 0.0]) * reach
            place = middle + offset * (1 - 0.3 * part) + [-0.22 * part, 0.36 * part, 0]
            light = hue * (0.5 + 0.75 * part) * rng.uniform(0.85, 1.15)
            red, green, blue = (int(v) for v in np.clip(light, 0, 255))
            radius = float(rng.uniform(0.14, 0.27)) * scale * (1.2 - 0.5 * part)
            dark = (int(red * 0.8), int(green * 0.82), int(blue * 0.8))
            spot = view.project(place[None])[0]
            canvas.disc(spot, (radius, radius * 0.85), (red, green, blue), dark)


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


if __name__ == "__main__":
    run_script(main, "street")
