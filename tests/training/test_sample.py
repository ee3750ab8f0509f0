from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from platewright.geometry import box_of_quad, iou
from platewright.record import SceneRecord
from platewright.synth.background import Backgrounds
from platewright.synth.effect import resample
from platewright.synth.scene import draw_closeup
from platewright.training.loss import IGNORE
from platewright.training.sample import SampleSettings, Stock, legible
from platewright.training.stream import Batch, draw_batch
from platewright.training.view import View, draw_view, frame_quad
from tests.network.conftest import looks
from tests.training.conftest import tasks_of

TASKS = tasks_of(looks(), 3, 12)
BACKGROUNDS = Backgrounds(num_drawn=3)
STOCK = Stock(BACKGROUNDS)
SETTINGS = SampleSettings()


@pytest.fixture(scope="module")
def batch() -> Batch:
    return draw_batch(1, 0, STOCK, SETTINGS, TASKS)


def test_shapes_and_types(batch: Batch) -> None:
    inputs, targets = batch
    assert {k: (v.shape, v.dtype) for k, v in inputs.items()} == {
        "image": ((3, 192, 320, 1), np.uint8),
        "window": ((12, 64, 192, 1), np.uint8),
    }
    assert {k: (v.shape, v.dtype) for k, v in targets.items()} == {
        "scan_presence": ((3, 19, 29, 1), np.float32),
        "scan_corners": ((3, 19, 29, 9), np.float32),
        "slot_characters": ((12, 8, 48), np.int32),
        "slot_map": ((12, 8, 48), np.int32),
        "slots": ((12, 12), np.int32),
        "presence": ((12, 1), np.float32),
        "corners": ((12, 9), np.float32),
    }


def test_the_same_seed_and_index_give_the_same_batch(batch: Batch) -> None:
    again = draw_batch(1, 0, STOCK, SETTINGS, TASKS)
    others = draw_batch(1, 1, STOCK, SETTINGS, TASKS), draw_batch(2, 0, STOCK, SETTINGS, TASKS)
    for first, second in zip(batch, again, strict=True):
        assert all((first[k] == second[k]).all() for k in first)
    for other in others:
        assert (batch[0]["window"] != other[0]["window"]).any()
        assert (batch[0]["image"] != other[0]["image"]).any()


def test_scenes_do_not_depend_on_how_many_windows_there_are(batch: Batch) -> None:
    fewer = draw_batch(1, 0, STOCK, SETTINGS, tasks_of(looks(), 3, 1))
    assert (fewer[0]["image"] == batch[0]["image"]).all()
    assert (fewer[0]["window"][0] == batch[0]["window"][0]).all()


def test_corners_are_given_exactly_where_a_window_is_not_negative(batch: Batch) -> None:
    _, targets = batch
    taught = targets["scan_presence"][..., 0] != 0
    assert (targets["scan_corners"][..., 8] == taught).all()
    assert (targets["scan_corners"][~taught] == 0).all()


def test_an_absent_plate_teaches_presence_alone() -> None:
    _, targets = draw_batch(3, 0, STOCK, replace(SETTINGS, absent=1.0), TASKS)
    assert (targets["presence"] == 0).all()
    for name in ("slot_characters", "slot_map", "slots"):
        assert (targets[name] == IGNORE).all()
    assert (targets["corners"] == 0).all()


NEAR = replace(SETTINGS.closeup, width_px=(100.0, 260.0), resample=0.0)
FAR = replace(SETTINGS.closeup, width_px=(12.0, 20.0), focus=0.0)


def test_a_present_plate_teaches_everything() -> None:
    _, targets = draw_batch(4, 0, STOCK, replace(SETTINGS, absent=0.0, closeup=NEAR), TASKS)
    assert (targets["presence"] == 1).all()
    assert (targets["corners"][:, 8] == 1).all()
    for text, characters, slots in zip(
        targets["slots"], targets["slot_characters"], targets["slot_map"], strict=True
    ):
        length = int((text != 36).sum())
        assert 2 <= length <= 12 and (text[length:] == 36).all()
        found = {(int(s), int(c)) for s, c in zip(slots.ravel(), characters.ravel(), strict=True)
                 if s >= 0 and c >= 0 and s < 12}  # fmt: skip
        # whatever cell belongs to slot s shows that slot's character
        assert all(text[s] == c for s, c in found)
        assert len({s for s, _ in found}) >= length - 1  # a frame may cut one off


def test_a_plate_too_small_to_read_teaches_that_it_is_there_and_where() -> None:
    _, targets = draw_batch(3, 0, STOCK, replace(SETTINGS, absent=0.0, closeup=FAR), TASKS)
    unread = (targets["slots"] == IGNORE).all(axis=1)
    assert unread.mean() > 0.7  # not all: short texts on one line are taller
    assert (targets["presence"] == 1).all() and (targets["corners"][:, 8] == 1).all()
    for name in ("slot_characters", "slot_map"):
        assert (targets[name][unread] == IGNORE).all()


@pytest.mark.parametrize(
    ("width", "drawn", "told"),
    [(200.0, 1.0, True), (200.0, 0.1, False), (14.0, 1.0, False)],
)
def test_whether_a_plate_can_be_read_is_told_by_its_pixels_on_the_sensor(
    width: float, drawn: float, told: bool
) -> None:
    settings = replace(SETTINGS.closeup, width_px=(width, width), focus=0.0, camera=0.0, pose=0.0)
    settings = replace(settings, regions=("FR",))  # long plates, low characters
    _, record = draw_closeup(np.random.default_rng(1), BACKGROUNDS, settings)
    seen = replace(record, drawn={"camera": {"resample": resample.Parameters(size=drawn)}})
    assert legible(seen) is told
    assert legible(SceneRecord.from_dict(seen.as_dict())) is told
    unknown = replace(seen.plates[0], characters=())
    assert legible(replace(seen, plates=(unknown,)))


@pytest.mark.parametrize("upright", [True, False])
def test_frames_stay_near_the_plate_and_off_it(upright: bool) -> None:
    rng = np.random.default_rng(0)
    quad = np.array([[10, 30], [200, 10], [206, 60], [14, 82]], float)
    overlaps, areas = [], []
    for _ in range(200):
        framed = frame_quad(rng, quad, upright=upright)
        x0, y0, x1, y1 = box_of_quad(framed)
        overlaps.append(iou((x0, y0, x1, y1), box_of_quad(quad)))
        areas.append((x1 - x0) * (y1 - y0))
    assert min(overlaps) > 0.45 and np.median(overlaps) > 0.75
    assert np.std(areas) > 0.05 * np.mean(areas)


def test_what_a_task_draws_does_not_depend_on_the_others(batch: Batch) -> None:
    (slots,) = [task for task in TASKS if task.name == "slots"]
    alone = draw_batch(1, 0, STOCK, SETTINGS, [slots])
    assert set(alone[0]) == {"window"} and (alone[0]["window"] == batch[0]["window"]).all()


def test_hidden_plates_stay_where_they_are_and_lose_characters() -> None:
    whole = [draw_one(k, hidden=0.0) for k in range(30)]
    parts = [draw_one(k, hidden=1.0) for k in range(30)]
    assert all(view.hidden.max() == 0 for view in whole)
    assert all(view.plate is not None and view.plate.text for view in parts)
    assert np.mean([view.hidden.max() > 0.3 for view in parts]) > 0.6
    assert all(len(view.hidden) == len(view.plate.characters) for view in parts if view.plate)


def draw_one(k: int, **how: float) -> View:
    return draw_view(np.random.default_rng(k), STOCK, SETTINGS, (64, 192), (0.06, 0.08), **how)
