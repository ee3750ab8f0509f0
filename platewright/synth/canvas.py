"""The canvas of one flat plate: where millimetres lie on it, and how ink comes onto it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.region import Look
from platewright.region.colour import luma
from platewright.synth.face import Face
from platewright.synth.layout import Box, PlacedGlyph, lay_out_line
from platewright.synth.script import word_mask
from platewright.synth.style import PlateStyle
from platewright.synth.tone import Colour, blend_ink
from platewright.synth.writing import PlacedWord

__all__ = ["Canvas"]

Picture = NDArray[np.uint8]
LINE_PX = 16
"""Height of a capital in the mask of a small text, pixels."""


class Canvas:
    """One plate while it is drawn, in grey or RGB.

    Attributes:
        look: what its region asks for.
        style: how this one departs from it.
        small: face of the small texts.
        scale: pixels a millimetre.
        frame: width of the holder's frame, pixels.
        grey: one channel instead of three.
        image: (H, W) or (H, W, 3), the plate with its frame; black at first.
        ink: (H, W) 0-255, the characters' mask.
        relief: (H, W) 0-255, what is raised where the characters are: they, and some marks.
        boxes_mm: (x0, y0, x1, y1) of the characters' ink, from the plate's top left corner.

    Args:
        look: see above.
        style: see above.
        small: see above.
        px_per_mm: resolution.
        grey: see above.
    """

    def __init__(
        self, look: Look, style: PlateStyle, small: Face, *, px_per_mm: float, grey: bool
    ) -> None:
        """Make picture and mask, empty."""
        self.look, self.style, self.small = look, style, small
        self.scale, self.grey = px_per_mm, grey
        frame = style.effects.get("frame")
        self.frame = 0 if frame is None else round(frame.mm * px_per_mm)
        self.height, self.width = (max(round(v * px_per_mm), 8) for v in look.size_mm)
        size = (self.height + 2 * self.frame, self.width + 2 * self.frame)
        self.image: Picture = np.zeros(size if grey else (*size, 3), np.uint8)
        self.ink: Picture = np.zeros(size, np.uint8)
        self.relief = self.ink
        self.boxes_mm: list[Box] = []

    @property
    def capital_px(self) -> float:
        """Height of a character as the look and the style ask for it, pixels."""
        return self.look.glyph_height_mm * self.style.size * self.scale

    def tone(self, colour: Colour) -> int | Colour:
        """Return a colour as the picture's channels want it."""
        return round(luma(colour)) if self.grey else colour

    def inner(self, layer: Picture) -> Picture:
        """Return what a layer has of the plate without its frame, as a view."""
        f = self.frame
        return layer[f : layer.shape[0] - f, f : layer.shape[1] - f]

    def box_px(self, box: Box) -> Box:
        """Return where a box of the plate, mm, lies in the picture, pixels."""
        s, f = self.scale, self.frame
        return (box[0] * s + f, box[1] * s + f, box[2] * s + f, box[3] * s + f)

    def rectangle(self, image: Picture, box: Box, colour: Colour, thick: int = -1) -> None:
        """Draw a rectangle (mm of the plate) into the picture, `thick` px or filled."""
        x0, y0, x1, y1 = (round(v) for v in self.box_px(box))
        cv2.rectangle(image, (x0, y0), (x1 - 1, y1 - 1), self.tone(colour), thick)

    def text(self, image: Picture, face: Face, text: str, box: Box, colour: Colour) -> None:
        """Set a small text in the middle of a box (mm of the plate), as high as fits."""
        x0, y0, x1, y1 = box
        capitals = "".join(c if face.has(c) else c.upper() for c in text)  # faces without a-z
        known = "".join(c for c in capitals if c == " " or face.has(c))
        height = y1 - y0
        row = lay_out_line(face, known, height=height, spacing=0.16 * height, gap=0.4 * height)
        if not row or height * self.scale < 2:
            return
        shrink = min(1.0, (x1 - x0) / row[-1][3])
        start = x0 + (x1 - x0 - row[-1][3] * shrink) / 2
        mask = _line_mask(face, known)
        factor = height * shrink * self.scale / LINE_PX
        size = (max(round(mask.shape[1] * factor), 1), max(round(mask.shape[0] * factor), 1))
        how = cv2.INTER_LINEAR if factor > 0.5 else cv2.INTER_AREA
        ink = np.asarray(cv2.resize(mask, size, interpolation=how), np.uint8)
        left = round(start * self.scale) + self.frame
        top = round(y0 * self.scale - factor) + self.frame
        t, l = max(top, 0), max(left, 0)  # noqa: E741
        b, r = min(top + size[1], image.shape[0]), min(left + size[0], image.shape[1])
        if b > t and r > l:
            part = image[t:b, l:r]
            seen = np.ascontiguousarray(ink[t - top : b - top, l - left : r - left])
            part[:] = blend_ink(part, seen, self.tone(colour))

    def stamp(self, face: Face, glyphs: Sequence[PlacedGlyph]) -> list[tuple[int, int, int, int]]:
        """Put characters into the mask; returns their ink's boxes as drawn, pixels."""
        self.boxes_mm = [glyph.box for glyph in glyphs]
        return [self._stamp_one(face, glyph.char, glyph.box) for glyph in glyphs]

    def _stamp_one(self, face: Face, char: str, box: Box) -> tuple[int, int, int, int]:
        s, f = self.scale, self.frame
        left, top, right, bottom = (round(v * s + f) for v in box)
        mask = face.resized(char, max(right - left, 1), max(bottom - top, 1))
        if self.style.shear:
            mask, moved = _lean(mask, self.style.shear)
            left += moved
        bottom, right = top + mask.shape[0], left + mask.shape[1]
        t, l = max(top, 0), max(left, 0)  # noqa: E741
        b, r = min(bottom, self.ink.shape[0]), min(right, self.ink.shape[1])
        if b > t and r > l:
            part = self.ink[t:b, l:r]
            cv2.max(part, mask[t - top : b - top, l - left : r - left], dst=part)
        return left, top, right, bottom

    def write(self, layer: Picture, words: Sequence[PlacedWord]) -> None:
        """Put writings of other scripts into a mask."""
        for word in words:
            x0, y0, x1, y1 = (round(v * self.scale) + self.frame for v in word.box)
            x0, y0 = max(x0, 0), max(y0, 0)
            x1, y1 = min(x1, layer.shape[1]), min(y1, layer.shape[0])
            if x1 - x0 < 2 or y1 - y0 < 2:
                continue
            mask = word_mask(word.script.kind, word.text, self.style.seed)
            how = cv2.INTER_AREA if mask.shape[0] > y1 - y0 else cv2.INTER_LINEAR
            fitted = cv2.resize(mask, (x1 - x0, y1 - y0), interpolation=how)
            part = layer[y0:y1, x0:x1]
            cv2.max(part, np.asarray(fitted), dst=part)


@lru_cache(maxsize=4096)
def _line_mask(face: Face, text: str) -> Picture:
    """Return the ink of one line of small text; its capitals are `LINE_PX` high, one row down."""
    row = lay_out_line(face, text, height=LINE_PX, spacing=0.16 * LINE_PX, gap=0.4 * LINE_PX)
    layer = np.zeros((LINE_PX + 5, round(row[-1][3]) + 2), np.uint8)
    for char, x0, y0, x1, y1 in row:
        x, y = round(x0), max(round(y0) + 1, 0)
        mask = face.resized(char, max(round(x1) - x, 1), max(round(y1 - y0), 1))
        part = layer[y : y + mask.shape[0], x : x + mask.shape[1]]
        np.maximum(part, mask[: part.shape[0], : part.shape[1]], out=part)
    return layer


def _lean(mask: Picture, shear: float) -> tuple[Picture, int]:
    """Lean a mask about its middle; returns it cropped to its ink, and how far its left moved."""
    height, width = mask.shape
    spare = int(np.ceil(abs(shear) * height / 2)) + 1
    matrix = np.array([[1, -shear, spare + shear * (height - 1) / 2], [0, 1, 0]], np.float32)
    leaned = cv2.warpAffine(mask, matrix, (width + 2 * spare, height), flags=cv2.INTER_LINEAR)
    columns = np.flatnonzero(leaned.max(axis=0) > 40)
    if not columns.size:
        return mask, 0
    first, last = int(columns[0]), int(columns[-1]) + 1
    return np.ascontiguousarray(leaned[:, first:last]).astype(np.uint8), first - spare
