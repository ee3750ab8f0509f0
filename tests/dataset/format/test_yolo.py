from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from platewright.dataset.format import detect_format, yolo, yolo_obb, yolo_pose, yolo_seg
from platewright.dataset.outline import seen_plates
from platewright.dataset.picture import PictureFinder
from platewright.dataset.textfile import SNIFFED
from platewright.errors import DatasetError
from platewright.geometry import box_of_quad, iou
from tests.dataset.samples import plain_plate, plain_sample, sample_lists, write_data_set

KINDS = {"yolo": yolo, "yolo-pose": yolo_pose, "yolo-obb": yolo_obb, "yolo-seg": yolo_seg}


def supervision():
    return pytest.importorskip("supervision", reason="needs supervision: pip install supervision")


def boxes_of(sample) -> np.ndarray:
    return np.reshape([seen.box for seen in seen_plates(sample.record)], (-1, 4))


@pytest.mark.parametrize("name", KINDS)
def test_supervision_reads_the_drawn_boxes(drawn, drawn_as, name) -> None:
    folder = drawn_as(name)
    found = supervision().DetectionDataset.from_yolo(
        str(folder / "images"),
        str(folder / "labels"),
        str(folder / "data.yaml"),
        is_obb=name == "yolo-obb",
    )
    assert found.classes == ["plate"]
    assert len(found) == len(drawn)
    for path, image, detections in found:
        sample = drawn[int(Path(path).stem)]
        assert image.shape[:2] == sample.record.size
        assert len(detections) == len(boxes_of(sample))
        for own, other in zip(boxes_of(sample), detections.xyxy, strict=True):
            # Four corners round a plate that the edge cuts off may stand out a little.
            assert iou(tuple(own), tuple(other)) > (0.9 if name == "yolo-obb" else 0.99)


def test_supervision_reads_the_corners(drawn, drawn_as) -> None:
    folder = drawn_as("yolo-obb")
    found = supervision().DetectionDataset.from_yolo(
        str(folder / "images"), str(folder / "labels"), str(folder / "data.yaml"), is_obb=True
    )
    whole = 0
    for path, _, detections in found:
        seen = list(seen_plates(drawn[int(Path(path).stem)].record))
        corners = detections.data.get("xyxyxyxy", [])
        for plate, other in zip(seen, corners, strict=True):
            if not plate.cut:
                assert np.allclose(other, plate.plate.quad, atol=0.01)
                whole += 1
    assert whole >= 5


@pytest.mark.parametrize("name", KINDS)
def test_ultralytics_takes_the_data_set_as_it_is(drawn, drawn_as, name, monkeypatch, tmp_path):
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("YOLO_OFFLINE", "true")
    pytest.importorskip(
        "ultralytics.data.utils",
        reason="needs ultralytics, polars and torchvision: pip install --no-deps",
        exc_type=ImportError,
    )
    from ultralytics.data.utils import check_det_dataset, verify_image_label

    folder = drawn_as(name)
    data = check_det_dataset(str(folder / "data.yaml"), autodownload=False)
    assert data["names"] == {0: "plate"}
    listed = [line for side in ("train", "val") for line in Path(data[side]).read_text().split()]
    assert len(listed) == len(drawn)
    points, values = data.get("kpt_shape", (0, 0))
    for line in listed:
        picture = folder / line
        label = folder / "labels" / f"{picture.stem}.txt"
        args = (str(picture), str(label), "", name == "yolo-pose", 1, points, values, False)
        _, rows, shape, segments, keypoints, missing, found, _, corrupt, message = (
            verify_image_label(args)
        )
        sample = drawn[int(picture.stem)]
        assert (corrupt, missing, found, message) == (0, 0, 1, "")
        assert shape == sample.record.size
        assert len(rows) == len(boxes_of(sample))
        height, width = shape
        for seen, row in zip(seen_plates(sample.record), rows, strict=True):
            x, y, wide, tall = row[1:] * [width, height, width, height]
            other = (x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
            assert iou(seen.box, other) > (0.9 if name == "yolo-obb" else 0.99)
        if name == "yolo-obb":
            assert [s.shape for s in segments] == [(4, 2)] * len(rows)
        if name == "yolo-pose":
            assert keypoints.shape[1:] == (4, 3)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("yolo", "0 0.250000 0.416667 0.300000 0.166667"),
        (
            "yolo-pose",
            "0 0.250000 0.416667 0.300000 0.166667 0.100000 0.333333 2 0.400000 0.333333 2 "
            "0.400000 0.500000 2 0.100000 0.500000 2",
        ),
        (
            "yolo-obb",
            "0 0.100000 0.333333 0.400000 0.333333 0.400000 0.500000 0.100000 0.500000",
        ),
        (
            "yolo-seg",
            "0 0.100000 0.333333 0.400000 0.333333 0.400000 0.500000 0.100000 0.500000",
        ),
    ],
)
def test_rows_are_parts_of_the_picture(write, name, row) -> None:
    folder = write(name, [plain_sample(plain_plate((10, 20, 40, 30))), plain_sample(index=1)])
    assert (folder / "labels/00000000.txt").read_text() == f"{row}\n"
    assert (folder / "labels/00000001.txt").read_text() == ""


@pytest.mark.parametrize("name", KINDS)
def test_nothing_reaches_over_the_edge(write, name) -> None:
    tilted = plain_plate((70, 20, 110, 40))
    tilted.quad[:] += [[0, 0], [0, 9], [-4, 9], [-4, 0]]
    sliver = plain_plate((-30, 2, 9, 12))
    corner = plain_plate((-8, 50, 30, 66))
    folder = write(name, [plain_sample(tilted, sliver, corner)])
    lines = (folder / "labels/00000000.txt").read_text().splitlines()
    assert len(lines) == 2, "a plate of which less than a quarter is seen has no label"
    if name == "yolo-seg":
        assert [len(line.split()) for line in lines] == [9, 9]
    rows = np.loadtxt(lines, ndmin=2)
    points = rows[:, 1:]
    if name == "yolo-pose":
        assert rows[0, 7::3].tolist() == [2, 0, 0, 2]
        points = np.delete(points, [6, 9, 12, 15], axis=1)
    assert points.min() >= 0 and points.max() <= 1
    ((_, record),) = KINDS[name].read(folder)
    seen = list(seen_plates(plain_sample(tilted, corner).record))
    for plate, own in zip(record.plates, seen, strict=True):
        assert iou(box_of_quad(plate.quad), own.box) > 0.95


def test_every_picture_is_in_one_list_and_a_tenth_in_the_other(write) -> None:
    samples = [
        plain_sample(plain_plate((5, 5, 30, 15), f"AB{k:03d}"), index=k, size=(20, 40))
        for k in range(200)
    ]
    folder = write("yolo", samples, 3)
    train, val = ((folder / f"{side}.txt").read_text().split() for side in ("train", "val"))
    assert sorted(train + val) == [f"./images/{k:08d}.jpg" for k in range(200)]
    assert 8 <= len(val) <= 35
    assert "train: train.txt\nval: val.txt\n" in (folder / "data.yaml").read_text()


def test_a_handful_of_pictures_validates_on_itself(write) -> None:
    folder = write("yolo", [plain_sample(plain_plate((5, 5, 45, 20)))])
    assert "train: train.txt\nval: train.txt\n" in (folder / "data.yaml").read_text()


@pytest.mark.parametrize("name", KINDS)
def test_what_is_written_comes_back(name) -> None:
    @settings(max_examples=15, deadline=None)
    @given(sample_lists(characters=False))
    def check(samples) -> None:
        with tempfile.TemporaryDirectory() as folder:
            found = list(KINDS[name].read(write_data_set(Path(folder) / name, name, samples)))
        assert [p.name for p, _ in found] == [f"{s.name}.jpg" for s in samples]
        for (_, record), sample in zip(found, samples, strict=True):
            assert record.size == sample.record.size
            for plate, own in zip(record.plates, sample.record.plates, strict=True):
                if name == "yolo":
                    assert np.allclose(box_of_quad(plate.quad), own.box, atol=1e-3)
                else:
                    assert np.allclose(plate.quad, own.quad, atol=1e-3)

    check()


def test_pictures_without_labels_and_side_by_side_are_read(write, tmp_path) -> None:
    folder = write("yolo", [plain_sample(plain_plate((10, 20, 40, 30))), plain_sample(index=1)])
    (folder / "labels/00000001.txt").unlink()
    for path in [*(folder / "images").iterdir(), *(folder / "labels").iterdir()]:
        path.rename(tmp_path / path.name)
    found = list(yolo.read(tmp_path))
    assert [len(record.plates) for _, record in found] == [1, 0]


@pytest.mark.parametrize(
    ("name", "row", "message"),
    [
        ("yolo", "0 0.5 0.5 0.2", "3 numbers after the class, not 4"),
        ("yolo", "x 0.5 0.5 0.2 0.2", "the class is 'x'"),
        ("yolo", "0 0.5 0.5 nan 0.2", "'nan' is not a number"),
        ("yolo", "0 0.5 0.5 0 0.2", "a box of 0 x 0.2"),
        ("yolo", "0 50 20 30 10", "50 is no part of the picture"),
        ("yolo", "0 0.5 2 0.3 0.1", "2 is no part of the picture"),
        ("yolo-pose", "0 0.5 0.5 0.2 0.2", "4 numbers after the class; a box and four"),
        ("yolo-obb", "0 .1 .1 .2 .2 .3 .3 .4 .4", "corners are on a line"),
        ("yolo-obb", "0 .1 .1 .2 .2 .3 .3 .4", "7 numbers after the class, not 8"),
        ("yolo-seg", "0 .1 .1 .2 .2 .3 .3 .4", "7 numbers after the class; three points"),
        ("yolo-seg", "0 .1 .1 .2 .2 .3 .3", "the points span no area"),
        ("yolo-seg", "0 .5 .5 .2 .1 .4 .4 2 .6 .5 2", "2 is no part of the picture"),
    ],
)
def test_a_malformed_row_is_named(write, name, row, message) -> None:
    folder = write(name, [plain_sample()])
    path = folder / "labels/00000000.txt"
    path.write_text(f"\n{row}\n")
    with pytest.raises(DatasetError, match=message) as caught:
        list(KINDS[name].read(folder))
    assert str(caught.value).startswith(f"{path}: line 2: ") and "\n" not in str(caught.value)


def test_a_folder_without_pictures_is_an_error(tmp_path) -> None:
    with pytest.raises(DatasetError, match="no pictures there"):
        list(yolo.read(tmp_path))


def test_a_label_without_its_picture_is_a_failure(write) -> None:
    folder = write("yolo", [plain_sample(plain_plate((10, 20, 40, 30)))])
    gone, names = folder / "labels/gone.txt", folder / "labels/classes.txt"
    gone.write_text("0 0.5 0.5 0.2 0.2\n")
    names.write_text("plate\n")
    finder = PictureFinder()
    assert len(list(yolo.read(folder, finder))) == 1
    assert [(f.where, f.picture) for f in finder.failures] == [(str(gone), "gone")]
    with pytest.raises(DatasetError, match="no picture gone of it"):
        list(yolo.read(folder))


@pytest.mark.parametrize("name", KINDS)
def test_roboflows_parts_are_read_together(write, tmp_path, name) -> None:
    root = tmp_path / "robo"
    for part, box in (("train", (10, 20, 40, 30)), ("valid", (20, 20, 60, 40))):
        own = write(name, [plain_sample(plain_plate(box))])
        (own / "data.yaml").rename(tmp_path / "data.yaml")
        root.mkdir(exist_ok=True)
        own.rename(root / part)
    told = "yolo-obb" if name == "yolo-seg" else name  # rows of four corners all
    assert detect_format(root) == detect_format(root / "valid" / "labels") == told
    found = list(KINDS[name].read(root))
    assert [p.relative_to(root).parts[0] for p, _ in found] == ["train", "valid"]
    assert np.allclose([r.plates[0].box for _, r in found], [(10, 20, 40, 30), (20, 20, 60, 40)])


def test_pictures_whose_labels_are_nowhere_are_no_backgrounds(write) -> None:
    folder = write("yolo", [plain_sample(plain_plate((10, 20, 40, 30)))])
    (folder / "labels").rename(folder / "elsewhere")
    with pytest.raises(DatasetError, match="none of the pictures in"):
        list(yolo.read(folder))


def test_what_is_no_label_does_not_hide_the_format(write) -> None:
    folder = write("yolo", [plain_sample(plain_plate((10, 20, 40, 30)))])
    label = folder / "labels/00000000.txt"
    label.rename(folder / "kept")
    for row in ("0 5e-01 5.0e-1 .4 .4", "0 0.5 0.5 nan 0.4", "plate 0.5 0.5 0.4 0.4", ""):
        (folder / "labels/classes.txt").write_text("plate\n")
        label.write_text(row)
        assert detect_format(folder) == "yolo"


def test_boxes_among_polygons_are_polygons(write) -> None:
    folder = write("yolo", [plain_sample(plain_plate((10, 20, 40, 30)))])
    label = folder / "labels/00000000.txt"
    box = label.read_text()
    # Anticlockwise from the bottom left, then one more point on the long edge.
    label.write_text(f"{box}0 .2 .5 .6 .6 .6 .4 .2 .3\n1 .2 .5 .4 .55 .6 .6 .6 .4 .2 .3\n")
    assert detect_format(folder) == "yolo-seg"
    ((_, record),) = yolo_seg.read(folder)
    own, four, five = record.plates
    assert np.allclose(own.box, (10, 20, 40, 30), atol=0.01)
    assert np.allclose(four.quad, [[20, 18], [60, 24], [60, 36], [20, 30]])
    assert five.kind == "1" and iou(five.box, four.box) > 0.6
    assert np.all(np.argmin(np.linalg.norm(five.quad[:, None] - four.quad, axis=2), 1) == range(4))
    label.write_text(box)
    assert detect_format(folder) == "yolo"


@pytest.mark.parametrize(
    ("file", "content", "kinds"),
    [
        ("data.yaml", "train: a\nnames: ['License plate', 'car']\n", ["License plate", "car"]),
        ("data.yaml", "names:\n  1: car\n  0: plate\n", ["", "car"]),
        ("../data.yaml", "nc: 2\n", ["0", "1"]),
        ("../data.yaml", "names: {1: 12}", ["0", "12"]),
        ("labels/classes.txt", "\ufeffplate\r\ntruck \r\n", ["", "truck"]),
        ("../obj.names", "van", ["van", "1"]),
    ],
)
def test_classes_have_their_names(write, tmp_path, file, content, kinds) -> None:
    folder = write("yolo", [plain_sample(plain_plate((10, 20, 40, 30)))]).rename(tmp_path / "train")
    label = folder / "labels/00000000.txt"
    label.write_text("".join(f"{k}{label.read_text()[1:]}" for k in (0, 1)))
    (folder / "data.yaml").unlink()
    (folder / file).write_text(content, "utf-8")
    ((_, record),) = yolo.read(folder)
    assert [plate.kind for plate in record.plates] == kinds
    ((_, record),) = yolo.read(folder / "labels")
    assert [plate.kind for plate in record.plates] == kinds


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nc: 1\nnames: [a\nb: c\n", r"line 3: not YAML \(.*expected"),
        ("names: plate", "names is no list of names and no mapping"),
        ("names: [[a]]", "names is no list of names and no mapping"),
        ("names: " + "[" * 100_000, "not YAML that can be read: nested deeper than 20"),
        ("names: " + "[a, {b: " * 21 + "c", "nested deeper than 20"),
        ("names: [" + "[a], " * 50 + "b: ", "not YAML"),
        ("# " + "x" * (1 << 20), "more than 1 MiB"),
        ("names: [2020-13-45]", "not YAML"),
        ("names: [\x01]", "not YAML"),
    ],
)
def test_damaged_names_are_told(write, content, message) -> None:
    folder = write("yolo", [plain_sample(plain_plate((10, 20, 40, 30)))])
    (folder / "data.yaml").write_text(content)
    with pytest.raises(DatasetError, match=message) as caught:
        list(yolo.read(folder))
    assert str(caught.value).startswith(f"{folder / 'data.yaml'}: ")
    assert "\n" not in str(caught.value)


def test_without_yaml_classes_are_numbers(write, monkeypatch) -> None:
    folder = write("yolo", [plain_sample(plain_plate((10, 20, 40, 30)))])
    monkeypatch.setitem(sys.modules, "yaml", None)
    ((_, record),) = yolo.read(folder)
    assert [plate.kind for plate in record.plates] == ["0"]


def test_a_row_that_the_look_cuts_off_makes_no_polygon(write) -> None:
    folder = write("yolo-obb", [plain_sample(plain_plate((10, 20, 40, 30)))])
    label = folder / "labels/00000000.txt"
    row = label.read_text()
    for pad in range(0, len(row), 7):
        label.write_text("\n" * pad + row * (SNIFFED // len(row) + 2))
        assert detect_format(folder) == "yolo-obb"
