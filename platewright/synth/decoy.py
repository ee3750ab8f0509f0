"""Things that look like plates and are none: words, marks, slats, windows, bar codes, captions."""

from collections.abc import Callable

import cv2
import numpy as np

from platewright.geometry import Picture, shared_views
from platewright.mark import draw_sketch
from platewright.mark.pen import rgb_of
from platewright.region.chance import stream
from platewright.region.choice import KINDS as SCRIPTS
from platewright.region.choice import choose_mark, draw_text
from platewright.region.look import luma
from platewright.synth.face import Face, load_face, load_faces
from platewright.synth.layout import lay_out_line
from platewright.synth.script import draw_script, word_mask

WORDS = (
    "open", "sale", "shop", "exit", "taxi", "hotel", "bank", "cafe", "police", "market", "street",
    "school", "parking", "turbo", "diesel", "service", "welcome", "the", "and", "for", "with",
    "your", "auto", "center", "express", "fresh", "food", "pizza", "coffee", "books", "music",
    "north", "south", "road", "keep", "left", "right", "slow", "stop", "danger", "private", "entry",
    "phone", "call", "now", "free", "best", "quality", "sport", "limited", "edition", "hybrid",
    "electric", "automatic", "creta", "swift", "corolla", "civic", "golf", "polo", "transit",
    "daily", "news", "tickets", "travel", "tours", "airport", "station", "bus", "lorry", "horn",
    "please", "save", "tree", "goods", "carrier", "love", "life", "king", "baby", "on", "board",
    "van", "tourist", "permit", "army", "press", "doctor",
)  # fmt: skip


def draw_words(
    rng: np.random.Generator, height: int, words: int, *, back: int, fore: int
) -> tuple[Picture, Picture]:
    """Draw words in one line.

    Args:
        height: of a capital, pixels.
        back: grey level behind.
        fore: grey level of the letters.

    Returns:
        The grey picture and its ink mask, both (H, W).
    """
    faces = list(load_faces().values())
    face = load_face(faces[int(rng.integers(len(faces)))])
    chosen = [WORDS[int(rng.integers(len(WORDS)))] for _ in range(words)]
    style = rng.integers(4)
    if rng.random() < 0.25:
        chosen.append(_digits(rng, int(rng.integers(3, 9))))
    text = " ".join(chosen)
    text = text.upper() if style == 0 else (text.title() if style == 1 else text)
    return _draw_line(rng, face, text, height, back=back, fore=fore)


def draw_caption(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
    """Draw what cameras and agencies write over photos: a time, a number or an address.

    Args:
        back: grey level of the band behind, which lets the photo through.
        fore: grey level of the letters.

    Returns:
        The grey picture and its alpha, both (H, W).
    """
    clock = f"{rng.integers(24):02}:{rng.integers(60):02}:{rng.integers(60):02}"
    year, month, day = rng.integers(1995, 2035), rng.integers(1, 13), rng.integers(1, 29)
    word = WORDS[int(rng.integers(len(WORDS)))]
    text = (
        f"{year}-{month:02}-{day:02} {clock}",
        f"{day:02}/{month:02}/{year} {clock[:5]}",
        f"www.{word}{WORDS[int(rng.integers(len(WORDS)))]}.com",
        f"{word}.com - {_digits(rng, int(rng.integers(7, 11)))}",
        _digits(rng, int(rng.integers(6, 11))),
        f"CAM {_digits(rng, 2)} {clock[:5]}",
        f"{_digits(rng, 3)} {_digits(rng, 3)} {_digits(rng, 4)}",
    )[int(rng.integers(7))]
    faces = [load_face(face) for face in load_faces().values()]
    faces = [face for face in faces if all(face.has(c) for c in text)]
    face = faces[int(rng.integers(len(faces)))]
    picture, ink = _draw_line(rng, face, text, int(rng.integers(10, 30)), back=back, fore=fore)
    band = 0 if rng.random() < 0.4 else int(rng.integers(90, 256))
    strength = int(rng.integers(110, 256))
    alpha = np.maximum(ink.astype(np.uint16) * strength // 255, band).astype(np.uint8)
    return picture, alpha


def _digits(rng: np.random.Generator, count: int) -> str:
    return "".join(str(d) for d in rng.integers(0, 10, count))


def _draw_line(
    rng: np.random.Generator, face: Face, text: str, height: int, *, back: int, fore: int
) -> tuple[Picture, Picture]:
    """Draw what the face has of a text; returns the grey picture and its ink mask."""
    text = "".join(c for c in text if c == " " or face.has(c))
    row = lay_out_line(
        face,
        text,
        height=height,
        stretch=float(rng.uniform(0.7, 1.4)),
        spacing=height * float(rng.uniform(0.06, 0.3)),
        gap=height * 0.5,
    )
    if not row:
        return np.full((height, height), back, np.uint8), np.zeros((height, height), np.uint8)
    pad = int(height * rng.uniform(0.15, 0.8))
    width = int(row[-1].x1) + 2 * pad
    ink = np.zeros((int(height * 1.45) + 2 * pad, width), np.uint8)
    for char, x0, y0, x1, y1 in row:
        mask = face.resized(char, max(round(x1 - x0), 1), max(round(y1 - y0), 1))
        top, left = max(round(y0) + pad, 0), round(x0) + pad
        part, seen = shared_views(ink, mask, left, top)
        np.maximum(part, seen, out=part)
    weight = ink.astype(np.float32) / 255
    return np.asarray(back + weight * (fore - back), dtype=np.uint8), ink


def draw_decoy(rng: np.random.Generator, kind: str) -> tuple[Picture, Picture]:
    """Draw one decoy, flat and grey.

    Args:
        kind: of `KINDS`.

    Returns:
        The picture and its alpha, both (H, W) uint8.
    """
    back, fore = _two_levels(rng)
    return PAINTERS[kind](rng, back, fore)


def _opaque(picture: Picture) -> tuple[Picture, Picture]:
    return picture, np.full(picture.shape, 255, np.uint8)


def _words(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
    """Draw the letters alone, on whatever they lie."""
    height, count = int(rng.integers(14, 40)), int(rng.integers(1, 4))
    return draw_words(rng, height, count, back=back, fore=fore)


def _sign(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
    lines = [
        draw_words(rng, int(rng.integers(10, 26)), int(rng.integers(1, 4)), back=back, fore=fore)[0]
        for _ in range(int(rng.choice([3, 4, 5, 1], p=[0.4, 0.25, 0.15, 0.2])))
    ]
    width = max(line.shape[1] for line in lines)
    filled = [
        np.pad(line, ((0, 0), (0, width - line.shape[1])), constant_values=back) for line in lines
    ]
    return _opaque(np.vstack(filled))


def _front(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
    """Draw a shop's front: one long board, its name large."""
    height, count = int(rng.integers(20, 44)), int(rng.integers(1, 3))
    name, _ = draw_words(rng, height, count, back=back, fore=fore)
    tall, wide = name.shape
    board = np.full((tall + 8, int(wide * rng.uniform(1.1, 2.2))), back, np.uint8)
    left = int(rng.integers(board.shape[1] - wide + 1))
    board[4 : 4 + tall, left : left + wide] = name
    if rng.random() < 0.6:
        cv2.rectangle(board, (0, 0), (board.shape[1] - 1, board.shape[0] - 1), fore, 2)
    return _opaque(board)


def _script(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
    tall = int(rng.integers(16, 44))
    ink = np.pad(_written(rng, tall) if rng.random() < 0.6 else _made_up(rng, tall), 4)
    picture = np.asarray(back + ink.astype(np.float32) / 255 * (fore - back), np.uint8)
    return (picture, ink) if rng.random() < 0.5 else _opaque(picture)


def _sheet(rng: np.random.Generator, level: int) -> Picture:
    """Return an empty sheet for a pattern, (H, W)."""
    return np.full((int(rng.integers(30, 110)), int(rng.integers(60, 240))), level, np.uint8)


def _slats(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
    picture = _sheet(rng, back)
    step = int(rng.integers(4, 22))
    thick = max(int(step * rng.uniform(0.2, 0.8)), 1)
    across = picture.T if rng.random() < 0.55 else picture  # a view: slats that stand
    for start in range(0, len(across), step):
        across[start : start + thick] = fore
    return _opaque(picture)


def _grid(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
    picture = _sheet(rng, back)
    height, width = picture.shape
    rows, cols = int(rng.integers(1, 5)), int(rng.integers(2, 9))
    gap = rng.uniform(0.1, 0.4)
    for r in range(rows):
        for c in range(cols):
            y0, y1 = int((r + gap / 2) * height / rows), int((r + 1 - gap / 2) * height / rows)
            x0, x1 = int((c + gap / 2) * width / cols), int((c + 1 - gap / 2) * width / cols)
            picture[y0:y1, x0:x1] = int(np.clip(fore + rng.normal(0, 20), 0, 255))
    return _opaque(picture)


def _barcode(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
    picture = _sheet(rng, back)
    height, width = picture.shape
    left = 4
    while left < width - 6:
        thick = int(rng.integers(1, 5))
        picture[3 : height - 3, left : left + thick] = fore
        left += thick + int(rng.integers(1, 5))
    return _opaque(picture)


def _shapes(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
    picture = _sheet(rng, back)
    height, width = picture.shape
    for _ in range(int(rng.integers(2, 9))):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (int(rng.integers(3, 30)), int(rng.integers(3, 30)))
        level = int(rng.integers(0, 256))
        thick = -1 if rng.random() < 0.6 else 2
        turn = float(rng.uniform(0, 180))
        cv2.ellipse(picture, centre, axes, turn, 0, 360, level, thick, cv2.LINE_AA)
    return _opaque(picture)


def _mesh(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
    picture = _sheet(rng, back)
    height, width = picture.shape
    step = int(rng.integers(6, 18))
    thick = max(step // 4, 1)
    for x in range(-height, width + height, step):
        cv2.line(picture, (x, 0), (x + height, height), fore, thick, cv2.LINE_AA)
        cv2.line(picture, (x, height), (x + height, 0), fore, thick, cv2.LINE_AA)
    return _opaque(picture)


def _mark(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
    """Draw a mark alone or on a card, as badges, flags and signs have them."""
    name = choose_mark(("any",), stream(rng))
    sketch, tall = draw_sketch(name, int(rng.integers(4096))), int(rng.integers(20, 80))
    named = {"main": fore, "second": back, "third": (back + fore) // 2, "paper": back}
    levels = [named[t] if t in named else luma(rgb_of(t)) for t in sketch.tones]
    cover = sketch.coverage.astype(np.float32) / 255
    total = np.minimum(cover.sum(axis=2), 1)
    picture = cover @ np.array(levels, np.float32) + back * (1 - total)
    size = (max(round(tall * sketch.aspect), 4), tall)
    layers = [
        np.asarray(cv2.resize(np.clip(v, 0, 255), size, interpolation=cv2.INTER_AREA), np.uint8)
        for v in (picture, 255 * total)
    ]
    if rng.random() < 0.4:  # on a card
        layers[1][:] = 255
    pad = int(rng.integers(1, 8))
    picture, alpha = (
        cv2.copyMakeBorder(v, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=value)
        for v, value in zip(layers, (back, int(layers[1].min())), strict=True)
    )
    return np.asarray(picture, np.uint8), np.asarray(alpha, np.uint8)


def _sticker(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
    """Draw a sticker, round or rounded, with a word or a number."""
    word, _ = draw_words(rng, int(rng.integers(12, 30)), 1, back=back, fore=fore)
    tall, wide = word.shape
    round_one = rng.random() < 0.6
    size = (max(word.shape),) * 2 if round_one else (tall + 10, wide + 10)
    label = np.full(size, back, np.uint8)
    y, x = (size[0] - tall) // 2, (size[1] - wide) // 2
    label[y : y + tall, x : x + wide] = word
    alpha = np.zeros(size, np.uint8)
    if round_one:
        half = size[0] // 2
        cv2.circle(alpha, (half, half), half, 255, -1, cv2.LINE_AA)
        cv2.circle(label, (half, half), max(half - 2, 1), fore, 2, cv2.LINE_AA)
    else:
        alpha[3:-3] = 255
        alpha[:, 3:-3] = 255
    return label, alpha


def _two_levels(rng: np.random.Generator) -> tuple[int, int]:
    """Return two grey levels at least 40 apart."""
    back = int(rng.integers(0, 256))
    gap = int(rng.integers(40, 200))
    fore = (
        back + gap if (back + gap <= 255 and rng.random() < 0.5) or back - gap < 0 else back - gap
    )
    return back, int(np.clip(fore, 0, 255))


def _made_up(rng: np.random.Generator, tall: int) -> Picture:
    return draw_script(rng, (tall, int(tall * rng.uniform(1.5, 7))))


def _written(rng: np.random.Generator, tall: int) -> Picture:
    """Write one to three words of some script."""
    kind = sorted(SCRIPTS)[int(rng.integers(len(SCRIPTS)))]
    uniform = stream(rng)
    words = " ".join(draw_text(uniform, kind)[0] for _ in range(int(rng.integers(1, 4))))
    mask = word_mask(kind, words.replace("|", " "), int(rng.integers(99)))
    wide = max(round(mask.shape[1] * tall / mask.shape[0]), 1)
    return np.asarray(cv2.resize(mask, (wide, tall), interpolation=cv2.INTER_AREA), np.uint8)


Painter = Callable[[np.random.Generator, int, int], tuple[Picture, Picture]]
PAINTERS: dict[str, Painter] = {
    "words": _words, "sign": _sign, "front": _front, "sticker": _sticker, "caption": draw_caption,
    "script": _script, "mark": _mark, "slats": _slats, "grid": _grid, "barcode": _barcode,
    "shapes": _shapes, "mesh": _mesh,
}  # fmt: skip
"""What draws a decoy of each kind in two grey levels, that behind and that in front."""
KINDS = tuple(PAINTERS)
