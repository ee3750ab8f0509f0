"""One shard of a data set: drawn into a folder of its own, and moved to the output when whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2

from platewright.dataset.drawing import DrawingJob, draw_sample
from platewright.dataset.format import load_format
from platewright.dataset.ledger import Ledger
from platewright.dataset.store import open_store, tree
from platewright.errors import PlatewrightError

__all__ = ["SHARD", "ShardDone", "ShardJob", "draw_shard", "format_folder", "usual_size"]

SHARD = 10_000
"""Samples in a shard, unless that leaves fewer shards than `SHARDS`."""
SHARDS = 16
SMALLEST = 100


@dataclass(frozen=True, kw_only=True)
class ShardJob:
    """A data set in shards.

    Attributes:
        drawing: what to draw.
        count: samples in all.
        shard_size: samples in a shard; the last may have fewer.
        formats: names, each once.
        out: folder or URL; a folder's path is absolute, so that any process finds it.
    """

    drawing: DrawingJob
    count: int
    shard_size: int
    formats: tuple[str, ...]
    out: str

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
    """What became of a shard.

    Attributes:
        shard: its number.
        samples: how many were drawn.
        error: why it failed, in one line; empty where it did not.
        exit_code: of the failure.
    """

    shard: int
    samples: int
    error: str = ""
    exit_code: int = 0


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
        ledger = Ledger(store, job.out)
        with store.staging(f"{shard:05d}") as folder:
            formats = {
                name: load_format(name)(format_folder(folder, name, job.formats), shard)
                for name in job.formats
            }
            for index in job.indices(shard):
                sample = draw_sample(job.drawing, index)
                for writer in formats.values():
                    writer.add(sample)
            lines = {name: writer.close() for name, writer in formats.items()}
            ledger.announce(shard, tree(folder))
            store.take(folder)
        ledger.mark(shard, lines)
    except PlatewrightError as error:
        return ShardDone(shard=shard, samples=0, error=str(error), exit_code=error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return ShardDone(
            shard=shard, samples=0, error=f"{where}{error.strerror or error}", exit_code=1
        )
    return ShardDone(shard=shard, samples=len(job.indices(shard)))
