"""Processes that work through items in order."""

from __future__ import annotations

import functools
import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing.context import SpawnProcess

import pytest

from platewright import pool
from platewright.errors import EngineError, ImageError
from platewright.pool import Line, in_order, usual_workers
from tests.script import PATIENCE_S, wait_until

cube = functools.partial(pow, exp=3)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(workers: int) -> None:
    assert list(in_order(cube, range(20), workers)) == [k**3 for k in range(20)]
    assert usual_workers() >= 1


def test_items_are_taken_as_they_are_needed() -> None:
    taken = itertools.count()
    results = in_order(cube, taken, 2)
    assert [next(results) for _ in range(3)] == [0, 1, 8]
    assert next(taken) < 12
    results.close()  # type: ignore[attr-defined]


def test_who_ends_early_does_not_wait_for_long_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "GRACE_S", 0.1)
    results = in_order(time.sleep, itertools.chain([0.0], itertools.repeat(3600.0)), 2)
    before = multiprocessing.active_children()
    assert next(results) is None
    workers = [each for each in multiprocessing.active_children() if each not in before]
    assert 1 <= len(workers) <= 2  # one that had nothing to do yet takes the next item as well
    results.close()  # type: ignore[attr-defined]
    wait_until(lambda: not any(each.is_alive() for each in workers))


@pytest.mark.process
def test_ctrl_c_reaches_no_worker_whenever_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the first heard it until they had loaded everything, and told where they were."""
    found: list[object] = []
    real = SpawnProcess.start

    def start(self: SpawnProcess) -> None:
        found.append(signal.getsignal(signal.SIGINT))
        real(self)

    monkeypatch.setattr(SpawnProcess, "start", start)
    monkeypatch.setattr(pool, "GRACE_S", 0.1)
    with pool.processes(2) as two:
        two.submit(os.getpid).result()
        for _ in range(3):
            two.submit(time.sleep, 3600)
    assert found == [signal.SIG_IGN] * 2
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


@pytest.mark.parametrize("workers", [1, 2])
def test_what_came_before_a_bad_item_is_kept(workers: int) -> None:
    def items() -> Iterator[int]:
        yield from (1, 2)
        raise ImageError("a.jpg: damaged")

    results = in_order(cube, items(), workers)
    assert [next(results), next(results)] == [1, 8]
    with pytest.raises(ImageError, match="damaged"):
        next(results)


def test_what_a_worker_raises_ends_the_run() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_order(functools.partial(divmod, 1), [1, 0, 1], 2))


def test_a_killed_worker_is_told() -> None:
    with pytest.raises(EngineError, match="a worker was killed"):
        list(in_order(os._exit, [1, 1, 1], 2))


def test_who_has_waited_longest_is_next_and_nobody_pushes_in() -> None:
    line, served = Line[str](), []
    line.put("turn")
    assert line.take(0) == "turn"  # it is at work

    def wait(name: str) -> None:
        turn = line.take(time.monotonic() + PATIENCE_S)
        served.append(name)
        assert turn is not None
        line.put(turn)

    waiting = []
    for name in "abc":
        waiting.append(threading.Thread(target=wait, args=(name,)))
        waiting[-1].start()
        wait_until(lambda: line.waiting == len(waiting), pause_s=0.001)
    line.put("turn")
    assert line.take(time.monotonic() + PATIENCE_S) == "turn"  # at once again, and yet behind them
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
