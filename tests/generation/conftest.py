"""A small job, and what a data set's folder holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from platewright.generation.job import DrawingJob
from platewright.generation.shard import ShardJob
from platewright.synth.scene import SceneSettings


@pytest.fixture
def make_job() -> Callable[..., ShardJob]:
    def make(out: object, count: int = 10, *, scenes: bool = False, **values: object) -> ShardJob:
        size = (90, 160) if scenes else (64, 128)
        settings = SceneSettings(
            regions=("GB",),
            size=size,
            width_px=(40.0, 90.0),
            plates=(0.1, 0.5, 0.4),
            grey=not scenes,
        )
        drawing = DrawingJob(seed=5, scenes=scenes, settings=settings, backgrounds=None)
        options: dict[str, object] = {"shard_size": 4, "formats": ("windows",), **values}
        return ShardJob(drawing=drawing, count=count, out=str(out), **options)  # type: ignore[arg-type]

    return make


@pytest.fixture
def tree_of() -> Callable[[Path], dict[str, bytes]]:
    """Return what reads a data set's files, without the books of its run."""

    def read(folder: Path) -> dict[str, bytes]:
        names = (p for p in sorted(folder.rglob("*")) if p.is_file())
        return {
            p.relative_to(folder).as_posix(): p.read_bytes()
            for p in names
            if ".gen" not in p.relative_to(folder).parts
        }

    return read
