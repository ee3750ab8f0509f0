"""A contact sheet of all marks with their names."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from platewright.mark import mark_names
from platewright.synth.mark.paint import paint_mark
from platewright.synth.mark.style import MarkStyle

__all__ = ["draw_mark_sheet"]

Picture = NDArray[np.uint8]
TILE = (104, 128)
"""(height, width) of a mark's place, pixels."""
ROOM = (62, 112)
"""(height, width) that each of its drawings may take, with a second one beside it."""
COLUMNS = 12
PAPER, INK = (246, 246, 243), (26, 26, 30)
COLOURS = ((30, 62, 140), (176, 26, 36))


def draw_mark_sheet(seed: int = 0) -> Picture:
    """Draw every mark twice, each with its name below.

    Args:
        seed: picks which of a mark's drawings are shown.

    Returns:
        (H, W, 3) RGB picture.
    """
    tiles = [_tile(name, seed) for name in mark_names()]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[k : k + COLUMNS]) for k in range(0, len(tiles), COLUMNS)]
    return np.asarray(np.vstack(rows), np.uint8)


def _tile(name: str, seed: int) -> Picture:
    tile = np.full((*TILE, 3), 255, np.uint8)
    cv2.rectangle(tile, (1, 1), (TILE[1] - 2, TILE[0] - 2), PAPER, -1)
    for k, colour in enumerate(COLOURS):
        mark = MarkStyle(
            name=name, place="left", variant=2 * seed + k, text="", height=1.0, x=0.0, y=0.0,
            space=0.0, main=colour, second=(244, 226, 150) if k else PAPER, third=(44, 120, 62),
            mono=False, strength=1.0,
        )  # fmt: skip
        aspect = mark.sketch.aspect
        half = ROOM[1] / 2 if aspect < 1.6 else ROOM[1]
        tall = min(ROOM[0], half / aspect) if aspect < 1.6 else min(ROOM[0] / 2, half / aspect)
        wide = aspect * tall
        if aspect < 1.6:
            x, y = (8 + k * ROOM[1] / 2 + (half - wide) / 2, 8 + (ROOM[0] - tall) / 2)
        else:
            x, y = (8 + (half - wide) / 2, 8 + k * ROOM[0] / 2 + (ROOM[0] / 2 - tall) / 2)
        box = (x, y, x + 0.94 * wide, y + 0.94 * tall)
        paint_mark(tile, box, mark, paper=PAPER, ink=INK)
    picture = Image.fromarray(tile)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(12)
    at = ((TILE[1] - font.getlength(name)) / 2, TILE[0] - 24)
    pen.text(at, name, fill=(70, 70, 70), font=font)
    return np.asarray(picture)
