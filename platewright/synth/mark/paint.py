"""Marks painted over a plate, in its colours or their own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.mark import Sketch, draw_sketch
from platewright.region.colour import luma
from platewright.synth.mark.place import PlacedMark
from platewright.synth.mark.style import MarkStyle
from platewright.synth.tone import Colour

if TYPE_CHECKING:
    from platewright.synth.canvas import Canvas

__all__ = ["paint_mark", "paint_marks", "paint_sticker", "raise_marks"]

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


def paint_marks(canvas: Canvas, marks: Sequence[PlacedMark], left: Picture | None = None) -> None:
    """Paint marks where they were placed.

    Args:
        canvas: of the plate.
        marks: in the order they are painted.
        left: (H, W) 0-255, what is left of worn paint; of marks that are raised, too.
    """
    style = canvas.style
    for placed in marks:
        paint_mark(
            canvas.image,
            canvas.box_px(placed.box),
            placed.mark,
            paper=style.background,
            ink=style.foreground,
            left=left if placed.mark.raised else None,
        )


def raise_marks(canvas: Canvas, marks: Sequence[PlacedMark]) -> Picture:
    """Return the mask of what is raised: the characters, and the marks that are raised as they."""
    relief = canvas.ink
    for placed in marks:
        if not placed.mark.raised:
            continue
        relief = relief.copy() if relief is canvas.ink else relief
        found = _cut(relief, canvas.box_px(placed.box), placed.mark.sketch)
        if found is not None:
            part, cover = found
            np.maximum(part, np.minimum(cover.sum(axis=2), 255).astype(np.uint8), out=part)
    return relief


def paint_mark(
    image: Picture,
    box: Box,
    mark: MarkStyle,
    *,
    paper: Colour,
    ink: Colour,
    left: Picture | None = None,
) -> None:
    """Paint a mark over a picture.

    Args:
        image: (H, W) grey or (H, W, 3) RGB; changed.
        box: (x0, y0, x1, y1) px; what reaches over the picture is cut off.
        mark: which one and how.
        paper: colour of the sheet.
        ink: colour of the characters.
        left: (H, W) 0-255, what is left of its paint; None: all.
    """
    sketch = mark.sketch
    colours = _colours(mark, sketch.tones, paper, ink)
    strengths = [mark.strength] * len(colours)
    if mark.place == "behind":
        strengths = [_legible(c, s, paper, ink) for c, s in zip(colours, strengths, strict=True)]
    _paint(image, box, sketch, colours, strengths, left)


def paint_sticker(image: Picture, box: Box, colour: Colour) -> None:
    """Paint a printed sticker with a year or a month; the colour picks which, and its own two."""
    sketch = draw_sketch("sticker", sum(colour))
    colours = [_hex(tone) for tone in sketch.tones]
    if sum(colour) % 3 == 0:
        colours[0] = colour
    _paint(image, box, sketch, colours, [1.0] * len(colours))


def _cut(layer: Picture, box: Box, sketch: Sketch) -> tuple[Picture, NDArray[np.float32]] | None:
    """Return a layer's part below a sketch, and its coverage there; None: unseen."""
    left, top, right, bottom = (round(v) for v in box)
    l, t = max(left, 0), max(top, 0)  # noqa: E741
    r, b = min(right, layer.shape[1]), min(bottom, layer.shape[0])
    if min(right - left, bottom - top) < 2 or r <= l or b <= t:
        return None
    cover = _resized(sketch.coverage, (right - left, bottom - top))
    return layer[t:b, l:r], cover[t - top : b - top, l - left : r - left]


def _paint(
    image: Picture,
    box: Box,
    sketch: Sketch,
    colours: list[Colour],
    strengths: list[float],
    left: Picture | None = None,
) -> None:
    """Paint a sketch whose tones have these colours, each as opaque as its strength says."""
    found = _cut(image, box, sketch)
    if found is None:
        return
    part, cover = found
    if left is not None:
        x, y = max(round(box[0]), 0), max(round(box[1]), 0)
        worn = left[y : y + part.shape[0], x : x + part.shape[1]]
        cover = np.asarray(
            cover * (worn.astype(np.float32) / np.float32(255))[..., None], np.float32
        )
    weights = np.array(strengths, np.float32) / 255
    alpha = cover @ weights
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
