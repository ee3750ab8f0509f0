"""Writing that is no registration: words of other scripts in faces of their own, and made-up ones.

Plates bear Arabic, Devanagari, Bengali, Thai, Chinese or Khmer beside their Latin text, and signs
are full of them. A reader of Latin letters need not know these, only that they are none of its own.
"""

import unicodedata
import zlib
from functools import cache, lru_cache
from pathlib import Path
from string import ascii_uppercase

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from platewright.geometry import Picture
from platewright.region.choice import KINDS, MADE_UP
from platewright.synth.face import FONTS_FOLDER, characters_of

SCRIPTS_FOLDER = FONTS_FOLDER / "scripts"
UNIT = 48  #: Height of the writing while it is drawn, pixels
BEFORE = frozenset("िিেৈெேைෙේෛេែៃေ")
"""Vowel signs that are written after their consonant and stand before it."""
LATIN = ("Barlow-SemiBold", "Overpass-SemiBold", "ArchivoNarrow-SemiBold", "Oswald-Medium")
"""Faces of A-Z in words of scripts whose own faces have none: دبي beside DUBAI."""
BACKWARDS = ("arabic", "persian", "urdu", "hebrew")


@cache
def script_faces(kind: str) -> tuple[Path, ...]:
    """Return the faces that have a script's digits and letters, sorted."""
    needed = set(KINDS[kind].letters + KINDS[kind].digits) - set("0123456789")
    files = sorted([*SCRIPTS_FOLDER.glob("*.ttf"), *SCRIPTS_FOLDER.glob("*.otf")])
    return tuple(path for path in files if needed <= characters_of(path))


@cache
def _forms() -> dict[str, dict[str, str]]:
    """Return the presentation forms of Arabic letters: by letter or pair, by where it stands."""
    found: dict[str, dict[str, str]] = {}
    for code in (*range(0xFB50, 0xFC00), *range(0xFE70, 0xFEFD)):
        how, *letters = unicodedata.decomposition(chr(code)).split() or [""]
        if how in ("<isolated>", "<initial>", "<medial>", "<final>"):
            key = "".join(chr(int(letter, 16)) for letter in letters)
            found.setdefault(key, {})[how[1:-1]] = chr(code)
    return found


def shape(text: str, kind: str) -> str:
    """Return a text's characters from left to right, as a face without tables can draw them.

    Arabic letters are joined (Unicode's presentation forms, lam-alef as one), writing that runs
    from the right is turned round, numbers and Latin words in it are not, and vowel signs that
    stand before their consonant come there.

    >>> [hex(ord(c)) for c in shape("بب١٢", "arabic")]
    ['0x661', '0x662', '0xfe90', '0xfe91']
    """
    if kind in BACKWARDS:
        joined = text if kind == "hebrew" else _joined(text)
        out: list[str] = []
        number = ""
        for char in joined:
            if char.isdecimal() or (char.isascii() and char.isalpha()):
                number += char
                continue
            out += [number] if number else []
            number = ""
            out.append(char)
        return "".join(reversed([*out, number]))
    moved: list[str] = []
    if kind in ("bengali", "tamil", "sinhala"):
        text = unicodedata.normalize("NFD", text)  # vowel signs round their consonant: two halves
    for char in text:
        moved.insert(len(moved) - 1 if char in BEFORE and moved else len(moved), char)
    return "".join(moved)


def _joined(text: str) -> str:
    """Return Arabic letters in the forms that they take beside each other."""
    forms = _forms()
    units: list[str] = []
    for char in text:
        pair = units[-1] + char if units else ""
        if len(pair) == 2 and pair[0] == "ل" and pair in forms:
            units[-1] = pair
        else:
            units.append(char)
    out = ""
    for k, unit in enumerate(units):
        own = forms.get(unit, {})
        before = forms.get(units[k - 1], {}) if k else {}
        after = forms.get(units[k + 1], {}) if k + 1 < len(units) else {}
        tied = "initial" in before and "final" in own
        ties = "initial" in own and "final" in after
        how = ("isolated", "initial", "final", "medial")[2 * tied + ties]
        out += own.get(how, unit)
    return out


def word_mask(kind: str, text: str, variant: int) -> Picture:
    """Return the ink of a writing, cropped to it.

    Args:
        text: what is written; `|` begins a new line below. Of made-up writing, its number.
        variant: any number; says which of the script's faces is taken.

    Returns:
        (H, W) 0-255; a line is some `UNIT` px high.
    """
    if kind == MADE_UP:
        return _made_up(int(text))
    faces = [path for path in script_faces(kind) if _has(path, text)]
    return _mask(faces[variant % len(faces)] if faces else None, kind, text)


def _has(path: Path, text: str) -> bool:
    return characters_of(path).issuperset(set(text) - {"|", " ", *ascii_uppercase})


def _face(path: Path, word: str) -> Path:
    """Return the face that a word is drawn in: a script's own, or a Latin one."""
    if characters_of(path).issuperset(word):
        return path
    number = zlib.crc32(word.encode() + path.stem.encode())
    return FONTS_FOLDER / f"{LATIN[number % len(LATIN)]}.ttf"


@lru_cache(maxsize=4096)
def _mask(path: Path | None, kind: str, text: str) -> Picture:
    lines = [_line(path, shape(line, kind)) for line in text.split("|")] if path else []
    lines = [line for line in lines if line.size]
    if not lines:
        return np.zeros((UNIT, UNIT), np.uint8)
    width = max(line.shape[1] for line in lines)
    gap = np.zeros((UNIT // 6, width), np.uint8)
    rows: list[Picture] = []
    for line in lines:
        left = (width - line.shape[1]) // 2
        right = width - line.shape[1] - left
        padded = cv2.copyMakeBorder(line, 0, 0, left, right, cv2.BORDER_CONSTANT, value=0)
        rows += [gap, np.asarray(padded, np.uint8)]
    return np.concatenate(rows[1:])


def _line(path: Path, text: str) -> Picture:
    words = text.split(" ")  # the faces have no space and would draw a box for it
    fonts = [_font(_face(path, word)) for word in words]
    boxes = [font.getbbox(word, anchor="ls") for font, word in zip(fonts, words, strict=True)]
    top, bottom = (int(f(box[k] for box in boxes)) for f, k in ((min, 1), (max, 3)))
    long = sum(font.getlength(word) for font, word in zip(fonts, words, strict=True))
    wide = int(long) + len(words) * UNIT // 5 + UNIT
    picture = Image.new("L", (wide, max(bottom - top, 1) + 4))
    x = 2.0 - int(boxes[0][0])
    for font, word in zip(fonts, words, strict=True):
        ImageDraw.Draw(picture).text((x, 2 - top), word, font=font, fill=255, anchor="ls")
        x += font.getlength(word) + UNIT / 5
    mask = np.asarray(picture)
    rows, cols = np.flatnonzero(mask.max(axis=1) > 40), np.flatnonzero(mask.max(axis=0) > 40)
    if not rows.size:
        return np.zeros((0, 0), np.uint8)
    return np.ascontiguousarray(mask[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1])


@cache
def _font(path: Path) -> ImageFont.FreeTypeFont:
    # The basic layout is the same wherever Pillow runs; Raqm's is there or not.
    return ImageFont.truetype(str(path), UNIT, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=256)
def _made_up(number: int) -> Picture:
    rng = np.random.default_rng(number)
    return draw_script(rng, (UNIT, int(UNIT * rng.uniform(1.2, 6.0))))


def draw_script(rng: np.random.Generator, size: tuple[int, int]) -> Picture:
    """Draw one line of made-up writing.

    Args:
        size: (height, width) px of the result.

    Returns:
        (height, width) ink mask, 0-255.
    """
    height, width = max(size[0], 1), max(size[1], 1)
    length = int(np.clip(UNIT * width / height, UNIT // 2, 16 * UNIT))
    ink = np.zeros((UNIT, length), np.uint8)
    thick = int(rng.integers(3, 8))
    base = int(UNIT * rng.uniform(0.55, 0.72))
    joined = rng.random() < 0.5
    overline = rng.random() < 0.25  # as Devanagari has it
    x = thick
    while x < length - UNIT // 5:
        step = int(UNIT * rng.uniform(0.28, 0.75))
        _stroke(rng, ink, x, base, step, thick)
        if rng.random() < 0.55:
            _dots(rng, ink, x + step // 2, base, thick)
        if joined and rng.random() < 0.75:
            cv2.line(ink, (x, base), (x + step, base), 255, thick, cv2.LINE_AA)
        x += step + (0 if joined else thick)
        if rng.random() < 0.12:
            x += UNIT // 3
    if overline:
        top = int(UNIT * 0.2)
        cv2.line(ink, (0, top), (length, top), 255, thick, cv2.LINE_AA)
    how = cv2.INTER_AREA if height < UNIT else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(ink, (width, height), interpolation=how), np.uint8)


def _stroke(
    rng: np.random.Generator, ink: Picture, x: int, base: int, step: int, thick: int
) -> None:
    """Draw one letter's body: an upright, a bowl, a loop or a bent line."""
    kind = int(rng.integers(5))
    if kind == 0:
        top = int(UNIT * rng.uniform(0.1, 0.35))
        lean = int(rng.integers(-4, 5))
        cv2.line(ink, (x + step // 2, base), (x + step // 2 + lean, top), 255, thick, cv2.LINE_AA)
    elif kind == 1:
        axes = (max(step // 2, 2), int(UNIT * rng.uniform(0.12, 0.3)))
        first = int(rng.integers(0, 90))
        turn = int(rng.integers(150, 250))
        centre = (x + step // 2, base)
        cv2.ellipse(ink, centre, axes, 0, first, first + turn, 255, thick, cv2.LINE_AA)
    elif kind == 2:
        radius = max(int(UNIT * rng.uniform(0.08, 0.2)), 2)
        cv2.circle(ink, (x + step // 2, base - radius), radius, 255, thick, cv2.LINE_AA)
    elif kind == 3:
        y = base + rng.integers(-UNIT // 3, UNIT // 4, 4)
        points = np.stack([np.linspace(x, x + step, 4), y], axis=1).astype(np.int32)
        cv2.polylines(ink, [points], False, (255,), thick, cv2.LINE_AA)
    else:
        axes = (max(step // 3, 2), int(UNIT * rng.uniform(0.15, 0.35)))
        cv2.ellipse(
            ink, (x + step // 2, base - axes[1] // 2), axes, float(rng.uniform(-40, 40)),
            int(rng.integers(360)), int(rng.integers(360, 640)), 255, thick, cv2.LINE_AA,
        )  # fmt: skip


def _dots(rng: np.random.Generator, ink: Picture, x: int, base: int, thick: int) -> None:
    """Put one to three dots above or below."""
    y = base + (UNIT // 5 if rng.random() < 0.4 else -UNIT // 3)
    for k in range(int(rng.integers(1, 4))):
        cv2.circle(ink, (x + k * (thick + 2), y), max(thick // 2, 1), 255, -1, cv2.LINE_AA)
