"""Folders to work in: what was killed leaves none for good."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from platewright.lock import FRESH_S, scratch_folder
from tests.script import PATIENCE_S, wait_until


def hold(place: Path) -> None:
    """Work in a folder until somebody ends it."""
    with scratch_folder(place) as folder:
        (folder / "half").write_bytes(bytes(9))
        old = time.time() - 2 * FRESH_S
        os.utime(folder, (old, old))
        (place / "ready").touch()
        time.sleep(PATIENCE_S)


@pytest.mark.process
def test_what_a_killed_process_worked_in_goes_with_the_next_one(tmp_path: Path) -> None:
    running = multiprocessing.get_context("spawn").Process(target=hold, args=(tmp_path,))
    running.start()
    wait_until(lambda: (tmp_path / "ready").exists() or running.exitcode is not None)
    assert running.exitcode is None
    (there,) = tmp_path.glob(".platewright-*")
    with scratch_folder(tmp_path) as own:
        assert own.is_dir() and there.is_dir()  # somebody works in it
    os.kill(running.pid or 0, signal.SIGKILL)
    running.join()
    assert [path.name for path in there.iterdir()] == ["half"] and not own.exists()
    with scratch_folder(tmp_path) as own:
        assert own.is_dir() and not there.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["ready"]


def test_what_has_just_been_made_and_what_is_none_of_ours_stays(tmp_path: Path) -> None:
    for name in (".platewright-new.part", "other.part"):
        (tmp_path / name).mkdir()
    (tmp_path / ".platewright-link.part").symlink_to(tmp_path / "other.part")
    with pytest.raises(OSError, match="No space"), scratch_folder(tmp_path):
        raise OSError("No space left")
    assert len([*tmp_path.iterdir()]) == 3
