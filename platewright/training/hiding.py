"""Plates that are cut off by the picture's edge or hidden by something before them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import box_of_quad
from platewright.record import PlateRecord

__all__ = ["hidden_parts", "hide"]

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]


def hide(
    rng: np.random.Generator, image: Picture, plate: PlateRecord
) -> tuple[Picture, PlateRecord, NDArray[np.uint8]]:
    """Cut a picture through its plate, or put something before the plate.

    Args:
        rng: random numbers.
        image: (H, W) grey.
        plate: its one plate.

    Returns:
        The picture, which may be smaller; the plate, moved with it, whole as before; and a mask of
        the picture before it was cut, 255 where nothing is seen any more.
    """
    height, width = image.shape
    covered = np.zeros((height, width), np.uint8)
    x0, y0, x1, y1 = box_of_quad(plate.quad)
    kind = rng.random()
    shape: Any
    if kind < 0.45:  # the picture's edge, left or right, seldom below
        part = rng.uniform(0.06, 0.42)
        if rng.random() < 0.88:
            if rng.random() < 0.5:
                left = int(np.clip(x0 + part * (x1 - x0), 1, width - 4))
                covered[:, :left] = 255
                return image[:, left:], _moved(plate, left), covered
            right = int(np.clip(x1 - part * (x1 - x0), 4, width - 1))
            covered[:, right:] = 255
            return image[:, :right], plate, covered
        below = int(np.clip(y1 - part * (y1 - y0), 4, height - 1))
        covered[below:] = 255
        return image[:below], plate, covered
    wide, tall = x1 - x0, y1 - y0
    if kind < 0.75:  # a post, a rope, a hand: across the whole height
        thick = rng.uniform(0.07, 0.34) * wide
        middle = rng.uniform(x0 + 0.02 * wide, x1 - 0.02 * wide)
        lean = rng.normal(0, 0.25) * tall
        top, bottom = y0 - 0.3 * tall, y1 + 0.3 * tall
        shape = [
            [middle - thick / 2 + lean, top], [middle + thick / 2 + lean, top],
            [middle + thick / 2 - lean, bottom], [middle - thick / 2 - lean, bottom],
        ]  # fmt: skip
    elif kind < 0.9:  # a corner: another car, a bumper, leaves
        right, low = rng.random() < 0.5, rng.random() < 0.5
        x, y = (x1 if right else x0), (y1 if low else y0)
        dx = rng.uniform(0.12, 0.45) * wide * (-1 if right else 1)
        dy = rng.uniform(0.6, 1.6) * tall * (-1 if low else 1)
        shape = [[x - dx, y - dy], [x + dx, y - 0.2 * dy], [x + 0.7 * dx, y + dy], [x - dx, y + dy]]
    else:  # mud, snow, a reflection
        count = int(rng.integers(5, 10))
        turn = np.sort(rng.uniform(0, 2 * np.pi, count))
        away = rng.uniform(0.5, 1.0, count) * rng.uniform(0.25, 0.75) * tall
        centre = [rng.uniform(x0, x1), rng.uniform(y0, y1)]
        shape = np.stack(
            [centre[0] + 1.3 * away * np.cos(turn), centre[1] + away * np.sin(turn)], 1
        )
    cv2.fillPoly(covered, [np.round(np.array(shape) * 16).astype(np.int32)], (255,), cv2.LINE_AA, 4)
    level = rng.uniform(10, 245)
    grain = rng.normal(0, rng.uniform(1, 14), (max(height // 3, 2), max(width // 3, 2)))
    slope = np.linspace(-1, 1, width)[None, :] * rng.normal(0, 18)
    paint = level + cv2.resize(grain.astype(np.float32), (width, height)) + slope
    soft = cv2.GaussianBlur(covered, (0, 0), max(0.006 * wide, 0.4)).astype(np.float32) / 255
    mixed = image + soft * (np.clip(paint, 0, 255) - image)
    return np.asarray(mixed, np.uint8), plate, covered


def hidden_parts(plate: PlateRecord, covered: NDArray[np.uint8]) -> FloatArray:
    """Return which part of each character's box is covered, 0-1.

    Args:
        plate: in the picture that `covered` is of.
        covered: (H, W) 255 where nothing is seen; outside of it nothing is seen either.
    """
    height, width = covered.shape
    parts = []
    for char in plate.characters:
        x0, y0, x1, y1 = (round(v) for v in char.box)
        x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
        inside = covered[max(y0, 0) : min(y1, height), max(x0, 0) : min(x1, width)]
        area = (x1 - x0) * (y1 - y0)
        parts.append((float(inside.sum()) / 255 + area - inside.size) / area)
    return np.array(parts, np.float64)


def _moved(plate: PlateRecord, left: int) -> PlateRecord:
    shift = np.array([left, 0.0])
    chars = tuple(replace(c, quad=c.quad - shift) for c in plate.characters)
    return replace(plate, quad=plate.quad - shift, characters=chars)
