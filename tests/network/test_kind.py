"""The networks: found by name, exported as they are, turned round rightly."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from platewright.errors import ConfigError, WeightsError
from platewright.network import kind
from platewright.network.kind import DEFAULT, build, joined, kind_names, load_kind
from platewright.network.weights import load_file, read_settings, save_weights
from platewright.reading.crop_speller import crop_speller
from platewright.reading.runtime import KerasNetwork, OnnxNetwork, load_network
from tests.network.conftest import looks

NAMES = ("attention", "box", "crnn-gru", "crnn-lstm")
PARTS = ("frame", "line", "origin", "scan", "slots")


def test_every_file_is_a_network() -> None:
    assert set(kind_names()) >= {*NAMES, *PARTS}
    assert all(load_kind(name).recipes for name in kind_names())
    assert set(DEFAULT) < set(PARTS)
    with pytest.raises(ConfigError, match="no network crnn; known: attention, box, crnn-gru, "):
        load_kind("crnn")


@pytest.mark.parametrize("name", NAMES)
def test_each_has_its_original_recipe_beside_ours(name: str) -> None:
    kind = load_kind(name)
    assert set(kind.recipes) == {"small", "original"}
    for recipe in kind.recipes.values():
        assert recipe.settings.name == name
        assert read_settings(recipe.settings.to_json()) == recipe.settings
        assert recipe.source
    with pytest.raises(ConfigError, match=f"{name} has no recipe best; known: small, original"):
        kind.recipe("best")


@pytest.mark.parametrize(
    ("name", "outputs", "optimizer", "rate", "batch"),
    [
        ("crnn-lstm", {"logits": (32, 63)}, "rmsprop", 1e-3, 16),
        ("crnn-gru", {"logits": (32, 64)}, "sgd", 0.02, 32),
        ("attention", {"logits": (13, 37), "weights": (13, 32)}, "adadelta", 1.0, 65),
        ("box", {"box": (4,)}, "adam", 1e-3, 32),
    ],
)
def test_the_originals_are_of_their_size(
    name: str, outputs: dict[str, tuple[int, ...]], optimizer: str, rate: float, batch: int
) -> None:
    recipe = load_kind(name).recipe("original")
    assert (recipe.optimizer, recipe.rate, recipe.batch) == (optimizer, rate, batch)
    assert recipe.where == 0 and recipe.last_rate == 1
    teach = build(recipe.settings).teach
    assert {k: tuple(v.shape[1:]) for k, v in teach.output.items()} == outputs
    layers = [type(layer).__name__ for layer in teach.layers]
    if name == "crnn-lstm":
        assert layers.count("Conv2D") == 6 and layers.count("MaxPooling2D") == 3
        assert layers.count("BatchNormalization") == 3
    if name == "box":
        assert layers.count("Conv2D") == 8 and layers.count("MaxPooling2D") == 4


@pytest.mark.parametrize("cell", ["GRU", "LSTM"])
@pytest.mark.parametrize("merge", ["sum", "concat"])
def test_the_backward_pass_is_turned_round_again(cell: str, merge: str) -> None:
    """Step k of it has seen k and all that follows, so the last one has seen the last alone."""
    import keras

    from platewright.network.layers import bidirectional

    layer = bidirectional(getattr(keras.layers, cell), 5, merge, "both")
    x = np.random.default_rng(0).normal(0, 1, (2, 7, 3)).astype(np.float32)
    both = np.asarray(keras.ops.convert_to_numpy(layer(x)))
    ahead = np.asarray(keras.ops.convert_to_numpy(layer.forward_layer(x)))
    back = layer.backward_layer
    turned = keras.ops.convert_to_numpy(keras.ops.flip(back(x), axis=1))
    turned = np.asarray(turned)
    want = ahead + turned if merge == "sum" else np.concatenate([ahead, turned], axis=-1)
    assert both == pytest.approx(want, abs=1e-6)
    changed = x.copy()
    changed[:, :-1] = 0
    again = np.asarray(keras.ops.convert_to_numpy(layer(changed)))
    part = slice(5, 10) if merge == "concat" else slice(0, 0)
    assert again[:, -1, part] == pytest.approx(both[:, -1, part], abs=1e-6)


@pytest.fixture(scope="session")
def both(exported: Path) -> tuple[KerasNetwork, OnnxNetwork]:
    """A tiny network as either runtime loads it."""
    keras, onnx = KerasNetwork.load(exported), load_network(exported.with_suffix(".onnx"))
    assert isinstance(keras, KerasNetwork) and isinstance(onnx, OnnxNetwork)
    return keras, onnx


@pytest.mark.parametrize("count", [1, 3])
def test_keras_and_onnx_say_the_same(both: tuple[KerasNetwork, OnnxNetwork], count: int) -> None:
    keras, onnx = both
    assert keras.settings == onnx.settings
    settings, rng = keras.settings, np.random.default_rng(1)
    feed = {"window": rng.random((count, *settings.window, 1), np.float32)}
    outputs = {"ctc": ["logits"], "attention": ["memory"], "box": ["box"]}[settings.task]
    (first,), (second,) = keras.run(outputs, feed), onnx.run(outputs, feed)
    assert first.shape == second.shape and len(first) == count
    assert first == pytest.approx(second, abs=1e-4)
    assert np.ptp(first) > 1e-3
    if settings.task == "attention":
        step = {
            "cells": first,
            "token": rng.integers(0, 38, (count, 1)).astype(np.int32),
            "state": rng.normal(0, 1, (count, 32)).astype(np.float32),
        }
        names = ["logits", "next_state", "weights"]
        for a, b in zip(keras.run(names, step), onnx.run(names, step), strict=True):
            assert a == pytest.approx(b, abs=1e-4)
        assert keras.run(["weights"], step)[0].sum(axis=1) == pytest.approx(np.ones(count))


@pytest.mark.parametrize("beams", [1, 4])
def test_readers_on_both_spell_the_same(both: tuple[KerasNetwork, OnnxNetwork], beams: int) -> None:
    if both[0].settings.task == "box":
        with pytest.raises(ValueError, match="box reads no text"):
            crop_speller(both[0])
        return
    first, second = (crop_speller(network, beams=beams) for network in both)
    crops = list(
        np.random.default_rng(2).integers(0, 256, (2, *first.window(np.zeros((4, 2)))), np.uint8)
    )
    assert first.look([]) == []
    for one, other in zip(first.look(crops), second.look(crops), strict=True):
        a, b = one.spell(), other.spell()
        assert a.text == b.text and a.slots == pytest.approx(b.slots, abs=1e-4)
        assert a.slots.shape == (8, 37)
        assert a.slots.sum(axis=1) == pytest.approx(np.ones(8))
        assert a.log_probability == pytest.approx(b.log_probability, abs=1e-3)
        assert (a.weights is None) == (first.settings.task == "ctc")


def test_a_step_of_attention_is_what_was_taught(exported: Path) -> None:
    """Fed its own characters, the decoder says in one go what it says step by step."""
    from platewright.network.weights import load_networks

    networks, settings = load_networks(exported)
    if settings.task != "attention":
        pytest.skip("no attention")
    window = np.random.default_rng(5).random((1, *settings.window, 1), np.float32)
    previous = np.random.default_rng(5).integers(0, 36, (1, 9)).astype(np.int32)
    taught = networks.teach({"window": window, "previous": previous}, training=False)
    run = KerasNetwork(networks.run, settings)
    (memory,) = run.run(["memory"], {"window": window})
    state = np.zeros((1, 32), np.float32)
    for k in range(9):
        feed = {"cells": memory, "token": previous[:, k : k + 1], "state": state}
        logits, state, weights = run.run(["logits", "next_state", "weights"], feed)
        assert logits[0] == pytest.approx(np.asarray(taught["logits"])[0, k], abs=1e-5)
        assert weights[0] == pytest.approx(np.asarray(taught["weights"])[0, k], abs=1e-5)


def test_boxes_are_never_inverted() -> None:
    from platewright.network.box import SMALLEST, ordered

    parts = np.random.default_rng(0).random((500, 4)).astype(np.float32)
    parts[:4] = [[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1]]
    boxes = np.asarray(ordered(parts))
    assert (boxes[:, 2:] - boxes[:, :2] > 0.99 * SMALLEST).all()
    assert boxes.min() >= 0 and boxes.max() <= 1 + 1e-6


def test_boxes_of_cells_are_in_order_and_follow_the_cell_that_counts() -> None:
    from platewright.network.box import SMALLEST, Inside, Votes

    rng = np.random.default_rng(1)
    scores = rng.normal(0, 4, (200, 6, 8, 1)).astype(np.float32)
    shifts = rng.normal(0, 6, (200, 6, 8, 4)).astype(np.float32)
    box, where = (np.asarray(x) for x in Votes()(scores, shifts))
    assert where.shape == (200, 6, 8) and where.sum(axis=(1, 2)) == pytest.approx(np.ones(200))
    assert (box[:, 2:] > box[:, :2]).all() and box.min() < 0 and box.max() > 1
    inside = np.asarray(Inside()(box))
    assert (inside[:, 2:] - inside[:, :2] > 0.99 * SMALLEST).all()
    assert inside.min() >= 0 and inside.max() <= 1 + 1e-6
    scores[0], shifts[0] = 0, 0
    scores[0, 1, 6], shifts[0, 1, 6] = 50, (0.1, -0.2, 2 - np.log(4), 2 - np.log(9))
    box = np.asarray(Votes()(scores, shifts)[0])[0]
    x, y = 6.5 / 8 + 0.025, 1.5 / 6 - 0.05
    assert box == pytest.approx([x - 0.1, y - 0.05, x + 0.1, y + 0.05], abs=1e-5)


def test_weights_that_are_off(exported: Path, tmp_path: Path) -> None:
    arrays, _, _ = load_file(exported)
    settings = load_network(exported.with_suffix(".onnx")).settings
    other = tmp_path / "other.npz"
    save_weights(other, arrays, replace(settings, channels=tuple(c + 1 for c in settings.channels)))
    with pytest.raises((WeightsError, ValueError), match=r"other\.npz|same size"):
        load_network(other)
    window = tmp_path / "window.npz"
    save_weights(window, {}, looks())
    with pytest.raises(WeightsError, match=r"window\.npz: weights of another network \(lacks"):
        load_network(window)
    with pytest.raises(WeightsError, match=r"weights end in \.npz or \.onnx"):
        load_network(tmp_path / "w.h5")
    with pytest.raises(WeightsError, match=r"none\.onnx: no such weights file"):
        load_network(tmp_path / "none.onnx")
    with pytest.raises(WeightsError, match="its settings can't be used"):
        read_settings(settings.to_json().replace(f'"{settings.task}"', '"ocr"'), "w")


@pytest.mark.parametrize("name", PARTS)
def test_each_part_is_a_kind_that_is_built_alone_and_with_others(name: str) -> None:
    kind = load_kind(name)
    assert kind.task == name and kind.about and {"full", "small"} <= set(kind.recipes)
    sizes = {}
    for size, recipe in kind.recipes.items():
        alone = joined([recipe.settings])
        assert read_settings(alone.to_json()) == alone and alone.parts == {name: recipe.settings}
        model = build(alone).teach
        sizes[size] = model.count_params()
        assert {w.path.split("_")[0] for w in model.weights} == {name}
    assert sizes["small"] < sizes["full"] <= sizes.get("large", sizes["full"])


def test_parts_share_a_model_and_keep_the_names_of_their_arrays() -> None:
    settings = joined([load_kind(name).recipe("small").settings for name in DEFAULT])
    model = build(settings).teach
    alone = [build(joined([part])).teach for part in settings.parts.values()]
    assert sorted(w.path for w in model.weights) == sorted(w.path for m in alone for w in m.weights)
    assert set(model.output) == {name for m in alone for name in m.output}
    assert {x.name for x in model.inputs} == {"image", "find", "plate"}


def test_what_has_a_file_of_its_own_shares_none() -> None:
    line, gru = (load_kind(name).recipe().settings for name in ("line", "crnn-gru"))
    with pytest.raises(ConfigError, match="crnn-gru has a weights file of its own: name it alone"):
        joined([line, gru])
    with pytest.raises(ConfigError, match="line and line do the same"):
        joined([line, line])


CHATTER = """\
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795902508.390357   25063 cudart_stub.cc:31] Could not find cuda drivers, no GPU.
E0000 00:00:1795902781.832540   26248 cuda_platform.cc:52] failed call to cuInit: INTERNAL
2026-11-28 21:50:11.123456: I tensorflow/core/platform/cpu_feature_guard.cc:210] optimized
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.
"""
KEPT = "libfoo.so: cannot open shared object file\nF0000 00:00:17.5 1 a.cc:1] Check failed\n"


def test_chatter_is_dropped_and_all_else_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    with kind._sifted():
        os.write(2, (CHATTER + KEPT).encode())
    assert capfd.readouterr().err == KEPT


@pytest.mark.parametrize("was_on", [True, False])
def test_garbage_waits_until_keras_is_loaded(was_on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setattr(
        kind, "importlib", SimpleNamespace(import_module=lambda _: seen.append(gc.isenabled()))
    )
    if not was_on:
        gc.disable()
    try:
        kind.load_keras()
        assert seen == [False] and gc.isenabled() is was_on
    finally:
        gc.enable()


def test_an_error_on_loading_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImportError, match="no back end"), kind._sifted():
        os.write(2, KEPT.encode())
        raise ImportError("no back end")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == KEPT + "after\n"
