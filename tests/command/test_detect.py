"""detect.py as a person runs it, with a detector that finds white rectangles."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from platewright.command import run_command
from platewright.errors import WeightsError
from platewright.geometry import quad_of_box
from platewright.image import load_image, save_image
from platewright.reading import choice as choice_module
from platewright.reading.settings import ACCEPTED, DetectorSettings
from platewright.record import Character, Reading

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., int]


class WhiteRectangles:
    """Reads the white pixels' box as AB12; a photo wider than 500 pixels is Ctrl-C."""

    loaded: list[tuple[Path, object, int]]
    presence = 0.99

    def __init__(self, network: tuple[Path, int], settings: object = None) -> None:
        self.loaded.append((network[0], settings, network[1]))

    def read(self, image: np.ndarray) -> list[Reading]:
        if image.shape[1] > 500:
            raise KeyboardInterrupt
        rows, columns = np.nonzero((image > 240).all(axis=-1))
        if not rows.size:
            return []
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        characters = tuple(Character(char=c, probability=0.9) for c in "AB12")
        return [
            Reading(
                text="AB12", confidence=0.9**4, presence=self.presence,
                quad=quad_of_box(box), characters=characters,
            )
        ]  # fmt: skip


def open_file(path: Path, threads: int = 1) -> tuple[Path, int]:
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file")
    return path, threads


def make_photo(path: Path, *, plate: bool = True, width: int = 320) -> Path:
    rgb = np.full((240, width, 3), 70, np.uint8)
    if plate:
        rgb[100:120, 80:160] = 255
    save_image(path, rgb)
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(choice_module, "load_network", open_file)
    monkeypatch.setattr(choice_module, "detector_of", WhiteRectangles)
    monkeypatch.setattr(choice_module, "default_choice", lambda weights: "line")
    WhiteRectangles.loaded = []
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.npz").touch()

    def run_it(*arguments: str) -> int:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["detect.py", *arguments])
        with pytest.raises(SystemExit) as left:
            run_command("detect")
        return int(left.value.code or 0)

    return run_it


def test_the_basic_command(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_photo(tmp_path / "in.png")
    assert run("in.png", "weights.npz", "out.jpg") == 0
    out, err = capsys.readouterr()
    assert "AB12" in out
    assert "65.6%" in out
    assert "79 99 161 121" in out  # with room
    assert err == ""
    drawn = load_image(tmp_path / "out.jpg")
    assert drawn.shape == (240, 320, 3)
    assert np.abs(drawn.astype(int) - load_image(tmp_path / "in.png")).mean() > 0.5


def test_nothing_is_overwritten_without_force(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_photo(tmp_path / "in.png")
    assert run("in.png", "weights.npz", "out.jpg") == 0
    before = (tmp_path / "out.jpg").read_bytes()
    make_photo(tmp_path / "in.png", plate=False)
    assert run("in.png", "weights.npz", "out.jpg") == 1
    assert capsys.readouterr().err == (
        "detect.py: out.jpg: there already; give another name or --force\n"
    )
    assert (tmp_path / "out.jpg").read_bytes() == before
    assert run("in.png", "weights.npz", "out.jpg", "--force") == 0
    assert (tmp_path / "out.jpg").read_bytes() != before


def test_a_photo_never_becomes_its_own_result(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_photo(tmp_path / "in.png")
    before = (tmp_path / "in.png").read_bytes()
    assert run("in.png", "weights.npz", "in.png", "--force") == 2
    for read in ("in.png", "weights.npz"):
        assert run("in.png", "weights.npz", "--json", read, "--force") == 2
    assert run(".", "weights.npz", ".", "--force") == 2
    assert "is what is read" in capsys.readouterr().err
    assert run("in.png", "weights.npz", "x.png", "--json", "x.png") == 2
    assert (tmp_path / "in.png").read_bytes() == before


def test_photo_without_a_plate(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_photo(tmp_path / "empty.png", plate=False)
    assert run("empty.png", "weights.npz", "--json", "empty.json") == 0
    assert "(no plate)" in capsys.readouterr().out
    content = json.loads((tmp_path / "empty.json").read_text())
    assert content["plates"] == []
    assert (content["width"], content["height"]) == (320, 240)


def test_bundled_weights_and_settings(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo(tmp_path / "in.png")
    options = ["--threads", "3", "--min-height", "9", "--min-presence", "0.25"]
    assert run("in.png", "weights.npz", *options) == 0
    path, settings, threads = WhiteRectangles.loaded[0]
    assert (path, threads) == (Path("weights.npz"), 3)
    assert isinstance(settings, DetectorSettings)
    assert (settings.min_height, settings.min_presence) == (9, 0.25)
    assert settings.min_confidence == 0 and settings.accept == ACCEPTED == 0.7
    assert settings.regions == ()
    run(
        "in.png",
        "weights.npz",
        "--min-confidence",
        "0.1",
        "--accept",
        "0.8",
        "--region",
        "gb,us-CA",
    )
    assert WhiteRectangles.loaded[1][1].min_confidence == 0  # what is found is sifted afterwards
    assert WhiteRectangles.loaded[1][1].accept == 0.8
    assert WhiteRectangles.loaded[1][1].regions == ("GB", "US-CA")
    run("in.png")
    # Without weights the bundled ones beside the script, be they there or not.
    assert [p for p, _, _ in WhiteRectangles.loaded[2:]] in ([], [ROOT / "weights.onnx"])


def test_folder_with_a_bad_photo(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    make_photo(photos / "b.jpg")
    make_photo(photos / "a.png", plate=False)
    (photos / "broken.jpg").write_bytes(b"")
    (photos / "notes.txt").write_text("not a photo")
    assert run("photos", "weights.npz", "out") == 1
    out, err = capsys.readouterr()
    assert "photos/broken.jpg: the file is empty" in err
    assert "1 of 3 photos not read" in err
    assert out.index("a.png") < out.index("b.jpg")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "a.png",
        "b.jpg",
        "readings.jsonl",
    ]
    lines = [
        json.loads(line) for line in (tmp_path / "out/readings.jsonl").read_text().split("\n")[:-1]
    ]
    assert [(line["file"], len(line["plates"])) for line in lines] == [("a.png", 0), ("b.jpg", 1)]
    assert run("photos", "weights.npz", "out") == 1
    assert "there already" in capsys.readouterr().err


def test_several_photos_of_the_same_name(run: Run, tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        make_photo(tmp_path / folder / "car.png")
    assert run("x/car.png", "y/car.png", "weights.npz", "out") == 0
    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names == ["car-2.png", "car.png", "readings.jsonl"]
    lines = (tmp_path / "out/readings.jsonl").read_text().splitlines()
    assert [json.loads(line)["file"] for line in lines] == ["x/car.png", "y/car.png"]


def test_what_is_no_plate_most_likely_is_shown_when_asked_for(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_photo(tmp_path / "in.png")
    monkeypatch.setattr(WhiteRectangles, "presence", 0.75)
    for options, shown in (
        ([], 0), (["--all"], 1), (["--min-presence", "0.7"], 1),
        (["--min-presence", "0.7", "--min-confidence", "0.7"], 0),
    ):  # fmt: skip
        written = ["--json", "in.json", "--csv", "in.csv", "--force"]
        assert run("in.png", "weights.npz", "out.png", *written, *options) == 0
        out, err = capsys.readouterr()
        assert out.count("AB12") == shown and out.count("(no plate)") == 1 - shown
        assert len(json.loads((tmp_path / "in.json").read_text())["plates"]) == shown
        assert (tmp_path / "in.csv").read_text().count("AB12") == shown
        drawn = load_image(tmp_path / "out.png") != load_image(tmp_path / "in.png")
        assert drawn.any() == bool(shown)
        told = "" if shown else "detect.py: 1 reading that is no plate most likely: --all\n"
        assert err == told


def test_folders_within_folders_keep_their_places(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("b.png", "day/a.png", "day/late/a.png", ".thumbs/a.png", "day/notes.txt"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        make_photo(tmp_path / "photos" / name) if name.endswith("png") else None
    names = ["b.png", "day/a.png", "day/late/a.png"]
    for _ in range(2):  # the second time results lie among the photos, and are none
        assert run("photos", "weights.npz", "photos/out", "--force") == 0
        out = tmp_path / "photos" / "out"
        lines = (out / "readings.jsonl").read_text().splitlines()
        assert [json.loads(line)["file"] for line in lines] == names
        assert sorted(str(p.relative_to(out)) for p in out.rglob("*.png")) == names
    assert capsys.readouterr().err == ""


def test_patterns_and_stdin_are_photos(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a1.png", "a2.png", "b.png", "a3.txt", "[x].png"):
        make_photo(tmp_path / name) if name.endswith("png") else (tmp_path / name).touch()
    assert run("a*", "weights.npz", "--json", "a.json") == 0
    assert [one["file"] for one in json.loads((tmp_path / "a.json").read_text())] == [
        "a1.png",
        "a2.png",
    ]
    assert run("[x].png", "weights.npz", "x.jpg") == 0  # a file of that name is no pattern
    assert run("c*.png", "weights.npz") == 1
    assert "c*.png: no photo fits that" in capsys.readouterr().err
    for output, name in (("s.jpg", "s.jpg"), ("folder", "folder/stdin.jpg")):
        data = io.BytesIO((tmp_path / "b.png").read_bytes())
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=data))
        assert run("-", "weights.npz", output, "--json", f"{output}.json") == 0
        assert json.loads((tmp_path / f"{output}.json").read_text())["file"] == "stdin"
        assert (tmp_path / name).is_file()
    assert "folder: a folder, as the name has no ending such as .jpg" in capsys.readouterr().err
    assert run("-", "weights.npz") == 1  # all of it was read
    assert "stdin: the file is empty" in capsys.readouterr().err


def test_interruption_keeps_what_was_read(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    for name, width in (("a.png", 320), ("b.png", 320), ("c.png", 600), ("d.png", 320)):
        make_photo(tmp_path / "photos" / name, width=width)
    assert run("photos", "weights.npz", "out") == 130
    out, err = capsys.readouterr()
    assert err.endswith("detect.py: stopped\n")
    assert out.count("AB12") == 2
    lines = (tmp_path / "out/readings.jsonl").read_text().splitlines()
    assert [json.loads(line)["file"] for line in lines] == ["a.png", "b.png"]
    assert len(list((tmp_path / "out").iterdir())) == 3
    make_photo(tmp_path / "photos/c.png")
    (tmp_path / "photos/b.png").write_bytes(b"damaged, had it to be read again")
    assert run("photos", "weights.npz", "out") == 1
    assert "; --resume reads what is missing\n" in capsys.readouterr().err
    assert run("photos", "weights.npz", "out", "--resume", "--csv", "all.csv") == 0
    out, _ = capsys.readouterr()
    assert out.count("AB12") == 4
    lines = (tmp_path / "out/readings.jsonl").read_text().splitlines()
    assert [json.loads(line)["file"] for line in lines] == ["a.png", "b.png", "c.png", "d.png"]
    assert (tmp_path / "all.csv").read_text().count("AB12") == 4
    assert len(list((tmp_path / "out").iterdir())) == 5


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.png", "weights.npz"], 1, "nowhere.png: can't be read: No such file"),
        (["in.png", "nowhere.npz", "out.jpg"], 1, "nowhere.npz: no such weights file"),
        (["in.png", "weights.npz", "out.xyz"], 2, "out.xyz: the output must end in one of"),
        (["in.png", "in2.png", "weights.npz", "out.jpg"], 2, "several photos need a folder"),
        (["in.png", "in2.png", "weights.npz", "in3.txt"], 2, "is a folder"),
        (["in.png", "out.jpg"], 2, "out.jpg: no such photo; an output stands after the weights"),
        (["weights.npz", "out.jpg"], 2, "no photo before the weights"),
        (["in.png", "weights.npz", "other.onnx"], 2, "two weights files"),
        (["in.png", "weights.npz", "a.jpg", "b.jpg"], 2, "more than one output"),
        (["in.png", "weights.npz", "a.jpg", "-o", "b.jpg"], 2, "more than one output"),
        (["in.png", "weights.npz", "out.jpg", "--resume"], 2, "--resume goes on with an output"),
        (["in.png", "weights.npz", "out", "--address", "tcp://x"], 2, "add --engine dask"),
        (["in.png", "--engine", "ray", "--show-attention", "a.png"], 2, "leave out --engine"),
        (["in.png", "--workers", "0"], 2, "must be at least 1"),
        (["in.png", "--threads", "0"], 2, "0 is not between 1 and 256"),
        (["in.png", "--min-presence", "nan"], 2, "nan is not between 0 and 1"),
        (["in.png", "--min-height", "x"], 2, "invalid int value: 'x'"),
        (["nothing", "weights.npz", "out"], 1, "nothing: no photo in it"),
        ([], 2, "required"),
        (["http://here/a.jpg"], 2, "http://here/a.jpg: an address, not a file; nothing is fetched"),
        (["clip.MP4", "weights.npz"], 2, "clip.MP4: a video; watch.py reads it: python watch.py"),
        (["-", "-", "weights.npz"], 2, "stdin can be read once"),
    ],
)
def test_what_a_user_gets_wrong(
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    (tmp_path / "nothing").mkdir()
    (tmp_path / "in3.txt").touch()
    make_photo(tmp_path / "in.png")
    make_photo(tmp_path / "in2.png")
    assert run(*arguments) == code
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err
    assert not list(tmp_path.glob("out*"))


def test_an_error_at_once_leaves_nothing_and_what_was_there(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    (tmp_path / "old.csv").write_text("earlier\n")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "readings.jsonl").write_text("{}\n")
    make_photo(tmp_path / "in.png")
    files = ["--jsonl", "a/b/x.jsonl", "--json", "a/x.json", "--coco", "c/x.json", "--force"]
    before = sorted(tmp_path.rglob("*"))
    assert run("bad.png", "weights.npz", "o/x.png", "--csv", "old.csv", *files) == 1
    assert run("in.png", "nowhere.npz", "o/x.png", "--csv", "old.csv", *files) == 1
    assert run("in.png", "bad.png", "nowhere.npz", "old", "--workers", "1", "--resume") == 1
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "old.csv").read_text() == "earlier\n"
    assert (tmp_path / "old" / "readings.jsonl").read_text() == "{}\n"
