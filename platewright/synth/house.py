"""Houses along a street: brick and plaster fronts with windows and a shop below."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import box_of_quad, homography
from platewright.synth.placement import blend
from platewright.synth.view import Canvas, Colour, View

__all__ = ["HOUSES_M", "WALLS", "add_houses"]

Picture = NDArray[np.uint8]

HOUSES_M = 8.0
"""From the middle of the road to the houses, metres."""

WALLS: tuple[Colour, ...] = (
    (176, 106, 82), (214, 196, 164), (150, 96, 76), (196, 178, 158), (226, 214, 196),
    (164, 150, 140), (188, 138, 102), (142, 156, 166),
)  # fmt: skip


def add_houses(rng: np.random.Generator, canvas: Canvas, view: View, side: int) -> None:
    """Paint a row of fronts along one side (-1 left, 1 right), far ones first."""
    depth, fronts = 12.0, []
    while depth < 150:
        wide, tall = float(rng.uniform(8, 14)), float(rng.uniform(7.5, 13))
        fronts.append((depth, wide, tall))
        depth += wide
    scale = canvas.SCALE
    for z, wide, tall in reversed(fronts):
        density = float(np.clip(900 / z, 8, 44))  # px a metre; a warp of more would alias
        image = _front(rng, wide, tall, density, lit=side > 0)
        x = side * HOUSES_M
        near, far = (z, z + wide) if side > 0 else (z + wide, z)
        corners = np.array([[x, tall, far], [x, tall, near], [x, 0, near], [x, 0, far]])
        quad = view.project(corners) * scale
        flat_h, flat_w = image.shape[:2]
        flat = np.array([[0, 0], [flat_w, 0], [flat_w, flat_h], [0, flat_h]], float)
        alpha = np.full((flat_h, flat_w), 255, np.uint8)
        blend(canvas.image, image, alpha, homography(flat, quad), box_of_quad(quad))
        haze = float(np.clip((z - 20) / 220, 0, 0.6))
        canvas.fill(quad / scale, (205, 218, 230), alpha=haze)


def _front(
    rng: np.random.Generator, wide: float, tall: float, density: float, *, lit: bool
) -> Picture:
    """Draw the front of a house, metres by metres, at `density` px a metre."""
    width, height = round(wide * density), round(tall * density)
    wall = np.array(WALLS[int(rng.integers(len(WALLS)))], float) * (1.05 if lit else 0.78)
    image = np.empty((height, width, 3), np.float32)
    image[:] = wall
    image += cv2.resize(
        rng.normal(0, 5, (height // 3 + 1, width // 3 + 1)).astype(np.float32), (width, height)
    )[..., None]
    front = np.clip(image, 0, 255).astype(np.uint8)

    def box(x0: float, y0: float, x1: float, y1: float, colour: tuple[float, ...]) -> None:
        first, last = (
            (round(x0 * density), round(y0 * density)),
            (round(x1 * density), round(y1 * density)),
        )
        cv2.rectangle(front, first, (last[0] - 1, last[1] - 1), tuple(float(v) for v in colour), -1)

    box(0, 0, wide, 0.45, tuple(wall * 0.55))
    box(0, 0.45, wide, 0.6, tuple(np.clip(wall * 1.2, 0, 255)))
    columns, floors = max(int(wide / 2.1), 2), max(int((tall - 3.6) / 2.7), 1)
    step, storey = wide / columns, (tall - 3.8) / floors
    trim = tuple(np.clip(wall * 0.3 + 165, 0, 255))
    pane, dark = (96.0, 122.0, 144.0), (52.0, 66.0, 80.0)
    for floor in range(floors):
        for column in range(columns):
            x, y = (column + 0.5) * step, 0.95 + floor * storey
            box(x - 0.62, y, x + 0.62, y + 1.65, trim)
            box(x - 0.52, y + 0.1, x + 0.52, y + 1.5, dark)
            box(x - 0.52, y + 0.1, x + 0.52, y + rng.uniform(0.5, 1.3), pane)
            box(x - 0.03, y + 0.1, x + 0.03, y + 1.5, trim)
            box(x - 0.72, y + 1.62, x + 0.72, y + 1.74, tuple(wall * 0.6))
    awning = tuple(float(v) for v in rng.integers(40, 190, 3))
    box(0.5, tall - 2.7, wide - 1.9, tall - 0.5, (60.0, 66.0, 70.0))
    box(0.6, tall - 2.6, wide - 2.0, tall - 1.5, (124.0, 140.0, 148.0))
    box(0.35, tall - 3.1, wide - 1.75, tall - 2.5, awning)
    box(wide - 1.5, tall - 2.6, wide - 0.5, tall, tuple(v * 0.7 for v in awning))
    return front
