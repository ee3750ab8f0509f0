"""One plate, flat, seen straight on: sheet, characters, marks, and what has become of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.region import Look
from platewright.synth.canvas import Canvas
from platewright.synth.effect import apply_effects, effects_of
from platewright.synth.face import load_face, load_faces
from platewright.synth.layout import arrange
from platewright.synth.mark.paint import paint_marks, raise_marks
from platewright.synth.mark.place import PlacedMark
from platewright.synth.sheet import paint_sheet
from platewright.synth.style import PlateStyle
from platewright.synth.tone import blend_ink
from platewright.synth.writing import PlacedWord, place_scripts

__all__ = ["FlatPlate", "Picture", "draw_plate"]

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
    faces = load_faces()
    face, small = load_face(faces[style.face]), load_face(faces[style.small_face])
    canvas = Canvas(look, style, small, px_per_mm=px_per_mm, grey=grey)
    glyphs, marks = arrange(look, style, face, np.random.default_rng(style.seed))
    beside = [m.box for m in marks if m.mark.place not in ("behind", "above", "below")]
    words = place_scripts(look, style, glyphs, beside)
    over = [m for m in marks if m.mark.place != "behind"]

    paint_sheet(canvas, [m for m in marks if m.mark.place == "behind"])
    boxes = canvas.stamp(face, glyphs)
    _finish_ink(canvas, [w for w in words if w.script.colour is None])
    _paint_ink(canvas, words, over)
    canvas.image = apply_effects("plate", canvas.image, style.effects, canvas)

    corners = [[0, 0], [canvas.width, 0], [canvas.width, canvas.height], [0, canvas.height]]
    kept = [(g, b) for g, b in zip(glyphs, boxes, strict=True) if g.counts]
    corner = 0 if canvas.frame else look.corner_mm * px_per_mm
    flat = FlatPlate(
        image=canvas.image,
        alpha=_alpha((canvas.image.shape[0], canvas.image.shape[1]), corner),
        quad=np.array(corners, float) + canvas.frame,
        chars=tuple(g.char for g, _ in kept),
        boxes=np.array([b for _, b in kept], float).reshape(-1, 4),
        marks=tuple(m.mark.name for m in marks),
        lines=tuple(g.line for g, _ in kept),
    )
    bent: FlatPlate = apply_effects("form", flat, style.effects, canvas)
    return bent


def _finish_ink(canvas: Canvas, words: Sequence[PlacedWord]) -> None:
    """Give the characters' mask its strokes, and the writings in their colour."""
    tall = BOLD * canvas.look.glyph_height_mm * canvas.style.size
    canvas.write(canvas.ink, [w for w in words if w.box[3] - w.box[1] > tall])
    canvas.ink = apply_effects("ink", canvas.ink, canvas.style.effects, canvas)
    canvas.write(canvas.ink, [w for w in words if w.box[3] - w.box[1] <= tall])


def _paint_ink(canvas: Canvas, words: Sequence[PlacedWord], marks: Sequence[PlacedMark]) -> None:
    """Raise, wear and paint the characters, other writings and the marks among them."""
    drawn = canvas.style.effects
    if any(effect.name in drawn for effect in effects_of("relief")):
        canvas.relief = raise_marks(canvas, marks)
        canvas.image = apply_effects("relief", canvas.image, drawn, canvas)
    paint = None
    if any(effect.name in drawn for effect in effects_of("paint")):
        paint = apply_effects("paint", np.full_like(canvas.ink, 255), drawn, canvas)
        canvas.ink = np.asarray(cv2.multiply(canvas.ink, paint, scale=1 / 255), np.uint8)
    canvas.image = blend_ink(canvas.image, canvas.ink, canvas.tone(canvas.style.foreground))
    for word in words:
        if word.script.colour is not None:
            layer = np.zeros_like(canvas.ink)
            canvas.write(layer, [word])
            canvas.image = blend_ink(canvas.image, layer, canvas.tone(word.script.colour))
    paint_marks(canvas, marks, paint)


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
