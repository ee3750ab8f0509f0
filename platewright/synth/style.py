"""How one plate departs from its region's rule book: drawn first, applied by `plate`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np

from platewright.region import Look
from platewright.region.chance import stream
from platewright.region.look import Script
from platewright.region.script import ScriptChoice
from platewright.synth.face import match_faces
from platewright.synth.mark.style import MarkStyle, draw_marks
from platewright.synth.settings import DEFAULT, PlateSettings

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
        script: writing that is not Latin, beside what the look asks for, or None.
        mono: every character has a cell of the same width.
        jitter: standard deviation of each character's place and size.
        stroke: threshold shift of the stroke, about -0.3 (thin) to 0.3 (bold).
        shear: how far the characters lean right over their height.
        marks: what stands beside, between and behind the characters.
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
        frame_cut: how far the frame hides the characters from (above, below), parts of their
            height; nothing where it is 0.
        bow: how far the plate's middle bends up, part of its height.
        cover: what hides a part of it: (x, width as parts of the plate's width, share of its
            height from below, lean, grey level), or None.
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
    script: Script | None = None
    mono: bool = False
    jitter: float = 0.0
    stroke: float = 0.0
    shear: float = 0.0
    marks: tuple[MarkStyle, ...] = ()
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
    frame_cut: tuple[float, float] = (0.0, 0.0)
    bow: float = 0.0
    cover: tuple[float, float, float, float, int] | None = None
    seed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form for the record."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return values | {"script": self.script and self.script.as_dict()}


THINNEST = -0.36
"""Below it strokes fall apart."""
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


def draw_style(
    rng: np.random.Generator, look: Look, settings: PlateSettings = DEFAULT.plate
) -> PlateStyle:
    """Draw the style of one plate.

    Args:
        rng: random numbers.
        look: what its region asks for.
        settings: how far the plate departs from it.
    """
    u, g = rng.random(48).tolist(), rng.standard_normal(20).tolist()
    anywhere = match_faces(("*",))
    # Home-made plates, and dies that no font has, turn up in every country.
    faces = anywhere if u[0] < settings.any_face else match_faces(tuple(look.faces))
    background, foreground = _colours(look, settings.haze, u[1:3], g[:9])
    wild = u[3] < settings.wild
    frame = 4 + 18 * u[31] if u[30] < settings.frame else 0.0
    return PlateStyle(
        face=faces[int(u[4] * len(faces))].stem,
        small_face=anywhere[int(u[5] * len(anywhere))].stem,
        background=background,
        foreground=foreground,
        width=math.exp(g[9] * (0.16 if wild else 0.07)),
        size=0.35 + 0.4 * u[7]  # small letters on a large sheet
        if u[6] < settings.small
        else math.exp(g[10] * (0.14 if wild else 0.05)),
        spacing=0.35 + 1.55 * u[8] if wild else 0.8 + 0.4 * u[8],
        gap=math.exp(0.2 + 1.4 * u[10]) if u[9] < settings.wide_gap else 1.0,
        script=_script(rng) if u[11] < settings.script and not look.scripts else None,
        mono=u[14] < settings.mono,
        jitter=0.04 * u[16] if u[15] < settings.jitter else 0.0,
        stroke=max(0.16 * g[11] - (0.16 if u[18] < settings.thin else 0.0), THINNEST)
        if u[17] < settings.stroke
        else 0.0,
        shear=min(max(0.12 + 0.16 * g[12], -0.4), 0.5) if u[19] < settings.lean else 0.0,
        marks=draw_marks(rng, look, background, foreground, settings.mark),
        fill=u[28] if u[27] < settings.fill else 0.0,
        shift=(0.012 * g[13], 0.02 * g[14]),
        emboss=8 + 52 * u[33] if u[32] < look.embossed * settings.emboss else 0.0,
        light=2 * math.pi * u[29],
        gradient=(12 * g[15], 14 * g[16]) if u[34] < settings.gradient else (0.0, 0.0),
        texture=7 * u[36] if u[35] < settings.texture else 0.0,
        picture=0.1 + 0.35 * u[38] if look.picture or u[37] < settings.picture else 0.0,
        dirt=0.1 + 0.5 * u[40] if u[39] < settings.dirt else 0.0,
        wear=0.05 + 0.3 * u[42] if u[41] < settings.wear else 0.0,
        bolts=_bolts(rng) if u[43] < settings.bolts else (),
        stickers=_stickers(rng) if u[44] < settings.stickers else (),
        frame_mm=frame,
        frame_colour=_frame_colour(rng) if frame else (20, 20, 20),
        frame_text=DEALERS[int(u[46] * len(DEALERS))]
        if frame and u[45] < settings.frame_text
        else "",
        frame_cut=_frame_cut(rng) if frame and u[20] < settings.frame_cut else (0.0, 0.0),
        bow=min(max(0.06 * g[17], -0.12), 0.12) if abs(g[18]) < _two_sided(settings.bow) else 0.0,
        cover=_cover(rng) if u[47] < settings.cover else None,
        seed=int(rng.integers(2**31)),
    )


def _script(rng: np.random.Generator) -> Script | None:
    """Draw writing that stands anywhere, as on cards, boards and plates of no rule."""
    uniform = stream(rng)
    return ANYWHERE[uniform() < 0.4].draw(uniform)


ANYWHERE = (
    ScriptChoice(kind="any", places=("above", "below"), height=(0.15, 0.45)),
    ScriptChoice(kind="any", places=("left", "right", "between"), height=(0.3, 1.05)),
)


@cache
def _two_sided(share: float) -> float:
    """Return the bound that a normal number stays under, either side, in that share of cases."""
    return NormalDist().inv_cdf(0.5 + min(share, 0.999999) / 2)


def _grey(level: float, tint: list[float]) -> Colour:
    """Return a grey of a level, tinted a little by three numbers of 0-1."""
    red, green, blue = (min(max(int(level + 17 * t - 8), 0), 255) for t in tint)
    return (red, green, blue)


def _frame_colour(rng: np.random.Generator) -> Colour:
    u = rng.random(5).tolist()
    return _grey(5 + 55 * u[0] if u[1] < 0.8 else 120 + 110 * u[0], u[2:])


def _frame_cut(rng: np.random.Generator) -> tuple[float, float]:
    """Draw how far a frame hides the characters from (above, below)."""
    u = rng.random(3).tolist()
    above, below = (0.05 + 0.2 * v for v in u[:2])
    return (above if u[2] > 0.4 else 0.0, below if u[2] < 0.7 else 0.0)


def _cover(rng: np.random.Generator) -> tuple[float, float, float, float, int]:
    """Draw what hides a part of the plate: (x, width, share of the height, lean, grey level)."""
    u = rng.random(5).tolist()
    return (
        0.15 + 0.7 * u[0],
        0.04 + 0.1 * u[1],
        0.12 + 0.3 * u[2],
        0.3 * u[3] - 0.15,
        int(u[4] * 90),
    )


def _colours(look: Look, haze: float, u: list[float], g: list[float]) -> tuple[Colour, Colour]:
    """Jitter the look's colours; now and then haze brings them closer together."""
    back = [v + 10 * g[k] + 14 * g[6] for k, v in enumerate(look.background)]
    fore = [v + 10 * g[k + 3] + abs(18 * g[7]) for k, v in enumerate(look.foreground)]
    if u[0] < haze:
        mix = 0.2 + 0.4 * u[1]
        fore = [f * (1 - mix) + b * mix for f, b in zip(fore, back, strict=True)]
    b, f = _rgb(back), _rgb(fore)
    gap = luma(b) - luma(f)
    if abs(gap) < 38:  # a plate that nobody could read teaches nothing
        push = (38 - abs(gap)) * (1 if gap >= 0 else -1)
        b, f = _rgb([v + push / 2 for v in b]), _rgb([v - push for v in f])
    return b, f


def _rgb(values: list[float]) -> Colour:
    red, green, blue = (min(max(int(v), 0), 255) for v in values)
    return (red, green, blue)


def _bolts(rng: np.random.Generator) -> tuple[tuple[float, float, float, int], ...]:
    u = rng.random(5).tolist()
    inset_x, radius, level = 0.03 + 0.27 * u[0], 0.02 + 0.04 * u[1], int(20 + 220 * u[2])
    rows = (0.5,) if u[3] < 0.5 else ((0.1,) if u[4] < 0.5 else (0.1, 0.9))
    return tuple((x, y, radius, level) for y in rows for x in (inset_x, 1 - inset_x))


def _stickers(
    rng: np.random.Generator,
) -> tuple[tuple[float, float, float, float, Colour], ...]:
    found = []
    for k in range(int(rng.integers(1, 4))):
        u = rng.random(9).tolist()
        if not k and u[8] < 0.4:  # a month and a year in the upper corners
            width, height, edge, y = 0.07 + 0.07 * u[0], 0.1 + 0.12 * u[1], 0.06 * u[2], 0.07 * u[4]
            for x in (0.02 + edge, 0.98 - edge - width):
                colour = (int(u[6] * 256), int(u[7] * 256), int(u[5] * 256 * x))
                found.append((x, y, x + width, y + height, colour))
            break
        width, height = 0.04 + 0.1 * u[0], 0.08 + 0.17 * u[1]
        x = 0.1 * u[2] if u[3] < 0.5 else 0.8 + 0.15 * u[2]
        y = 0.02 + 0.1 * u[4] if u[5] < 0.5 else 0.7 + 0.18 * u[4]
        colour = (int(u[6] * 256), int(u[7] * 256), int(u[8] * 256))
        found.append((x, y, x + width, y + height, colour))
    return tuple(found)
