"""Runs that are stopped, killed, or two at a time: nothing is lost, and nothing is mixed."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

import pytest

from platewright.dataset.store import HIDDEN, FolderStore
from platewright.errors import OutputError
from platewright.generation.sequence import Manifest, draw_sequence, whole_lines

OURS = re.compile(r"\d\.txt|list\.jsonl")
SETTINGS = {"seed": 0, "count": 6}


def write(folder: Path, stop: int, indices: range) -> list[str]:
    """Write files, or stop as Ctrl-C does."""
    lines = []
    for index in indices:
        if index == stop:
            raise KeyboardInterrupt
        (folder / f"{index}.txt").write_text(f"file {index}")
        lines.append(json.dumps({"file": f"{index}.txt"}))
    return lines


def run(
    folder: Path, *, stop: int = -1, settings=SETTINGS, force: bool = False, size: int = 1
) -> int:
    draw = functools.partial(write, folder, stop)
    listed = folder / "list.jsonl"
    return draw_sequence(draw, 6, listed, settings, ours=OURS, run=size, force=force)[0]


def contents(folder: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in sorted(folder.iterdir()) if p.is_file()}


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, str]:
    assert run(tmp_path / "whole") == 0
    return contents(tmp_path / "whole")


@pytest.mark.parametrize(("size", "noted"), [(1, 3), (2, 2), (4, 0)])
def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path, whole, size: int, noted: int) -> None:
    folder = tmp_path / "a"
    with pytest.raises(KeyboardInterrupt):
        run(folder, stop=3, size=size)
    assert len(contents(folder)) == 3 + 1
    assert run(folder, size=size) == noted
    assert contents(folder) == whole
    assert run(folder) == 6


@pytest.mark.parametrize("left", ['{"file": "3.t', "{", '{"file": "3.txt"}'])
def test_a_line_that_is_cut_off_is_drawn_again(tmp_path: Path, whole, left: str) -> None:
    folder = tmp_path / "a"
    with pytest.raises(KeyboardInterrupt):
        run(folder, stop=3)
    with (folder / "list.jsonl").open("a") as stream:
        stream.write(left)
    (folder / "3.txt").write_text("half")
    assert run(folder) == 3
    assert contents(folder) == whole


def test_another_command_is_refused_and_force_replaces_its_files_alone(
    tmp_path: Path, whole
) -> None:
    folder = tmp_path / "a"
    run(folder)
    (folder / "mine.md").write_text("mine")
    with pytest.raises(OutputError, match=r"another command \(seed 0, not 1\): --force"):
        run(folder, settings={"seed": 1, "count": 6})
    assert contents(folder) == {**whole, "mine.md": "mine"}
    with pytest.raises(KeyboardInterrupt):
        run(folder, settings={"seed": 1, "count": 6}, force=True, stop=1)
    assert set(contents(folder)) == {"0.txt", "list.jsonl", "mine.md"}


def test_files_that_no_run_tells_of_are_kept(tmp_path: Path) -> None:
    (tmp_path / "4.txt").write_text("old")
    (tmp_path / "mine.md").write_text("mine")
    manifest = Manifest(FolderStore(tmp_path), str(tmp_path))
    for check in (
        lambda: run(tmp_path), lambda: manifest.check(SETTINGS, force=False, ours=OURS)
    ):  # fmt: skip
        with pytest.raises(OutputError, match=r"holds 1 drawn files: --force replaces them"):
            check()
    assert contents(tmp_path) == {"4.txt": "old", "mine.md": "mine"}
    assert not (tmp_path / HIDDEN).exists()


def test_a_file_that_is_gone_or_a_damaged_line_is_told(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "2.txt").unlink()
    with pytest.raises(OutputError, match=r"2\.txt is gone: --force begins anew"):
        run(tmp_path)
    (tmp_path / "list.jsonl").write_text("[]\n")
    with pytest.raises(OutputError, match=r"list\.jsonl: line 1 is damaged"):
        whole_lines(tmp_path / "list.jsonl")


def test_two_runs_at_once_are_kept_apart(tmp_path: Path) -> None:
    with (
        FolderStore(tmp_path).locked(),
        pytest.raises(OutputError, match=r"another run writes there \(process \d+\); wait for it"),
    ):
        run(tmp_path)
    assert contents(tmp_path) == {}
    assert run(tmp_path) == 0
    assert not (tmp_path / HIDDEN / "lock").exists()
