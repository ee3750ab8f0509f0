"""Networks learn: what they are taught, plates by heart, and how runs begin and go on."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from platewright.errors import ConfigError, DatasetError, WeightsError
from platewright.geometry import iou
from platewright.network.kind import Recipe, build, joined, kind_names, load_kind
from platewright.network.part import LineSettings, SlotSettings, TextSettings
from platewright.network.weights import (
    load_file,
    model_arrays,
    read_settings,
    set_arrays,
)
from platewright.reading.crop_speller import crop_speller
from platewright.reading.ctc import BLANK, labels
from platewright.reading.runtime import load_network
from platewright.record import CharacterRecord, PlateRecord
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings
from platewright.training import fit as fit_module
from platewright.training import run
from platewright.training import run as check_module
from platewright.training.checkpoint import fitting, load_checkpoint
from platewright.training.fit import Trainer, TrainSettings
from platewright.training.run import check_drawn
from platewright.training.sample import SampleSettings, Stock
from platewright.training.stream import Batch, draw_batch, prepare
from platewright.training.task import load_task
from platewright.training.task.attention import attention_target
from platewright.training.task.box import constant_box, draw_photo
from platewright.training.task.ctc import ctc_target

STOCK = Stock(Backgrounds(num_drawn=3))
EASY = SceneSettings(
    regions=("GB",), width_px=(90.0, 110.0), focus_px=(90.0, 110.0), pose=0.0, camera=0.0, panel=0.0
)
SAMPLES = SampleSettings(scene=EASY, closeup=EASY, upright=0.0)
SHAPES: dict[str, dict[str, Any]] = {
    "crnn-gru": {"window": (24, 96), "channels": (12, 24, 24, 24), "width": 32, "units": (32, 32)},
    "crnn-lstm": {"window": (24, 96), "channels": (12, 16, 16, 16, 24, 32), "units": (32, 24)},
    "attention": {"window": (24, 96), "channels": (12, 16, 16, 16, 32), "units": (24, 32, 32)},
    "box": {"window": (64, 64), "channels": (8, 8, 8, 8, 12, 12, 16, 16)},
}


def recipe_of(name: str) -> Recipe:
    recipe = load_kind(name).recipe()
    settings = replace(recipe.settings, slots=8, **SHAPES[name])
    return replace(recipe, settings=settings, where=1.0 if recipe.where else 0.0)


def settings_of(name: str) -> TextSettings:
    settings = recipe_of(name).settings
    assert isinstance(settings, TextSettings)
    return settings


def drawn(recipe: Recipe, seed: int = 1, index: int = 0) -> Batch:
    return draw_batch(seed, index, STOCK, SAMPLES, [load_task(recipe, {"windows": 3})])


def compiled(loss: Any, target: np.ndarray, said: np.ndarray) -> Any:
    """Return a loss and its slope as XLA computes them, which long runs are compiled with."""
    import tensorflow as tf

    @tf.function(jit_compile=True)
    def both(outputs: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            value = loss(target, outputs)
        return value, tape.gradient(value, outputs)

    return both(tf.constant(said))


@pytest.mark.slow
@pytest.mark.parametrize("name", kind_names())
def test_what_a_task_draws_fits_its_network(name: str) -> None:
    task = load_task([*load_kind(name).recipes.values()][-1], {"windows": 2, "scenes": 1})
    inputs, targets = draw_batch(0, 0, STOCK, SAMPLES, [task])
    model = build(joined([task.settings])).teach
    said = {key: np.asarray(value) for key, value in model(prepare(inputs)).items()}
    for key, (loss, _) in task.losses().items():
        cost = float(loss(targets[key], said[key]))
        assert np.isfinite(cost), key
        if task.compiles and keras.backend.backend() == "tensorflow":
            value, slope = compiled(loss, targets[key], said[key])
            assert float(value) == pytest.approx(cost, rel=1e-3), key
            assert np.isfinite(slope).all(), key
    assert all(isinstance(value, float) for value in task.measure(targets, said).values())


def plate(text: str, lines: tuple[int, ...], window: tuple[int, int]) -> PlateRecord:
    """Characters side by side, each line over the whole width."""
    count = max(lines.count(k) for k in set(lines))
    step, tall = window[1] / count, window[0] / (max(lines) + 1)
    seen, characters = {0: 0, 1: 0}, []
    for char, line in zip(text, lines, strict=True):
        x0, y0 = seen[line] * step, line * tall
        seen[line] += 1
        quad = np.array([[x0, y0], [x0 + step, y0], [x0 + step, y0 + tall], [x0, y0 + tall]])
        characters.append(CharacterRecord(char=char, quad=quad, line=line))
    whole = np.array([[0, 0], [window[1], 0], [window[1], window[0]], [0, window[0]]], float)
    return PlateRecord(text=text, quad=whole, characters=tuple(characters))


def test_ctc_is_taught_the_true_length_and_where_characters_stand() -> None:
    settings = settings_of("crnn-gru")
    assert settings.cells == (2, 24)
    row = ctc_target(plate("AAB", (0, 0, 0), (24, 96)), np.eye(3), settings)
    a, _, b = classes = labels("AAB", settings.alphabet)
    assert row[:8].tolist() == [*classes, 0, 0, 0, 0, 0] and row[8] == 3
    steps = row[9:]
    assert {k: int(v) for k, v in enumerate(steps) if v >= 0} == {3: a, 11: a, 19: b}
    assert BLANK not in classes


def test_two_lines_are_two_rows() -> None:
    settings = settings_of("crnn-gru")
    row = ctc_target(plate("ABCD", (0, 0, 1, 1), (24, 96)), np.eye(3), settings)
    places = np.flatnonzero(row[9:] >= 0)
    assert places.tolist() == [5, 17, 24 + 5, 24 + 17]
    single = replace(settings, rows=1)
    row = ctc_target(plate("ABCD", (0, 0, 1, 1), (24, 96)), np.eye(3), single)
    assert (row[9:] == -1).all() and row[8] == 4  # no order of columns says that


def test_attention_is_taught_the_end_and_what_stood_before() -> None:
    settings = settings_of("attention")
    target = attention_target(plate("BA", (0, 0), (24, 96)), np.eye(3), settings)
    end = settings.alphabet.pad
    assert target["logits"].tolist() == [11, 10, end] + [-1] * 6
    assert target["previous"].tolist() == [end + 1, 11, 10] + [end] * 6
    assert target["weights"].shape == (9, 48)
    assert np.flatnonzero(target["weights"][0]).tolist() == list(range(2, 10))
    assert target["weights"][2:].sum() == 0


def test_a_real_plate_without_characters_teaches_its_text_alone() -> None:
    bare = replace(plate("AB", (0, 0), (24, 96)), characters=())
    row = ctc_target(bare, np.eye(3), settings_of("crnn-gru"))
    assert row[8] == 2 and (row[9:] == -1).all()
    assert attention_target(bare, np.eye(3), settings_of("attention"))["weights"].sum() == 0


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_the_same_seed_and_index_give_the_same_batch(name: str) -> None:
    recipe, settings = recipe_of(name), settings_of(name)
    first, again = (drawn(recipe) for _ in range(2))
    other = drawn(recipe, index=1)
    for a, b in zip(first, again, strict=True):
        assert all((a[k] == b[k]).all() for k in a)
    assert (first[0]["window"] != other[0]["window"]).any()
    assert first[0]["window"].shape == (3, *settings.window, 1)


def test_texts_that_cannot_be_spelt_are_not_drawn() -> None:
    settings = replace(settings_of("crnn-gru"), characters="@#")
    with pytest.raises(DatasetError, match="64 plates without one of at most 8 characters of @#"):
        drawn(replace(recipe_of("crnn-gru"), settings=settings))


def test_photos_have_one_box_in_them() -> None:
    settings = settings_of("box")
    for k in range(5):
        window, box = draw_photo(np.random.default_rng(k), STOCK, SAMPLES, settings)
        assert window.shape == settings.window
        assert (box >= 0).all() and (box <= 1).all() and (box[2:] > box[:2]).all()


def test_the_constant_box_is_the_one_of_least_error() -> None:
    boxes = np.random.default_rng(0).random((50, 4))
    best = constant_box(boxes)
    error = ((boxes - best) ** 2).mean()
    for k in range(4):
        for by in (-0.01, 0.01):
            moved = best + by * np.eye(4)[k]
            assert ((boxes - moved) ** 2).mean() > error


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_three_plates_by_heart(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trained, validated, kept, loaded and read by beam search."""
    recipe = recipe_of(name)
    batch = drawn(recipe, seed=8)
    for module in (fit_module, check_module):
        monkeypatch.setattr(module, "make_drawing", lambda *_: lambda _index: batch)
    steps = {"box": 240, "crnn-gru": 260}.get(name, 180)
    rate = {"box": 4e-3, "crnn-gru": 5e-3}.get(name, 8e-3)
    settings = TrainSettings(
        steps=steps, rate=rate, warmup=10, last_rate=0.05, clip=5.0,
        ema=0.8, workers=0, report_every=steps // 2, check_every=steps // 2, samples=SAMPLES,
        best=True,
    )  # fmt: skip
    tasks = [load_task(recipe, {"windows": 3})]
    held = check_drawn(tasks, SAMPLES, None, 1, batches=1)
    trainer = Trainer(tasks, settings, tmp_path, checks=(held,))
    assert not trainer.model.run_eagerly
    trainer.fit()
    found = trainer.found
    note = load_file(tmp_path / "weights.npz")[2]
    assert note["validation_loss"] == trainer.best <= found["drawn_loss"]
    network = load_network(tmp_path / "weights.npz")
    crops = list(batch[0]["window"][..., 0])
    if name == "box":
        assert found["drawn_iou"] > max(0.6, found["drawn_constant_iou"] + 0.2)
        feed = {"window": batch[0]["window"].astype(np.float32) / 255}
        (boxes,) = network.run(["box"], feed)
        pairs = zip(boxes, batch[1]["box"], strict=True)
        assert np.mean([iou(tuple(a), tuple(b)) for a, b in pairs]) > 0.6
        return
    assert found["drawn_text"] == 1.0
    alphabet, texts = settings_of(name).alphabet, []
    for row in batch[1]["logits"]:
        ctc = recipe.settings.task == "ctc"
        classes = [k - 1 for k in row[: row[8]]] if ctc else [k for k in row if k >= 0]
        texts.append(alphabet.decode(classes))
    spelled = [each.spell() for each in crop_speller(network, beams=4).look(crops)]
    assert [s.text for s in spelled] == texts
    assert all(s.log_probability > -3.0 for s in spelled)


def arguments(folder: Path, **changes: Any) -> Namespace:
    given = {
        "network": "box", "recipe": "", "out": folder / "run", "windows": 2, "steps": 2,
        "hours": None, "rate": None, "seed": 0, "workers": 0, "check_every": 1, "report_every": 1,
        "watch": [], "hard": None, "scenes": None, "data": [], "init": None,
        "resume": False, "force": False, "characters": "",
    }  # fmt: skip
    return Namespace(**(given | changes))


def test_a_run_keeps_the_best_weights_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_of("box")
    kind = load_kind("box")
    monkeypatch.setattr(run, "load_kind", lambda _: replace(kind, recipes={"small": recipe}))
    trainer = run.start(arguments(tmp_path), SAMPLES, None)
    trainer.fit()
    first = load_file(tmp_path / "run" / "weights.npz")
    best = first[2]["validation_loss"]
    assert read_settings(first[1]) == recipe.settings

    again = run.start(arguments(tmp_path, steps=3, resume=True), SAMPLES, None)
    assert again.step == 2 and again.best == best
    again.best = -1.0  # nothing can be better
    again.fit()
    assert load_checkpoint(tmp_path / "run" / "checkpoint.npz")[-1].step == 3
    assert load_file(tmp_path / "run" / "weights.npz")[2]["validation_loss"] == best

    wrong = arguments(tmp_path, network="crnn-lstm", init=tmp_path / "run" / "weights.npz")
    with pytest.raises(ConfigError, match="is of the network box, not crnn-lstm"):
        run.start(wrong, SAMPLES, None)


def test_what_began_with_a_recipe_goes_on_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, small = load_kind("box"), recipe_of("box")
    shapes = replace(small.settings, units=(12, 8), norm=False)
    recipes = {"small": small, "original": replace(kind.recipe("original"), settings=shapes)}
    monkeypatch.setattr(run, "load_kind", lambda _: replace(kind, recipes=recipes))
    begun = run.start(arguments(tmp_path, recipe="original", steps=3), SAMPLES, None)
    begun.fit()
    assert isinstance(begun.optimizer, keras.optimizers.Adam)
    # Without an average what is kept are the weights themselves, not those of some steps before.
    kept = load_checkpoint(tmp_path / "run" / "checkpoint.npz")
    for name, value in model_arrays(begun.model).items():
        assert (kept[0][name] == value).all() and (kept[1][name] == value).all()

    again = run.start(arguments(tmp_path, steps=4, resume=True), SAMPLES, None)
    assert again.tasks[0].recipe == recipes["original"]
    assert isinstance(again.optimizer, keras.optimizers.Adam)
    weights = tmp_path / "run" / "weights.npz"
    for changes in ({"resume": True}, {"init": weights, "out": tmp_path / "new"}):
        with pytest.raises(ConfigError, match="is of another size than --recipe small"):
            run.start(arguments(tmp_path, recipe="small", **changes), SAMPLES, None)


def test_an_average_of_few_steps_is_nearer_to_the_last_than_to_the_first(tmp_path: Path) -> None:
    settings = TrainSettings(
        steps=4,
        rate=1e-2,
        clip=5.0,
        ema=0.998,
        best=False,
        workers=0,
        report_every=2,
        check_every=2,
        samples=SAMPLES,
    )
    trainer = Trainer([load_task(recipe_of("box"), {"windows": 3})], settings, tmp_path)
    assert trainer.model.run_eagerly  # so few steps are taken before a graph is traced
    first = model_arrays(trainer.model)
    trainer.fit()
    moved = {k: v - first[k] for k, v in model_arrays(trainer.model).items()}
    for name, by in moved.items():
        assert np.abs(trainer.average[name] - first[name] - by).sum() <= 0.5 * np.abs(by).sum()


def test_what_is_validated_on_is_never_a_stored_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[SampleSettings] = []

    def make(seed: int, folder: Path | None, samples: SampleSettings, tasks: Any) -> Any:
        asked.append(samples)
        return lambda _: None

    monkeypatch.setattr(check_module, "make_drawing", make)
    samples = replace(SAMPLES, stored=(Path("set"),), stored_share=1.0)
    check_drawn([load_task(recipe_of("crnn-gru"))], samples, None, 1)
    assert [one.stored for one in asked] == [()]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"network": "crnn"}, ConfigError, "no network crnn"),
        ({"recipe": "best"}, ConfigError, "has no recipe best"),
        ({"watch": [Path("l.csv")]}, ConfigError, "--watch: box reads no plates"),
        ({"network": "line,box"}, ConfigError, "box has a weights file of its own"),
        ({"network": "scan,scan"}, ConfigError, "scan and scan do the same"),
        (
            {"network": "box", "data": [Path("d")]},
            ConfigError,
            "box learns from drawn pictures alone",
        ),
        ({"init": Path("none.npz")}, WeightsError, "no such weights file"),
        ({"resume": True}, WeightsError, "no checkpoint here to resume from"),
    ],
)
def test_what_is_off_is_told(
    tmp_path: Path, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run.start(arguments(tmp_path, **changes), SAMPLES, None)


@pytest.mark.parametrize("recipe", ["small", "original"])
def test_the_recipe_fills_what_the_command_line_leaves_open(recipe: str) -> None:
    how = load_kind("crnn-lstm").recipe(recipe)
    args = arguments(Path(), windows=None, steps=None, check_every=None, report_every=50)
    settings = run.schedule(how, load_task(how).batch, SAMPLES, args)
    assert settings.rate == how.rate and (settings.optimizer, settings.best) == (
        how.optimizer,
        True,
    )
    assert settings.steps == how.epochs * (how.epoch // how.batch)
    assert settings.check_every % settings.report_every == 0
    assert abs(settings.check_every * how.batch - how.epoch) < 51 * how.batch


def test_the_default_is_20000_steps_of_three_networks_with_their_samples() -> None:
    args = arguments(Path(), network="", windows=None, steps=None, check_every=None)
    recipes = run.recipes_of(args, None, "")
    tasks = [load_task(recipe) for recipe in recipes]
    assert {task.name: task.batch for task in tasks} == {"scan": 8, "frame": 48, "line": 48}
    settings = run.schedule(recipes[0], tasks[0].batch, SAMPLES, args)
    assert (settings.steps, settings.check_every, settings.rate) == (20_000, 1000, 2e-3)
    assert (settings.ema, settings.warmup, settings.best) == (0.998, 300, False)


def test_what_is_found_is_what_goes_on() -> None:
    found = read_settings('{"line": {"characters": "ABC", "temperature": 0.5}, "frame": {}}')
    names = [r.settings.name for r in run.recipes_of(arguments(Path(), network=""), found, "w.npz")]
    assert names == ["frame", "line"]
    (line,) = run.recipes_of(arguments(Path(), network="line"), found, "w.npz")
    assert line.settings == LineSettings(characters="ABC")  # calibrated it is again at the end
    with pytest.raises(ConfigError, match=r"run is of the network frame,line, not line"):
        run.recipes_of(arguments(Path(), network="line", resume=True), found, "run")
    with pytest.raises(ConfigError, match=r"w\.npz is of another size than --recipe small"):
        run.recipes_of(arguments(Path(), network="line", recipe="small"), found, "w.npz")


@pytest.mark.parametrize("recipe", ["", "original"])
def test_a_run_that_reads_other_characters_goes_on_as_it_began(recipe: str) -> None:
    how = load_kind("crnn-lstm").recipe("original")
    found: Any = replace(how.settings, characters="ABC")
    args = arguments(Path(), network="", recipe=recipe, resume=True)
    assert run.recipes_of(args, found, "run") == [replace(how, settings=found)]


@pytest.mark.slow
def test_a_larger_reader_begins_by_reading_as_the_smaller_one_did() -> None:
    small = LineSettings(channels=(4, 4, 8, 8), width=8, window=(32, 64))
    large = replace(small, refined=1, reach=1)
    networks = [build(joined([settings])).teach for settings in (small, large)]
    before = model_arrays(networks[0])
    set_arrays(networks[1], fitting(model_arrays(networks[1]), before, "small.npz"), "large")
    plates = np.random.default_rng(0).random((2, *small.window, 1), np.float32)
    said = [network({"plate": plates}, training=False) for network in networks]
    for name, value in said[0].items():
        assert np.array_equal(np.asarray(value), np.asarray(said[1][name])), name
    found = joined([LineSettings(temperature=0.8)])
    begin = arguments(Path(), network="line", recipe="large", init=Path("small.npz"))
    (recipe,) = run.recipes_of(begin, found, "small.npz")
    assert recipe.settings == load_kind("line").recipe("large").settings
    begin.recipe = "full"  # what has been added stays
    with pytest.raises(ConfigError, match=r"large\.npz is of another size than --recipe full"):
        run.recipes_of(begin, joined([recipe.settings]), "large.npz")


def test_a_run_begins_with_all_that_fits_and_a_line_reader_with_a_slot_readers_trunk() -> None:
    trunk = SlotSettings()
    alike = LineSettings(channels=trunk.channels, width=trunk.channels[2])
    slots = model_arrays(build(joined([trunk])).teach)
    line = model_arrays(build(joined([alike])).teach)
    out = fitting(line, slots, "w.npz")
    assert set(out) == set(line)
    assert (out["line_stem_conv/kernel"] == slots["slots_stem_conv/kernel"]).all()
    assert (out["line_near_conv/kernel"] == line["line_near_conv/kernel"]).all()
    kernel, cells = out["line_steps/kernel"], slots["slots_characters/kernel"]
    assert (kernel[..., 0] == cells[..., -1]).all()  # blank is none
    assert (kernel[..., 1:-1] == cells[..., :-1]).all()
    assert (kernel[..., -1] == line["line_steps/kernel"][..., -1]).all()
    again = fitting(line, out | {"scan_mix/bias": np.zeros(3)}, "w.npz")
    assert all((again[name] == out[name]).all() for name in out)
    with pytest.raises(WeightsError, match=r"w\.npz: weights of another network"):
        fitting(line, {"scan_mix/bias": np.zeros(3, np.float32)}, "w.npz")
