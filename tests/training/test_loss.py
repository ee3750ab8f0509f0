"""Values by hand, masks, and what an absent plate teaches."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log, log1p

import numpy as np
import pytest
from keras import ops

from platewright.recognizer import loss
from platewright.recognizer.settings import NetworkSettings
from platewright.recognizer.target import IGNORE


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
    assert value(loss.reader_corners, flat, np.zeros((2, 8))) == pytest.approx(
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


def test_reader_presence_by_hand() -> None:
    found = value(loss.reader_presence, [[1], [0], [IGNORE]], [[2.0], [1.0], [30.0]])
    assert found == pytest.approx((log1p(exp(-2)) + log1p(exp(1))) / 3, rel=1e-5)


def test_every_output_has_a_loss_and_a_weight() -> None:
    losses, weights = loss.network_losses()
    outputs = {"scan_presence", "scan_corners", "characters", "slot_map", "slots", "presence",
               "corners"}  # fmt: skip
    assert set(losses) == set(weights) == outputs
    assert all(w > 0 for w in weights.values())


@pytest.fixture(scope="module")
def taught() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Inputs and targets: two windows with a plate and two without, two scenes."""
    from platewright.synth.background import Backgrounds
    from platewright.training.sample import SampleSettings, draw_batch

    network = NetworkSettings(scan_channels=(8, 8, 16), read_channels=(8, 8, 16, 16))
    stock = Backgrounds(num_drawn=2)
    near = replace(SampleSettings().closeup, width_px=(100.0, 260.0), resample=0.0)
    whole = SampleSettings(scenes=1, windows=2, absent=0.0, closeup=near)
    present = draw_batch(0, 0, stock, whole, network)
    absent = draw_batch(0, 1, stock, SampleSettings(scenes=1, windows=2, absent=1.0), network)
    inputs, targets = (
        {name: np.concatenate([a[name], b[name]]) for name in a}
        for a, b in zip(present, absent, strict=True)
    )
    assert targets["presence"][:, 0].tolist() == [1, 1, 0, 0]
    return {k: v.astype(np.float32) / 255 for k, v in inputs.items()}, targets


@pytest.mark.parametrize("name", ["characters", "slot_map", "slots", "corners"])
def test_an_absent_plate_gives_exactly_zero_gradient(
    name: str, taught: tuple[dict[str, np.ndarray], dict[str, np.ndarray]]
) -> None:
    """Of the output itself, in a batch with plates: their rows have one, the others have not."""
    tensorflow = pytest.importorskip("tensorflow")
    target = taught[1][name]
    network = NetworkSettings()
    classes = {"characters": 37, "slot_map": network.slots + 1, "slots": 37}
    rng = np.random.default_rng(1)
    shape = (4, 8) if name == "corners" else (*target.shape, classes[name])
    start = rng.random(shape) if name == "slots" else rng.normal(0, 3, shape)
    output = tensorflow.Variable(start.astype(np.float32))
    with tensorflow.GradientTape() as tape:
        found = loss.network_losses()[0][name](ops.convert_to_tensor(target), output)
    gradient = tape.gradient(found, output).numpy()
    assert (gradient[2:] == 0).all()
    assert (np.abs(gradient[:2]).reshape(2, -1).max(axis=1) > 1e-6).all()


def test_absent_plates_leave_every_weight_that_only_reads_alone(
    taught: tuple[dict[str, np.ndarray], dict[str, np.ndarray]],
) -> None:
    """Through the whole network: absent plates move presence and nothing of the text."""
    tensorflow = pytest.importorskip("tensorflow")
    from platewright.recognizer.network import build_network

    model = build_network(NetworkSettings(scan_channels=(8, 8, 16), read_channels=(8, 8, 16, 16)))
    losses, _ = loss.network_losses()

    def gradients(rows: slice, names: tuple[str, ...]) -> dict[str, float]:
        with tensorflow.GradientTape() as tape:
            inputs = {"image": taught[0]["image"][:1], "window": taught[0]["window"][rows]}
            outputs = model(inputs, training=True)
            total = sum(
                losses[n](ops.convert_to_tensor(taught[1][n][rows]), outputs[n]) for n in names
            )
        values = [v.value for v in model.trainable_variables]
        found = tape.gradient(total, values)
        return {
            v.path: 0.0 if g is None else float(np.abs(g.numpy()).max())
            for v, g in zip(model.trainable_variables, found, strict=True)
        }

    text = ("characters", "slot_map", "slots")
    assert set(gradients(slice(2, 4), text).values()) == {0.0}
    there = gradients(slice(0, 2), text)
    assert there["read_characters/kernel"] > 0 and there["read_slots/kernel"] > 0
    assert there["read_stem_conv/kernel"] > 0
    assert gradients(slice(2, 4), ("presence",))["read_presence/kernel"] > 0
