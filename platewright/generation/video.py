"""Videos of drawn drives past a camera, beside what is true of each frame."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from platewright import __version__
from platewright.dataset.store import is_url
from platewright.errors import ConfigError
from platewright.generation.sequence import draw_sequence
from platewright.output.clip import ClipWriter
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
    """Draw videos 0 to `count` - 1, `%08d.mp4`, and their truth, or what is missing of them.

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
    settings = {"version": __version__, "videos": True, "count": count, "seed": job.seed}
    settings |= {f"settings.{k}": v for k, v in dataclasses.asdict(job.settings).items()}
    there, _ = draw_sequence(
        functools.partial(_write, job), count, job.folder / TRUTH, settings,
        ours=OURS, workers=workers, force=force,
    )  # fmt: skip
    before = f" ({there} of them were there)" if there else ""
    return f"{job.folder}: {count} videos and {TRUTH}{before}"


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
