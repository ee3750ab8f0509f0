from __future__ import annotations

import tempfile
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platewright.dataset.format import detect_format
from platewright.dataset.format.voc import box_of_voc, read, voc_box
from platewright.dataset.outline import seen_plates
from platewright.dataset.picture import PictureFinder
from platewright.dataset.xmlfile import read_xml
from platewright.errors import DatasetError
from tests.dataset.samples import plain_plate, plain_sample, sample_lists, write_data_set


def test_supervision_reads_the_drawn_boxes(drawn, drawn_as) -> None:
    sv = pytest.importorskip("supervision", reason="needs supervision: pip install supervision")
    folder = drawn_as("voc")
    found = sv.DetectionDataset.from_pascal_voc(
        str(folder / "JPEGImages"), str(folder / "Annotations")
    )
    assert found.classes == ["plate"]
    assert len(found) == len(drawn)
    for path, image, detections in found:
        sample = drawn[int(Path(path).stem)]
        assert image.shape[:2] == sample.record.size
        boxes = np.reshape([s.box for s in seen_plates(sample.record)], (-1, 4))
        assert detections.xyxy.shape == boxes.shape
        assert np.abs(detections.xyxy - boxes).max(initial=0) <= 0.51


def test_pixels_count_from_one_and_the_last_is_in(write) -> None:
    folder = write("voc", [plain_sample(plain_plate((0, 20, 10, 60), "A<&B", "US-CA"))])
    root = ElementTree.parse(folder / "Annotations/00000000.xml").getroot()
    assert [root.findtext(f"size/{k}") for k in ("width", "height", "depth")] == ["100", "60", "3"]
    (found,) = root.iter("object")
    names = ("xmin", "ymin", "xmax", "ymax")
    assert [found.findtext(f"bndbox/{name}") for name in names] == ["1", "21", "10", "60"]
    assert (found.findtext("name"), found.findtext("text")) == ("plate", "A<&B")
    assert [found.findtext(k) for k in ("truncated", "difficult", "region")] == ["0", "0", "US-CA"]
    # The very pixels: what the box holds is white, what is round it is black.
    picture = cv2.imread(str(folder / "JPEGImages" / root.findtext("filename")), 0)
    left, top, right, bottom = (int(found.findtext(f"bndbox/{name}")) for name in names)
    assert picture[top - 1 : bottom, left - 1 : right].min() > 127
    assert (picture > 127).sum() == (bottom - top + 1) * (right - left + 1)


def test_a_plate_over_the_edge_is_truncated_and_a_smaller_part_difficult(write) -> None:
    plates = [plain_plate((-d, y, 40 - d, y + 12)) for d, y in ((10, 2), (25, 20), (35, 40))]
    folder = write("voc", [plain_sample(*plates)])
    objects = list(ElementTree.parse(folder / "Annotations/00000000.xml").iter("object"))
    told = [(o.findtext("truncated"), o.findtext("difficult")) for o in objects]
    assert told == [("1", "0"), ("1", "1")]
    assert [o.findtext("bndbox/xmin") for o in objects] == ["1", "1"]
    ((_, record),) = read(folder)
    assert np.array_equal(record.plates[1].quad, plates[1].quad)


def test_lists_name_every_picture_once(drawn, drawn_as) -> None:
    lists = drawn_as("voc") / "ImageSets" / "Main"
    train, val, both = (
        (lists / f"{n}.txt").read_text().split() for n in ("train", "val", "trainval")
    )
    assert sorted(train + val) == both == [sample.name for sample in drawn]
    assert all((drawn_as("voc") / "JPEGImages" / f"{name}.jpg").is_file() for name in both)


@given(st.tuples(*[st.integers(0, 500)] * 4))
def test_whole_pixels_come_back_exactly(numbers) -> None:
    x0, y0, wide, tall = numbers
    box = (x0, y0, x0 + wide + 1, y0 + tall + 1)
    assert box_of_voc(*voc_box(box)) == box


@settings(max_examples=25, deadline=None)
@given(sample_lists(characters=False))
def test_what_is_written_comes_back(samples) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = list(read(write_data_set(Path(folder) / "voc", "voc", samples)))
        assert all(p.is_file() for p, _ in found)
    for (_, record), sample in zip(found, samples, strict=True):
        own = sample.record
        assert (record.size, len(record.plates)) == (own.size, len(own.plates))
        for plate, other in zip(record.plates, own.plates, strict=True):
            assert (plate.text, plate.region) == (other.text, other.region)
            assert np.allclose(plate.quad, other.quad, atol=0.0051)


LABELIMG = """<annotation>
  <folder>x</folder><filename>a.png</filename><path>C:\\x\\a.png</path>
  <source><database>Unknown</database></source>
  <size><width>40</width><height>30</height><depth>3</depth></size><segmented>0</segmented>
  <object><name>number plate</name><pose>Unspecified</pose><truncated>0</truncated>
    <difficult>0</difficult>
    <bndbox><xmin>3</xmin><ymin>4.0</ymin><xmax>22</xmax><ymax>13</ymax></bndbox>
  </object>
</annotation>
"""


def test_what_labelimg_leaves_beside_its_pictures_is_read(tmp_path) -> None:
    (tmp_path / "a.xml").write_text(LABELIMG)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((30, 40, 3), np.uint8))
    ((picture, record),) = read(tmp_path)
    assert (picture, record.size) == (tmp_path / "a.png", (30, 40))
    assert record.plates[0].box == (2, 3, 22, 13)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("</annotation>", "", "line 10: not XML"),
        ("<xmin>3</xmin>", "<xmin>three</xmin>", "line 7: xmin is 'three', not a number"),
        ("<xmin>3</xmin>", "", "line 7: bndbox without xmin"),
        ("<xmin>3</xmin>", "<xmin>30</xmin>", "line 7: xmax or ymax is below"),
        ("annotation>", "annotations>", "line 1: <annotations>, not VOC's"),
        ("bndbox>", "box>", "line 5: an object without bndbox"),
        ("<annotation>", '<!DOCTYPE a [<!ENTITY x "y">]><annotation>', "line 1: defines an entity"),
    ],
)
def test_a_malformed_file_is_named_with_its_line(tmp_path, old, new, message) -> None:
    path = tmp_path / "a.xml"
    path.write_text(LABELIMG.replace(old, new))
    with pytest.raises(DatasetError, match=message) as caught:
        list(read(tmp_path))
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_a_folder_without_files_is_an_error(tmp_path) -> None:
    with pytest.raises(DatasetError, match="no XML files"):
        list(read(tmp_path))


def test_pictures_are_found_from_wherever_in_the_tree(tmp_path) -> None:
    for part in ("s1", "s2"):
        for top in ("Annotations", "JPEGImages"):
            (tmp_path / top / part).mkdir(parents=True)
        (tmp_path / "Annotations" / part / "a.xml").write_text(LABELIMG)
        cv2.imwrite(str(tmp_path / "JPEGImages" / part / "a.png"), np.zeros((30, 40, 3), np.uint8))
    pictures = [tmp_path / "JPEGImages" / part / "a.png" for part in ("s1", "s2")]
    for path in (tmp_path, tmp_path / "Annotations"):
        assert detect_format(path) == "voc"
        assert [picture for picture, _ in read(path)] == pictures
    for path in (tmp_path / "Annotations" / "s2", tmp_path / "Annotations" / "s2" / "a.xml"):
        assert detect_format(path) == "voc"
        assert [picture for picture, _ in read(path)] == pictures[1:]


def test_utf_16_is_told(tmp_path) -> None:
    (tmp_path / "a.xml").write_text(f'<?xml version="1.0" encoding="utf-16"?>{LABELIMG}', "utf-16")
    assert detect_format(tmp_path) == "voc"


def test_a_failure_tells_the_place_of_its_label(tmp_path) -> None:
    sizes = {"a": "40", "b": "80", "c": "9" * 5000, "d": "40"}
    for name, width in sizes.items():
        text = LABELIMG.replace("<width>40", f"<width>{width}").replace("a.png", f"{name}.png")
        (tmp_path / f"{name}.xml").write_text(text)
        if name != "d":
            cv2.imwrite(str(tmp_path / f"{name}.png"), np.zeros((30, 40, 3), np.uint8))
    (tmp_path / "e.xml").write_text(LABELIMG)
    finder = PictureFinder()
    assert [picture.name for picture, _ in read(tmp_path, finder)] == ["a.png"]
    told = [(f.where.removeprefix(f"{tmp_path}/"), f.reason) for f in finder.failures]
    assert [where for where, _ in told] == [
        "b.xml: line 4", "c.xml: line 4", "d.xml: line 2", "e.xml: line 2"]  # fmt: skip
    messages = ("is 40 x 30, its labels are of 80 x 30", "inf x 30", "no such picture", "already")
    for (_, reason), message in zip(told, messages, strict=True):
        assert message in reason


def test_the_name_of_a_picture_may_be_anything(tmp_path) -> None:
    (tmp_path / "a.xml").write_text(LABELIMG.replace("a.png", "a" * 300 + ".png", 1))
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((30, 40, 3), np.uint8))
    assert [picture.name for picture, _ in read(tmp_path)] == ["a.png"]


def test_a_tag_of_megabytes_is_gone_through_once(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(f"<annotation note='{'x' * (16 << 20)}'><?y {'z' * (16 << 20)}?></annotation>")
    assert len(read_xml(path).attributes["note"]) == 16 << 20
