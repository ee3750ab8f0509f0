"""The package as a library: pictures given in any way, one detector, many threads."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import platewright
from platewright import interface
from platewright.errors import ConfigError, ImageError, RegionError
from platewright.image import encode_image, load_image, read_picture, save_image

ROOT = Path(__file__).resolve().parents[1]
STREET = ROOT / "docs/street.jpg"


@pytest.fixture(scope="module")
def detector() -> platewright.Detector:
    return platewright.Detector(threads=1)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """A part of a street with a plate or two."""
    return load_image(STREET)[420:560, 440:720]


def told(readings: Any) -> list[tuple[str, str]]:
    return [(r.text, f"{r.confidence:.4f}") for r in readings]


@pytest.mark.process
def test_the_package_is_light_and_shows_what_it_has() -> None:
    code = (
        "import platewright, sys\n"
        "heavy = {'numpy', 'cv2', 'PIL', 'onnxruntime', 'keras', 'pandas'} & {*sys.modules}\n"
        "assert not heavy, heavy\n"
        "assert {*platewright.__all__} <= {*dir(platewright)}\n"
        "from platewright import Reading, to_frame\n"
        "try: platewright.nothing\n"
        "except AttributeError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "module 'platewright' has no attribute 'nothing'\n"


def test_a_picture_may_be_given_in_any_way(
    detector: platewright.Detector, photo: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    save_image(path, photo)
    wanted = detector.read(photo)
    assert wanted and wanted[0].text
    just_written = io.BytesIO()
    Image.fromarray(photo).save(just_written, "PNG")
    with path.open("rb") as file, Image.open(path) as picture:
        given: list[Any] = [
            str(path), path, path.read_bytes(), bytearray(path.read_bytes()), file,
            io.BytesIO(path.read_bytes()), just_written, picture, picture.convert("RGBA"),
        ]  # fmt: skip
        for each in given:
            assert told(detector.read(each)) == told(wanted), type(each)
    grey = np.asarray(Image.fromarray(photo).convert("L"))
    assert told(detector.read(Image.fromarray(grey))) == told(detector.read(grey))
    assert told(detector.read(grey.view(np.matrix))) == told(detector.read(grey))


def test_a_pil_picture_is_turned_as_the_camera_noted(tmp_path: Path) -> None:
    from platewright.image import read_picture

    picture = Image.fromarray(np.arange(60, dtype=np.uint8).reshape(4, 5, 3))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as opened:
        assert np.array_equal(read_picture(opened), load_image(tmp_path / "a.png"))


class Later:
    """What reading an upload gives where requests are asyncio's."""

    def __await__(self) -> Iterator[None]:
        yield


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("no/such.jpg", r"no/such\.jpg: can't be read: No such file"),
        (b"", "the file is empty"),
        (b"no picture", "the picture: no picture that can be read"),
        (np.zeros((4, 4)), r"an array float64 \(4, 4\): give uint8.* \(array \* 255\)"),
        (np.zeros((4, 4), np.uint16), r"array >> 8"),
        (np.zeros((4, 4), bool), r"astype\(np.uint8\) \* 255"),
        (np.zeros((4, 4, 4), np.uint8), r"\(4, 4, 4\): give uint8.* array\[\.\.\., :3\]"),
        (np.zeros((4, 4, 1), np.uint8), r"array\[\.\.\., 0\]"),
        (np.zeros((3, 4, 5), np.uint8), r"transpose\(1, 2, 0\)"),
        (np.zeros((1, 4, 4, 3), np.uint8), r"one picture at a time"),
        (np.zeros((0, 4), np.uint8), r"\(0, 4\): give uint8.* grey$"),
        (7, "int: neither path"),
        ("http://localhost/a.jpg", "an address; fetch it"),
        ("data:image/png;base64,AA", "an address; fetch it"),
        ("", "'': an empty path"),
        ("a\0.jpg", r"a\\x00\.jpg: can't be read: embedded null byte"),
        (io.StringIO("text"), "gives str; open the file with 'rb'"),
        (SimpleNamespace(read=Later), "the picture: gives Later; give what await returns"),
        (Image.new("RGB", (0, 5)), "0 x 5 pixels: nothing is in it"),
        (Image.new("1", (20_000, 20_000)), "20000 x 20000 pixels, more than"),
        (Image.new("L", (50_000, 1)), "one side is more than 100 times"),
    ],
)
def test_what_is_no_picture_is_told(detector: platewright.Detector, given: Any, said: str) -> None:
    with pytest.raises(ImageError, match=said):
        detector.read(given)


@pytest.mark.process
@pytest.mark.parametrize("mode", ["1", "LA", "La", "PA", "RGBa", "CMYK", "I;16B", "F", "HSV"])
def test_pil_pictures_of_any_mode(mode: str) -> None:
    steps = {"La": ("LA",), "RGBa": ("RGBA",), "PA": ("P",), "I;16B": ("I",)}
    picture = Image.new("L", (4, 3), 255)
    for step in (*steps.get(mode, ()), mode):
        picture = picture.convert("RGB" if step == "HSV" else step).convert(step)
    read = read_picture(picture)
    assert read.shape == (3, 4, 3) and (read == 255).all()


def test_a_pil_picture_that_is_cut_off_or_closed() -> None:
    data = encode_image(np.zeros((90, 90, 3), np.uint8), ".png")
    whole = Image.open(io.BytesIO(data))
    whole.close()
    for picture in (Image.open(io.BytesIO(data[:-60])), whole):
        with pytest.raises(ImageError, match="damaged or cut off"):
            read_picture(picture)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("threads", (-1, 1.5, 10**6)), ("beams", (0, 10**9)), ("accept", (float("nan"), 2)),
        ("min_height", (-1, float("inf"), "9")), ("min_presence", (-0.1,)),
    ],
)  # fmt: skip
def test_numbers_out_of_their_range_are_told(name: str, values: tuple[Any, ...]) -> None:
    for value in values:
        with pytest.raises(ConfigError, match=f"{name} {value!r}: give a number from"):
            platewright.Detector(**{name: value})


def test_the_same_readings_as_the_command(tmp_path: Path) -> None:
    out = tmp_path / "a.json"
    command = [sys.executable, "detect.py", str(STREET), "--json", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    plates = json.loads(out.read_text())["plates"]
    assert [reading.as_dict() for reading in platewright.read(STREET)] == plates


def test_a_reading_is_a_line(detector: platewright.Detector, photo: np.ndarray) -> None:
    line = repr(detector.read(photo)[0])
    assert line.startswith("Reading(text='") and "confidence=" in line and "box=(" in line
    assert len(line) < 120 and "\n" not in line
    assert repr(detector) == f"Detector('{ROOT / 'weights.onnx'}', regions=[])"
    scene = platewright.draw("GB", seed=1, size=(64, 96))
    assert repr(scene).startswith("Scene(picture=96x64, texts=[") and "\n" not in repr(scene)
    told = repr(platewright.draw("GB", seed=2).record)
    assert told.startswith("SceneRecord(size=(480, 640), seed=(2, 0), plates=[PlateRecord(text=")
    assert len(told) < 400 and "\n" not in told


def test_readings_are_equal_where_all_of_them_is(
    detector: platewright.Detector, photo: np.ndarray
) -> None:
    (one, *_), (same, *_) = detector.read(photo), detector.read(photo)
    assert one == same and hash(one) == hash(same) and same in [one] and one != one.text
    assert one != replace(one, quad=one.quad + 1) and one != replace(one, region="QQ")
    assert len({one, same}) == 1


def test_a_detector_goes_to_other_processes(
    detector: platewright.Detector, photo: np.ndarray
) -> None:
    bound = detector._bound_to(("GB",))
    there = pickle.loads(pickle.dumps(bound))
    assert there.regions == ("GB",) and told(there.read(photo)) == told(bound.read(photo))


def test_regions_bind_texts_and_share_the_networks(photo: np.ndarray) -> None:
    bound = platewright.Detector(regions="gb", threads=1).read(photo)
    assert {reading.region for reading in bound} <= {"GB", ""}
    assert [r.text for r in platewright.read(photo, regions=["gb"])] == [r.text for r in bound]
    free = interface._SHARED[()]._detector
    assert interface._SHARED["GB",]._detector.speller is free.speller
    with pytest.raises(RegionError, match="QQ"):
        platewright.read(photo, regions="QQ")
    assert platewright.read(photo, regions=None) == platewright.read(photo)
    for wrong in (5, [None], [["GB"]]):
        with pytest.raises(ConfigError, match="give codes such as 'GB'"):
            platewright.read(photo, regions=wrong)  # type: ignore[arg-type]
    assert interface._codes(Path("my/a.toml")) == ("my/a.toml",)


@pytest.mark.slow
def test_eight_threads_share_a_detector(detector: platewright.Detector) -> None:
    street = load_image(STREET)
    height, width = street.shape[:2]
    parts = [street[height - 300 :, x : x + 320] for x in (0, 480, width - 320)]
    wanted = [told(detector.read(part)) for part in parts]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda k: told(detector.read(parts[k % len(parts)])), range(12)))
    assert found == wanted * 4
    assert any(wanted)


@pytest.mark.slow
def test_eight_threads_load_the_shared_detector_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Counted(interface.Detector):
        def __init__(self, *words: Any, **options: Any) -> None:
            made.append(self)
            super().__init__(*words, **options)

    monkeypatch.setattr(interface, "Detector", Counted)
    monkeypatch.setattr(interface, "_SHARED", {})
    blank = np.full((90, 160), 90, np.uint8)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(platewright.read, [blank] * 8)) == [[]] * 8
    assert len(made) == 1


def test_many_pictures_come_in_order_with_their_names(
    detector: platewright.Detector, photo: np.ndarray, tmp_path: Path
) -> None:
    for name in ("a.png", "c.png"):
        save_image(tmp_path / name, photo if name == "a.png" else photo[:, ::-1])
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    bad: list[ImageError] = []
    seen = list(detector.read_many(tmp_path, workers=2, on_error=bad.append))
    assert [Path(one.file).name for one in seen] == ["a.png", "c.png"]
    assert told(seen[0]) == told(detector.read(photo)) and len(seen[0]) == len(seen[0].readings)
    assert [("b.jpg" in str(error)) for error in bad] == [True]
    with pytest.raises(ImageError, match=r"b\.jpg"):
        list(detector.read_many(tmp_path))
    arrays = list(detector.read_many(iter([photo, photo[:60, :90]])))
    assert [(one.file, one.size) for one in arrays] == [("0", photo.shape[:2]), ("1", (60, 90))]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (STREET, "a file, no folder: give it to `read`"),
        ("no/such", "no/such: can't be read"),
        (np.zeros((9, 9, 3), np.uint8), "ndarray: no folder and no list"),
        (STREET.read_bytes(), "bytes: no folder and no list"),
        (io.BytesIO(), "BytesIO: no folder and no list"),
        (None, "NoneType: no folder and no list"),
    ],
)
def test_what_is_no_list_of_pictures_is_told_at_once(
    detector: platewright.Detector, given: Any, said: str
) -> None:
    with pytest.raises(ImageError, match=said):
        detector.read_many(given)
    with pytest.raises(ConfigError, match="workers 0: give a number from 1"):
        detector.read_many([], workers=0)


def test_readings_are_drawn_and_plates_hidden(
    detector: platewright.Detector, photo: np.ndarray
) -> None:
    readings = detector.read(photo)
    drawn = detector.annotate(photo, readings)
    assert drawn.shape == photo.shape and (drawn != photo).any()
    assert np.array_equal(drawn, detector.annotate(photo))
    assert np.array_equal(detector.annotate(photo, []), photo)
    wrong: Any
    for wrong in (readings[0], ["text"], 7):
        with pytest.raises(TypeError, match="give a list of readings of one picture"):
            detector.annotate(photo, wrong)
    assert detector.redact(np.zeros((40, 60), np.uint8)).shape == (40, 60, 3)
    before = photo.copy()
    hidden = detector.redact(photo)
    assert np.array_equal(photo, before)
    x0, y0, x1, y1 = (int(v) for v in readings[0].box)
    row = (y0 + y1) // 2, slice((3 * x0 + x1) // 4, (x0 + 3 * x1) // 4)
    inside, was = (len(np.unique(each[row], axis=0)) for each in (hidden, photo))
    assert inside <= 6 < 20 < was  # flat; finds of several ways up and aslant overlap


@pytest.mark.slow
def test_pandas_and_supervision(detector: platewright.Detector, photo: np.ndarray) -> None:
    pandas, supervision = pytest.importorskip("pandas"), pytest.importorskip("supervision")
    readings = detector.read(photo)
    frame = platewright.to_frame(readings)
    assert isinstance(frame, pandas.DataFrame)
    assert frame["text"].tolist() == [reading.text for reading in readings]
    assert frame[["x0", "y0", "x1", "y1"]].to_numpy().tolist() == [[*r.box] for r in readings]
    assert platewright.to_frame(detector.read_many([photo]))["file"].tolist() == ["0"] * len(frame)
    assert list(platewright.to_frame([]).columns) == list(frame.columns)
    found = platewright.to_detections(readings)
    assert found.data["class_name"].tolist() == frame["text"].tolist()
    assert np.allclose(found.xyxy, [reading.box for reading in readings])
    assert found.class_id is not None and found.confidence is not None
    for annotator in (
        supervision.LabelAnnotator(), supervision.BoxAnnotator(), supervision.BlurAnnotator(),
        supervision.RoundBoxAnnotator(), supervision.BoxCornerAnnotator(),
        supervision.PercentageBarAnnotator(), supervision.PixelateAnnotator(),
    ):  # fmt: skip
        assert (annotator.annotate(photo.copy(), found) != photo).any(), annotator
        assert (annotator.annotate(photo.copy(), platewright.to_detections([])) == photo).all()
    assert found[found.data["region"] != "QQ"].data["quad"].shape == (len(found), 4, 2)
    both = supervision.Detections.merge([platewright.to_detections([]), found])
    assert both.data["text"].tolist() == frame["text"].tolist()
    (told,) = platewright.to_coco(detector.read_many([photo]))["images"]
    assert told == {"id": 1, "file_name": "0", "width": 280, "height": 140}
    with pytest.raises(TypeError, match="a PhotoReadings in it"):
        platewright.to_detections(detector.read_many([photo]))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a Reading in it: give a list of what read_many yields"):
        platewright.to_coco(readings)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["pandas", "supervision"])
def test_what_is_not_installed_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    convert = platewright.to_frame if name == "pandas" else platewright.to_detections
    with pytest.raises(ConfigError, match=f"needs {name}: pip install {name}"):
        convert([])


@pytest.mark.process
@pytest.mark.parametrize(
    "named",
    [
        {"seed": -1}, {"seed": None}, {"index": 0.5}, {"size": (9, 9)}, {"size": (10**6,) * 2},
        {"size": 480}, {"size": (64, 64, 3)}, {"backgrounds": "no"}, {"region": 5},
    ],
)  # fmt: skip
def test_what_can_not_be_drawn_is_told(named: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"give (a number|codes|\(height, width)|no folder with"):
        platewright.draw(**({"region": "GB"} | named))


def test_a_drawing_is_the_one_of_the_command(tmp_path: Path) -> None:
    command = ["gen.py", "2", "--scenes", "--region", "de", "--seed", "7", "--workers", "1"]
    subprocess.run(
        [sys.executable, str(ROOT / command[0]), *command[1:]], cwd=tmp_path, check=True,
        capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    picture, record = platewright.draw(region="DE", seed=7, index=1)
    assert np.array_equal(picture, load_image(tmp_path / "test/00000001.png"))
    lines = (tmp_path / "test/labels.jsonl").read_text().splitlines()
    texts = [plate["text"] for plate in json.loads(lines[1])["plates"]]
    assert [plate.text for plate in record.plates] == texts
    assert platewright.draw(size=(64, 96)).picture.shape == (64, 96, 3)
    with pytest.raises(RegionError, match="QQ"):
        platewright.draw("QQ")
