from __future__ import annotations

import contextlib
import io
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings

from platewright.dataset.format.coco import CocoFormat, category_of, read
from platewright.dataset.outline import seen_plates
from platewright.dataset.picture import PictureFinder
from platewright.errors import DatasetError, OutputError
from tests.dataset.samples import plain_plate, plain_sample, sample_lists, write_data_set

INSTANCES = "annotations/instances.json"


def load(path: Path):
    coco = pytest.importorskip("pycocotools.coco", reason="needs pycocotools: pip install")
    with contextlib.redirect_stdout(io.StringIO()):
        return coco.COCO(str(path))


def test_pycocotools_finds_every_drawn_plate_and_its_picture(drawn, drawn_as) -> None:
    folder = drawn_as("coco")
    coco = load(folder / INSTANCES)
    assert sorted(coco.imgs) == [sample.index + 1 for sample in drawn]
    assert coco.loadCats(coco.getCatIds(catNms=["plate"]))[0]["id"] == 1
    for sample in drawn:
        image = coco.imgs[sample.index + 1]
        found = cv2.imread(str(folder / "images" / image["file_name"]))
        assert found.shape[:2] == (image["height"], image["width"]) == sample.record.size
        seen = list(seen_plates(sample.record))
        entries = coco.loadAnns(coco.getAnnIds(imgIds=image["id"]))
        assert [e["attributes"]["text"] for e in entries] == [s.plate.text for s in seen]
        for entry, plate in zip(entries, seen, strict=True):
            mask = coco.annToMask(entry)
            assert mask.shape == sample.record.size
            assert mask.sum() == pytest.approx(entry["area"], rel=0.05, abs=6)
            x, y, wide, tall = entry["bbox"]
            rows, columns = np.nonzero(mask)
            edges = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            assert np.abs(np.subtract(edges, (x, y, x + wide, y + tall))).max() <= 1
            assert entry["attributes"]["truncated"] == (plate.share < 1)


def test_a_plate_covers_the_very_pixels_that_its_mask_has(write) -> None:
    folder = write("coco", [plain_sample(plain_plate((10, 20, 40, 30)))])
    coco = load(folder / INSTANCES)
    (entry,) = coco.loadAnns(coco.getAnnIds())
    assert (entry["bbox"], entry["area"]) == ([10, 20, 30, 10], 300)
    mask = coco.annToMask(entry)
    expected = np.zeros((60, 100), np.uint8)
    expected[20:30, 10:40] = 1
    assert np.array_equal(mask, expected)
    picture = cv2.imread(str(folder / "images" / "00000000.jpg"), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(picture > 127, mask.astype(bool))


def test_its_evaluation_scores_the_labels_against_themselves_as_perfect(drawn_as) -> None:
    pytest.importorskip("pycocotools", reason="needs pycocotools: pip install pycocotools")
    from pycocotools.cocoeval import COCOeval

    coco = load(drawn_as("coco") / INSTANCES)
    results = [
        {k: a[k] for k in ("image_id", "category_id", "bbox", "segmentation")} | {"score": 0.9}
        for a in coco.anns.values()
    ]
    for kind in ("bbox", "segm"):
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = COCOeval(coco, coco.loadRes(results), kind)
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        assert evaluation.stats[0] == pytest.approx(1.0)


def test_characters_are_a_second_set_of_the_same_pictures(drawn, drawn_as) -> None:
    folder = drawn_as("coco")
    plates, characters = load(folder / INSTANCES), load(folder / "annotations/characters.json")
    assert characters.imgs == plates.imgs
    assert not plates.anns.keys() & characters.anns.keys()
    assert {c["supercategory"] for c in characters.cats.values()} == {"character"}
    assert characters.cats[11]["name"] == "A"
    whole = 0
    for plate in plates.anns.values():
        own = [a for a in characters.anns.values() if a["attributes"]["plate_id"] == plate["id"]]
        text = "".join(characters.cats[a["category_id"]]["name"] for a in own)
        if not plate["attributes"]["truncated"]:
            assert text == plate["attributes"]["text"]
            whole += 1
        assert {a["image_id"] for a in own} <= {plate["image_id"]}
    assert whole >= 5


def test_supervision_reads_the_same_boxes(drawn, drawn_as) -> None:
    sv = pytest.importorskip("supervision", reason="needs supervision: pip install supervision")
    folder = drawn_as("coco")
    found = sv.DetectionDataset.from_coco(str(folder / "images"), str(folder / INSTANCES))
    assert found.classes == ["plate"]
    for path, _, detections in found:
        sample = drawn[int(Path(path).stem)]
        boxes = [s.box for s in seen_plates(sample.record)]
        assert np.allclose(detections.xyxy, np.reshape(boxes, (-1, 4)), atol=0.02)


def test_ids_differ_between_shards_and_begin_above_zero(write) -> None:
    samples = [
        plain_sample(plain_plate((5, 5, 45, 20)), plain_plate((50, 30, 90, 45)), index=index)
        for index in (0, 1, 9999, 1_000_000)
    ]
    folder = write("coco", samples, 4)
    for name in (INSTANCES, "annotations/characters.json"):
        content = json.loads((folder / name).read_text())
        ids = [entry["id"] for entry in content["annotations"]]
        assert len(set(ids)) == len(ids) and min(ids) > 0
        assert [image["id"] for image in content["images"]] == [1, 2, 10_000, 1_000_001]
        assert {e["image_id"] for e in content["annotations"]} == {1, 2, 10_000, 1_000_001}
    assert ids[-1] < 2**31


def test_a_plate_over_the_edge_is_labelled_by_what_is_seen(write) -> None:
    half = plain_plate((-20, 10, 20, 20))
    sliver = plain_plate((92, 30, 132, 40))
    folder = write("coco", [plain_sample(half, sliver)])
    coco = load(folder / INSTANCES)
    (entry,) = coco.anns.values()
    assert (entry["bbox"], entry["area"]) == ([0, 10, 20, 10], 200)
    assert entry["quad"] == [-20, 10, 20, 10, 20, 20, -20, 20]
    assert entry["attributes"] == {"text": "AB12CDE", "region": "GB", "truncated": True}
    characters = load(folder / "annotations/characters.json")
    names = [characters.cats[a["category_id"]]["name"] for a in characters.anns.values()]
    assert names == list("CDE")
    ((_, record),) = read(folder)
    assert np.array_equal(record.plates[0].quad, half.quad)


def test_characters_outside_the_latin_alphabet_get_categories(write) -> None:
    folder = write("coco", [plain_sample(plain_plate((5, 5, 85, 20), "京AЖ1"))])
    characters = load(folder / "annotations/characters.json")
    assert len(characters.cats) == 38
    assert characters.cats[category_of("京")]["name"] == "京"
    names = [characters.cats[a["category_id"]]["name"] for a in characters.anns.values()]
    assert names == list("京AЖ1")


def test_a_data_set_without_plates_is_whole(write) -> None:
    coco = load(write("coco", [plain_sample(), plain_sample(index=1)]) / INSTANCES)
    assert (len(coco.imgs), len(coco.anns)) == (2, 0)


def test_finish_holds_no_more_than_a_line(tmp_path) -> None:
    import tracemalloc

    line = "\t".join(['{"id": 1}', ", ".join(['{"id": 2}'] * 200), '{"id": 3}', '"AB"'])
    peaks = []
    for count in (50, 5000):
        tracemalloc.start()
        CocoFormat.finish((line for _ in range(count)), tmp_path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (tmp_path / INSTANCES).stat().st_size > 9_000_000
    assert peaks[1] < peaks[0] + 500_000
    assert not list(tmp_path.rglob("*.part"))


def test_more_annotations_than_ids_are_refused(tmp_path) -> None:
    plates = [plain_plate((k, 5, k + 50, 15), "A" * 60) for k in range(20)]
    with pytest.raises(OutputError, match="coco can number 999"):
        CocoFormat(tmp_path, 0).add(plain_sample(*plates))


def test_a_full_disk_is_one_line(tmp_path) -> None:
    writer = CocoFormat(tmp_path, 0)
    (tmp_path / "images").rmdir()
    with pytest.raises(OutputError, match=r"00000000.jpg: can't be written"):
        writer.add(plain_sample())


@settings(max_examples=25, deadline=None)
@given(sample_lists())
def test_what_is_written_comes_back(samples) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = list(read(write_data_set(Path(folder) / "coco", "coco", samples)))
        assert [p.name for p, _ in found] == [f"{s.name}.jpg" for s in samples]
        assert all(p.is_file() for p, _ in found)
    assert [record.as_dict() for _, record in found] == [
        replace(s.record).as_dict() for s in samples
    ]


BASE = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 40, "height": 30}],
    "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [1, 2, 10, 5]}],
    "categories": [],
}


def test_a_plain_coco_file_of_others_gives_boxes(tmp_path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(BASE))
    (tmp_path / "a.jpg").touch()
    ((picture, record),) = read(tmp_path / "a.json")
    assert (picture, record.size) == (tmp_path / "a.jpg", (30, 40))
    assert record.plates[0].quad.tolist() == [[1, 2], [11, 2], [11, 7], [1, 7]]


@pytest.mark.parametrize(
    ("outline", "quad"),
    [
        ([10, 9, 1, 8, 1, 3, 10, 4], [[1, 3], [10, 4], [10, 9], [1, 8]]),
        ([1, 8, 1, 3, 10, 3, 10, 8, 5, 8], [[1, 3], [10, 3], [10, 8], [1, 8]]),
        ([1, 3, 10, 3, 4, 3], [[1, 2], [11, 2], [11, 7], [1, 7]]),
        ([1, 3, 10, 3, 4], [[1, 2], [11, 2], [11, 7], [1, 7]]),
    ],
)
def test_an_outline_may_begin_anywhere(tmp_path, outline, quad) -> None:
    (entry,) = BASE["annotations"]
    change = {"annotations": [{**entry, "segmentation": [outline]}]}
    (tmp_path / "a.json").write_text(json.dumps({**BASE, **change}))
    (tmp_path / "a.jpg").touch()
    ((_, record),) = read(tmp_path / "a.json")
    assert record.plates[0].quad.tolist() == quad


def test_null_is_no_text(tmp_path) -> None:
    (entry,) = BASE["annotations"]
    attributes = {"text": None, "region": None}
    change = {
        "annotations": [{**entry, "attributes": attributes}, {**entry, "attributes": {"text": 12}}],
        "categories": [{"id": 1, "name": None}],
    }
    (tmp_path / "a.json").write_text(json.dumps({**BASE, **change}))
    (tmp_path / "a.jpg").touch()
    ((_, record),) = read(tmp_path / "a.json")
    told = [(plate.text, plate.region, plate.kind) for plate in record.plates]
    assert told == [("", "", ""), ("12", "", "")]


@pytest.mark.parametrize(
    ("image", "place"),
    [
        ({"file_name": "sub\\a.jpg"}, "set/sub/a.jpg"),
        ({"file_name": "sub\\a.jpg"}, "set/images/sub/a.jpg"),
        ({"file_name": "C:\\data\\a.jpg"}, "set/ann/a.jpg"),
        ({"file_name": "/home/somebody/sub/a.jpg"}, "set/images/sub/a.jpg"),
        ({"file_name": "a.jpg"}, "map/a.jpg"),
        ({"file_name": "http://a.example/x/a.jpg"}, "map/a.jpg"),
        ({"file_name": "7.jpg", "coco_url": "http://a.example/a.jpg"}, "map/a.jpg"),
        ({"file_name": "7.jpg", "coco_url": "http://a.example/a.jpg"}, "set/ann/7.jpg"),
    ],
)
def test_pictures_are_found_by_url_and_by_other_machines_paths(tmp_path, image, place) -> None:
    path = tmp_path / "set/ann/a.json"
    for file in (path, tmp_path / place):
        file.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).touch()
    path.write_text(json.dumps({**BASE, "images": [{**BASE["images"][0], **image}]}))
    finder = PictureFinder(folder=tmp_path / "map")
    assert [picture for picture, _ in read(path, finder)] == [tmp_path / place], finder.failures


def test_a_missing_picture_is_told_with_its_entry(tmp_path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(BASE))
    finder = PictureFinder()
    assert not list(read(tmp_path / "a.json", finder))
    (failure,) = finder.failures
    assert failure.where == f"{tmp_path / 'a.json'}: images[0]" and failure.picture == "a.jpg"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"annotations": None}, r"annotations is missing or no list"),
        ({"images": [{"id": 1}]}, r"images\[0\]: file_name is missing"),
        (
            {"images": [{"id": 1, "file_name": name} for name in ("a.jpg", "b.jpg")]},
            r"images\[1\]: id 1 is that of images\[0\], too",
        ),
        ({"annotations": [{"image_id": 1}]}, r"annotations\[0\]: bbox is no list of four"),
        ({"annotations": [{"image_id": 1, "bbox": [1, 2, 0, 4]}]}, r"bbox of 0 x 4"),
        ({"annotations": [{"image_id": 1, "bbox": [1, 2, "x", 4]}]}, r"bbox holds something"),
        ({"annotations": [{"image_id": 7, "bbox": [1, 2, 3, 4]}]}, r"image_id 7, which isn't"),
        (
            {"annotations": [{"image_id": i, "bbox": [1, 2, 3, 4]} for i in (7, "x")]},
            r"annotations\[0\]: image_id 7",
        ),
        ({"annotations": [{"image_id": 1, "bbox": [1, 2, 10**400, 4]}]}, r"0\]: bbox .*finite"),
        ({"annotations": [{"image_id": 1, "bbox": [1, 2, 10**200, 4]}]}, r"0\]: bbox .*beyond"),
        (
            {"annotations": [{"image_id": 1, "bbox": [1, 2, 3, 4], "attributes": {"text": []}}]},
            r"annotations\[0\]: attributes: text is neither",
        ),
        ({"annotations": [{"bbox": [1, 2, 3, 4]}]}, r"annotations\[0\]: image_id is missing"),
    ],
)
def test_a_malformed_entry_is_named(tmp_path, change, message) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**BASE, **change}))
    with pytest.raises(DatasetError, match=message) as caught:
        list(read(path))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"images": [],\n oops}', "line 2: not JSON"), ("[]", "no object"), ("", "line 1")],
)
def test_what_is_no_json_is_named_with_its_line(tmp_path, text, message) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(DatasetError, match=message):
        list(read(path))
