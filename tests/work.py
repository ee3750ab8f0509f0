"""Work counted instead of timed: a count is the same on a busy machine."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FrameType

from tests.script import wait_until


def count_calls(function: Callable[[], object]) -> int:
    """Return how many calls, of Python and of C, a function comes to.

    >>> count_calls(lambda: [abs(k) for k in range(1000)]) > 1000 > count_calls(lambda: abs(1))
    True
    """
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(before)
    return calls


class Turnstile:
    """Lets one thread go on so many times as another says, in place of two clocks.

    Args:
        total: how often it comes at all.
    """

    def __init__(self, total: int) -> None:
        self.total, self.allowed, self.came = total, 1, 0
        self._free = threading.Semaphore(1)

    def __call__(self, *_: object) -> None:
        """Wait to be let through; the first time there is no need to."""
        self.came += 1
        self._free.acquire()

    def let(self, count: int) -> None:
        """Let it through so often, and wait until it comes again, or has come for the last time."""
        self.allowed += count
        for _ in range(count):
            self._free.release()
        wait_until(lambda: self.came > min(self.allowed, self.total - 1), pause_s=0.001)
