"""Work that ends in time: by the clock, or by what it takes of the processor."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, TypeVar

Result = TypeVar("Result")
_at_work: set[Future[Any]] = set()  # of `within_processor`


def within(timeout_s: float, work: Callable[[], Result]) -> Result:
    """Return what work returns, if it is done in time.

    Python's sockets limit each wait for a byte, and looking up a name has no limit at all: a host
    that sends a header a second holds its caller as long as it likes. So such work is done in a
    thread of its own, which is left to itself when the time is over.

    Args:
        timeout_s: seconds it may take.
        work: is not stopped when the time is over, and should end by itself.

    Raises:
        TimeoutError: if it isn't done in time.
        Exception: what `work` raises.
    """
    came: Future[Result] = Future()
    _begin(work, came)
    try:
        return came.result(timeout_s)
    finally:
        del came  # an error holds this frame; that it holds the error would keep both


def within_processor(
    limit_s: float, work: Callable[[], Result], stop: Callable[[], None]
) -> Result:
    """Return what work returns, if it takes no more of the processor than it may.

    Not by the clock: where much else is run, sound work takes as long as it takes. What other
    threads of this process take counts only where the system can't tell one thread's part.

    Args:
        limit_s: seconds of the processor, of the thread that works.
        work: runs in a thread, which is left alone where it goes on all the same.
        stop: tells the work to end; called when the limit is passed.

    Raises:
        TimeoutError: if it takes half as much again.
        Exception: what `work` raises.
    """
    clocks: list[Callable[[], float]] = []

    def timed() -> Result:
        clocks.append(_own_clock())
        return work()

    came: Future[Result] = Future()
    _at_work.add(came)
    came.add_done_callback(_at_work.discard)
    try:
        _begin(timed, came)
        while not wait([came], limit_s / 8).done:
            spent = clocks[0]() if clocks else 0.0
            if spent > limit_s:
                stop()
            if spent > 1.5 * limit_s:
                raise TimeoutError(f"takes more than {limit_s:g} s of the processor")
        return came.result()
    finally:
        del came


def goes_on() -> bool:
    """Tell whether work of `within_processor` is not done, that was left alone or interrupted.

    A library that works while the process takes it down ends in a crash.
    """
    return bool(_at_work)


def _own_clock() -> Callable[[], float]:
    """Return what tells how much of the processor this thread has taken since."""
    try:
        own = time.pthread_getcpuclockid(threading.get_ident())
    except (AttributeError, OSError):  # Windows, macOS
        began = time.process_time()
        return lambda: time.process_time() - began

    def taken() -> float:
        try:
            return time.clock_gettime(own)
        except OSError:  # it has just ended
            return 0.0

    return taken


def _begin(work: Callable[[], Result], came: Future[Result]) -> None:
    """Begin work in a thread of its own, and say where its result, or its error, comes."""

    def run(came: Future[Result]) -> None:
        try:
            came.set_result(work())
        except BaseException as error:
            came.set_exception(error)
        finally:
            del came

    threading.Thread(target=run, args=(came,), daemon=True).start()
