"""Work counted instead of timed: a count is the same on a busy machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


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
