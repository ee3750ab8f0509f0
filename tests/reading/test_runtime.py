"""A first run of weights: it may take as long as the machine needs, and not for ever."""

from __future__ import annotations

import time
from typing import Any

import pytest

from platewright.reading import runtime


class Session:
    """Runs until it is told to end.

    Args:
        work: what it does all the while.
        least: how often at least, before it ends by itself; None: it never does.
    """

    def __init__(self, work: Any, least: int | None = None) -> None:
        self.work, self.least = work, least

    def run(self, outputs: list[str], given: dict[str, Any], options: Any) -> list[str]:
        count = 0
        while not options.terminate and count != self.least:
            self.work()
            count += 1
        return ["ended"] if options.terminate else ["done"]


def test_a_first_run_is_ended_by_the_work_it_takes_and_not_by_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sound weights were refused where much else was run beside."""
    monkeypatch.setattr(runtime, "FIRST_RUN_S", 0.5)
    network = runtime.OnnxNetwork.__new__(runtime.OnnxNetwork)
    waiting = Session(lambda: time.sleep(0.1), least=12)
    assert network._try(waiting, [], {}) == ["done"]
    assert network._try(Session(lambda: sum(range(10_000))), [], {}) == ["ended"]
