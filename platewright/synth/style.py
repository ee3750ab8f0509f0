"""How one plate departs from its region's rule book: drawn first, applied by `plate`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from platewright.mark import draw_sketch
from platewright.mark.pen import Sketch
from platewright.region import Look
from platewright.region.chance import Uniform, stream
from platewright.region.choice import ScriptChoice, choose_mark
from platewright.region.look import Mark, Script, luma
from platewright.synth.effect import PLATE, Colour, Drawn, draw_effects, read_effects
from platewright.synth.face import match_faces, match_legends
from platewright.synth.settings import DEFAULT, PlateSettings, SynthSettings

EMBLEMS = {"disc": ("disc",), "seal": ("seal-stack",), "crest": ("crest", "shield")}
FOREIGN = (
    ("left", 0.25), ("between", 0.2), ("gap", 0.15), ("right", 0.18), ("behind", 0.13),
    ("below", 0.06), ("above", 0.03),
)  # fmt: skip
"""Where a mark stands that no rule book asks for, and how often."""
STUCK = ("sticker", "tab", "qr", "barcode", "hologram")
"""Families that are stuck on: never raised nor worn as the characters are."""
SMALL: tuple[str, ...] = ("words", "plaque", "words", "flag", "any")
SCENES: tuple[str, ...] = ("scene",)
ANY: tuple[str, ...] = ("any",)
TINCTURES = (
    (176, 22, 34), (22, 62, 142), (24, 112, 58), (28, 28, 30), (120, 40, 120), (206, 120, 20),
    (70, 74, 82), (150, 108, 40),
)  # fmt: skip


class MarkStyle(NamedTuple):
    """How one mark is drawn. Lengths are parts of the characters' height."""

    name: str  #: of the mark
    place: str  #: as `Mark` has it
    variant: int  #: which of its drawings
    text: str  #: what it says, empty for its own
    height: float  #: its height; behind the characters part of the plate's
    x: float  #: which line or place inside the text, or how far right, 0-1
    y: float  #: how far it stands below the middle of its line
    space: float  #: least distance to the characters beside it
    main: Colour  #: RGB of the tone `main`
    second: Colour  #: RGB of `second`
    third: Colour  #: RGB of `third`
    mono: bool  #: everything in the colours of the characters and the sheet
    strength: float  #: how opaque, 0-1
    raised: bool = False  #: whether it is raised and worn as the characters are

    @property
    def sketch(self) -> Sketch:
        """The drawing."""
        return draw_sketch(self.name, self.variant, self.text)


def draw_marks(
    rng: np.random.Generator, look: Look, paper: Colour, ink: Colour, share: float
) -> tuple[MarkStyle, ...]:
    """Draw the marks of a plate.

    Args:
        paper: colour of the sheet.
        ink: colour of the characters.
        share: of plates with a mark that the region does not ask for, 0-1.
    """
    uniform = stream(rng)
    wanted = list(look.marks)
    if look.emblem:
        name = choose_mark(EMBLEMS[look.emblem], uniform)
        tall = (0.85, 1.1) if look.emblem == "seal" else (0.5, 0.85)
        height = tall[0] + (tall[1] - tall[0]) * uniform()
        wanted.append(Mark(name=name, place="gap", height=height))
    if uniform() < share:
        wanted += [_foreign(uniform) for _ in range(1 if uniform() < 0.8 else 2)]
    return tuple(_styled(mark, paper, ink, uniform) for mark in wanted)


def _foreign(uniform: Uniform) -> Mark:
    """Draw a mark of any kind at any place."""
    u, place = uniform(), "left"
    for place, share in FOREIGN:  # noqa: B007
        u -= share
        if u < 0:
            break
    if place == "behind":
        patterns, height = SCENES, 0.9 + 0.1 * uniform()
    elif place in ("above", "below"):
        patterns, height = SMALL, 0.15 + 0.2 * uniform()
    else:
        patterns, height = ANY, 0.33 + 0.72 * uniform()
    return Mark(name=choose_mark(patterns, uniform), place=place, height=height)


def _styled(mark: Mark, paper: Colour, ink: Colour, uniform: Uniform) -> MarkStyle:
    """Return a mark with what its region leaves open."""
    behind = mark.place == "behind"
    height = mark.height
    if mark.name in ("hyphen", "dot") and not behind:  # strokes of a character, not larger
        height = min(height, 0.08 + 0.17 * uniform())
    near = uniform()
    if near < 0.25:
        space = 0.02 + 0.06 * uniform()  # nearly touching
    else:
        space = 0.08 + (0.22 if near < 0.8 else 0.6) * uniform()
    if mark.colour is not None:
        main = mark.colour
    elif mark.ink or uniform() < 0.42:
        main = ink
    else:
        base = TINCTURES[int(uniform() * len(TINCTURES))]
        light = 0.6 * uniform() ** 2
        main = _mixed(base, (255, 255, 255), light)
    pale = uniform()
    second = (
        paper if pale < 0.55 or mark.ink else ((245, 245, 242) if pale < 0.8 else (222, 184, 60))
    )
    if abs(luma(main) - luma(second)) < 40:
        second = (248, 248, 246) if luma(main) < 128 else (24, 24, 26)
    free = max(1.0 - height, 0.0)
    beside = mark.place not in ("behind", "above", "below")
    stuck = mark.name.partition("-")[0] in STUCK
    return MarkStyle(
        name=mark.name,
        place=mark.place,
        variant=int(uniform() * 4096),
        text=mark.text,
        height=height,
        x=uniform(),
        y=free * (uniform() - 0.5) if uniform() < 0.35 else 0.06 * (uniform() - 0.5),
        space=space,
        main=main,
        second=second,
        third=(44, 120, 62) if not mark.ink and uniform() < 0.6 else main,
        mono=mark.ink or (mark.colour is None and uniform() < 0.15),
        strength=0.2 + 0.6 * uniform()
        if behind
        else (1.0 if uniform() < 0.8 else 0.5 + 0.5 * uniform()),
        raised=beside and not stuck and uniform() < (0.85 if main == ink else 0.4),
    )


def _mixed(a: Colour, b: Colour, part: float) -> Colour:
    red, green, blue = (round(v + (w - v) * part) for v, w in zip(a, b, strict=True))
    return (red, green, blue)


@dataclass(frozen=True, kw_only=True)
class PlateStyle:
    """The parameters that make one plate itself. Lengths are parts of the glyph's height."""

    face: str  #: file stem of the face
    small_face: str  #: file stem of the face of the small texts
    header_face: str  #: file stem of that of the one above the characters
    background: Colour  #: RGB of the sheet
    foreground: Colour  #: RGB of the characters
    width: float = 1.0  #: stretch of the glyphs, 1 as the look says
    size: float = 1.0  #: scale of the glyphs' height, 1 as the look says
    spacing: float = 1.0  #: scale of the space between characters
    gap: float = 1.0  #: scale of the space between groups of characters
    #: writing that is not Latin, beside what the look asks for, or None
    script: Script | None = None
    mono: bool = False  #: every character has a cell of the same width
    jitter: float = 0.0  #: standard deviation of each character's place and size
    shear: float = 0.0  #: how far the characters lean right over their height
    marks: tuple[MarkStyle, ...] = ()  #: what stands beside, between and behind the characters
    fill: float = 0.0  #: how much of the free width the spacing takes, 0-1
    #: (x, y) of the text block, parts of the plate's (width, height)
    shift: tuple[float, float] = (0.0, 0.0)
    effects: Drawn = field(default_factory=dict)  #: what else happens to the plate, by name
    seed: int = 0  #: of the jitter, and of which drawing of a writing is taken

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form for the record."""
        return self._values

    @cached_property
    def _values(self) -> dict[str, Any]:
        """Of a plate that is drawn several times they are made once."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        values["effects"] = {name: drawn.as_dict() for name, drawn in self.effects.items()}
        return values | {"script": self.script and dict(vars(self.script))}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PlateStyle:
        """Read the JSON form back."""
        script = values["script"]
        if script is not None:
            script = Script(
                **script | {k: script[k] and tuple(script[k]) for k in ("text", "colour")}
            )
        marks = tuple(
            MarkStyle._make(tuple(v) if isinstance(v, list) else v for v in mark)
            for mark in values["marks"]
        )
        pairs = {k: tuple(values[k]) for k in ("background", "foreground", "shift")}
        effects = read_effects(values["effects"])
        return cls(**values | pairs | {"script": script, "marks": marks, "effects": effects})


def draw_style(
    rng: np.random.Generator, look: Look, settings: SynthSettings = DEFAULT
) -> PlateStyle:
    """Draw the style of one plate."""
    plate, u, g = settings.plate, rng.random, rng.standard_normal
    anywhere, legends = match_faces(("*",)), match_legends(("*",))
    # Home-made plates, and dies that no font has, turn up in every country.
    faces = anywhere if u() < plate.any_face else match_faces(tuple(look.faces))
    background, foreground = _draw_colours(rng, look, plate)
    wild = u() < plate.wild
    small = u() < plate.small  # small letters on a large sheet
    small_face = header_face = legends[int(u() * len(legends))].stem
    if look.header_faces:
        headers = match_legends(tuple(look.header_faces))
        header_face = headers[int(u() * len(headers))].stem
    return PlateStyle(
        face=faces[int(u() * len(faces))].stem,
        small_face=small_face,
        header_face=header_face,
        background=background,
        foreground=foreground,
        width=math.exp(g() * (0.16 if wild else 0.07)),
        size=0.35 + 0.4 * u() if small else math.exp(g() * (0.14 if wild else 0.05)),
        spacing=0.35 + 1.55 * u() if wild else 0.8 + 0.4 * u(),
        gap=math.exp(0.2 + 1.4 * u()) if u() < plate.wide_gap else 1.0,
        script=_draw_script(rng) if u() < plate.script and not look.scripts else None,
        mono=u() < plate.mono,
        jitter=0.04 * u() if u() < plate.jitter else 0.0,
        shear=min(max(0.12 + 0.16 * g(), -0.4), 0.5) if u() < plate.lean else 0.0,
        marks=draw_marks(rng, look, background, foreground, plate.mark),
        fill=u() if u() < plate.fill else 0.0,
        shift=(0.012 * g(), 0.02 * g()),
        effects=draw_effects(rng, PLATE, settings.effects, look),
        seed=int(u() * 2**31),
    )


def _draw_script(rng: np.random.Generator) -> Script | None:
    """Draw writing that stands anywhere, as on cards, boards and plates of no rule."""
    uniform = stream(rng)
    return ANYWHERE[uniform() < 0.4].draw(uniform)


ANYWHERE = (
    ScriptChoice(kind="any", places=("above", "below"), height=(0.15, 0.45)),
    ScriptChoice(kind="any", places=("left", "right", "between"), height=(0.3, 1.05)),
)


def _draw_colours(
    rng: np.random.Generator, look: Look, plate: PlateSettings
) -> tuple[Colour, Colour]:
    """Jitter the look's colours; now and then haze brings them closer together."""
    tints, (paler, lighter) = rng.standard_normal(6).tolist(), rng.standard_normal(2).tolist()
    sd = plate.tint_sd
    back = [v + sd * t + 14 * paler for v, t in zip(look.background, tints[:3], strict=True)]
    fore = [v + sd * t + abs(18 * lighter) for v, t in zip(look.foreground, tints[3:], strict=True)]
    if rng.random() < plate.haze:
        mix = 0.2 + 0.4 * rng.random()
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
