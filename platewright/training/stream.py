"""Batches of samples, drawn by other processes, in order, ahead of the trainer."""

from __future__ import annotations

import contextlib
import functools
import itertools
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.errors import PlatewrightError
from platewright.pool import processes
from platewright.training.sample import SampleSettings, Stock
from platewright.training.task import Sample, Task

Batch = tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]
"""Inputs, pictures as uint8, and targets, each by name."""


def draw_batch(
    seed: int, index: int, stock: Stock, samples: SampleSettings, tasks: Sequence[Task]
) -> Batch:
    """Draw one batch: the same seed and index give the same batch in any process.

    What a task draws does not depend on which others are trained with it.

    Args:
        index: of the batch, from 0.
        tasks: whose samples, as many as each task's `batch`.

    Raises:
        DatasetError: if stored pictures don't fit.
    """
    inputs: dict[str, Any] = {}
    targets: dict[str, Any] = {}
    for task in tasks:
        own = zlib.crc32(task.name.encode())
        drawn: list[Sample] = []
        for k in range(0, task.batch, task.views):
            rng = np.random.default_rng([seed, index, own, k])
            drawn += task.draws(rng, stock, samples)
        drawn = drawn[: task.batch]
        inputs |= _stacked([sample[0] for sample in drawn])
        targets |= _stacked([sample[1] for sample in drawn])
    return inputs, targets


def _stacked(samples: Sequence[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Return arrays of one more axis, the first, of those of samples."""
    return {name: np.stack([sample[name] for sample in samples]) for name in samples[0]}


def make_drawing(
    seed: int, folder: Path | None, samples: SampleSettings, tasks: Sequence[Task]
) -> Callable[[int], Batch]:
    """Return what draws batch k, with its stock opened once.

    Args:
        folder: of background photos; None or empty: backgrounds are drawn.
    """
    stock = Stock.open(seed, folder, samples)
    return functools.partial(draw_batch, seed, stock=stock, samples=samples, tasks=tasks)


def prepare(inputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Turn uint8 pictures into the networks' levels, 0-1; what is none stays as it is."""
    return {
        name: value.astype(np.float32) * np.float32(1 / 255) if value.dtype == np.uint8 else value
        for name, value in inputs.items()
    }


Draw = Callable[[int], Any]
_makers: list[Callable[[], Draw]] = []  #: Makes what draws in this process, a worker


def _set_maker(make_draw: Callable[[], Draw]) -> None:
    _makers.append(make_draw)


@functools.cache
def _draw_here() -> Draw:
    """Return what draws in this worker, which gets ready when the first batch is asked for."""
    return _makers[0]()


def _draw(index: int) -> Any:
    return _draw_here()(index)


class BatchStream:
    """Draws batches in worker processes and hands them out in order of their index.

    Batch k is whatever `make_draw()(k)` returns, so the number of workers changes only the speed.

    Args:
        make_draw: called once in every worker; must be picklable.
        workers: processes; 0 draws in the calling process.
        start: index of the first batch.
        ahead: batches that are kept ready for each worker.
    """

    def __init__(
        self, make_draw: Callable[[], Draw], *, workers: int = 1, start: int = 0, ahead: int = 8
    ) -> None:
        self.waited_s = 0.0
        self._indices = itertools.count(start)
        self._draw = make_draw() if workers == 0 else None
        self._waiting: deque[Future[Any]] = deque()
        self._open = contextlib.ExitStack()
        if workers:
            begin = functools.partial(_set_maker, make_draw)
            self._pool = self._open.enter_context(processes(workers, begin, grace_s=1.0))
            for _ in range(ahead * workers):
                self._waiting.append(self._pool.submit(_draw, next(self._indices)))

    def __iter__(self) -> Iterator[Any]:
        """Hand out batches without end."""
        return self

    def __next__(self) -> Any:
        """Return the next batch, waiting for it where it is not ready; `waited_s` counts that.

        Raises:
            PlatewrightError: if a worker met with something that a user can cause.
            RuntimeError: if a worker failed otherwise, or died.
        """
        if self._draw is not None:
            return self._draw(next(self._indices))
        began = time.perf_counter()
        try:
            batch = self._waiting.popleft().result()
            self._waiting.append(self._pool.submit(_draw, next(self._indices)))
        except PlatewrightError:
            raise
        except BrokenProcessPool:
            raise RuntimeError("a drawing process died") from None
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            raise RuntimeError(f"a drawing process failed: {told}") from None
        self.waited_s += time.perf_counter() - began
        return batch

    def close(self) -> None:
        """End the workers."""
        self._open.close()

    def __enter__(self) -> BatchStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
