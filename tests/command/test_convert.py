"""convert.py as a person runs it."""

from __future__ import annotations

import csv
import itertools
import json
import re
import shlex
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from platewright.dataset.conversion import Conversion, convert
from platewright.dataset.format import load_reader
from platewright.dataset.format.labels_csv import read_labels
from platewright.dataset.picture import PictureFinder
from platewright.image import load_image, save_image
from platewright.training.sample import StoredSource
from tests.script import Done, run_here, run_process

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "convert.md").read_text("utf-8")
COMMANDS = re.findall(r"^ {4}python (convert\.py.*?)(?: +#.*)?$", PAGE, re.M)


def run(folder: Path, *arguments: str) -> Done:
    return run_here(folder, "convert.py", *arguments)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """Serve a GIF and a JPEG."""
    folder = tmp_path / "web"
    folder.mkdir()
    shades = np.random.default_rng(0).integers(0, 255, (6, 12, 3), np.uint8)
    image = np.repeat(np.repeat(shades, 10, axis=0), 10, axis=1)
    Image.fromarray(image).quantize(32).save(folder / "one.gif")
    save_image(folder / "two.jpeg", image)
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def points(*corners: float) -> list[dict[str, float]]:
    x0, y0, x1, y1 = corners
    return [{"x": x0, "y": y0}, {"x": x1, "y": y1}]


def export(folder: Path, web: str) -> Path:
    """Write an export of three pictures, one of which is gone."""
    one, two = points(0.1, 0.1, 0.5, 0.3), points(0.5, 0.5, 0.9, 0.8)
    path = folder / "plates.json"
    with path.open("w") as stream:
        for name, boxes in (("one.gif", [one, two]), ("gone.jpg", [one]), ("two.jpeg", [two])):
            annotation = [{"label": ["number_plate"], "notes": "", "points": p, "imageWidth": 120,
                           "imageHeight": 60} for p in boxes]  # fmt: skip
            line = {"content": f"{web}/{name}", "annotation": annotation, "extras": None}
            stream.write(json.dumps(line) + "\n")
    return path


def test_dataturks_becomes_csv_and_a_picture_that_is_gone_costs_no_other(
    tmp_path: Path, web: str
) -> None:
    export(tmp_path, web)
    done = run_process(tmp_path, "convert.py", "plates.json", "out", "--to-format", "boxes-csv")
    assert done.returncode == 1, done.stderr
    assert done.stdout == (
        "out: 2 pictures with 3 plates, 0 of them with a text, from dataturks to boxes-csv\n"
    )
    (told,) = done.stderr.splitlines()
    assert told.startswith("out.failures.csv: 1 picture could not be had; the first: plates.json:")
    assert "line 2: HTTP 404" in told
    with (tmp_path / "out" / "boxes.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    header = "image_name,image_width,image_height,top_x,top_y,bottom_x,bottom_y"
    assert ",".join(rows[0]) == header
    assert [row[1:] for row in rows[1:]] == [
        ["120", "60", "0.100000", "0.100000", "0.500000", "0.300000"],
        ["120", "60", "0.500000", "0.500000", "0.900000", "0.800000"],
        ["120", "60", "0.500000", "0.500000", "0.900000", "0.800000"],
    ]
    for name in {row[0] for row in rows[1:]}:
        with Image.open(tmp_path / "out" / "images" / name) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (120, 60))
    with (tmp_path / "out.failures.csv").open(newline="") as stream:
        (failure,) = csv.DictReader(stream)
    assert failure["picture"] == f"{web}/gone.jpg"


def test_a_second_run_fetches_what_was_missing_alone(tmp_path: Path, web: str) -> None:
    export(tmp_path, web)
    assert run(tmp_path, "plates.json", "out", "--to-format", "coco").returncode == 1
    (tmp_path / "web" / "one.gif").unlink()
    save_image(tmp_path / "web" / "gone.jpg", np.full((60, 120, 3), 99, np.uint8))
    done = run(tmp_path, "plates.json", "out", "--to-format", "coco", "--force")
    assert done.returncode == 0 and "3 pictures with 4 plates" in done.stdout, done.stderr
    assert not (tmp_path / "out.failures.csv").exists()
    offline = run(tmp_path, "plates.json", "again", "--map", "out.pictures", "--offline")
    assert offline.returncode == 0 and offline.stderr == ""
    limit = run(tmp_path, "plates.json", "x", "--max-mb", "0.0001", "--timeout", "600")
    assert limit.returncode == 1 and "no picture can be had; the first: " in limit.stderr
    assert not (tmp_path / "x").exists()
    assert "the limit is 0.0001 MB" in (tmp_path / "x.failures.csv").read_text()


def test_malformed_labels_are_one_line_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"content": "a.jpg", "annotation": null}\n{"content"\n')
    (tmp_path / "t.csv").write_text("image_path,plate_text\na.png\n")
    (tmp_path / "t.xml").write_text("<annotations>\n<image id='1'/></annotations>")
    for name, told in (
        ("a.json", "a.json: line 2: not JSON: Expecting ':' delimiter"),
        ("t.csv", "t.csv: line 2: 1 fields, but the header has 2"),
        ("t.xml", "t.xml: line 2: an image without a name"),
    ):
        done = run(tmp_path, name, "out", "--offline")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"convert.py: {told}\n"
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a",), "required: TO"),
        (("a", "b", "--to-format", "magic"), "--to-format: no format 'magic'; known: windows,"),
        (("a", "b", "--from-format", "tfrecord"), "--from-format: none called 'tfrecord' can be"),
        (("a", "b", "--split", "1"), "--split must be above 0 and below 1, not 1"),
        (("a", "b", "--seed", "-1"), "--seed: must be at least 0"),
        (("a", "b", "--timeout", "0"), "--timeout and --max-mb must be above 0"),
        (("a", "b", "--min-confidence", "2"), "--min-confidence: 2 is not between 0 and 1"),
    ],
)
def test_wrong_arguments(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 2 and words in done.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_or_not_known_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, "none", "out")
    assert (done.returncode, done.stderr) == (
        1,
        "convert.py: none: there is no such file or folder\n",
    )
    (tmp_path / "x.bin").write_bytes(b"\0\1")
    done = run(tmp_path, "x.bin", "out")
    assert done.returncode == 1 and "looks like no format" in done.stderr


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """Thirty crops of ten plates in a list of file and text."""
    (tmp_path / "crops").mkdir()
    rng = np.random.default_rng(1)
    with (tmp_path / "crops" / "list.txt").open("w") as stream:
        for number in range(30):
            image = np.full((32, 96, 3), rng.integers(0, 255), np.uint8)
            save_image(tmp_path / "crops" / f"{number}.png", image)
            stream.write(f"{number}.png AB{number % 10}CD\n")
    return tmp_path


def test_a_list_of_crops_becomes_data_for_training_split_by_text(crops: Path) -> None:
    done = run(crops, "crops/list.txt", "out", "--split", "--seed", "4")
    assert done.returncode == 0, done.stderr
    assert "30 pictures with 30 plates, 30 of them with a text" in done.stdout
    line = r"split by text: (\d+) train, (\d+) val; split by picture, (\d+) %"
    told = re.search(line, done.stdout)
    assert told is not None and (told[1], told[2]) == ("24", "6") and int(told[3]) > 50
    sides = []
    for side in ("train", "val"):
        source = StoredSource([crops / "out" / side], 1.0)
        drawn = [source.draw_closeup(np.random.default_rng(k))[1] for k in range(60)]
        sides.append({record.plates[0].text for record in drawn})
    assert len(sides[0]) == 8 and len(sides[1]) == 2 and not sides[0] & sides[1]


def test_what_was_converted_can_be_evaluated_and_cut_up(tmp_path: Path) -> None:
    done = run_here(
        tmp_path, "gen.py", "3", "--scenes", "--size", "320x240", "--workers", "1", "--region",
        "GB", "--out", "drawn",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert run(tmp_path, "drawn", "eval", "--to-format", "labels-csv").returncode == 0
    labels = read_labels(tmp_path / "eval" / "labels.csv")
    assert labels and all((tmp_path / "eval" / "images" / x.file).is_file() for x in labels)
    done = run(tmp_path, "drawn", "chars", "--to-format", "characters")
    assert done.returncode == 0 and "split by text" in done.stdout
    pictures = list((tmp_path / "chars" / "images").iterdir())
    assert len(pictures) > 4 and load_image(pictures[0]).shape[0] >= 3


CSV = "file,x,y,w,h,text,country"


def photos(folder: Path, *rows: str) -> None:
    """Write a photo and labels of plates in it."""
    save_image(folder / "a.jpg", np.full((200, 400, 3), 99, np.uint8))
    (folder / "labels.csv").write_text("\n".join([CSV, *rows]) + "\n")


@pytest.mark.parametrize(
    ("writer", "plates", "texts"),
    [("windows", 4, 3), ("voc", 4, 3), ("labels-csv", 4, 2), ("icdar", 4, 2), ("boxes-csv", 4, 3),
     ("fast-plate-ocr", 1, 1), ("text-list", 1, 1), ("lmdb", 1, 1)],
)  # fmt: skip
def test_what_was_written_is_counted_and_the_rest_is_told(
    tmp_path: Path, writer: str, plates: int, texts: int
) -> None:
    boxes = ("100,50,100,40,AB12", "10,10,20,7,CD34", "390,10,20,20,EF56", "10,90,100,40,",
             "5000,10,60,20,GH78")  # fmt: skip
    photos(tmp_path, *(f"a.jpg,{box},GB" for box in boxes))
    job = Conversion(
        source=tmp_path / "labels.csv", reader="labels-csv", out=tmp_path / "out", writer=writer
    )
    report = convert(job, PictureFinder())
    assert (report.plates, report.texts) == (plates, texts)
    assert report.passed["outside of the picture"] == 1 and report.passed.total() == 5 - plates
    found = load_reader(writer)(tmp_path / "out", PictureFinder(strict=True))
    assert sum(len(record.plates) for _, record in found) == plates


def test_nothing_that_can_be_written_is_an_error(tmp_path: Path) -> None:
    photos(tmp_path, "a.jpg,10,10,20,7,AB12,GB")
    done = run(tmp_path, "labels.csv", "out", "--to-format", "text-list")
    assert done.returncode == 1 and not (tmp_path / "out").exists()
    assert done.stderr.endswith(
        "no plate can be written as text-list (passed over, too small: 1)\n"
    )


def test_force_leaves_files_of_others(tmp_path: Path) -> None:
    photos(tmp_path, "a.jpg,10,10,60,20,AB12,GB")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "labels.jsonl").write_text("mine")
    done = run(tmp_path, "labels.csv", "out", "--force")
    assert done.returncode == 1 and "out/labels.jsonl: no earlier run wrote it" in done.stderr
    assert (tmp_path / "out" / "labels.jsonl").read_text() == "mine"
    assert not (tmp_path / "out" / "a.jpg").exists()
    (tmp_path / "out" / "labels.jsonl").unlink()
    assert run(tmp_path, "labels.csv", "out").returncode == 0
    (tmp_path / "out" / ".gen" / "convert.json").write_text("{")
    done = run(tmp_path, "labels.csv", "out", "--force")
    assert done.returncode == 1 and "convert.json: damaged; remove out" in done.stderr


def test_outputs_of_odd_names_and_the_reason_that_counts(tmp_path: Path) -> None:
    line = {"content": "b.jpg", "annotation": None}
    (tmp_path / "x.json").write_text(json.dumps(line) + "\n")
    (tmp_path / "in").mkdir()
    for folder, out in ((tmp_path, "."), (tmp_path / "in", ".."), (tmp_path, "/")):
        done = run(folder, str(tmp_path / "x.json"), out)
        assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr
    done = run(tmp_path, "x.json", "p/q/out", "--offline")
    assert done.returncode == 1 and "no picture can be had; the first: b.jpg" in done.stderr
    assert "x.json: line 1,b.jpg" in (tmp_path / "p" / "q" / "out.failures.csv").read_text()


def test_a_damaged_picture_is_told_with_the_line_of_its_label(tmp_path: Path) -> None:
    photos(tmp_path, "a.jpg,10,10,60,20,AB12,GB", "b.jpg,10,10,60,20,CD34,GB")
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "b.jpg").write_bytes(whole[: len(whole) // 2])
    assert run(tmp_path, "labels.csv", "out").returncode == 1
    with (tmp_path / "out.failures.csv").open(newline="") as stream:
        (failure,) = csv.DictReader(stream)
    assert (failure["where"], failure["picture"]) == ("labels.csv: line 3", "b.jpg")


@pytest.mark.parametrize("kept", [(), ("--keep-texts",)])
def test_half_a_character_is_an_unknown_one(tmp_path: Path, kept: tuple[str, ...]) -> None:
    save_image(tmp_path / "a.jpg", np.full((60, 120, 3), 99, np.uint8))
    box = {"label": ["plate"], "notes": "AB\ud8001", "points": points(0.1, 0.1, 0.9, 0.9)}
    line = {"content": "a.jpg", "annotation": [box]}
    (tmp_path / "x.json").write_text(json.dumps(line) + "\n")
    done = run(tmp_path, "x.json", "out", "--to-format", "labels-csv", *kept)
    assert done.returncode == 0, done.stderr
    (label,) = read_labels(tmp_path / "out" / "labels.csv")
    assert label.text == ("AB?1" if kept else "")


def test_the_pages_commands_name_formats_and_options_that_exist() -> None:
    told = run(ROOT, "--help").stdout
    assert len(COMMANDS) >= 10
    for command in COMMANDS:
        words = shlex.split(command)
        for option in (w for w in words if w.startswith("--")):
            assert re.search(rf"{option}\b", told), f"{command}: no {option}"
        for before, name in itertools.pairwise(words):
            if before in ("--to-format", "--from-format"):
                assert re.search(rf"^\*? +{name} ", told, re.M), f"{command}: no {name}"
    for name in re.findall(r"^\*?  +([\w-]+)  +", told.partition("formats:")[2], re.M):
        assert f"`{name}`" in PAGE, f"docs/convert.md does not tell of {name}"
