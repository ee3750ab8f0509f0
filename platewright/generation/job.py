"""Draws data sets and videos: the same seed gives the same bytes with any number of workers."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from platewright import __version__
from platewright.background.photo import load_backgrounds
from platewright.dataset.format.windows import LABELS, label_line
from platewright.dataset.picture_file import encode_png
from platewright.dataset.store import FolderStore, is_url
from platewright.dataset.writer import Sample
from platewright.errors import ConfigError, counted, pace, printable
from platewright.file import write_listed
from platewright.generation.sequence import Manifest, draw_sequence, runs
from platewright.output.clip import ClipWriter
from platewright.record import SceneRecord
from platewright.region import REGIONS, load_region, region_codes
from platewright.region.check import check_region
from platewright.synth.background import Backgrounds
from platewright.synth.face import load_faces
from platewright.synth.scene import SceneSettings, draw_scene
from platewright.synth.settings import DRAWING_VERSION, load_synth
from platewright.synth.street.picture import DriveSettings, draw_drive
from platewright.synth.window import draw_window

EXAMPLES = 5
WINDOWS, SCENES = 32, 4
"""About so many are drawn, then packed, then written: a twentieth less time than one by one, and
processes that are handed one at a time would draw a plate again for each of its windows."""
OURS = re.compile(rf"\d{{8}}(_\w*_[01])?\.png|{re.escape(LABELS)}")
"""Names of what is drawn into a folder, beside what a run must know of itself."""


@dataclass(frozen=True, kw_only=True)
class DrawingJob:
    """What to draw."""

    seed: int  #: of the data set; sample i is drawn from (seed, i)
    scenes: bool  #: whole scenes instead of windows
    settings: SceneSettings  #: of windows or scenes
    backgrounds: Path | None  #: folder of photos; None: backgrounds are drawn


def sample_name(index: int, record: SceneRecord) -> str:
    """Return a picture's name without ending: `%08d_TEXT_P` for windows, `%08d` for scenes."""
    if record.presence is None:
        return f"{index:08d}"
    text = record.plates[0].text if record.plates else ""
    return f"{index:08d}_{text}_{int(record.presence)}"


@functools.lru_cache(maxsize=2)
def load_job_backgrounds(folder: Path | None, grey: bool) -> Backgrounds:
    """Return the backgrounds of a folder, None: the stand-ins; those of the last two stay."""
    photos = load_backgrounds(folder, grey=grey)
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


def draw_run(job: DrawingJob, indices: range) -> Iterator[Sample]:
    """Draw samples, some at a time: what draws is warm for one kind of work, then for the next."""
    for run in runs(indices, run_size(job)):
        yield from [draw_sample(job, index) for index in run]


def run_size(job: DrawingJob) -> int:
    """Return how many samples in a row are drawn at a time: whole groups that share a plate."""
    poses = job.settings.poses
    return SCENES if job.scenes else poses * max(WINDOWS // poses, 1)


def write_run(job: DrawingJob, folder: Path, indices: range) -> list[str]:
    """Draw samples and write their pictures; returns their lines for `labels.jsonl`."""
    samples = list(draw_run(job, indices))
    packed = [encode_png(sample.image) for sample in samples]
    for sample, data in zip(samples, packed, strict=True):
        write_listed(folder / f"{sample.name}.png", data)
    return [label_line(sample) for sample in samples]


def report_region(path: Path) -> int:
    """Print what is wrong with a region file, or what it draws; returns 1 or 0."""
    if wrong := check_region(path):
        print(*map(printable, wrong), sep="\n")
        return 1
    region, rng = load_region(path), np.random.default_rng(0)
    texts = ", ".join(region.draw(rng).text for _ in range(EXAMPLES))
    print(f"{region.code}: fine, {len(region.series)} series; draws {texts}, ...")
    return 0


def check_folder(job: DrawingJob, folder: Path, count: int, *, force: bool) -> None:
    """See whether `draw_folder` may begin or go on, an `OutputError` where not; change nothing."""
    if folder.is_dir():
        books = Manifest(FolderStore(folder), str(folder))
        books.check(_settings(job, count), force=force, ours=OURS)


def draw_folder(
    job: DrawingJob, folder: Path, count: int, *, workers: int = 1, force: bool = False
) -> str:
    """Draw samples 0 to `count` - 1 into a folder, with `labels.jsonl`, or what is missing of them.

    What was done is returned in a line.

    Args:
        workers: processes; 1 draws in this one.
        force: replace an earlier data set's files, and nothing else.

    Raises:
        OutputError: if the folder holds another data set and `force` is off, another run is at it,
            or a picture can't be written.
        EngineError: if a worker dies.
    """
    draw = functools.partial(write_run, job, folder)
    there, rate = draw_sequence(
        draw, count, folder / LABELS, _settings(job, count),
        ours=OURS, run=run_size(job), workers=workers, force=force,
    )  # fmt: skip
    if there == count:
        return f"{folder}: {counted(count, 'picture')}: all there already"
    before = f" ({there} of them were there)" if there else ""
    return f"{folder}: {counted(count, 'picture')} and {LABELS}{before}, {pace(rate)}"


def _settings(job: DrawingJob, count: int) -> dict[str, Any]:
    return {**drawing_settings(job, count), "formats": ["windows"], "shard_size": 0}


def drawing_settings(drawing: DrawingJob, count: int) -> dict[str, Any]:
    """Return all that decides about the bytes of drawn samples, as JSON values."""
    codes = drawing.settings.regions or region_codes()
    regions = [Path(c) if c.endswith(".toml") else REGIONS / f"{c}.toml" for c in codes]
    photos = sorted(drawing.backgrounds.glob("*.jpg")) if drawing.backgrounds else []
    return {
        "version": __version__,
        "drawing": DRAWING_VERSION,
        "count": count,
        "seed": drawing.seed,
        "scenes": drawing.scenes,
        "regions": _digest(path.read_bytes() for path in regions),
        "faces": _digest(f"{n} {p.stat().st_size}".encode() for n, p in load_faces().items()),
        "backgrounds": _digest(f"{p.name} {p.stat().st_size}".encode() for p in photos),
        **_flat("settings", dataclasses.asdict(drawing.settings)),
    }


def _flat(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested settings as one level, so that a difference can be named.

    >>> _flat("a", {"b": {"c": 1}, "d": 2})
    {'a.b.c': 1, 'a.d': 2}
    """
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}.{key}"
        found |= _flat(name, value) if isinstance(value, dict) else {name: value}
    return found


def _digest(parts: Iterable[bytes]) -> str:
    total = hashlib.blake2b(digest_size=8)
    for part in parts:
        total.update(hashlib.blake2b(part, digest_size=16).digest())
    return total.hexdigest()


TRUTH = "drives.jsonl"  #: The file that says what is true of the videos, one line each
FRAMES = 75
VIDEO_FILES = re.compile(rf"\d{{8}}\.mp4(\.part)?|{re.escape(TRUTH)}")


@dataclass(frozen=True, kw_only=True)
class VideoJob:
    """What to draw."""

    seed: int  #: video i is drawn from (seed, i)
    settings: DriveSettings  #: of each drive
    folder: Path  #: where they go

    @classmethod
    def of(
        cls, seed: int, out: str, size: tuple[int, int], regions: tuple[str, ...], hardness: float
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
    text and region, and of each frame `time_s` and the plate's `box` and `quad`, in pixels. All
    else is as in `draw_folder`; without PyAV it is a `ConfigError`.
    """
    settings = {"version": __version__, "videos": True, "count": count, "seed": job.seed}
    settings |= {f"settings.{k}": v for k, v in dataclasses.asdict(job.settings).items()}
    there, _ = draw_sequence(
        functools.partial(_write_videos, job), count, job.folder / TRUTH, settings,
        ours=VIDEO_FILES, workers=workers, force=force,
    )  # fmt: skip
    before = f" ({there} of them were there)" if there else ""
    return f"{job.folder}: {counted(count, 'video')} and {TRUTH}{before}"


def _write_videos(job: VideoJob, indices: range) -> list[str]:
    return [_write_video(job, index) for index in indices]


def _write_video(job: VideoJob, index: int) -> str:
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
    about: dict[str, Any] = {"file": name, "text": plate.text, "region": plate.region}
    about |= {"width": settings.size[1], "height": settings.size[0], "fps": settings.fps}
    return json.dumps({**about, "hardness": settings.hardness, "seed": seed, "frames": frames})
