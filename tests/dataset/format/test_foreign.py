"""Small files as other tools write them, each with what is true of it."""

from __future__ import annotations

import base64
import json
import unicodedata
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from platewright.dataset.conversion import Conversion, convert
from platewright.dataset.format import detect_format, load_reader
from platewright.dataset.picture import PictureFinder
from platewright.dataset.picture_file import PackedPicture
from platewright.errors import DatasetError

SIZE = (100, 200)
BOX = [[20, 20], [80, 20], [80, 40], [20, 40]]


def picture(path: Path, size: tuple[int, int] = SIZE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    _, packed = cv2.imencode(path.suffix, np.full((*size, 3), 90, np.uint8))
    path.write_bytes(packed.tobytes())
    return path


def found(path: Path, finder: PictureFinder | None = None) -> list[tuple[str, list[str], list]]:
    """Return (picture's name, texts, quads) of what is read, its format told by what is there."""
    read = load_reader(detect_format(path))
    return [
        (
            one.name,
            [p.text for p in record.plates],
            [p.quad.round(2).tolist() for p in record.plates],
        )
        for one, record in read(path, finder or PictureFinder())
    ]


def coco(path: Path, name: str, annotation: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = {"id": 0, "file_name": name, "width": SIZE[1], "height": SIZE[0]}
    one = {"id": 0, "image_id": 0, "category_id": 1, **annotation}
    kinds = [{"id": 1, "name": "plate"}]
    values = {"images": [image], "annotations": [one], "categories": kinds}
    path.write_text(json.dumps(values))


def test_a_box_that_cvat_turned_is_turned_in_coco_and_in_voc(tmp_path: Path) -> None:
    """60 degrees clockwise about the middle of a box of 60 x 20: its corners by hand."""
    wanted = [[43.66, -0.98], [73.66, 50.98], [56.34, 60.98], [26.34, 9.02]]
    picture(tmp_path / "coco/images/a.png")
    turned = {"bbox": [20, 20, 60, 20], "segmentation": [], "attributes": {"rotation": 60.0}}
    coco(tmp_path / "coco/annotations/instances_default.json", "a.png", turned)
    picture(tmp_path / "voc/JPEGImages/a.png")
    (tmp_path / "voc/Annotations").mkdir()
    (tmp_path / "voc/Annotations/a.xml").write_text(
        "<annotation><filename>a.png</filename><object><name>plate</name><bndbox><xmin>21</xmin>"
        "<ymin>21</ymin><xmax>80</xmax><ymax>40</ymax></bndbox><attributes><attribute><name>"
        "rotation</name><value>60.0</value></attribute></attributes></object></annotation>"
    )
    for name in ("coco", "voc"):
        ((_, _, (quad,)),) = found(tmp_path / name)
        np.testing.assert_allclose(quad, wanted, atol=0.01)


def test_parts_of_an_outline_are_one_plate(tmp_path: Path) -> None:
    picture(tmp_path / "images/a.png")
    parts = [[20, 20, 40, 20, 40, 40, 20, 40], [60, 20, 80, 20, 80, 40, 60, 40]]
    annotation = {"bbox": [20, 20, 60, 20], "segmentation": parts}
    coco(tmp_path / "annotations/instances.json", "a.png", annotation)
    assert found(tmp_path) == [("a.png", [""], [BOX])]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_labels_by_another_spelling_of_the_name_find_their_pictures(tmp_path: Path, form) -> None:
    picture(tmp_path / "images" / unicodedata.normalize(form, "Capture d\u00e9cran 1.png"))
    picture(tmp_path / "images/b.png")
    (tmp_path / "labels").mkdir()
    for name in ("Capture%20d%C3%A9cran%201.txt", "b.txt"):
        (tmp_path / "labels" / name).write_text("0 0.25 0.3 0.3 0.2\n")
    finder = PictureFinder()
    assert [texts for _, texts, _ in found(tmp_path, finder)] == [[""], [""]]
    assert finder.failures == []


def test_a_picture_beside_an_orphan_label_is_no_negative(tmp_path: Path) -> None:
    for name in ("a", "b", "c/d"):
        picture(tmp_path / f"images/{name}.png")
    (tmp_path / "labels/c").mkdir(parents=True)
    (tmp_path / "labels/a.txt").write_text("0 0.25 0.3 0.3 0.2\n")
    (tmp_path / "labels/other.txt").write_text("0 0.25 0.3 0.3 0.2\n")
    finder = PictureFinder()
    assert [(name, len(texts)) for name, texts, _ in found(tmp_path, finder)] == [
        ("a.png", 1),
        ("d.png", 0),
    ]
    assert [Path(f.picture).name for f in finder.failures] == ["b.png", "other"]


def test_a_bad_box_is_passed_over_with_its_line_and_the_rest_is_taken(tmp_path: Path) -> None:
    rows = {"a": "0 0.25 0.3 0.3 0.2\n0 1.04 0.5 0.1 0.1\n", "b": "0 0.5 0.5 0 0.1\n", "c": ""}
    (tmp_path / "labels").mkdir()
    for name, text in rows.items():
        picture(tmp_path / f"images/{name}.png")
        (tmp_path / f"labels/{name}.txt").write_text(text)
    finder = PictureFinder()
    # b's only label can't be read: it is not written as a picture without plates, as c is.
    assert [(n, len(t)) for n, t, _ in found(tmp_path, finder)] == [("a.png", 1), ("c.png", 0)]
    places = [(Path(f.where.split(":")[0]).name, f.where[-6:], f.picture) for f in finder.failures]
    assert places == [
        ("a.txt", "line 2", ""),
        ("b.txt", "line 1", ""),
        ("b.txt", "/b.txt", "b.png"),
    ]
    told = finder.summary(Path("out.csv")).splitlines()
    assert told[0].startswith("out.csv: 1 picture could not be had and 2 labels could not be read")
    with pytest.raises(DatasetError, match=r"a\.txt: line 2: 1\.04 is no part of the picture"):
        found(tmp_path, PictureFinder(strict=True))


def test_lists_of_a_test_part_are_read(tmp_path: Path) -> None:
    for number, part in enumerate(("train", "val", "test")):
        picture(tmp_path / f"crops/{part}.png")
        (tmp_path / f"{part}.txt").write_text(f"crops/{part}.png\tAB{number}\n")
    assert [texts for _, texts, _ in found(tmp_path)] == [["AB0"], ["AB1"], ["AB2"]]
    for part in ("train", "val", "test"):
        (tmp_path / f"{part}.txt").unlink()
        (tmp_path / f"{part}.csv").write_text(f"image_path,plate_text\ncrops/{part}.png,{part}\n")
    assert {texts[0] for _, texts, _ in found(tmp_path)} == {"train", "val", "test"}


def test_roboflows_root_of_coco_is_read_part_by_part(tmp_path: Path) -> None:
    for part in ("train", "valid", "test"):
        picture(tmp_path / part / f"{part}.png")
        coco(tmp_path / part / "_annotations.coco.json", f"{part}.png", {"bbox": [20, 20, 60, 20]})
    assert found(tmp_path) == [(f"{p}.png", [""], [BOX]) for p in ("train", "valid", "test")]


@pytest.mark.parametrize("outer", ["C:\\Users\\me\\ds\\", "/content/drive/ds/", "../"])
def test_a_data_yaml_of_another_machine_finds_its_parts(tmp_path: Path, outer: str) -> None:
    for part in ("train", "valid"):
        picture(tmp_path / part / f"images/{part}.png")
        (tmp_path / part / "labels").mkdir()
        (tmp_path / part / f"labels/{part}.txt").write_text("0 0.25 0.3 0.3 0.2\n")
    slash = "\\" if "\\" in outer else "/"
    lines = [f"{k}: {outer}{p}{slash}images" for k, p in (("train", "train"), ("val", "valid"))]
    (tmp_path / "data.yaml").write_text("\n".join([*lines, "names: [plate]"]))
    assert [name for name, *_ in found(tmp_path / "data.yaml")] == ["train.png", "valid.png"]


def test_voc_files_lie_in_any_folder(tmp_path: Path) -> None:
    picture(tmp_path / "photos/day1/a.png")
    (tmp_path / "xml").mkdir()
    (tmp_path / "xml/a.xml").write_text(
        "<annotation><filename>a.png</filename><object><name>plate</name><bndbox><xmin>21</xmin>"
        "<ymin>21</ymin><xmax>80</xmax><ymax>40</ymax></bndbox></object></annotation>"
    )
    assert found(tmp_path) == [("a.png", [""], [BOX])]


def test_dataturks_may_be_an_array(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    outline = [[0.1, 0.2], [0.25, 0.15], [0.4, 0.2], [0.4, 0.4], [0.1, 0.4]]
    entry = {"content": "a.png", "annotation": [{"label": ["plate"], "points": outline}]}
    for indent in (None, 1):
        (tmp_path / "x.json").write_text(json.dumps([entry], indent=indent))
        ((_, _, (quad,)),) = found(tmp_path / "x.json")
        np.testing.assert_allclose(quad, [[20, 15], [80, 15], [80, 40], [20, 40]], atol=0.01)
    (tmp_path / "pics").mkdir()
    (tmp_path / "a.png").rename(tmp_path / "pics" / "a.png")
    assert detect_format(tmp_path) == "dataturks"  # the one file of the folder
    (tmp_path / "notes.json").write_text("{}")
    with pytest.raises(DatasetError, match="name the file itself"):
        detect_format(tmp_path)


def test_outlines_have_any_number_of_corners(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    angles = np.arange(16) * np.pi / 8
    ring = np.round(np.stack([100 + 60 * np.cos(angles), 50 + 20 * np.sin(angles)], axis=1))
    labels = json.dumps([{"transcription": "AB12", "points": ring.tolist()}])
    (tmp_path / "Label.txt").write_text(f"a.png\t{labels}\n")
    ((_, texts, (quad,)),) = found(tmp_path)
    assert texts == ["AB12"]
    np.testing.assert_allclose(quad, [[40, 30], [160, 30], [160, 70], [40, 70]], atol=0.01)
    (tmp_path / "Label.txt").unlink()
    numbers = ",".join(str(int(v)) for v in ring.ravel())
    (tmp_path / "gt_a.txt").write_text(f"{numbers},1234\n")
    ((_, texts, (same,)),) = found(tmp_path)
    assert (texts, same) == (["1234"], quad)


def test_a_long_name_of_a_url_is_looked_for_in_full(tmp_path: Path) -> None:
    name = f"{'a-long-name-' * 14}.jpg"
    picture(tmp_path / "pics" / name)
    values = {"content": f"http://a.invalid/x/{name}", "annotation": None}
    (tmp_path / "x.json").write_text(json.dumps(values))
    finder = PictureFinder(folder=tmp_path / "pics")
    assert [one for one, *_ in found(tmp_path / "x.json", finder)] == [name]


def test_the_folder_of_pictures_serves_every_format(tmp_path: Path) -> None:
    picture(tmp_path / "pics/a.png")
    (tmp_path / "yolo/labels").mkdir(parents=True)
    (tmp_path / "yolo/images").mkdir()
    (tmp_path / "yolo/labels/a.txt").write_text("0 0.25 0.3 0.3 0.2\n")
    (tmp_path / "icdar").mkdir()
    (tmp_path / "icdar/gt_a.txt").write_text("20,20,80,20,80,40,20,40,AB12\n")
    (tmp_path / "voc/Annotations").mkdir(parents=True)
    (tmp_path / "voc/Annotations/a.xml").write_text(
        "<annotation><filename>a.png</filename><object><name>plate</name><bndbox><xmin>21</xmin>"
        "<ymin>21</ymin><xmax>80</xmax><ymax>40</ymax></bndbox></object></annotation>"
    )
    for name in ("yolo", "icdar", "voc"):
        finder = PictureFinder(folder=tmp_path / "pics")
        ((one, _, quads),) = found(tmp_path / name, finder)
        assert (one, quads, finder.failures) == ("a.png", [BOX], [])


def test_labelme(tmp_path: Path) -> None:
    data = picture(tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").unlink()
    shapes = [
        {"label": "plate", "points": [[80, 40], [20, 20]], "shape_type": "rectangle"},
        {"label": "plate", "points": BOX, "shape_type": "polygon", "description": "AB12"},
        {"label": "car", "points": [[1, 1], [5, 5]], "shape_type": "circle"},
    ]
    values = {"shapes": shapes, "imagePath": "a.png", "imageHeight": 100, "imageWidth": 200}
    values["imageData"] = base64.b64encode(data).decode()
    (tmp_path / "a.json").write_text(json.dumps(values))
    finder = PictureFinder()
    assert found(tmp_path, finder) == [("a.png", ["", "AB12"], [BOX, BOX])]
    assert [f.reason for f in finder.failures] == ["a circle is no outline of a plate"]
    ((one, _),) = load_reader("labelme")(tmp_path, PictureFinder())
    assert isinstance(one, PackedPicture) and one.read() == data
    picture(tmp_path / "a.png", (50, 50))
    finder = PictureFinder()
    assert found(tmp_path, finder) == []
    assert finder.failures[-1].reason == "a.png is 50 x 50, its labels are of 200 x 100"


def test_via_projects_and_annotations(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    corners = np.array(BOX)
    shapes = [
        {"name": "rect", "x": 20, "y": 20, "width": 60, "height": 20},
        {"name": "polygon", "all_points_x": corners[:, 0].tolist(),
         "all_points_y": corners[:, 1].tolist()},
        {"name": "circle", "cx": 1, "cy": 1, "r": 3},
    ]  # fmt: skip
    regions = [
        {"shape_attributes": s, "region_attributes": {"plate": f"AB{k}", "region": "GB"}}
        for k, s in enumerate(shapes)
    ]
    entries = {"a.png1": {"filename": "a.png", "size": 1, "regions": regions}}
    entries["a.png1"]["file_attributes"] = {}
    for values in (entries, {"_via_settings": {}, "_via_img_metadata": entries}):
        (tmp_path / "x.json").write_text(json.dumps(values))
        finder = PictureFinder()
        assert found(tmp_path, finder) == [("a.png", ["AB0", "AB1"], [BOX, BOX])]
        assert [f.where[-21:] for f in finder.failures] == ["json: [0]: regions[2]"]


def test_label_studio_in_both_forms(tmp_path: Path) -> None:
    picture(tmp_path / "images/a b.png")
    value = {"x": 10, "y": 20, "width": 30, "height": 20, "rotation": 0}
    value["rectanglelabels"] = ["plate"]
    result = [
        {"id": "q", "type": "rectanglelabels", "value": value},
        {"id": "q", "type": "textarea", "value": {**value, "text": ["AB12"]}},
    ]
    data = {"image": "/data/upload/3/1a2b3c4d-a%20b.png"}
    task = {"data": data, "annotations": [{"was_cancelled": True}, {"result": result}]}
    (tmp_path / "x.json").write_text(json.dumps([task]))
    assert found(tmp_path) == [("a b.png", ["AB12"], [BOX])]
    short = {"image": data["image"], "label": [{**value, "original_width": 200}]}
    (tmp_path / "x.json").write_text(json.dumps([{**short, "transcription": "CD34"}]))
    assert found(tmp_path) == [("a b.png", ["CD34"], [BOX])]
    value["rotation"] = 90.0  # clockwise round the top left corner
    (tmp_path / "x.json").write_text(json.dumps([task]))
    assert found(tmp_path) == [("a b.png", ["AB12"], [[[20, 20], [20, 80], [0, 80], [0, 20]]])]


def test_label_studios_template_for_ocr_has_a_region_in_three_results(tmp_path: Path) -> None:
    picture(tmp_path / "photos/b.png")
    finder = PictureFinder(folder=tmp_path / "photos")
    place = {"x": 10, "y": 20, "width": 30, "height": 20, "rotation": 0}
    said = {"rectangle": place, "labels": {**place, "labels": ["Text"]}}
    said["textarea"] = {**place, "text": ["AB", "12"]}
    result = [{"id": "q", "type": kind, "value": value} for kind, value in said.items()]
    result.append({"type": "relation", "from_id": "q", "to_id": "q"})
    result.append({"id": "r", "type": "choices", "value": {"choices": ["day"]}})
    task = {"data": {"ocr": "/data/upload/3/1a2b3c4d-b.png"}, "annotations": [{"result": result}]}
    (tmp_path / "x.json").write_text(json.dumps([task]))
    assert found(tmp_path / "x.json", finder) == [("b.png", ["AB12"], [BOX])]
    sides = {"original_width": 200, "original_height": 100}
    short = {"photo": "http://localhost:8080/data/upload/3/1a2b3c4d-b.png", "created_at": "now"}
    short |= {"bbox": [place | sides], "label": [said["labels"] | sides], "plate_number": "AB12"}
    (tmp_path / "x.json").write_text(json.dumps([short]))
    assert finder.failures == []
    finder = PictureFinder(folder=tmp_path / "photos")
    assert found(tmp_path / "x.json", finder) == [("b.png", ["AB12"], [BOX])]


def test_texts_of_label_studios_shorter_form_are_nobodys_where_one_lacks(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    places = [{"x": x, "y": 20, "width": 30, "height": 20, "original_width": 200} for x in (10, 60)]
    task = {"image": "a.png", "label": places, "transcription": ["AB12", "CD34"]}
    (tmp_path / "x.json").write_text(json.dumps([task]))
    assert [texts for _, texts, _ in found(tmp_path / "x.json")] == [["AB12", "CD34"]]
    (tmp_path / "x.json").write_text(json.dumps([{**task, "transcription": "CD34"}]))
    finder = PictureFinder()
    assert found(tmp_path / "x.json", finder) == []
    assert [f.reason[:24] for f in finder.failures] == ["2 regions and 1 text: JS"]


ROWS = "0 0.25 0.3 0.3 0.2\n"


@pytest.mark.parametrize("saved", [True, False], ids=["with images", "without"])
def test_what_cvat_exports_as_yolo(tmp_path: Path, saved: bool) -> None:
    """YOLO 1.1 and Ultralytics YOLO, whose lists begin with a `data/` that is not there."""
    layouts = {"darknet": ("obj_train_data", "obj_train_data"), "ultra": ("images/train",)}
    layouts["ultra"] += ("labels/train",)
    for name, (images, labels) in layouts.items():
        picture((tmp_path / name / images if saved else tmp_path / "photos") / "a.png")
        (tmp_path / name / labels).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / labels / "a.txt").write_text(ROWS)
        (tmp_path / name / "train.txt").write_text(f"data/{images}/a.png\n")
    (tmp_path / "darknet/obj.names").write_text("car\n")
    (tmp_path / "ultra/data.yaml").write_text("names:\n  0: car\npath: .\ntrain: train.txt\n")
    finder = PictureFinder(folder=tmp_path / "photos")
    for source in ("darknet", "darknet/train.txt", "ultra", "ultra/data.yaml"):
        read = load_reader(detect_format(tmp_path / source))
        ((one, record),) = read(tmp_path / source, finder)
        assert (one.name, [plate.kind for plate in record.plates]) == ("a.png", ["car"])
    assert finder.failures == []


def test_what_cvat_tells_beyond_the_format_is_read(tmp_path: Path) -> None:
    """Texts among the attributes of VOC, COCO and LabelMe; pictures in the folder of their part."""
    picture(tmp_path / "coco/images/default/a.png")
    told = {"bbox": [20, 20, 60, 20], "attributes": {"occluded": False, "Plate number": "AB12"}}
    coco(tmp_path / "coco/annotations/instances_default.json", "a.png", told)
    picture(tmp_path / "project/images/train/a.png")
    box = '<box label="plate" xtl="20" ytl="20" xbr="80" ybr="40"><attribute name="text">AB12'
    (tmp_path / "project/annotations.xml").write_text(
        f'<annotations><image name="a.png" subset="train">{box}</attribute></box></image>'
        "</annotations>"
    )
    picture(tmp_path / "voc/JPEGImages/a.png")
    (tmp_path / "voc/Annotations").mkdir()
    told = {"rotation": "0.0", "text": "AB12"}
    pairs = "".join(
        f"<attribute><name>{name}</name><value>{value}</value></attribute>"
        for name, value in told.items()
    )
    (tmp_path / "voc/Annotations/a.xml").write_text(
        "<annotation><filename>a.png</filename><object><name>plate</name><bndbox><xmin>20.4</xmin>"
        "<ymin>20.0</ymin><xmax>80.0</xmax><ymax>40.0</ymax></bndbox>"
        f"<attributes>{pairs}</attributes></object></annotation>"
    )
    picture(tmp_path / "labelme/default/a.png")
    points = "".join(f"<pt><x>{x}</x><y>{y}</y></pt>" for x, y in BOX)
    kept = f"<polygon>{points}</polygon><attributes>occluded=no, text=AB12</attributes>"
    gone = f"<deleted>1</deleted><polygon>{points}</polygon>"
    (tmp_path / "labelme/default/a.xml").write_text(
        "<annotation><filename>a.png</filename><imagesize><nrows>100</nrows><ncols>200</ncols>"
        f"</imagesize><object>{kept}</object><object>{gone}</object></annotation>"
    )
    first = [[20.4, 20], [80, 20], [80, 40], [20.4, 40]]  # places, not pixels that are counted
    for name, quad in (("coco", BOX), ("project", BOX), ("voc", first), ("labelme", BOX)):
        assert found(tmp_path / name) == [("a.png", ["AB12"], [quad])], name


def test_whoever_draws_a_polygon_in_cvat_begins_at_any_corner(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    for turn in (BOX, BOX[2:] + BOX[:2], BOX[::-1]):
        points = ";".join(f"{x},{y}" for x, y in turn)
        (tmp_path / "annotations.xml").write_text(
            f'<annotations><image name="a.png"><polygon label="plate" points="{points}"/></image>'
            "</annotations>"
        )
        assert found(tmp_path) == [("a.png", [""], [BOX])]


def test_what_was_not_unpacked_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "task.zip", "w") as archive:
        archive.writestr("annotations.xml", "<annotations/>")
    with pytest.raises(DatasetError, match=r"task\.zip is an archive: unpack it"):
        detect_format(tmp_path / "task.zip")


def test_datumaro(tmp_path: Path) -> None:
    picture(tmp_path / "images/default/a.png")
    shapes = [
        {"type": "bbox", "label_id": 0, "bbox": [20, 20, 60, 20], "attributes": {"text": "AB12"}},
        {"type": "polygon", "label_id": 1, "points": [v for p in BOX for v in p]},
        {"type": "mask", "label_id": 0, "rle": {}},
        {"type": "bbox", "label_id": 0, "bbox": [20, 20, 0, 20]},
    ]
    item = {"id": "a", "image": {"path": "a.png", "size": [100, 200]}, "annotations": shapes}
    labels = {"label": {"labels": [{"name": "plate"}, {"name": "car"}], "attributes": []}}
    (tmp_path / "annotations").mkdir()
    values = {"info": {}, "categories": labels, "items": [item]}
    (tmp_path / "annotations/default.json").write_text(json.dumps(values))
    finder = PictureFinder()
    assert found(tmp_path, finder) == [("a.png", ["AB12", ""], [BOX, BOX])]
    assert [f.reason for f in finder.failures] == ["bbox of 0 x 20; both must be above 0"]
    ((_, record),) = load_reader("datumaro")(tmp_path, PictureFinder())
    assert [plate.kind for plate in record.plates] == ["", "car"]
    item["image"]["size"] = [50, 50]
    (tmp_path / "annotations/default.json").write_text(json.dumps(values))
    assert found(tmp_path) == []


def test_a_last_line_that_is_cut_off_is_passed_over(tmp_path: Path) -> None:
    whole = '{"file": "%s.png", "height": 100, "width": 200, '
    whole += '"seed": [0, 0], "plates": [], "decoys": [], "drawn": {}}'
    for name in "ab":
        picture(tmp_path / f"in/{name}.png")
    (tmp_path / "in/labels.jsonl").write_text(f"{whole % 'a'}\n{(whole % 'b')[:40]}")
    finder = PictureFinder()
    job = Conversion(source=tmp_path / "in", reader="windows", out=tmp_path / "out", writer="yolo")
    assert convert(job, finder).pictures == 1
    assert [f.where.rpartition(": ")[2] for f in finder.failures] == ["line 2"]
    (tmp_path / "in/labels.jsonl").write_text(f"{whole % 'a'}\n{whole % 'b'}")
    assert len(found(tmp_path / "in")) == 2
    (tmp_path / "in/labels.jsonl").write_text(f"{whole % 'a'}\n{(whole % 'b')[:40]}\n")
    with pytest.raises(DatasetError, match=r"labels\.jsonl: line 2"):
        found(tmp_path / "in")
