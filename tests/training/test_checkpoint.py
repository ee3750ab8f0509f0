from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from platewright.errors import OutputError, WeightsError
from platewright.network.part import SlotSettings
from platewright.network.weights import BundleSettings, save_weights
from platewright.training.checkpoint import State, load_checkpoint, save_checkpoint

WEIGHTS = {"a/kernel": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.ones(2, np.float32)}
AVERAGE = {name: value * 0.5 for name, value in WEIGHTS.items()}
OPTIMIZER = [np.int64(7) * np.ones((), np.int64), *(np.full(3, k, np.float32) for k in range(12))]
PROGRESS = State(
    step=42, elapsed_s=12.5, settings=BundleSettings(slots=SlotSettings(slots=8)).to_json()
)


def test_everything_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "run" / "checkpoint.npz"
    save_checkpoint(path, WEIGHTS, AVERAGE, OPTIMIZER, PROGRESS)
    weights, average, optimizer, progress = load_checkpoint(path)
    assert progress == PROGRESS
    for got, want in ((weights, WEIGHTS), (average, AVERAGE)):
        assert set(got) == set(want)
        assert all((got[k] == want[k]).all() for k in want)
    assert len(optimizer) == len(OPTIMIZER)
    for got_one, want_one in zip(optimizer, OPTIMIZER, strict=True):
        assert got_one.dtype == want_one.dtype and (got_one == want_one).all()
    assert [p.name for p in path.parent.iterdir()] == ["checkpoint.npz"]


def test_no_checkpoint_and_damaged_ones_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    with pytest.raises(WeightsError, match=r"checkpoint\.npz: no checkpoint here to resume from"):
        load_checkpoint(path)
    save_checkpoint(path, WEIGHTS, AVERAGE, OPTIMIZER, PROGRESS)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(WeightsError, match=r"checkpoint\.npz: not a checkpoint of this program"):
        load_checkpoint(path)
    save_weights(path, WEIGHTS, BundleSettings())  # weights are no checkpoint
    with pytest.raises(WeightsError, match="not a checkpoint of this program"):
        load_checkpoint(path)


def test_a_full_disk_leaves_the_old_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint.npz"
    save_checkpoint(path, WEIGHTS, AVERAGE, OPTIMIZER, PROGRESS)
    before = path.read_bytes()

    def full(where: BinaryIO, **_: object) -> None:
        where.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OutputError, match=r"can't be written: No space left"):
        save_checkpoint(path, {}, {}, [], PROGRESS)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.npz"]
