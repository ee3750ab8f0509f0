"""Hidden plates: nothing of them is left, whatever shape they have and wherever they lie."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from platewright.command import run_command
from platewright.geometry import box_of_quad, quad_of_box
from platewright.image import encode_image, load_image
from platewright.output.redaction import (
    find_plates,
    hide,
    redact,
    redaction_settings,
    widened,
)
from platewright.reading.choice import load_detector
from platewright.reading.settings import DetectorSettings
from platewright.record import Reading
from platewright.synth.street.picture import DriveSettings, draw_drive

ROOT = Path(__file__).resolve().parents[2]
SLANTED = np.array([[60.0, 40], [160, 60], [156, 90], [56, 70]])


def noisy(shape: tuple[int, ...] = (120, 240, 3)) -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, shape).astype(np.uint8)


def inside(shape: tuple[int, ...], quad: np.ndarray) -> np.ndarray:
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(quad).astype(np.int32)], 1)
    return mask > 0


@pytest.mark.parametrize("shape", [(120, 240, 3), (120, 240)])
def test_a_quad_becomes_one_colour_and_the_rest_stays(shape: tuple[int, ...]) -> None:
    image = noisy(shape)
    before = image.copy()
    out = hide(image, [SLANTED])
    assert np.array_equal(image, before)
    plate = inside(shape, widened(SLANTED))
    core = cv2.erode(plate.astype(np.uint8), np.ones((3, 3))).astype(bool)
    assert inside(shape, SLANTED)[core].sum() == inside(shape, SLANTED).sum()
    assert len(np.unique(out[core].reshape(core.sum(), -1), axis=0)) == 1
    beyond = ~cv2.dilate(plate.astype(np.uint8), np.ones((5, 5))).astype(bool)
    assert np.array_equal(out[beyond], image[beyond])
    assert np.array_equal(hide(image, []), image)


def test_the_colour_knows_nothing_of_the_plate() -> None:
    one, other = np.full((120, 240, 3), 90, np.uint8), np.full((120, 240, 3), 90, np.uint8)
    plate = inside(one.shape, SLANTED)
    one[plate], other[plate] = 255, noisy()[plate]
    assert np.array_equal(hide(one, [SLANTED]), hide(other, [SLANTED]))
    assert hide(one, [SLANTED])[plate].tolist() == [[90, 90, 90]] * int(plate.sum())


def test_neighbours_do_not_colour_each_other() -> None:
    image = np.full((120, 240, 3), 90, np.uint8)
    left, right = quad_of_box((20, 40, 100, 60)), quad_of_box((104, 40, 184, 60))
    for quad in (left, right):
        image[inside(image.shape, quad)] = 255
    assert np.unique(hide(image, [left, right])).tolist() == [90]


@pytest.mark.parametrize(
    "quad",
    [
        quad_of_box((-30, -10, 50, 20)),  # over the corner
        quad_of_box((-300, -200, -250, -180)),  # outside
        quad_of_box((-50, -50, 900, 900)),  # larger than the picture
        np.full((4, 2), 30.0),  # a point
        np.array([[10.0, 10], [90, 10], [90, 10], [10, 10]]),  # a line
        np.array([[10.0, 10], [90, 40], [90, 10], [10, 40]]),  # crossed
    ],
)
def test_quads_of_any_kind(quad: np.ndarray) -> None:
    image = noisy()
    out = hide(image, [quad])
    (x0, y0), (x1, y1) = np.clip(quad[[0, 2]].astype(int), 0, [240, 120])
    y0, y1 = min(y0, y1), max(y0, y1)
    assert out.shape == image.shape
    covered = out[y0 : y1 + 2, x0 : x1 + 2] if x1 else out[:0]
    assert len(np.unique(covered.reshape(-1, 3), axis=0)) == bool(covered.size)


def test_what_is_looked_for_when_hiding() -> None:
    usual, low = DetectorSettings(), DetectorSettings(**redaction_settings())
    assert low.min_presence <= usual.min_presence / 2
    assert low.scan_presence < usual.scan_presence
    assert low.max_candidates > usual.max_candidates
    assert low.smallest[0] < usual.smallest[0]
    assert low.smallest[1] < usual.smallest[1]
    assert low.min_confidence == low.min_characters == 0
    assert redaction_settings(0.04, 12)["min_presence"] == 0.04
    assert redaction_settings(0.04, 12)["min_height"] == 12


class Twice:
    """Finds the brightest thing, as long as there is one: the second hides behind the first."""

    rounds = 0

    def locate(self, image: np.ndarray) -> list[Reading]:
        self.rounds += 1
        rows, columns = np.nonzero((image == image.max()).all(axis=-1) & (image > 150).all(axis=-1))
        if not rows.size or sorted(image.shape[:2]) != [120, 240]:
            return []
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        return [Reading(text="AB12", confidence=0.9, presence=0.8, quad=quad_of_box(box),
                        region="GB", slots=np.ones((2, 3)))]  # fmt: skip


def test_what_stood_beside_a_hidden_plate_is_hidden_too() -> None:
    image = np.full((120, 240, 3), 90, np.uint8)
    image[20:40, 20:90], image[70:90, 120:190] = 255, 200
    detector = Twice()
    out, found = redact(image, detector)
    assert np.unique(out).tolist() == [90]
    assert detector.rounds == 3 * 4 + 2  # each time in four orientations, and once aslant
    assert [(r.text, r.confidence, r.region, r.characters) for r in found] == [("", 0, "", ())] * 2
    assert all(r.slots is None for r in found)
    assert find_plates(image, Twice())[0][0].presence == 0.8


@pytest.fixture
def detect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    if not (ROOT / "weights.onnx").is_file():
        pytest.skip("no weights.onnx")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["detect.py", *arguments])
        with pytest.raises(SystemExit) as left:
            run_command("detect")
        return int(left.value.code or 0)

    return run


@pytest.mark.slow
def test_the_reader_reads_nothing_of_a_hidden_plate_nor_is_its_place_told(
    detect: Callable[..., int], tmp_path: Path
) -> None:
    reader = load_detector(ROOT / "weights.onnx")
    settings = DriveSettings(regions=("GB",), hardness=0)
    picture, _ = next(draw_drive(np.random.default_rng(1), settings))
    photo = Image.fromarray(picture)
    exif = Image.Exif()
    exif[0x010E] = "LS15EBC"
    exif.get_ifd(0x8825)[1] = "N"  # where the photo was taken
    photo.save(tmp_path / "in.jpg", quality=95, exif=exif, comment=b"LS15EBC")
    before = reader.read(load_image(tmp_path / "in.jpg"))
    assert before
    assert detect("in.jpg", "-o", "out.jpg", "--redact", "--json", "out.json") == 0
    hidden = load_image(tmp_path / "out.jpg")
    assert reader.read(hidden) == []
    for reading in reader.read_quads(hidden, [r.quad for r in before]):
        assert reading.presence < 0.1
    plates = json.loads((tmp_path / "out.json").read_text())["plates"]
    assert len(plates) >= len(before)
    assert {(p["text"], p["region"], len(p["characters"])) for p in plates} == {("", "", 0)}
    with Image.open(tmp_path / "out.jpg") as out:
        assert len(out.getexif()) == 0
        assert "comment" not in out.info
    assert b"LS15EBC" not in (tmp_path / "out.jpg").read_bytes()


def odd_files(rgb: np.ndarray, shown: bytes) -> dict[str, bytes]:
    """Return a picture as files that hold it, or `shown`, once more where few look."""
    photo, out = Image.fromarray(rgb), io.BytesIO()
    files: dict[str, bytes] = {}

    def add(name: str, kind: str, picture: Image.Image = photo, **options: Any) -> None:
        out.seek(0)
        out.truncate()
        picture.save(out, kind, **options)
        files[name] = out.getvalue()

    def segment(kind: int, body: bytes) -> bytes:
        return b"\xff" + bytes([kind]) + (len(body) + 2).to_bytes(2, "big") + body

    exif, told = Image.Exif(), PngInfo()
    exif[0x0112], exif[0x010E] = 6, "SHOWN"
    told.add_itxt("XML:com.adobe.xmp", "<SHOWN/>")
    others, xmp = {"save_all": True, "append_images": [photo]}, b"<SHOWN/>"
    clear = np.zeros(rgb.shape[:2], np.uint8)
    add("plain.jpg", "JPEG")
    head, rest = files["plain.jpg"][:2], files.pop("plain.jpg")[2:]
    thumbnail = b"Photoshop 3.0\x008BIM\x04\x0c\0\0" + len(shown).to_bytes(4, "big") + shown
    files["preview.jpg"] = head + segment(0xED, thumbnail) + segment(0xFE, b"SHOWN") + rest
    files["behind.jpg"] = head + rest + shown + b"SHOWN"
    add("two.jpg", "MPO", **others)
    add("turned.jpg", "JPEG", exif=exif, xmp=xmp)
    add("moving.png", "PNG", pnginfo=told, **others)
    add("clear.png", "PNG", Image.fromarray(np.dstack([rgb, clear])))
    add("palette.png", "PNG", photo.quantize(16))
    add("moving.webp", "WEBP", exif=exif, xmp=xmp, **others)
    add("pages.tif", "TIFF", tiffinfo={700: xmp, 270: "SHOWN"}, **others)
    add("ink.tif", "TIFF", photo.convert("CMYK"))
    return files


def test_nothing_of_a_file_but_its_shown_pixels_is_written(
    detect: Callable[..., int], tmp_path: Path
) -> None:
    rgb = noisy((96, 128, 3))
    shown = encode_image(rgb, ".jpg")
    files = odd_files(rgb, shown)
    (tmp_path / "in").mkdir()
    for name, data in files.items():
        (tmp_path / "in" / name).write_bytes(data)
    assert detect("in", "-o", "out", "--redact") == 0
    written = [path for path in (tmp_path / "out").iterdir() if path.suffix != ".jsonl"]
    assert len(written) == len(files)
    for path in written:
        data = path.read_bytes()
        assert b"SHOWN" not in data and shown[-40:-2] not in data, path.name
        assert data.count(b"\xff\xd8\xff") == (path.suffix == ".jpg")
        with Image.open(path) as picture:
            assert getattr(picture, "n_frames", 1) == 1 and picture.mode == "RGB"
            assert not {"exif", "xmp", "comment", "photoshop", "mp"} & picture.info.keys()
            assert picture.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["in.png", "--redact"], "--redact needs an output"),
        (["in.png", "-o", "a.png", "--redact", "--region", "GB"], "--redact reads no text"),
        (["in.png", "-o", "a.png", "--redact", "--accept", "0.5"], "--redact reads no text"),
    ],
)
def test_what_does_not_go_with_redact(
    detect: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert detect(*arguments) == 2
    assert message in capsys.readouterr().err


class Unsure:
    """Finds sixteen large places that are hardly plates, and nearly all of the photo."""

    def __init__(self, presence: float = 0.3) -> None:
        self.presence = presence

    def locate(self, image: np.ndarray) -> list[Reading]:
        places = [(x, y, x + 50, y + 25) for x in range(0, 200, 50) for y in range(0, 100, 25)]
        return [
            Reading(text="", confidence=0.0, presence=self.presence, quad=quad_of_box(box))
            for box in places
        ]


def test_what_is_hardly_a_plate_does_not_paint_a_photo_over() -> None:
    rgb = noisy((100, 200, 3))
    out, _ = redact(rgb, Unsure())
    assert 0.05 < (out != rgb).any(axis=2).mean() < 0.3
    sure, _ = redact(rgb, Unsure(0.6))
    assert (sure != rgb).any(axis=2).mean() > 0.9


class Upright:
    """A detector of one white plate, where it lies upright: wider than high."""

    def locate(self, image: np.ndarray) -> list[Reading]:
        rows, columns = np.nonzero(image[..., 0] == 255)
        if not rows.size or np.ptp(columns) < 2 * np.ptp(rows):
            return []
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        # At its top left a plate has a mark: only the right way up it is one.
        if image[rows.min(), columns.min(), 1] != 0:
            return []
        return [Reading(text="A", confidence=1.0, presence=1.0, quad=quad_of_box(box))]


class Level:
    """A detector of one white thing, where it is much wider than high."""

    def locate(self, image: np.ndarray) -> list[Reading]:
        rows, columns = np.nonzero(image[..., 0] > 150)
        if not rows.size or np.ptp(columns) < 2 * np.ptp(rows):
            return []
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        return [Reading(text="A", confidence=1.0, presence=1.0, quad=quad_of_box(box))]


@pytest.mark.parametrize("degrees", [45, -45])
def test_a_plate_in_a_photo_held_aslant_is_hidden(degrees: float) -> None:
    image = np.full((200, 320, 3), 90, np.uint8)
    plate = cv2.boxPoints(((130, 110), (100, 20), degrees))
    cv2.fillPoly(image, [np.rint(plate).astype(np.int32)], (255, 255, 255))
    shown, hidden = redact(image, Level())
    assert len(hidden) == 1 and (shown == 90).all()


class Sighted:
    """A detector that sees nothing in the dark: a plate is what is lighter than 150."""

    def locate(self, image: np.ndarray) -> list[Reading]:
        rows, columns = np.nonzero(image.max(axis=2) > 150)
        if not rows.size or rows.size == image[..., 0].size:
            return []
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        return [Reading(text="A", confidence=1.0, presence=1.0, quad=quad_of_box(box))]


def test_what_a_person_would_see_in_a_dark_photo_made_lighter_is_hidden() -> None:
    image = np.full((200, 320, 3), 8, np.uint8)
    image[80:110, 100:160] = 28
    shown, hidden = redact(image, Sighted())
    assert hidden and (shown == 8).all()


def test_what_is_black_beside_a_light_sky_is_made_lighter_too() -> None:
    image = np.full((200, 320, 3), 2, np.uint8)
    image[:60] = 140  # a sky, and no plate
    image[120:150, 100:160] = 11
    shown, hidden = redact(image, Sighted())
    assert hidden and (shown[100:] == 2).all()


class Farsighted:
    """A detector of white things that are not too small for the photo they are in."""

    sides: tuple[int, ...] = ()

    def locate(self, image: np.ndarray) -> list[Reading]:
        self.sides = (*self.sides, max(image.shape[:2]))
        count, _, found, _ = cv2.connectedComponentsWithStats(np.uint8(image[..., 0] > 250))
        boxes = [(x, y, x + w, y + h) for x, y, w, h, _ in found[1:count] if w > h]
        return [
            Reading(text="A", confidence=1.0, presence=1.0, quad=quad_of_box(box))
            for box in boxes
            if box[3] - box[1] >= min(image.shape[:2]) / 120
        ]


@pytest.mark.parametrize("turns", [0, 3])
@pytest.mark.slow
def test_a_plate_that_is_small_in_a_large_photo_is_hidden(turns: int) -> None:
    image = np.full((2600, 3600, 3), 90, np.uint8)
    image[100:200, 300:700] = 255
    for x, y in [(1, 1), (1010, 1000), (2590, 3100), (2010, 920)]:
        image[x : x + 9, y : y + 40] = 255
    detector = Farsighted()
    shown, hidden = redact(np.ascontiguousarray(np.rot90(image, turns)), detector)
    assert len(hidden) == 5
    assert (shown == 90).all()
    assert max(detector.sides) <= 1440 * 3600 / 2600 + 1  # and no look is at all its pixels


@pytest.mark.parametrize("turns", range(4))
def test_a_plate_is_hidden_whichever_way_the_photo_lies(turns: int) -> None:
    image = np.full((200, 320, 3), 90, np.uint8)
    image[80:100, 100:160] = 255
    image[80, 100, 1] = 0
    turned = np.ascontiguousarray(np.rot90(image, turns))
    shown, hidden = redact(turned, Upright())
    assert len(hidden) == 1 and (shown == 90).all()
    assert box_of_quad(hidden[0].quad) == box_of_quad(
        quad_of_box({0: (100, 80, 160, 100), 1: (80, 160, 100, 220),
                     2: (160, 100, 220, 120), 3: (100, 100, 120, 160)}[turns])
    )  # fmt: skip
