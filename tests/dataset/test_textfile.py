from __future__ import annotations

import os

import pytest

from platewright.dataset.format import detect_format
from platewright.dataset.textfile import LONGEST_LINE, MOST_BYTES, lines_of, rows_of, text_of
from platewright.dataset.writer import write_split
from platewright.errors import DatasetError, OutputError
from platewright.file import whole_text


def test_a_file_is_there_whole_or_not_at_all(tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(ZeroDivisionError), whole_text(path) as stream:
        stream.write("half")
        raise ZeroDivisionError
    assert path.read_text() == "before"
    with whole_text(path) as stream:
        stream.write("after Ä\n")
    assert path.read_bytes() == "after Ä\n".encode()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_what_can_not_be_written_is_one_line(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file.train: can't be made into a folder"):
        write_split([], tmp_path / "file", suffix="/a.txt")


def test_half_a_character_is_one_line(tmp_path) -> None:
    with (
        pytest.raises(OutputError, match=r"a\.txt: can't be written: '\\ud800' is no character"),
        whole_text(tmp_path / "a.txt") as stream,
    ):
        stream.write("AB\ud800\n")
    assert list(tmp_path.iterdir()) == []


def test_lines_come_with_their_numbers(tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\n\r\n  \ntwo \n")
    assert list(lines_of(path)) == [(1, "one"), (4, "two ")]


def test_what_is_no_text_is_an_error(tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="UTF-8"):
        list(lines_of(path))
    with pytest.raises(DatasetError, match="can't be read: No such file"):
        list(lines_of(tmp_path / "b.txt"))


def test_no_line_and_no_file_fills_the_memory(tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2\n" + b"x" * LONGEST_LINE)
    for read in (lines_of, lambda file: rows_of(file, ["a"])):
        with pytest.raises(DatasetError, match="line 3: more than 16777216 characters"):
            list(read(path))
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(DatasetError, match="can't be read: more than 512 MiB"):
        text_of(path)


@pytest.mark.parametrize("name", ["a.json", "a.xml", "a.csv", "a.jsonl", "labels.csv", "via.json"])
def test_a_pipe_among_the_labels_is_not_waited_for(tmp_path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    for path in (tmp_path, tmp_path / name):
        with pytest.raises(DatasetError, match="looks like no format"):
            detect_format(path)
