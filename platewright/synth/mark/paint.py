"""Marks painted over a plate, in its colours or their own."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.mark import Sketch, draw_sketch
from platewright.region.colour import luma
from platewright.synth.mark.style import Colour, MarkStyle

__all__ = ["paint_mark", "paint_sticker"]

Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]
LEGIBLE = 55.0
"""Grey levels that stay between the characters and a picture behind them."""


def _colours(mark: MarkStyle, tones: tuple[str, ...], paper: Colour, ink: Colour) -> list[Colour]:
    """Return what each tone of a sketch is painted with."""
    named = {"main": mark.main, "second": mark.second, "third": mark.third, "paper": paper}
    out = []
    for tone in tones:
        colour = named[tone] if tone in named else _hex(tone)
        if mark.mono:
            level = luma(colour)
            nearer = abs(level - luma(ink)) <= abs(level - luma(paper))
            colour = ink if nearer or tone == "main" else paper
        out.append(colour)
    return out


@lru_cache(maxsize=512)
def _hex(tone: str) -> Colour:
    return int(tone[1:3], 16), int(tone[3:5], 16), int(tone[5:7], 16)


def paint_mark(image: Picture, box: Box, mark: MarkStyle, *, paper: Colour, ink: Colour) -> None:
    """Paint a mark over a picture.

    Args:
        image: (H, W) grey or (H, W, 3) RGB; changed.
        box: (x0, y0, x1, y1) px; what reaches over the picture is cut off.
        mark: which one and how.
        paper: colour of the sheet.
        ink: colour of the characters.
    """
    sketch = mark.sketch
    colours = _colours(mark, sketch.tones, paper, ink)
    strengths = [mark.strength] * len(colours)
    if mark.place == "behind":
        strengths = [_legible(c, s, paper, ink) for c, s in zip(colours, strengths, strict=True)]
    _paint(image, box, sketch, colours, strengths)


def paint_sticker(image: Picture, box: Box, colour: Colour) -> None:
    """Paint a printed sticker with a year or a month; the colour picks which, and its own two."""
    sketch = draw_sketch("sticker", sum(colour))
    colours = [_hex(tone) for tone in sketch.tones]
    if sum(colour) % 3 == 0:
        colours[0] = colour
    _paint(image, box, sketch, colours, [1.0] * len(colours))


def _paint(
    image: Picture, box: Box, sketch: Sketch, colours: list[Colour], strengths: list[float]
) -> None:
    """Paint a sketch whose tones have these colours, each as opaque as its strength says."""
    left, top, right, bottom = (round(v) for v in box)
    l, t = max(left, 0), max(top, 0)  # noqa: E741
    r, b = min(right, image.shape[1]), min(bottom, image.shape[0])
    if min(right - left, bottom - top) < 2 or r <= l or b <= t:
        return
    cover = _resized(sketch.coverage, (right - left, bottom - top))
    cover = cover[t - top : b - top, l - left : r - left]
    weights = np.array(strengths, np.float32) / 255
    alpha = cover @ weights
    part = image[t:b, l:r]
    if image.ndim == 2:
        painted = cover @ (weights * np.array([luma(c) for c in colours], np.float32))
        mixed = part * (1 - alpha) + painted
    else:
        painted = cover @ (weights[:, None] * np.array(colours, np.float32))
        mixed = part * (1 - alpha)[..., None] + painted
    part[:] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


def _resized(coverage: Picture, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return a sketch's coverage at a size, (width, height) px."""
    how = cv2.INTER_AREA if size[1] < coverage.shape[0] else cv2.INTER_LINEAR
    # OpenCV resizes four channels at most.
    parts = [
        np.atleast_3d(cv2.resize(coverage[..., k : k + 4], size, interpolation=how))
        for k in range(0, coverage.shape[2], 4)
    ]
    return np.concatenate(parts, axis=2).astype(np.float32)


def _legible(colour: Colour, strength: float, paper: Colour, ink: Colour) -> float:
    """Return how strongly a colour may lie behind the characters, so that they can be read."""
    for _ in range(5):
        level = luma(paper) + strength * (luma(colour) - luma(paper))
        side = (luma(paper) - luma(ink)) * (level - luma(ink))
        if side > 0 and abs(level - luma(ink)) >= min(LEGIBLE, 0.6 * abs(luma(paper) - luma(ink))):
            break
        strength *= 0.6
    return strength
