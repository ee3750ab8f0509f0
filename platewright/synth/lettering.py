"""Lettering that is no plate's: words, and what cameras and agencies write over photos."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from platewright.synth.face import Face, load_face, load_faces
from platewright.synth.layout import lay_out_line

__all__ = ["WORDS", "draw_caption", "draw_words"]

Picture = NDArray[np.uint8]

WORDS = (
    "open",
    "sale",
    "shop",
    "exit",
    "taxi",
    "hotel",
    "bank",
    "cafe",
    "police",
    "market",
    "street",
    "school",
    "parking",
    "turbo",
    "diesel",
    "service",
    "welcome",
    "the",
    "and",
    "for",
    "with",
    "your",
    "auto",
    "center",
    "express",
    "fresh",
    "food",
    "pizza",
    "coffee",
    "books",
    "music",
    "north",
    "south",
    "road",
    "keep",
    "left",
    "right",
    "slow",
    "stop",
    "danger",
    "private",
    "entry",
    "phone",
    "call",
    "now",
    "free",
    "best",
    "quality",
    "sport",
    "limited",
    "edition",
    "hybrid",
    "electric",
    "automatic",
    "creta",
    "swift",
    "corolla",
    "civic",
    "golf",
    "polo",
    "transit",
    "daily",
    "news",
    "tickets",
    "travel",
    "tours",
    "airport",
    "station",
    "bus",
    "lorry",
    "horn",
    "please",
    "save",
    "tree",
    "goods",
    "carrier",
    "love",
    "life",
    "king",
    "baby",
    "on",
    "board",
    "van",
    "tourist",
    "permit",
    "army",
    "press",
    "doctor",
)


def draw_words(
    rng: np.random.Generator, height: int, words: int, *, back: int, fore: int
) -> tuple[Picture, Picture]:
    """Draw words in one line.

    Args:
        rng: random numbers.
        height: of a capital, pixels.
        words: how many.
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


def draw_caption(rng: np.random.Generator, *, back: int, fore: int) -> tuple[Picture, Picture]:
    """Draw what cameras and agencies write over photos: a time, a number or an address.

    Args:
        rng: random numbers.
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
    width = int(row[-1][3]) + 2 * pad
    ink = np.zeros((int(height * 1.45) + 2 * pad, width), np.uint8)
    for char, x0, y0, x1, y1 in row:
        mask = face.resized(char, max(round(x1 - x0), 1), max(round(y1 - y0), 1))
        top, left = max(round(y0) + pad, 0), round(x0) + pad
        part = ink[top : top + mask.shape[0], left : left + mask.shape[1]]
        np.maximum(part, mask[: part.shape[0], : part.shape[1]], out=part)
    weight = ink.astype(np.float32) / 255
    return np.asarray(back + weight * (fore - back), dtype=np.uint8), ink
