"""What a plate sits on: a bumper-like panel with lines, mesh or a recess."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import box_of_quad, homography, project
from platewright.synth.placement import blend

__all__ = ["add_panel"]

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]


def add_panel(rng: np.random.Generator, canvas: Picture, quad: FloatArray) -> None:
    """Put a bumper-like surface round a plate that will be drawn at `quad`.

    Args:
        rng: random numbers.
        canvas: (H, W) grey or (H, W, 3) RGB; changed.
        quad: (4, 2) the plate's corners, px of the canvas.
    """
    room = np.exp(rng.uniform(np.log(0.06), np.log(1.6), 4))
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    outer = np.array(
        [
            [-room[0], -room[1]],
            [1 + room[2], -room[1]],
            [1 + room[2], 1 + room[3]],
            [-room[0], 1 + room[3]],
        ]
    )
    flat_h, flat_w = 64, 128
    base = rng.uniform(10, 245)
    corners = np.clip(base + rng.normal(0, 22, (3, 2)), 0, 255).astype(np.float32)
    patch = cv2.resize(corners, (flat_w, flat_h), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    kind = rng.random()
    line = int(np.clip(base + rng.normal(0, 70), 0, 255))
    if kind < 0.25:
        step = int(rng.integers(4, 14))
        for at in range(0, flat_h, step):
            patch[at : at + max(step // 3, 1)] = line
    elif kind < 0.35:
        for at in range(-flat_h, flat_w + flat_h, int(rng.integers(6, 12))):
            cv2.line(patch, (at, 0), (at + flat_h, flat_h), line, 1, cv2.LINE_AA)
            cv2.line(patch, (at, flat_h), (at + flat_h, 0), line, 1, cv2.LINE_AA)
    elif kind < 0.8:
        for _ in range(int(rng.integers(1, 5))):
            y = int(rng.integers(flat_h))
            level = int(np.clip(line + rng.normal(0, 30), 0, 255))
            cv2.line(
                patch,
                (0, y),
                (flat_w, y + int(rng.integers(-8, 9))),
                level,
                int(rng.integers(1, 7)),
                cv2.LINE_AA,
            )
    if rng.random() < 0.3:  # the recess in which plates sit
        x0, y0 = room[0] / (1 + room[0] + room[2]), room[1] / (1 + room[1] + room[3])
        x1, y1 = x0 + 1 / (1 + room[0] + room[2]), y0 + 1 / (1 + room[1] + room[3])
        grow = rng.uniform(0.01, 0.08, 2)
        first = (int((x0 - grow[0]) * flat_w), int((y0 - grow[1]) * flat_h))
        last = (int((x1 + grow[0]) * flat_w), int((y1 + grow[1]) * flat_h))
        cv2.rectangle(patch, first, last, int(np.clip(base - rng.uniform(-30, 90), 0, 255)), -1)
    try:
        matrix = homography(unit * [flat_w, flat_h], project(homography(unit, quad), outer))
    except ValueError:
        return
    spread = project(homography(unit, quad), outer)
    if (
        np.abs(spread).max() > 20 * max(canvas.shape[:2])
        or cv2.contourArea(spread.astype(np.float32)) < 4
    ):
        return  # a panel that runs behind the camera
    image = patch if canvas.ndim == 2 else cv2.cvtColor(patch, cv2.COLOR_GRAY2RGB)
    if canvas.ndim == 3:
        tint = rng.uniform(0.6, 1.0, 3)
        image = np.asarray(image * tint, np.uint8)
    blend(
        canvas,
        np.asarray(image, np.uint8),
        np.full((flat_h, flat_w), 255, np.uint8),
        matrix,
        box_of_quad(spread),
    )
