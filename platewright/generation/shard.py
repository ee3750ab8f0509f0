"""A data set in shards: each drawn into a folder of its own and moved to the output when whole."""

import dataclasses
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from platewright.dataset.format import load_format
from platewright.dataset.store import Store, is_url, local_path, open_store, tree
from platewright.dataset.writer import SHARD, Format
from platewright.errors import ConfigError, OutputError, PlatewrightError, counted, pace
from platewright.generation.engine import Engine
from platewright.generation.job import VIDEO_FILES, DrawingJob, draw_run, drawing_settings
from platewright.generation.sequence import Manifest
from platewright.progress import Progress

SHARDS = 16
SMALLEST = 100


@dataclass(frozen=True, kw_only=True)
class ShardJob:
    """A data set in shards."""

    drawing: DrawingJob  #: what to draw
    count: int  #: samples in all
    shard_size: int  #: samples in a shard; the last may have fewer
    formats: tuple[str, ...]  #: names, each once
    out: str  #: folder or URL; a folder's path is absolute, so that any process finds it

    @property
    def num_shards(self) -> int:
        """How many shards there are."""
        return -(-self.count // self.shard_size)

    def indices(self, shard: int) -> range:
        """Return the samples of a shard."""
        first = shard * self.shard_size
        return range(first, min(first + self.shard_size, self.count))


def usual_size(count: int) -> int:
    """Return the shard size for a count: 10,000, less where there would be few shards.

    >>> [usual_size(n) for n in (50, 16_000, 1_000_000)]
    [100, 1000, 10000]
    """
    return min(SHARD, max(SMALLEST, -(-count // SHARDS)))


@dataclass(frozen=True, kw_only=True)
class ShardDone:
    """What became of a shard."""

    shard: int  #: its number
    samples: int  #: how many were drawn
    error: str = ""  #: why it failed, in one line; empty where it did not
    exit_code: int = 0  #: of the failure


def format_folder(root: Path, name: str, formats: tuple[str, ...]) -> Path:
    """Return where a format's files go: alone straight into the data set, else beneath its name."""
    folder = root / name if len(formats) > 1 else root
    folder.mkdir(exist_ok=True)
    return folder


def draw_shard(job: ShardJob, shard: int) -> ShardDone:
    """Draw one shard and move it to the output; called in any process of any machine.

    What a user can cause is returned rather than raised: engines wrap what is raised in errors of
    their own.
    """
    cv2.setNumThreads(1)
    try:
        store = open_store(job.out)
        manifest = Manifest(store, job.out)
        with store.staging(f"{shard:05d}") as folder:
            formats = {
                name: load_format(name)(format_folder(folder, name, job.formats), shard)
                for name in job.formats
            }
            for sample in draw_run(job.drawing, job.indices(shard)):
                for writer in formats.values():
                    writer.add(sample)
            lines = {name: writer.close() for name, writer in formats.items()}
            manifest.announce(shard, tree(folder))
            store.take(folder)
        manifest.mark(shard, lines)
    except PlatewrightError as error:
        return ShardDone(shard=shard, samples=0, error=str(error), exit_code=error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return ShardDone(
            shard=shard, samples=0, error=f"{where}{error.strerror or error}", exit_code=1
        )
    return ShardDone(shard=shard, samples=len(job.indices(shard)))


def assemble(job: ShardJob, engine: Engine, *, force: bool = False) -> str:
    """Draw a data set, or what is missing of it.

    Shards that are there stay; so do those that get done before an error or Ctrl-C. What was done
    is returned in a line.

    Args:
        force: begin anew, whatever is there.

    Raises:
        ConfigError: if a format is unknown, or the engine can't be used.
        OutputError: if the output holds another data set, or can't be written.
        EngineError: if workers keep dying.
    """
    engine.check()
    if not is_url(job.out):
        job = dataclasses.replace(job, out=str(local_path(job.out)))
    formats = {name: load_format(name) for name in job.formats}
    store = open_store(job.out)
    with store.locked():
        return _assemble(job, engine, store, formats, force=force)


def _assemble(
    job: ShardJob, engine: Engine, store: Store, formats: dict[str, type[Format]], *, force: bool
) -> str:
    """Draw what is missing in a store that is nobody else's meanwhile."""
    manifest = Manifest(store, job.out)
    manifest.claim(job_settings(job), force=force, remove=VIDEO_FILES)
    there = manifest.shards() & set(range(job.num_shards))
    if manifest.ended and len(there) == job.num_shards:
        return f"{job.out}: {counted(job.count, 'picture')}: all there already"
    missing = [shard for shard in range(job.num_shards) if shard not in there]
    progress = Progress(job.count, sum(len(job.indices(shard)) for shard in there))
    results = engine.run(functools.partial(draw_shard, job), missing)
    num_done = len(there)
    try:
        for _, done in results:
            if done.error:
                was = ConfigError if done.exit_code == ConfigError.exit_code else OutputError
                raise was(done.error)
            num_done += 1
            progress.add(done.samples, f"  {num_done} of {job.num_shards} shards")
        rate = progress.rate
    finally:
        results.close()
        progress.end()
        store.sweep()
        manifest.withdraw()
    with store.staging("end") as folder:
        for name, kind in formats.items():
            lines = manifest.lines(name, range(job.num_shards))
            kind.finish(lines, format_folder(folder, name, job.formats))
        manifest.announce(None, tree(folder))
        store.take(folder)
    manifest.mark(None, {})
    manifest.tidy()
    before = f" ({len(there)} of them were there)" if there else ""
    return (
        f"{job.out}: {counted(job.count, 'picture')} as {', '.join(job.formats)} in "
        f"{counted(job.num_shards, 'shard')}{before}, {pace(rate)}"
    )


def job_settings(job: ShardJob) -> dict[str, Any]:
    """Return all that decides about the bytes of a data set, as JSON values.

    Neither the engine nor the number of workers is among it.
    """
    own = {"formats": list(job.formats), "shard_size": job.shard_size}
    return {**drawing_settings(job.drawing, job.count), **own}
