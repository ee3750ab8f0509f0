"""From format to format: nothing is lost, nothing half-done is left."""

from __future__ import annotations

import csv
import json
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from platewright.dataset.conversion import Conversion, ConversionReport, convert
from platewright.dataset.format import load_reader, readable_names
from platewright.dataset.outline import seen_plates
from platewright.dataset.picture import PictureFinder
from platewright.dataset.selection import plain_plates, plain_text
from platewright.errors import DatasetError, OutputError
from platewright.image import load_image, save_image
from platewright.record import SceneRecord
from tests.dataset.samples import (
    plain_plate,
    plain_sample,
    sample_lists,
    write_data_set,
)

JOB = Conversion(source=Path("a"), reader="windows", out=Path("b"), writer="windows")


def run(source: Path, reader: str, out: Path, writer: str, **values: object) -> ConversionReport:
    finder = values.pop("finder", PictureFinder(strict=True))
    return convert(
        Conversion(source=source, reader=reader, out=out, writer=writer, **values), finder
    )


def records(folder: Path, reader: str = "windows") -> dict[str, SceneRecord]:
    """Return what a written data set holds, by the pictures' stems."""
    read = load_reader(reader)
    return {Path(p.name).stem: r for p, r in read(folder, PictureFinder(strict=True))}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six photos of three plates, one of them photographed four times, in a CSV file."""
    folder = tmp_path / "photos"
    (folder / "images").mkdir(parents=True)
    rows = ["file,x,y,w,h,text,country"]
    for number, text in enumerate(["AB 12", "ab-12", "AB12", "AB12", "CD34", "EF56"]):
        shades = np.random.default_rng(number).integers(0, 255, (6, 9, 3), np.uint8)
        image = np.repeat(np.repeat(shades, 10, axis=0), 10, axis=1)
        save_image(folder / "images" / f"{number}.jpg", image)
        rows.append(f"{number}.jpg,20,10,40,20,{text},GB")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.mark.parametrize("name", sorted(set(readable_names()) - {"lmdb"}))
def test_every_format_becomes_records(name: str, drawn, drawn_as, tmp_path: Path) -> None:
    report = run(drawn_as(name), name, tmp_path / "out", "windows", keep_texts=True)
    assert report.pictures == len(records(tmp_path / "out")) >= 5
    assert not report.sides and not report.passed
    if "csv" not in name and name not in ("fast-plate-ocr", "text-list", "text-list-space"):
        assert report.pictures == len(drawn)


def test_somebody_elses_readers_read_what_was_converted(drawn, drawn_as, tmp_path: Path) -> None:
    sv = pytest.importorskip("supervision", reason="needs supervision: pip install supervision")
    coco = pytest.importorskip("pycocotools.coco", reason="needs pycocotools: pip install")
    wanted = sorted(tuple(np.round(s.box)) for d in drawn for s in seen_plates(d.record))
    run(drawn_as("cvat"), "cvat", tmp_path / "coco", "coco")
    run(tmp_path / "coco", "coco", tmp_path / "voc", "voc")
    run(tmp_path / "voc", "voc", tmp_path / "yolo", "yolo")
    found = coco.COCO(tmp_path / "coco" / "annotations" / "instances.json")
    boxes = [(x, y, x + w, y + h) for x, y, w, h in (a["bbox"] for a in found.anns.values())]
    assert np.abs(np.subtract(sorted(map(tuple, np.round(boxes))), wanted)).max() <= 1
    for kind, folders in (
        ("from_pascal_voc", ("voc/JPEGImages", "voc/Annotations")),
        ("from_yolo", ("yolo/images", "yolo/labels", "yolo/data.yaml")),
    ):
        read = getattr(sv.DetectionDataset, kind)
        sets = read(*(str(tmp_path / folder) for folder in folders))
        boxes = [tuple(np.round(box)) for _, _, labels in sets for box in labels.xyxy]
        assert np.abs(np.subtract(sorted(boxes), wanted)).max() <= 1


@settings(max_examples=10, deadline=None)
@given(sample_lists(characters=False))
def test_records_survive_the_whole_way_round(samples) -> None:
    samples = [replace(s, image=np.zeros_like(s.image)) for s in samples]
    with tempfile.TemporaryDirectory() as root:
        folder = write_data_set(Path(root) / "0", "windows", samples)
        before = records(folder)
        last = "windows"
        for name in ("coco", "voc", "cvat", "windows"):
            run(folder, last, Path(root) / name, name, keep_texts=True)
            folder, last = Path(root) / name, name
        after = records(folder)
    assert after.keys() == before.keys()
    for name, record in before.items():
        assert after[name].size == record.size
        for one, two in zip(after[name].plates, record.plates, strict=True):
            assert (one.text, one.region) == (two.text, two.region)
            assert np.allclose(one.quad, two.quad, atol=0.02)


def test_gif_and_palette_become_rgb_jpeg_and_jpeg_stays_itself(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shades = np.repeat(np.arange(0, 240, 4, np.uint8)[None], 40, axis=0)
    colour = Image.fromarray(np.stack([shades, shades[::-1], 240 - shades], axis=-1))
    colour.save(tmp_path / "in" / "a.jpg", quality=80)
    colour.quantize(64).save(tmp_path / "in" / "b.gif")
    colour.quantize(64).save(tmp_path / "in" / "c.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    colour.save(tmp_path / "in" / "d.jpg", exif=exif)
    rows = [f"{name},{w},{h},0.1,0.2,0.9,0.8" for name, w, h in (
        ("a.jpg", 60, 40), ("b.gif", 60, 40), ("c.png", 60, 40), ("d.jpg", 40, 60))]  # fmt: skip
    header = "image_name,image_width,image_height,top_x,top_y,bottom_x,bottom_y"
    (tmp_path / "in" / "boxes.csv").write_text("\n".join([header, *rows]))
    run(tmp_path / "in", "boxes-csv", tmp_path / "out", "boxes-csv")
    for name in "abcd":
        with Image.open(tmp_path / "out" / "images" / f"{name}.jpg") as picture:
            assert (picture.format, picture.mode) == ("JPEG", "RGB")
            assert picture.size == ((40, 60) if name == "d" else (60, 40))
            assert 0x0112 not in picture.getexif()
    for name in ("a", "b", "c"):
        made = load_image(tmp_path / "out" / "images" / f"{name}.jpg").astype(int)
        assert np.abs(made - np.asarray(colour)).mean() < 12
    a = "a.jpg"
    assert (tmp_path / "out" / "images" / a).read_bytes() == (tmp_path / "in" / a).read_bytes()
    assert (tmp_path / "out" / "boxes.csv").read_text().splitlines()[4].startswith("d.jpg,40,60,")


def test_a_missing_and_a_damaged_picture_cost_no_other(photos: Path, tmp_path: Path) -> None:
    (photos / "images" / "1.jpg").unlink()
    (photos / "images" / "2.jpg").write_bytes(b"")
    whole = (photos / "images" / "3.jpg").read_bytes()
    (photos / "images" / "3.jpg").write_bytes(whole[: len(whole) // 2])
    finder = PictureFinder()
    report = run(photos, "labels-csv", tmp_path / "out", "windows", finder=finder)
    assert report.pictures == 3 and sorted(records(tmp_path / "out")) == ["0", "4", "5"]
    assert [Path(f.picture).name for f in finder.failures] == ["1.jpg", "2.jpg", "3.jpg"]
    assert "labels.csv: line 3" in finder.failures[0].where


def test_labels_of_another_size_are_a_failure(tmp_path: Path, write) -> None:
    folder = write("voc", [plain_sample(plain_plate((10, 6, 60, 18)), index=k) for k in (0, 1)])
    save_image(folder / "JPEGImages" / "00000001.jpg", np.zeros((30, 50, 3), np.uint8))
    finder = PictureFinder()
    assert run(folder, "voc", tmp_path / "out", "yolo", finder=finder).pictures == 1
    assert "is 50 x 30, its labels are of 100 x 60" in finder.failures[0].reason


@pytest.mark.parametrize("writer", ["yolo", "webdataset", "text-list", "coco"])
def test_an_error_leaves_nothing_behind(photos: Path, tmp_path: Path, writer: str) -> None:
    with (photos / "labels.csv").open("a") as stream:
        stream.write("5.jpg,20,10,40,none,X,GB\n")
    with pytest.raises(DatasetError, match=r"labels\.csv: line 8: h is 'none', not a number"):
        run(photos, "labels-csv", tmp_path / "out", writer)
    for file in (photos / "images").iterdir():
        file.write_bytes(b"none")
    (photos / "labels.csv").write_text("file,text\n0.jpg,A1\n")
    with pytest.raises(DatasetError, match=r"no picture can be had; the first: .*0\.jpg"):
        run(photos, "labels-csv", tmp_path / "out", writer, finder=PictureFinder())
    assert not (tmp_path / "out").exists()


def test_force_replaces_what_was_converted_and_nothing_else(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(photos, "labels-csv", out, "yolo")
    (out / "images" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"out holds data\.yaml: name another folder, or"):
        run(photos, "labels-csv", out, "windows")
    (photos / "labels.csv").write_text("file,text\n0.jpg,A1\n")
    run(photos, "labels-csv", out, "windows", force=True)
    names = sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    assert names == [".gen/convert.json", "0.jpg", "images/mine.txt", "labels.jsonl"]


def test_what_a_killed_conversion_left_is_gone_after_the_next(photos: Path, tmp_path: Path) -> None:
    left = tmp_path / "out" / ".gen" / "convert.abc.part" / "images"
    left.mkdir(parents=True)
    (left / "0.jpg").write_bytes(b"0")
    run(photos, "labels-csv", tmp_path / "out", "yolo")
    assert [path.name for path in (tmp_path / "out/.gen").iterdir()] == ["convert.json"]


def test_outputs_in_the_way_are_refused(photos: Path, tmp_path: Path) -> None:
    for out in (photos, tmp_path):
        with pytest.raises(OutputError, match="the data set to read lies in it"):
            run(photos, "labels-csv", out, "yolo", force=True)
    with pytest.raises(OutputError, match="a file is there"):
        run(photos, "labels-csv", photos / "labels.csv", "yolo")


def test_lists_and_folders_hold_no_text_twice(photos: Path, tmp_path: Path) -> None:
    for seed in range(4):
        report = run(photos, "labels-csv", tmp_path / f"l{seed}", "fast-plate-ocr", seed=seed)
        sides = []
        for side in ("train", "val"):
            with (tmp_path / f"l{seed}" / f"{side}.csv").open() as stream:
                sides.append({row["plate_text"] for row in csv.DictReader(stream)})
        assert sides[0] | sides[1] == {"AB12", "CD34", "EF56"} and not sides[0] & sides[1]
        assert all(sides) and sum(report.sides.values()) == 6
    report = run(photos, "labels-csv", tmp_path / "w", "windows", split=0.6)
    train, val = (
        {p.text for r in records(tmp_path / "w" / side).values() for p in r.plates}
        for side in ("train", "val")
    )
    assert train and val and not train & val
    assert report.leak > 0  # split by picture, AB12 would be on both


def test_a_picture_of_two_plates_takes_both_to_its_side(tmp_path: Path, write) -> None:
    texts = [("A1", "B2"), ("B2", "C3"), ("C3",), ("D4",), ("E5",)]
    boxes = [(5, 5, 45, 17), (5, 30, 45, 42)]
    samples = [
        plain_sample(*(plain_plate(b, t) for b, t in zip(boxes, own, strict=False)), index=k)
        for k, own in enumerate(texts)
    ]
    folder = write("windows", samples)
    for seed in range(5):
        run(folder, "windows", tmp_path / f"y{seed}", "yolo", seed=seed)
        sides = []
        for side in ("train", "val"):
            lines = (tmp_path / f"y{seed}" / f"{side}.txt").read_text().split()
            sides.append({t for line in lines for t in texts[int(Path(line).stem)]})
        assert not sides[0] & sides[1] and all(sides)


def test_texts_become_plain_and_names_stay_distinct(tmp_path: Path) -> None:
    for number, text in enumerate(["ab-12 c", "A?1", "京A·12345"]):
        folder = tmp_path / "in" / str(number)
        folder.mkdir(parents=True)
        save_image(folder / "Å b.jpg", np.zeros((40, 90, 3), np.uint8))
        with (tmp_path / "in" / "train.txt").open("a", encoding="utf-8") as stream:
            stream.write(f"{number}/Å b.jpg\t{text}\n")
    report = run(tmp_path / "in", "text-list", tmp_path / "out", "windows")
    found = records(tmp_path / "out")
    assert {k: r.plates[0].text for k, r in found.items()} == {
        "Å_b": "AB12C",
        "Å_b_2": "",
        "Å_b_3": "京A12345",
    }
    assert report.texts == 2 and all(r.presence for r in found.values())
    run(tmp_path / "in", "text-list", tmp_path / "kept", "windows", keep_texts=True)
    assert records(tmp_path / "kept")["Å_b"].plates[0].text == "ab-12 c"


def test_what_has_no_text_can_not_become_a_list_of_texts(drawn_as, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"none of .* plates has text, and text-list holds"):
        run(drawn_as("yolo"), "yolo", tmp_path / "out", "text-list")
    with pytest.raises(DatasetError, match="has characters, and characters holds"):
        run(drawn_as("voc"), "voc", tmp_path / "out", "characters")
    assert not (tmp_path / "out").exists()


def test_plates_are_chosen_by_their_name_and_their_confidence() -> None:
    plate = plain_plate((10, 6, 60, 18), "A2")
    car = replace(plate, kind="car")
    named = replace(plate, kind="KL 01 b 2", text="", characters=())
    passed: Counter[str] = Counter()
    assert plain_plates((plate, car), replace(JOB, only=("plate",)), passed) == (plate,)
    assert plain_plates((plate, car), replace(JOB, only=("car",)), passed) == (car,)
    assert passed == {"called car": 1, "called plate": 1}
    (found,) = plain_plates((named,), replace(JOB, names_are_texts=True), passed)
    assert (found.text, found.kind) == ("KL01B2", "")
    for low, wanted in ((0.0, 0), (0.5, 1), (0.6, 1)):
        characters = tuple(replace(c, confidence=low) for c in plate.characters)
        unsure = replace(plate, characters=characters)
        assert len(plain_plates((unsure,), replace(JOB, min_confidence=0.5), passed)) == wanted


def test_what_is_taken_is_told_by_its_names(write, tmp_path: Path) -> None:
    plate = plain_plate((10, 6, 60, 18))
    car = replace(plain_plate((5, 20, 80, 50)), kind="car")
    folder = write("windows", [plain_sample(plate, car), plain_sample(car, index=1)])
    assert run(folder, "windows", tmp_path / "all", "coco").kinds == {"plate": 1, "car": 2}
    report = run(folder, "windows", tmp_path / "car", "coco", only=("car", "van"))
    assert report.kinds == {"car": 2} and report.passed == {"called plate": 1}
    with pytest.raises(DatasetError, match=r"wanted \(passed over, called car: 2; called plate: 1"):
        run(folder, "windows", tmp_path / "van", "coco", only=("van",))
    assert not (tmp_path / "van").exists()


def test_characters_stay_where_they_are_the_texts_own() -> None:
    plate = plain_plate((10, 6, 60, 18), "a-2")
    (found,) = plain_plates((plate,), JOB, Counter())
    assert found.text == "A2" and [c.char for c in found.characters] == ["A", "2"]
    (found,) = plain_plates((replace(plate, text="A2X"),), JOB, Counter())
    assert found.text == "A2X" and found.characters == ()
    assert plain_text(found.text) == found.text


def test_many_pictures_are_written_in_shards(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("platewright.dataset.conversion.SHARD", 2)
    samples = [plain_sample(plain_plate((10, 6, 60, 18)), index=k) for k in range(5)]
    folder = write_data_set(tmp_path / "in", "windows", samples)
    run(folder, "windows", tmp_path / "out", "webdataset")
    assert len(list((tmp_path / "out").glob("*.tar"))) == 3
    assert len(records(tmp_path / "out", "webdataset")) == 5
    book = json.loads((tmp_path / "out" / ".gen" / "convert.json").read_text())
    assert book == ["00000.tar", "00001.tar", "00002.tar"]
