from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from platewright.dataset.conversion import Conversion, convert
from platewright.dataset.picture import PictureFinder
from platewright.errors import DatasetError
from platewright.generation.engine import Engine
from platewright.generation.job import DrawingJob
from platewright.generation.shard import ShardJob, assemble
from platewright.geometry import box_of_quad, iou, quad_of_box
from platewright.image import save_image
from platewright.network.part import LineSettings, ScanSettings, SlotSettings
from platewright.record import CharacterRecord, PlateRecord, SceneRecord
from platewright.synth.background import Backgrounds
from platewright.synth.effect import resample
from platewright.synth.scene import SceneSettings, draw_closeup
from platewright.training.sample import (
    SampleSettings,
    Stock,
    StoredSource,
    fit_scene,
    legible,
    readable_plates,
)
from platewright.training.stream import Batch, BatchStream, draw_batch
from platewright.training.task import IGNORE
from platewright.training.task.scan import scan_target
from platewright.training.task.slots import slot_target
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
    parts = [draw_one(k, hidden=1.0) for k in range(120)]
    assert all(view.hidden.max() == 0 for view in whole)
    assert all(view.plate is not None and view.plate.text for view in parts)
    assert np.mean([view.hidden.max() > 0.3 for view in parts]) > 0.6
    assert all(len(view.hidden) == len(view.plate.characters) for view in parts if view.plate)


def draw_one(k: int, **how: float) -> View:
    return draw_view(np.random.default_rng(k), STOCK, SETTINGS, (64, 192), (0.06, 0.08), **how)


SCENE = SceneSettings()


def plate(box: tuple[float, float, float, float], text: str = "A") -> PlateRecord:
    characters = tuple(CharacterRecord(char=c, quad=quad_of_box(box)) for c in text)
    return PlateRecord(text=text, quad=quad_of_box(box), characters=characters)


def white(size: tuple[int, int], *boxes: tuple[int, int, int, int]) -> np.ndarray:
    image = np.zeros(size, np.uint8)
    for x0, y0, x1, y1 in boxes:
        image[y0:y1, x0:x1] = 255
    return image


@pytest.mark.parametrize("size", [(480, 640), (90, 160), (192, 320), (1080, 300)])
def test_labels_move_with_the_picture(size: tuple[int, int]) -> None:
    boxes = [(20, 10, 80, 40), (size[1] - 60, size[0] - 30, size[1] - 10, size[0] - 12)]
    record = SceneRecord(size=size, plates=tuple(plate(b) for b in boxes), decoys=(boxes[0],))
    image = white(size, *boxes)
    widths = []
    for k in range(40):
        fitted, moved = fit_scene(np.random.default_rng(k), image, record, SCENE)
        assert fitted.shape == SCENE.size == moved.size
        assert 1 <= len(moved.plates) <= 2
        area = 0.0
        for one in moved.plates:
            x0, y0, x1, y1 = one.box
            widths.append(x1 - x0)
            cx, cy = round((x0 + x1) / 2), round((y0 + y1) / 2)
            if 0 <= cx < 320 and 0 <= cy < 192:
                assert fitted[cy, cx] > 200
            inside = np.clip([x0, y0, x1, y1], 0, [320, 192, 320, 192])
            area += (inside[2] - inside[0]) * (inside[3] - inside[1])
            np.testing.assert_allclose(one.characters[0].quad, one.quad)
        # Nothing white is without a label, but for where an edge of white is repeated.
        touching = any(b[0] <= 2 or b[1] <= 2 for b in (p.box for p in moved.plates))
        if not touching:
            assert abs((fitted > 127).sum() - area) < 0.12 * area + 60
    assert max(widths) > 55 and max(widths) - min(widths) > 15


def test_a_scene_without_plates_keeps_its_size_or_shrinks() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (480, 640), np.uint8)
    for k in range(10):
        fitted, record = fit_scene(
            np.random.default_rng(k), image, SceneRecord(size=(480, 640)), SCENE
        )
        assert fitted.shape == (192, 320) and record.plates == () and fitted.std() > 5


def test_only_whole_plates_with_a_text_are_read() -> None:
    good, cut = plate((10, 10, 50, 22)), plate((-10, 10, 50, 22))
    bare = replace(good, characters=())
    partly = replace(good, text="AB")
    nameless = replace(good, text="", characters=())
    record = SceneRecord(size=(60, 90), plates=(cut, bare, good, nameless, partly))
    assert readable_plates(record) == [bare, good]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    found = {}
    for scenes in (True, False):
        settings = SceneSettings(
            regions=("GB",), size=(240, 320) if scenes else (64, 128), width_px=(60.0, 120.0),
            plates=(0.1, 1.0), grey=False,
        )  # fmt: skip
        job = ShardJob(
            drawing=DrawingJob(seed=1, scenes=scenes, settings=settings, backgrounds=None),
            count=12, shard_size=6, formats=("webdataset",), out=str(tmp_path_factory.mktemp("d")),
        )  # fmt: skip
        assemble(job, Engine())
        found[scenes] = Path(job.out)
    return found


def test_batches_are_mixed_and_the_same_for_the_same_seed(folders: dict[bool, Path]) -> None:
    stock, settings = Backgrounds(seed=0), SampleSettings()
    tasks = tasks_of(looks(), 4, 12)
    live, _ = draw_batch(0, 0, Stock(stock), settings, tasks)
    for paths, share in (([folders[True]], 1.0), (list(folders.values()), 0.5)):
        first, targets = draw_batch(0, 0, Stock(stock, StoredSource(paths, share)), settings, tasks)
        again, _ = draw_batch(0, 0, Stock(stock, StoredSource(paths, share)), settings, tasks)
        assert all((first[k] == again[k]).all() for k in first)
        assert first["image"].shape == live["image"].shape
        assert first["window"].shape == live["window"].shape
        assert (targets["slots"] >= 0).any() and targets["presence"].sum() > 4
    drawn, _ = draw_batch(0, 0, Stock(stock, StoredSource([folders[False]], 1.0)), settings, tasks)
    assert (drawn["image"] == live["image"]).all()  # windows give the scan nothing
    assert not (drawn["window"] == live["window"]).all()


def test_data_without_a_plate_to_read_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.zeros((8, 9), np.uint8))
    line = '{"file": "a.png", "height": 8, "width": 9, "seed": [0, 0], "plates": [], '
    (folder / "labels.jsonl").write_text(line + '"decoys": [], "drawn": {}}\n')
    with pytest.raises(DatasetError, match=r"set: 64 pictures without one whole plate"):
        StoredSource([folder], 0.5)


def fail_at_two(index: int) -> int:
    if index == 2:
        raise DatasetError("a.tar: cut off")
    return index


def make_failing() -> Callable[[int], int]:
    return fail_at_two


def test_what_a_process_finds_wrong_arrives_as_one_line() -> None:
    with BatchStream(make_failing, workers=1) as stream:
        assert [next(stream), next(stream)] == [0, 1]
        with pytest.raises(DatasetError, match=r"^a\.tar: cut off$"):
            next(stream)


NETWORK = looks()
SCAN, SLOTS = NETWORK.scan or ScanSettings(), NETWORK.slots or SlotSettings()
TEXTS = ("AB12CDE", "XY9")


def imported(tmp_path: Path, *, boxes: bool, writer: str) -> Path:
    (tmp_path / "in" / "images").mkdir(parents=True)
    rows = ["file,x,y,w,h,text,country" if boxes else "file,text,country"]
    rng = np.random.default_rng(2)
    for number, text in enumerate(TEXTS):
        size = (240, 320) if boxes else (40, 160)
        save_image(tmp_path / f"in/images/{number}.jpg", rng.integers(0, 255, (*size, 3), np.uint8))
        rows.append(f"{number}.jpg,{'60,80,80,24,' if boxes else ''}{text},GB")
    (tmp_path / "in" / "labels.csv").write_text("\n".join(rows))
    job = Conversion(
        source=tmp_path / "in", reader="labels-csv", out=tmp_path / "out", writer=writer
    )
    convert(job, PictureFinder(strict=True))
    return tmp_path / "out"


@pytest.mark.parametrize("writer", ["windows", "webdataset"])
@pytest.mark.parametrize("boxes", [True, False])
def test_batches_are_drawn_from_what_was_imported(tmp_path: Path, boxes: bool, writer: str) -> None:
    source = StoredSource([imported(tmp_path, boxes=boxes, writer=writer)], 1.0)
    assert (source.scenes is None) != boxes and (source.windows is None) == boxes
    stock = Stock(Backgrounds(seed=0), source)
    tasks = tasks_of(replace(NETWORK, line=LineSettings()), 8 if boxes else 1, 12)
    _, targets = draw_batch(0, 0, stock, SampleSettings(), tasks)
    there = targets["presence"][:, 0] == 1
    alphabet = SLOTS.alphabet
    wanted = {tuple(alphabet.encode(text, SLOTS.slots)) for text in TEXTS}
    assert there.sum() > 4 and {tuple(row) for row in targets["slots"][there]} <= wanted
    # Where the characters are, and where the corners, nobody told: that is not taught.
    assert (targets["slot_characters"][there] == IGNORE).all()
    assert (targets["slot_map"][there] == IGNORE).all()
    assert (targets["corners"][:, 8] == 0).all() and (targets["plate_corners"][:, 8] == 0).all()
    # The line reader is told the same, and no step.
    read = targets["plate_presence"][:, 0] == 1
    spelt = {tuple(row[: row[12]]) for row in targets["steps"][read]}
    assert spelt <= {tuple(alphabet.index(c) + 1 for c in text) for text in TEXTS} and spelt
    assert (targets["steps"][:, 13:] == -1).all() and (targets["characters"] == IGNORE).all()
    if boxes:
        assert (targets["scan_presence"] == 1).any() and (
            targets["scan_corners"][..., 8] == 0
        ).all()


def test_corners_are_taught_where_they_are_known() -> None:
    width = sum(SCAN.extent) / 2 * SCAN.grid.window[1]
    box = (64 - width / 2, 26.0, 64 + width / 2, 38.0)
    bare = PlateRecord(text="X", quad=quad_of_box(box))
    turned = PlateRecord(text="X", quad=bare.quad + np.eye(4)[:, :2])
    drawn = PlateRecord(
        text="X", quad=bare.quad, characters=(CharacterRecord(char="X", quad=bare.quad),)
    )
    assert [p.boxed for p in (bare, turned, drawn)] == [True, False, False]
    for plate in (bare, turned, drawn):
        presence, corners = scan_target([plate], (64, 128), SCAN)
        assert (presence == 1).any()
        assert (corners[presence == 1][:, 8] == (not plate.boxed)).all()


def test_a_plate_without_characters_teaches_its_text_alone() -> None:
    plate = PlateRecord(text="X1", quad=quad_of_box((20, 20, 100, 44)))
    characters, slots, text = slot_target(plate, np.eye(3), SLOTS)
    assert (characters == IGNORE).all() and (slots == IGNORE).all()
    assert text.tolist() == SLOTS.alphabet.encode("X1", SLOTS.slots).tolist()
