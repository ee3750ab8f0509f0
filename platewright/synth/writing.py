"""Where writings of other scripts go on a plate, and the room that they leave its characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from platewright.geometry import Box
from platewright.region import Look
from platewright.region.look import Script
from platewright.synth.mark import TAKEN_AROUND, sheet_room
from platewright.synth.script import word_mask
from platewright.synth.style import PlateStyle

if TYPE_CHECKING:
    from platewright.synth.layout import PlacedGlyph

TEXT_PART = 0.35
"""Of the height inside the border, what marks above and below leave the text at least."""


@dataclass(frozen=True)
class PlacedWord:
    """One writing of another script on the plate."""

    script: Script  #: its kind, and its colour
    text: str  #: what is written
    box: Box  #: (x0, y0, x1, y1) of its ink, mm


def place_scripts(
    look: Look, style: PlateStyle, placed: Sequence[PlacedGlyph], taken: Sequence[Box] = ()
) -> list[PlacedWord]:
    """Place writings of other scripts where the characters leave room for them.

    Args:
        placed: the characters.
        taken: boxes of the marks beside and between them.
    """
    if not placed or not scripts_of(look, style):
        return []
    bare = replace(look, scripts=()), replace(style, script=None)
    left, top, right, bottom = text_room(*bare)
    x0 = min([*(g.box[0] for g in placed), *(box[0] for box in taken)])
    x1 = max([*(g.box[2] for g in placed), *(box[2] for box in taken)])
    caps = [g for g in placed if g.counts]
    y0, y1 = min(g.box[1] for g in caps), max(g.box[3] for g in caps)
    words = []
    for script in scripts_of(look, style):
        pad = look.spacing_mm * (style.spacing if script.place == "left" else 1.0)
        if script.place in ("above", "below"):
            y_room = (top, y0) if script.place == "above" else (y1, bottom)
            boxes = _bands(script, placed, (left, right), y_room)
        else:
            text = " ".join(script.text)
            tall = script.height * capital_mm(look, style)
            wide = word_width(look, style, script)
            middle = (y0 + y1) / 2
            if script.place == "left":
                ends = (max(x0 - pad - wide, left), x0 - pad)
            elif script.place == "right":
                ends = (x1 + pad, min(x1 + pad + wide, right))
            else:
                gap = _first_gap(placed)
                if gap is None or any(b[0] < gap[1] and b[2] > gap[0] for b in taken):
                    continue
                spare = max((gap[1] - gap[0] - wide) / 2, 0.12 * (gap[1] - gap[0]))
                ends, middle = (gap[0] + spare, gap[1] - spare), gap[2]
            low = max(middle - tall / 2, 0.01 * look.size_mm[0])
            high = min(middle + tall / 2, 0.99 * look.size_mm[0])
            boxes = [(text, (ends[0], low, ends[1], high))]
        if script.place == "left":
            x0 = min(x0, boxes[0][1][0])
        elif script.place == "right":
            x1 = max(x1, boxes[0][1][2])
        for text, box in boxes:
            free = script.place in ("above", "below")
            fitted = _fit(box, word_aspect(style, script, text)) if free else box
            words.append(PlacedWord(script, text, fitted))
    return [w for w in words if w.box[2] > w.box[0] and w.box[3] > w.box[1]]


def _bands(
    script: Script,
    placed: Sequence[PlacedGlyph],
    across: tuple[float, float],
    between: tuple[float, float],
) -> list[tuple[str, Box]]:
    """Return the texts above or below, each with the box that it may fill."""
    inset = 0.08 * (between[1] - between[0])
    low, high = between[0] + inset, between[1] - inset
    groups = _groups(placed)
    if len(script.text) == 1 or len(script.text) != len(groups):
        return [(" ".join(script.text), (*across[:1], low, across[1], high))]
    # One text for each group. Where the groups stand in lines, they share the band.
    if len({line for _, _, line in groups}) > 1:
        share = (across[1] - across[0]) / len(groups)
        starts = [across[0] + k * share for k in range(len(groups))]
        spans = [(x + 0.06 * share, x + 0.94 * share) for x in starts]
    else:
        spans = [(x0, x1) for x0, x1, _ in groups]
    return [
        (text, (x0, low, x1, high))
        for text, (x0, x1) in zip(script.text, spans, strict=True)
        if text
    ]


def _groups(placed: Sequence[PlacedGlyph]) -> list[tuple[float, float, int]]:
    """Return (left, right, line) of each group of characters, as the display is cut."""
    groups = []
    for _, run in groupby((g for g in placed if g.counts), key=lambda g: (g.line, g.group)):
        inks = list(run)
        groups.append((inks[0].box[0], inks[-1].box[2], inks[0].line))
    return groups


def _first_gap(placed: Sequence[PlacedGlyph]) -> tuple[float, float, float] | None:
    """Return (left, right, middle's y) of the gap between the first line's first two groups."""
    groups = _groups(placed)
    if len(groups) < 2 or groups[0][2] != groups[1][2]:
        return None
    line = [g.box for g in placed if g.counts and g.line == groups[0][2]]
    middle = (min(b[1] for b in line) + max(b[3] for b in line)) / 2
    return groups[0][1], groups[1][0], middle


def _fit(box: Box, aspect: float) -> Box:
    """Return the largest box of an aspect (width over height) in the middle of another."""
    x0, y0, x1, y1 = box
    tall = min(y1 - y0, (x1 - x0) / aspect)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return (x - tall * aspect / 2, y - tall / 2, x + tall * aspect / 2, y + tall / 2)


def text_room(look: Look, style: PlateStyle) -> Box:
    """Return the box that the characters have to themselves, (x0, y0, x1, y1) mm."""
    left, top, right, bottom = sheet_room(look)
    unit = around_mm(look, style)
    for mark in style.marks:
        taken = TAKEN_AROUND * mark.height * unit
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


def around_mm(look: Look, style: PlateStyle) -> float:
    """Return what the heights of marks above and below the text are parts of, mm.

    That is a character's height, but no more than leaves the text its part of the sheet.
    """
    heights = sum(mark.height for mark in style.marks if mark.place in ("above", "below"))
    _, top, _, bottom = sheet_room(look)
    most = (1 - TEXT_PART) * (bottom - top) / max(TAKEN_AROUND * heights, 1e-6)
    return min(look.glyph_height_mm * style.size, most)


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
