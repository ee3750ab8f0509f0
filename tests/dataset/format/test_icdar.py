from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from platewright.dataset.format.icdar import read
from platewright.dataset.outline import seen_plates
from platewright.errors import DatasetError
from tests.dataset.samples import plain_plate, plain_sample, sample_lists, write_data_set

# As the competition's own evaluation matches a line (rrc_evaluation_funcs.py).
LINE = re.compile(r"\s*(-?[0-9]+)\s*" + r",\s*(-?[0-9]+)\s*" * 7 + r",(.*)")


def test_paddleocr_reads_the_drawn_quads(drawn, drawn_as, paddle_labels, tmp_path) -> None:
    folder = drawn_as("icdar")
    paddle_labels.gen_det_label("images", str(folder / "gt"), str(tmp_path / "list.txt"))
    lines = sorted((tmp_path / "list.txt").read_text().splitlines())
    own = drawn_as("paddle-det")
    expected = [(own / f"{side}.txt").read_text() for side in ("train", "val")]
    # Its converter calls every picture .jpg.
    assert lines == sorted("".join(expected).replace(".png\t", ".jpg\t").splitlines())


def test_lines_are_as_the_competitions_evaluation_matches_them(drawn, drawn_as) -> None:
    for sample in drawn:
        raw = (drawn_as("icdar") / "gt" / f"gt_{sample.name}.txt").read_bytes()
        assert not raw.startswith(b"\xef\xbb\xbf")
        found = [LINE.fullmatch(line) for line in raw.decode().splitlines()]
        height, width = sample.record.size
        for seen, match in zip(seen_plates(sample.record), found, strict=True):
            corners = np.array(match.groups()[:8], int).reshape(4, 2)
            assert (corners >= 0).all() and (corners < [width, height]).all()
            assert np.abs(corners - seen.quad).max() <= 1
            assert match[9] == (seen.plate.text if seen.readable else "###")


def test_numpy_reads_the_numbers(write) -> None:
    folder = write("icdar", [plain_sample(plain_plate((10, 20, 40, 30)))])
    path = folder / "gt/gt_00000000.txt"
    values = np.genfromtxt(path, delimiter=",", usecols=range(8), dtype=int)
    assert values.tolist() == [10, 20, 40, 20, 40, 30, 10, 30]


def test_what_nobody_can_read_is_not_cared_about(write) -> None:
    plates = [
        plain_plate((5, 2, 45, 12)),
        plain_plate((5, 20, 45, 30), ""),
        plain_plate((-12, 40, 28, 52)),
        plain_plate((92, 40, 132, 52)),
    ]
    folder = write("icdar", [plain_sample(*plates), plain_sample(index=1)])
    lines = (folder / "gt/gt_00000000.txt").read_text().splitlines()
    assert [line.split(",")[8] for line in lines] == ["AB12CDE", "###", "###"]
    assert lines[2].startswith("0,40,28,40,28,52,0,52,")
    assert (folder / "gt/gt_00000001.txt").read_text() == ""
    (_, first), (_, second) = read(folder)
    assert [plate.text for plate in first.plates] == ["AB12CDE", "", ""]
    assert second.plates == ()


@settings(max_examples=25, deadline=None)
@given(sample_lists(characters=False))
def test_what_is_written_comes_back(samples) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = list(read(write_data_set(Path(folder) / "icdar", "icdar", samples)))
    for (_, record), sample in zip(found, samples, strict=True):
        assert record.size == sample.record.size
        for plate, own in zip(record.plates, sample.record.plates, strict=True):
            assert plate.text == own.text
            assert np.abs(plate.quad - own.quad).max() <= 1


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_competitions_own_files_are_read(write, mark) -> None:
    folder = write("icdar", [plain_sample()])
    path = folder / "gt/gt_00000000.txt"
    path.write_bytes(mark + b"1,2,30,2,30,9,1,9,A, b\r\n1,2,30,2,30,9,1,9,###\r\n")
    ((_, record),) = read(folder)
    assert [plate.text for plate in record.plates] == ["A, b", ""]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,2,3,4,5,6,7,8", "line 2: 8 fields"),
        ("1,2,3,4,5,x,7,8,A", "line 2: could not convert"),
        ("1,2,1e200,2,30,9,1,9,A", "line 2: a corner holds a number beyond"),
        ("1,2,nan,2,30,9,1,9,A", "line 2: a corner holds a number that isn't finite"),
        ("1,1,2,2,3,3,4,4,A", "line 2: the points span no area"),
    ],
)
def test_a_malformed_line_is_named(write, line, message) -> None:
    folder = write("icdar", [plain_sample()])
    path = folder / "gt/gt_00000000.txt"
    path.write_text(f"1,2,30,2,30,9,1,9,A\n{line}\n")
    with pytest.raises(DatasetError, match=message) as caught:
        list(read(folder))
    assert str(caught.value).startswith(f"{path}: ")


def test_a_missing_picture_is_named(write) -> None:
    folder = write("icdar", [plain_sample()])
    (folder / "images/00000000.jpg").unlink()
    with pytest.raises(DatasetError, match=r"gt_00000000\.txt: no picture 00000000"):
        list(read(folder))
