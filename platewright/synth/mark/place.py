"""Where a plate's marks go, and the room that characters make for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from platewright.region import Look
from platewright.synth.mark.style import MarkStyle

__all__ = [
    "PlacedMark",
    "find_slots",
    "fit_marks",
    "make_room",
    "mark_width",
    "place_around",
    "sheet_room",
    "stand_in",
]


@dataclass(frozen=True)
class PlacedMark:
    """One mark on the plate.

    Attributes:
        mark: which one.
        box: (x0, y0, x1, y1), mm.
    """

    mark: MarkStyle
    box: tuple[float, float, float, float]


Row = list[tuple[str, float, float, float, float]]
"""(char, x0, y0, x1, y1) of every ink of a line."""
TAKEN = "\0"
"""Where a mark stands for a character that is no part of the text."""
NARROWEST = 0.7
"""What characters may be squeezed to by marks; these become smaller then, or are left out."""
LEAST = 0.45
"""A mark that would become smaller than this part of itself is left out."""


def sheet_room(look: Look) -> tuple[float, float, float, float]:
    """Return the sheet without border, strips and small texts, (x0, y0, x1, y1) mm."""
    plate_h, plate_w = look.size_mm
    left = top = look.border_mm
    right, bottom = plate_w - look.border_mm, plate_h - look.border_mm
    for strip in (look.strip, look.second_strip):
        if strip is not None:
            left += strip.width_mm if strip.side == "left" else 0.0
            right -= strip.width_mm if strip.side == "right" else 0.0
            top += strip.width_mm if strip.side == "top" else 0.0
    if look.header:
        top += look.small_mm * 1.35
    if look.footer:
        bottom -= look.small_mm * 1.35
    return left, top, right, bottom


def place_around(look: Look, marks: Sequence[MarkStyle], glyph_mm: float) -> list[PlacedMark]:
    """Place the marks that take no room of a line: behind, above and below."""
    left, top, right, bottom = sheet_room(look)
    plate_h, plate_w = look.size_mm
    found = []
    for mark in marks:
        if mark.place == "behind":
            tall = mark.height * plate_h
            wide = plate_w if mark.name.startswith("scene-") else mark.sketch.aspect * tall
            x, y = mark.x * (plate_w - wide), (0.5 + 0.5 * mark.y) * (plate_h - tall)
        elif mark.place in ("above", "below"):
            tall = mark.height * glyph_mm
            wide = min(mark.sketch.aspect * tall, 0.9 * (right - left))
            x = left + mark.x * (right - left - wide)
            if mark.place == "above":
                y, top = top + 0.05 * tall, top + 1.15 * tall
            else:
                y, bottom = bottom - 1.05 * tall, bottom - 1.15 * tall
        else:
            continue
        found.append(PlacedMark(mark, (x, y, x + wide, y + tall)))
    return found


def stand_in(lines: tuple[str, ...], marks: Sequence[MarkStyle]) -> tuple[str, ...]:
    """Return the lines with a space where a mark stands in place of a hyphen or a dot.

    The first mark of the place `separator` takes the first of them, and so on.
    """
    shown, taken = _taken(lines, marks)
    return tuple(line.replace(TAKEN, " ") for line in shown) if taken else lines


def _taken(
    lines: tuple[str, ...], marks: Sequence[MarkStyle]
) -> tuple[list[str], list[tuple[int, int]]]:
    """Return the lines with `TAKEN` where marks stand in, and (line, index) of these."""
    wanted = sum(mark.place == "separator" for mark in marks)
    if not wanted:
        return list(lines), []
    places = [
        (k, i) for k, line in enumerate(lines) for i in range(1, len(line)) if line[i] in "-·"
    ]
    out = [list(line) for line in lines]
    for k, i in places[:wanted]:
        out[k][i] = TAKEN
    return ["".join(line) for line in out], places[:wanted]


def find_slots(
    lines: tuple[str, ...], marks: tuple[MarkStyle, ...]
) -> list[list[tuple[int, MarkStyle]]]:
    """Return for each line the marks in it, with the ink that each stands before.

    A mark of the place `separator` stands in the first gap where there is neither hyphen nor dot.
    Inks are counted as `stand_in` leaves them.
    """
    shown, taken = _taken(lines, marks)
    inks = [sum(c not in (" ", TAKEN) for c in line) for line in shown]
    gaps = [_gaps(line) for line in shown]
    found: list[list[tuple[int, MarkStyle]]] = [[] for _ in lines]
    for mark in marks:
        line = min(int(mark.x * len(lines)), len(lines) - 1)
        count = inks[line]
        if mark.place == "separator" and taken:
            k, i = taken.pop(0)
            found[k].append((sum(c not in (" ", TAKEN) for c in shown[k][:i]), mark))
        elif mark.place in ("left", "right"):
            found[line].append((0 if mark.place == "left" else count, mark))
        elif mark.place in ("gap", "gap2", "separator"):
            wanted = 1 if mark.place == "gap2" else 0
            for k, spots in enumerate(gaps):
                if len(spots) > wanted:
                    found[k].append((spots[wanted], mark))
                    break
        elif mark.place == "between" and count > 1:
            spread = (mark.x * len(lines)) % 1.0
            slot = round(count / 2 + (spread - 0.5) * 0.6 * count)
            if gaps[line] and spread > 0.4:
                slot = gaps[line][int(spread * 97) % len(gaps[line])]
            found[line].append((min(max(slot, 1), count - 1), mark))
    return found


def _gaps(line: str) -> list[int]:
    """Return before which inks of a line a space stands.

    >>> _gaps("AB 12 C"), _gaps("AB-1")
    ([2, 4], [])
    """
    found, inks = [], 0
    for char in line:
        if char == " " and inks:
            found.append(inks)
        inks += char not in (" ", TAKEN)
    return [slot for slot in found if slot < inks]


def mark_width(mark: MarkStyle, height: float) -> float:
    """Return what a mark takes of a line whose characters are `height` high."""
    return (mark.sketch.aspect * mark.height + 2 * mark.space) * height


def fit_marks(
    guests: list[tuple[int, MarkStyle]], height: float, length: float, room: float
) -> tuple[list[tuple[int, MarkStyle]], float]:
    """Return the marks that a line has room for, and to what part of themselves they shrink."""
    kept = list(guests)
    while kept:
        need = sum(mark_width(mark, height) for _, mark in kept)
        shrink = min((room / NARROWEST - length) / need, 1.0)
        if shrink >= LEAST:
            return kept, shrink
        kept.remove(max(kept, key=lambda guest: mark_width(guest[1], height)))
    return [], 1.0


def make_room(
    row: Row, guests: list[tuple[int, MarkStyle]], height: float, shrink: float
) -> tuple[Row, list[tuple[MarkStyle, float, float]]]:
    """Move a line's inks apart; returns them and (mark, x0, x1) of each mark."""
    spans: list[tuple[MarkStyle, float, float]] = []
    for slot, mark in sorted(guests, key=lambda guest: guest[0], reverse=True):
        wide = mark.sketch.aspect * mark.height * height * shrink
        space = mark.space * height * shrink
        before = row[slot - 1][3] if slot else 0.0
        after = row[slot][1] if slot < len(row) else before
        if slot == 0:
            start, moved = 0.0, wide + space
        elif slot == len(row):
            start, moved = before + space, 0.0
        else:
            moved = max(wide + 2 * space - (after - before), 0.0)
            start = (before + after + moved - wide) / 2
        if slot < len(row):
            spans = [(m, x0 + moved, x1 + moved) for m, x0, x1 in spans]
            row = row[:slot] + [(c, a + moved, t, b + moved, d) for c, a, t, b, d in row[slot:]]
        spans.append((mark, start, start + wide))
    return row, spans
