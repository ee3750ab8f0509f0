"""Scenes: plates and decoys posed over a background, seen through a camera, with their record."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import cv2
import numpy as np

from platewright.geometry import (
    UNIT,
    Box,
    FloatArray,
    Picture,
    box_of_quad,
    homography,
    quad_of_box,
)
from platewright.record import SceneRecord
from platewright.region import Look, draw_region
from platewright.synth.background import Backgrounds
from platewright.synth.decoy import KINDS, draw_decoy
from platewright.synth.effect import (
    CAMERA,
    Drawn,
    Shot,
    Surroundings,
    apply_effects,
    draw_effects,
    effects_of,
    move_points,
)
from platewright.synth.placement import (
    Keep,
    Pose,
    add_plate,
    blend,
    draw_pose,
    keep_nothing,
    pose_quad,
)
from platewright.synth.settings import DEFAULT, DRAWING_VERSION, SynthSettings

SHOWN = {"light": "lit", "lens": "through the lens", "sensor": "stored"}
"""What `keep` is told of the stages of the camera."""


def draw_camera(
    rng: np.random.Generator,
    settings: SynthSettings = DEFAULT,
    *,
    detail_px: float = 130.0,
    strength: float = 1.0,
    resample: float = 0.0,
) -> Drawn:
    """Draw a camera: the parameters of its effects that happen, by name.

    Args:
        detail_px: width of what must stay legible: blur grows with it.
        strength: scale of blur and noise.
        resample: scale of the probability that the picture is taken smaller than it is stored.
    """
    scale = strength * min(max(detail_px / 130.0, 0.5), 2.5) ** 0.8
    shot = Shot(scale=scale, strength=strength, resample=resample)
    camera = draw_effects(rng, ("shine",), settings.effects, shot)
    if "night" in camera:
        shot = replace(shot, night=True)
    return camera | draw_effects(rng, ("light", "lens", "sensor"), settings.effects, shot)


def apply_camera(image: Picture, camera: Drawn) -> Picture:
    """Take a picture through light, lens and sensor.

    Args:
        image: (H, W) or (H, W, 3).

    Returns:
        A new picture of the same shape, or the same one where nothing happens.
    """
    for stage in ("light", "lens", "sensor"):
        image = apply_effects(stage, image, camera)
    return image


def degrade(
    canvas: Picture, record: SceneRecord, camera: Drawn | None, keep: Keep = keep_nothing
) -> tuple[Picture, SceneRecord]:
    """Take a scene, (H, W) or (H, W, 3), and its record through a camera; None: as they are.

    A lens that distorts moves the labels, too.
    """
    if camera is None:
        return canvas, record
    image = canvas
    for stage, name in SHOWN.items():
        image = apply_effects(stage, image, camera)
        keep(name, image)
    if not any(effect.move and effect.name in camera for effect in effects_of(*CAMERA)):
        return image, record

    def moved(points: FloatArray) -> FloatArray:
        return move_points(points, record.size, camera)

    plates = tuple(
        replace(
            plate,
            quad=moved(plate.quad),
            characters=tuple(replace(c, quad=moved(c.quad)) for c in plate.characters),
        )
        for plate in record.plates
    )
    decoys = tuple(box_of_quad(moved(quad_of_box(box))) for box in record.decoys)
    return image, replace(record, plates=plates, decoys=decoys)


CUT_OFF = 0.35  #: Up to so much of a plate, each way, lies beyond the edge of a scene
TRIES = 24  #: Places that are tried for a decoy, each a fifth smaller


@dataclass(frozen=True, kw_only=True)
class SceneSettings:
    """What scenes are made of."""

    regions: tuple[str, ...] = ()  #: codes to draw from; empty: all, by their own weights
    size: tuple[int, int] = (192, 320)  #: (height, width) of a scene, px
    #: weights of 0, 1, 2, ... plates in a scene.
    plates: tuple[float, ...] = (0.3, 0.35, 0.2, 0.15)
    #: weights of 0, 1, 2, ... decoys in a scene.
    decoys: tuple[float, ...] = (0.3, 0.3, 0.25, 0.15)
    #: (low, high) of the plates' widths, log-uniform: in scenes of the box round a plate, or of
    #: twice its height where that is more; in close-ups seen straight on
    width_px: tuple[float, float] = (18.0, 130.0)
    #: (low, high) of the range that most plates (`focus`) are drawn in instead
    focus_px: tuple[float, float] = (40.0, 68.0)
    focus: float = 0.65  #: part of the plates in that range, 0-1
    panel: float = 1.0  #: scale of the share of plates on a bumper-like panel; 0: none
    pose: float = 1.0  #: scale of the angles
    camera: float = 1.0  #: scale of blur and noise; 0: the camera does nothing
    resample: float = 1.0  #: scale of the share of pictures taken smaller than they are stored
    synth: SynthSettings = DEFAULT  #: how strongly everything varies
    poses: int = 1  #: how many windows show one drawn plate, each from elsewhere; see `draw_window`
    grey: bool = True  #: one channel instead of three


def draw_look(
    rng: np.random.Generator, regions: Sequence[str] = (), *, foreign: float = 0.0
) -> Look:
    """Draw the look of one plate from the given regions, or from all.

    Args:
        foreign: probability that it bears a text as another region has them, on as many lines.
    """
    look = draw_region(rng, tuple(regions) or None).draw(rng)
    if foreign and rng.random() < foreign:
        for _ in range(TRIES):
            other = draw_region(rng, None).draw(rng)
            if other.region != look.region and len(other.lines) == len(look.lines):
                return replace(look, display=other.display, text=other.text, lines=other.lines)
    return look


def draw_scene(
    rng: np.random.Generator,
    backgrounds: Backgrounds,
    settings: SceneSettings,
    *,
    seed: tuple[int, int] = (-1, -1),
    keep: Keep = keep_nothing,
) -> tuple[Picture, SceneRecord]:
    """Draw a scene of fixed size with any number of plates.

    Args:
        rng: random numbers; `seed` goes into the record only.
        seed: (seed, index) that `rng` was made of.
        keep: takes the stages.

    Returns:
        (H, W) grey or (H, W, 3) RGB picture, and its record.
    """
    synth = settings.synth
    canvas = backgrounds.crop(rng, settings.size)
    keep("background", canvas)
    camera = draw_camera(
        rng, synth, detail_px=60.0, strength=settings.camera, resample=settings.resample
    )
    placed = _place_plates(rng, settings)
    around = [
        draw_surface(rng, canvas, look, quad, settings=settings, camera=camera)
        for look, _, quad in placed
    ]
    taken = [box_of_quad(quad) for _, _, quad in placed]
    decoys: list[tuple[str, Box]] = []
    for _ in range(draw_count(rng, settings.decoys)):
        decoy = _add_decoy(rng, canvas, settings, taken)
        if decoy is not None:
            decoys.append(decoy)
            taken.append(decoy[1])
    plates = [
        add_plate(
            rng, canvas, look, pose, quad, settings=synth, camera=camera, around=drawn, keep=keep
        )
        for (look, pose, quad), drawn in zip(placed, around, strict=True)
    ]
    keep("composed", canvas)
    kinds = [kind for kind, _ in decoys]
    record = SceneRecord(
        size=settings.size,
        plates=tuple(plates),
        decoys=tuple(box for _, box in decoys),
        seed=seed,
        drawn={"version": DRAWING_VERSION, "camera": camera, "decoys": kinds},
    )
    return degrade(canvas, record, camera if settings.camera else None, keep)


def _place_plates(
    rng: np.random.Generator, settings: SceneSettings
) -> list[tuple[Look, Pose, FloatArray]]:
    """Draw plates, and where each lies, (4, 2) px; what would touch another one is left out."""
    height, width = settings.size
    placed: list[tuple[Look, Pose, FloatArray]] = []
    for _ in range(draw_count(rng, settings.plates)):
        look = draw_look(rng, settings.regions, foreign=settings.synth.plate.foreign)
        pose = draw_pose(rng, settings.synth.pose, strength=settings.pose)
        quad = pose_quad(pose, look.size_mm, 100.0)
        x0, y0, x1, y1 = box_of_quad(quad)
        quad = quad * (_draw_width(rng, settings) / max(x1 - x0, 2 * (y1 - y0)))
        quad = quad * _shrink_to_fit(quad, height, width)
        x0, y0, x1, y1 = box_of_quad(quad)
        spread_x, spread_y = CUT_OFF * (x1 - x0), CUT_OFF * (y1 - y0)
        left = rng.uniform(-x0 - spread_x, width - x1 + spread_x)
        top = rng.uniform(-y0 - spread_y, height - y1 + spread_y)
        quad = quad + np.array([left, top])
        box = box_of_quad(quad)
        if not any(_touch(box, box_of_quad(other), 0.06) for _, _, other in placed):
            placed.append((look, pose, quad))
    return placed


def draw_surface(
    rng: np.random.Generator,
    canvas: Picture,
    look: Look,
    quad: FloatArray,
    *,
    settings: SceneSettings,
    camera: Drawn,
) -> Drawn:
    """Draw what is round a plate, in place.

    Args:
        canvas: (H, W) grey or (H, W, 3) RGB.
        quad: (4, 2) where the plate will lie, px.
        camera: of the scene: by night, lamps are on.

    Returns:
        What was drawn, for the record.
    """
    about = Surroundings(often=settings.panel, lit="night" in camera, ground=look.background)
    around = draw_effects(rng, ("surface",), settings.synth.effects, about)
    covered = apply_effects("surface", canvas, around, quad)
    if covered is not canvas:
        canvas[:] = covered
    return around


def draw_closeup(
    rng: np.random.Generator,
    backgrounds: Backgrounds,
    settings: SceneSettings,
    *,
    margin: tuple[float, float] = (0.25, 0.6),
    seed: tuple[int, int] = (-1, -1),
) -> tuple[Picture, SceneRecord]:
    """Draw one plate with a little of its surroundings; the picture is as large as it needs.

    Args:
        rng: random numbers; `seed` goes into the record only.
        settings: `size`, `plates` and `decoys` are not used.
        margin: (low, high) of the room on each side, parts of the plate's height.
        seed: (seed, index) that `rng` was made of.

    Returns:
        The picture and its record with one plate.
    """
    synth = settings.synth
    look = draw_look(rng, settings.regions, foreign=synth.plate.foreign)
    pose = draw_pose(rng, synth.pose, strength=settings.pose)
    width_px = _draw_width(rng, settings)
    quad = pose_quad(pose, look.size_mm, width_px)
    x0, y0, x1, y1 = box_of_quad(quad)
    pad = rng.uniform(*margin, 4) * (y1 - y0)
    quad = quad - [x0 - pad[0], y0 - pad[1]]
    size = (round(y1 - y0 + pad[1] + pad[3]), round(x1 - x0 + pad[0] + pad[2]))
    canvas = backgrounds.crop(rng, size)
    camera = draw_camera(
        rng,
        synth,
        detail_px=width_px,
        strength=settings.camera,
        resample=0.3 * settings.resample,
    )
    around = draw_surface(rng, canvas, look, quad, settings=settings, camera=camera)
    plate = add_plate(rng, canvas, look, pose, quad, settings=synth, camera=camera, around=around)
    record = SceneRecord(
        size=size, plates=(plate,), seed=seed, drawn={"version": DRAWING_VERSION, "camera": camera}
    )
    return degrade(canvas, record, camera if settings.camera else None)


def _draw_width(rng: np.random.Generator, settings: SceneSettings) -> float:
    low, high = settings.focus_px if rng.random() < settings.focus else settings.width_px
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def draw_count(rng: np.random.Generator, weights: Sequence[float]) -> int:
    """Draw a number from 0 on by weight."""
    bounds = list(accumulate(weights))
    return min(bisect_right(bounds, rng.random() * bounds[-1]), len(bounds) - 1)


def _shrink_to_fit(quad: FloatArray, height: int, width: int) -> float:
    x0, y0, x1, y1 = box_of_quad(quad)
    return min(1.0, 0.98 * width / (x1 - x0), 0.98 * height / (y1 - y0))


def _touch(a: Box, b: Box, slack: float) -> bool:
    """Tell whether boxes overlap, each grown by `slack` of its size."""
    gx, gy = slack * (a[2] - a[0]), slack * (a[3] - a[1])
    return a[0] - gx < b[2] and b[0] < a[2] + gx and a[1] - gy < b[3] and b[1] < a[3] + gy


def _add_decoy(
    rng: np.random.Generator, canvas: Picture, settings: SceneSettings, taken: Sequence[Box]
) -> tuple[str, Box] | None:
    """Put one decoy into the scene, smaller where it has to be; None when there is no room.

    The kind is drawn once: whatever is hard to place must not become rare.
    """
    weights = tuple(getattr(settings.synth.decoys, kind) for kind in KINDS)
    kind = KINDS[draw_count(rng, weights)]
    picture, alpha = draw_decoy(rng, kind)
    tall, wide = picture.shape
    low, high = settings.width_px[0], settings.width_px[1] * 1.6
    pose = draw_pose(rng, settings.synth.pose, strength=settings.pose)
    height, width = canvas.shape[:2]
    u = rng.random(1 + 2 * TRIES).tolist()
    flat = pose_quad(pose, (tall, wide), low * (high / low) ** u[0])
    for k in range(TRIES):
        quad = flat * 0.8**k + np.array([u[2 * k + 1] * width, u[2 * k + 2] * height])
        box = box_of_quad(quad)
        if not any(_touch(box, other, 0.02) for other in taken):
            break
    else:
        return None
    scale = float(np.hypot(*(quad[1] - quad[0]))) / wide
    factors = np.ones(2)
    if scale < 0.7:
        size = (max(round(wide * scale * 1.1), 4), max(round(tall * scale * 1.1), 4))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        alpha = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.uint8)
        factors = np.array([size[0] / wide, size[1] / tall])
    corners = UNIT * (wide, tall) * factors
    try:
        matrix = homography(corners, quad)
    except ValueError:
        return None
    if canvas.ndim == 3:
        tint = 0.5 + 0.5 * rng.random(3)
        picture = np.asarray(picture[..., None] * tint, np.uint8)
    blend(canvas, picture, alpha, matrix, box)
    return kind, box
