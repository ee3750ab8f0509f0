"""Where every character of a plate goes, in millimetres from the plate's top left corner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from platewright.region import Look
from platewright.synth.face import CAP_PX, Face
from platewright.synth.mark.place import (
    PlacedMark,
    find_slots,
    fit_marks,
    make_room,
    mark_width,
    place_around,
    sheet_room,
)
from platewright.synth.style import PlateStyle

__all__ = ["PlacedGlyph", "arrange", "lay_out", "lay_out_line", "script_box"]

SEPARATORS = " -·"


@dataclass(frozen=True)
class PlacedGlyph:
    """One glyph on the plate.

    Attributes:
        char: what is drawn.
        box: (x0, y0, x1, y1) of its ink, mm.
        line: 0 for the top line.
        counts: whether it belongs to the registration (a dash does not).
    """

    char: str
    box: tuple[float, float, float, float]
    line: int
    counts: bool


def lay_out_line(
    face: Face,
    display: str,
    *,
    height: float,
    stretch: float = 1.0,
    spacing: float = 0.1,
    gap: float = 0.4,
    cell: float | None = None,
) -> list[tuple[str, float, float, float, float]]:
    """Set one line from x = 0 with its cap line at y = 0.

    Args:
        face: whose glyphs are set.
        display: characters and separators.
        height: of a capital; the unit of the result.
        stretch: horizontal scale of the glyphs.
        spacing: between inks, same unit.
        gap: width of a space, same unit.
        cell: width of every character's cell where the face is set mono-spaced.

    Returns:
        (char, x0, y0, x1, y1) of every ink, left to right; the line's width is the last x1.
    """
    unit = height / CAP_PX
    x = 0.0
    out: list[tuple[str, float, float, float, float]] = []
    for index, char in enumerate(display):
        if char == " ":
            x += gap if index else 0.0
            continue
        glyph = face.glyph(char)
        width, tall = glyph.width * unit * stretch, glyph.height * unit
        top = glyph.top * unit
        if cell is not None and char.isalnum():
            width = min(width, cell)
            left = x + (cell - width) / 2
            out.append((char, left, top, left + width, top + tall))
            x += cell + spacing
        else:
            out.append((char, x, top, x + width, top + tall))
            x += width + spacing
    return out


def text_room(look: Look, style: PlateStyle) -> tuple[float, float, float, float]:
    """Return the box that the characters have to themselves, (x0, y0, x1, y1) mm."""
    left, top, right, bottom = sheet_room(look)
    for mark in style.marks:
        taken = 1.15 * mark.height * look.glyph_height_mm * style.size
        top += taken if mark.place == "above" else 0.0
        bottom -= taken if mark.place == "below" else 0.0
    if style.script == "above":
        top += style.script_share * (bottom - top)
    elif style.script == "left":
        left += style.script_share * (right - left)
    elif style.script == "right":
        right -= style.script_share * (right - left)
    return left, top, right, bottom


def script_box(look: Look, style: PlateStyle) -> tuple[float, float, float, float] | None:
    """Return the box that is left to writing of another script, (x0, y0, x1, y1) mm, or None."""
    if not style.script:
        return None
    x0, y0, x1, y1 = text_room(look, style)
    share = style.script_share / (1 - style.script_share)
    if style.script == "above":
        return (x0, y0 - share * (y1 - y0), x1, y0)
    tall, wide = (y1 - y0) * 0.2, share * (x1 - x0)
    if style.script == "left":
        return (x0 - wide, y0 + tall, x0, y1 - tall)
    return (x1, y0 + tall, x1 + wide, y1 - tall)


def lay_out(
    look: Look, style: PlateStyle, face: Face, rng: np.random.Generator
) -> list[PlacedGlyph]:
    """Place the registration on its plate.

    Args:
        look: the plate's concrete look.
        style: its departures.
        face: of the characters.
        rng: for the jitter of single characters.

    Returns:
        The glyphs in reading order.
    """
    return arrange(look, style, face, rng)[0]


def arrange(
    look: Look, style: PlateStyle, face: Face, rng: np.random.Generator
) -> tuple[list[PlacedGlyph], list[PlacedMark]]:
    """Place the registration and the plate's marks; as `lay_out`, which returns the former."""
    plate_h, plate_w = look.size_mm
    left, top, right, bottom = text_room(look, style)
    count = len(look.lines)
    room_h, room_w = (bottom - top) * 0.96, (right - left) * 0.96
    height = min(look.glyph_height_mm * style.size, room_h / (count + 0.12 * (count - 1)))
    stretch = style.width
    if look.glyph_width_mm is not None:
        stretch *= look.glyph_width_mm / max(face.ink_width * look.glyph_height_mm, 1e-6)
    stretch = min(max(stretch, 0.45), 2.2)
    between = (room_h - count * height) / (count + 1)
    placed: list[PlacedGlyph] = []
    marks = place_around(look, style.marks, look.glyph_height_mm * style.size)
    inside = find_slots(look.lines, style.marks)
    for line, display in enumerate(look.lines):
        spacing = look.spacing_mm * style.spacing
        gap = max(look.gap_mm * style.spacing * style.gap, spacing)
        cell = face.glyph("N").width / CAP_PX * height * stretch if style.mono else None
        row = lay_out_line(
            face, display, height=height, stretch=stretch, spacing=spacing, gap=gap, cell=cell
        )
        spare = row[-1][3] - room_w / 0.8 if row else 0.0
        if style.gap > 1 and spare > 0 and " " in display:  # letters give way a little only
            gap = max(gap - spare / display.count(" "), spacing)
            row = lay_out_line(
                face, display, height=height, stretch=stretch, spacing=spacing, gap=gap, cell=cell
            )
        if not row:
            continue
        guests = [(slot, mark) for slot, mark in inside[line] if slot <= len(row)]
        guests, shrink = fit_marks(guests, height, row[-1][3], room_w)
        free = room_w - row[-1][3] - sum(shrink * mark_width(mark, height) for _, mark in guests)
        if free > 0 and style.fill and len(row) > 1:
            extra = min(free * style.fill / (len(row) - 1), 0.35 * height)
            row = [
                (c, x0 + i * extra, y0, x1 + i * extra, y1)
                for i, (c, x0, y0, x1, y1) in enumerate(row)
            ]
        row, spans = make_room(row, guests, height, shrink)
        end = max([row[-1][3], *(x1 for _, _, x1 in spans)])
        squeeze = min(1.0, room_w / end)
        x_start = left + (right - left - end * squeeze) / 2 + style.shift[0] * plate_w
        y_start = top + (bottom - top - room_h) / 2 + between + line * (height + between)
        y_start += style.shift[1] * plate_h * (1 if count == 1 else 0.4)
        for mark, x0, x1 in spans:
            middle, tall = y_start + (0.5 + mark.y) * height, shrink * mark.height * height
            box = (x0 * squeeze + x_start, middle - tall / 2, x1 * squeeze + x_start)
            marks.append(PlacedMark(mark, (*box, middle + tall / 2)))
        noise = rng.normal(0.0, 0.5 * style.jitter * height, (len(row), 4)).tolist()
        for index, (char, x0, y0, x1, y1) in enumerate(row):
            b = (x0 * squeeze + x_start, y0 + y_start, x1 * squeeze + x_start, y1 + y_start)
            x, y, wide, tall = noise[index]
            b = (b[0] + x, b[1] + y, b[2] + x + wide, b[3] + y + tall)
            placed.append(PlacedGlyph(char, b, line, char not in SEPARATORS))
    return placed, marks
