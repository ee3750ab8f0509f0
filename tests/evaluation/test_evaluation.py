"""Labels in, figures and the page of failures out."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

from platewright.command import run_command
from platewright.dataset.format.labels_csv import Label, choose, read_labels
from platewright.errors import DatasetError, ImageError
from platewright.evaluation.evaluation import empty_photos, evaluate, fit_into, read_empty
from platewright.evaluation.metrics import Outcome
from platewright.evaluation.report import Gallery, badness, crop_round, format_report
from platewright.geometry import Box, box_of_quad, quad_of_box
from platewright.image import load_image, save_image
from platewright.reading import choice as choice_module
from platewright.record import Character, Reading

ROOT = Path(__file__).resolve().parents[2]
HEADER = "file,x,y,w,h,text,country\n"


def reading(box: Box, text: str, confidence: float = 0.8) -> Reading:
    return Reading(
        text=text,
        confidence=confidence,
        presence=0.95,
        quad=quad_of_box(box),
        characters=tuple(
            Character(char=c, probability=0.9, alternatives=((c, 0.9), ("<", 0.1))) for c in text
        ),
    )


class ByColour:
    """Answers by the grey level of the photo's first pixel; records the quads it is given."""

    answers: dict[int, list[Reading]] = {  # noqa: RUF012
        10: [reading((50, 40, 130, 60), "AB12"), reading((0, 100, 20, 110), "X")],
        20: [reading((50, 40, 130, 60), "CO34", 0.9)],
        30: [reading((125, 55, 200, 100), "EF56", 0.4)],
        40: [],
    }
    quads: list[np.ndarray]

    def read(self, image: np.ndarray) -> list[Reading]:
        return self.answers[int(image[0, 0, 0])]

    def read_quads(self, image: np.ndarray, quads: Sequence[ArrayLike]) -> list[Reading]:
        type(self).quads = [np.asarray(quad) for quad in quads]
        return [reading(box_of_quad(quad), "AB12") for quad in quads]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for level in (10, 20, 30, 40):
        save_image(tmp_path / f"images/{level}.png", np.full((120, 240, 3), level, np.uint8))
    path = tmp_path / "labels.csv"
    path.write_text(
        HEADER
        + "10.png,50,40,80,20,AB12,GB\n"
        + "20.png,50,40,80,20,C034,GB\n"
        + "30.png,50,40,80,20,EF57,DE\n"
        + "40.png,50,40,80,20,GH<78,\n"
    )
    return path


def test_report_of_four_photos(data: Path) -> None:
    result = evaluate(read_labels(data), data.parent / "images", ByColour())
    report = result.report()
    assert report["photos"] == 4
    assert report["all"] == {
        "plates": 4,
        "texts": 4,
        "overlap_any": 0.75,
        "overlap_half": 0.5,
        "exact": 0.25,
        "folded": 0.5,
        "character_accuracy": round(1 - (1 + 1 + 4) / 16, 4),
        "region": 0.0,
        "causes": {"not found": 1, "O/0 or I/1": 1, "other character": 1, "wrong region": 1},
    }
    assert report["extra_per_photo"] == 0.25
    assert report["kinds"] == {"badly framed": 1, "not found": 1, "read": 2}
    assert list(report["countries"]) == ["GB", "", "DE"]
    assert report["countries"]["GB"]["folded"] == 1
    assert report["calibration"]["readings"] == 3
    # 0.4 wrong, 0.8 and 0.9 right, folded.
    assert report["calibration"]["ece"] == pytest.approx((0.4 + 0.2 + 0.1) / 3, abs=1e-4)
    assert report["confusions"]["0"] == {"O": 1}
    assert report["confusions"]["7"] == {"6": 1}
    assert report["narrow"]["plates"] == 0
    assert report["accepted"]["precision"] == 0.6667
    assert result.report(0.5)["accepted"] == {
        "min_confidence": 0.5,
        "precision": 1.0,
        "precision_all": 0.6667,
        "recall": 0.5,
        "right": 2,
        "wrong": 0,
        "unknown": 0,
        "extra": 1,
    }
    text = format_report(report)
    assert "exact 25.0, folded (O=0, I=1) 50.0, characters 62.5" in text
    assert "0.250 per photo" in text
    assert "0>O 1" in text


def test_what_the_detector_does_not_accept_is_not_counted_as_accepted(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure = reading((50, 40, 130, 60), "CO34", 0.9)
    doubtful = ByColour.answers | {20: [replace(sure, accepted=False)]}
    monkeypatch.setattr(ByColour, "answers", doubtful)
    labels, folder = read_labels(data), data.parent / "images"
    assert evaluate(labels, folder, ByColour()).report(0.5)["accepted"]["right"] == 1
    # Where the boxes were given, what is cut out of a picture is accepted nowhere.
    assert evaluate(labels, folder, ByColour(), given_boxes=True).report()["accepted"]["right"] == 1


def test_plates_that_are_not_wide_are_counted_by_themselves(data: Path) -> None:
    data.write_text(HEADER + "10.png,50,40,80,20,AB12,GB\n20.png,50,30,80,40,CO34,US\n")
    report = evaluate(read_labels(data), data.parent / "images", ByColour()).report()
    assert report["all"]["plates"] == 2
    assert (report["narrow"]["plates"], report["narrow"]["exact"]) == (1, 1.0)
    assert "boxes less than 2.2 times as wide as high: texts 1" in format_report(report)


def test_photos_scaled_to_a_size_keep_their_labels(data: Path) -> None:
    class Larger(ByColour):
        """Sees the photos twice as large, with 30 pixels of grey above."""

        shapes: list[tuple[int, ...]] = []  # noqa: RUF012

        def read(self, image: np.ndarray) -> list[Reading]:
            self.shapes.append(image.shape)
            assert (image[:30] == 128).all() and (image[30:270] == image[150, 0, 0]).all()
            return [reading((100, 110, 260, 150), "AB12")] if image[150, 0, 0] == 10 else []

    labels = read_labels(data)[:2]
    result = evaluate(labels, data.parent / "images", Larger(), size=(300, 480))
    assert Larger.shapes == [(300, 480, 3)] * 2
    assert result.outcomes[0].iou == pytest.approx(160 * 40 / (164 * 44))  # a box has room
    assert result.outcomes[0].box == (100, 110, 260, 150)


@pytest.mark.parametrize("shape", [(120, 240), (100, 30), (1, 1), (719, 1281)])
def test_a_photo_fits_into_any_size(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 200, np.uint8)
    picture, scale, left, top = fit_into(image, (72, 128))
    assert picture.shape == (72, 128, 3)
    inside = picture[top : 72 - top, left : 128 - left]
    assert (inside[1:-1, 1:-1] == 200).all()
    assert scale == min(72 / shape[0], 128 / shape[1])


def test_labels_by_country_keep_their_photos_whole(data: Path) -> None:
    data.write_text(
        HEADER + "a.png,1,1,9,9,A,GB\na.png,1,1,9,9,B,DE\nb.png,1,1,9,9,C,DE\nc.png,1,1,9,9,D,FR\n"
    )
    labels = read_labels(data)
    assert [label.text for label in choose(labels, ("GB",))] == ["A", "B"]
    assert [label.text for label in choose(labels, ("DE", "FR"), 2)] == ["A", "B", "C"]
    assert choose(labels) == labels
    with pytest.raises(DatasetError, match="no label of XX; the labels have DE, FR, GB"):
        choose(labels, ("XX",))


def test_photos_without_plates(data: Path) -> None:
    folder = data.parent / "images"
    (folder / "50.png").write_bytes(b"")
    photos = empty_photos([folder])
    assert [p.name for p in photos] == ["10.png", "20.png", "30.png", "40.png", "50.png"]
    figures, unreadable = read_empty(photos, ByColour(), accepted=0.5)
    assert len(unreadable) == 1 and "50.png: the file is empty" in unreadable[0]
    assert (figures["photos"], figures["readings"], figures["per_photo"]) == (4, 4, 1.0)
    assert (figures["photos_with_any"], figures["accepted_per_photo"]) == (3, 0.75)
    assert figures["surest"][0] == {
        "file": "20.png",
        "text": "CO34",
        "confidence": 0.9,
        "presence": 0.95,
        "shown": True,
        "accepted": True,
    }
    assert figures["shown_per_photo"] == 1.0
    assert [p.name for p in empty_photos([folder / "40.png", folder], skip=4)] == [
        "40.png",
        "50.png",
    ]
    with pytest.raises(DatasetError, match="5 photos, none left after skipping 5"):
        empty_photos([folder], skip=5)
    with pytest.raises(DatasetError, match="none of the 1 photos can be read"):
        read_empty([folder / "50.png"], ByColour())
    with pytest.raises(ImageError, match="no photo in it"):
        empty_photos([make_empty(data.parent / "none")])


def make_empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_given_boxes_with_a_margin(data: Path) -> None:
    labels = read_labels(data)[:1]
    result = evaluate(labels, data.parent / "images", ByColour(), given_boxes=True, margin=0.1)
    assert box_of_quad(ByColour.quads[0]) == (42, 38, 138, 62)
    assert result.extra is None
    assert result.report()["extra_per_photo"] is None
    assert result.outcomes[0].exact
    assert result.outcomes[0].iou == pytest.approx(80 * 20 / (98.4 * 26.4))


def test_crops_are_read_from_border_to_border(data: Path) -> None:
    data.write_text("file,text,country\n10.png,AB12,US\n")
    result = evaluate(read_labels(data), data.parent / "images", ByColour())
    assert box_of_quad(ByColour.quads[0]) == (0, 0, 240, 120)
    assert result.outcomes[0].exact


def test_unreadable_photos_are_counted_and_none_at_all_is_an_error(data: Path) -> None:
    (data.parent / "images/20.png").write_bytes(b"")
    (data.parent / "images/30.png").unlink()
    result = evaluate(read_labels(data), data.parent / "images", ByColour())
    assert len(result.unreadable) == 2
    assert "20.png: the file is empty" in result.unreadable[0]
    assert "(line 4 of the labels)" in result.unreadable[1]
    assert result.report()["all"]["plates"] == 2
    with pytest.raises(DatasetError, match="none of the 4 photos can be read"):
        evaluate(read_labels(data), data.parent / "elsewhere", ByColour())


def test_labels_are_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(
        b"\xef\xbb\xbfcountry,extra,file,text,h,w,y,x\r\nGB,,a.jpg, AB12 ,4,3,2,1.5\r\n\r\n"
        b'DE,"x\ny",b.jpg,,4,3,2,1\r\n'
    )
    assert read_labels(path) == [
        Label(file="a.jpg", text="AB12", country="GB", box=(1.5, 2, 4.5, 6), line=2),
        Label(file="b.jpg", text="", country="DE", box=(1, 2, 4, 6), line=5),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        (HEADER, "no label in it"),
        ("name,text\na,b\n", "line 1: no column file"),
        ("file,x,y,text\n", "line 1: no column w, h"),
        (HEADER + "a.jpg,1,2,3,4,AB,GB\nb.jpg,1,2,3\n", "line 3: 4 fields, but the header has 7"),
        (HEADER + "a.jpg,1,two,3,4,AB,GB\n", "line 2: y is 'two', not a number"),
        (HEADER + "a.jpg,1,nan,3,4,AB,GB\n", "line 2: y is 'nan', not a number"),
        (HEADER + "a.jpg,1,2,3,1e200,AB,GB\n", "line 2: h is '1e200', not a number within 1e+09"),
        (HEADER + "a.jpg,1,2,0,4,AB,GB\n", "line 2: the box is 0 x 4 pixels"),
        (HEADER + ",1,2,3,4,AB,GB\n", "line 2: the field file is empty"),
        (HEADER + 'a.jpg,1,2,3,4,"AB,GB\n', "line 2: not CSV"),
    ],
)
def test_malformed_labels_name_file_and_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(content)
    with pytest.raises(DatasetError, match=re.escape(f"{path}: {message}")) as caught:
        read_labels(path)
    assert "\n" not in str(caught.value)


def test_labels_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"file,text\n\xff\xfe\x00\n")
    with pytest.raises(DatasetError, match="UTF-8"):
        read_labels(tmp_path / "labels.csv")
    with pytest.raises(DatasetError, match="No such file"):
        read_labels(tmp_path / "nowhere.csv")


def test_gallery_shows_failures_worst_first(data: Path, tmp_path: Path) -> None:
    gallery = Gallery(tmp_path / "gallery")
    result = evaluate(
        read_labels(data),
        data.parent / "images",
        ByColour(),
        after=lambda image, outcomes, readings, _: gallery.add(image, outcomes, readings),
    )
    page = gallery.write(result.report()).read_text()
    assert "Plates that went wrong: 2" in page
    # Missed altogether: 1.0; one of four characters wrong with confidence 0.4: 0.65.
    assert page.index("not found</span>", page.index("<main>")) < page.index(
        "badly framed</span>", page.index("<main>")
    )
    pictures = re.findall(r'src="([^"]+)" width="(\d+)" height="(\d+)"', page)
    assert len(pictures) == 2
    for name, width, height in pictures:
        assert load_image(tmp_path / "gallery" / name).shape == (int(height), int(width), 3)
    assert "prefers-color-scheme: dark" in page
    assert "&lt; 10.0%" in page
    assert "http" not in page


def test_badness_puts_sure_errors_first() -> None:
    def outcome(text: str, read: Reading | None) -> Outcome:
        return Outcome(file="a", box=(0, 0, 9, 9), text=text, reading=read, iou=0.7)

    box = (0.0, 0.0, 9.0, 9.0)
    sure = outcome("AB12", reading(box, "XY99", 0.9))
    missed = outcome("AB12", None)
    unsure = outcome("AB12", reading(box, "AB13", 0.3))
    values = [badness(o) for o in (sure, missed, unsure)]
    assert values == pytest.approx([1.9, 1.0, 0.55])
    assert badness(outcome("", None)) == 1.0


@pytest.mark.parametrize(
    "box", [(-20, -20, 5, 5), (300, 300, 340, 320), (0, 0, 240, 120), (5, 5, 5.5, 5.5)]
)
def test_crop_of_labels_at_and_beyond_the_border(box: Box) -> None:
    image = np.full((120, 240, 3), 77, np.uint8)
    crop = crop_round(image, Outcome(file="a", box=box, text="AB"), [reading((1, 1, 9, 9), "A")])
    assert crop.dtype == np.uint8
    assert 1 <= crop.shape[0] <= 320
    assert 1 <= crop.shape[1] <= 460


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    monkeypatch.setattr(choice_module, "load_network", lambda path, threads: path)
    monkeypatch.setattr(choice_module, "detector_of", lambda network, settings: ByColour())
    monkeypatch.setattr(choice_module, "default_choice", lambda weights: "line")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.onnx").write_bytes(b"weights")

    def run_it(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["evaluate.py", *arguments])
        with pytest.raises(SystemExit) as left:
            run_command("evaluate")
        return int(left.value.code or 0)

    return run_it


def test_the_script_writes_json_and_page(
    run: Callable[..., int], data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["labels.csv", "--weights", "w.onnx", "--json", "results/x.json", "--gallery", "g"]
    assert run(*command) == 0
    out = capsys.readouterr().out
    assert "photos 4, plates 4, with text 4" in out
    content = json.loads((tmp_path / "results/x.json").read_text())
    assert content["command"] == "python evaluate.py " + " ".join(command)
    assert content["weights_sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert content["all"]["folded"] == 0.5
    assert (tmp_path / "g/index.html").is_file()
    assert run(*command) == 1
    assert "there already; give another name or --force" in capsys.readouterr().err
    assert run(*command, "--force") == 0
    for read in ("labels.csv", "w.onnx"):  # what is read is no result, whatever is said
        before = Path(read).read_bytes()
        assert run("labels.csv", "--weights", "w.onnx", "--json", read, "--force") == 2
        assert "is what is read" in capsys.readouterr().err and Path(read).read_bytes() == before


def test_the_script_limits_and_fails_clearly(
    run: Callable[..., int], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("labels.csv", "--weights", "w.onnx", "--limit", "2") == 0
    assert "photos 2, plates 2" in capsys.readouterr().out
    (data.parent / "images/40.png").write_bytes(b"junk")
    assert run("labels.csv", "--weights", "w.onnx") == 1
    assert "40.png" in capsys.readouterr().err
    assert run("nowhere.csv") == 1
    assert (
        capsys.readouterr().err
        == "evaluate.py: nowhere.csv: can't be read: No such file or directory\n"
    )
    assert run("labels.csv", "--limit", "0") == 2
    assert run("labels.csv", "--margin", "7") == 2


def test_the_script_counts_false_alarms(
    run: Callable[..., int], data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--empty", "images", "--skip", "1", "--weights", "w.onnx", "--json", "e.json"]
    assert run(*command) == 0
    assert "readings: 2, 0.667 per photo, in 2 photos" in capsys.readouterr().out
    content = json.loads((tmp_path / "e.json").read_text())
    assert content["command"] == "python evaluate.py " + " ".join(command)
    assert content["per_photo"] == 0.6667
    assert "labels_sha256" not in content
    assert run("--empty", "nowhere", "--weights", "w.onnx") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either LABELS or --empty"),
        (["labels.csv", "--empty", "images"], "give either LABELS or --empty"),
        (["--empty", "images", "--country", "GB"], "need labels"),
        (["labels.csv", "--resize", "1280"], "give WIDTHxHEIGHT, 1 to 100000 each, not 1280"),
        (["labels.csv", "--resize", "0x720"], "give WIDTHxHEIGHT"),
        (["labels.csv", "--min-confidence", "2"], "2 is not between 0 and 1"),
    ],
)
def test_arguments_that_do_not_fit(
    run: Callable[..., int],
    data: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert run(*arguments) == 2
    assert message in capsys.readouterr().err


def test_the_script_hands_on_region_country_and_size(
    run: Callable[..., int],
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[object] = []

    def made(network: object, settings: object) -> ByColour:
        seen.append(settings)
        return ByColour()

    monkeypatch.setattr(choice_module, "detector_of", made)
    options = ["--country", "DE", "--region", "GB,IN", "--min-confidence", "0.2"]
    assert run("labels.csv", "--weights", "w.onnx", *options, "--resize", "480x240") == 0
    assert "photos 1, plates 1" in capsys.readouterr().out
    assert seen[0].regions == ("GB", "IN")
    assert seen[0].min_confidence == 0.2
