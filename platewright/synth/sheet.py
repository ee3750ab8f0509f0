"""The sheet of a plate: its colour, its strips and border, and the small texts printed on it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from platewright.region import Strip
from platewright.synth.canvas import Canvas
from platewright.synth.effect import apply_effects, effects_of
from platewright.synth.mark.paint import paint_marks
from platewright.synth.mark.place import PlacedMark
from platewright.synth.tone import add_levels

__all__ = ["paint_sheet"]

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
