"""Hand-computed tables."""

from __future__ import annotations

import numpy as np
import pytest

from platewright.reading.finder import suppress


def test_nothing_stays_of_nothing() -> None:
    found = suppress([], [])
    assert found.tolist() == []
    assert found.dtype == np.int64


@pytest.mark.parametrize(
    ("name", "boxes", "scores", "stays"),
    [
        ("one", [[0, 0, 10, 10]], [0.1], [0]),
        ("touch", [[0, 0, 10, 10], [10, 0, 20, 10], [0, 10, 10, 20]], [0.5, 0.9, 0.7], [1, 2, 0]),
        ("equal boxes, the better", [[0, 0, 10, 10]] * 3, [0.2, 0.9, 0.5], [1]),
        ("equal boxes and scores, the first", [[0, 0, 10, 10]] * 2, [0.5, 0.5], [0]),
        # a-b and b-c share 60 of 140 (0.43), a-c 20 of 180 (0.11): b goes, so c stays
        ("chained", [[0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10]], [0.9, 0.8, 0.7], [0, 2]),
        # the best one bridges two that do not touch: both go
        ("bridging", [[0, 0, 10, 10], [4, 0, 17, 10], [11, 0, 21, 10]], [0.7, 0.9, 0.8], [1]),
        # 16 of 400: little overlap, yet wholly inside
        ("contained", [[0, 0, 20, 20], [5, 5, 9, 9]], [0.9, 0.8], [0]),
        ("containing", [[0, 0, 20, 20], [5, 5, 9, 9]], [0.8, 0.9], [1]),
        # 50 of 150 is more than 0.3; 40 of 160 is less
        ("just over", [[0, 0, 10, 10], [5, 0, 15, 10]], [0.9, 0.8], [0]),
        ("just under", [[0, 0, 10, 10], [6, 0, 16, 10]], [0.9, 0.8], [0, 1]),
        ("no area", [[0, 0, 10, 10], [5, 5, 5, 5]], [0.9, 0.8], [0, 1]),
    ],
)  # fmt: skip
def test_table(name: str, boxes: list[list[float]], scores: list[float], stays: list[int]) -> None:
    assert suppress(boxes, scores).tolist() == stays, name


def test_the_thresholds_are_what_they_say() -> None:
    pair = [[0, 0, 10, 10], [5, 0, 15, 10]]  # a third of their union, half of each
    assert suppress(pair, [2, 1], overlap=1 / 3 + 1e-9).tolist() == [0, 1]
    assert suppress(pair, [2, 1], overlap=1 / 3 - 1e-9).tolist() == [0]
    assert suppress(pair, [2, 1], overlap=0.9, inside=0.49).tolist() == [0]
    inner = [[0, 0, 20, 20], [5, 5, 9, 9]]
    assert suppress(inner, [2, 1], inside=1.0).tolist() == [0, 1]


def test_whatever_stays_is_apart_and_whatever_goes_has_a_better_neighbour() -> None:
    from platewright.geometry import iou_matrix

    rng = np.random.default_rng(4)
    corner, size = rng.uniform(0, 60, (80, 2)), rng.uniform(4, 20, (80, 2))
    boxes, scores = np.concatenate([corner, corner + size], axis=1), rng.random(80)
    kept = suppress(boxes, scores, inside=1.0)
    overlaps = iou_matrix(boxes, boxes)
    among = overlaps[np.ix_(kept, kept)] - np.eye(len(kept))
    assert among.max() <= 0.3
    assert (np.diff(scores[kept]) <= 0).all()
    for gone in set(range(80)) - set(kept.tolist()):
        over = kept[overlaps[gone, kept] > 0.3]
        assert (scores[over] >= scores[gone]).any()
