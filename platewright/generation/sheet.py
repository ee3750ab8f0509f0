"""Sheets of drawn pictures, plates and marks, and how one picture comes about."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from platewright.errors import counted
from platewright.generation.job import DrawingJob, draw_sample, load_job_backgrounds, sample_name
from platewright.geometry import Picture
from platewright.image import save_image
from platewright.mark import mark_names
from platewright.record import SceneRecord
from platewright.region import Look, jurisdictions, load_region
from platewright.synth.background import Backgrounds
from platewright.synth.effect import PLATE, Drawn, effects_of
from platewright.synth.mark import paint_mark
from platewright.synth.placement import PreparedPlate
from platewright.synth.scene import SHOWN, SceneSettings, draw_scene
from platewright.synth.settings import DEFAULT, PlateSettings
from platewright.synth.style import MarkStyle, draw_style
from platewright.synth.window import draw_window

WIDTH, HEIGHT = 480, 300  #: Size of a stage's picture at most, pixels
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
    tiles = [_stage_tile(name, p, captions.get(name, ""), room) for name, p in stages.items()]
    columns = 3 if len(tiles) > 4 else 2
    return make_sheet(tiles, columns, 0), record


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
        out[name] = _describe_effects(camera, *stages) or "nothing"
    if record.plates:
        plate = record.plates[-1]
        drawn = plate.as_dict()["drawn"]
        look = drawn["look"]
        style = {
            n: drawn["style"][n] for n in STYLE if drawn["style"][n] not in ("", 0.0, 1.0, False)
        }
        told = (_describe_values(style), _describe_effects(plate.drawn["style"].effects, *PLATE))
        out["flat plate"] = f"{look['region']}, {look['series']}: {look['display']}. " + "; ".join(
            filter(None, told)
        )
        if around := _describe_effects(plate.drawn["around"], "surface"):
            out["composed"] += "; " + around
        angles = {n: np.degrees(drawn["pose"][n]) for n in ("yaw", "pitch", "roll")}
        out["posed"] = (
            _describe_values(angles, unit=" deg") + f", from {drawn['pose']['distance']:.1f} widths"
        )
    return out


def _describe_effects(drawn: Drawn, *stages: str) -> str:
    """Return the drawn effects of some stages with their parameters."""
    found = [(e.name, drawn[e.name].as_dict()) for e in effects_of(*stages) if e.name in drawn]
    return "; ".join(f"{name}: {_describe_values(values)}" for name, values in found)


def _describe_values(values: Mapping[str, Any], unit: str = "") -> str:
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


def _stage_tile(name: str, picture: Picture, caption: str, room: int) -> Picture:
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


PLATE_TILE = (150, 232)  #: (height, width) of a plate's place, pixels
PLATE_ROOM = (112, 212)  #: (height, width) that a plate may take of it
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

    Returns:
        (H, W, 3) RGB picture.

    Raises:
        RegionError: if a region can't be used.
    """
    every = jurisdictions()
    few = min(count, len(every))  # spread over all of them
    regions = [load_region(c) for c in codes or [every[len(every) * k // few] for k in range(few)]]
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
        tiles.append(_plate_tile(rng, look, f"{region.name}: {look.series}"))
    return make_sheet(tiles, gap=0)


def _plate_tile(rng: np.random.Generator, look: Look, caption: str) -> Picture:
    style = draw_style(rng, look, KEPT)
    flat = PreparedPlate(look, style, PX_PER_MM * look.size_mm[1] / 1.3, grey=False).flat
    height, width = flat.image.shape[:2]
    scale = min(PLATE_ROOM[0] / height, PLATE_ROOM[1] / width, 0.42)
    size = (round(width * scale), round(height * scale))
    image = cv2.resize(flat.image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    alpha = cv2.resize(flat.alpha, size, interpolation=cv2.INTER_AREA)[..., None] / np.float32(255)
    tile = np.full((*PLATE_TILE, 3), 255, np.uint8)
    y, x = (PLATE_ROOM[0] + 14 - size[1]) // 2, (PLATE_TILE[1] - size[0]) // 2
    mixed = alpha * image + (1 - alpha) * 255
    tile[y : y + size[1], x : x + size[0]] = np.clip(mixed, 0, 255).astype(np.uint8)
    outline = cv2.dilate((alpha[..., 0] > 0.5).astype(np.uint8), np.ones((3, 3), np.uint8))
    edge = outline - (alpha[..., 0] > 0.5)
    tile[y : y + size[1], x : x + size[0]][edge.astype(bool)] = 200
    font = ImageFont.load_default(13)
    plain = unicodedata.normalize("NFKD", caption)  # the small font knows ASCII alone
    caption = plain.encode("ascii", "ignore").decode()
    while font.getlength(caption) > PLATE_TILE[1] - 8:
        caption = caption[:-2].rstrip(" .") + "."
    return _captioned(tile, caption, PLATE_ROOM[0] + 16, font)


def _captioned(
    tile: Picture, text: str, top: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> Picture:
    """Return a tile with a line of text in its middle."""
    picture = Image.fromarray(tile)
    at = ((tile.shape[1] - font.getlength(text)) / 2, top)
    ImageDraw.Draw(picture).text(at, text, fill=(70, 70, 70), font=font)
    return np.asarray(picture)


TILE = (104, 128)  #: (height, width) of a mark's place, pixels
ROOM = (62, 112)  #: (height, width) that each of its drawings may take, with a second one beside it
COLUMNS = 12
PAPER, INK = (246, 246, 243), (26, 26, 30)
COLOURS = ((30, 62, 140), (176, 26, 36))


def draw_mark_sheet() -> Picture:
    """Draw two drawings of every mark, its name below: (H, W, 3) RGB picture."""
    return make_sheet([_mark_tile(name) for name in mark_names()], COLUMNS, 0)


def _mark_tile(name: str) -> Picture:
    tile = np.full((*TILE, 3), 255, np.uint8)
    cv2.rectangle(tile, (1, 1), (TILE[1] - 2, TILE[0] - 2), PAPER, -1)
    for k, colour in enumerate(COLOURS):
        mark = MarkStyle(
            name=name, place="left", variant=k, text="", height=1.0, x=0.0, y=0.0,
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
    return _captioned(tile, name, TILE[0] - 24, ImageFont.load_default(12))


def save_sheet(job: DrawingJob, count: int, path: Path) -> str:
    """Write a contact sheet of the first samples; returns what was done, in a line.

    Raises:
        OutputError: if it can't be written.
    """
    pictures = [draw_sample(job, k).image for k in range(count)]
    _save(make_sheet(pictures, columns=3 if job.scenes else 8), path)
    return f"{path}: {counted(count, 'picture')}"


def save_plates(job: DrawingJob, count: int, path: Path) -> str:
    """Write a sheet of flat plates of the job's regions; returns what was done, in a line."""
    _save(draw_showcase(job.settings.regions, count=count, seed=job.seed), path)
    return f"{path}: {count} flat plates"


def save_marks(path: Path) -> str:
    """Write a sheet of all marks with their names; returns what was done, in a line."""
    _save(draw_mark_sheet(), path)
    return f"{path}: {len(mark_names())} marks"


def save_explanation(job: DrawingJob, index: int, path: Path) -> str:
    """Write how a sample comes about, stage by stage; returns what was done, in a line."""
    backgrounds = load_job_backgrounds(job.backgrounds, job.settings.grey)
    picture, record = explain((job.seed, index), backgrounds, job.settings, scenes=job.scenes)
    _save(picture, path)
    return f"{path}: how {sample_name(index, record)} comes about"


def _save(picture: Picture, path: Path) -> None:
    save_image(path, picture if picture.ndim == 3 else picture[..., None].repeat(3, axis=2))


def make_sheet(pictures: list[Picture], columns: int = 8, gap: int = 4) -> Picture:
    """Lay pictures of one size out in rows on white.

    Args:
        pictures: (H, W) or (H, W, 3), all alike, at least one.
        gap: between them, pixels.
    """
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    height, width = pictures[0].shape[:2]
    size = (rows * (height + gap) + gap, columns * (width + gap) + gap)
    sheet = np.full((*size, *pictures[0].shape[2:]), 255, np.uint8)
    for k, picture in enumerate(pictures):
        y, x = (k // columns) * (height + gap) + gap, (k % columns) * (width + gap) + gap
        sheet[y : y + height, x : x + width] = picture
    return sheet
