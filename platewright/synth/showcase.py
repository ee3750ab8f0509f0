"""Flat plates side by side: what the regions' files describe, without weather and camera."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from platewright.region import Look, jurisdictions, load_region
from platewright.synth.placement import PreparedPlate
from platewright.synth.settings import DEFAULT, PlateSettings
from platewright.synth.style import draw_style

__all__ = ["draw_showcase"]

Picture = NDArray[np.uint8]
TILE = (150, 232)
"""(height, width) of a plate's place, pixels."""
ROOM = (112, 212)
"""(height, width) that a plate may take of it."""
PX_PER_MM = 1.6
KEPT = (
    replace(
        DEFAULT.without_effects(),
        plate=PlateSettings(
            any_face=0.0, wild=0.0, mono=0.0, jitter=0.0, small=0.0, wide_gap=0.0, script=0.0,
            lean=0.0, mark=0.0, fill=0.0, haze=0.0,
        ),
    )
    .changed("emboss", scale=0.8)
    .changed("stroke", share=0.3, thin=0.0)
    .changed("gradient", share=1.0)
    .changed("texture", share=0.2)
    .changed("dirt", share=0.05)
    .changed("bolts", share=0.5)
    .changed("stickers", share=0.05)
)  # fmt: skip
"""Well-kept plates: what the rule book says, and light."""


def draw_showcase(codes: Sequence[str] = (), *, count: int = 48, seed: int = 0) -> Picture:
    """Draw a sheet of flat plates, each with its region and series.

    Args:
        codes: codes or files of regions; none: all. The sheet goes through them in turn, and
            through a region's series where it comes up again.
        count: plates on the sheet, eight in a row.
        seed: of the drawings.

    Returns:
        (H, W, 3) RGB picture.

    Raises:
        RegionError: if a region can't be used.
    """
    regions = [load_region(code) for code in (codes or _spread(count))]
    tiles = []
    for k in range(count):
        region = regions[k % len(regions)]
        rng = np.random.default_rng([seed, k])
        names = [s.name for s in sorted(region.series, key=lambda s: -s.weight) if s.weight]
        wanted = names[(k // len(regions)) % len(names)]
        look = region.draw(rng)
        for _ in range(400):
            if look.series == wanted:
                break
            look = region.draw(rng)
        tiles.append(_tile(rng, look, f"{region.name}: {look.series}"))
    columns = min(8, count)
    tiles += [np.full_like(tiles[0], 255)] * (-count % columns)
    rows = [np.hstack(tiles[k : k + columns]) for k in range(0, len(tiles), columns)]
    return np.asarray(np.vstack(rows), np.uint8)


def _spread(count: int) -> list[str]:
    """Return the codes of as many regions as are wanted, spread over all of them."""
    codes = list(jurisdictions())
    if len(codes) <= count:
        return codes
    return [codes[len(codes) * k // count] for k in range(count)]


def _tile(rng: np.random.Generator, look: Look, caption: str) -> Picture:
    style = draw_style(rng, look, KEPT)
    flat = PreparedPlate(look, style, PX_PER_MM * look.size_mm[1] / 1.3, grey=False).flat
    height, width = flat.image.shape[:2]
    scale = min(ROOM[0] / height, ROOM[1] / width, 0.42)
    size = (round(width * scale), round(height * scale))
    image = cv2.resize(flat.image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    alpha = cv2.resize(flat.alpha, size, interpolation=cv2.INTER_AREA)[..., None] / np.float32(255)
    tile = np.full((*TILE, 3), 255, np.uint8)
    y, x = (ROOM[0] + 14 - size[1]) // 2, (TILE[1] - size[0]) // 2
    mixed = alpha * image + (1 - alpha) * 255
    tile[y : y + size[1], x : x + size[0]] = np.clip(mixed, 0, 255).astype(np.uint8)
    outline = cv2.dilate((alpha[..., 0] > 0.5).astype(np.uint8), np.ones((3, 3), np.uint8))
    edge = outline - (alpha[..., 0] > 0.5)
    tile[y : y + size[1], x : x + size[0]][edge.astype(bool)] = 200
    picture = Image.fromarray(tile)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    plain = unicodedata.normalize("NFKD", caption)  # the small font knows ASCII alone
    caption = plain.encode("ascii", "ignore").decode()
    while font.getlength(caption) > TILE[1] - 8:
        caption = caption[:-2].rstrip(" .") + "."
    at = ((TILE[1] - font.getlength(caption)) / 2, ROOM[0] + 16)
    pen.text(at, caption, fill=(70, 70, 70), font=font)
    return np.asarray(picture)
