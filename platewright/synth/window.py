"""Windows of one size, each with a plate at the right scale or without: upstream's samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import box_of_quad
from platewright.records import SceneRecord
from platewright.synth.background import Backgrounds
from platewright.synth.camera import apply_camera, draw_camera
from platewright.synth.panel import add_panel
from platewright.synth.placement import add_plate
from platewright.synth.pose import draw_pose, pose_quad
from platewright.synth.scene import SceneSettings, draw_look, draw_scene

__all__ = ["EXTENT", "WINDOW", "draw_window"]

Picture = NDArray[np.uint8]

WINDOW = (64, 128)
"""(height, width) in pixels, as deep-anpr has it."""
EXTENT = (0.6, 0.95)
"""Part of the window that a present plate fills: the larger of width and height."""
KINDS = ("present", "empty", "cut", "small", "large")
SHARES = (0.62, 0.14, 0.12, 0.06, 0.06)


def draw_window(
    rng: np.random.Generator,
    backgrounds: Backgrounds,
    settings: SceneSettings,
    *,
    seed: tuple[int, int] = (-1, -1),
) -> tuple[Picture, SceneRecord]:
    """Draw one window.

    Args:
        rng: random numbers; `seed` goes into the record only.
        backgrounds: where the empty picture comes from.
        settings: `plates` and the widths are not used; `size` is the window's.
        seed: (seed, index) that `rng` was made of.

    Returns:
        The picture of `settings.size`, and its record, whose `presence` tells whether a whole plate
        fills `EXTENT` of it. A cut-off or wrongly scaled plate is in the record, with presence off.
    """
    height, width = settings.size
    kind = KINDS[int(rng.choice(len(KINDS), p=SHARES))]
    if kind == "empty":
        empty = replace(settings, plates=(1.0,), width_px=(0.3 * width, 0.9 * width))
        image, record = draw_scene(rng, backgrounds, empty, seed=seed)
        return image, replace(record, presence=False)
    canvas = backgrounds.crop(rng, settings.size)
    look = draw_look(rng, settings.regions)
    pose = draw_pose(rng, strength=settings.pose)
    quad = pose_quad(pose, look.size_mm, 100.0)
    x0, y0, x1, y1 = box_of_quad(quad)
    low, high = {"small": (0.15, 0.42), "large": (1.3, 2.2)}.get(kind, EXTENT)
    extent = rng.uniform(low, high)
    scale = extent / max((x1 - x0) / width, (y1 - y0) / height)
    half = np.array([x1 - x0, y1 - y0]) * scale / 2
    room = np.abs(np.array([width, height]) / 2 - half)
    middle = np.array([width, height]) / 2 + rng.uniform(-1, 1, 2) * room
    if kind == "cut":  # from a fifth to four fifths of it lie outside
        axis = int(rng.integers(2))
        over = rng.uniform(0.2, 0.8) * 2 * half[axis]
        edge = rng.random() < 0.5
        middle[axis] = half[axis] - over if edge else settings.size[1 - axis] - half[axis] + over
    quad = quad * scale + middle
    if rng.random() < settings.panel:
        add_panel(rng, canvas, quad)
    plate = add_plate(rng, canvas, look, pose, quad)
    camera = draw_camera(
        rng, detail_px=0.8 * width, strength=settings.camera, resample=0.5 * settings.resample
    )
    image = apply_camera(canvas, camera) if settings.camera else canvas
    drawn = {"camera": camera.as_dict(), "kind": kind, "extent": float(extent)}
    record = SceneRecord(
        size=settings.size, plates=(plate,), seed=seed, presence=kind == "present", drawn=drawn
    )
    return image, record
