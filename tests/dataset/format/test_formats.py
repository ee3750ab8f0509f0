"""Formats are found by their files."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from platewright.dataset.format import (
    describe_formats,
    detect_format,
    format_names,
    format_summary,
    load_format,
)
from platewright.dataset.writer import Format
from platewright.errors import ConfigError, DatasetError
from tests.dataset.samples import plain_plate, plain_sample

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", format_names())
def test_every_file_is_a_format_that_says_what_it_is(name: str) -> None:
    kind = load_format(name)
    assert issubclass(kind, Format) and kind.name == name
    assert 10 < len(kind.summary) < 100 and kind.summary == format_summary(name)
    lines = [line.split(maxsplit=1) for line in describe_formats().splitlines()[1:]]
    assert [name, kind.summary] in lines


def test_the_default_stands_first() -> None:
    names = format_names()
    assert names[0] == "windows"
    assert list(names[1:]) == sorted(names[1:])
    assert {"coco", "yolo", "webdataset", "tfrecord", "lmdb"} < set(names)


def test_an_unknown_format_is_told() -> None:
    with pytest.raises(ConfigError, match=r"no format magic; known: windows, "):
        load_format("magic")


def test_names_cost_no_imports() -> None:
    code = (
        "import sys; from platewright.dataset.format import describe_formats; describe_formats();"
        "print({'numpy', 'cv2', 'lmdb', 'tensorflow'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xml", "", "a.xml: line 1: not XML: no element found"),
        ("images/a.json", "", "a.json: line 1: not JSON"),
        ("a.json", '{"images": [],\n"annotations": [', "a.json: line 2: not JSON"),
    ],
)
def test_a_damaged_file_is_told_with_its_line(tmp_path: Path, name, content, message) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(content)
    with pytest.raises(DatasetError, match=f"{message}.*; so .* looks like no format"):
        detect_format(tmp_path)


def test_whole_files_of_no_format_are_just_that(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}\n{"a": 2}\n')
    (tmp_path / "a.xml").write_text("<a/>")
    with pytest.raises(DatasetError, match="looks like no format: name the file itself"):
        detect_format(tmp_path)


@pytest.mark.parametrize("name", sorted(set(format_names()) - {"lmdb"}))
def test_every_plate_is_held_or_left_out_for_a_reason(name: str, tmp_path: Path) -> None:
    boxes = [(5, 5, 65, 25), (-55, 5, 5, 25), (-25, 5, 35, 25), (5, 5, 8, 6.5), (5, 5, 65, 5.5)]
    plates = [plain_plate(box, text) for box in boxes for text in ("AB12CDE", "NA", "A B\tC", "")]
    bare = [replace(plate, characters=()) for plate in plates]
    writer = load_format(name)(tmp_path, 0)
    writer.add(plain_sample(*plates, *bare))
    taken = writer.taken
    writer.close()
    assert taken.plates + taken.passed.total() == len(plates + bare)
    assert 0 < taken.texts <= taken.plates and all(taken.passed)
