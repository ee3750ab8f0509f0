"""Where every character of a plate goes, in millimetres from the plate's top left corner."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial

import cv2
import numpy as np

from platewright.geometry import Box, Picture, shared_views
from platewright.region import Look
from platewright.region.syntax import split_groups
from platewright.synth.face import CAP_PX, LEGENDS, Face
from platewright.synth.mark import (
    Ink,
    PlacedMark,
    Row,
    find_slots,
    fit_marks,
    make_room,
    mark_width,
    place_around,
    stand_in,
)
from platewright.synth.style import PlateStyle
from platewright.synth.writing import around_mm, scripts_of, text_room, word_width

SEPARATORS = " -·"
LINE_PX = 16  #: Height of a capital in the mask of a small text, pixels
EDGE = 0.6  #: Of the sheet that stays free of ink all round, mm


@dataclass(frozen=True)
class PlacedGlyph:
    """One glyph on the plate."""

    char: str  #: what is drawn
    box: Box  #: (x0, y0, x1, y1) of its ink, mm
    line: int  #: 0 for the top line
    counts: bool  #: whether it belongs to the registration (a dash does not)
    group: int = 0  #: number of its group in the line, from 0


def lay_out_line(
    face: Face,
    display: str,
    *,
    height: float,
    stretch: float = 1.0,
    spacing: float = 0.1,
    gap: float = 0.4,
    cell: float | None = None,
    sign_width: float | None = None,
) -> Row:
    """Set one line from x = 0 with its cap line at y = 0.

    Args:
        display: characters and separators.
        height: of a capital; the unit of the result.
        stretch: horizontal scale of the glyphs.
        spacing: between inks, same unit.
        gap: width of a space, same unit.
        cell: width of every character's cell where the face is set mono-spaced.
        sign_width: at most that of Chinese signs; Korean syllables are a quarter wider.

    Returns:
        Every ink, left to right; the line's width is the last x1.
    """
    unit = height / CAP_PX
    x = 0.0
    out: Row = []
    for index, char in enumerate(display):
        if char == " ":
            x += gap if index else 0.0
            continue
        glyph = face.glyph(char)
        width, tall = glyph.width * unit * stretch, glyph.height * unit
        top = glyph.top * unit
        if sign_width is not None and _is_wide(char):
            width = min(width, sign_width * (1.25 if char >= "\uac00" else 1.0))
        if cell is not None and char.isalnum():
            width = min(width, cell)
            left = x + (cell - width) / 2
            out.append(Ink(char, left, top, left + width, top + tall))
            x += cell + spacing
        else:
            out.append(Ink(char, x, top, x + width, top + tall))
            x += width + spacing
    return out


@cache
def _is_wide(char: str) -> bool:
    """Tell whether a character is as wide as it is high (UAX 11), as Chinese signs are."""
    return not char.isascii() and unicodedata.east_asian_width(char) == "W"


@lru_cache(maxsize=4096)
def line_mask(face: Face, text: str) -> tuple[Picture, float]:
    """Return the ink of one line of small text, and its width over the height of its capitals.

    Its capitals are `LINE_PX` high, one row down.
    """
    if face.path.parent.name == LEGENDS:
        return _written(face, text)
    row = lay_out_line(face, text, height=LINE_PX, spacing=0.16 * LINE_PX, gap=0.4 * LINE_PX)
    layer = np.zeros((LINE_PX + 5, round(row[-1].x1) + 2), np.uint8)
    for char, x0, y0, x1, y1 in row:
        x, y = round(x0), max(round(y0) + 1, 0)
        mask = face.resized(char, max(round(x1) - x, 1), max(round(y1 - y0), 1))
        part, seen = shared_views(layer, mask, x, y)
        np.maximum(part, seen, out=part)
    return layer, row[-1].x1 / LINE_PX


def _written(face: Face, text: str) -> tuple[Picture, float]:
    """Return the same of a face whose letters join, or lie under each other."""
    drawn, factor = face.written(text), LINE_PX / CAP_PX
    top = max(round(drawn.top * factor) + 1, 0)
    size = (max(round(drawn.width * factor), 1), max(round(drawn.height * factor), 1))
    mask = cv2.resize(drawn.mask, size, interpolation=cv2.INTER_AREA)
    return np.pad(np.asarray(mask, np.uint8), ((top, 1), (0, 1))), size[0] / LINE_PX


def arrange(
    look: Look, style: PlateStyle, face: Face, rng: np.random.Generator
) -> tuple[list[PlacedGlyph], list[PlacedMark]]:
    """Place the registration on its plate, and the plate's marks.

    Args:
        rng: for the jitter of single characters.

    Returns:
        The glyphs in reading order, and the marks.
    """
    room = text_room(look, style)
    around = place_around(look, style.marks, around_mm(look, style))
    inside: list[PlacedMark] = []
    if look.raised:
        glyphs = _raised(look, style, face, rng, room)
    else:
        glyphs, inside = _in_lines(look, style, face, rng, room)
    move = _onto_sheet(glyphs, look, style)
    if move is not None:
        glyphs = [replace(glyph, box=move(glyph.box)) for glyph in glyphs]
        inside = [replace(mark, box=move(mark.box)) for mark in inside]
    return glyphs, around + inside


def _in_lines(
    look: Look, style: PlateStyle, face: Face, rng: np.random.Generator, room: Box
) -> tuple[list[PlacedGlyph], list[PlacedMark]]:
    """Set the lines below each other in their room, and the marks that stand in them."""
    left, top, right, bottom = room
    room_h, room_w = (bottom - top) * 0.96, (right - left) * 0.96
    one = len(look.lines) == 1
    heights = _line_heights(look, look.glyph_height_mm * style.size, room_h)
    between = (room_h - sum(heights)) / (len(heights) + 1)
    y_next = top + (bottom - top - room_h) / 2 + between
    guests = find_slots(look.lines, style.marks)
    glyphs: list[PlacedGlyph] = []
    marks: list[PlacedMark] = []
    for line, display in enumerate(stand_in(look.lines, style.marks)):
        height = heights[line]
        y, y_next = y_next, y_next + height + between
        row = _set_line(look, style, face, display, height=height, room=room_w, first=line == 0)
        if not row:
            continue
        own = [(slot, mark) for slot, mark in guests[line] if slot <= len(row)]
        own, shrink = fit_marks(own, height, row[-1].x1, room_w)
        free = room_w - row[-1].x1 - sum(shrink * mark_width(mark, height) for _, mark in own)
        if free > 0 and style.fill and len(row) > 1:
            extra = min(free * style.fill / (len(row) - 1), 0.35 * height)
            row = [ink.moved(i * extra) for i, ink in enumerate(row)]
        row, spans = make_room(row, own, height, shrink)
        end = max([row[-1].x1, *(x1 for _, _, x1 in spans)])
        squeeze = min(1.0, room_w / end)
        x = left + (right - left - end * squeeze) / 2 + style.shift[0] * look.size_mm[1]
        y += style.shift[1] * look.size_mm[0] * (1 if one else 0.4)
        for mark, x0, x1 in spans:
            middle = y + (0.5 + mark.y) * height
            half = min(shrink * mark.height, 1.2 if one else 1.0) * height / 2
            marks.append(
                PlacedMark(mark, (x0 * squeeze + x, middle - half, x1 * squeeze + x, middle + half))
            )
        jitter, groups = _jitter(rng, style, height, len(row)), _group_numbers(display)
        glyphs += _placed(row, (x, y), squeeze, jitter, line=line, groups=groups)
    return glyphs, marks


def _set_line(
    look: Look,
    style: PlateStyle,
    face: Face,
    display: str,
    *,
    height: float,
    room: float,
    first: bool,
) -> Row:
    """Set one line from x = 0, its gaps as wide as the style and the writings in them ask for."""
    stretch = _stretch(look, style, face)
    spacing = look.spacing_mm * style.spacing
    gap = max(look.gap_mm * style.spacing * style.gap, spacing)
    writings = [script for script in scripts_of(look, style) if script.place == "between"]
    if writings and first:
        gap = max(gap, max(word_width(look, style, script) for script in writings) + spacing)
    set_with_gap = partial(
        lay_out_line, face, display, height=height, stretch=stretch, spacing=spacing,
        cell=face.glyph("N").width / CAP_PX * height * stretch if style.mono else None,
        sign_width=None if look.glyph_width_mm is None else look.glyph_width_mm * style.width,
    )  # fmt: skip
    row = set_with_gap(gap=gap)
    spare = row[-1].x1 - room / 0.8 if row else 0.0
    if style.gap > 1 and spare > 0 and " " in display:  # letters give way a little only
        row = set_with_gap(gap=max(gap - spare / display.count(" "), spacing))
    return row


def _stretch(look: Look, style: PlateStyle, face: Face) -> float:
    """Return the horizontal scale of the glyphs."""
    stretch = style.width
    if look.glyph_width_mm is not None:
        stretch *= look.glyph_width_mm / max(face.ink_width * look.glyph_height_mm, 1e-6)
    return min(max(stretch, 0.45), 2.2)


def _line_heights(look: Look, height: float, room: float) -> list[float]:
    """Return the height of a capital in each line, so that all of them fit."""
    count = len(look.lines)
    parts = [look.first_line] + [1.0] * (count - 1)
    height *= count / sum(parts)
    height = min(height, room / (sum(parts) + 0.12 * (count - 1)))
    return [height * part for part in parts]


def _raised(
    look: Look, style: PlateStyle, face: Face, rng: np.random.Generator, room: Box
) -> list[PlacedGlyph]:
    """Set two small lines, and beside them the last group, as high as both."""
    left, top, right, bottom = room
    first, second = look.lines
    cut = max(second.rfind(separator) for separator in SEPARATORS)
    runs = ((first, 0), (second[:cut], 1), (second[cut + 1 :], 1))
    tall = min(look.glyph_height_mm * style.size, 0.96 * (bottom - top))
    small = tall * rng.uniform(0.38, 0.46)
    heights = (small, small, tall)
    rows = [
        lay_out_line(
            face, text, height=height, stretch=_stretch(look, style, face),
            spacing=look.spacing_mm * style.spacing * height / tall,
            gap=look.gap_mm * style.spacing * height / tall,
        )
        for (text, _), height in zip(runs, heights, strict=True)
    ]  # fmt: skip
    wide = [row[-1].x1 if row else 0.0 for row in rows]
    block = max(wide[:2])
    gap = max(look.gap_mm * style.spacing * style.gap, 0.1 * tall)
    squeeze = min(1.0, 0.96 * (right - left) / (block + gap + wide[2]))
    align = (0.0, 0.5, 1.0)[int(rng.integers(3))]
    x = (left + right - squeeze * (block + gap + wide[2])) / 2
    y = (top + bottom - tall) / 2
    corners = (
        (x + align * squeeze * (block - wide[0]), y),
        (x + align * squeeze * (block - wide[1]), y + tall - small),
        (x + squeeze * (block + gap), y),
    )
    glyphs = []
    first_group = (0, 0, len(split_groups(second[:cut])))
    for k, (row, (text, line)) in enumerate(zip(rows, runs, strict=True)):
        jitter = _jitter(rng, style, heights[k], len(row))
        groups = [first_group[k] + number for number in _group_numbers(text)]
        glyphs += _placed(row, corners[k], squeeze, jitter, line=line, groups=groups)
    return glyphs


def _jitter(
    rng: np.random.Generator, style: PlateStyle, height: float, count: int
) -> list[list[float]]:
    """Return by how much each ink of a line is moved and wider, (x, y, width, height)."""
    deviation = 0.5 * style.jitter * height
    if not deviation:
        return [[0.0] * 4] * count
    return [list(row) for row in rng.normal(0.0, deviation, (count, 4)).tolist()]


def _placed(
    row: Row,
    corner: tuple[float, float],
    squeeze: float,
    jitter: Sequence[Sequence[float]],
    *,
    line: int,
    groups: Sequence[int],
) -> list[PlacedGlyph]:
    """Return a line's glyphs where it begins at a corner (x, y), squeezed to that part."""
    left, top = corner
    glyphs = []
    for ink, (x, y, wide, tall), group in zip(row, jitter, groups, strict=True):
        x0, y0 = ink.x0 * squeeze + left + x, ink.y0 + top + y
        x1, y1 = ink.x1 * squeeze + left + x + wide, ink.y1 + top + y + tall
        counts = ink.char not in SEPARATORS
        glyphs.append(PlacedGlyph(ink.char, (x0, y0, x1, y1), line, counts, group))
    return glyphs


def _group_numbers(display: str) -> list[int]:
    """Return the number of its group for every ink of a line.

    >>> _group_numbers("AB-1 2")
    [0, 0, 0, 1, 2]
    """
    numbers, number = [], 0
    for index, char in enumerate(display):
        if char in SEPARATORS:
            number += bool(index)
        if char != " ":
            numbers.append(number - (char in SEPARATORS))
    return numbers


def _onto_sheet(
    placed: Sequence[PlacedGlyph], look: Look, style: PlateStyle
) -> Callable[[Box], Box] | None:
    """Return what brings all ink onto the sheet, moved or drawn closer together; None: it is there.

    A tail below the line is ink as any other: a Q that is cut there would be an O called Q.
    """
    if not placed:
        return None
    leans = [abs(style.shear) * (g.box[3] - g.box[1]) / 2 for g in placed]
    spans = (
        (
            min(g.box[0] - lean for g, lean in zip(placed, leans, strict=True)),
            max(g.box[2] + lean for g, lean in zip(placed, leans, strict=True)),
        ),
        (min(g.box[1] for g in placed), max(g.box[3] for g in placed)),
    )
    maps = []
    for (low, high), size in zip(spans, look.size_mm[::-1], strict=True):
        edge = EDGE + 0.008 * size
        if low >= edge and high <= size - edge:
            maps.append((1.0, 0.0))
            continue
        scale = min(1.0, (size - 2 * edge) / (high - low))
        start = min(max(low, edge), size - edge - scale * (high - low))
        maps.append((scale, start - scale * low))
    if maps == [(1.0, 0.0)] * 2:
        return None
    (a, b), (c, d) = maps
    return lambda box: (a * box[0] + b, c * box[1] + d, a * box[2] + b, c * box[3] + d)
