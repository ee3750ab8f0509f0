"""Stored pictures made to fit training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from platewright.errors import DatasetError
from platewright.generation.engine import Engine
from platewright.generation.job import DrawingJob
from platewright.generation.shard import ShardJob, assemble
from platewright.geometry import quad_of_box
from platewright.record import CharacterRecord, PlateRecord, SceneRecord
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings
from platewright.training.sample import (
    SampleSettings,
    Stock,
    StoredSource,
    fit_scene,
    readable_plates,
)
from platewright.training.stream import BatchStream, draw_batch
from tests.network.conftest import looks
from tests.training.conftest import tasks_of

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
