"""Draws data sets to files: the same seed gives the same bytes with any number of workers."""

from __future__ import annotations

import functools
import json
import multiprocessing as mp
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.dataset.backgrounds import load_backgrounds
from platewright.errors import OutputError
from platewright.records import SceneRecord
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings, draw_scene
from platewright.synth.window import draw_window

__all__ = ["DrawingJob", "draw_all", "draw_sample", "file_name", "make_sheet"]

Picture = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class DrawingJob:
    """What to draw.

    Attributes:
        folder: where the pictures go.
        seed: of the data set; sample i is drawn from (seed, i).
        scenes: whole scenes instead of windows.
        settings: of windows or scenes.
        backgrounds: folder of photos; None: backgrounds are drawn.
    """

    folder: Path
    seed: int
    scenes: bool
    settings: SceneSettings
    backgrounds: Path | None


def file_name(index: int, record: SceneRecord) -> str:
    """Return a picture's name: `%08d_TEXT_P.png` for windows, `%08d.png` for scenes."""
    if record.presence is None:
        return f"{index:08d}.png"
    text = record.plates[0].text if record.plates else ""
    return f"{index:08d}_{text}_{int(record.presence)}.png"


@functools.lru_cache(maxsize=2)
def _backgrounds(folder: Path | None, grey: bool) -> Backgrounds:
    photos = load_backgrounds(folder, grey=grey) if folder is not None else []
    return Backgrounds(photos, grey=grey)


def draw_sample(job: DrawingJob, index: int) -> tuple[Picture, SceneRecord]:
    """Draw sample `index` of a data set: grey (H, W) or RGB (H, W, 3), and its record."""
    rng = np.random.default_rng([job.seed, index])
    backgrounds = _backgrounds(job.backgrounds, job.settings.grey)
    draw = draw_scene if job.scenes else draw_window
    return draw(rng, backgrounds, job.settings, seed=(job.seed, index))


def _write(job: DrawingJob, index: int) -> str:
    """Draw and write one sample; returns its line for `labels.jsonl`."""
    image, record = draw_sample(job, index)
    name = file_name(index, record)
    ordered = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, packed = cv2.imencode(".png", ordered, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    path = job.folder / name
    temporary = path.with_name(f".{name}.part")
    try:
        temporary.write_bytes(packed.tobytes())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"{path}: can't be written ({error.strerror})") from None
    return json.dumps({"file": name, **record.as_dict()}, default=_plain)


def _plain(value: Any) -> Any:
    """Turn numpy scalars into JSON values."""
    return value.item()


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def draw_all(job: DrawingJob, count: int, *, workers: int = 1) -> Iterator[str]:
    """Draw samples 0 to `count` - 1 and yield their label lines in order.

    Args:
        job: what to draw.
        count: how many.
        workers: processes; 1 draws in this one.

    Raises:
        OutputError: if a picture can't be written.
    """
    write = functools.partial(_write, job)
    if workers <= 1:
        yield from map(write, range(count))
        return
    with mp.get_context("spawn").Pool(workers, _start_worker) as pool:
        yield from pool.imap(write, range(count), chunksize=8)


def make_sheet(pictures: list[Picture], columns: int = 8, gap: int = 4) -> Picture:
    """Lay pictures of one size out in rows on white.

    Args:
        pictures: (H, W) or (H, W, 3), all alike, at least one.
        columns: in a row.
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
