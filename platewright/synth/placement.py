"""A flat drawing brought into a scene: blended in perspective, a plate with its record."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import Box, box_of_quad, homography, project, to_pixel_centres
from platewright.records import CharacterRecord, PlateRecord
from platewright.region import Look
from platewright.synth.plate import FlatPlate, draw_plate
from platewright.synth.pose import Pose
from platewright.synth.style import PlateStyle, draw_style

__all__ = ["add_plate", "blend"]

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]


def blend(canvas: Picture, image: Picture, alpha: Picture, matrix: FloatArray, box: Box) -> None:
    """Warp a flat picture over the canvas, in place, only where it is seen.

    Args:
        canvas: (H, W) grey or (H, W, 3) RGB; changed.
        image: flat picture, (h, w) grey or of the canvas' channels.
        alpha: (h, w) 0-255, how much of `image` covers the canvas.
        matrix: 3x3 homography from the flat picture to the canvas.
        box: where the flat picture comes to lie, px of the canvas; may reach over its edges.
    """
    height, width = canvas.shape[:2]
    x0, y0 = max(int(np.floor(box[0])) - 1, 0), max(int(np.floor(box[1])) - 1, 0)
    x1, y1 = min(int(np.ceil(box[2])) + 1, width), min(int(np.ceil(box[3])) + 1, height)
    if x1 <= x0 or y1 <= y0:
        return
    shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], float)
    to_roi = to_pixel_centres(shift @ matrix)
    size = (x1 - x0, y1 - y0)
    warped = cv2.warpPerspective(
        image, to_roi, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    mask = cv2.warpPerspective(alpha, to_roi, size, flags=cv2.INTER_LINEAR)
    part = canvas[y0:y1, x0:x1]
    weight = mask.astype(np.float32) * np.float32(1 / 255)
    if canvas.ndim == 3:
        weight = weight[..., None]
        if warped.ndim == 2:
            warped = warped[..., None]
    mixed = part.astype(np.float32)
    mixed += weight * (warped.astype(np.float32) - mixed)
    part[:] = (mixed + 0.5).astype(np.uint8)


def add_plate(
    rng: np.random.Generator,
    canvas: Picture,
    look: Look,
    pose: Pose,
    quad: FloatArray,
    *,
    style: PlateStyle | None = None,
) -> PlateRecord:
    """Draw a plate flat, pose it over the canvas, and return its record.

    Args:
        rng: random numbers.
        canvas: (H, W) grey or (H, W, 3) RGB; changed.
        look: the plate.
        pose: goes into the record only; `quad` says where the plate lies.
        quad: (4, 2) its corners, px of the canvas; may reach over the edges.
        style: how it departs from the look; None: drawn.
    """
    if style is None:
        style = draw_style(rng, look)
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    seen = max(sides[0], sides[2])
    drawn_w = max(1.3 * seen, 170.0 if len(look.lines) == 1 else 130.0)
    flat = draw_plate(look, style, px_per_mm=drawn_w / look.size_mm[1], grey=canvas.ndim == 2)
    shrunk, scale = _shrink(flat, 1.15 * seen / drawn_w)
    matrix = homography(flat.quad * scale, quad)
    outline = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * shrunk.image.shape[1::-1]
    blend(canvas, shrunk.image, shrunk.alpha, matrix, box_of_quad(project(matrix, outline)))
    full = homography(flat.quad, quad)
    characters = []
    for char, (x0, y0, x1, y1), line in zip(flat.chars, flat.boxes, flat.lines, strict=True):
        corners = project(full, [[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        characters.append(CharacterRecord(char=char, quad=corners, line=line))
    return PlateRecord(
        text=look.text,
        quad=quad,
        region=look.region,
        characters=tuple(characters),
        drawn={"look": look.as_dict(), "style": style.as_dict(), "pose": pose.as_dict()},
    )


def _shrink(flat: FlatPlate, scale: float) -> tuple[FlatPlate, float]:
    """Average a flat plate down before a strong reduction, which a warp alone would alias."""
    if scale > 0.8:
        return flat, 1.0
    height, width = flat.image.shape[:2]
    size = (max(round(width * scale), 4), max(round(height * scale), 4))
    image = cv2.resize(flat.image, size, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(flat.alpha, size, interpolation=cv2.INTER_AREA)
    factors = np.array([size[0] / width, size[1] / height])
    small = replace(flat, image=np.asarray(image, np.uint8), alpha=np.asarray(alpha, np.uint8))
    return small, factors  # type: ignore[return-value]
