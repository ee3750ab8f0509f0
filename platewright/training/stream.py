"""Batches drawn by other processes, in order, ahead of the trainer."""

from __future__ import annotations

import multiprocessing as mp
import queue
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any

from platewright.errors import PlatewrightError

__all__ = ["BatchStream"]

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
        """Start the workers."""
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

    @property
    def starving(self) -> bool:
        """Whether nothing is ready, so that drawing holds up the training."""
        return bool(self._queues) and all(q.empty() for q in self._queues)

    def close(self) -> None:
        """End the workers."""
        self._stop.set()
        for process in self._workers:
            process.join(timeout=1.0)
            if process.is_alive():
                process.terminate()
        self._workers = []

    def __enter__(self) -> BatchStream:
        """Use as a context."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close at the end."""
        self.close()
