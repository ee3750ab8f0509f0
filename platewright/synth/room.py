"""The room on a plate: what is left to the characters beside bands, small texts and writings."""

from __future__ import annotations

from platewright.region import Look
from platewright.region.look import Script
from platewright.synth.mark.place import sheet_room
from platewright.synth.script import word_mask
from platewright.synth.style import PlateStyle

__all__ = ["capital_mm", "scripts_of", "text_room", "word_aspect", "word_width"]


def text_room(look: Look, style: PlateStyle) -> tuple[float, float, float, float]:
    """Return the box that the characters have to themselves, (x0, y0, x1, y1) mm."""
    left, top, right, bottom = sheet_room(look)
    for mark in style.marks:
        taken = 1.15 * mark.height * look.glyph_height_mm * style.size
        top += taken if mark.place == "above" else 0.0
        bottom -= taken if mark.place == "below" else 0.0
    for script in scripts_of(look, style):
        if script.place == "above":
            top += script.height * (bottom - top)
        elif script.place == "below":
            bottom -= script.height * (bottom - top)
        elif script.place == "left":
            left += min(word_width(look, style, script), 0.45 * (right - left)) + look.spacing_mm
        elif script.place == "right":
            right -= min(word_width(look, style, script), 0.45 * (right - left)) + look.spacing_mm
    return left, top, right, bottom


def scripts_of(look: Look, style: PlateStyle) -> tuple[Script, ...]:
    """Return the writings that the look asks for, and the one that this plate has besides."""
    return look.scripts if style.script is None else (*look.scripts, style.script)


def capital_mm(look: Look, style: PlateStyle) -> float:
    """Return the height of a character that writings beside the text are measured by, mm."""
    count = len(look.lines)
    most = (look.size_mm[0] - 2 * look.border_mm) * 0.96 / (count + 0.12 * (count - 1))
    return min(look.glyph_height_mm * style.size, most)


def word_aspect(style: PlateStyle, script: Script, text: str) -> float:
    """Return the width of a writing over its height, as this plate has it."""
    tall, wide = word_mask(script.kind, text, style.seed).shape
    return float(wide / tall * script.stretch)


def word_width(look: Look, style: PlateStyle, script: Script) -> float:
    """Return the width of a writing beside the text, mm."""
    text = " ".join(script.text)
    return word_aspect(style, script, text) * script.height * capital_mm(look, style)
