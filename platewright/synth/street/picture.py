"""A street picture to try the program on, and a drive past a camera, frame by frame."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from platewright.errors import ConfigError, run_script
from platewright.file import named_path
from platewright.geometry import UNIT, FloatArray, Picture, homography, project
from platewright.image import save_image
from platewright.record import PlateRecord, SceneRecord
from platewright.region import Look, jurisdictions
from platewright.region.look import luma
from platewright.synth.effect import (
    Drawn,
    blur,
    exposure,
    gradient,
    jpeg,
    motion,
    noise,
    picture,
    vignette,
)
from platewright.synth.placement import Pose, PreparedPlate, add_plate
from platewright.synth.scene import apply_camera, degrade, draw_camera, draw_look
from platewright.synth.street.scenery import Canvas, Colour, Frame, View, paint_street
from platewright.synth.street.vehicle import BODIES, Body, Vehicle
from platewright.synth.style import PlateStyle, draw_style

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
    parser.add_argument("picture", type=named_path, metavar="OUT", help=".jpg or .png to write")
    parser.add_argument(
        "--seed", type=int, default=7, help="another one, another street (default 7)"
    )
    args = parser.parse_args()
    picture, record = draw_street(np.random.default_rng([args.seed, 0]), seed=(args.seed, 0))
    save_image(args.picture, picture, 95)
    texts = ", ".join(f"{plate.region} {plate.text}" for plate in record.plates)
    print(f"{args.picture}: a drawn street with the plates {texts}", file=sys.stderr)


FOCAL = 1.1  #: Distance of the picture plane over the picture's width: a view of 49 degrees
HEIGHT_M = 2.2  #: Of the camera over the road


@dataclass(frozen=True, kw_only=True)
class DriveSettings:
    """What a drive is made of.

    Raises:
        ConfigError: if one of them can't be.
    """

    size: tuple[int, int] = (360, 640)  #: (height, width) of the pictures, px
    frames: int = 40  #: how many
    fps: float = 25.0  #: frames a second; only the records' times follow from it
    #: codes to draw the plate from; empty: all but the generic one, whose plates no vehicle has
    regions: tuple[str, ...] = ()
    #: 0-1; 0: near, sharp and unhidden, 1: farther, shaken, grainy and half hidden
    hardness: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.hardness <= 1:
            raise ConfigError(f"hardness of a drive: {self.hardness} is not between 0 and 1")
        if min(self.size) < 64 or self.frames < 1 or self.fps <= 0:
            raise ConfigError("a drive has 64 x 64 pixels, one frame and 0.001 fps at the least")


@dataclass(frozen=True, kw_only=True)
class Bar:
    """Something between the camera and the plate: a post, a wiper, a twig, a passer-by."""

    start: float  #: middle of its top edge in the first frame, parts of the plate's width
    step: float  #: how far it moves from frame to frame, parts of the width
    lean: float  #: how far its lower edge lies to the right of the upper one, parts of the width
    width: float  #: part of the plate's width
    colour: tuple[int, int, int]  #: RGB


def draw_drive(
    rng: np.random.Generator,
    settings: DriveSettings | None = None,
    *,
    seed: tuple[int, int] = (-1, -1),
) -> Iterator[tuple[Picture, SceneRecord]]:
    """Draw the frames of a drive, one by one as they are asked for.

    Args:
        rng: random numbers; `seed` goes into the records only.
        seed: (seed, index) that `rng` was made of.

    Yields:
        (H, W, 3) RGB picture, and its record with one plate, whole in the picture; its `drawn`
        has `frame`, from 0, `time_s` and the `camera`.
    """
    wanted = settings or DriveSettings()
    hard, (height, width) = wanted.hardness, wanted.size
    view = View(
        size=wanted.size, focal_px=FOCAL * width, horizon_px=0.31 * height, height_m=HEIGHT_M
    )
    street = Canvas(view.size)
    paint_street(rng, street, view)
    look = draw_look(rng, wanted.regions or jurisdictions())
    body = BODIES[sorted(BODIES)[int(rng.integers(len(BODIES)))]]
    path = _draw_path(rng, wanted, body, look.size_mm[1] / 1000)
    vehicle = Vehicle(
        body=body,
        frame=path[0],
        paint=PAINTS[int(rng.integers(len(PAINTS)))],
        plate_m=(look.size_mm[0] / 1000, look.size_mm[1] / 1000),
    )
    nearest = min(frame.z for frame in path)
    widest = view.focal_px * vehicle.plate_m[1] / nearest
    plate = PreparedPlate(look, draw_style(rng, look), widest, grey=False)
    drawn = draw_camera(rng, detail_px=widest, strength=0.3)
    lens = {name: part for name, part in drawn.items() if name not in ("barrel", "resample")}
    bars = [_draw_bar(rng, hard) for _ in range(int(rng.poisson(5 * hard)))]
    before: FloatArray | None = None
    for number, place in enumerate(path):
        canvas = Canvas(view.size)
        canvas.image = street.image.copy()
        moved = replace(vehicle, frame=place)
        moved.paint_on(canvas, view)
        shake = rng.normal(0, 0.5 + 1.2 * hard, 2)
        picture = _shifted(canvas.finished(), shake)
        quad = moved.plate_quad(view) + shake
        pose = Pose(yaw=place.yaw_rad, distance=place.z / vehicle.plate_m[1])
        record = add_plate(rng, picture, look, pose, quad, plate=plate, camera=lens)
        for bar in bars:
            _hide(picture, quad, bar, number)
        travelled = np.zeros(2) if before is None else (quad - before).mean(axis=0)
        before = quad
        camera = _draw_moment(rng, lens, hard, travelled, widest)
        scene = SceneRecord(
            size=wanted.size,
            plates=(record,),
            seed=seed,
            drawn={"frame": number, "time_s": number / wanted.fps, "camera": camera},
        )
        yield degrade(picture, scene, camera)


def _draw_path(
    rng: np.random.Generator, settings: DriveSettings, body: Body, plate_m: float
) -> list[Frame]:
    """Return where the vehicle is in each frame: from afar to near, or the other way round.

    How near it comes follows from how wide its plate is to be seen: 70-120 px in easy drives of
    the default size, 60-90 px in the hardest.
    """
    hard, (height, width) = settings.hardness, settings.size
    part = float(rng.uniform(0, 1))
    widest = (70 + 50 * part - hard * (10 + 20 * part)) * width / 640
    # Nearer than this, the plate would come below the picture's edge.
    least = FOCAL * width * (HEIGHT_M - body.plate) / (0.58 * height)
    nearest = max(FOCAL * width * plate_m / widest, least)
    farthest = nearest * float(rng.uniform(1.2, 1.6))
    depths = np.geomspace(farthest, nearest, settings.frames)
    aside = float(rng.uniform(-0.26, 0.26)) * nearest / FOCAL
    drift = float(rng.uniform(-0.06, 0.06)) * nearest / FOCAL
    yaw = float(np.radians(rng.normal(0, 5 + 7 * hard)))
    lane = np.linspace(aside - drift, aside + drift, settings.frames)
    path = [Frame(x=float(x), z=float(z), yaw_rad=yaw) for x, z in zip(lane, depths, strict=True)]
    return path if body.front else path[::-1]


def _draw_bar(rng: np.random.Generator, hard: float) -> Bar:
    """Draw something that comes before the plate in a part of the frames."""
    tone = rng.integers(10, 220)
    tint = rng.integers(-18, 19, 3)
    red, green, blue = (int(v) for v in np.clip(tone + tint, 0, 255))
    return Bar(
        start=float(rng.uniform(-0.8, 1.8)),
        step=float(rng.normal(0, 0.06)),
        lean=float(rng.normal(0, 0.25)),
        width=float(rng.uniform(0.05, 0.1 + 0.14 * hard)),
        colour=(red, green, blue),
    )


def _hide(picture: Picture, quad: FloatArray, bar: Bar, number: int) -> None:
    """Paint a bar over the picture, in place."""
    x = bar.start + bar.step * number
    if not -1 < x < 2:
        return
    a, b = x - bar.width / 2, x + bar.width / 2
    corners = [[a, -1.5], [b, -1.5], [b + 4 * bar.lean, 2.5], [a + 4 * bar.lean, 2.5]]
    points = project(homography(UNIT, quad), corners)
    fixed = np.round((points - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(picture, [fixed], bar.colour, cv2.LINE_AA, 4)


def _shifted(picture: Picture, shift: FloatArray) -> Picture:
    """Return a picture moved by (x, y) px; its edges are repeated."""
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], float)
    size = (picture.shape[1], picture.shape[0])
    moved = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def _draw_moment(
    rng: np.random.Generator, lens: Drawn, hard: float, travelled: FloatArray, widest: float
) -> Drawn:
    """Draw what one frame's camera does: the drive's own, a little out of focus, shaken, grainy.

    Args:
        hard: 0-1.
        travelled: how far the plate moved since the frame before, (x, y) px.
        widest: the plate's width where it is nearest, px.
    """
    exposed = float(rng.uniform(0.1, 0.3 + 0.5 * hard))  # part of the time between two frames
    smear = travelled * exposed + rng.normal(0, 0.3 + 0.8 * hard, 2)
    soft = lens.get("blur", blur.Parameters(px=0.0))
    grain = lens.get("noise", noise.Parameters(sd=0.0))
    light = lens.get("exposure", exposure.Parameters())
    return lens | {
        "blur": blur.Parameters(
            px=soft.px * float(rng.uniform(0.5, 1.3))
            + abs(float(rng.normal(0, (0.1 + 0.4 * hard) * widest / 60)))
        ),
        "motion": motion.Parameters(
            px=float(np.hypot(*smear)) + 1.0, angle=float(np.arctan2(smear[1], smear[0]))
        ),
        "noise": replace(
            grain, sd=grain.sd + float(rng.uniform(0, 2 + 8 * hard)), start=int(rng.integers(2**30))
        ),
        "exposure": replace(
            light, gain=light.gain * float(np.exp(rng.normal(0, 0.03 + 0.05 * hard)))
        ),
        "jpeg": jpeg.Parameters(quality=int(rng.integers(88 - int(50 * hard), 96))),
    }


if __name__ == "__main__":
    run_script(main, "street")
