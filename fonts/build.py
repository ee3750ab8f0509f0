"""Build this project's own faces from strokes: `python fonts/build.py` writes the TTF files.

Build-time only; it needs `fonttools` and `skia-pathops` (which widens the strokes and joins them).
The same versions give the same bytes: the time stamps are fixed.

A glyph is a list of strokes, `;` between them, each a run of points `x,y` in mm, the baseline at
y = 0, x = 0 at the left edge of the character's box. `x,y/r` rounds that corner, leaving its two
lines `r` mm before it; a `z` at the end closes the stroke. Strokes are as wide as the design says,
cut off square, and clipped to the box, so a slanted one is drawn beyond the box to end level.

Sources: UK, The Road Vehicles (Display of Registration Marks) Regulations 2001, schedule 3: 79 mm
high, 50 mm wide except `1` and `I`, 14 mm stroke, 11 mm apart. Germany, Fahrzeug-
Zulassungsverordnung, annex 4: 75 mm high, digits 44.5 mm and letters 47.5 mm wide, 8 to 10 mm
apart. The shapes are this project's own and copy neither country's drawings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import pathops
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.roundingPen import RoundingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph

HERE = Path(__file__).resolve().parent
UNITS_PER_MM = 10
UNITS_PER_EM = 1000
# 2026-01-01 in seconds from 1904, the epoch of the `head` table.
STAMP = 3850070400
UMLAUTS = {"Ä": "A", "Ö": "O", "Ü": "U"}
Corner = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Design:
    """One face: its measures in mm and its strokes.

    Attributes:
        name: what follows `Platewright` in the family's name.
        height: height of every character.
        digit_width: width of the box of a digit.
        letter_width: width of the box of a letter or mark.
        stroke: width of the strokes.
        gap: clear space between two boxes, half of it on each side.
        glyphs: strokes of each character.
        widths: boxes of characters that are narrower than the others.
        round_ends: strokes end and turn round, as pressed sheet does, and not square.
    """

    name: str
    height: float
    digit_width: float
    letter_width: float
    stroke: float
    gap: float
    glyphs: dict[str, str]
    widths: dict[str, float] = field(default_factory=dict)
    round_ends: bool = False

    @property
    def stem(self) -> str:
        """File name without its ending."""
        return f"Platewright{self.name.replace(' ', '')}-Regular"

    def width(self, character: str) -> float:
        """Return the width of a character's box in mm."""
        usual = self.digit_width if character.isdigit() else self.letter_width
        return self.widths.get(character, usual)


MONOLINE = Design(
    name="Monoline",
    height=79,
    digit_width=50,
    letter_width=50,
    stroke=14,
    gap=11,
    widths={"1": 14, "I": 14, ".": 14, " ": 22, "-": 36},
    glyphs={
        "0": "7,72/18 43,72/18 43,7/18 7,7/18 z",
        "1": "7,0 7,79",
        "2": "7,53 7,72/18 43,72/18 43,47/7 9,8 9,7 50,7",
        "3": "7,54 7,72/18 43,72/16 43,41/15 22,41; 22,41 43,41/16 43,7/18 7,7/18 7,25",
        "4": "50,20 8,20 37,86; 36,0 36,79",
        "5": "46,72 8,72 8,43 43,43/18 43,7/18 7,7/18 7,25",
        "6": "43,54 43,72/18 7,72/18 7,25; 7,44/18 43,44/18 43,7/18 7,7/18 z",
        "7": "0,72 42,72 17,-8",
        "8": "9,72/16 41,72/16 41,41/15 9,41/15 z; 7,41/17 43,41/17 43,7/17 7,7/17 z",
        "9": "7,25 7,7/18 43,7/18 43,54; 43,35/18 7,35/18 7,72/18 43,72/18 z",
        "A": "5.5,-8 23.5,87; 44.5,-8 26.5,87; 12,21 38,21",
        "B": "7,72 41,72/15 41,41/15 7,41 z; 7,41 43,41/17 43,7/17 7,7 z",
        "C": "43,54 43,72/18 7,72/18 7,7/18 43,7/18 43,25",
        "D": "7,72 43,72/20 43,7/20 7,7 z",
        "E": "49,72 7,72 7,7 50,7; 7,41 44,41",
        "F": "50,72 7,72 7,0; 7,39 44,39",
        "G": "43,54 43,72/18 7,72/18 7,7/18 43,7/18 43,35 25,35",
        "H": "7,0 7,79; 43,0 43,79; 7,40 43,40",
        "I": "7,0 7,79",
        "J": "43,79 43,7/18 7,7/18 7,25",
        "K": "7,0 7,79; 8,34 46,88; 20,46 46,-8",
        "L": "7,79 7,7 50,7",
        "M": "7,0 7,79; 43,0 43,79; 5,86 25,43 45,86",
        "N": "7,0 7,79; 43,0 43,79; 5,82 45,-3",
        "O": "7,72/18 43,72/18 43,7/18 7,7/18 z",
        "P": "7,0 7,72 43,72/18 43,36/18 7,36",
        "Q": "7,72/18 43,72/18 43,7/18 7,7/18 z; 26,25 49,-5",
        "R": "7,0 7,72 43,72/17 43,38/17 7,38; 24,38 45,-8",
        "S": "43,54 43,72/18 7,72/16 7,41/15 43,39/15 43,7/17 7,7/18 7,25",
        "T": "0,72 50,72; 25,0 25,72",
        "U": "7,79 7,7/18 43,7/18 43,79",
        "V": "5.5,87 23.5,-8; 44.5,87 26.5,-8",
        "W": "7,0 7,79; 43,0 43,79; 5,-7 25,36 45,-7",
        "X": "4,-8 46,87; 4,87 46,-8",
        "Y": "4,87 25,38 46,87; 25,0 25,40",
        "Z": "1,72 41,72 9,7 50,7",
        "-": "3,40 33,40",
        ".": "7,0 7,14",
        " ": "",
    },
)

DISTINCT = Design(
    name="Distinct",
    height=75,
    digit_width=44.5,
    letter_width=47.5,
    stroke=10.5,
    gap=9,
    widths={"1": 30, "I": 34, "J": 42, ".": 12, " ": 22, "-": 30},
    glyphs={
        # Open by a slit at the upper right, where O is closed and egg-shaped.
        "0": "39.25,51 39.25,5.25/17 5.25,5.25/17 5.25,69.75/17 39.25,69.75/13.5 39.25,56",
        "1": "3,52 21,71; 21,0 21,75",
        "2": "5.25,52.5 5.25,69.75/17 39.25,69.75/17 39.25,46/6.5 7,6 7,5.25 44.5,5.25",
        "3": "3,69.75 36,69.75 19,44; 14,43 39.25,43/17 39.25,5.25/17 5.25,5.25/17 5.25,22.5",
        "4": "44.5,18 6,18 24,80; 32,0 32,46",
        "5": "41,69.75 7,69.75 7,42 39.25,42/17 39.25,5.25/17 5.25,5.25/15 5.25,20.5",
        "6": "33,84 7.5,34; 5.25,42/17 39.25,42/17 39.25,5.25/17 5.25,5.25/17 z",
        "7": "5.25,55 5.25,69.75 38,69.75 14,-8",
        "8": "9,69.75/13 35.5,69.75/13 35.5,41/13 9,41/13 z;"
        "5.25,41/16 39.25,41/16 39.25,5.25/16 5.25,5.25/16 z",
        "9": "11.5,-9 37,41; 39.25,33/17 5.25,33/17 5.25,69.75/17 39.25,69.75/17 z",
        "A": "4,-8 22.5,83; 43.5,-8 25,83; 11,18 36.5,18",
        "B": "0,69.75 36,69.75/14 36,41/14 9,41; 24,41 42.25,41/17 42.25,5.25/17 0,5.25; 9,5 9,70",
        "C": "42.25,51 42.25,69.75/18 5.25,69.75/18 5.25,5.25/18 42.25,5.25/18 42.25,24",
        "D": "0,69.75 42.25,69.75/22 42.25,5.25/22 0,5.25; 9,5 9,70",
        "E": "43,69.75 5.25,69.75 5.25,5.25 47.5,5.25; 5.25,42 34,42",
        "F": "47.5,69.75 5.25,69.75 5.25,0; 5.25,33 40,33",
        "G": "42.25,51.5 42.25,69.75/18 5.25,69.75/18 5.25,5.25/18 42.25,5.25/18 42.25,25;"
        "42.25,0 42.25,33 24,33",
        "H": "5.25,0 5.25,75; 42.25,0 42.25,75; 5.25,40 42.25,40",
        "I": "17,0 17,75; 2,69.75 32,69.75; 2,5.25 32,5.25",
        "J": "16,69.75 36.75,69.75 36.75,5.25/15.5 5.25,5.25/15.5 5.25,22",
        "K": "5.25,0 5.25,75; 6,30 42,83; 19,45 44,-8",
        "L": "5.25,75 5.25,5.25 46,5.25",
        "M": "5.25,0 5.25,75; 42.25,0 42.25,75; 4,80 23.75,32 43.5,80",
        "N": "5.25,0 5.25,75; 42.25,0 42.25,75; 4,79 43.5,-4",
        "O": "10.5,69.75/13 37,69.75/13 42.25,5.25/18 5.25,5.25/18 z",
        # P and R: a slit between the bowl's lower end and the stem.
        "P": "5.25,0 5.25,69.75 42.25,69.75/18 42.25,32/18 15,32",
        "Q": "42.25,31 42.25,69.75/18 5.25,69.75/18 5.25,5.25/18 27,5.25; 26,31 46,-8",
        "R": "5.25,0 5.25,69.75 41,69.75/17 41,35/17 15,35; 23,35 44,-8",
        "S": "41,52.5 41,69.75/17 5.25,69.75/13 5.25,45/10.5 42.25,33/12 42.25,5.25/15"
        " 5.25,5.25/17 5.25,22.5",
        "T": "1,69.75 46.5,69.75; 23.75,0 23.75,70",
        "U": "5.25,75 5.25,5.25/18 42.25,5.25/18 42.25,75",
        "V": "4,83 22.5,-8; 43.5,83 25,-8",
        "W": "4,81 7.5,-6; 43.5,81 40,-6; 5.5,-6 23.75,43 42,-6",
        "X": "4,-6 43.5,81; 4,81 43.5,-6",
        "Y": "4,81 23.75,36 43.5,81; 23.75,0 23.75,37",
        "Z": "6,55 6,69.75 40,69.75 8,5.25 47.5,5.25",
        "-": "2,37 28,37",
        ".": "6,0 6,11",
        " ": "",
    },
)


def parse_strokes(text: str) -> list[tuple[list[Corner], bool]]:
    """Return the corners (x, y, rounding) in mm of each stroke and whether it is closed.

    >>> parse_strokes("0,5/2 9,5 z; 1,1 2,2")
    [([(0.0, 5.0, 2.0), (9.0, 5.0, 0.0)], True), ([(1.0, 1.0, 0.0), (2.0, 2.0, 0.0)], False)]
    """
    strokes = []
    for run in filter(None, text.split(";")):
        words = run.split()
        closed = words[-1] == "z"
        corners = []
        for word in words[: -1 if closed else None]:
            point, _, rounding = word.partition("/")
            x, y = map(float, point.split(","))
            corners.append((x, y, float(rounding or 0)))
        strokes.append((corners, closed))
    return strokes


# Dies of North American plates, as centre lines in a frame of 36 x 70 mm with strokes of 9 mm,
# from 4.5 to 31.5 mm across and from 4.5 to 65.5 mm up. Seen on plates of the states, whose dies no
# standard draws; the shapes are this project's own.
FRAME = (36.0, 70.0, 9.0)
LOOP_6 = "4.5,37/13 31.5,37/13 31.5,4.5/13 4.5,4.5/13 z"
LOOP_9 = "31.5,33/13 4.5,33/13 4.5,65.5/13 31.5,65.5/13 z"
RING = "4.5,65.5/13 31.5,65.5/13 31.5,4.5/13 4.5,4.5/13 z"
DIE_STROKES = {
    "0": RING,
    "1": "4.5,54 13.5,65.5 13.5,4.5",
    "2": "4.5,50 4.5,65.5/13 31.5,65.5/13 31.5,42/8 4.5,9 4.5,4.5 31.5,4.5",
    "3": "4.5,52 4.5,65.5/13 31.5,65.5/13 31.5,36/10 15,36; "
    "15,36 31.5,36/10 31.5,4.5/13 4.5,4.5/13 4.5,18",
    "4": "24,4.5 24,65.5 4.5,22 31.5,22",
    "5": "30,65.5 5,65.5 5,40 31.5,40/13 31.5,4.5/13 4.5,4.5/13 4.5,18",
    "6": "31.5,53 31.5,65.5/12 4.5,65.5/13 4.5,20; " + LOOP_6,
    "7": "4.5,65.5 31.5,65.5 14,4.5",
    "8": "6,65.5/12 30,65.5/12 30,36.5/12 6,36.5/12 z; "
    "4.5,36.5/13 31.5,36.5/13 31.5,4.5/13 4.5,4.5/13 z",
    "9": "4.5,17 4.5,4.5/12 31.5,4.5/13 31.5,50; " + LOOP_9,
    "A": "4.5,4.5 18,65.5 31.5,4.5; 8.5,22 27.5,22",
    "B": "4.5,65.5 31,65.5/13 31,36.5/12 4.5,36.5; "
    "4.5,36.5 31.5,36.5/13 31.5,4.5/13 4.5,4.5 4.5,65.5",
    "C": "31.5,50 31.5,65.5/13 4.5,65.5/13 4.5,4.5/13 31.5,4.5/13 31.5,20",
    "D": "4.5,65.5 31.5,65.5/14 31.5,4.5/14 4.5,4.5 z",
    "E": "31.5,65.5 4.5,65.5 4.5,4.5 31.5,4.5; 4.5,36 27,36",
    "F": "31.5,65.5 4.5,65.5 4.5,4.5; 4.5,35 27,35",
    "G": "31.5,51 31.5,65.5/13 4.5,65.5/13 4.5,4.5/13 31.5,4.5/13 31.5,32 19,32",
    "H": "4.5,4.5 4.5,65.5; 31.5,4.5 31.5,65.5; 4.5,36 31.5,36",
    "I": "4.5,4.5 4.5,65.5",
    "J": "31.5,65.5 31.5,4.5/13 4.5,4.5/13 4.5,20",
    "K": "4.5,4.5 4.5,65.5; 31.5,65.5 4.5,27; 13,39 31.5,4.5",
    "L": "4.5,65.5 4.5,4.5 31.5,4.5",
    "M": "4.5,4.5 4.5,65.5 18,20 31.5,65.5 31.5,4.5",
    "N": "4.5,4.5 4.5,65.5 31.5,4.5 31.5,65.5",
    "O": RING,
    "P": "4.5,4.5 4.5,65.5 31.5,65.5/13 31.5,31/13 4.5,31",
    "Q": RING + "; 20,19 31.5,4.5",
    "R": "4.5,4.5 4.5,65.5 31.5,65.5/13 31.5,33/13 4.5,33; 17,33 31.5,4.5",
    "S": "31.5,53 31.5,65.5/12 4.5,65.5/13 4.5,36/13 31.5,34/13 31.5,4.5/13 4.5,4.5/13 4.5,18",
    "T": "4.5,65.5 31.5,65.5; 18,65.5 18,4.5",
    "U": "4.5,65.5 4.5,4.5/13 31.5,4.5/13 31.5,65.5",
    "V": "4.5,65.5 18,4.5 31.5,65.5",
    "W": "4.5,65.5 9.5,4.5 18,50 26.5,4.5 31.5,65.5",
    "X": "4.5,65.5 31.5,4.5; 31.5,65.5 4.5,4.5",
    "Y": "4.5,65.5 18,33 31.5,65.5; 18,33 18,4.5",
    "Z": "4.5,65.5 31.5,65.5 4.5,4.5 31.5,4.5",
    "-": "4.5,35 17.5,35",
    ".": "4.5,4.5 4.6,4.6",
    " ": "",
}
DIE_WIDTHS = {"1": 18.0, "I": 9.0, ".": 9.2, " ": 18.0, "-": 22.0}
SLASHED = RING + "; 8,12 28,58"
DOTTED = RING + "; 18,33 18,37"
SQUARE_O = "4.5,65.5/5 31.5,65.5/5 31.5,4.5/5 4.5,4.5/5 z"
STRAIGHT = {"6": "25,65.5 6,33; " + LOOP_6, "9": "11,4.5 30,37; " + LOOP_9}
FLAT_3 = "4.5,65.5 31.5,65.5 16,40; 16,40 31.5,40/13 31.5,4.5/13 4.5,4.5/13 4.5,18"
OPEN_4 = "8,65.5 4.5,24 31.5,24; 23,44 23,4.5"
SHORT_M = "4.5,4.5 4.5,65.5 18,38 31.5,65.5 31.5,4.5"
SHORT_W = "4.5,65.5 9.5,4.5 18,32 26.5,4.5 31.5,65.5"
SPUR_G = "31.5,51 31.5,65.5/13 4.5,65.5/13 4.5,4.5/13 31.5,4.5/13 31.5,32 19,32; 31.5,4.5 31.5,20"
SHORT_T = "4.5,65.5 21.5,65.5; 13,65.5 13,4.5"
SERIF_I = "4.5,65.5 21.5,65.5; 13,65.5 13,4.5; 4.5,4.5 21.5,4.5"
WIDE_I = "4.5,65.5 27.5,65.5; 16,65.5 16,4.5; 4.5,4.5 27.5,4.5"
BARE_1 = "5,54 14,65.5 14,4.5"
# A short tail inside the ring: nothing but a tick at its foot parts a Q from an O.
INNER_Q = RING + "; 16,19 22,4.5"
LEANING_4 = "18,65.5 4.5,16 31.5,16; 24,35 24,4.5"
HIGH_W = "4.5,65.5 9,4.5 18,42 27,4.5 31.5,65.5"
FOOT_1 = "4.5,55 13,65.5 13,4.5; 4.5,4.5 21.5,4.5"
# Arms that end in a beak towards the others, as Virginia's do: an E is nearly closed, a T has ears.
BEAKED = {
    "1": FOOT_1,
    "2": "4.5,48 4.5,65.5/13 31.5,65.5/13 31.5,42/8 4.5,9 4.5,4.5 31.5,4.5 31.5,17",
    "5": "30,65.5 5,65.5 5,40 31.5,40/13 31.5,4.5/13 4.5,4.5/13 4.5,20",
    "7": "4.5,53 4.5,65.5 31.5,65.5 14,4.5",
    "C": "31.5,49 31.5,65.5/13 4.5,65.5/13 4.5,4.5/13 31.5,4.5/13 31.5,19; 31.5,46 31.5,65.5",
    "E": "30,49 30,65.5 4.5,65.5 4.5,4.5 30,4.5 33.5,21; 4.5,36 22,36; 22,30 22,42",
    "F": "31.5,49 31.5,65.5 4.5,65.5 4.5,4.5; 4.5,35 23,35; 23,29 23,41",
    "G": "31.5,49 31.5,65.5/13 4.5,65.5/13 4.5,4.5/13 31.5,4.5/13 31.5,29 20,29; "
    "31.5,46 31.5,65.5; 31.5,4.5 31.5,29 34,29",
    "I": "4.5,65.5 13.5,65.5; 9,65.5 9,4.5; 4.5,4.5 13.5,4.5",
    "L": "4.5,65.5 4.5,4.5 30,4.5 33,21",
    "M": "4.5,4.5 4.5,65.5 18,15 31.5,65.5 31.5,4.5",
    "S": "31.5,51 31.5,65.5/12 4.5,65.5/13 4.5,36/13 31.5,34/13 31.5,4.5/13 4.5,4.5/13 4.5,20; "
    "31.5,48 31.5,65.5; 4.5,22 4.5,4.5",
    "T": "4.5,51 4.5,65.5 31.5,65.5 31.5,51; 18,65.5 18,4.5",
    "Z": "4.5,52 4.5,65.5 31.5,65.5 4.5,4.5 31.5,4.5 31.5,18",
}
# Where a serif die puts a bar across a stem's end.
SERIFS = {
    "4": ((24, 4.5),), "7": ((14, 4.5),), "A": ((4.5, 4.5), (31.5, 4.5)),
    "B": ((4.5, 4.5), (4.5, 65.5)), "D": ((4.5, 4.5), (4.5, 65.5)),
    "E": ((4.5, 4.5), (4.5, 65.5)), "F": ((4.5, 4.5), (4.5, 65.5)),
    "H": ((4.5, 4.5), (4.5, 65.5), (31.5, 4.5), (31.5, 65.5)), "J": ((31.5, 65.5),),
    "K": ((4.5, 4.5), (4.5, 65.5), (31.5, 4.5), (31.5, 65.5)), "L": ((4.5, 4.5), (4.5, 65.5)),
    "M": ((4.5, 4.5), (31.5, 4.5)), "N": ((4.5, 4.5), (31.5, 65.5)),
    "P": ((4.5, 4.5), (4.5, 65.5)), "R": ((4.5, 4.5), (4.5, 65.5), (31.5, 4.5)),
    "T": ((18, 4.5),), "U": ((4.5, 65.5), (31.5, 65.5)), "V": ((4.5, 65.5), (31.5, 65.5)),
    "W": ((4.5, 65.5), (31.5, 65.5)), "X": ((4.5, 4.5), (4.5, 65.5), (31.5, 4.5), (31.5, 65.5)),
    "Y": ((4.5, 65.5), (31.5, 65.5), (18, 4.5)),
}  # fmt: skip


def die(
    name: str,
    *,
    width: float,
    stroke: float,
    gap: float = 8.0,
    roundness: float = 1.0,
    serif: float = 0.0,
    glyphs: dict[str, str] | None = None,
    widths: dict[str, float] | None = None,
) -> Design:
    """Return a face made of the dies' centre lines.

    Args:
        name: of the face.
        width: of a character's box, mm; the height stays 70 mm.
        stroke: width of the strokes, mm.
        gap: clear space between two boxes, mm.
        roundness: of the corners, 1 as drawn, less for squarer ones.
        serif: half of the length of the bars at stems' ends, mm; 0 for none.
        glyphs: strokes that differ from the dies' usual ones, in their frame.
        widths: boxes that go with these, in their frame.
    """
    frame_w, frame_h, frame_stroke = FRAME
    across = (width - 2 * serif - stroke) / (frame_w - frame_stroke)
    up = (frame_h - stroke) / (frame_h - frame_stroke)

    def moved(x: float, y: float, r: float, spare: float) -> str:
        x = spare + stroke / 2 + (x - frame_stroke / 2) * across
        y = stroke / 2 + (y - frame_stroke / 2) * up
        return f"{x:.3f},{y:.3f}/{r * roundness * min(across, up):.3f}"

    drawn, boxes = {}, {}
    special = DIE_WIDTHS | (widths or {})
    for char, strokes in (DIE_STROKES | (glyphs or {})).items():
        spare = serif if char in SERIFS else 0.0
        runs = [
            " ".join(moved(*corner, spare) for corner in corners) + (" z" if closed else "")
            for corners, closed in parse_strokes(strokes)
        ]
        for x, y in SERIFS.get(char, ()) if serif else ():
            left, right = moved(x, y, 0, spare - serif), moved(x, y, 0, spare + serif)
            runs.append(f"{left} {right}")
        drawn[char] = "; ".join(runs)
        box = special.get(char, frame_w)
        boxes[char] = (box - frame_stroke) * across + stroke + 2 * spare
    return Design(
        name=name, height=frame_h, digit_width=width, letter_width=width, stroke=stroke, gap=gap,
        glyphs=drawn, widths=boxes, round_ends=True,
    )  # fmt: skip


DIES = (
    die("Die Round", width=36, stroke=9, glyphs={"I": SERIF_I}, widths={"I": 26.0}),
    die(
        "Die Slashed", width=35, stroke=9.5,
        glyphs={
            "0": SLASHED, "3": FLAT_3, "4": OPEN_4, **STRAIGHT, "T": SHORT_T, "G": SPUR_G,
            "I": SERIF_I, "Q": INNER_Q,
        },
        widths={"T": 26.0, "I": 26.0},
    ),
    die(
        "Die Square", width=34, stroke=9, roundness=0.5,
        glyphs={"0": DOTTED, "O": SQUARE_O, "M": SHORT_M, "W": SHORT_W, "1": "4.5,4.5 4.5,65.5"},
        widths={"1": 9.0},
    ),
    die(
        "Die Serif", width=40, stroke=8, serif=4.5, gap=6,
        glyphs={"1": FOOT_1, "I": SERIF_I, "O": SQUARE_O, "G": SPUR_G},
        widths={"1": 26.0, "I": 26.0},
    ),
    die(
        "Die Beaked", width=34, stroke=8, serif=3, gap=6, roundness=0.9, glyphs=BEAKED,
        widths={"1": 26.0, "I": 18.0},
    ),
    die(
        "Die Narrow", width=26, stroke=7.5, roundness=0.9, gap=7,
        glyphs={
            "0": SLASHED, "1": FOOT_1, "I": SERIF_I, "T": SHORT_T, "M": SHORT_M, **STRAIGHT,
            "Q": INNER_Q,
        },
        widths={"1": 26.0, "I": 26.0, "T": 26.0},
    ),
    die(
        "Die Bold", width=40, stroke=13, gap=7,
        glyphs={"0": DOTTED, "3": FLAT_3, "O": SQUARE_O, "I": SERIF_I, "4": OPEN_4},
        widths={"I": 26.0},
    ),
    die(
        "Die Thin", width=33, stroke=6.5, gap=9, roundness=0.8,
        glyphs={"1": FOOT_1, "I": SERIF_I, "G": SPUR_G, "W": SHORT_W, **STRAIGHT},
        widths={"1": 26.0, "I": 26.0},
    ),
    die(
        "Die Tall", width=31, stroke=8, gap=7,
        glyphs={
            "1": BARE_1, "4": LEANING_4, "I": WIDE_I, "Q": INNER_Q, "W": HIGH_W, **STRAIGHT,
            "M": "4.5,4.5 4.5,65.5 18,27 31.5,65.5 31.5,4.5",
        },
        widths={"1": 18.5, "I": 32.0},
    ),
)  # fmt: skip


def towards(start: Corner, end: Corner, distance: float) -> tuple[float, float]:
    """Return the point `distance` mm from `start` on the way to `end`."""
    part = distance / math.dist(start[:2], end[:2])
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])


def arm(before: Corner, corner: Corner, after: Corner) -> float:
    """Return how long the control arms of a rounded corner are, for a circle's arc.

    The arc that turns by t and leaves its tangents r before their crossing has arms of
    (4/3) tan(t/4) / tan(t/2) r: 0.552 r for a right angle.
    """
    heading_in = math.atan2(corner[1] - before[1], corner[0] - before[0])
    heading_out = math.atan2(after[1] - corner[1], after[0] - corner[0])
    turn = abs(math.remainder(heading_out - heading_in, math.tau))
    return corner[2] * 4 / 3 * math.tan(turn / 4) / math.tan(turn / 2)


def centre_line(corners: list[Corner], closed: bool) -> pathops.Path:
    """Return a stroke's centre line, its corners rounded.

    Args:
        corners: (x, y, rounding) in font units; an open stroke's ends are never rounded.
        closed: whether the last corner joins the first.

    Raises:
        ValueError: if two roundings need more than the line between them.
    """
    count = len(corners)
    for index in range(0 if closed else 1, count):
        room = math.dist(corners[index - 1][:2], corners[index][:2])
        ends = [at for at in (index - 1, index) if closed or at not in (0, count - 1)]
        if sum(corners[at][2] for at in ends) > room + 1e-6:
            raise ValueError(f"roundings overlap between {corners[index - 1]} and {corners[index]}")
    path = pathops.Path()
    pen = path.getPen()
    for index, corner in enumerate(corners):
        draw = pen.lineTo if index else pen.moveTo
        if not corner[2] or (not closed and index in (0, count - 1)):
            draw(corner[:2])
            continue
        before, after = corners[index - 1], corners[(index + 1) % count]
        reach = corner[2] - arm(before, corner, after)
        draw(towards(corner, before, corner[2]))
        pen.curveTo(
            towards(corner, before, reach),
            towards(corner, after, reach),
            towards(corner, after, corner[2]),
        )
    if closed:
        pen.closePath()
    else:
        pen.endPath()
    return path


def rectangle(x0: float, y0: float, x1: float, y1: float) -> pathops.Path:
    """Return a filled rectangle."""
    path = pathops.Path()
    pen = path.getPen()
    pen.moveTo((x0, y0))
    for point in ((x1, y0), (x1, y1), (x0, y1)):
        pen.lineTo(point)
    pen.closePath()
    return path


def widen(design: Design, strokes: str, width: float, height: float) -> pathops.Path:
    """Return the outline of a glyph in font units, clipped to its box.

    Args:
        design: the face; gives the stroke's width and the height that `strokes` is drawn for.
        strokes: the glyph's strokes, as in `Design.glyphs`.
        width: width of the box in mm.
        height: height of the box in mm; less than the design's squeezes the glyph from above.
    """
    # The centre lines are squeezed, not the edges: strokes keep their width and stay in the box.
    edge = design.stroke / 2
    squeeze = (height - design.stroke) / (design.height - design.stroke)
    outline = pathops.Path()
    for corners, closed in parse_strokes(strokes):
        scaled = [
            (x * UNITS_PER_MM, (edge + (y - edge) * squeeze) * UNITS_PER_MM, r * UNITS_PER_MM)
            for x, y, r in corners
        ]
        path = centre_line(scaled, closed)
        cap, join = pathops.LineCap.BUTT_CAP, pathops.LineJoin.MITER_JOIN
        if design.round_ends:
            cap, join = pathops.LineCap.ROUND_CAP, pathops.LineJoin.ROUND_JOIN
        path.stroke(design.stroke * UNITS_PER_MM, cap, join, 4)
        path.convertConicsToQuads()
        path.simplify(fix_winding=True)
        outline = pathops.op(outline, path, pathops.PathOp.UNION)
    box = rectangle(0, 0, width * UNITS_PER_MM, height * UNITS_PER_MM)
    return pathops.op(outline, box, pathops.PathOp.INTERSECTION)


def outline_of(design: Design, character: str) -> pathops.Path:
    """Return a character's outline in font units; umlauts are a lower letter under two dots."""
    width = design.width(character)
    base = UMLAUTS.get(character)
    if base is None:
        return widen(design, design.glyphs[character], width, design.height)
    dot = design.stroke * UNITS_PER_MM
    top = design.height * UNITS_PER_MM
    height = design.height - 1.45 * design.stroke
    outline = widen(design, design.glyphs[base], width, height)
    for centre in (0.27, 0.73):
        x = centre * width * UNITS_PER_MM - dot / 2
        outline = pathops.op(outline, rectangle(x, top - dot, x + dot, top), pathops.PathOp.UNION)
    return outline


def true_type(outline: pathops.Path, shift: float) -> Glyph:
    """Return an outline as a TrueType glyph, moved right by `shift` font units."""
    outline.simplify(fix_winding=True, clockwise=True)
    moved = outline.transform(1, 0, 0, 1, shift, 0)
    pen = TTGlyphPen(None)
    moved.draw(Cu2QuPen(RoundingPen(pen), max_err=0.5))
    glyph: Glyph = pen.glyph()
    return glyph


def build_face(design: Design, path: Path) -> None:
    """Write one face as TrueType.

    Args:
        design: what to draw.
        path: where the file goes; an existing one is overwritten.
    """
    characters = sorted({*design.glyphs, *UMLAUTS})
    names = {character: f"uni{ord(character):04X}" for character in characters}
    gap = design.gap * UNITS_PER_MM
    missing = pathops.op(
        rectangle(0, 0, 400, 700), rectangle(50, 50, 350, 650), pathops.PathOp.DIFFERENCE
    )
    glyphs = {".notdef": true_type(missing, 50)}
    metrics = {".notdef": (500, 50)}
    for character in characters:
        glyph = true_type(outline_of(design, character), gap / 2)
        glyphs[names[character]] = glyph
        advance = round(design.width(character) * UNITS_PER_MM + gap)
        metrics[names[character]] = (advance, 0)
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord(character): name for character, name in names.items()})
    builder.setupGlyf(glyphs)
    for name, (advance, _) in metrics.items():
        metrics[name] = (advance, getattr(builder.font["glyf"][name], "xMin", 0))
    builder.setupHorizontalMetrics(metrics)
    ascent = round(design.height * UNITS_PER_MM) + 60
    builder.setupHorizontalHeader(ascent=ascent, descent=-60)
    family = f"Platewright {design.name}"
    builder.setupNameTable(
        {
            "copyright": "Copyright 2026 The Platewright Authors",
            "familyName": family,
            "styleName": "Regular",
            "uniqueFontIdentifier": f"{family} Regular 1.0",
            "fullName": f"{family} Regular",
            "version": "Version 1.0",
            "psName": design.stem,
            "licenseDescription": "This Font Software is licensed under the SIL Open Font License, "
            "Version 1.1.",
        }
    )
    builder.setupOS2(
        sTypoAscender=ascent,
        sTypoDescender=-60,
        usWinAscent=ascent,
        usWinDescent=60,
        sCapHeight=round(design.height * UNITS_PER_MM),
    )
    builder.setupPost()
    builder.updateHead(created=STAMP, modified=STAMP)
    builder.font.recalcTimestamp = False
    builder.save(path)


def build_all(folder: Path) -> list[Path]:
    """Write all faces into a folder and return their paths."""
    paths = []
    for design in (MONOLINE, DISTINCT, *DIES):
        path = folder / f"{design.stem}.ttf"
        build_face(design, path)
        paths.append(path)
    return paths


if __name__ == "__main__":
    for written in build_all(HERE):
        print(written.name)
