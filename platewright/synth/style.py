"""How one plate departs from its region's rule book: drawn first, applied by `plate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from platewright.region import Look
from platewright.synth.face import match_faces

__all__ = ["Colour", "PlateStyle", "draw_style", "luma"]

Colour = tuple[int, int, int]


def luma(colour: Colour) -> float:
    """Return the grey value of an RGB colour, 0-255 (ITU-R BT.601, as OpenCV's RGB2GRAY).

    >>> luma((255, 255, 255)), round(luma((255, 0, 0)), 1)
    (255.0, 76.2)
    """
    red, green, blue = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue


@dataclass(frozen=True, kw_only=True)
class PlateStyle:
    """The parameters that make one plate itself. Lengths are parts of the glyph's height.

    Attributes:
        face: file stem of the face.
        small_face: file stem of the face of the small texts.
        background: RGB of the sheet.
        foreground: RGB of the characters.
        width: stretch of the glyphs, 1 as the look says.
        size: scale of the glyphs' height, 1 as the look says.
        spacing: scale of the space between characters.
        gap: scale of the space between groups of characters.
        script: where writing that is not Latin stands: `above`, `left`, `right`, or nowhere.
        script_share: part of the plate's height or width that it takes.
        mono: every character has a cell of the same width.
        jitter: standard deviation of each character's place and size.
        stroke: threshold shift of the stroke, about -0.3 (thin) to 0.3 (bold).
        shear: how far the characters lean right over their height.
        mark: what stands in the widest gap where the look has nothing there.
        mark_colour: RGB of that mark, or of the look's.
        fill: how much of the free width the spacing takes, 0-1.
        shift: (x, y) of the text block, parts of the plate's (width, height).
        emboss: strength of the relief, in grey levels.
        light: direction the light comes from, radians.
        gradient: (x, y) change of the sheet's brightness from edge to edge, grey levels.
        texture: grain of the sheet, grey levels.
        picture: weight of a picture behind the text, 0-1.
        dirt: weight of dirt, 0-1.
        wear: part of the paint worn off, 0-1.
        bolts: centres (x, y) as parts of the plate's size, with radius and grey level.
        stickers: boxes (x0, y0, x1, y1) as parts of the plate's size, with an RGB each.
        frame_mm: width of a holder's frame round the plate, 0 for none.
        frame_colour: its RGB.
        frame_text: dealer's text on the frame's lower edge.
        seed: of the textures.
    """

    face: str
    small_face: str
    background: Colour
    foreground: Colour
    width: float = 1.0
    size: float = 1.0
    spacing: float = 1.0
    gap: float = 1.0
    script: str = ""
    script_share: float = 0.0
    mono: bool = False
    jitter: float = 0.0
    stroke: float = 0.0
    shear: float = 0.0
    mark: str = ""
    mark_colour: Colour = (128, 128, 128)
    fill: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    emboss: float = 0.0
    light: float = 0.0
    gradient: tuple[float, float] = (0.0, 0.0)
    texture: float = 0.0
    picture: float = 0.0
    dirt: float = 0.0
    wear: float = 0.0
    bolts: tuple[tuple[float, float, float, int], ...] = ()
    stickers: tuple[tuple[float, float, float, float, Colour], ...] = ()
    frame_mm: float = 0.0
    frame_colour: Colour = (20, 20, 20)
    frame_text: str = ""
    seed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form for the record."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


DEALERS = (
    "MOTORS",
    "www.autohaus.com",
    "TOYOTA",
    "HYUNDAI",
    "Ford",
    "city cars 01234 567890",
    "AutoCentre",
    "BMW",
    "of Oxford",
    "SUZUKI",
    "Car Sales",
    "MARUTI",
    "Honda",
    "garage",
)


def draw_style(rng: np.random.Generator, look: Look) -> PlateStyle:
    """Draw the style of one plate of the given look."""
    u = rng.random(24)
    faces = match_faces(tuple(look.faces))
    anywhere = match_faces(("*",))
    if u[15] < 0.25:  # home-made plates, and dies that no font has, turn up in every country
        faces = anywhere
    background, foreground = _colours(rng, look)
    wild = u[14] < 0.3
    return PlateStyle(
        face=faces[int(rng.integers(len(faces)))].stem,
        small_face=anywhere[int(rng.integers(len(anywhere)))].stem,
        background=background,
        foreground=foreground,
        width=float(np.exp(rng.normal(0.0, 0.16 if wild else 0.07))),
        size=float(rng.uniform(0.35, 0.75))
        if u[19] < 0.07  # small letters on a large sheet
        else float(np.exp(rng.normal(0.0, 0.14 if wild else 0.05))),
        spacing=float(rng.uniform(0.35, 1.9) if wild else rng.uniform(0.8, 1.2)),
        gap=float(np.exp(rng.uniform(0.2, 1.6))) if u[20] < 0.14 else 1.0,
        script=("above", "left", "right")[int(u[22] * 3)] if u[21] < 0.06 else "",
        script_share=float(rng.uniform(0.15, 0.42)),
        mono=bool(u[0] < 0.35),
        jitter=float(rng.uniform(0.0, 0.04)) if u[1] < 0.4 else 0.0,
        stroke=float(rng.normal(-0.16 if u[23] < 0.2 else 0.0, 0.16)) if u[2] < 0.7 else 0.0,
        shear=float(np.clip(rng.normal(0.12, 0.16), -0.4, 0.5)) if u[16] < 0.1 else 0.0,
        mark=("disc", "seal", "crest")[int(rng.integers(3))] if u[17] < 0.12 else "",
        mark_colour=_grey_colour(rng, 40, 235) if u[18] < 0.7 else foreground,
        fill=float(rng.random()) if u[3] < 0.4 else 0.0,
        shift=(float(rng.normal(0, 0.012)), float(rng.normal(0, 0.02))),
        emboss=float(rng.uniform(8, 60)) if rng.random() < look.embossed * 0.8 else 0.0,
        light=float(rng.uniform(0, 2 * np.pi)),
        gradient=(float(rng.normal(0, 12)), float(rng.normal(0, 14))) if u[4] < 0.6 else (0.0, 0.0),
        texture=float(rng.uniform(0, 7)) if u[5] < 0.4 else 0.0,
        picture=float(rng.uniform(0.1, 0.45)) if look.picture or u[6] < 0.05 else 0.0,
        dirt=float(rng.uniform(0.1, 0.6)) if u[7] < 0.15 else 0.0,
        wear=float(rng.uniform(0.05, 0.35)) if u[8] < 0.12 else 0.0,
        bolts=_bolts(rng) if u[9] < 0.4 else (),
        stickers=_stickers(rng) if u[10] < 0.12 else (),
        frame_mm=float(rng.uniform(4, 22)) if u[11] < 0.3 else 0.0,
        frame_colour=_grey_colour(rng, 5, 60) if u[12] < 0.8 else _grey_colour(rng, 120, 230),
        frame_text=DEALERS[int(rng.integers(len(DEALERS)))] if u[13] < 0.5 else "",
        seed=int(rng.integers(2**31)),
    )


def _grey_colour(rng: np.random.Generator, low: int, high: int) -> Colour:
    level = int(rng.integers(low, high))
    tint = rng.integers(-8, 9, 3)
    red, green, blue = (int(v) for v in np.clip(level + tint, 0, 255))
    return (red, green, blue)


def _colours(rng: np.random.Generator, look: Look) -> tuple[Colour, Colour]:
    """Jitter the look's colours; now and then haze brings them closer together."""
    back = np.array(look.background, float) + rng.normal(0, 10, 3) + rng.normal(0, 14)
    fore = np.array(look.foreground, float) + rng.normal(0, 10, 3) + abs(rng.normal(0, 18))
    if rng.random() < 0.12:
        mix = rng.uniform(0.2, 0.6)
        fore = fore * (1 - mix) + back * mix
    back, fore = np.clip(back, 0, 255), np.clip(fore, 0, 255)
    gap = luma((int(back[0]), int(back[1]), int(back[2]))) - luma(
        (int(fore[0]), int(fore[1]), int(fore[2]))
    )
    if abs(gap) < 38:  # a plate that nobody could read teaches nothing
        push = (38 - abs(gap)) * (1 if gap >= 0 else -1)
        back = np.clip(back + push / 2, 0, 255)
        fore = np.clip(fore - push, 0, 255)
    b, f = [int(v) for v in back], [int(v) for v in fore]
    return (b[0], b[1], b[2]), (f[0], f[1], f[2])


def _bolts(rng: np.random.Generator) -> tuple[tuple[float, float, float, int], ...]:
    inset_x, radius = rng.uniform(0.03, 0.3), rng.uniform(0.02, 0.06)
    level = int(rng.integers(20, 240))
    rows = (0.5,) if rng.random() < 0.5 else ((0.1,) if rng.random() < 0.5 else (0.1, 0.9))
    return tuple(
        (float(x), float(y), float(radius), level) for y in rows for x in (inset_x, 1 - inset_x)
    )


def _stickers(
    rng: np.random.Generator,
) -> tuple[tuple[float, float, float, float, Colour], ...]:
    found = []
    for _ in range(int(rng.integers(1, 4))):
        width, height = rng.uniform(0.04, 0.14), rng.uniform(0.08, 0.25)
        x = rng.choice([rng.uniform(0.0, 0.1), rng.uniform(0.8, 0.95)])
        y = rng.choice([rng.uniform(0.02, 0.12), rng.uniform(0.7, 0.88)])
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        found.append(
            (
                float(x),
                float(y),
                float(x + width),
                float(y + height),
                (colour[0], colour[1], colour[2]),
            )
        )
    return tuple(found)
