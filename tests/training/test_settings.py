from __future__ import annotations

from itertools import pairwise

import pytest

from platewright.training.fit import TrainSettings, learning_rate

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
