"""Batches of samples, for one network or several that are trained together."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.training.sample import SampleSettings, Stock
from platewright.training.task import Task

__all__ = ["Batch", "draw_batch", "make_drawing", "prepare"]

Batch = tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]
"""Inputs, pictures as uint8, and targets, each by name."""


def draw_batch(
    seed: int, index: int, stock: Stock, samples: SampleSettings, tasks: Sequence[Task]
) -> Batch:
    """Draw one batch: the same seed and index give the same batch in any process.

    What a task draws does not depend on which others are trained with it.

    Args:
        seed: of the run.
        index: of the batch, from 0.
        stock: what is drawn upon.
        samples: how.
        tasks: whose samples, as many as each task's `batch`.

    Raises:
        DatasetError: if stored pictures don't fit.
    """
    inputs: dict[str, Any] = {}
    targets: dict[str, Any] = {}
    for task in tasks:
        stream = zlib.crc32(task.name.encode())
        for k in range(task.batch):
            rng = np.random.default_rng([seed, index, stream, k])
            for into, values in zip((inputs, targets), task.draw(rng, stock, samples), strict=True):
                for name, value in values.items():
                    into.setdefault(name, []).append(value)
    return (
        {name: np.stack(values) for name, values in inputs.items()},
        {name: np.stack(values) for name, values in targets.items()},
    )


def make_drawing(
    seed: int, folder: Path | None, samples: SampleSettings, tasks: Sequence[Task]
) -> Callable[[int], Batch]:
    """Return what draws batch k, with its stock opened once.

    Args:
        seed: of the drawings.
        folder: of background photos; None or empty: backgrounds are drawn.
        samples: how samples are drawn.
        tasks: whose samples.
    """
    stock = Stock.open(seed, folder, samples)
    return functools.partial(draw_batch, seed, stock=stock, samples=samples, tasks=tasks)


def prepare(inputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Turn uint8 pictures into the networks' levels, 0-1; what is none stays as it is."""
    return {
        name: value.astype(np.float32) * np.float32(1 / 255) if value.dtype == np.uint8 else value
        for name, value in inputs.items()
    }
