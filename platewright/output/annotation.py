"""The annotated picture: a thin line along each plate, and a tag with what was read.

Colour tells the confidence, from vermilion over yellow to blue: a ramp that people with any common
kind of colour blindness can follow (after the palette of Okabe and Ito, 2008), and the tag says it
in figures as well. Every size follows from the photo's own.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from platewright.geometry import Box, Picture, box_of_quad, intersections
from platewright.image import as_rgb, encode_image
from platewright.record import Reading
from platewright.resource import DATA
from platewright.text import percent

Colour = tuple[int, int, int]
Face = ImageFont.FreeTypeFont

FACES = ("Barlow-SemiBold.ttf", "Overpass-SemiBold.ttf", "RobotoCondensed-Bold.ttf")
"""The tag's face: the first of these in `fonts/`, or else any that lies there."""

FONTS = DATA / "fonts"

# (confidence, red, green, blue): even in lightness steps, so that it reads in grey as well.
RAMP = np.array(
    [
        [0.00, 178, 60, 20],
        [0.35, 222, 110, 20],
        [0.60, 242, 168, 40],
        [0.80, 244, 222, 120],
        [0.92, 120, 200, 235],
        [1.00, 40, 150, 225],
    ]
)
UNREAD = (176, 180, 186)
CASING = (16, 18, 22)
CASING_OPACITY = 0.55
SUBPIXEL_BITS = 4
SHAPE_SCALE = 4

# A car's front in sizes of its plate, 520 x 110 mm: to each side, above and below.
BESIDE, ABOVE, BELOW = 2.3, 12.0, 4.0
PORTRAIT_WIDTH = 640
PORTRAIT_QUALITY = 85


def annotate(image: Picture, readings: Sequence[Reading]) -> Picture:
    """Return a copy of a photo with every reading drawn on it.

    Tags stand above or below their plates, wholly inside the picture, and off other plates and
    tags as far as there is room; the best readings choose first.

    Args:
        image: uint8 (H, W, 3) RGB, or (H, W) grey.
        readings: quads in pixels of the photo.

    Returns:
        uint8 (H, W, 3) RGB.
    """
    picture = image.copy() if image.ndim == 3 else as_rgb(image)
    height, width = picture.shape[:2]
    unit = float(np.sqrt(height * width)) / 480
    plates = [box_of_quad(reading.quad) for reading in readings]
    for reading, box in zip(readings, plates, strict=True):
        _outline(picture, reading, box, unit)
    tags: list[Box] = []
    for number, reading in enumerate(readings):
        tag, mask = _draw_tag(reading, max(11, round(13 * unit)), (height, width))
        others = [*plates[:number], *plates[number + 1 :], *tags]
        place = place_tag(
            plates[number], tag.shape[:2], (height, width), others, gap=max(2.0, 2.5 * unit)
        )
        _paste(picture, tag, mask, place)
        tags.append(place)
    return picture


def confidence_colour(confidence: float) -> Colour:
    """Return the (red, green, blue) of a confidence of 0-1.

    >>> confidence_colour(1.0)
    (40, 150, 225)
    """
    red, green, blue = (np.interp(confidence, RAMP[:, 0], RAMP[:, k]) for k in (1, 2, 3))
    return (round(float(red)), round(float(green)), round(float(blue)))


def text_colour(ground: Colour) -> Colour:
    """Return black or white, whichever stands out more on `ground` (WCAG 2.2, contrast ratio).

    The ratio is 4.5 or more on any ground.

    >>> text_colour((250, 240, 120)), text_colour((10, 40, 120))
    ((0, 0, 0), (255, 255, 255))
    """
    parts = np.asarray(ground, dtype=np.float64) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    on_black, on_white = (luminance + 0.05) / 0.05, 1.05 / (luminance + 0.05)
    return (0, 0, 0) if on_black >= on_white else (255, 255, 255)


def place_tag(
    plate: Box, tag: tuple[int, int], size: tuple[int, int], taken: Sequence[Box], *, gap: float
) -> Box:
    """Return where a tag goes: the first place near its plate that covers least of what is taken.

    Args:
        plate: the box round the plate; may lie partly outside the picture.
        tag: (height, width) of the tag, not larger than the picture.
        size: (height, width) of the picture.
        taken: boxes to keep off: other plates, tags set before.
        gap: pixels between plate and tag.

    Returns:
        (x0, y0, x1, y1) in whole pixels, inside the picture.
    """
    x0, y0, x1, y1 = plate
    tall, wide = tag
    above, below = y0 - gap - tall, y1 + gap
    middle, right = (x0 + x1 - wide) / 2, x1 - wide
    half = (y0 + y1 - tall) / 2
    corners = [
        *((x, above) for x in (x0, middle, right)),
        *((x, below) for x in (x0, middle, right)),
        *((x, half) for x in (x1 + gap, x0 - gap - wide)),
        *((x, y) for y in (above - tall, below + tall) for x in (x0, right)),
    ]
    places = []
    for x, y in corners:
        left = float(np.clip(round(x), 0, size[1] - wide))
        top = float(np.clip(round(y), 0, size[0] - tall))
        places.append((left, top, left + wide, top + tall))

    # The plate itself is worth most: it is what a person wants to compare with.
    covered = intersections(places, [plate, *taken]) @ [2.0, *[1.0] * len(taken)]
    return places[int(np.rint(covered).argmin())]


def _colour(reading: Reading) -> Colour:
    """Return a reading's colour: grey where there is a plate and no text to be sure of."""
    return confidence_colour(reading.confidence) if reading.text else UNREAD


def _outline(picture: Picture, reading: Reading, box: Box, unit: float) -> None:
    """Draw the line along a quad, in place, with a darker casing that parts it from the photo."""
    plate_height = float(np.linalg.norm(reading.quad[3] - reading.quad[0]))
    thick = max(1, round(min(1.6 * unit, plate_height / 8)))
    casing = thick + 2 * max(1, round(thick / 2))
    x0, y0 = (max(0, int(v) - casing - 2) for v in box[:2])
    x1, y1 = (int(v) + casing + 3 for v in box[2:])
    part = picture[y0 : max(y1, 0), x0 : max(x1, 0)]
    if part.size == 0:
        return
    # OpenCV counts from the first pixel's centre, this project from its corner.
    points = reading.quad - [x0 + 0.5, y0 + 0.5]
    fixed = np.rint(points * (1 << SUBPIXEL_BITS)).astype(np.int32)
    under = part.copy()
    cv2.polylines(under, [fixed], True, CASING, casing, cv2.LINE_AA, SUBPIXEL_BITS)
    line = cv2.addWeighted(under, CASING_OPACITY, part, 1 - CASING_OPACITY, 0)
    colour = _colour(reading)
    cv2.polylines(line, [fixed], True, colour, thick, cv2.LINE_AA, SUBPIXEL_BITS)
    part[...] = line


def _draw_tag(reading: Reading, font_size: int, size: tuple[int, int]) -> tuple[Picture, Picture]:
    """Return a tag as uint8 (h, w, 3) and its opacity (h, w), not larger than `size`."""
    ground = _colour(reading)
    ink = text_colour(ground)
    text, face = (reading.text, _face(font_size)) if reading.text else ("unread", _plain(font_size))
    sure = reading.confidence if reading.text else reading.presence
    doubt = "" if reading.accepted else " ?"
    told, small = percent(sure) + doubt, _plain(max(9, round(font_size * 0.8)))
    pad, space = max(3, round(font_size * 0.38)), max(3, round(font_size * 0.42))
    first, second = face.getbbox(text, anchor="ls"), small.getbbox(told, anchor="ls")
    # Capitals' height, the same for every text, so that tags do not jump.
    capital = -face.getbbox("H", anchor="ls")[1]
    wide = round(pad + first[2] + space + second[2] + pad)
    tall = round(capital + 1.5 * pad)
    tag = Image.new("RGB", (wide, tall), ground)
    draw = ImageDraw.Draw(tag)
    base = round((tall + capital) / 2)
    draw.text((pad, base), text, font=face, fill=ink, anchor="ls")
    draw.text((pad + first[2] + space, base), told, font=small, fill=ink, anchor="ls")
    # Pillow's own corners are jagged: the shape is drawn larger and brought down.
    shape = Image.new("L", (wide * SHAPE_SCALE, tall * SHAPE_SCALE), 0)
    ImageDraw.Draw(shape).rounded_rectangle(
        (0, 0, wide * SHAPE_SCALE - 1, tall * SHAPE_SCALE - 1), tall * SHAPE_SCALE * 0.22, fill=255
    )
    mask = shape.resize((wide, tall), Image.Resampling.BOX)
    scale = min(1.0, size[0] / tall, size[1] / wide)
    if scale < 1:
        fitting = (max(1, int(wide * scale)), max(1, int(tall * scale)))
        tag = tag.resize(fitting, Image.Resampling.LANCZOS)
        mask = mask.resize(fitting, Image.Resampling.LANCZOS)
    return np.asarray(tag), np.asarray(mask)


def _paste(picture: Picture, tag: Picture, mask: Picture, place: Box) -> None:
    """Lay a tag on the picture, in place."""
    x0, y0, x1, y1 = (int(v) for v in place)
    part = picture[y0:y1, x0:x1]
    opacity = mask[..., None].astype(np.float32) / 255
    part[...] = np.rint(tag * opacity + part * (1 - opacity)).astype(np.uint8)


@lru_cache(maxsize=32)
def _face(size: int) -> Face:
    """Return the bundled face at a size in pixels; Pillow's own where there is none."""
    named = [FONTS / name for name in FACES if (FONTS / name).is_file()]
    for path in named or sorted(FONTS.glob("*.ttf")):
        try:
            return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
        except OSError:
            continue
    return _plain(size)


@lru_cache(maxsize=32)
def _plain(size: int) -> Face:
    """Return Pillow's built-in face: the bundled ones lack small signs such as `%`."""
    return cast(Face, ImageFont.load_default(size))


def portrait(image: Picture, box: Box) -> bytes:
    """Return the vehicle round a plate as a JPEG of at most 640 pixels in width.

    Args:
        image: uint8 (H, W, 3) RGB.
        box: of the plate, in its pixels.
    """
    x0, y0, x1, y1 = box
    width, height = max(x1 - x0, 8.0), max(y1 - y0, 8.0)
    left, right = max(int(x0 - BESIDE * width), 0), max(int(x1 + BESIDE * width), 0)
    top, bottom = max(int(y0 - ABOVE * height), 0), max(int(y1 + BELOW * height), 0)
    part = image[top:bottom, left:right]
    if not part.size:  # a plate that went out of the picture
        part = image
    if part.shape[1] > PORTRAIT_WIDTH:
        tall = max(round(part.shape[0] * PORTRAIT_WIDTH / part.shape[1]), 1)
        small = cv2.resize(part, (PORTRAIT_WIDTH, tall), interpolation=cv2.INTER_AREA)
        part = np.asarray(small, np.uint8)
    return encode_image(np.ascontiguousarray(part), ".jpg", PORTRAIT_QUALITY)
