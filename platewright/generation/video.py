"""Videos of drawn drives past a camera, beside what is true of each frame."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from platewright.dataset.store import is_url
from platewright.errors import ConfigError, OutputError
from platewright.file import make_folder
from platewright.output.clip import ClipWriter
from platewright.pool import in_order
from platewright.progress import Progress
from platewright.synth.drive import DriveSettings, draw_drive

__all__ = ["TRUTH", "VideoJob", "draw_videos"]

TRUTH = "drives.jsonl"
"""The file that says what is true of the videos, one line each."""
FRAMES = 75
OURS = re.compile(rf"\d{{8}}\.mp4(\.part)?|{re.escape(TRUTH)}")


@dataclass(frozen=True, kw_only=True)
class VideoJob:
    """What to draw.

    Attributes:
        seed: video i is drawn from (seed, i).
        settings: of each drive.
        folder: where they go.
    """

    seed: int
    settings: DriveSettings
    folder: Path

    @classmethod
    def of(
        cls,
        seed: int,
        out: str,
        size: tuple[int, int],
        regions: tuple[str, ...],
        hardness: float,
    ) -> VideoJob:
        """Return the job of a command line: videos of three seconds.

        Raises:
            ConfigError: if there can't be such drives, or the folder is a URL.
        """
        if is_url(out):
            raise ConfigError(f"{out}: videos are written to a folder, not to a URL")
        settings = DriveSettings(size=size, regions=regions, hardness=hardness, frames=FRAMES)
        return cls(seed=seed, settings=settings, folder=Path(out))


def draw_videos(job: VideoJob, count: int, *, workers: int = 1, force: bool = False) -> str:
    """Draw videos 0 to `count` - 1, `%08d.mp4`, and their truth; what is drawn stays.

    A line of `drives.jsonl` has the name of the video, its size, speed and hardness, the plate's
    text and region, and of each frame `time_s` and the plate's `box` and `quad`, in pixels.

    Args:
        job: what to draw.
        count: how many.
        workers: processes; 1 draws in this one.
        force: whether videos that were drawn there before may be replaced.

    Returns:
        What was done, in a line.

    Raises:
        ConfigError: if PyAV is not installed.
        OutputError: if there are such videos and `force` is off, or one can't be written.
    """
    make_folder(job.folder)
    old = [path for path in job.folder.iterdir() if OURS.fullmatch(path.name)]
    if old and not force:
        raise OutputError(
            f"{job.folder} holds {len(old)} drawn files: --force replaces them, or --out"
        )
    for path in old:
        path.unlink()
    progress = Progress(count)
    # Line by line: each video has its truth as soon as it is there.
    with (job.folder / TRUTH).open("w", encoding="utf-8", buffering=1) as truth:
        for line in in_order(functools.partial(_write, job), range(count), workers):
            truth.write(line + "\n")
            progress.add()
    progress.end()
    return f"{job.folder}: {count} videos and {TRUTH}"


def _write(job: VideoJob, index: int) -> str:
    """Draw and write a video; returns its line of the truth."""
    name, settings = f"{index:08d}.mp4", job.settings
    frames = []
    with ClipWriter(job.folder / name) as clip:
        seed = (job.seed, index)
        for picture, record in draw_drive(np.random.default_rng(seed), settings, seed=seed):
            plate, time_s = record.plates[0], record.drawn["time_s"]
            clip.add(picture, time_s)
            shown = {key: plate.as_dict()[key] for key in ("box", "quad")}
            frames.append({"time_s": round(time_s, 3), **shown})
    values = {
        "file": name,
        "text": plate.text,
        "region": plate.region,
        "width": settings.size[1],
        "height": settings.size[0],
        "fps": settings.fps,
        "hardness": settings.hardness,
        "seed": seed,
        "frames": frames,
    }
    return json.dumps(values)
