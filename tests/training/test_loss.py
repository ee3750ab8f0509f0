"""Values by hand, masks, and what an absent plate teaches."""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import exp, log, log1p

import numpy as np
import pytest
from keras import ops

from platewright.geometry import iou
from platewright.network.kind import Recipe, build, joined, kind_names, load_kind
from platewright.network.part import SlotSettings
from platewright.synth.background import Backgrounds
from platewright.training import loss
from platewright.training.fit import losses_of
from platewright.training.sample import SampleSettings, Stock
from platewright.training.stream import draw_batch, prepare
from platewright.training.task import IGNORE, load_task

SLOTS = SlotSettings(channels=(8, 8, 16, 16))
TASK = load_task(Recipe(settings=SLOTS, source=""), {"windows": 2})
LOSSES = {name: one for name, (one, _) in TASK.losses().items()}


def value(function: object, target: object, output: object, kind: type = np.float32) -> float:
    tensors = ops.convert_to_tensor(np.array(target, kind)), np.array(output, np.float32)
    return float(ops.convert_to_numpy(function(tensors[0], ops.convert_to_tensor(tensors[1]))))  # type: ignore[operator]


def test_scan_presence_is_focal_per_positive() -> None:
    target = [[[[1], [0], [IGNORE]]]]
    # missed 1/2 each: (1/2)^2 * (0.75 + 0.25) * ln 2, over one positive and 4
    assert value(loss.scan_presence, target, [[[[0.0], [0.0], [7.0]]]]) == pytest.approx(
        0.25 * log(2) / 5
    )
    sure = 1 / (1 + exp(2))
    assert value(loss.scan_presence, target, [[[[2.0], [-2.0], [7.0]]]]) == pytest.approx(
        sure**2 * log1p(exp(-2)) / 5
    )


def test_scan_presence_survives_huge_logits() -> None:
    found = value(loss.scan_presence, [[[[1], [0]]]], [[[[-200.0], [200.0]]]])
    assert found == pytest.approx((0.75 * 200 + 0.25 * 200) / 5)


def test_corners_count_only_where_a_plate_is() -> None:
    target = np.zeros((1, 1, 2, 9))
    target[0, 0, 0] = [0.04, 0.28, 0, 0, 0, 0, 0, 0, 1]
    output = np.zeros((1, 1, 2, 8))
    output[0, 0, 1] = 50.0
    # inside the knee of 0.08: 0.04^2 / 0.16; beyond it: 0.28 - 0.04; over 8 values and 8
    assert value(loss.scan_corners, target, output) == pytest.approx((0.01 + 0.24) / 16)
    flat = np.array([[0.02, 0.215, 0, 0, 0, 0, 0, 0, 1], [9] * 8 + [0]])
    assert value(loss.window_corners, flat, np.zeros((2, 8))) == pytest.approx(
        (0.02**2 / 0.06 + 0.2) / 16
    )


def test_cells_balance_filled_and_empty() -> None:
    third, logits = log(3), np.zeros((1, 1, 5, 3))
    logits[0, 0, 4] = [99, -99, 0]
    target = [[[0, 1, 2, 2, IGNORE]]]  # the last class is none
    assert value(loss.masked_cells, target, logits, np.int32) == pytest.approx(
        2 * third / 3 + 0.7 * 2 * third / 3, rel=1e-5
    )
    logits[0, 0, 0] = [log(2), 0, 0]
    assert value(loss.masked_cells, target, logits, np.int32) == pytest.approx(
        (log(2) + third) / 3 + 0.7 * 2 * third / 3, rel=1e-5
    )


def test_text_is_the_mean_log_likelihood_of_taught_slots() -> None:
    output = [[[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]], [[0.2, 0.2, 0.6], [0.2, 0.2, 0.6]]]
    target = [[0, 2], [IGNORE, IGNORE]]
    assert value(loss.slot_text, target, output, np.int32) == pytest.approx(
        -(log(0.5 + 1e-5) + log(0.8 + 1e-5)) / 3, rel=1e-5
    )


def test_window_presence_by_hand() -> None:
    found = value(loss.window_presence, [[1], [0], [IGNORE]], [[2.0], [1.0], [30.0]])
    assert found == pytest.approx((log1p(exp(-2)) + log1p(exp(1))) / 3, rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", kind_names())
def test_every_output_has_a_loss_and_a_weight(name: str) -> None:
    for recipe in load_kind(name).recipes.values():
        losses = losses_of([load_task(recipe)])
        outputs = build(joined([recipe.settings])).teach.output
        assert set(losses) == set(outputs)
        assert recipe.where == 0 or all(weight > 0 for _, weight in losses.values())


@pytest.fixture(scope="module")
def taught() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Inputs and targets: two windows with a plate and two without."""
    stock = Stock(Backgrounds(num_drawn=2))
    near = replace(SampleSettings().closeup, width_px=(100.0, 260.0), resample=0.0)
    present = draw_batch(0, 0, stock, SampleSettings(absent=0.0, closeup=near), [TASK])
    absent = draw_batch(0, 1, stock, SampleSettings(absent=1.0), [TASK])
    inputs, targets = (
        {name: np.concatenate([a[name], b[name]]) for name in a}
        for a, b in zip(present, absent, strict=True)
    )
    assert targets["presence"][:, 0].tolist() == [1, 1, 0, 0]
    return prepare(inputs), targets


@pytest.mark.parametrize("name", ["slot_characters", "slot_map", "slots", "corners"])
def test_an_absent_plate_gives_exactly_zero_gradient(
    name: str, taught: tuple[dict[str, np.ndarray], dict[str, np.ndarray]]
) -> None:
    """Of the output itself, in a batch with plates: their rows have one, the others have not."""
    tensorflow = pytest.importorskip("tensorflow")
    target = taught[1][name]
    classes = {"slot_characters": 37, "slot_map": SLOTS.slots + 1, "slots": 37}
    rng = np.random.default_rng(1)
    shape = (4, 8) if name == "corners" else (*target.shape, classes[name])
    start = rng.random(shape) if name == "slots" else rng.normal(0, 3, shape)
    output = tensorflow.Variable(start.astype(np.float32))
    with tensorflow.GradientTape() as tape:
        found = LOSSES[name](ops.convert_to_tensor(target), output)
    gradient = tape.gradient(found, output).numpy()
    assert (gradient[2:] == 0).all()
    assert (np.abs(gradient[:2]).reshape(2, -1).max(axis=1) > 1e-6).all()


def test_absent_plates_leave_every_weight_that_only_reads_alone(
    taught: tuple[dict[str, np.ndarray], dict[str, np.ndarray]],
) -> None:
    """Through the whole network: absent plates move presence and nothing of the text."""
    tensorflow = pytest.importorskip("tensorflow")
    model = build(joined([SLOTS])).teach

    def gradients(rows: slice, names: tuple[str, ...]) -> dict[str, float]:
        with tensorflow.GradientTape() as tape:
            outputs = model({"window": taught[0]["window"][rows]}, training=True)
            total = sum(
                LOSSES[n](ops.convert_to_tensor(taught[1][n][rows]), outputs[n]) for n in names
            )
        values = [v.value for v in model.trainable_variables]
        found = tape.gradient(total, values)
        return {
            v.path: 0.0 if g is None else float(np.abs(g.numpy()).max())
            for v, g in zip(model.trainable_variables, found, strict=True)
        }

    text = ("slot_characters", "slot_map", "slots")
    assert set(gradients(slice(2, 4), text).values()) == {0.0}
    there = gradients(slice(0, 2), text)
    assert there["slots_characters/kernel"] > 0 and there["slots_slots/kernel"] > 0
    assert there["slots_stem_conv/kernel"] > 0
    assert gradients(slice(2, 4), ("presence",))["slots_presence/kernel"] > 0


def test_boxes_far_off_cost_more_than_near_ones_and_true_ones_nothing() -> None:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 0.5, (20, 2))
    boxes = np.concatenate([low, low + rng.uniform(0.05, 0.4, (20, 2))], axis=1).astype(np.float32)
    assert float(loss.box_overlap(boxes, boxes)) == pytest.approx(0, abs=1e-4)
    for a, b in itertools.pairwise(boxes):
        hull = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
        area = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b, hull)]
        same = iou(tuple(a), tuple(b))
        union = (area[0] + area[1]) / (1 + same)
        want = 5 * np.abs(a - b).mean() + 2 * (1 - same + (area[2] - union) / area[2])
        assert float(loss.box_overlap(a[None], b[None])) == pytest.approx(want, abs=1e-4)
    plate = np.array([[0.1, 0.1, 0.2, 0.15]], np.float32)
    costs = [float(loss.box_overlap(plate, plate + np.float32(by))) for by in (0.02, 0.2, 0.5)]
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
        found = float(loss.box_where(np.array([box], np.float32), where))
        assert found == pytest.approx(-np.log(on + 1e-5), abs=1e-4)


def test_the_original_is_taught_by_squares_alone() -> None:
    for name, outputs in (("original", {"box"}), ("small", {"box", "where"})):
        losses = losses_of([load_task(load_kind("box").recipe(name))])
        assert set(losses) == outputs and all(weight for _, weight in losses.values())


def test_a_long_text_weighs_more_in_the_original_than_in_ours() -> None:
    logits = np.random.default_rng(4).normal(0, 1, (2, 12, 5)).astype(np.float32)
    target = np.full((2, 6 + 1 + 12), -1, np.int32)
    target[0, :7], target[1, :7] = [1, 2, 1, 3, 2, 4, 6], [2, 0, 0, 0, 0, 0, 1]
    each = [
        float(loss.ctc_text(6, 0.0, by_length=False)(target[k : k + 1], logits[k : k + 1]))
        for k in range(2)
    ]
    assert float(loss.ctc_text(6, 0.0, by_length=False)(target, logits)) == pytest.approx(
        sum(each) / 2
    )
    ours = float(loss.ctc_text(6, 0.0)(target, logits))
    assert ours == pytest.approx((each[0] / 6 + each[1]) / 2, rel=1e-5)
    by_length = [load_kind("crnn-gru").recipe(name).by_length for name in ("small", "original")]
    assert by_length == [True, False]


def test_a_row_without_a_text_costs_nothing_and_blank_steps_count_like_filled_ones() -> None:
    logits = np.zeros((2, 4, 3), np.float32)
    target = np.full((2, 2 + 1 + 4), -1, np.int32)
    target[:, :3] = 0
    assert value(loss.ctc_text(2, 0.5), target, logits, np.int32) == 0
    target[0, :3] = [1, 0, 1]
    alone = value(loss.ctc_text(2, 0.0), target, logits, np.int32)
    target[0, 3:] = [0, 0, 1, -1]
    found = value(loss.ctc_text(2, 0.5), target, logits, np.int32)
    assert found == pytest.approx(alone + 0.5 * (log(3) / 2 + 2 * log(3) / 3), rel=1e-5)


def test_classes_and_weights_by_hand() -> None:
    logits = [[0.0, 0.0, 0.0], [5.0, 0.0, 0.0]]
    assert value(loss.known_classes(), [1, -1], logits, np.int32) == pytest.approx(log(3) / 2)
    smooth = value(loss.known_classes(smooth=0.3), [0, -1], logits[::-1], np.int32)
    whole = log(exp(5) + 2)
    assert smooth == pytest.approx((0.7 * (whole - 5) + 0.3 * (whole - 5 / 3)) / 2, rel=1e-5)
    target = np.zeros((1, 2, 2, 3))
    target[0, 0, 1, 2] = 1
    weights = np.full((1, 2, 2, 3), 0.5)
    assert value(loss.weight_there(2), target, weights) == pytest.approx(
        -log(0.5 + 1e-5) / 2, rel=1e-5
    )
