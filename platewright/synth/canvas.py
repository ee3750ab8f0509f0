"""The canvas a plate is drawn on, layer by layer."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.region import Look, Strip
from platewright.synth.face import Face
from platewright.synth.ink import GRAIN_PX, LINE_PX, blend_ink, grain_field, line_mask
from platewright.synth.layout import lay_out_line
from platewright.synth.mark.paint import paint_sticker
from platewright.synth.style import Colour, PlateStyle, luma

__all__ = ["Canvas"]

Picture = NDArray[np.uint8]


class Canvas:
    """The picture that grows layer by layer, in grey or RGB.

    Lengths are in millimetres from the plate's top left corner where a name says `mm`, else in
    pixels of the plate without its frame.

    Args:
        size: (height, width) with the frame, pixels.
        frame: width of the frame, pixels.
        px_per_mm: resolution.
        grey: one channel instead of three.
    """

    def __init__(self, size: tuple[int, int], frame: int, px_per_mm: float, grey: bool) -> None:
        """Make the picture, black."""
        self.frame, self.scale, self.grey = frame, px_per_mm, grey
        self.image = np.zeros(size if grey else (*size, 3), np.uint8)

    def tone(self, colour: Colour) -> int | Colour:
        """Return a colour as the canvas' channels want it."""
        return round(luma(colour)) if self.grey else colour

    @property
    def inner(self) -> Picture:
        """The plate without its frame, as a view."""
        f = self.frame
        return self.image[f : self.image.shape[0] - f, f : self.image.shape[1] - f]

    def rectangle(
        self, box: tuple[float, float, float, float], colour: Colour, thick: int = -1
    ) -> None:
        """Draw a rectangle of the plate, px without frame."""
        x0, y0, x1, y1 = (round(v) + self.frame for v in box)
        tone = self.tone(colour)
        cv2.rectangle(self.image, (x0, y0), (x1 - 1, y1 - 1), tone, thick)

    def stamp(
        self,
        layer: Picture,
        face: Face,
        char: str,
        box_mm: tuple[float, float, float, float],
        shear: float = 0.0,
    ) -> tuple[int, int, int, int]:
        """Put one glyph's ink into a mask layer.

        Args:
            layer: (H, W) mask with the frame; changed.
            face: of the glyph.
            char: which one.
            box_mm: of its ink, upright.
            shear: how far the ink leans right over its height, 0 for upright.

        Returns:
            The ink's box as drawn, pixels with the frame.
        """
        s, f = self.scale, self.frame
        left, top, right, bottom = (round(v * s + f) for v in box_mm)
        mask = face.resized(char, max(right - left, 1), max(bottom - top, 1))
        if shear:
            mask, moved = _lean(mask, shear)
            left += moved
        bottom, right = top + mask.shape[0], left + mask.shape[1]
        t, l = max(top, 0), max(left, 0)  # noqa: E741
        b, r = min(bottom, layer.shape[0]), min(right, layer.shape[1])
        if b > t and r > l:
            part = layer[t:b, l:r]
            cv2.max(part, mask[t - top : b - top, l - left : r - left], dst=part)
        return left, top, right, bottom

    def paint(self, ink: Picture, colour: Colour) -> None:
        """Blend a colour in where `ink` says so."""
        self.image = blend_ink(self.image, ink, self.tone(colour))

    def sheet(self, look: Look, style: PlateStyle, rng: np.random.Generator) -> None:
        """Frame, sheet with gradient, picture and texture, border and strip."""
        self.image[:] = self.tone(style.frame_colour)
        plate = self.inner
        plate[:] = self.tone(style.background)
        height, width = plate.shape[:2]
        x, y = style.gradient[0] / 2, style.gradient[1] / 2
        corners = np.array([[-x - y, x - y], [y - x, x + y]], np.float32)
        change = np.asarray(cv2.resize(corners, (width, height)), np.float32)
        if style.picture:
            coarse = rng.normal(0, 90, (4, 7)).astype(np.float32)
            change += style.picture * cv2.resize(
                coarse, (width, height), interpolation=cv2.INTER_CUBIC
            )
        if style.texture:
            field = grain_field()
            rows, cols = min(height, GRAIN_PX), min(width, GRAIN_PX)
            top, left = (
                style.seed % (GRAIN_PX + 1 - rows),
                style.seed // 1031 % (GRAIN_PX + 1 - cols),
            )
            grain = field[top : top + rows, left : left + cols]
            if grain.shape != change.shape:  # a plate larger than the field
                grain = np.asarray(cv2.resize(grain, (width, height)), np.float32)
            change = np.asarray(cv2.scaleAdd(grain, style.texture, change), np.float32)
        if any(style.gradient) or style.picture or style.texture:
            plate[:] = self._changed(plate, change)
        s = self.scale
        for strip in (look.strip, look.second_strip):
            if strip is None:
                continue
            thick = strip.width_mm * s
            box = {
                "left": (0.0, 0.0, thick, float(height)),
                "right": (width - thick, 0.0, float(width), float(height)),
                "top": (0.0, 0.0, float(width), thick),
            }[strip.side]
            self.rectangle(box, strip.colour)
        if look.border_colour is not None and look.border_mm > 0:
            inset = 0.25 * look.border_mm * s
            box = (inset, inset, width - inset, height - inset)
            self.rectangle(box, look.border_colour, max(round(look.border_mm * s * 0.5), 1))

    def emboss(self, ink: Picture, style: PlateStyle) -> None:
        """Light the edges of the raised characters from one side."""
        soft = cv2.GaussianBlur(ink, (5, 5), max(1.0, 0.8 * self.scale))
        kernel = np.zeros((3, 3), np.float32)
        step = np.array([np.cos(style.light), np.sin(style.light)])
        kernel[1, 0], kernel[1, 2] = -step[0], step[0]
        kernel[0, 1], kernel[2, 1] = -step[1], step[1]
        relief = cv2.filter2D(soft, cv2.CV_32F, kernel) * (style.emboss / 100.0)
        self.image = self._changed(self.image, np.asarray(relief, np.float32))

    def _changed(self, image: Picture, change: NDArray[np.float32]) -> Picture:
        """Return a picture with grey levels added to all of its channels."""
        levels = change if self.grey else cv2.merge([change] * 3)
        return np.asarray(cv2.add(image, levels, dtype=cv2.CV_8U), np.uint8)

    def text(
        self, face: Face, text: str, box: tuple[float, float, float, float], colour: Colour
    ) -> None:
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
        mask = line_mask(face, known)
        factor = height * shrink * self.scale / LINE_PX
        size = (max(round(mask.shape[1] * factor), 1), max(round(mask.shape[0] * factor), 1))
        how = cv2.INTER_LINEAR if factor > 0.5 else cv2.INTER_AREA
        ink = np.asarray(cv2.resize(mask, size, interpolation=how), np.uint8)
        left = round(start * self.scale) + self.frame
        top = round(y0 * self.scale - factor) + self.frame
        t, l = max(top, 0), max(left, 0)  # noqa: E741
        b, r = min(top + size[1], self.image.shape[0]), min(left + size[0], self.image.shape[1])
        if b > t and r > l:
            part = self.image[t:b, l:r]
            seen = np.ascontiguousarray(ink[t - top : b - top, l - left : r - left])
            part[:] = blend_ink(part, seen, self.tone(colour))

    def small_texts(self, look: Look, style: PlateStyle, small: Face) -> None:
        """Header, footer and the strip's label."""
        plate_h, plate_w = look.size_mm
        pad = look.border_mm + 0.12 * look.small_mm
        tall = look.small_mm
        if look.header:
            box = (0.1 * plate_w, pad, 0.9 * plate_w, pad + tall)
            self.text(small, look.header, box, style.foreground)
        if look.footer:
            box = (0.1 * plate_w, plate_h - pad - tall, 0.9 * plate_w, plate_h - pad)
            self.text(small, look.footer, box, style.foreground)
        for strip in (look.strip, look.second_strip):
            if strip is not None and strip.side != "top":
                self.strip_label(look, strip, small)

    def strip_label(self, look: Look, strip: Strip, small: Face) -> None:
        """Emblem and code of a strip at the plate's end."""
        plate_h, plate_w = look.size_mm
        left = 0.0 if strip.side == "left" else plate_w - strip.width_mm
        middle = left + strip.width_mm / 2
        if strip.label:
            size = min(strip.width_mm * 0.55 / max(len(strip.label) * 0.6, 1.0), plate_h * 0.22)
            box = (left + 1, plate_h * 0.72, left + strip.width_mm - 1, plate_h * 0.72 + size)
            self.text(small, strip.label, box, strip.label_colour)
        if strip.emblem:
            centre = (
                round(middle * self.scale) + self.frame,
                round(plate_h * 0.32 * self.scale) + self.frame,
            )
            radius = round(strip.width_mm * 0.3 * self.scale)
            tone = self.tone((240, 210, 40))
            if strip.emblem == "stars" and radius > 3:
                for k in range(12):
                    a = k * np.pi / 6
                    spot = (
                        round(centre[0] + radius * np.cos(a)),
                        round(centre[1] + radius * np.sin(a)),
                    )
                    cv2.circle(self.image, spot, max(radius // 6, 1), tone, -1, cv2.LINE_AA)
            elif radius > 1:
                cv2.circle(self.image, centre, radius, tone, -1, cv2.LINE_AA)

    def details(self, look: Look, style: PlateStyle, small: Face, rng: np.random.Generator) -> None:
        """Seals, stickers, bolts, dealer's text and dirt, over everything else."""
        height, width = self.inner.shape[:2]
        for x0, y0, x1, y1, colour in style.stickers:
            box = (x0 * width, y0 * height, x1 * width, y1 * height)
            self.rectangle(box, colour)
            if colour[0] % 4:  # most are printed
                left, top, right, bottom = (v + self.frame for v in box)
                paint_sticker(self.image, (left, top, right, bottom), colour)
        for x, y, radius, level in style.bolts:
            spot = (round(x * width) + self.frame, round(y * height) + self.frame)
            size = max(round(radius * height), 1)
            cv2.circle(self.image, spot, size, self.tone((level, level, level)), -1, cv2.LINE_AA)
            cv2.circle(self.image, spot, size, self.tone((level // 2,) * 3), 1, cv2.LINE_AA)
        if style.frame_text and style.frame_mm > 8:
            plate_h, plate_w = look.size_mm
            box = (
                plate_w * 0.2,
                plate_h + 0.2 * style.frame_mm,
                plate_w * 0.8,
                plate_h + 0.75 * style.frame_mm,
            )
            bright: Colour = (220, 220, 220) if luma(style.frame_colour) < 110 else (30, 30, 30)
            self.text(small, style.frame_text, box, bright)
        if style.dirt:
            coarse = np.clip(rng.normal(-0.2, 0.6, (5, 11)), 0, 1).astype(np.float32)
            weight = (
                cv2.resize(coarse, self.image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
                * style.dirt
            )
            self.paint(np.asarray(weight * 255, np.uint8), (96, 84, 70))

    def frame_cut(
        self, style: PlateStyle, boxes_mm: list[tuple[float, float, float, float]], small: Face
    ) -> None:
        """Let a holder's frame hide the characters' tops or feet, as `style.frame_cut` says.

        Its bars bear the dealer's text.
        """
        bright: Colour = (220, 220, 220) if luma(style.frame_colour) < 110 else (30, 30, 30)
        height, width = self.inner.shape[:2]
        first, last = min(b[1] for b in boxes_mm), max(b[3] for b in boxes_mm)
        tall = max(b[3] - b[1] for b in boxes_mm)
        above, below = style.frame_cut
        if above:
            edge = (first + above * tall) * self.scale
            self.rectangle((0, 0, width, edge), style.frame_colour)
            bar = (0.0, edge / self.scale)
            self._bar_text(small, style.frame_text, bar, above * tall, bright)
        if below:
            edge = (last - below * tall) * self.scale
            self.rectangle((0, edge, width, height), style.frame_colour)
            bar = (edge / self.scale, height / self.scale)
            self._bar_text(small, style.frame_text, bar, below * tall, bright)

    def _bar_text(
        self, face: Face, text: str, bar: tuple[float, float], most: float, colour: Colour
    ) -> None:
        """Set a text in the middle of a bar from y0 to y1, mm, not much higher than `most`."""
        wide = self.inner.shape[1] / self.scale
        middle, tall = (bar[0] + bar[1]) / 2, min(0.6 * (bar[1] - bar[0]), 1.5 * most)
        if text:
            box = (0.15 * wide, middle - tall / 2, 0.85 * wide, middle + tall / 2)
            self.text(face, text, box, colour)


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
