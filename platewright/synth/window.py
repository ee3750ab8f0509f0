"""Windows of one size, each with a plate at the right scale or without: upstream's samples."""

from dataclasses import fields, replace
from functools import lru_cache

import numpy as np

from platewright.geometry import FloatArray, Picture, box_of_quad
from platewright.record import SceneRecord
from platewright.synth.background import Backgrounds
from platewright.synth.placement import (
    Keep,
    PreparedPlate,
    add_plate,
    draw_pose,
    keep_nothing,
    pose_quad,
)
from platewright.synth.scene import (
    SceneSettings,
    degrade,
    draw_camera,
    draw_count,
    draw_look,
    draw_scene,
    draw_surface,
)
from platewright.synth.settings import DRAWING_VERSION, WindowSettings
from platewright.synth.style import draw_style

WINDOW = (64, 128)  #: (height, width) in pixels, as deep-anpr has it
EXTENT = (0.6, 0.95)
"""Part of the window that a present plate fills: the larger of width and height."""
KINDS = tuple(f.name for f in fields(WindowSettings))


@lru_cache(maxsize=2)
def _shared_plate(seed: int, group: int, settings: SceneSettings) -> PreparedPlate:
    """Draw the plate that a group of windows shows."""
    rng = np.random.default_rng([seed, group, 1])
    look = draw_look(rng, settings.regions, foreign=settings.synth.plate.foreign)
    seen = EXTENT[1] * settings.size[1]
    return PreparedPlate(look, draw_style(rng, look, settings.synth), seen, settings.grey)


def draw_window(
    rng: np.random.Generator,
    backgrounds: Backgrounds,
    settings: SceneSettings,
    *,
    seed: tuple[int, int] = (-1, -1),
    keep: Keep = keep_nothing,
) -> tuple[Picture, SceneRecord]:
    """Draw one window.

    Args:
        settings: `plates` and the widths are not used; `size` is the window's. With `poses` above
            1, so many windows in a row, counted by the seed's index, show the same plate, each
            from elsewhere, over another background and through another camera.
        seed: (seed, index) that `rng` was made of; `poses` needs it.
        keep: takes the stages.

    Returns:
        The picture of `settings.size`, and its record, whose `presence` tells whether a whole plate
        fills `EXTENT` of it. A cut-off or wrongly scaled plate is in the record, with presence off.
    """
    synth, width = settings.synth, settings.size[1]
    weights = [getattr(synth.windows, kind) for kind in KINDS]
    kind = KINDS[draw_count(rng, weights)]
    if kind == "empty":
        empty = replace(settings, plates=(1.0,), width_px=(0.3 * width, 0.9 * width))
        image, record = draw_scene(rng, backgrounds, empty, seed=seed, keep=keep)
        return image, replace(record, presence=False)
    canvas = backgrounds.crop(rng, settings.size)
    keep("background", canvas)
    camera = draw_camera(
        rng, synth, detail_px=0.8 * width, strength=settings.camera,
        resample=0.5 * settings.resample,
    )  # fmt: skip
    camera.pop("barrel", None)  # a window is too small a part of a photo to show it
    shared = None
    if settings.poses > 1 and min(seed) >= 0:
        shared = _shared_plate(seed[0], seed[1] // settings.poses, settings)
    foreign = synth.plate.foreign
    look = shared.look if shared else draw_look(rng, settings.regions, foreign=foreign)
    pose = draw_pose(rng, synth.pose, strength=settings.pose)
    quad, extent = _place(rng, kind, pose_quad(pose, look.size_mm, 100.0), settings.size)
    around = draw_surface(rng, canvas, look, quad, settings=settings, camera=camera)
    plate = add_plate(
        rng, canvas, look, pose, quad,
        plate=shared, settings=synth, camera=camera, around=around, keep=keep,
    )  # fmt: skip
    keep("composed", canvas)
    record = SceneRecord(
        size=settings.size,
        plates=(plate,),
        seed=seed,
        presence=kind == "present",
        drawn={"version": DRAWING_VERSION, "camera": camera, "kind": kind, "extent": extent},
    )
    return degrade(canvas, record, camera if settings.camera else None, keep)


def _place(
    rng: np.random.Generator, kind: str, flat: FloatArray, size: tuple[int, int]
) -> tuple[FloatArray, float]:
    """Return where a window of some kind shows a plate, and the part of the window that it fills.

    Args:
        flat: (4, 2) the plate's corners round (0, 0), of any size.
        size: (height, width) of the window, pixels.
    """
    height, width = size
    x0, y0, x1, y1 = box_of_quad(flat)
    low, high = {"small": (0.15, 0.42), "large": (1.3, 2.2)}.get(kind, EXTENT)
    u = rng.random(6).tolist()
    extent = low + (high - low) * u[0]
    scale = extent / max((x1 - x0) / width, (y1 - y0) / height)
    half = ((x1 - x0) * scale / 2, (y1 - y0) * scale / 2)
    middle = [
        side / 2 + (2 * v - 1) * abs(side / 2 - part)
        for side, part, v in zip((width, height), half, u[1:3], strict=True)
    ]
    if kind == "cut":  # from a fifth to four fifths of it lie outside
        axis = int(2 * u[3])
        over = (0.2 + 0.6 * u[4]) * 2 * half[axis]
        edge = u[5] < 0.5
        middle[axis] = half[axis] - over if edge else size[1 - axis] - half[axis] + over
    return flat * scale + np.array(middle), extent
