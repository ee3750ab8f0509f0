"""A deadline for work that has none of its own.

Python's sockets limit each wait for a byte, and looking up a name has no limit at all: a host that
sends a header a second holds its caller as long as it likes. So such work is done in a thread of
its own, which is left to itself when the time is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

__all__ = ["within"]

Result = TypeVar("Result")


def within(timeout_s: float, work: Callable[[], Result]) -> Result:
    """Return what work returns.

    Args:
        timeout_s: seconds it may take.
        work: is not stopped when the time is over, and should end by itself.

    Raises:
        TimeoutError: if it isn't done in time.
        Exception: what `work` raises.
    """
    came: Future[Result] = Future()

    def run(came: Future[Result]) -> None:
        try:
            came.set_result(work())
        except BaseException as error:
            came.set_exception(error)
        finally:
            del came

    threading.Thread(target=run, args=(came,), daemon=True).start()
    try:
        return came.result(timeout_s)
    finally:
        del came  # an error holds this frame; that it holds the error would keep both
