"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from platewright.background.archive import Archive
from platewright.errors import OutputError
from platewright.file import (
    claim_results,
    distinct_name,
    files_below,
    whole_file,
    whole_text,
    write_file,
    write_listed,
)
from platewright.output.batch import list_images
from platewright.output.writer.jsonl import LinesFile
from tests.script import ROOT
from tests.work import count_calls


def test_files_lie_deeper_than_functions_go(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    (tmp_path / "again").symlink_to(tmp_path)
    Image.new("L", (90, 90)).save(tmp_path / "a.png")
    before = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1500):
            os.mkdir("d")
            os.chdir("d")
        Path("b.txt").touch()
        os.chdir(tmp_path)
        found = [path.name for path in files_below(Path("."), ".txt")]
        assert found == ["a.txt", "b.txt"]
        assert [path.name for path in list_images(Path("."), deep=True)] == ["a.png"]
        assert [Path(each.name).name for each in Archive(Path("."))] == [
            "a.png", "a.txt", "b.txt"
        ]  # fmt: skip
    finally:
        os.chdir(before)
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(ZeroDivisionError), whole_text(path) as stream:
        stream.write("half")
        raise ZeroDivisionError
    assert path.read_text() == "before"
    with whole_text(path) as stream:
        stream.write("after Ä\n")
    assert path.read_bytes() == "after Ä\n".encode()
    with pytest.raises(KeyboardInterrupt), whole_file(path) as stream:
        stream.write(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == "after Ä\n".encode()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_what_a_killed_run_left_goes_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    code = (
        "import os, pathlib, signal, sys; from platewright.file import whole_file\n"
        "with whole_file(pathlib.Path(sys.argv[1])) as stream:\n"
        "    stream.write(b'much that is never finished'); stream.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=False)
    assert [each.name for each in tmp_path.iterdir()] == [".a.txt.part"]
    write_file(path, b"whole")
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"] and path.read_bytes() == b"whole"


def test_two_that_write_one_file_keep_out_of_each_others_way(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with whole_file(path) as first:
        first.write(b"the first of two")
        first.flush()
        write_file(path, b"second")
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"the first of two" and len([*tmp_path.iterdir()]) == 1
    decoy = tmp_path / "elsewhere"
    (tmp_path / ".b.txt.part").symlink_to(decoy)
    write_file(tmp_path / "b.txt", b"b")
    assert (tmp_path / "b.txt").read_bytes() == b"b" and not decoy.exists()


def test_many_write_one_file_at_once(tmp_path: Path) -> None:
    path, texts = tmp_path / "a.txt", [bytes([65 + k]) * 5000 * (k + 1) for k in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            list(pool.map(lambda text: write_file(path, text), texts))
            assert path.read_bytes() in texts
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def test_half_a_character_is_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"a\.txt: can't be written: '\\ud800' is no character"),
        whole_text(tmp_path / "a.txt") as stream,
    ):
        stream.write("AB\ud800\n")
    assert list(tmp_path.iterdir()) == []


def test_missing_folders_are_made_and_a_file_in_their_place_is_one_line(tmp_path: Path) -> None:
    write_file(tmp_path / "new/er/a", b"1")
    assert (tmp_path / "new/er/a").read_bytes() == b"1"
    with pytest.raises(OutputError, match=r"new/er/a/b: can't be made into a folder"):
        write_file(tmp_path / "new/er/a/b/c", b"")
    with LinesFile(tmp_path / "far/lines") as lines:
        lines.add({"a": 1})
    assert (tmp_path / "far/lines").read_text() == '{"a": 1}\n'


def test_lines_follow_a_link_and_write_over_nobody_elses_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "other").write_text("theirs")
    (tmp_path / "file.part").symlink_to(tmp_path / "other")
    for text in ("1\n", "2\n"):
        with LinesFile(tmp_path / "link") as lines:
            lines.write(text)
        assert (tmp_path / "link").is_symlink() and (tmp_path / "file").read_text() == text
        os.mkfifo(tmp_path / "file.part")
    assert (tmp_path / "other").read_text() == "theirs"


def test_a_link_is_followed_and_a_device_written_to(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_file(tmp_path / "link", b"1")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"1"
    write_file(Path("/dev/null"), b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    claim_results([tmp_path / "photo"], tmp_path / "loop", force=False)
    write_file(tmp_path / "loop", b"2")
    assert (tmp_path / "loop").read_bytes() == b"2"


def test_a_pipe_that_nobody_reads_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OutputError, match="a pipe that nobody reads"):
        write_file(pipe, b"1")
    with pytest.raises(OutputError, match="a pipe that nobody reads"), LinesFile(pipe):
        pass
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_file(pipe, b"1")
    with LinesFile(pipe) as lines:
        lines.write("2")
    assert os.read(reader, 9) == b"12"
    os.close(reader)


def test_a_result_is_as_open_as_any_new_file(tmp_path: Path) -> None:
    write_file(tmp_path / "a", b"")
    (tmp_path / "b").write_bytes(b"")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"]
    assert modes[0] == modes[1]


def test_lines_in_place_can_be_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with LinesFile(path, in_place=True) as lines:
        for k in range(3):
            lines.add({"k": k})
            assert [json.loads(line)["k"] for line in path.read_text().splitlines()] == [
                *range(k + 1)
            ]
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize("in_place", [True, False])
def test_an_error_before_the_first_line_leaves_nothing(tmp_path: Path, in_place: bool) -> None:
    path = tmp_path / "a.csv"

    def fail(lines: int) -> None:
        with LinesFile(path, in_place=in_place, head="k\n") as stream:
            for k in range(lines):
                stream.write(f"{k}\n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail(0)
    assert not [*tmp_path.iterdir()]
    with pytest.raises(KeyboardInterrupt):
        fail(2)
    assert path.read_text() == "k\n0\n1\n"
    with LinesFile(path, in_place=in_place, head="k\n"):
        pass
    assert path.read_text() == "k\n"


def test_lines_go_to_a_device(tmp_path: Path) -> None:
    with LinesFile(Path("/dev/null")) as lines:
        lines.add({"k": 1})
    assert not Path("/dev/null.part").exists()
    with (
        pytest.raises(OutputError, match="/dev/full: can't be written: No space left"),
        LinesFile(Path("/dev/full"), head="k\n"),
    ):
        pass
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("name", ["x" * 255, "ä" * 127, "x" * 249, "x" * 250, "x" * 241])
def test_a_name_may_be_as_long_as_file_systems_bear(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_file(path, b"1")
    with whole_file(path) as stream:
        stream.write(b"2")
        write_file(path, b"3")
    assert path.read_bytes() == b"2"
    write_listed(path, b"4")
    assert path.read_bytes() == b"4"
    with LinesFile(path) as lines:
        lines.write("5")
    assert path.read_bytes() == b"5" and [*tmp_path.iterdir()] == [path]


def test_a_listed_file_takes_the_place_of_what_is_there(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "1.png", tmp_path / "elsewhere"
    elsewhere.write_bytes(b"kept")
    path.symlink_to(elsewhere)
    for data in (b"longer than the next", b"next"):
        write_listed(path, data)
        assert path.read_bytes() == data and not path.is_symlink()
    assert elsewhere.read_bytes() == b"kept"
    with pytest.raises(OutputError, match=r"gone/1\.png: can't be written: No such file"):
        write_listed(tmp_path / "gone/1.png", b"")
    folder = tmp_path / "folder.png"
    folder.mkdir()
    with pytest.raises(OutputError, match=r"folder\.png: can't be written"):
        write_listed(folder, b"")
    assert folder.is_dir()


def test_nothing_is_left_of_a_listed_file_that_can_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int, data: memoryview) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OutputError, match=r"1\.png: can't be written: No space left"):
        write_listed(tmp_path / "1.png", b"data")
    assert not [*tmp_path.iterdir()]


def test_many_files_of_one_name_are_told_apart_in_as_many_steps() -> None:
    """Each one's number was looked for from 2 on: the steps grew as the square of their count."""
    taken: dict[str, int] = {}
    given, names = ["A", "a", "a-2", *["a"] * 2000], list[str]()

    def name_all() -> None:
        names.extend(distinct_name(each, (each + "-{}").format, taken) for each in given)

    steps = count_calls(name_all)
    assert names[:5] == ["A", "a-2", "a-2-2", "a-3", "a-4"] and len({*names}) == len(given)
    assert steps < 40 * len(given)
