from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import DatasetError, OutputError
from platewright.geometry import quad_of_box
from platewright.network.part import LineSettings
from platewright.reading.finder import Find
from platewright.record import PlateRecord
from platewright.training.mining import ROOM, draw_hard, load_hard, main, mine, save_mined
from platewright.training.sample import SampleSettings, Stock
from platewright.training.stream import draw_batch
from tests.network.conftest import looks
from tests.training.conftest import tasks_of

ROOT = Path(__file__).resolve().parents[2]
READER = LineSettings()
SIZE = (round(64 * ROOM), round(192 * ROOM))


def find(grey: np.ndarray) -> list[Find]:
    """Find the same three places everywhere."""
    boxes = ((100.0, 60.0, 196.0, 84.0), (10.0, 10.0, 100.0, 40.0), (200.0, 8.0, 260.0, 28.0))
    return [Find(quad_of_box(box), 0.5) for box in boxes]


def test_what_touches_a_plate_is_not_mined_and_the_rest_is_in_the_middle() -> None:
    grey = np.zeros((120, 300), np.uint8)
    grey[60:84, 100:196] = 200
    plate = PlateRecord(text="AB12", quad=quad_of_box((80.0, 30.0, 120.0, 50.0)))
    found = list(mine(find, iter([(grey, (plate,))]), 10, READER))
    assert len(found) == 2 and all(w.shape == SIZE and w.dtype == np.uint8 for w in found)
    bright = np.argwhere(found[0] > 100)
    assert np.abs(bright.mean(axis=0) - np.array(SIZE) / 2).max() < 3
    # The plate's part of a reader's window, whose part of a mined one is 1 / ROOM.
    assert np.ptp(bright[:, 1]) == pytest.approx(SIZE[1] / ROOM / 1.12, abs=4)
    assert len(list(mine(find, iter([(grey, ())] * 2), 1, READER))) == 2


def test_a_hard_window_is_part_of_a_mined_one() -> None:
    mined = np.stack([np.full(SIZE, 90, np.uint8), np.full(SIZE, 160, np.uint8)])
    mined[:, :, :120] //= 2
    seen = [draw_hard(np.random.default_rng(k), mined, (64, 192)) for k in range(40)]
    assert all(w.shape == (64, 192) and w.dtype == np.uint8 for w in seen)
    brighter = [w[:, :40].mean() > w[:, -40:].mean() for w in seen]
    assert 5 < sum(brighter) < 35  # mirrored or inverted


def test_batches_hold_hard_windows_without_a_plate(tmp_path: Path) -> None:
    path = tmp_path / "hard.npy"
    np.save(path, np.full((3, *SIZE), 77, np.uint8))
    settings = SampleSettings(absent=0.5, hard=path, hard_share=1.0)
    stock = Stock.open(0, None, settings)
    inputs, targets = draw_batch(1, 0, stock, settings, tasks_of(looks(), 1, 40))
    flat = np.ptp(inputs["window"].reshape(40, -1), axis=1) == 0
    assert 10 < flat.sum() < 30
    assert (targets["presence"][flat] == 0).all() and (targets["presence"][~flat] == 1).any()


@pytest.mark.parametrize("content", [None, b"none", np.zeros((2, 5, 5), np.uint8)])
def test_other_files_are_told(tmp_path: Path, content: bytes | np.ndarray | None) -> None:
    path = tmp_path / "hard.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.save(path, content)
    with pytest.raises(DatasetError, match=r"hard\.npy"):
        load_hard(path)


@pytest.mark.parametrize("stopped", [False, True])
def test_what_was_mined_before_ctrl_c_is_kept(tmp_path: Path, stopped: bool) -> None:
    def mined() -> Iterator[np.ndarray]:
        for k in range(3):
            yield np.full((20, 30), k, np.uint8)
        if stopped:
            raise KeyboardInterrupt

    assert save_mined(tmp_path / "hard.npy", mined(), (20, 30)) == 3
    assert load_hard(tmp_path / "hard.npy")[:, 0, 0].tolist() == [0, 1, 2]


def test_nothing_is_left_where_nothing_was_mined(tmp_path: Path) -> None:
    def mined() -> Iterator[np.ndarray]:
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        save_mined(tmp_path / "hard.npy", mined(), (20, 30))
    assert not [*tmp_path.iterdir()]


def test_the_command_mines_as_many_as_wanted_without_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "hard.npy"
    options = ["--bgs", "none", "--count", "5", "--presence", "0.01"]
    monkeypatch.setattr(sys, "argv", ["mining", str(ROOT / "weights.onnx"), str(out), *options])
    assert main() in (None, 0)
    assert "5 windows" in capsys.readouterr().out
    assert load_hard(out).shape == (5, *SIZE)
    with pytest.raises(OutputError, match=r"hard\.npy: there already"):
        main()
