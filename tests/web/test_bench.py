"""Who waits for a turn gets it in order."""

from __future__ import annotations

import threading
import time

from platewright.web.bench import Line
from tests.script import wait_until


def test_who_has_waited_longest_is_next_and_nobody_pushes_in() -> None:
    line, served = Line[str](), []
    line.put("turn")
    assert line.take(0) == "turn"  # it is at work

    def wait(name: str) -> None:
        turn = line.take(time.monotonic() + 60)
        served.append(name)
        assert turn is not None
        line.put(turn)

    waiting = []
    for name in "abc":
        waiting.append(threading.Thread(target=wait, args=(name,)))
        waiting[-1].start()
        wait_until(lambda: line.waiting == len(waiting), pause_s=0.001)
    line.put("turn")
    assert line.take(time.monotonic() + 60) == "turn"  # at once again, and yet behind them
    assert served == ["a", "b", "c"]
    for each in waiting:
        each.join()


def test_who_does_not_wait_any_longer_leaves_the_line() -> None:
    line = Line[str]()
    assert line.take(time.monotonic() + 0.01) is None
    assert line.take(time.monotonic() - 1) is None
    assert line.waiting == 0
    line.put("turn")
    assert line.take(0) == "turn"
