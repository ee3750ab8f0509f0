"""One plate, flat, seen straight on: canvas, sheet, characters, marks, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import cv2
import numpy as np

from platewright.geometry import Box, FloatArray, Picture, shared_views
from platewright.region import Look, Strip
from platewright.region.look import luma
from platewright.synth.effect import Colour, add_levels, apply_effects, blend_ink, effects_of
from platewright.synth.face import Face, load_face, load_faces, load_legends
from platewright.synth.layout import LINE_PX, PlacedGlyph, arrange, line_mask
from platewright.synth.mark import PlacedMark, paint_marks, raise_marks
from platewright.synth.script import word_mask
from platewright.synth.style import PlateStyle
from platewright.synth.writing import PlacedWord, place_scripts


class Canvas:
    """One plate while it is drawn, in grey or RGB.

    Attributes:
        look: what its region asks for.
        style: how this one departs from it.
        small: face of the small texts.
        header: face of the one above the characters.
        scale: pixels a millimetre.
        frame: width of the holder's frame, pixels.
        grey: one channel instead of three.
        image: (H, W) or (H, W, 3), the plate with its frame; black at first.
        ink: (H, W) 0-255, the characters' mask.
        relief: (H, W) 0-255, what is raised where the characters are: they, and some marks.
        boxes_mm: (x0, y0, x1, y1) of the characters' ink, from the plate's top left corner.
    """

    def __init__(self, look: Look, style: PlateStyle, *, px_per_mm: float, grey: bool) -> None:
        self.look, self.style = look, style
        legends = load_legends()
        self.small = load_face(legends[style.small_face])
        self.header = load_face(legends[style.header_face])
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
        if not known.strip() or height * self.scale < 2:
            return
        mask, long = line_mask(face, known)
        shrink = min(1.0, (x1 - x0) / (long * height))
        start = x0 + (x1 - x0 - long * height * shrink) / 2
        factor = height * shrink * self.scale / LINE_PX
        size = (max(round(mask.shape[1] * factor), 1), max(round(mask.shape[0] * factor), 1))
        how = cv2.INTER_LINEAR if factor > 0.5 else cv2.INTER_AREA
        ink = np.asarray(cv2.resize(mask, size, interpolation=how), np.uint8)
        left = round(start * self.scale) + self.frame
        top = round(y0 * self.scale - factor) + self.frame
        part, seen = shared_views(image, ink, left, top)
        if part.size:
            part[:] = blend_ink(part, np.ascontiguousarray(seen), self.tone(colour))

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
        part, seen = shared_views(self.ink, mask, left, top)
        if part.size:
            cv2.max(part, seen, dst=part)
        return left, top, left + mask.shape[1], top + mask.shape[0]

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


GOLD = (240, 210, 40)
STARS_MM, STAR = 15.0, 0.3
"""Radius of the circle of stars, and the distance of two opposing peaks of a star in such radii:
Council Regulation (EC) 2411/98, annex."""
LEAST_BAND = 2.6
"""Width of a band, in radii of the circle in it."""


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
    above, tall = look.margins_mm
    if look.header:
        pad = look.border_mm + 0.12 * above
        box = (0.1 * width, pad, 0.9 * width, pad + above)
        canvas.text(canvas.image, canvas.header, look.header, box, look.header_colour or colour)
    if look.footer:
        pad = look.border_mm + 0.12 * tall
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
    if strip.emblem == "stars":
        radius_mm = min(STARS_MM, strip.width_mm / LEAST_BAND)
        _paint_stars(canvas, middle, height * 0.32, radius_mm)
    elif strip.emblem and (radius := round(strip.width_mm * 0.3 * canvas.scale)) > 1:
        spot = [round(v * canvas.scale) + canvas.frame for v in (middle, height * 0.32)]
        cv2.circle(canvas.image, spot, radius, canvas.tone(GOLD), -1, cv2.LINE_AA)


def _paint_stars(canvas: Canvas, x_mm: float, y_mm: float, radius_mm: float) -> None:
    """The circle of twelve stars; where it is small, a faint ring."""
    half = radius_mm * (1 + STAR / 2)
    size = max(round(2 * half * canvas.scale), 1)
    stars = np.asarray(cv2.resize(_stars(), (size, size), interpolation=cv2.INTER_AREA), float)
    left, top = (round((v - half) * canvas.scale) + canvas.frame for v in (x_mm, y_mm))
    room, part = shared_views(canvas.image, stars, left, top)
    part = part.reshape(*part.shape, *(1,) * (room.ndim - 2))
    room[:] = np.round(room + part * (np.asarray(canvas.tone(GOLD), np.float32) - room))


@cache
def _stars() -> FloatArray:
    """Return (pixels, pixels) how much of the square round the stars is gold, 0-1."""
    mask = np.zeros((512, 512), np.uint8)
    unit = 256 / (1 + STAR / 2)
    for turn in np.arange(12) * np.pi / 6:
        points = [
            256 + unit * np.array([np.sin(turn) + r * np.sin(a), np.cos(turn) - r * np.cos(a)])
            for k, a in enumerate(np.arange(10) * np.pi / 5)
            for r in [STAR / 2 * (0.38 if k % 2 else 1.0)]
        ]
        cv2.fillPoly(mask, [np.round(points).astype(np.int32)], (255,))
    return mask / 255


BOLD = 0.7
"""From this part of the characters' height on, writing has strokes that get bolder with theirs."""


@dataclass(frozen=True, kw_only=True)
class FlatPlate:
    """A drawn plate before it is posed."""

    image: Picture  #: (H, W) grey or (H, W, 3) RGB, the plate with its frame
    alpha: Picture  #: (H, W) 0-255, where the plate or its frame is
    quad: FloatArray  #: (4, 2) the plate's own corners in the image, without the frame, px
    chars: tuple[str, ...]  #: the registration's characters in reading order
    boxes: FloatArray  #: (n, 4) their ink boxes in the image, px
    lines: tuple[int, ...]  #: (n,) line of each
    marks: tuple[str, ...] = ()  #: names of the marks that found room


def draw_plate(look: Look, style: PlateStyle, *, px_per_mm: float, grey: bool = True) -> FlatPlate:
    """Draw one plate.

    Args:
        px_per_mm: resolution of the drawing.
        grey: one channel instead of three.

    Returns:
        The drawing and where its characters are.
    """
    face = load_face(load_faces()[style.face])
    canvas = Canvas(look, style, px_per_mm=px_per_mm, grey=grey)
    glyphs, marks = arrange(look, style, face, np.random.default_rng(style.seed))
    beside = [m.box for m in marks if m.mark.place not in ("behind", "above", "below")]
    words = place_scripts(look, style, glyphs, beside)
    over = [m for m in marks if m.mark.place != "behind"]

    paint_sheet(canvas, [m for m in marks if m.mark.place == "behind"])
    boxes = canvas.stamp(face, glyphs)
    _finish_ink(canvas, [w for w in words if w.script.colour is None])
    _paint_ink(canvas, words, over)
    canvas.image = apply_effects("plate", canvas.image, style.effects, canvas)

    corners = [[0, 0], [canvas.width, 0], [canvas.width, canvas.height], [0, canvas.height]]
    kept = [(g, b) for g, b in zip(glyphs, boxes, strict=True) if g.counts]
    corner = 0 if canvas.frame else look.corner_mm * px_per_mm
    flat = FlatPlate(
        image=canvas.image,
        alpha=_alpha((canvas.image.shape[0], canvas.image.shape[1]), corner),
        quad=np.array(corners, float) + canvas.frame,
        chars=tuple(g.char for g, _ in kept),
        boxes=np.array([b for _, b in kept], float).reshape(-1, 4),
        marks=tuple(m.mark.name for m in marks),
        lines=tuple(g.line for g, _ in kept),
    )
    bent: FlatPlate = apply_effects("form", flat, style.effects, canvas)
    return bent


def _finish_ink(canvas: Canvas, words: Sequence[PlacedWord]) -> None:
    """Give the characters' mask its strokes, and the writings in their colour."""
    tall = BOLD * canvas.look.glyph_height_mm * canvas.style.size
    canvas.write(canvas.ink, [w for w in words if w.box[3] - w.box[1] > tall])
    canvas.ink = apply_effects("ink", canvas.ink, canvas.style.effects, canvas)
    canvas.write(canvas.ink, [w for w in words if w.box[3] - w.box[1] <= tall])


def _paint_ink(canvas: Canvas, words: Sequence[PlacedWord], marks: Sequence[PlacedMark]) -> None:
    """Raise, wear and paint the characters, other writings and the marks among them."""
    drawn = canvas.style.effects
    if any(effect.name in drawn for effect in effects_of("relief")):
        canvas.relief = raise_marks(canvas, marks)
        canvas.image = apply_effects("relief", canvas.image, drawn, canvas)
    paint = None
    if any(effect.name in drawn for effect in effects_of("paint")):
        paint = apply_effects("paint", np.full_like(canvas.ink, 255), drawn, canvas)
        canvas.ink = np.asarray(cv2.multiply(canvas.ink, paint, scale=1 / 255), np.uint8)
    canvas.image = blend_ink(canvas.image, canvas.ink, canvas.tone(canvas.style.foreground))
    for word in words:
        if word.script.colour is not None:
            layer = np.zeros_like(canvas.ink)
            canvas.write(layer, [word])
            canvas.image = blend_ink(canvas.image, layer, canvas.tone(word.script.colour))
    paint_marks(canvas, marks, paint)


def _alpha(size: tuple[int, int], corner: float) -> Picture:
    """Return the plate's shape: a rectangle with rounded corners."""
    alpha = np.full(size, 255, np.uint8)
    radius = round(min(corner, min(size) / 3))
    if radius > 1:
        corner_mask = _corner(radius)
        alpha[:radius, :radius] = corner_mask
        alpha[:radius, -radius:] = corner_mask[:, ::-1]
        alpha[-radius:, :radius] = corner_mask[::-1]
        alpha[-radius:, -radius:] = corner_mask[::-1, ::-1]
    return alpha


@lru_cache(maxsize=512)
def _corner(radius: int) -> Picture:
    """Return the top left corner of a rounded plate."""
    y, x = np.mgrid[:radius, :radius]
    outside = (x - radius) ** 2 + (y - radius) ** 2 > radius**2
    return np.where(outside, 0, 255).astype(np.uint8)
