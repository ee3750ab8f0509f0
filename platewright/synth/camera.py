"""What light and camera do to a scene, from the shadow on it to the packed picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import box_of_quad, quad_of_box
from platewright.record import SceneRecord
from platewright.synth.effect import (
    CAMERA,
    Drawn,
    Shot,
    apply_effects,
    draw_effects,
    effects_of,
    move_points,
)
from platewright.synth.placement import Keep
from platewright.synth.settings import DEFAULT, SynthSettings

__all__ = ["SHOWN", "apply_camera", "degrade", "draw_camera"]

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]
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
        rng: random numbers.
        settings: of the effects.
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
        camera: the drawn parameters.

    Returns:
        A new picture of the same shape, or the same one where nothing happens.
    """
    for stage in ("light", "lens", "sensor"):
        image = apply_effects(stage, image, camera)
    return image


def degrade(
    canvas: Picture, record: SceneRecord, camera: Drawn | None, keep: Keep | None = None
) -> tuple[Picture, SceneRecord]:
    """Take a scene and its record through a camera; None leaves both as they are.

    A lens that distorts moves the labels, too.
    """
    if camera is None:
        return canvas, record
    image = canvas
    for stage, name in SHOWN.items():
        image = apply_effects(stage, image, camera)
        if keep is not None:
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
