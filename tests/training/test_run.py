"""Other readers learn: what they are taught, and eight plates by heart."""

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
from platewright.reading.ctc import BLANK, labels
from platewright.network.kind import load_kind
from platewright.reader.reader import network_reader
from platewright.reader.recipe import Recipe
from platewright.reader.runtime import load_network
from platewright.reader.settings import ReaderSettings
from platewright.network.weights import load_file, model_arrays
from platewright.record import CharacterRecord, PlateRecord
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings
from platewright.training import course
from platewright.training import reader as module
from platewright.training.checkpoint import load_checkpoint
from platewright.training.crop import crop_target, draw_crops, draw_photo, step_cells
from platewright.training.reader import ReaderTrainer, constant_box, validation
from platewright.training.sample import SampleSettings
from platewright.training.settings import TrainSettings

STOCK = Backgrounds(num_drawn=3)
EASY = SceneSettings(
    regions=("GB",), width_px=(90.0, 110.0), focus_px=(90.0, 110.0), pose=0.0, camera=0.0, panel=0.0
)
SAMPLES = SampleSettings(scenes=0, windows=3, scene=EASY, closeup=EASY, upright=0.0)
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
    settings = recipe_of("crnn-gru").settings
    assert step_cells(settings) == (2, 24)
    row = crop_target(plate("AAB", (0, 0, 0), (24, 96)), np.eye(3), settings)["logits"]
    a, _, b = classes = labels("AAB", settings.alphabet)
    assert row[:8].tolist() == [*classes, 0, 0, 0, 0, 0] and row[8] == 3
    steps = row[9:]
    assert {k: int(v) for k, v in enumerate(steps) if v >= 0} == {3: a, 11: a, 19: b}
    assert BLANK not in classes


def test_two_lines_are_two_rows() -> None:
    settings = recipe_of("crnn-gru").settings
    row = crop_target(plate("ABCD", (0, 0, 1, 1), (24, 96)), np.eye(3), settings)["logits"]
    places = np.flatnonzero(row[9:] >= 0)
    assert places.tolist() == [5, 17, 24 + 5, 24 + 17]
    single = replace(settings, rows=1)
    row = crop_target(plate("ABCD", (0, 0, 1, 1), (24, 96)), np.eye(3), single)["logits"]
    assert (row[9:] == -1).all() and row[8] == 4  # no order of columns says that


def test_attention_is_taught_the_end_and_what_stood_before() -> None:
    settings = recipe_of("attention").settings
    target = crop_target(plate("BA", (0, 0), (24, 96)), np.eye(3), settings)
    end = settings.alphabet.pad
    assert target["logits"].tolist() == [11, 10, end] + [-1] * 6
    assert target["previous"].tolist() == [end + 1, 11, 10] + [end] * 6
    assert target["weights"].shape == (9, 48)
    assert np.flatnonzero(target["weights"][0]).tolist() == list(range(2, 10))
    assert target["weights"][2:].sum() == 0


def test_a_real_plate_without_characters_teaches_its_text_alone() -> None:
    bare = replace(plate("AB", (0, 0), (24, 96)), characters=())
    row = crop_target(bare, np.eye(3), recipe_of("crnn-gru").settings)["logits"]
    assert row[8] == 2 and (row[9:] == -1).all()
    assert crop_target(bare, np.eye(3), recipe_of("attention").settings)["weights"].sum() == 0


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_the_same_seed_and_index_give_the_same_batch(name: str) -> None:
    settings = recipe_of(name).settings
    first, again = (draw_crops(1, 0, STOCK, SAMPLES, settings) for _ in range(2))
    other = draw_crops(1, 1, STOCK, SAMPLES, settings)
    for a, b in zip(first, again, strict=True):
        assert all((a[k] == b[k]).all() for k in a)
    assert (first[0]["window"] != other[0]["window"]).any()
    assert first[0]["window"].shape == (3, *settings.window, 1)


def test_texts_that_cannot_be_spelt_are_not_drawn() -> None:
    settings = replace(recipe_of("crnn-gru").settings, characters="@#")
    with pytest.raises(DatasetError, match="64 plates without one of at most 8 characters of @#"):
        draw_crops(1, 0, STOCK, SAMPLES, settings)


def test_photos_have_one_box_in_them() -> None:
    settings = recipe_of("box").settings
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
    batch = draw_crops(5, 0, STOCK, SAMPLES, recipe.settings)
    monkeypatch.setattr(module, "make_crops", lambda *_: lambda _index: batch)
    steps = {"box": 240}.get(name, 180)
    settings = TrainSettings(
        steps=steps, rate=4e-3 if name == "box" else 8e-3, warmup=10, last_rate=0.05, decay=0.0,
        ema=0.8, workers=0, report_every=steps // 2, check_every=steps // 2, samples=SAMPLES,
    )  # fmt: skip
    monkeypatch.setattr(module, "CHECKED", 1)
    held = validation(settings, recipe, None, 1)
    trainer = ReaderTrainer(recipe, settings, tmp_path, checks=(held,))
    trainer.fit()
    found = trainer.check()
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
    alphabet, texts = recipe.settings.alphabet, []
    for row in batch[1]["logits"]:
        ctc = recipe.settings.task == "ctc"
        classes = [k - 1 for k in row[: row[8]]] if ctc else [k for k in row if k >= 0]
        texts.append(alphabet.decode(classes))
    spelled = network_reader(network, beams=4).read(crops)
    assert [s.text for s in spelled] == texts
    assert all(s.log_probability > -3.0 for s in spelled)


def arguments(folder: Path, **changes: Any) -> Namespace:
    given = {
        "network": "box", "recipe": "", "out": folder / "run", "windows": 2, "steps": 2,
        "hours": None, "rate": None, "seed": 0, "workers": 0, "check_every": 1, "report_every": 1,
        "watch": None, "hard": None, "data": [], "init": None, "resume": False, "force": False,
    }  # fmt: skip
    return Namespace(**(given | changes))


def test_a_run_keeps_the_best_weights_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_of("box")
    kind = load_kind("box")
    monkeypatch.setattr(course, "load_kind", lambda _: replace(kind, recipes={"small": recipe}))
    monkeypatch.setattr(module, "CHECKED", 1)
    trainer = course.start(arguments(tmp_path), SAMPLES, None)
    assert isinstance(trainer, ReaderTrainer)
    trainer.fit()
    first = load_file(tmp_path / "run" / "weights.npz")
    best = first[2]["validation_loss"]
    assert ReaderSettings.from_json(first[1]) == recipe.settings

    again = course.start(arguments(tmp_path, steps=3, resume=True), SAMPLES, None)
    assert isinstance(again, ReaderTrainer)
    assert again.step == 2 and again.best == best
    again.best = -1.0  # nothing can be better
    again.fit()
    assert load_checkpoint(tmp_path / "run" / "checkpoint.npz")[-1].step == 3
    assert load_file(tmp_path / "run" / "weights.npz")[2]["validation_loss"] == best

    wrong = arguments(tmp_path, network="crnn-lstm", init=tmp_path / "run" / "weights.npz")
    with pytest.raises(ConfigError, match="is of the network box, not crnn-lstm"):
        course.start(wrong, SAMPLES, None)


def test_what_began_with_a_recipe_goes_on_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, small = load_kind("box"), recipe_of("box")
    shapes = replace(small.settings, units=(12, 8), norm=False)
    recipes = {"small": small, "original": replace(kind.recipe("original"), settings=shapes)}
    monkeypatch.setattr(course, "load_kind", lambda _: replace(kind, recipes=recipes))
    monkeypatch.setattr(module, "CHECKED", 1)
    begun = course.start(arguments(tmp_path, recipe="original", steps=3), SAMPLES, None)
    begun.fit()
    assert isinstance(begun.optimizer, keras.optimizers.Adam)
    # Without an average what is kept are the weights themselves, not those of some steps before.
    kept = load_checkpoint(tmp_path / "run" / "checkpoint.npz")
    for name, value in model_arrays(begun.model).items():
        assert (kept[0][name] == value).all() and (kept[1][name] == value).all()

    again = course.start(arguments(tmp_path, steps=4, resume=True), SAMPLES, None)
    assert isinstance(again, ReaderTrainer) and again.recipe == recipes["original"]
    assert isinstance(again.optimizer, keras.optimizers.Adam)
    weights = tmp_path / "run" / "weights.npz"
    for changes in ({"resume": True}, {"init": weights, "out": tmp_path / "new"}):
        with pytest.raises(ConfigError, match="is of another size than --recipe small"):
            course.start(arguments(tmp_path, recipe="small", **changes), SAMPLES, None)


def test_an_average_of_few_steps_is_nearer_to_the_last_than_to_the_first(tmp_path: Path) -> None:
    settings = TrainSettings(
        steps=4, warmup=0, rate=1e-2, workers=0, report_every=2, check_every=2, samples=SAMPLES
    )
    trainer = ReaderTrainer(recipe_of("box"), settings, tmp_path)
    first = model_arrays(trainer.model)
    trainer.fit()
    moved = {k: v - first[k] for k, v in model_arrays(trainer.model).items()}
    for name, by in moved.items():
        assert np.abs(trainer.average[name] - first[name] - by).sum() <= 0.5 * np.abs(by).sum()


def test_what_is_validated_on_is_never_a_stored_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[TrainSettings] = []

    def make(seed: int, folder: Path | None, settings: TrainSettings, network: Any) -> Any:
        asked.append(settings)
        return lambda _: None

    monkeypatch.setattr(module, "make_crops", make)
    samples = replace(SAMPLES, stored=(Path("set"),), stored_share=1.0)
    settings = TrainSettings(steps=1, samples=samples)
    validation(settings, recipe_of("crnn-gru"), None, 1)
    assert [one.samples.stored for one in asked] == [()]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"network": "crnn"}, ConfigError, "no network crnn"),
        ({"recipe": "best"}, ConfigError, "has no recipe best"),
        ({"watch": Path("l.csv")}, ConfigError, "for the network window alone"),
        (
            {"network": "box", "data": [Path("d")]},
            ConfigError,
            "box learns from drawn photos alone",
        ),
        ({"init": Path("none.npz")}, WeightsError, "no such weights file"),
        ({"resume": True}, WeightsError, "no checkpoint here to resume from"),
    ],
)
def test_what_is_off_is_told(
    tmp_path: Path, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        course.start(arguments(tmp_path, **changes), SAMPLES, None)


@pytest.mark.parametrize("recipe", ["small", "original"])
def test_the_recipe_fills_what_the_command_line_leaves_open(recipe: str) -> None:
    how = load_kind("crnn-lstm").recipe(recipe)
    args = arguments(Path(), windows=None, steps=None, check_every=None, report_every=50)
    settings = course.schedule(how, SAMPLES, args)
    assert settings.samples.windows == how.batch and settings.rate == how.rate
    assert settings.steps == how.epochs * (how.epoch // how.batch)
    assert settings.check_every % settings.report_every == 0
    assert abs(settings.check_every * how.batch - how.epoch) < 51 * how.batch
