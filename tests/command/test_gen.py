"""gen.py as a person runs it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from platewright.image import load_image, save_image
from platewright.record import SceneRecord
from platewright.region import load_region
from tests.script import PATIENCE_S, Done, below, caught, run_here, run_process, wait_until

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, *arguments: str) -> Done:
    return run_here(folder, "gen.py", *arguments)


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gen")
    done = run(folder, "40", "--seed", "3", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "drawing backgrounds (photos are better)" in done.stderr
    assert re.match(r"test: 40 pictures and labels\.jsonl, [\d.]+ a second\n", done.stdout)
    return folder / "test"


def test_pictures_and_records_belong_together(drawn: Path) -> None:
    lines = [json.loads(line) for line in (drawn / "labels.jsonl").read_text().splitlines()]
    assert len(lines) == 40
    assert {p.name for p in drawn.iterdir()} == {
        ".gen",
        "labels.jsonl",
        *(x["file"] for x in lines),
    }
    for index, line in enumerate(lines):
        record = SceneRecord.from_dict(line)
        text = record.plates[0].text if record.plates else ""
        assert line["file"] == f"{index:08d}_{text}_{int(bool(record.presence))}.png"
        assert record.seed == (3, index)
        picture = load_image(drawn / line["file"])
        assert picture.shape[:2] == (64, 128) == record.size
        assert np.ptp(picture, axis=-1).max() == 0  # grey by default
    assert 10 < sum(x["presence"] for x in lines) < 36


def test_two_workers_write_the_same_bytes(drawn: Path, tmp_path: Path) -> None:
    done = run_process(tmp_path, "gen.py", "40", "--seed", "3", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "test") == contents(drawn)


def test_more_pictures_begin_with_the_same_and_another_seed_does_not(
    drawn: Path, tmp_path: Path
) -> None:
    run(tmp_path, "45", "--seed", "3", "--workers", "1", "--out", "more")
    more, fewer = contents(tmp_path / "more"), contents(drawn)
    labels = fewer.pop("labels.jsonl")
    assert more["labels.jsonl"].startswith(labels)
    assert all(more[name] == data for name, data in fewer.items())
    run(tmp_path, "3", "--seed", "4", "--workers", "1", "--out", "other")
    other = [x for x in contents(tmp_path / "other").values() if x[:4] == b"\x89PNG"]
    assert not set(other) & set(fewer.values())


def test_scenes_of_a_region_in_colour_with_a_sheet(tmp_path: Path) -> None:
    done = run(
        tmp_path, "5", "--scenes", "--size", "200x150", "--region", "GB,IN", "--sheet", "sheet.png",
        "--workers", "1", "--out", "scenes",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "sheet.png: 5 pictures" in done.stdout
    sheet = load_image(tmp_path / "sheet.png")
    assert sheet.shape == (2 * 154 + 4, 3 * 204 + 4, 3)
    plates = 0
    for index, line in enumerate((tmp_path / "scenes" / "labels.jsonl").read_text().splitlines()):
        record = SceneRecord.from_dict(json.loads(line))
        assert record.presence is None and record.size == (150, 200)
        picture = load_image(tmp_path / "scenes" / f"{index:08d}.png")
        assert picture.shape == (150, 200, 3) and np.ptp(picture, axis=-1).max() > 0
        for plate in record.plates:
            plates += 1
            assert plate.region in ("GB", "IN") and load_region(plate.region).match(plate.text)
        y, x = 4 + index // 3 * 154, 4 + index % 3 * 204
        assert (sheet[y : y + 150, x : x + 200] == picture).all()
    assert plates > 0


def test_photos_are_used_where_there_are_some(tmp_path: Path) -> None:
    (tmp_path / "bgs").mkdir()
    save_image(tmp_path / "bgs" / "00000000.jpg", np.full((256, 256, 3), 77, np.uint8))
    done = run(tmp_path, "2", "--workers", "1")
    assert done.returncode == 0 and done.stderr == ""


def test_nothing_is_replaced_without_force_and_only_its_own_with_it(
    drawn: Path, tmp_path: Path
) -> None:
    out = tmp_path / "test"
    out.mkdir()
    kept = {"notes.txt": b"mine", "00000001.jpg": b"mine", "labels.jsonl.bak": b"mine"}
    for name, data in kept.items():
        (out / name).write_bytes(data)
    assert run(tmp_path, "2", "--workers", "1", "--seed", "3").returncode == 0
    before = contents(out)
    assert set(kept) < set(before)
    done = run(tmp_path, "1", "--workers", "1")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "gen.py: test holds the data set of another command (count 2, not 1; seed 3, not 0): "
        "--force starts anew, or name another --out"
    )
    assert contents(out) == before
    assert run(tmp_path, "1", "--workers", "1", "--force", "--seed", "9").returncode == 0
    after = contents(out)
    assert {name: after[name] for name in kept} == kept
    assert len(after) == len(kept) + 2
    assert after["labels.jsonl"] != before["labels.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "say how many pictures to draw, or name a --sheet"),
        (["0"], 2, "N: must be at least 1, not 0"),
        (["five"], 2, "invalid int value: 'five'"),
        (["5", "--workers", "0"], 2, "--workers: must be at least 1"),
        (["5", "--seed", "-1"], 2, "--seed: must be at least 0"),
        (["5", "--size", "64"], 2, "--size: give WIDTHxHEIGHT"),
        (["5", "--size", "9x9"], 2, "16 to 8192 each"),
        (["5", "--grey", "--colour"], 2, "not allowed with argument"),
        (["5", "--region", "GB,XX"], 2, "--region: no region XX; known: "),
        (["5", "--region", "none.toml"], 2, "none.toml"),
        (["5", "--format", "coco,magic"], 2, "--format: no format 'magic'; known: windows, "),
        (["5", "--shard-size", "0"], 2, "--shard-size: must be at least 1"),
        (["5", "--engine", "cloud"], 2, "invalid choice: 'cloud'"),
        (["5", "--address", "tcp://127.0.0.1:9"], 2, "add --engine dask or --engine ray"),
        (["5", "--out", "nokind://x/y"], 2, "fsspec knows no nokind://"),
        (["5", "--out", "file", "--format", "coco"], 1, "file"),
        (["5", "--out", "file"], 1, "file"),
        (["--sheet", "file"], 1, "file: there already; give another name or --force"),
    ],
)
def test_what_is_off_is_told(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    (tmp_path / "file").write_text("mine")
    done = run(tmp_path, *arguments)
    assert done.returncode == code, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("gen.py: ") and message in last
    assert "Traceback" not in done.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"file"}
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_ends_cleanly_and_keeps_whole_pictures(tmp_path: Path, workers: str) -> None:
    command = [sys.executable, str(ROOT / "gen.py"), "1000000", "--workers", workers]
    running = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    out = tmp_path / "test"
    wait_until(lambda: len(list(out.glob("*.png"))) >= 5, running)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 130
    # On a busy machine Python's own tracker of shared memory may have a word after it.
    assert "gen.py: stopped" in said.splitlines() and "Traceback" not in said
    lines = [json.loads(x) for x in (out / "labels.jsonl").read_text().splitlines()]
    names = {p.name for p in out.iterdir()}
    assert {x["file"] for x in lines} <= names
    for line in lines[:20]:
        assert load_image(out / line["file"]).shape[:2] == (64, 128)
    assert not [n for n in names if n.endswith(".part")]


def shards(folder: Path) -> set[str]:
    return {p.name for p in (folder / ".gen").glob("[0-9]*.done")}


def tree(folder: Path) -> dict[str, bytes]:
    """Return all files of a data set but the books of its run."""
    names = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {n: p.read_bytes() for n, p in sorted(names.items()) if not n.startswith(".gen/")}


def test_shards_hold_what_one_pass_writes(drawn: Path, tmp_path: Path) -> None:
    options = ["40", "--seed", "3", "--shard-size", "15", "--engine", "local", "--workers", "2"]
    done = run_process(tmp_path, "gen.py", *options, "--out", "sharded")
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"sharded: 40 pictures as windows in 3 shards, [\d.]+ a second\n$", done.stdout
    )
    assert tree(tmp_path / "sharded") == contents(drawn)
    again = run(tmp_path, *options, "--out", "sharded")
    assert again.returncode == 0
    assert again.stdout.endswith("sharded: 40 pictures: all there already\n")
    other = run(tmp_path, *options, "--out", "sharded", "--seed", "4")
    assert other.returncode == 1
    assert "another command (seed 3, not 4): --force starts anew" in other.stderr.splitlines()[-1]
    forced = run(tmp_path, "3", "--out", "sharded", "--force", "--workers", "1", "--seed", "3")
    assert forced.returncode == 0, forced.stderr
    lines = (tmp_path / "sharded" / "labels.jsonl").read_text().splitlines()
    files = [json.loads(line)["file"] for line in lines]
    assert len(files) == 3 and set(tree(tmp_path / "sharded")) == {"labels.jsonl", *files}
    assert not shards(tmp_path / "sharded")


def test_several_formats_and_a_url_in_one_pass(tmp_path: Path) -> None:
    done = run(
        tmp_path, "12", "--format", "coco,tfrecord,webdataset", "--scenes", "--size", "160x120",
        "--workers", "1", "--out", f"file://{tmp_path}/set",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = {p.name for p in (tmp_path / "set").iterdir()}
    assert names == {".gen", "coco", "tfrecord", "webdataset"}
    assert [p.name for p in (tmp_path / "set" / "webdataset").iterdir()] == ["00000.tar"]


def workers_of(pid: int) -> list[int]:
    found = []
    for each in below(pid):
        with contextlib.suppress(OSError):  # it has just ended
            if b"popen_loky_posix" in Path(f"/proc/{each}/cmdline").read_bytes():
                found.append(each)
    return found


SMALL = ["120", "--seed", "3", "--shard-size", "12"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What `SMALL` gives."""
    folder = tmp_path_factory.mktemp("undisturbed")
    done = run(folder, *SMALL, "--workers", "1")
    assert done.returncode == 0, done.stderr
    return tree(folder / "test")


def stopped(folder: Path) -> subprocess.Popen[str]:
    """Return a run of `SMALL` that has some of its ten shards in `out`, stopped there."""

    def begin() -> subprocess.Popen[str]:
        shutil.rmtree(folder / "out", ignore_errors=True)
        return subprocess.Popen(
            [sys.executable, str(ROOT / "gen.py"), *SMALL, "--workers", "2", "--out", "out"],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip

    # As many again and two more are handed out, which the workers may draw meanwhile.
    return caught(begin, lambda: len(shards(folder / "out")), 4)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_killed_worker_costs_no_whole_shard_and_no_byte(
    tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    running = stopped(tmp_path)
    victims = workers_of(running.pid)
    books = tmp_path / "out" / ".gen"
    kept = {name: (books / name).stat().st_mtime_ns for name in shards(tmp_path / "out")}
    assert len(victims) == 2 and 0 < len(kept) < 10
    os.kill(victims[0], signal.SIGKILL)
    running.send_signal(signal.SIGCONT)
    out, said = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, said
    told = [line for line in said.splitlines() if line.startswith("a worker died")]
    assert len(told) == 1 and "Traceback" not in said
    assert "120 pictures as windows in 10 shards" in out
    for name, when in kept.items():  # not drawn again
        assert (books / name).stat().st_mtime_ns == when
    assert tree(tmp_path / "out") == undisturbed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_goes_on_with_the_next_shard(
    tmp_path: Path, number: signal.Signals, undisturbed: dict[str, bytes]
) -> None:
    running = stopped(tmp_path)
    if number == signal.SIGINT:  # as a terminal does: to all of them
        os.killpg(running.pid, number)
        running.send_signal(signal.SIGCONT)
    else:
        running.send_signal(number)
    _, said = running.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in said
    if number == signal.SIGINT:
        # On a busy machine Python's own tracker of shared memory may have a word after it.
        assert running.returncode == 130 and "gen.py: stopped" in said.splitlines()
        assert not list((tmp_path / "out" / ".gen").glob("*.part"))
    there = len(shards(tmp_path / "out"))
    assert 0 < there < 10
    done = run_process(tmp_path, "gen.py", *SMALL, "--workers", "2", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert re.search(r"in 10 shards \(\d of them were there\)", done.stdout)
    assert tree(tmp_path / "out") == undisturbed


def test_a_region_file_of_ones_own_is_checked_and_drawn(tmp_path: Path) -> None:
    (tmp_path / "GB.toml").write_text((ROOT / "regions" / "GB.toml").read_text())
    done = run(tmp_path, "--check", "GB.toml")
    assert done.returncode == 0, done.stderr
    assert re.match(r"GB: fine, \d+ series; draws \w+, .*\.\.\.\n$", done.stdout)
    done = run(tmp_path, "3", "--region", "GB.toml", "--workers", "1")
    assert done.returncode == 0, done.stderr
    (tmp_path / "bad.toml").write_text("weight = 1\ncolour = 3\n")
    done = run(tmp_path, "--check", "bad.toml")
    assert done.returncode == 1 and "bad.toml" in done.stdout and "Traceback" not in done.stderr


THAI = """
code = "TH"
name = "Thailand"
source = "Ministerial regulation 2004"
letters = "กขค"
[[series]]
name = "car"
height_mm = 150
width_mm = 340
background = "#f4f4f2"
foreground = "#101010"
glyph_height_mm = 75
syntaxes = ["DLL DDDD"]
"""


@pytest.mark.parametrize(
    "arguments", [["2"], ["--sheet", "a.png"], ["--plates", "a.png"], ["--check", "TH.toml"]]
)
def test_a_region_without_ink_is_refused_by_its_characters(
    tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "TH.toml").write_text(THAI, "utf-8")
    done = run(tmp_path, *arguments, "--region", "TH.toml")
    assert done.returncode == 1
    assert "no face has ink for ก ข ค; add one that has" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["TH.toml"]


def test_faces_of_ones_own_are_added_and_bad_ones_are_named(tmp_path: Path) -> None:
    faces = tmp_path / "mine"
    faces.mkdir()
    with TTFont(ROOT / "fonts" / "Barlow-SemiBold.ttf") as font:
        for table in font["cmap"].tables:
            for code in range(ord("A"), ord("Z") + 1):
                table.cmap.pop(code, None)
        font.save(faces / "DigitsOnly.ttf")
    text = THAI.replace('letters = "กขค"', "").replace(
        "[[series]]", '[[series]]\nfaces = "Digits*"'
    )
    (tmp_path / "TH.toml").write_text(text, "utf-8")
    usual = ("--region", "TH.toml", "--fonts", "mine", "--scenes", "--workers", "2")
    done = run_process(tmp_path, "gen.py", "4", *usual)
    assert done.returncode == 0, done.stderr
    assert "mine: DigitsOnly" in done.stderr
    lines = [json.loads(x) for x in (tmp_path / "test" / "labels.jsonl").read_text().splitlines()]
    used = {plate["drawn"]["style"]["face"] for line in lines for plate in line["plates"]}
    assert "DigitsOnly" in used
    assert run_process(tmp_path, "gen.py", "--check", "TH.toml", "--fonts", "mine").returncode == 0
    (faces / "Broken.ttf").write_bytes(b"no font")
    done = run_process(tmp_path, "gen.py", "2", *usual, "--force")
    assert done.returncode == 1 and "Broken.ttf: not a font" in done.stderr


@pytest.mark.slow
def test_a_sample_is_explained_and_plates_are_shown(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "--explain",
        "5",
        "--plates",
        "plates.png",
        "--marks",
        "marks.png",
        "--region",
        "GB,DE",
    )
    assert done.returncode == 0, done.stderr
    picture = load_image(tmp_path / "explain.png")
    assert picture.shape[0] > 500 and picture.shape[1] > 1000
    assert load_image(tmp_path / "plates.png").shape[1] > 1500
    assert load_image(tmp_path / "marks.png").shape[0] > 1000
    again = run(tmp_path, "--explain", "5")
    assert again.returncode == 1 and "explain.png: there already; give another" in again.stderr


def test_presets_and_settings_change_the_drawings(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("[light]\nnight = 1.0\n[windows]\nempty = 0\n")
    for name, options in {
        "plain": (), "night": ("--preset", "night"), "mine": ("--settings", "my.toml"),
    }.items():  # fmt: skip
        done = run(tmp_path, "16", "--out", name, "--workers", "1", *options)
        assert done.returncode == 0, done.stderr
    records = {
        name: [json.loads(t) for t in (tmp_path / name / "labels.jsonl").read_text().splitlines()]
        for name in ("plain", "night", "mine")
    }
    nights = {n: sum("night" in r["drawn"]["camera"] for r in rs) for n, rs in records.items()}
    assert nights["night"] == nights["mine"] == 16 > nights["plain"]
    assert all(r["plates"] for r in records["mine"])  # no window is empty
    for options, said in (
        (("--preset", "dawn"), "no preset dawn"),
        (("--settings", "none.toml"), "none.toml: No such file"),
    ):
        done = run(tmp_path, "2", "--out", "none", *options)
        assert done.returncode in (1, 2) and said in done.stderr
        assert "Traceback" not in done.stderr and not (tmp_path / "none").exists()


@pytest.mark.process
def test_a_plate_is_posed_as_often_as_asked_for(tmp_path: Path) -> None:
    for poses in (1, 3):
        out = f"poses{poses}"
        done = run(tmp_path, "18", "--poses", str(poses), "--out", out, "--workers", "2")
        assert done.returncode == 0, done.stderr
        lines = (tmp_path / out / "labels.jsonl").read_text().splitlines()
        texts = [[p["text"] for p in json.loads(line)["plates"]] for line in lines]
        groups = [{t for group in texts[k : k + poses] for t in group} for k in range(0, 18, poses)]
        assert all(len(group) <= 1 for group in groups)
        assert len(set().union(*groups)) > 0.8 * len([g for g in groups if g])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["2", "--video", "--preset", "night"], "--video draws no pictures: leave out --preset"),
        (["2", "--video", "--sheet", "a.png"], "--video draws no pictures: leave out --sheet"),
        (["2", "--video", "--shard-size", "1"], "leave out --shard-size"),
        (["2", "--scenes", "--poses", "2"], "--poses is of windows: leave it or --scenes out"),
        (["--sheet", "a.txt"], "a.txt: the output must end in one of .jpg"),
        (["--marks", "marks"], "marks: the output must end in one of .jpg"),
    ],
)
def test_what_goes_not_together_is_told_before_anything_is_drawn(
    tmp_path: Path, line: list[str], said: str
) -> None:
    done = run(tmp_path, *line)
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
    assert not list(tmp_path.iterdir())
