"""Workers: a pool that takes items in order, and a line for what is free."""

import contextlib
import functools
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Generic, TypeVar

from platewright.errors import EngineError

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 2  #: Items of each worker that are handed out before the first of them is asked for
WATCH_S = 0.5
GRACE_S = 10.0  #: For which workers may go on with what they are at when the run has ended early


def usual_workers() -> int:
    """Return how many processes this machine works with: a worker for each core it may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1


def in_order(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    *,
    prepare: Callable[[], object] | None = None,
    threads: bool = False,
) -> Iterator[Result]:
    """Call a function on every item in workers; yield what it returns, in the items' order.

    Ctrl-C reaches this process alone: the workers finish what they are at and end, or are ended
    after `GRACE_S`. Close the iterator to end early. Items are taken as they are needed, so memory
    stays flat; where the items themselves raise, what came before is yielded first.

    Args:
        function: can be pickled, unless in threads; what it raises ends the run.
        workers: processes or threads; 1 and less: this one does the work.
        prepare: called once in each process; can be pickled.
        threads: work in threads of this process.

    Raises:
        EngineError: if a worker dies.
    """
    if workers <= 1:
        yield from map(function, items)
        return
    waiting: deque[Future[Result]] = deque()
    failed: Exception | None = None
    with ThreadPoolExecutor(workers) if threads else processes(workers, prepare) as pool:
        try:
            source = iter(items)
            while True:
                try:
                    item = next(source)
                except StopIteration:
                    break
                except Exception as error:
                    failed = error
                    break
                waiting.append(pool.submit(function, item))
                while len(waiting) > AHEAD * workers or (waiting and waiting[0].done()):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise EngineError(
                "a worker was killed (memory?): the same command with fewer --workers goes on"
            ) from None
        finally:
            for future in waiting:  # the pool itself knows its processes until it is shut down
                future.cancel()
    if failed is not None:
        raise failed


@contextlib.contextmanager
def processes(
    workers: int, prepare: Callable[[], object] | None = None, *, grace_s: float | None = None
) -> Iterator[ProcessPoolExecutor]:
    """Start processes that Ctrl-C does not reach, and end them when the block does.

    Args:
        prepare: called once in each; can be pickled.
        grace_s: for which they may go on with what they are at; None: `GRACE_S`.
    """
    pool = ProcessPoolExecutor(workers, _Deaf(), _start, (os.getpid(), prepare))
    try:
        pool.submit(os.getpid)  # the first one starts
        yield pool
    finally:
        started = [*(getattr(pool, "_processes", None) or {}).values()]
        pool.shutdown(wait=False, cancel_futures=True)
        end = time.monotonic() + (GRACE_S if grace_s is None else grace_s)
        for each in started:
            each.join(max(end - time.monotonic(), 0))
            each.terminate()
        pool.shutdown()


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore Ctrl-C to the end of the block; processes that are started in it do so for good."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, kept)


class _DeafProcess(SpawnProcess):
    """A process that ignores Ctrl-C from its first moment, whenever the pool starts it."""

    def start(self) -> None:
        """Start it."""
        with uninterrupted():
            super().start()


class _Deaf(SpawnContext):
    """Makes such processes."""

    Process = _DeafProcess


def _start(parent: int, prepare: Callable[[], object] | None) -> None:
    """Ready a worker: deaf to Ctrl-C, on one core, and gone when who started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import cv2

    cv2.setNumThreads(1)

    end_with(parent)
    if prepare is not None:
        prepare()


@functools.cache
def end_with(parent: int) -> None:
    """End this process when the one that started it is gone, which else it would not notice."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@dataclass(eq=False)
class _Place(Generic[Item]):
    """Somebody's in the line."""

    came: threading.Event = field(default_factory=threading.Event)
    item: Item | None = None


class Line(Generic[Item]):
    """Things that are free; who has waited longest for one gets the next.

    A `queue.Queue` gives it to whoever asks first after it was put, as likely as not somebody who
    has just come: then most wait for little and some for very long.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: deque[Item] = deque()
        self._places: deque[_Place[Item]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._places)

    def put(self, item: Item) -> None:
        """Give something free."""
        with self._lock:
            if self._places:
                place = self._places.popleft()
                place.item = item
                place.came.set()
            else:
                self._free.append(item)

    def take(self, deadline: float) -> Item | None:
        """Take something when it is one's turn; None: it was not until the deadline."""
        with self._lock:
            if self._free:
                return self._free.popleft()
            place = _Place[Item]()
            self._places.append(place)
        if not place.came.wait(max(deadline - time.monotonic(), 0)):
            with self._lock:
                if place in self._places:
                    self._places.remove(place)
        return place.item
