"""The formats of single plates: crops with CSV files or lists of texts."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings

from platewright.dataset.format import fast_plate_ocr, text_list, text_list_space
from platewright.dataset.outline import seen_plates
from platewright.dataset.picture import PictureFinder
from platewright.errors import DatasetError
from platewright.image import save_image
from tests.dataset.samples import plain_plate, plain_sample, sample_lists, write_data_set

MODULES = {
    "fast-plate-ocr": fast_plate_ocr,
    "text-list": text_list,
    "text-list-space": text_list_space,
}


def readable(drawn) -> list[tuple[str, str]]:
    """Return (crop's file, text) of all plates that somebody can read."""
    found = []
    for sample in drawn:
        for number, seen in enumerate(seen_plates(sample.record)):
            if seen.readable:
                found.append((f"images/{sample.name}_{number}.png", seen.plate.text))
    assert len(found) >= 5
    return found


def test_fast_plate_ocr_reads_its_csv_and_crops(drawn, drawn_as) -> None:
    pytest.importorskip("pandas", reason="needs pandas: pip install pandas")
    pytest.importorskip("fast_plate_ocr", reason="needs fast-plate-ocr: pip install")
    from fast_plate_ocr.core.process import read_and_resize_plate_image
    from fast_plate_ocr.train.data.annotations import read_annotations_csv

    folder = drawn_as("fast-plate-ocr")
    rows = []
    for side in ("train", "val"):
        table = read_annotations_csv(folder / f"{side}.csv")
        assert list(table.columns) == ["image_path", "plate_text", "plate_region"]
        rows += list(zip(table["image_path"], table["plate_text"], strict=True))
        regions = {p.text: p.region for s in drawn for p in s.record.plates}
        assert [regions[text] for text in table["plate_text"]] == list(table["plate_region"])
        for name in table["image_path"]:
            crop = read_and_resize_plate_image(
                image_path=str(folder / name), img_height=64, img_width=128
            )
            assert crop.shape[:2] == (64, 128)
    assert sorted(rows) == readable(drawn)


def test_fast_plate_ocr_takes_the_plate_configuration(drawn, drawn_as, write) -> None:
    yaml = pytest.importorskip("yaml", reason="needs pyyaml")
    told = yaml.safe_load((drawn_as("fast-plate-ocr") / "plate_config.yaml").read_text("utf-8"))
    texts = [text for _, text in readable(drawn)]
    assert told["max_plate_slots"] == max(map(len, texts))
    assert {*"".join(texts)} | {"_"} <= {*told["alphabet"]}
    pytest.importorskip("pydantic", reason="needs pydantic")
    pytest.importorskip("fast_plate_ocr", reason="needs fast-plate-ocr: pip install")
    from fast_plate_ocr.train.model.config import load_plate_config_from_yaml

    for regions, kept in (
        (["NO", "GB"], ["GB", "NO"]), (["GB", ""], None), (["NA", "GB"], None), (["GB"] * 2, None),
    ):  # fmt: skip
        samples = [
            plain_sample(plain_plate((5, 5, 85, 25), f"AÖ{k}", region=region), index=k)
            for k, region in enumerate(regions)
        ]
        folder = write("fast-plate-ocr", samples)
        config = load_plate_config_from_yaml(folder / "plate_config.yaml")
        assert config.plate_regions == kept
        assert config.max_plate_slots == 3 and "Ö" in config.alphabet and config.pad_idx == 37


def test_texts_that_its_reader_takes_for_empty_cells_are_left_out(write) -> None:
    pandas = pytest.importorskip("pandas", reason="needs pandas: pip install pandas")
    texts = ["NA", "NULL", "NAN", "007", "1E5", "TRUE", "A,B", 'A"B', "INF", "NONE", "AB12CDE"]
    samples = [
        plain_sample(plain_plate((5, 5, 85, 25), text), index=index)
        for index, text in enumerate(texts)
    ]
    folder = write("fast-plate-ocr", samples)
    tables = [
        pandas.read_csv(folder / f"{side}.csv", dtype={"plate_text": str})
        for side in ("train", "val")
    ]
    found = [text for table in tables for text in table["plate_text"]]
    assert sorted(found) == sorted(texts[3:])


def test_pandas_reads_the_lists(drawn, drawn_as) -> None:
    pandas = pytest.importorskip("pandas", reason="needs pandas: pip install pandas")
    for name, separator in (("text-list", "\t"), ("text-list-space", " ")):
        rows = []
        for side in ("train", "val"):
            path = drawn_as(name) / f"{side}.txt"
            if path.stat().st_size:
                table = pandas.read_csv(
                    path, sep=separator, header=None, dtype=str, na_filter=False,
                    quoting=csv.QUOTE_NONE,
                )  # fmt: skip
                rows += list(table.itertuples(index=False, name=None))
        assert sorted(rows) == readable(drawn)
        assert all((drawn_as(name) / file).is_file() for file, _ in rows)


def test_crops_hold_the_plate_and_nothing_else(write) -> None:
    plate = plain_plate((10, 20, 52, 34))
    tilted = plain_plate((10, 20, 52, 34))
    tilted.quad[:] += [[0, 0], [-2, 8], [-4, 9], [-2, 1]]
    for character in tilted.characters:
        character.quad[:] += [0, 3]
    upright = write("fast-plate-ocr", [plain_sample(plate)])
    crop = cv2.imread(str(upright / "images/00000000_0.png"), 0)
    assert crop.shape == (14, 42) and crop.min() == 255
    straight = write("text-list", [plain_sample(tilted)])
    crop = cv2.imread(str(straight / "images/00000000_0.png"), 0)
    sides = np.linalg.norm(np.roll(tilted.quad, -1, axis=0) - tilted.quad, axis=1)
    assert crop.shape == (round(sides[[1, 3]].max()), round(sides[[0, 2]].max()))
    assert (crop[1:-1, 1:-1] > 127).all()


@pytest.mark.parametrize("name", MODULES)
def test_only_whole_texts_become_crops(write, name) -> None:
    plates = [
        plain_plate((5, 2, 45, 14)),
        plain_plate((5, 20, 45, 32), ""),
        plain_plate((-12, 40, 28, 52), "GONE"),
        plain_plate((60, 40, 66, 44), "TINY"),
    ]
    folder = write(name, [plain_sample(*plates)])
    assert [p.name for p in (folder / "images").iterdir()] == ["00000000_0.png"]
    ((_, record),) = MODULES[name].read(folder)
    assert [plate.text for plate in record.plates] == ["AB12CDE"]


@pytest.mark.parametrize("name", MODULES)
def test_a_text_is_on_one_side_only(write, name) -> None:
    samples = [
        plain_sample(plain_plate((5, 5, 45, 18), f"T{k % 40}"), index=k, size=(24, 50))
        for k in range(120)
    ]
    folder = write(name, samples, 2)
    sides = [
        {record.plates[0].text for _, record in MODULES[name].read(path)}
        for path in sorted(folder.glob("[tv]*.*"))
    ]
    assert len(sides) == 2 and not sides[0] & sides[1]
    assert len(sides[0] | sides[1]) == 40


def test_file_names_hold_no_spaces(write) -> None:
    sample = plain_sample(plain_plate((5, 5, 45, 20)), name="a photo 1")
    folder = write("text-list-space", [sample])
    ((picture, record),) = text_list_space.read(folder)
    assert picture.name == "a_photo_1_0.png"
    assert record.plates[0].text == "AB12CDE"


@pytest.mark.parametrize("name", MODULES)
def test_what_is_written_comes_back(name) -> None:
    @settings(max_examples=15, deadline=None)
    @given(sample_lists(characters=False))
    def check(samples) -> None:
        with tempfile.TemporaryDirectory() as folder:
            written = write_data_set(Path(folder) / name, name, samples)
            found = list(MODULES[name].read(written))
            crops = {p.name for p in (written / "images").iterdir()}
        assert {picture.name for picture, _ in found} == crops
        for picture, record in found:
            index, number = picture.stem.split("_")
            (plate,) = record.plates
            own = samples[int(index)].record.plates[int(number)]
            assert plate.text == own.text
            assert plate.region == (own.region if name == "fast-plate-ocr" else "")
            assert plate.box == (0, 0, record.size[1], record.size[0])

    check()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("text-list", "a.png AB1\n", "line 1: not a file, a tab and a text"),
        ("text-list", "\n\na.png\tAB1\n", "line 3: .*a.png: there is no such picture"),
        ("text-list-space", "a.png\n", "line 1: no text after a.png"),
        ("text-list-space", "\nb c.png \n", "line 2: no text after b c.png"),
        ("text-list-space", "b\n", "line 1: not a file, a space and a text"),
        ("fast-plate-ocr", "", "the file is empty; its first line names the columns"),
        ("fast-plate-ocr", "a,b\n", "line 1: no column image_path, plate_text"),
        ("fast-plate-ocr", "image_path,plate_text\na.png\n", "line 2: 1 fields, but"),
        ("fast-plate-ocr", "image_path,plate_text\n,A\n", "line 2: image_path is empty"),
        ("fast-plate-ocr", "image_path,plate_text\na.png,A\n", "line 2: .* no such picture"),
        ("fast-plate-ocr", 'image_path,plate_text\n"a"x,A\n', "line 2: not CSV"),
    ],
)
def test_a_malformed_list_is_named(tmp_path, name, content, message) -> None:
    path = tmp_path / ("train.csv" if name == "fast-plate-ocr" else "train.txt")
    path.write_text(content)
    with pytest.raises(DatasetError, match=message) as caught:
        list(MODULES[name].read(tmp_path))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("separator", [" ", "\t"])
def test_names_and_texts_may_hold_spaces(tmp_path, separator) -> None:
    module = text_list_space if separator == " " else text_list
    lines = [("b c.png", "CD 34"), ("a.png", "AB12"), ("d.e.JPG.png", "X - 1")]
    path = tmp_path / "list.txt"
    path.write_text("".join(f"{name}{separator}{text}\n" for name, text in lines))
    for name, _ in lines:
        save_image(tmp_path / name, np.zeros((20, 60, 3), np.uint8))
    assert [m.claims(path) for m in MODULES.values()] == [m is module for m in MODULES.values()]
    found = [(picture.name, record.plates[0].text) for picture, record in module.read(path)]
    assert found == lines
    path.write_text("b c.png\na.png\n")  # YOLO's lists of pictures have no texts
    assert not module.claims(path)


@pytest.mark.parametrize(("name", "separator"), list(zip(MODULES, ",\t ", strict=True)))
def test_pictures_are_found_by_url_and_by_other_machines_paths(tmp_path, name, separator) -> None:
    url = "http://a.example/x/b.png?size=1"
    rows = [(url, "A1"), ("sub\\a.png", "B2"), ("C:\\data\\c.png", "C3"), ("d.png", "D4")]
    path = tmp_path / ("list.csv" if separator == "," else "list.txt")
    lines = ["image_path,plate_text"] * (separator == ",") + [separator.join(r) for r in rows]
    path.write_text("\n".join(lines))
    places = [tmp_path / place for place in ("map/b.png", "sub/a.png", "c.png", "map/d.png")]
    for place in places:
        place.parent.mkdir(exist_ok=True)
        save_image(place, np.zeros((20, 60, 3), np.uint8))
    assert MODULES[name].claims(path)
    finder = PictureFinder(folder=tmp_path / "map")
    found = [
        (picture, record.plates[0].text) for picture, record in MODULES[name].read(path, finder)
    ]
    assert found == list(zip(places, ("A1", "B2", "C3", "D4"), strict=True)), finder.failures


@pytest.mark.parametrize("name", MODULES)
def test_a_folder_without_lists_is_an_error(tmp_path, name) -> None:
    with pytest.raises(DatasetError, match="neither train"):
        list(MODULES[name].read(tmp_path))


def test_what_is_no_text_is_an_error(tmp_path) -> None:
    for name, module in MODULES.items():
        path = tmp_path / f"{name}.bin"
        path.write_bytes(b"a.png\tA\n\xff\xfe\x00")
        with pytest.raises(DatasetError, match="UTF-8"):
            list(module.read(path))
