"""Ink and grain: masks of small texts, colour laid on through a mask, the texture of sheets."""

from __future__ import annotations

from functools import cache, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.synth.face import Face
from platewright.synth.layout import lay_out_line
from platewright.synth.style import Colour

__all__ = ["GRAIN_PX", "LINE_PX", "blend_ink", "grain_field", "line_mask"]

Picture = NDArray[np.uint8]
LINE_PX = 16
"""Height of a capital in the mask of a small text, pixels."""
GRAIN_PX = 1024


@cache
def grain_field() -> NDArray[np.float32]:
    """Return the kept field of which sheets get their grain: unit normal, two pixels coarse."""
    half = (GRAIN_PX // 2, GRAIN_PX // 2)
    field = np.random.default_rng(5).standard_normal(half, np.float32)
    return np.asarray(cv2.resize(field, (GRAIN_PX, GRAIN_PX)), np.float32)


@lru_cache(maxsize=4096)
def line_mask(face: Face, text: str) -> Picture:
    """Return the ink of one line of small text; its capitals are `LINE_PX` high, one row down."""
    row = lay_out_line(face, text, height=LINE_PX, spacing=0.16 * LINE_PX, gap=0.4 * LINE_PX)
    layer = np.zeros((LINE_PX + 5, round(row[-1][3]) + 2), np.uint8)
    for char, x0, y0, x1, y1 in row:
        x, y = round(x0), max(round(y0) + 1, 0)
        mask = face.resized(char, max(round(x1) - x, 1), max(round(y1 - y0), 1))
        part = layer[y : y + mask.shape[0], x : x + mask.shape[1]]
        np.maximum(part, mask[: part.shape[0], : part.shape[1]], out=part)
    return layer


def blend_ink(image: Picture, ink: Picture, tone: int | Colour) -> Picture:
    """Return a picture with a colour blended in where `ink` says so."""
    if isinstance(tone, int):
        rest = cv2.multiply(image, cv2.bitwise_not(ink), scale=1 / 255)
        return np.asarray(cv2.scaleAdd(ink, tone / 255, rest), np.uint8)
    rest = cv2.multiply(image, cv2.bitwise_not(cv2.merge([ink] * 3)), scale=1 / 255)
    painted = cv2.merge([cv2.convertScaleAbs(ink, alpha=level / 255) for level in tone])
    return np.asarray(cv2.add(rest, painted), np.uint8)
