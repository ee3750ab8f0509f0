"""One plate, flat, seen straight on: sheet, characters, marks, and what has become of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.region import Look, Strip
from platewright.synth.canvas import Canvas
from platewright.synth.effect import apply_effects, effects_of
from platewright.synth.face import load_face, load_faces
from platewright.synth.layout import arrange
from platewright.synth.mark import PlacedMark, paint_marks, raise_marks
from platewright.synth.style import PlateStyle
from platewright.synth.tone import add_levels, blend_ink
from platewright.synth.writing import PlacedWord, place_scripts

__all__ = ["FlatPlate", "Picture", "draw_plate", "paint_sheet"]

GOLD = (240, 210, 40)


def paint_sheet(canvas: Canvas, behind: Sequence[PlacedMark] = ()) -> None:
    """Paint frame, sheet, strips, border, the marks behind the characters, and the small texts."""
    look, style, frame = canvas.look, canvas.style, canvas.style.effects.get("frame")
    if frame is not None:
        canvas.image[:] = canvas.tone(frame.colour)
    plate = canvas.inner(canvas.image)
    plate[:] = canvas.tone(style.background)
    if any(effect.name in style.effects for effect in effects_of("sheet")):
        levels = np.zeros(plate.shape[:2], np.float32)
        plate[:] = add_levels(plate, apply_effects("sheet", levels, style.effects, canvas))
    height, width = look.size_mm
    for strip in (look.strip, look.second_strip):
        if strip is not None:
            box = {
                "left": (0.0, 0.0, strip.width_mm, height),
                "right": (width - strip.width_mm, 0.0, width, height),
                "top": (0.0, 0.0, width, strip.width_mm),
            }[strip.side]
            canvas.rectangle(canvas.image, box, strip.colour)
    if look.border_colour is not None and look.border_mm > 0:
        inset, thick = 0.25 * look.border_mm, max(round(look.border_mm * canvas.scale * 0.5), 1)
        box = (inset, inset, width - inset, height - inset)
        canvas.rectangle(canvas.image, box, look.border_colour, thick)
    paint_marks(canvas, behind)
    _paint_texts(canvas)


def _paint_texts(canvas: Canvas) -> None:
    """Header, footer and the strips' labels."""
    look, colour = canvas.look, canvas.style.foreground
    height, width = look.size_mm
    pad, tall = look.border_mm + 0.12 * look.small_mm, look.small_mm
    if look.header:
        box = (0.1 * width, pad, 0.9 * width, pad + tall)
        canvas.text(canvas.image, canvas.small, look.header, box, colour)
    if look.footer:
        box = (0.1 * width, height - pad - tall, 0.9 * width, height - pad)
        canvas.text(canvas.image, canvas.small, look.footer, box, colour)
    for strip in (look.strip, look.second_strip):
        if strip is not None and strip.side != "top":
            _paint_label(canvas, strip)


def _paint_label(canvas: Canvas, strip: Strip) -> None:
    """Emblem and code of a strip at the plate's end."""
    height, width = canvas.look.size_mm
    left = 0.0 if strip.side == "left" else width - strip.width_mm
    middle = left + strip.width_mm / 2
    if strip.label:
        size = min(strip.width_mm * 0.55 / max(len(strip.label) * 0.6, 1.0), height * 0.22)
        box = (left + 1, height * 0.72, left + strip.width_mm - 1, height * 0.72 + size)
        canvas.text(canvas.image, canvas.small, strip.label, box, strip.label_colour)
    if not strip.emblem:
        return
    x, y = (round(v * canvas.scale) + canvas.frame for v in (middle, height * 0.32))
    radius, tone = round(strip.width_mm * 0.3 * canvas.scale), canvas.tone(GOLD)
    if strip.emblem == "stars" and radius > 3:
        for turn in np.arange(12) * np.pi / 6:
            spot = (round(x + radius * np.cos(turn)), round(y + radius * np.sin(turn)))
            cv2.circle(canvas.image, spot, max(radius // 6, 1), tone, -1, cv2.LINE_AA)
    elif radius > 1:
        cv2.circle(canvas.image, (x, y), radius, tone, -1, cv2.LINE_AA)


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
