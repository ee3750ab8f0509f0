from __future__ import annotations

import functools
import itertools
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from platewright.network.kind import joined, load_kind
from platewright.network.part import LineSettings
from platewright.network.weights import AnySettings, BundleSettings
from platewright.training import stream as stream_module
from platewright.training.fit import TrainSettings, learning_rate
from platewright.training.sample import SampleSettings
from platewright.training.stream import BatchStream, make_drawing
from tests.network.conftest import looks
from tests.script import wait_until
from tests.training.conftest import tasks_of

# What workers call must be found by a fresh process, so it comes from the package and the standard
# library alone: `draw_batch` stands in for itself.


def making(settings: AnySettings) -> functools.partial[Callable[[int], object]]:
    return functools.partial(make_drawing, 3, None, SampleSettings(), tasks_of(settings, 1, 1))


MAKE = making(looks())


def take(count: int, make: Callable[[], object], **how: int) -> list[object]:
    with BatchStream(make, **how) as stream:  # type: ignore[arg-type]
        return [next(stream) for _ in range(count)]


@pytest.mark.parametrize("start", [0, 7])
def test_content_and_order_do_not_depend_on_the_workers(start: int) -> None:
    want = [3**k for k in range(start, start + 12)]
    make = functools.partial(functools.partial, pow, 3)
    for workers in (0, 1, 3):
        assert take(12, make, workers=workers, start=start) == want


BOX = making(joined([load_kind("box").recipe().settings]))
LINE = making(BundleSettings(line=LineSettings()))


def test_drawing_loads_no_framework() -> None:
    """Four drawing processes would hold TensorFlow four times."""
    code = (
        "import pickle, sys\n"
        "for make in pickle.load(sys.stdin.buffer): make()(0); print('keras' in sys.modules)"
    )
    makes = [MAKE, BOX, LINE]
    ran = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(makes), capture_output=True, check=True
    )
    assert ran.stdout.decode().split() == ["False"] * len(makes)


def test_drawn_batches_are_alike_from_any_process() -> None:
    here = MAKE()
    for index, (inputs, targets) in enumerate(take(2, MAKE, workers=2)):  # type: ignore[misc]
        want_inputs, want_targets = here(index)
        for got, want in ((inputs, want_inputs), (targets, want_targets)):
            assert set(got) == set(want)
            assert all((np.asarray(got[k]) == np.asarray(want[k])).all() for k in want)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failing_drawing_raises_with_its_message(workers: int) -> None:
    make = functools.partial(functools.partial, divmod, 12)  # divmod(12, 0): batch 0 fails
    with (
        BatchStream(make, workers=workers) as stream,
        pytest.raises(RuntimeError, match="a drawing process failed: ZeroDivisionError"),
    ):
        next(stream)


def test_batches_before_the_failing_one_still_come() -> None:
    make = functools.partial(functools.partial, "abc".__getitem__)
    with BatchStream(make, workers=1) as stream:
        assert [next(stream) for _ in range(3)] == ["a", "b", "c"]
        with pytest.raises(RuntimeError, match="IndexError: string index out of range"):
            next(stream)


def test_a_drawing_that_cannot_begin_raises_with_its_message() -> None:
    make = functools.partial(int, "x")
    with (
        BatchStream(make, workers=1) as stream,  # type: ignore[arg-type]
        pytest.raises(RuntimeError, match="ValueError: invalid literal for int"),
    ):
        next(stream)


def test_a_process_that_dies_is_told() -> None:
    make = functools.partial(functools.partial, os._exit)
    with (
        BatchStream(make, workers=1) as stream,  # type: ignore[arg-type]
        pytest.raises(RuntimeError, match="a drawing process died"),
    ):
        next(stream)


def test_close_ends_every_process_even_with_full_queues() -> None:
    make = functools.partial(functools.partial, pow, 3)
    stream = BatchStream(make, workers=2, ahead=2)
    next(stream)
    processes = list(stream._pool._processes.values())
    assert all(p.is_alive() for p in processes)
    stream.close()
    # A thread of the pool may have asked for how it ended, and not noted it yet.
    wait_until(lambda: not any(process.is_alive() for process in processes))
    stream.close()  # twice does no harm


def test_waiting_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(100.0, 2.5)
    monkeypatch.setattr(stream_module, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    with BatchStream(functools.partial(functools.partial, pow, 3), workers=1) as stream:
        assert stream.waited_s == 0
        assert [next(stream), next(stream)] == [1, 3]
        assert stream.waited_s == 5.0


def test_nobody_waits_for_drawing_in_the_same_process() -> None:
    stream = BatchStream(functools.partial(functools.partial, pow, 3), workers=0)
    assert next(stream) == 1 and stream.waited_s == 0


SETTINGS = TrainSettings(rate=0.01, warmup=100, last_rate=0.05)


def test_the_rate_rises_in_a_line() -> None:
    rates = [learning_rate(SETTINGS, step, 0.0) for step in (0, 24, 49, 99, 100, 5000)]
    assert rates == pytest.approx([0.0001, 0.0025, 0.005, 0.01, 0.01, 0.01])


def test_and_falls_by_half_a_cosine() -> None:
    rates = [learning_rate(SETTINGS, 10_000, p) for p in (0.0, 0.5, 1.0, 2.0)]
    assert rates == pytest.approx([0.01, 0.01 * (0.05 + 0.95 / 2), 0.0005, 0.0005])
    falling = [learning_rate(SETTINGS, 10_000, p / 50) for p in range(51)]
    assert all(a > b for a, b in pairwise(falling))


def test_a_run_without_warm_up_begins_at_the_top() -> None:
    assert learning_rate(TrainSettings(rate=0.01, warmup=0), 0, 0.0) == pytest.approx(0.01)
