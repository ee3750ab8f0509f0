"""Scenes: plates and decoys posed over a background, seen through a camera, with their record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import Box, box_of_quad, homography
from platewright.records import SceneRecord
from platewright.region import Look, draw_region
from platewright.synth.background import Backgrounds
from platewright.synth.camera import apply_camera, draw_camera
from platewright.synth.decoy import KINDS, draw_decoy
from platewright.synth.panel import add_panel
from platewright.synth.placement import add_plate, blend
from platewright.synth.pose import Pose, draw_pose, pose_quad

__all__ = ["SceneSettings", "draw_closeup", "draw_look", "draw_scene"]

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SceneSettings:
    """What scenes are made of.

    Attributes:
        regions: codes to draw from; empty: all, by their own weights.
        size: (height, width) of a scene, px.
        plates: weights of 0, 1, 2, ... plates in a scene.
        decoys: weights of 0, 1, 2, ... decoys in a scene.
        width_px: (low, high) of the plates' widths, log-uniform: in scenes of the box round a
            plate, or of twice its height where that is more; in close-ups seen straight on.
        focus_px: (low, high) of the range that most plates (`focus`) are drawn in instead.
        focus: part of the plates in that range, 0-1.
        panel: part of the plates that sit on a bumper-like panel, 0-1.
        pose: scale of the angles.
        camera: scale of blur and noise; 0: the camera does nothing.
        resample: part of the pictures taken smaller than they are stored, 0-1.
        grey: one channel instead of three.
    """

    regions: tuple[str, ...] = ()
    size: tuple[int, int] = (192, 320)
    plates: tuple[float, ...] = (0.3, 0.35, 0.2, 0.15)
    decoys: tuple[float, ...] = (0.3, 0.3, 0.25, 0.15)
    width_px: tuple[float, float] = (18.0, 130.0)
    focus_px: tuple[float, float] = (40.0, 68.0)
    focus: float = 0.65
    panel: float = 0.6
    pose: float = 1.0
    camera: float = 1.0
    resample: float = 0.35
    grey: bool = True


def draw_look(rng: np.random.Generator, regions: Sequence[str] = ()) -> Look:
    """Draw the look of one plate from the given regions, or from all."""
    return draw_region(rng, tuple(regions) or None).draw(rng)


def draw_scene(
    rng: np.random.Generator,
    backgrounds: Backgrounds,
    settings: SceneSettings,
    *,
    seed: tuple[int, int] = (-1, -1),
) -> tuple[Picture, SceneRecord]:
    """Draw a scene of fixed size with any number of plates.

    Args:
        rng: random numbers; `seed` goes into the record only.
        backgrounds: where the empty picture comes from.
        settings: what to put into it.
        seed: (seed, index) that `rng` was made of.

    Returns:
        (H, W) grey or (H, W, 3) RGB picture, and its record.
    """
    height, width = settings.size
    canvas = backgrounds.crop(rng, settings.size)
    taken: list[Box] = []
    placed: list[tuple[Look, Pose, FloatArray]] = []
    for _ in range(_count(rng, settings.plates)):
        look = draw_look(rng, settings.regions)
        pose = draw_pose(rng, strength=settings.pose)
        quad = pose_quad(pose, look.size_mm, 100.0)
        x0, y0, x1, y1 = box_of_quad(quad)
        quad = quad * (_draw_width(rng, settings) / max(x1 - x0, 2 * (y1 - y0)))
        quad = quad * _shrink_to_fit(quad, height, width)
        x0, y0, x1, y1 = box_of_quad(quad)
        over = 0.35  # a part of the plates is cut off by the picture's edge
        spread_x, spread_y = over * (x1 - x0), over * (y1 - y0)
        left = rng.uniform(-x0 - spread_x, width - x1 + spread_x)
        top = rng.uniform(-y0 - spread_y, height - y1 + spread_y)
        quad = quad + np.array([left, top])
        box = box_of_quad(quad)
        if any(_touch(box, other, 0.06) for other in taken):
            continue
        taken.append(box)
        placed.append((look, pose, quad))
    for _, _, quad in placed:
        if rng.random() < settings.panel:
            add_panel(rng, canvas, quad)
    decoys: list[Box] = []
    for _ in range(_count(rng, settings.decoys)):
        decoy = _add_decoy(rng, canvas, settings, taken)
        if decoy is not None:
            decoys.append(decoy)
            taken.append(decoy)
    plates = [add_plate(rng, canvas, look, pose, quad) for look, pose, quad in placed]
    camera = draw_camera(rng, detail_px=60.0, strength=settings.camera, resample=settings.resample)
    image = apply_camera(canvas, camera) if settings.camera else canvas
    record = SceneRecord(
        size=settings.size,
        plates=tuple(plates),
        decoys=tuple(decoys),
        seed=seed,
        drawn={"camera": camera.as_dict()},
    )
    return image, record


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
        backgrounds: where the empty picture comes from.
        settings: `size`, `plates` and `decoys` are not used.
        margin: (low, high) of the room on each side, parts of the plate's height.
        seed: (seed, index) that `rng` was made of.

    Returns:
        The picture and its record with one plate.
    """
    look = draw_look(rng, settings.regions)
    pose = draw_pose(rng, strength=settings.pose)
    width_px = _draw_width(rng, settings)
    quad = pose_quad(pose, look.size_mm, width_px)
    x0, y0, x1, y1 = box_of_quad(quad)
    pad = rng.uniform(*margin, 4) * (y1 - y0)
    quad = quad - [x0 - pad[0], y0 - pad[1]]
    size = (round(y1 - y0 + pad[1] + pad[3]), round(x1 - x0 + pad[0] + pad[2]))
    canvas = backgrounds.crop(rng, size)
    if rng.random() < settings.panel:
        add_panel(rng, canvas, quad)
    plate = add_plate(rng, canvas, look, pose, quad)
    camera = draw_camera(
        rng, detail_px=width_px, strength=settings.camera, resample=0.3 * settings.resample
    )
    image = apply_camera(canvas, camera) if settings.camera else canvas
    record = SceneRecord(size=size, plates=(plate,), seed=seed, drawn={"camera": camera.as_dict()})
    return image, record


def _draw_width(rng: np.random.Generator, settings: SceneSettings) -> float:
    low, high = settings.focus_px if rng.random() < settings.focus else settings.width_px
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _count(rng: np.random.Generator, weights: Sequence[float]) -> int:
    total = np.cumsum(weights)
    return int(np.searchsorted(total, rng.random() * total[-1], side="right"))


def _shrink_to_fit(quad: FloatArray, height: int, width: int) -> float:
    x0, y0, x1, y1 = box_of_quad(quad)
    return min(1.0, 0.98 * width / (x1 - x0), 0.98 * height / (y1 - y0))


def _touch(a: Box, b: Box, slack: float) -> bool:
    """Tell whether boxes overlap, each grown by `slack` of its size."""
    gx, gy = slack * (a[2] - a[0]), slack * (a[3] - a[1])
    return a[0] - gx < b[2] and b[0] < a[2] + gx and a[1] - gy < b[3] and b[1] < a[3] + gy


def _add_decoy(
    rng: np.random.Generator, canvas: Picture, settings: SceneSettings, taken: Sequence[Box]
) -> Box | None:
    """Put one decoy into the scene; None when there was no room."""
    kind = KINDS[int(rng.integers(len(KINDS)))]
    picture, alpha = draw_decoy(rng, kind)
    tall, wide = picture.shape
    low, high = np.log(settings.width_px[0]), np.log(settings.width_px[1] * 1.6)
    quad = pose_quad(
        draw_pose(rng, strength=settings.pose), (tall, wide), float(np.exp(rng.uniform(low, high)))
    )
    box = box_of_quad(quad)
    height, width = canvas.shape[:2]
    quad = quad + np.array([rng.uniform(0, width), rng.uniform(0, height)])
    box = box_of_quad(quad)
    if any(_touch(box, other, 0.02) for other in taken):
        return None
    scale = np.linalg.norm(quad[1] - quad[0]) / wide
    factors = np.ones(2)
    if scale < 0.7:
        size = (max(round(wide * scale * 1.1), 4), max(round(tall * scale * 1.1), 4))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        alpha = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.uint8)
        factors = np.array([size[0] / wide, size[1] / tall])
    corners = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], float) * factors
    try:
        matrix = homography(corners, quad)
    except ValueError:
        return None
    if canvas.ndim == 3:
        tint = rng.uniform(0.5, 1.0, 3)
        picture = np.asarray(picture[..., None] * tint, np.uint8)
    blend(canvas, picture, alpha, matrix, box)
    return box
