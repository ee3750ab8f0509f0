"""Sheets of drawn pictures and plates, and how one comes about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from platewright.generation.job import DrawingJob, draw_sample, load_job_backgrounds, sample_name
from platewright.image import save_image

__all__ = ["make_sheet", "save_explanation", "save_marks", "save_plates", "save_sheet"]

Picture = NDArray[np.uint8]


def save_sheet(job: DrawingJob, count: int, path: Path) -> str:
    """Write a contact sheet of the first samples; returns what was done, in a line.

    Raises:
        OutputError: if it can't be written.
    """
    pictures = [draw_sample(job, k).image for k in range(count)]
    _save(make_sheet(pictures, columns=3 if job.scenes else 8), path)
    return f"{path}: {count} pictures"


def save_plates(job: DrawingJob, count: int, path: Path) -> str:
    """Write a sheet of flat plates of the job's regions; returns what was done, in a line."""
    from platewright.synth.showcase import draw_showcase

    _save(draw_showcase(job.settings.regions, count=count, seed=job.seed), path)
    return f"{path}: {count} flat plates"


def save_marks(path: Path) -> str:
    """Write a sheet of all marks with their names; returns what was done, in a line."""
    from platewright.mark import mark_names
    from platewright.synth.mark.sheet import draw_mark_sheet

    _save(draw_mark_sheet(), path)
    return f"{path}: {len(mark_names())} marks"


def save_explanation(job: DrawingJob, index: int, path: Path) -> str:
    """Write how a sample comes about, stage by stage; returns what was done, in a line."""
    from platewright.synth.explain import explain

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
