"""How one sample came about, stage by stage, in one picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from platewright.record import SceneRecord
from platewright.synth.background import Backgrounds
from platewright.synth.camera import SHOWN
from platewright.synth.effect import PLATE, Drawn, effects_of
from platewright.synth.scene import SceneSettings, draw_scene
from platewright.synth.window import draw_window

__all__ = ["explain"]

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 480, 300
"""Size of a stage's picture at most, pixels."""
CAPTION = 118
GAP = 14
STYLE = (
    "face", "width", "size", "spacing", "gap", "script", "mono", "jitter", "shear", "fill",
)  # fmt: skip


def explain(
    seed: tuple[int, int], backgrounds: Backgrounds, settings: SceneSettings, *, scenes: bool
) -> tuple[Picture, SceneRecord]:
    """Draw one sample and lay its stages out side by side, with what was drawn for each.

    Args:
        seed: (seed, index) of the sample in its data set.
        backgrounds: as the data set has them.
        settings: as the data set has them.
        scenes: a whole scene instead of a window.

    Returns:
        (H, W, 3) RGB picture, and the sample's record.
    """
    stages: dict[str, Picture] = {}

    def keep(name: str, picture: Picture) -> None:
        stages[name] = picture.copy()  # of several plates the last one is shown

    draw = draw_scene if scenes else draw_window
    _, record = draw(np.random.default_rng(seed), backgrounds, settings, seed=seed, keep=keep)
    captions = _captions(record)
    room = max(_shown_size(p)[1] for p in stages.values())
    tiles = [_tile(name, p, captions.get(name, ""), room) for name, p in stages.items()]
    columns = 3 if len(tiles) > 4 else 2
    blank = np.full_like(tiles[0], 255)
    tiles += [blank] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[k : k + columns]) for k in range(0, len(tiles), columns)]
    return np.asarray(np.vstack(rows), np.uint8), record


def _captions(record: SceneRecord) -> dict[str, str]:
    """Return what was drawn for each stage, as far as it changes anything."""
    camera: Drawn = record.drawn["camera"]
    out = {
        "background": f"a crop of one photo; {record.size[1]} x {record.size[0]} px",
        "composed": f"{len(record.plates)} plate(s); decoys: "
        + (", ".join(record.drawn.get("decoys", ())) or "none"),
    }
    for stage, name in SHOWN.items():
        stages = ("shine", stage) if stage == "light" else (stage,)
        out[name] = _told(camera, *stages) or "nothing"
    if record.plates:
        plate = record.plates[-1]
        drawn = plate.as_dict()["drawn"]
        look = drawn["look"]
        style = {
            n: drawn["style"][n] for n in STYLE if drawn["style"][n] not in ("", 0.0, 1.0, False)
        }
        told = (_said(style), _told(plate.drawn["style"].effects, *PLATE))
        out["flat plate"] = f"{look['region']}, {look['series']}: {look['display']}. " + "; ".join(
            filter(None, told)
        )
        if around := _told(plate.drawn["around"], "surface"):
            out["composed"] += "; " + around
        angles = {n: np.degrees(drawn["pose"][n]) for n in ("yaw", "pitch", "roll")}
        out["posed"] = _said(angles, unit=" deg") + f", from {drawn['pose']['distance']:.1f} widths"
    return out


def _told(drawn: Drawn, *stages: str) -> str:
    """Return the drawn effects of some stages with their parameters."""
    found = [(e.name, drawn[e.name].as_dict()) for e in effects_of(*stages) if e.name in drawn]
    return "; ".join(f"{name}: {_said(values)}" for name, values in found)


def _said(values: Mapping[str, Any], unit: str = "") -> str:
    return ", ".join(f"{name} {_short(value)}{unit}" for name, value in values.items())


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, tuple | list):
        return "(" + " ".join(_short(v) for v in value) + ")"
    return str(value)


def _shown_size(picture: Picture) -> tuple[int, int]:
    height, width = picture.shape[:2]
    scale = min(WIDTH / width, HEIGHT / height)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def _tile(name: str, picture: Picture, caption: str, room: int) -> Picture:
    """Return one stage with its caption, of the size that all have."""
    size = _shown_size(picture)
    how = cv2.INTER_AREA if size[0] < picture.shape[1] else cv2.INTER_NEAREST
    shown = cv2.resize(picture, size, interpolation=how)
    shown = shown if shown.ndim == 3 else cv2.cvtColor(shown, cv2.COLOR_GRAY2RGB)
    tile = np.full((room + CAPTION + GAP, WIDTH + 2 * GAP, 3), 255, np.uint8)
    tile[GAP : GAP + size[1], GAP : GAP + size[0]] = shown
    image = Image.fromarray(tile)
    pen = ImageDraw.Draw(image)
    top = GAP + size[1] + 4
    pen.text((GAP, top), name, fill=(20, 20, 20), font=ImageFont.load_default(20))
    font = ImageFont.load_default(14)
    for k, line in enumerate(_wrapped(caption, font)[:5]):
        pen.text((GAP, top + 26 + 17 * k), line, fill=(90, 90, 90), font=font)
    return np.asarray(image)


def _wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) > WIDTH and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
