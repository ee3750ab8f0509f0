"""Losses of boxes, against the same computed by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from platewright.geometry import iou
from platewright.network.kind import load_kind
from platewright.reader.loss import box_overlap, box_where, ctc_text, reader_losses


def test_boxes_far_off_cost_more_than_near_ones_and_true_ones_nothing() -> None:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 0.5, (20, 2))
    boxes = np.concatenate([low, low + rng.uniform(0.05, 0.4, (20, 2))], axis=1).astype(np.float32)
    assert float(box_overlap(boxes, boxes)) == pytest.approx(0, abs=1e-4)
    for a, b in itertools.pairwise(boxes):
        hull = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
        area = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b, hull)]
        same = iou(tuple(a), tuple(b))
        union = (area[0] + area[1]) / (1 + same)
        want = 5 * np.abs(a - b).mean() + 2 * (1 - same + (area[2] - union) / area[2])
        assert float(box_overlap(a[None], b[None])) == pytest.approx(want, abs=1e-4)
    plate = np.array([[0.1, 0.1, 0.2, 0.15]], np.float32)
    costs = [float(box_overlap(plate, plate + np.float32(by))) for by in (0.02, 0.2, 0.5)]
    assert costs == sorted(costs)  # though two of them don't overlap at all


def test_where_is_the_weight_on_the_cells_that_a_plate_touches() -> None:
    where = np.zeros((1, 4, 8), np.float32)
    where[0, 1, 2:5] = 0.2
    where[0, 3, 7] = 0.4
    rows = [
        ((0.26, 0.3, 0.6, 0.45), 0.6),  # columns 2.08 to 4.8, rows 1.2 to 1.8
        ((0.26, 0.3, 0.49, 0.45), 0.4),  # columns 2.08 to 3.92
        ((0.9, 0.8, 0.91, 0.81), 0.4),  # within one cell
        ((0.0, 0.0, 1.0, 1.0), 1.0),
        ((0.0, 0.0, 0.1, 0.1), 0.0),
    ]
    for box, on in rows:
        found = float(box_where(np.array([box], np.float32), where))
        assert found == pytest.approx(-np.log(on + 1e-5), abs=1e-4)


def test_the_original_is_taught_by_squares_alone() -> None:
    for name, outputs in (("original", {"box"}), ("small", {"box", "where"})):
        recipe = load_kind("box").recipe(name)
        losses, weights = reader_losses(recipe)
        assert set(losses) == set(weights) == outputs and all(weights.values())


def test_a_long_text_weighs_more_in_the_original_than_in_ours() -> None:
    logits = np.random.default_rng(4).normal(0, 1, (2, 12, 5)).astype(np.float32)
    target = np.full((2, 6 + 1 + 12), -1, np.int32)
    target[0, :7], target[1, :7] = [1, 2, 1, 3, 2, 4, 6], [2, 0, 0, 0, 0, 0, 1]
    each = [
        float(ctc_text(6, 0.0, by_length=False)(target[k : k + 1], logits[k : k + 1]))
        for k in range(2)
    ]
    assert float(ctc_text(6, 0.0, by_length=False)(target, logits)) == pytest.approx(sum(each) / 2)
    ours = float(ctc_text(6, 0.0)(target, logits))
    assert ours == pytest.approx((each[0] / 6 + each[1]) / 2, rel=1e-5)
    by_length = [load_kind("crnn-gru").recipe(name).by_length for name in ("small", "original")]
    assert by_length == [True, False]
