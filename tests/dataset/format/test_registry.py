"""Formats are found by their files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from platewright.dataset.format import describe_formats, format_names, format_summary, load_format
from platewright.dataset.sample import Format
from platewright.errors import ConfigError

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
