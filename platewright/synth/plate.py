"""One plate, flat, seen straight on: sheet, strip, borders, characters, wear."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.region import Look, Strip
from platewright.synth.face import Face, load_face, load_faces
from platewright.synth.layout import lay_out, lay_out_line
from platewright.synth.style import Colour, PlateStyle, luma

__all__ = ["FlatPlate", "Picture", "draw_plate", "stroke_lut"]

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]


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
    """

    image: Picture
    alpha: Picture
    quad: FloatArray
    chars: tuple[str, ...]
    boxes: FloatArray
    lines: tuple[int, ...]


def stroke_lut(shift: float, gain: float = 2.2) -> Picture:
    """Return the table that turns a blurred mask into a bolder (shift > 0) or thinner one."""
    ramp = (np.arange(256) / 255.0 - 0.5 + shift) * gain + 0.5
    return np.asarray(np.clip(ramp * 255.0, 0, 255), dtype=np.uint8)


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
    rng = np.random.default_rng(style.seed)
    faces = load_faces()
    face, small = load_face(faces[style.face]), load_face(faces[style.small_face])
    frame = round(style.frame_mm * px_per_mm)
    height, width = (max(round(v * px_per_mm), 8) for v in look.size_mm)
    full = (height + 2 * frame, width + 2 * frame)
    canvas = _Canvas(full, frame, px_per_mm, grey)
    canvas.sheet(look, style, rng)
    placed = lay_out(look, style, face, rng)
    ink = np.zeros(full, np.uint8)
    boxes: list[tuple[int, int, int, int]] = []
    for glyph in placed:
        boxes.append(canvas.stamp(ink, face, glyph.char, glyph.box))
    if style.stroke:
        sigma = max(0.07 * look.glyph_height_mm * px_per_mm * 0.5, 0.6)
        ink = cv2.LUT(cv2.GaussianBlur(ink, (0, 0), sigma), stroke_lut(style.stroke))
    if style.emboss:
        canvas.emboss(ink, style)
    if style.wear:
        ink = _worn(ink, style.wear, rng)
    canvas.small_texts(look, style, small)
    canvas.paint(ink, style.foreground)
    canvas.details(look, style, small, rng)
    quad = np.array([[0, 0], [width, 0], [width, height], [0, height]], float) + frame
    kept = [(g, b) for g, b in zip(placed, boxes, strict=True) if g.counts]
    return FlatPlate(
        image=canvas.image,
        alpha=_alpha(full, 0 if frame else look.corner_mm * px_per_mm),
        quad=quad,
        chars=tuple(g.char for g, _ in kept),
        boxes=np.array([b for _, b in kept], float).reshape(-1, 4),
        lines=tuple(g.line for g, _ in kept),
    )


class _Canvas:
    """The picture that grows layer by layer, in grey or RGB."""

    def __init__(self, size: tuple[int, int], frame: int, px_per_mm: float, grey: bool) -> None:
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
        cv2.rectangle(self.image, (x0, y0), (x1 - 1, y1 - 1), tone, thick)  # type: ignore[call-overload]

    def stamp(
        self, layer: Picture, face: Face, char: str, box: tuple[float, float, float, float]
    ) -> tuple[int, int, int, int]:
        """Put one glyph's ink into a mask layer; box in mm. Returns the ink's box, px."""
        x0, y0, x1, y1 = (v * self.scale + self.frame for v in box)
        left, top = round(x0), round(y0)
        mask = face.resized(char, max(round(x1) - left, 1), max(round(y1) - top, 1))
        bottom, right = top + mask.shape[0], left + mask.shape[1]
        t, l = max(top, 0), max(left, 0)  # noqa: E741
        b, r = min(bottom, layer.shape[0]), min(right, layer.shape[1])
        if b > t and r > l:
            part = layer[t:b, l:r]
            np.maximum(part, mask[t - top : b - top, l - left : r - left], out=part)
        return left, top, right, bottom

    def paint(self, ink: Picture, colour: Colour) -> None:
        """Blend a colour in where `ink` says so."""
        weight = ink.astype(np.float32) * (1 / 255.0)
        if not self.grey:
            weight = weight[..., None]
        image = self.image.astype(np.float32)
        image += weight * (np.float32(self.tone(colour)) - image)
        self.image = np.asarray(image, dtype=np.uint8)

    def sheet(self, look: Look, style: PlateStyle, rng: np.random.Generator) -> None:
        """Frame, sheet with gradient, picture and texture, border and strip."""
        self.image[:] = self.tone(style.frame_colour)
        plate = self.inner
        plate[:] = self.tone(style.background)
        height, width = plate.shape[:2]
        change = np.zeros((height, width), np.float32)
        if any(style.gradient):
            change += np.linspace(-0.5, 0.5, width, dtype=np.float32) * style.gradient[0]
            change += (np.linspace(-0.5, 0.5, height, dtype=np.float32) * style.gradient[1])[
                :, None
            ]
        if style.picture:
            coarse = rng.normal(0, 90, (4, 7)).astype(np.float32)
            change += style.picture * cv2.resize(
                coarse, (width, height), interpolation=cv2.INTER_CUBIC
            )
        if style.texture:
            grain = rng.normal(0, style.texture, (height // 2 + 1, width // 2 + 1)).astype(
                np.float32
            )
            change += cv2.resize(grain, (width, height))
        if any(style.gradient) or style.picture or style.texture:
            value = plate.astype(np.float32) + (change if self.grey else change[..., None])
            plate[:] = np.clip(value, 0, 255).astype(np.uint8)
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
        soft = cv2.GaussianBlur(ink, (0, 0), max(1.0, 0.8 * self.scale)).astype(np.float32)
        kernel = np.zeros((3, 3), np.float32)
        step = np.array([np.cos(style.light), np.sin(style.light)])
        kernel[1, 0], kernel[1, 2] = -step[0], step[0]
        kernel[0, 1], kernel[2, 1] = -step[1], step[1]
        relief = cv2.filter2D(soft, cv2.CV_32F, kernel) * (style.emboss / 100.0)
        value = self.image.astype(np.float32) + (relief if self.grey else relief[..., None])
        self.image = np.clip(value, 0, 255).astype(np.uint8)

    def text(
        self, face: Face, text: str, box: tuple[float, float, float, float], colour: Colour
    ) -> None:
        """Set a small text in the middle of a box (mm of the plate), as high as fits."""
        x0, y0, x1, y1 = box
        known = "".join(c for c in text if c == " " or face.has(c))
        height = y1 - y0
        row = lay_out_line(face, known, height=height, spacing=0.16 * height, gap=0.4 * height)
        if not row or height * self.scale < 2:
            return
        shrink = min(1.0, (x1 - x0) / row[-1][3])
        start = x0 + (x1 - x0 - row[-1][3] * shrink) / 2
        layer = np.zeros(self.image.shape[:2], np.uint8)
        for char, a, b, c, d in row:
            place = (start + a * shrink, y0 + b * shrink, start + c * shrink, y0 + d * shrink)
            self.stamp(layer, face, char, place)
        self.paint(layer, colour)

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
                    cv2.circle(self.image, spot, max(radius // 6, 1), tone, -1, cv2.LINE_AA)  # type: ignore[call-overload]
            elif radius > 1:
                cv2.circle(self.image, centre, radius, tone, -1, cv2.LINE_AA)  # type: ignore[call-overload]

    def details(self, look: Look, style: PlateStyle, small: Face, rng: np.random.Generator) -> None:
        """Seals, stickers, bolts, dealer's text and dirt, over everything else."""
        height, width = self.inner.shape[:2]
        for x0, y0, x1, y1, colour in style.stickers:
            self.rectangle((x0 * width, y0 * height, x1 * width, y1 * height), colour)
        for x, y, radius, level in style.bolts:
            spot = (round(x * width) + self.frame, round(y * height) + self.frame)
            size = max(round(radius * height), 1)
            cv2.circle(self.image, spot, size, self.tone((level, level, level)), -1, cv2.LINE_AA)  # type: ignore[call-overload]
            cv2.circle(self.image, spot, size, self.tone((level // 2,) * 3), 1, cv2.LINE_AA)  # type: ignore[call-overload,arg-type]
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


def _alpha(size: tuple[int, int], corner: float) -> Picture:
    """Return the plate's shape: a rectangle with rounded corners."""
    alpha = np.full(size, 255, np.uint8)
    radius = round(min(corner, min(size) / 3))
    if radius > 1:
        y, x = np.mgrid[:radius, :radius]
        corner_mask = np.where((x - radius) ** 2 + (y - radius) ** 2 > radius**2, 0, 255).astype(
            np.uint8
        )
        alpha[:radius, :radius] = corner_mask
        alpha[:radius, -radius:] = corner_mask[:, ::-1]
        alpha[-radius:, :radius] = corner_mask[::-1]
        alpha[-radius:, -radius:] = corner_mask[::-1, ::-1]
    return alpha


def _worn(ink: Picture, wear: float, rng: np.random.Generator) -> Picture:
    """Take paint off in blotches."""
    height, width = ink.shape
    coarse = rng.random((max(height // 6, 3), max(width // 6, 3))).astype(np.float32)
    blotch = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    keep = np.clip((blotch - wear) * 6.0, 0.15, 1.0)
    return np.asarray(ink * keep, dtype=np.uint8)
