"""Files of readings: each kind is one file of the package, found by name."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from platewright.dataset.format import coco
from platewright.geometry import quad_of_box
from platewright.image import save_image
from platewright.output.photo import PhotoReadings, to_coco
from platewright.output.writer import FOLDER, load_writer, writer_names, writer_summary
from platewright.record import Reading

IMAGE = np.zeros((30, 40, 3), np.uint8)


def photo(file: str, *texts: str) -> PhotoReadings:
    readings = [
        Reading(text=text, confidence=0.9, presence=0.8, quad=quad_of_box((1, 2, 30.25, 14)))
        for text in texts
    ]
    return PhotoReadings(file=file, size=(30, 40), ms=1.0, readings=tuple(readings))


@pytest.mark.parametrize("name", writer_names())
@pytest.mark.parametrize("several", [True, False])
def test_every_kind_writes_whole_files(name: str, several: bool, tmp_path: Path) -> None:
    path = tmp_path / f"out.{name}"
    path.write_text("before")
    photos = [photo("a.jpg", "AB12", "C,D"), photo("b.jpg")][: 1 + several]
    with load_writer(name)(path, several=several) as writer:
        for one in photos:
            writer.add(one, IMAGE)
        assert path.read_text() == "before"
    told = path.read_text()
    assert told.endswith("\n") and "AB12" in told and "before" not in told
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert writer_summary(name) and len(writer_summary(name)) < 70


@pytest.mark.parametrize("name", writer_names())
def test_what_was_read_is_kept_when_something_ends_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / "out"

    def ended() -> None:
        with load_writer(name)(path, several=True) as writer:
            writer.add(photo("a.jpg", "AB12"), IMAGE)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ended()
    assert "AB12" in path.read_text()


def test_the_kinds_say_the_same(tmp_path: Path) -> None:
    photos = [photo("a.jpg", "AB12", "C,D"), photo("b.jpg"), photo("ü.jpg", "X")]
    for name in ("csv", "json", "jsonl"):
        with load_writer(name)(tmp_path / name, several=True) as writer:
            for one in photos:
                writer.add(one, IMAGE)
    listed = json.loads((tmp_path / "json").read_text())
    assert listed == [json.loads(line) for line in (tmp_path / "jsonl").read_text().splitlines()]
    assert listed == [one.as_dict() for one in photos]
    with (tmp_path / "csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["file"], row["text"]) for row in rows] == [
        ("a.jpg", "AB12"), ("a.jpg", "C,D"), ("ü.jpg", "X"),
    ]  # fmt: skip
    assert [float(rows[0][name]) for name in ("x0", "y0", "x1", "y1")] == [0.4, 1.4, 30.8, 14.6]
    assert rows[0]["bottom_right_x"] == "30.2" and rows[0]["width"] == "40"


def test_no_spreadsheet_takes_a_photos_name_for_a_formula(tmp_path: Path) -> None:
    names = ["=cmd|' /C calc'!A0.jpg", "+1.jpg", "-1.jpg", "@a.jpg", "\t1", "\n1", "'=1"]
    with load_writer("csv")(tmp_path / "csv", several=True) as writer:
        for name in (*names, "a;=1;b"):
            writer.add(photo(name, "=1"), IMAGE)
    with (tmp_path / "csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["file"] for row in rows] == [*(f"'{name}" for name in names), "a;'=1;b"]
    assert {row["text"] for row in rows} == {"'=1"} and rows[0]["width"] == "40"


def test_coco_is_what_others_read(tmp_path: Path) -> None:
    """pycocotools, and `convert.py`, for which the readings are labels to be put right."""
    api = pytest.importorskip("pycocotools.coco", reason="needs pycocotools")
    (tmp_path / "images").mkdir()
    for name in ("a.jpg", "b.jpg", "ü.jpg"):
        save_image(tmp_path / "images" / name, IMAGE)
    photos = [photo("a.jpg", "AB12", "C,D"), photo("b.jpg"), photo("ü.jpg", "X")]
    path = tmp_path / "coco.json"
    with load_writer("coco")(path, several=True) as writer:
        for one in photos:
            writer.add(one, IMAGE)
    assert json.loads(path.read_text("utf-8")) == to_coco(photos)
    with contextlib.redirect_stdout(io.StringIO()):
        read = api.COCO(str(path))
    found = read.loadAnns(read.getAnnIds(imgIds=[1]))
    assert [one["attributes"]["text"] for one in found] == ["AB12", "C,D"]
    assert found[0]["bbox"] == [0.4, 1.4, 30.45, 13.2] and found[0]["area"] == 351
    assert found[0]["score"] == 0.9 and read.annToMask(found[0]).sum() > 300
    assert [(p.name, [x.text for x in record.plates]) for p, record in coco.read(path)] == [
        ("a.jpg", ["AB12", "C,D"]), ("b.jpg", []), ("ü.jpg", ["X"]),
    ]  # fmt: skip


def test_a_new_kind_is_one_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command has an option for whatever lies in the folder."""
    from platewright.command.detect import make_parser

    for path in FOLDER.glob("*.py"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "table.py").write_text('"""A table for a spreadsheet."""\n')
    monkeypatch.setattr("platewright.output.writer.FOLDER", tmp_path)
    assert "table" in writer_names()
    told = " ".join(make_parser().format_help().split())
    assert "--table FILE write a table for a spreadsheet" in told
