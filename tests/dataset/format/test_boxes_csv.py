"""The CSV of boxes that is made of Dataturks' files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from platewright.dataset.format.boxes_csv import BOXES, claims, read
from platewright.dataset.outline import seen_plates
from platewright.dataset.picture import PictureFinder
from platewright.errors import DatasetError
from platewright.image import save_image
from tests.dataset.samples import plain_plate, plain_sample, sample_lists, write_data_set

HEADER = "image_name,image_width,image_height,top_x,top_y,bottom_x,bottom_y\n"


def test_the_columns_are_those_and_every_plate_has_a_row(write) -> None:
    plates = [plain_plate((10, 6, 60, 18)), plain_plate((20, 30, 90, 54))]
    folder = write("boxes-csv", [plain_sample(*plates), plain_sample(index=1)])
    assert (folder / BOXES).read_text() == (
        HEADER
        + "00000000.jpg,100,60,0.100000,0.100000,0.600000,0.300000\n"
        + "00000000.jpg,100,60,0.200000,0.500000,0.900000,0.900000\n"
    )
    assert claims(folder) and claims(folder / BOXES)


def test_pandas_reads_the_drawn_boxes(drawn, drawn_as) -> None:
    pandas = pytest.importorskip("pandas", reason="needs pandas: pip install pandas")
    table = pandas.read_csv(drawn_as("boxes-csv") / BOXES)
    assert list(table.columns) == HEADER.strip().split(",")
    found = table[["top_x", "top_y", "bottom_x", "bottom_y"]].to_numpy()
    found = found * table[["image_width", "image_height"] * 2].to_numpy()
    wanted = [seen.box for sample in drawn for seen in seen_plates(sample.record)]
    assert np.abs(found - wanted).max() < 1e-3


@settings(max_examples=20, deadline=None)
@given(sample_lists(characters=False))
def test_boxes_come_back(samples) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = list(read(write_data_set(Path(folder) / "set", "boxes-csv", samples)))
    labelled = [s for s in samples if s.record.plates]
    assert [p.name for p, _ in found] == [f"{s.name}.jpg" for s in labelled]
    for (_, record), sample in zip(found, labelled, strict=True):
        assert record.size == sample.record.size
        boxes = [plate.box for plate in record.plates]
        assert np.allclose(boxes, [p.box for p in sample.record.plates], atol=1e-3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    save_image(tmp_path / "images" / "a.png", np.zeros((50, 200, 3), np.uint8))
    return tmp_path


def test_pixels_are_read_as_pixels_of_the_size_that_is_told(folder: Path) -> None:
    # The picture was halved since: 400 x 100 then, 200 x 50 now.
    (folder / BOXES).write_text(HEADER + "a.png,400,100,40,20,80,40\n")
    ((picture, record),) = read(folder)
    assert picture == folder / "images" / "a.png"
    assert record.size == (50, 200) and record.plates[0].box == (20, 10, 40, 20)


def test_columns_of_sizes_may_be_missing(folder: Path) -> None:
    (folder / BOXES).write_text(
        "top_x,top_y,bottom_x,bottom_y,image_name\n.1,.2,.3,.4,a.png\n0,0,1,1,a.png\n"
    )
    ((_, record),) = read(folder)
    assert np.allclose([p.box for p in record.plates], [(20, 10, 60, 20), (0, 0, 200, 50)])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.png,400,100,0.1,0.2,0.3", "line 2: 6 fields, but the header has 7"),
        ("a.png,400,100,one,0.2,0.3,0.4", "line 2: top_x is 'one', not a number"),
        ("a.png,400,100,nan,0.2,0.3,0.4", "line 2: top_x is 'nan', not a number"),
        ("a.png,400,100,0.1,0.2,1e200,0.4", "line 2: bottom_x is '1e200', not a number from 0 to"),
        ("a.png,400,100,-1,0.2,0.3,0.4", "line 2: top_x is '-1', not a number from 0"),
        ("a.png,400,100,0.4,0.2,0.3,0.4", "line 2: bottom_x or bottom_y is not above"),
        (",400,100,0.1,0.2,0.3,0.4", "line 2: image_name is empty"),
        ("b.png,400,100,0.1,0.2,0.3,0.4", "line 2: .*b.png: there is no such picture"),
        ('"a.png,400,100,0.1,0.2,0.3,0.4', "line 2: not CSV"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(folder: Path, row: str, message: str) -> None:
    (folder / BOXES).write_text(HEADER + row + "\n")
    with pytest.raises(DatasetError, match=rf"boxes\.csv: {message}"):
        list(read(folder, PictureFinder(strict=True)))
