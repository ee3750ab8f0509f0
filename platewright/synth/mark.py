"""A plate's marks: where they go, the room that characters make for them, and their paint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import Box, Picture, shared_views
from platewright.mark import draw_sketch
from platewright.mark.pen import Sketch, rgb_of
from platewright.region import Look
from platewright.region.look import luma
from platewright.synth.effect import Colour

if TYPE_CHECKING:
    from platewright.synth.plate import Canvas
    from platewright.synth.style import MarkStyle

TAKEN_AROUND = 1.15  #: Height that a mark above or below the text takes, over its own


@dataclass(frozen=True)
class PlacedMark:
    """One mark on the plate."""

    mark: MarkStyle  #: which one
    box: Box  #: (x0, y0, x1, y1), mm


class Ink(NamedTuple):
    """One character of a line, while the line is set: what it is, and the box of its ink."""

    char: str
    x0: float
    y0: float
    x1: float
    y1: float

    def moved(self, x: float) -> Ink:
        """Return it further right."""
        return self._replace(x0=self.x0 + x, x1=self.x1 + x)


Row = list[Ink]  #: A line from left to right, in any unit
TAKEN = "\0"  #: Where a mark stands for a character that is no part of the text
NARROWEST = 0.7
"""What characters may be squeezed to by marks; these become smaller then, or are left out."""
LEAST = 0.45  #: A mark that would become smaller than this part of itself is left out


def sheet_room(look: Look) -> Box:
    """Return the sheet without border, strips and small texts, (x0, y0, x1, y1) mm."""
    plate_h, plate_w = look.size_mm
    left = top = look.border_mm
    right, bottom = plate_w - look.border_mm, plate_h - look.border_mm
    for strip in (look.strip, look.second_strip):
        if strip is not None:
            left += strip.width_mm if strip.side == "left" else 0.0
            right -= strip.width_mm if strip.side == "right" else 0.0
            top += strip.width_mm if strip.side == "top" else 0.0
    above, below = look.margins_mm
    top, bottom = top + above * 1.35, bottom - below * 1.35
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
                y, top = top + 0.05 * tall, top + TAKEN_AROUND * tall
            else:
                y, bottom = bottom - 1.05 * tall, bottom - TAKEN_AROUND * tall
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
        before = row[slot - 1].x1 if slot else 0.0
        after = row[slot].x0 if slot < len(row) else before
        if slot == 0:
            start, moved = 0.0, wide + space
        elif slot == len(row):
            start, moved = before + space, 0.0
        else:
            moved = max(wide + 2 * space - (after - before), 0.0)
            start = (before + after + moved - wide) / 2
        if slot < len(row):
            spans = [(m, x0 + moved, x1 + moved) for m, x0, x1 in spans]
            row = row[:slot] + [ink.moved(moved) for ink in row[slot:]]
        spans.append((mark, start, start + wide))
    return row, spans


LEGIBLE = 55.0  #: Grey levels that stay between the characters and a picture behind them


def _colours(mark: MarkStyle, tones: tuple[str, ...], paper: Colour, ink: Colour) -> list[Colour]:
    """Return what each tone of a sketch is painted with."""
    named = {"main": mark.main, "second": mark.second, "third": mark.third, "paper": paper}
    out = []
    for tone in tones:
        colour = named[tone] if tone in named else rgb_of(tone)
        if mark.mono:
            level = luma(colour)
            nearer = abs(level - luma(ink)) <= abs(level - luma(paper))
            colour = ink if nearer or tone == "main" else paper
        out.append(colour)
    return out


def paint_marks(canvas: Canvas, marks: Sequence[PlacedMark], left: Picture | None = None) -> None:
    """Paint marks where they were placed.

    Args:
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
    """Paint a printed sticker with a year or a month over a picture, in place.

    Args:
        image: (H, W) grey or (H, W, 3) RGB.
        box: px; what reaches over the picture is cut off.
        colour: picks which sticker, and which two colours it has.
    """
    sketch = draw_sketch("sticker", sum(colour))
    colours = [rgb_of(tone) for tone in sketch.tones]
    if sum(colour) % 3 == 0:
        colours[0] = colour
    _paint(image, box, sketch, colours, [1.0] * len(colours))


def _cut(layer: Picture, box: Box, sketch: Sketch) -> tuple[Picture, NDArray[np.float32]] | None:
    """Return a layer's part below a sketch, and its coverage there; None: unseen."""
    left, top, right, bottom = (round(v) for v in box)
    if min(right - left, bottom - top) < 2:
        return None
    part, cover = shared_views(
        layer, _resized(sketch.coverage, (right - left, bottom - top)), left, top
    )
    return (part, cover) if part.size else None


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
