"""Draws data sets: the same seed gives the same bytes with any number of workers."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from platewright.background.photo import load_backgrounds
from platewright.dataset.format.windows import LABELS, label_line, write_picture
from platewright.dataset.manifest import Manifest
from platewright.dataset.store import HIDDEN, FolderStore
from platewright.dataset.writer import Sample
from platewright.errors import OutputError
from platewright.file import make_folder
from platewright.pool import in_order
from platewright.progress import Progress
from platewright.record import SceneRecord
from platewright.region import load_region
from platewright.region.check import check_region
from platewright.synth.background import Backgrounds
from platewright.synth.preset import load_synth
from platewright.synth.scene import SceneSettings, draw_scene
from platewright.synth.window import draw_window

__all__ = [
    "DrawingJob",
    "claim_folder",
    "draw_folder",
    "draw_sample",
    "make_job",
    "report_region",
    "sample_name",
]

EXAMPLES = 5

Picture = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class DrawingJob:
    """What to draw.

    Attributes:
        seed: of the data set; sample i is drawn from (seed, i).
        scenes: whole scenes instead of windows.
        settings: of windows or scenes.
        backgrounds: folder of photos; None: backgrounds are drawn.
    """

    seed: int
    scenes: bool
    settings: SceneSettings
    backgrounds: Path | None


def sample_name(index: int, record: SceneRecord) -> str:
    """Return a picture's name without ending: `%08d_TEXT_P` for windows, `%08d` for scenes."""
    if record.presence is None:
        return f"{index:08d}"
    text = record.plates[0].text if record.plates else ""
    return f"{index:08d}_{text}_{int(record.presence)}"


@functools.lru_cache(maxsize=2)
def load_job_backgrounds(folder: Path | None, grey: bool) -> Backgrounds:
    photos = load_backgrounds(folder, grey=grey) if folder is not None else []
    return Backgrounds(photos, grey=grey)


def make_job(
    *,
    seed: int,
    regions: tuple[str, ...] = (),
    size: tuple[int, int] = (480, 640),
    scenes: bool = True,
    grey: bool = False,
    poses: int = 1,
    preset: str = "",
    settings: Path | None = None,
    backgrounds: Path | None = None,
) -> DrawingJob:
    """Return what `gen.py` draws.

    Args:
        seed: of the data set.
        regions: codes, or paths of files; none: all, by their weights.
        size: (height, width) of a picture, px.
        scenes: whole scenes instead of windows.
        grey: without colours.
        poses: windows of each drawn plate.
        preset: how drawings vary; empty: all of it.
        settings: file of the same in detail; None: the bundled one.
        backgrounds: folder of photos; None: backgrounds are drawn.

    Raises:
        ConfigError: if there is no such preset, or the settings can't be used.
    """
    width = size[1]
    scene = SceneSettings(
        regions=regions,
        size=size,
        plates=(0.15, 0.3, 0.3, 0.25) if scenes else (1.0,),
        width_px=(max(0.06 * width, 16.0), max(0.4 * width, 24.0)),
        focus=0.0,
        grey=grey,
        synth=load_synth(settings, preset),
        poses=1 if scenes else poses,
    )
    return DrawingJob(seed=seed, scenes=scenes, settings=scene, backgrounds=backgrounds)


def draw_sample(job: DrawingJob, index: int) -> Sample:
    """Draw sample `index` of a data set."""
    rng = np.random.default_rng([job.seed, index])
    backgrounds = load_job_backgrounds(job.backgrounds, job.settings.grey)
    draw = draw_scene if job.scenes else draw_window
    image, record = draw(rng, backgrounds, job.settings, seed=(job.seed, index))
    return Sample(index=index, name=sample_name(index, record), image=image, record=record)


def _write(job: DrawingJob, folder: Path, index: int) -> str:
    """Draw and write one sample; returns its line for `labels.jsonl`."""
    sample = draw_sample(job, index)
    write_picture(sample, folder)
    return label_line(sample)


def report_region(path: Path) -> int:
    """Print what is wrong with a region file, or what it draws; returns 1 or 0."""
    if wrong := check_region(path):
        print(*wrong, sep="\n")
        return 1
    region, rng = load_region(path), np.random.default_rng(0)
    texts = ", ".join(region.draw(rng).text for _ in range(EXAMPLES))
    print(f"{region.code}: fine, {len(region.series)} series; draws {texts}, ...")
    return 0


def claim_folder(folder: Path, *, force: bool) -> None:
    """Make the folder, or empty it of an earlier data set's files and of nothing else.

    Raises:
        OutputError: if there are such files and `force` is off.
    """
    make_folder(folder)
    ours = re.compile(rf"\d{{8}}(_\w*_[01])?\.png|{re.escape(LABELS)}|{re.escape(HIDDEN)}")
    old = [p for p in folder.iterdir() if ours.fullmatch(p.name)]
    if old and not force:
        raise OutputError(f"{folder} holds {len(old)} drawn files: --force replaces them, or --out")
    if folder / HIDDEN in old:
        Manifest(FolderStore(folder), str(folder)).clear()
    for path in old:
        if path.name != HIDDEN:
            path.unlink(missing_ok=True)


def draw_folder(job: DrawingJob, folder: Path, count: int, *, workers: int = 1) -> float:
    """Draw samples 0 to `count` - 1 into a folder, with `labels.jsonl`; what is drawn stays.

    Args:
        job: what to draw.
        folder: where the pictures go; exists.
        count: how many.
        workers: processes; 1 draws in this one.

    Returns:
        Pictures a second.

    Raises:
        OutputError: if a picture can't be written.
    """
    progress = Progress(count)
    with (folder / LABELS).open("w", encoding="utf-8") as labels:
        for line in in_order(functools.partial(_write, job, folder), range(count), workers):
            labels.write(line + "\n")
            progress.add()
    rate = progress.rate
    progress.end()
    return rate
