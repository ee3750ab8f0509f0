"""Batches of samples, drawn by other processes, in order, ahead of the trainer."""

from __future__ import annotations

import functools
import multiprocessing as mp
import queue
import signal
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.errors import PlatewrightError
from platewright.training.sample import SampleSettings, Stock
from platewright.training.task import Task

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


def _work(make_draw: Callable[[], Draw], first: int, step: int, out: Any, stop: Any) -> None:
    """Draw batches first, first + step, ... until told to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the trainer decides when to end
    trainer = mp.parent_process()

    def wanted() -> bool:
        return not stop.is_set() and (trainer is None or trainer.is_alive())

    try:
        draw = make_draw()
        index = first
        while wanted():
            item = (index, draw(index), None)
            while wanted():
                try:
                    out.put(item, timeout=0.5)
                    break
                except queue.Full:
                    continue
            index += step
        out.cancel_join_thread()  # nobody takes what is left
    except Exception as error:  # this one must arrive, so the process waits until it is sent
        told = isinstance(error, PlatewrightError)
        out.put((-1, None, error if told else f"{type(error).__name__}: {error}"))


class BatchStream:
    """Draws batches in worker processes and hands them out in order of their index.

    Batch k is whatever `make_draw()(k)` returns, so the number of workers changes only the speed.

    Args:
        make_draw: called once in every worker; must be picklable.
        workers: processes; 0 draws in the calling process.
        start: index of the first batch.
        ahead: batches each worker keeps ready.
    """

    def __init__(
        self, make_draw: Callable[[], Draw], *, workers: int = 1, start: int = 0, ahead: int = 8
    ) -> None:
        self.waited_s = 0.0
        self._index = start
        self._draw = make_draw() if workers == 0 else None
        context = mp.get_context("spawn")
        self._stop = context.Event()
        self._queues = [context.Queue(ahead) for _ in range(workers)]
        self._workers: list[BaseProcess] = []
        for k, out in enumerate(self._queues):
            process = context.Process(
                target=_work, args=(make_draw, start + k, workers, out, self._stop), daemon=True
            )
            process.start()
            self._workers.append(process)
        self._start = start

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
            batch = self._draw(self._index)
            self._index += 1
            return batch
        which = (self._index - self._start) % len(self._queues)
        began = time.perf_counter()
        while True:
            try:
                index, batch, error = self._queues[which].get(timeout=2.0)
                break
            except queue.Empty:
                if not self._workers[which].is_alive():
                    raise RuntimeError("a drawing process died") from None
        self.waited_s += time.perf_counter() - began
        if isinstance(error, PlatewrightError):
            raise error
        if error is not None:
            raise RuntimeError(f"a drawing process failed: {error}")
        if index != self._index:
            raise RuntimeError(f"batch {index} came where {self._index} was due")
        self._index += 1
        return batch

    def close(self) -> None:
        """End the workers."""
        self._stop.set()
        for process in self._workers:
            process.join(timeout=1.0)
            if process.is_alive():
                process.terminate()
        self._workers = []

    def __enter__(self) -> BatchStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
