"""Made-up writing: strokes, arcs and dots that belong to no alphabet.

Plates bear Arabic, Devanagari, Bengali, Thai or Khmer beside their Latin text, and signs are full
of them. A reader of Latin letters need not know these, only that they are none of its own: made-up
writing teaches that for every script at once.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["draw_script"]

Picture = NDArray[np.uint8]
UNIT = 48
"""Height of the writing while it is drawn, pixels."""


def draw_script(rng: np.random.Generator, size: tuple[int, int]) -> Picture:
    """Draw one line of made-up writing.

    Args:
        rng: random numbers.
        size: (height, width) px of the result.

    Returns:
        (height, width) ink mask, 0-255.
    """
    height, width = max(size[0], 1), max(size[1], 1)
    length = int(np.clip(UNIT * width / height, UNIT // 2, 16 * UNIT))
    ink = np.zeros((UNIT, length), np.uint8)
    thick = int(rng.integers(3, 8))
    base = int(UNIT * rng.uniform(0.55, 0.72))
    joined = rng.random() < 0.5
    overline = rng.random() < 0.25  # as Devanagari has it
    x = thick
    while x < length - UNIT // 5:
        step = int(UNIT * rng.uniform(0.28, 0.75))
        _stroke(rng, ink, x, base, step, thick)
        if rng.random() < 0.55:
            _dots(rng, ink, x + step // 2, base, thick)
        if joined and rng.random() < 0.75:
            cv2.line(ink, (x, base), (x + step, base), 255, thick, cv2.LINE_AA)
        x += step + (0 if joined else thick)
        if rng.random() < 0.12:
            x += UNIT // 3
    if overline:
        top = int(UNIT * 0.2)
        cv2.line(ink, (0, top), (length, top), 255, thick, cv2.LINE_AA)
    how = cv2.INTER_AREA if height < UNIT else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(ink, (width, height), interpolation=how), np.uint8)


def _stroke(
    rng: np.random.Generator, ink: Picture, x: int, base: int, step: int, thick: int
) -> None:
    """Draw one letter's body: an upright, a bowl, a loop or a bent line."""
    kind = int(rng.integers(5))
    if kind == 0:
        top = int(UNIT * rng.uniform(0.1, 0.35))
        lean = int(rng.integers(-4, 5))
        cv2.line(ink, (x + step // 2, base), (x + step // 2 + lean, top), 255, thick, cv2.LINE_AA)
    elif kind == 1:
        axes = (max(step // 2, 2), int(UNIT * rng.uniform(0.12, 0.3)))
        first = int(rng.integers(0, 90))
        turn = int(rng.integers(150, 250))
        centre = (x + step // 2, base)
        cv2.ellipse(ink, centre, axes, 0, first, first + turn, 255, thick, cv2.LINE_AA)
    elif kind == 2:
        radius = max(int(UNIT * rng.uniform(0.08, 0.2)), 2)
        cv2.circle(ink, (x + step // 2, base - radius), radius, 255, thick, cv2.LINE_AA)
    elif kind == 3:
        y = base + rng.integers(-UNIT // 3, UNIT // 4, 4)
        points = np.stack([np.linspace(x, x + step, 4), y], axis=1).astype(np.int32)
        cv2.polylines(ink, [points], False, (255,), thick, cv2.LINE_AA)
    else:
        axes = (max(step // 3, 2), int(UNIT * rng.uniform(0.15, 0.35)))
        cv2.ellipse(
            ink, (x + step // 2, base - axes[1] // 2), axes, float(rng.uniform(-40, 40)),
            int(rng.integers(360)), int(rng.integers(360, 640)), 255, thick, cv2.LINE_AA,
        )  # fmt: skip


def _dots(rng: np.random.Generator, ink: Picture, x: int, base: int, thick: int) -> None:
    """Put one to three dots above or below."""
    y = base + (UNIT // 5 if rng.random() < 0.4 else -UNIT // 3)
    for k in range(int(rng.integers(1, 4))):
        cv2.circle(ink, (x + k * (thick + 2), y), max(thick // 2, 1), 255, -1, cv2.LINE_AA)
