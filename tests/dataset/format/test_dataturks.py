"""Dataturks' exports."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from platewright.dataset.format.dataturks import LINES, claims, read
from platewright.dataset.picture import PictureFinder
from platewright.errors import DatasetError
from platewright.image import save_image
from tests.dataset.samples import plain_plate, plain_sample, sample_lists, write_data_set

URL = "http://com.dataturks.example/2c9f/1a2b___car%20one.jpeg"


def label(*points: tuple[float, float], **values: object) -> dict[str, object]:
    corners = [{"x": x, "y": y} for x, y in points]
    return {"label": ["number_plate"], "notes": "", "points": corners, "imageWidth": 640,
            "imageHeight": 480, **values}  # fmt: skip


def export(folder: Path, *lines: object) -> Path:
    path = folder / "Indian_Number_plates.json"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    save_image(folder / "1a2b___car one.jpeg", np.zeros((100, 200, 3), np.uint8))
    return folder


def test_all_annotations_are_read_from_the_map(tmp_path: Path, pictures: Path) -> None:
    both = [label((0.1, 0.2), (0.5, 0.4)), label((0.9, 0.8), (0.6, 0.7), notes="DL 7C")]
    path = export(tmp_path, {"content": URL, "annotation": both, "extras": None})
    assert claims(path)
    ((picture, record),) = read(path, PictureFinder(folder=pictures))
    assert picture == pictures / "1a2b___car one.jpeg"
    assert record.size == (100, 200)  # the picture's own, not what the label tells
    boxes = [plate.box for plate in record.plates]
    assert np.allclose(boxes, [(20, 20, 100, 40), (120, 70, 180, 80)])
    assert [(p.text, p.kind) for p in record.plates] == [
        ("", "number_plate"),
        ("DL 7C", "number_plate"),
    ]


def test_a_picture_without_annotations_and_older_points(tmp_path: Path, pictures: Path) -> None:
    old = {"label": "plate", "points": [[0.1, 0.1], [0.5, 0.2], [0.5, 0.4], [0.1, 0.3]]}
    path = export(
        tmp_path,
        {"content": URL, "annotation": None},
        {"content": URL, "annotation": [old]},
    )
    (_, empty), (_, record) = read(path, PictureFinder(folder=pictures))
    assert empty.plates == ()
    assert np.allclose(record.plates[0].quad, [(20, 10), (100, 20), (100, 40), (20, 30)])
    assert record.plates[0].kind == ""


def test_a_missing_picture_costs_no_other(tmp_path: Path, pictures: Path) -> None:
    lines = [
        {"content": name, "annotation": [label((0.1, 0.2), (0.5, 0.4))]}
        for name in ("https://gone.example/x.jpg", URL)
    ]
    finder = PictureFinder(folder=pictures)
    assert len(list(read(export(tmp_path, *lines), finder))) == 1
    (failure,) = finder.failures
    assert failure.where.endswith("plates.json: line 1") and "fetching is off" in failure.reason


@settings(max_examples=20, deadline=None)
@given(sample_lists(characters=False))
def test_what_is_written_comes_back(samples) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = list(read(write_data_set(Path(folder) / "set", "dataturks", samples)))
    for (picture, record), sample in zip(found, samples, strict=True):
        assert (picture.name, record.size) == (f"{sample.name}.jpg", sample.record.size)
        for plate, other in zip(record.plates, sample.record.plates, strict=True):
            assert plate.text == other.text
            assert np.allclose(plate.quad, other.quad, atol=1e-6)


def test_an_upright_plate_has_two_points(write) -> None:
    folder = write("dataturks", [plain_sample(plain_plate((10, 6, 60, 18)))])
    values = json.loads((folder / LINES).read_text())
    assert values["content"] == "images/00000000.jpg" and claims(folder)
    assert values["annotation"][0]["points"] == [{"x": 0.1, "y": 0.1}, {"x": 0.6, "y": 0.3}]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        *(
            (
                f'{{"content": "a.jpg", "annotation": [{{"points": [[0.1, 0.1], [{bad}, 1]]}}]}}',
                f"line 2: .* {told} is no part of the picture",
            )
            for bad, told in (
                ("1" * 400, "Infinity"),
                ("1" * 5000, "Infinity"),
                ("[" * 500 + "]" * 500, "a list or object"),
            )
        ),
        ("{", "line 2: not JSON"),
        ("[]", "line 2: the line holds no object"),
        ('{"content": "", "annotation": null}', "line 2: content names no picture"),
        ('{"content": "a.jpg", "annotation": 5}', "line 2: annotation is no list"),
        ('{"content": "a.jpg", "annotation": [5]}', r"line 2: annotation\[0\] is no object"),
        ('{"content": "a.jpg", "annotation": [{}]}', r"annotation\[0\]: points is no list"),
        (
            '{"content": "a.jpg", "annotation": [{"points": [{"x": 0.1}, {"x": 1, "y": 1}]}]}',
            "line 2: .* null is no part of the picture",
        ),
        (
            '{"content": "a.jpg", "annotation": [{"points": [[0.1, 0.1], [30, 40]]}]}',
            "line 2: .* 30 is no part of the picture",
        ),
        (
            '{"content": "a.jpg", "annotation": [{"points": [[0.1, 0.1], [0.1, 0.4]]}]}',
            "line 2: .* points span no area",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_text("\n" + line + "\n")
    with pytest.raises(DatasetError, match=message):
        list(read(path, PictureFinder(folder=tmp_path, strict=True)))
