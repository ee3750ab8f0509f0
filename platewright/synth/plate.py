"""One plate, flat, seen straight on: sheet, strip, borders, characters, wear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.region import Look
from platewright.synth.canvas import Canvas
from platewright.synth.face import load_face, load_faces
from platewright.synth.layout import arrange
from platewright.synth.mark.paint import paint_mark
from platewright.synth.mark.place import PlacedMark
from platewright.synth.script import word_mask
from platewright.synth.style import PlateStyle
from platewright.synth.writing import PlacedWord, place_scripts

__all__ = ["FlatPlate", "Picture", "draw_plate", "stroke_lut"]

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]
BOLD = 0.7
"""From this part of the characters' height on, writing has strokes that get bolder with theirs."""


@dataclass(frozen=True, kw_only=True)
class FlatPlate:
    """A drawn plate before it is posed.

    Attributes:
        image: (H, W) grey or (H, W, 3) RGB, the plate with its frame.
        alpha: (H, W) 0-255, where the plate or its frame is.
        quad: (4, 2) the plate's own corners in the image, without the frame, px.
        chars: the registration's characters in reading order.
        boxes: (n, 4) their ink boxes in the image, px.
        lines: (n,) line of each.
        marks: names of the marks that found room.
    """

    image: Picture
    alpha: Picture
    quad: FloatArray
    chars: tuple[str, ...]
    boxes: FloatArray
    lines: tuple[int, ...]
    marks: tuple[str, ...] = ()


def stroke_lut(shift: float, gain: float = 2.2) -> Picture:
    """Return the table that turns a blurred mask into a bolder (shift > 0) or thinner one."""
    ramp = (np.arange(256) / 255.0 - 0.5 + shift) * gain + 0.5
    return np.asarray(np.clip(ramp * 255.0, 0, 255), dtype=np.uint8)


def draw_plate(look: Look, style: PlateStyle, *, px_per_mm: float, grey: bool = True) -> FlatPlate:
    """Draw one plate.

    Args:
        look: what its region asks for.
        style: how this one departs from it.
        px_per_mm: resolution of the drawing.
        grey: one channel instead of three.

    Returns:
        The drawing and where its characters are.
    """
    rng = np.random.default_rng(style.seed)
    faces = load_faces()
    face, small = load_face(faces[style.face]), load_face(faces[style.small_face])
    frame = round(style.frame_mm * px_per_mm)
    height, width = (max(round(v * px_per_mm), 8) for v in look.size_mm)
    full = (height + 2 * frame, width + 2 * frame)
    canvas = Canvas(full, frame, px_per_mm, grey)
    canvas.sheet(look, style, rng)
    placed, marks = arrange(look, style, face, rng)
    paint_marks(canvas, style, [m for m in marks if m.mark.place == "behind"])
    ink = np.zeros(full, np.uint8)
    boxes = [canvas.stamp(ink, face, g.char, g.box, style.shear) for g in placed]
    words = place_scripts(
        look,
        style,
        placed,
        [m.box for m in marks if m.mark.place not in ("behind", "above", "below")],
    )
    signs = [w for w in words if w.script.colour is None]
    bold = [w for w in signs if w.box[3] - w.box[1] > BOLD * look.glyph_height_mm * style.size]
    for word in bold:
        _write(canvas, ink, word, style.seed)
    if style.stroke:
        sigma = max(0.035 * look.glyph_height_mm * style.size * px_per_mm, 0.6)
        soft = cv2.GaussianBlur(ink, (0, 0), sigma)
        ink = np.asarray(cv2.LUT(soft, stroke_lut(style.stroke)), np.uint8)
    for word in signs:
        if word not in bold:
            _write(canvas, ink, word, style.seed)
    if style.emboss:
        canvas.emboss(ink, style)
    if style.wear:
        ink = _worn(ink, style.wear, rng)
    canvas.small_texts(look, style, small)
    canvas.paint(ink, style.foreground)
    for word in words:
        if word.script.colour is not None:
            layer = np.zeros(full, np.uint8)
            _write(canvas, layer, word, style.seed)
            canvas.paint(layer, word.script.colour)
    paint_marks(canvas, style, [m for m in marks if m.mark.place != "behind"])
    if any(style.frame_cut):
        canvas.frame_cut(style, [g.box for g in placed], small)
    canvas.details(look, style, small, rng)
    quad = np.array([[0, 0], [width, 0], [width, height], [0, height]], float) + frame
    kept = [(g, b) for g, b in zip(placed, boxes, strict=True) if g.counts]
    flat = FlatPlate(
        image=canvas.image,
        alpha=_alpha(full, 0 if frame else look.corner_mm * px_per_mm),
        quad=quad,
        chars=tuple(g.char for g, _ in kept),
        boxes=np.array([b for _, b in kept], float).reshape(-1, 4),
        marks=tuple(m.mark.name for m in marks),
        lines=tuple(g.line for g, _ in kept),
    )
    return _bowed(flat, style.bow * height) if abs(style.bow) * height >= 1 else flat


def _write(canvas: Canvas, ink: Picture, word: PlacedWord, variant: int) -> None:
    """Put a writing's ink into a mask layer."""
    x0, y0, x1, y1 = (round(v * canvas.scale) + canvas.frame for v in word.box)
    x0, y0 = max(x0, 0), max(y0, 0)
    x1, y1 = min(x1, ink.shape[1]), min(y1, ink.shape[0])
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    mask = word_mask(word.script.kind, word.text, variant)
    how = cv2.INTER_AREA if mask.shape[0] > y1 - y0 else cv2.INTER_LINEAR
    part = ink[y0:y1, x0:x1]
    cv2.max(part, np.asarray(cv2.resize(mask, (x1 - x0, y1 - y0), interpolation=how)), dst=part)


def _bowed(flat: FlatPlate, rise: float) -> FlatPlate:
    """Bend a plate so that its middle comes to lie `rise` pixels higher than its ends."""
    spare = int(np.ceil(abs(rise)))
    image, alpha = (
        cv2.copyMakeBorder(layer, spare, spare, 0, 0, cv2.BORDER_CONSTANT, value=0)
        for layer in (flat.image, flat.alpha)
    )
    height, width = alpha.shape
    ends = flat.quad[0, 0], flat.quad[1, 0]

    def risen(x: FloatArray) -> FloatArray:
        part = (2 * x - ends[0] - ends[1]) / (ends[1] - ends[0])
        return np.asarray(rise * (1 - part * part), np.float64)

    across = np.arange(width) + 0.5
    map_x = np.tile(np.arange(width, dtype=np.float32), (height, 1))
    map_y = np.arange(height, dtype=np.float32)[:, None] + risen(across).astype(np.float32)
    layers = [cv2.remap(v, map_x, map_y, cv2.INTER_LINEAR) for v in (image, alpha)]
    return replace(
        flat,
        image=np.asarray(layers[0], np.uint8),
        alpha=np.asarray(layers[1], np.uint8),
        quad=_bent(flat.quad[[0, 2]].reshape(1, 4), risen, spare)[
            0, [[0, 1], [2, 1], [2, 3], [0, 3]]
        ],
        boxes=_bent(flat.boxes, risen, spare),
    )


def _bent(boxes: FloatArray, risen: Callable[[FloatArray], FloatArray], spare: int) -> FloatArray:
    """Return the upright boxes round what lies in (n, 4) boxes of the plate before it was bent."""
    across = np.linspace(boxes[:, 0], boxes[:, 2], 9)
    rise = risen(across)
    bent: FloatArray = boxes + np.array([0.0, spare, 0.0, spare])
    bent[:, 1] -= rise.max(axis=0)
    bent[:, 3] -= rise.min(axis=0)
    return bent


def paint_marks(canvas: Canvas, style: PlateStyle, marks: Sequence[PlacedMark]) -> None:
    """Paint marks where they were placed."""
    for placed in marks:
        x0, y0, x1, y1 = (v * canvas.scale + canvas.frame for v in placed.box)
        box = (x0, y0, x1, y1)
        paint_mark(canvas.image, box, placed.mark, paper=style.background, ink=style.foreground)


def _alpha(size: tuple[int, int], corner: float) -> Picture:
    """Return the plate's shape: a rectangle with rounded corners."""
    alpha = np.full(size, 255, np.uint8)
    radius = round(min(corner, min(size) / 3))
    if radius > 1:
        corner_mask = _corner(radius)
        alpha[:radius, :radius] = corner_mask
        alpha[:radius, -radius:] = corner_mask[:, ::-1]
        alpha[-radius:, :radius] = corner_mask[::-1]
        alpha[-radius:, -radius:] = corner_mask[::-1, ::-1]
    return alpha


@lru_cache(maxsize=512)
def _corner(radius: int) -> Picture:
    """Return the top left corner of a rounded plate."""
    y, x = np.mgrid[:radius, :radius]
    outside = (x - radius) ** 2 + (y - radius) ** 2 > radius**2
    return np.where(outside, 0, 255).astype(np.uint8)


def _worn(ink: Picture, wear: float, rng: np.random.Generator) -> Picture:
    """Take paint off in blotches."""
    height, width = ink.shape
    coarse = rng.random((max(height // 6, 3), max(width // 6, 3))).astype(np.float32)
    blotch = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    keep = np.clip((blotch - wear) * 6.0, 0.15, 1.0)
    return np.asarray(ink * keep, dtype=np.uint8)
