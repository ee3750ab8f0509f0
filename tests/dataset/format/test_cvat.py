"""CVAT's XML."""

from __future__ import annotations

import tempfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings

from platewright.dataset.format import voc
from platewright.dataset.format.cvat import FILE, claims, read
from platewright.dataset.outline import seen_plates
from platewright.dataset.picture import PictureFinder
from platewright.errors import DatasetError
from platewright.geometry import box_of_quad
from platewright.image import save_image
from tests.dataset.samples import plain_plate, plain_sample, sample_lists, write_data_set

IMAGES = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><name>t</name></task></meta>
<image id="0" name="sub/a.png" width="200" height="100">
<box label="licence" occluded="0" xtl="20.5" ytl="10" xbr="60.5" ybr="30" z_order="0">
<attribute name="Plate number">京A12377</attribute><attribute name="dirty">no</attribute></box>
<box label="licence" xtl="100" ytl="40" xbr="140" ybr="60" rotation="90.0">
<attribute name="what it says">X1</attribute></box>
<polygon label="licence" points="1,2;9,3;9.5,7;8,8;1,6"></polygon>
<polyline label="lane" points="1,2;9,3"></polyline>
</image></annotations>
"""
VIDEO = """<annotations><track id="0" label="plate">
<box frame="0" outside="0" xtl="1" ytl="2" xbr="9" ybr="5">
<attribute name="text">A1</attribute></box>
<box frame="1" outside="1" xtl="1" ytl="2" xbr="9" ybr="5"></box>
</track><track id="1" label="plate">
<box frame="0" outside="0" xtl="11" ytl="12" xbr="19" ybr="15"></box>
<box frame="2" outside="0" xtl="11" ytl="12" xbr="19" ybr="15"></box>
</track></annotations>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("sub/a.png", "frame_000000.png", "frame_000001.png"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        save_image(tmp_path / "images" / name, np.zeros((100, 200, 3), np.uint8))
    return tmp_path


def test_boxes_turned_boxes_and_polygons_are_plates(folder: Path) -> None:
    (folder / "task.xml").write_text(IMAGES, encoding="utf-8")
    assert claims(folder) and claims(folder / "task.xml") and not voc.claims(folder)
    ((picture, record),) = read(folder)
    assert picture == folder / "images" / "sub" / "a.png" and record.size == (100, 200)
    boxes = [plate.box for plate in record.plates]
    assert np.allclose(boxes, [(20.5, 10, 60.5, 30), (110, 30, 130, 70), (1, 2, 9.5, 8)])
    assert [p.text for p in record.plates] == ["京A12377", "X1", ""]
    assert {p.kind for p in record.plates} == {"licence"}
    # Clockwise by a right angle: what was the top left is the top right.
    assert np.allclose(record.plates[1].quad[0], (130, 30))


def test_tracks_are_read_frame_by_frame(folder: Path) -> None:
    (folder / FILE).write_text(VIDEO)
    finder = PictureFinder()
    ((picture, record),) = read(folder, finder)
    assert picture.name == "frame_000000.png"
    assert [p.box for p in record.plates] == [(1, 2, 9, 5), (11, 12, 19, 15)]
    assert [p.text for p in record.plates] == ["A1", ""]
    (failure,) = finder.failures
    assert (failure.picture, failure.where) == ("frame_000002", f"{folder / FILE}: line 7")


def test_frames_may_lie_in_the_folder_of_pictures(folder: Path) -> None:
    (folder / FILE).write_text(VIDEO)
    apart = folder / "apart"
    apart.mkdir()
    frame = (folder / "images" / "frame_000000.png").rename(apart / "frame_000002.png")
    finder = PictureFinder(folder=apart)
    ((picture, record),) = read(folder, finder)
    assert picture == frame and len(record.plates) == 1
    (failure,) = finder.failures
    assert str(apart) in failure.reason and failure.picture == "frame_000000"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (IMAGES.replace('width="200"', 'width="400"'), 3),
        (
            VIDEO.replace(
                "<annotations>",
                "<annotations><meta><task><original_size><width>400</width><height>100</height>"
                "</original_size></task></meta>",
            ).replace('frame="2"', 'frame="0"'),
            2,
        ),
    ],
)
def test_a_picture_of_another_size_is_a_failure(folder: Path, content: str, line: int) -> None:
    (folder / FILE).write_text(content, encoding="utf-8")
    finder = PictureFinder()
    assert not list(read(folder, finder))
    (failure,) = finder.failures
    assert failure.where == f"{folder / FILE}: line {line}"
    assert failure.reason.endswith("is 200 x 100, its labels are of 400 x 100")


def test_a_frame_of_no_number_is_told(folder: Path) -> None:
    (folder / FILE).write_text(VIDEO.replace('frame="2"', f'frame="{"9" * 5000}"'))
    with pytest.raises(DatasetError, match="line 7: a shape without its frame"):
        list(read(folder))


def test_another_parser_reads_what_is_written(drawn, drawn_as) -> None:
    root = ElementTree.parse(drawn_as("cvat") / FILE).getroot()
    assert root.findtext("version") == "1.1"
    assert [e.text for e in root.iterfind("meta//attribute/name")] == ["text", "region"]
    images = list(root.iter("image"))
    assert [i.get("id") for i in images] == [str(s.index) for s in drawn]
    texts = [a.text or "" for a in root.iterfind("image/*/attribute[@name='text']")]
    assert texts and set(texts) <= {p.text for s in drawn for p in s.record.plates}


def test_somebody_elses_reader_reads_the_drawn_shapes(drawn, drawn_as) -> None:
    cvatkit = pytest.importorskip("cvatkit", reason="needs cvatkit: pip install cvatkit")
    reader = cvatkit.CvatReader(drawn_as("cvat") / FILE)
    assert reader.version == "1.1" and reader.get_labels() == ["plate"]
    assert [(i.name, i.height, i.width) for i in reader.get_images()] == [
        (f"{s.name}.jpg" if s.record.presence is None else f"{s.name}.png", *s.record.size)
        for s in drawn
    ]
    seen = [plate for sample in drawn for plate in seen_plates(sample.record)]
    shapes = [*reader.get_polygons(), *reader.get_boxes()]
    assert len(shapes) == len(seen) > 8
    assert sorted(str(s.attributes["text"]) for s in shapes) == sorted(s.plate.text for s in seen)
    corners = np.concatenate([s.quad for s in seen])
    for shape in reader.get_polygons():
        away = np.linalg.norm(corners[:, None] - np.array(shape.points)[None], axis=-1)
        assert away.min(axis=0).max() < 0.01


def test_an_upright_plate_is_a_box_inside_the_picture(write) -> None:
    folder = write("cvat", [plain_sample(plain_plate((-20, 6, 60, 18), "A<&\"'>"))])
    (box,) = ElementTree.parse(folder / FILE).getroot().iter("box")
    assert [box.get(k) for k in ("xtl", "ytl", "xbr", "ybr")] == ["0.00", "6.00", "60.00", "18.00"]
    assert (box.get("occluded"), box.findtext("attribute")) == ("1", "A<&\"'>")


@settings(max_examples=20, deadline=None)
@given(sample_lists(characters=False))
def test_what_is_written_comes_back(samples) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = list(read(write_data_set(Path(folder) / "set", "cvat", samples)))
    for (picture, record), sample in zip(found, samples, strict=True):
        assert (picture.name, record.size) == (f"{sample.name}.jpg", sample.record.size)
        for plate, other in zip(record.plates, sample.record.plates, strict=True):
            assert (plate.text, plate.region, plate.kind) == (other.text, other.region, "")
            assert np.allclose(plate.quad, other.quad, atol=0.0051)
            assert np.allclose(plate.box, box_of_quad(other.quad), atol=0.0051)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("</image>", "", "line 10: not XML"),
        ('name="sub/a.png"', "", "line 3: an image without a name"),
        ('xtl="20.5"', "", "line 4: xtl is '', not a number"),
        ('xtl="20.5"', 'xtl="90"', "line 4: xbr or ybr is not above"),
        ('rotation="90.0"', 'rotation="right"', "line 6: rotation is 'right'"),
        ("1,2;9,3;9.5", "1,2;9,3,4;9.5", "line 8: points is no list"),
        ("1,2;9,3;9.5,7;8,8;1,6", "1,2;9,2", "line 8: the points span no area"),
        ("annotations>", "annotation>", "line 2: <annotation>, not CVAT's"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(folder: Path, old, new, message) -> None:
    (folder / FILE).write_text(IMAGES.replace(old, new))
    with pytest.raises(DatasetError, match=rf"annotations\.xml: {message}"):
        list(read(folder))


def test_an_entity_is_refused(folder: Path) -> None:
    (folder / FILE).write_text('<!DOCTYPE a [<!ENTITY x "y">]><annotations>&x;</annotations>')
    with pytest.raises(DatasetError, match="defines an entity"):
        list(read(folder))
