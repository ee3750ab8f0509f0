"""Things that look like plates and are none: words, marks, slats, windows, bar codes, captions."""

from __future__ import annotations

from dataclasses import fields

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.mark import draw_sketch
from platewright.region.chance import stream
from platewright.region.colour import luma
from platewright.region.mark import choose_mark
from platewright.region.script import KINDS as SCRIPTS
from platewright.region.script import draw_text
from platewright.synth.lettering import draw_caption, draw_words
from platewright.synth.script import draw_script, word_mask
from platewright.synth.settings import DecoySettings

__all__ = ["KINDS", "draw_decoy"]

Picture = NDArray[np.uint8]

KINDS = tuple(f.name for f in fields(DecoySettings))


def draw_decoy(rng: np.random.Generator, kind: str) -> tuple[Picture, Picture]:
    """Draw one decoy, flat and grey.

    Args:
        rng: random numbers.
        kind: one of `KINDS`.

    Returns:
        The picture and its alpha, both (H, W) uint8.
    """
    back, fore = _two_levels(rng)
    if kind == "words":
        picture, ink = draw_words(
            rng, int(rng.integers(14, 40)), int(rng.integers(1, 4)), back=back, fore=fore
        )
        return picture, ink  # the letters alone, on whatever they lie
    if kind == "sign":
        lines = [
            draw_words(
                rng, int(rng.integers(10, 26)), int(rng.integers(1, 4)), back=back, fore=fore
            )[0]
            for _ in range(int(rng.choice([3, 4, 5, 1], p=[0.4, 0.25, 0.15, 0.2])))
        ]
        width = max(r.shape[1] for r in lines)
        sign = np.vstack(
            [
                cv2.copyMakeBorder(r, 0, 0, 0, width - r.shape[1], cv2.BORDER_CONSTANT, value=back)
                for r in lines
            ]
        ).astype(np.uint8)
        return sign, np.full(sign.shape, 255, np.uint8)
    if kind == "front":  # a shop's: one long board, its name large
        name, _ = draw_words(
            rng, int(rng.integers(20, 44)), int(rng.integers(1, 3)), back=back, fore=fore
        )
        tall, wide = name.shape
        board = np.full((tall + 8, int(wide * rng.uniform(1.1, 2.2))), back, np.uint8)
        at = int(rng.integers(board.shape[1] - wide + 1))
        board[4 : 4 + tall, at : at + wide] = name
        if rng.random() < 0.6:
            cv2.rectangle(board, (0, 0), (board.shape[1] - 1, board.shape[0] - 1), fore, 2)
        return board, np.full(board.shape, 255, np.uint8)
    if kind == "sticker":  # round or rounded, with a word or a number
        return _sticker(rng, back, fore)
    if kind == "caption":
        return draw_caption(rng, back=back, fore=fore)
    if kind == "script":
        tall = int(rng.integers(16, 44))
        ink = _written(rng, tall) if rng.random() < 0.6 else _made_up(rng, tall)
        ink = np.asarray(cv2.copyMakeBorder(ink, 4, 4, 4, 4, cv2.BORDER_CONSTANT), np.uint8)
        picture = np.asarray(back + ink.astype(np.float32) / 255 * (fore - back), np.uint8)
        return picture, ink if rng.random() < 0.5 else np.full(ink.shape, 255, np.uint8)
    if kind == "mark":
        return _mark(rng, back, fore)
    height, width = int(rng.integers(30, 110)), int(rng.integers(60, 240))
    picture = np.full((height, width), back, np.uint8)
    if kind == "slats":
        step = int(rng.integers(4, 22))
        thick = max(int(step * rng.uniform(0.2, 0.8)), 1)
        upright = rng.random() < 0.55
        for at in range(0, width if upright else height, step):
            view = picture[:, at : at + thick] if upright else picture[at : at + thick]
            view[:] = fore
    elif kind == "grid":
        rows, cols = int(rng.integers(1, 5)), int(rng.integers(2, 9))
        gap = rng.uniform(0.1, 0.4)
        for r in range(rows):
            for c in range(cols):
                y0, y1 = int((r + gap / 2) * height / rows), int((r + 1 - gap / 2) * height / rows)
                x0, x1 = int((c + gap / 2) * width / cols), int((c + 1 - gap / 2) * width / cols)
                picture[y0:y1, x0:x1] = int(np.clip(fore + rng.normal(0, 20), 0, 255))
    elif kind == "barcode":
        at = 4
        while at < width - 6:
            thick = int(rng.integers(1, 5))
            picture[3 : height - 3, at : at + thick] = fore
            at += thick + int(rng.integers(1, 5))
    elif kind == "shapes":
        for _ in range(int(rng.integers(2, 9))):
            spot = (int(rng.integers(width)), int(rng.integers(height)))
            axes = (int(rng.integers(3, 30)), int(rng.integers(3, 30)))
            level = int(rng.integers(0, 256))
            thick = -1 if rng.random() < 0.6 else 2
            cv2.ellipse(
                picture, spot, axes, float(rng.uniform(0, 180)), 0, 360, level, thick, cv2.LINE_AA
            )
    else:
        step = int(rng.integers(6, 18))
        for at in range(-height, width + height, step):
            cv2.line(picture, (at, 0), (at + height, height), fore, max(step // 4, 1), cv2.LINE_AA)
            cv2.line(picture, (at, height), (at + height, 0), fore, max(step // 4, 1), cv2.LINE_AA)
    return picture, np.full(picture.shape, 255, np.uint8)


def _mark(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
    """Draw a mark alone or on a card, as badges, flags and signs have them."""
    name = choose_mark(("any",), stream(rng))
    sketch, tall = draw_sketch(name, int(rng.integers(4096))), int(rng.integers(20, 80))
    named = {"main": fore, "second": back, "third": (back + fore) // 2, "paper": back}
    levels = [named[t] if t in named else luma(_rgb(t)) for t in sketch.tones]
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


def _rgb(tone: str) -> tuple[int, int, int]:
    return int(tone[1:3], 16), int(tone[3:5], 16), int(tone[5:7], 16)


def _sticker(rng: np.random.Generator, back: int, fore: int) -> tuple[Picture, Picture]:
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
