"""gen.py as a person runs it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from platewright.image import load_image, save_image
from platewright.records import SceneRecord
from platewright.region import load_region

ROOT = Path(__file__).resolve().parents[1]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "gen.py"), *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gen")
    done = run(folder, "40", "--seed", "3", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "drawing backgrounds (photos are better)" in done.stderr
    assert re.match(r"test: 40 pictures and labels\.jsonl, \d+ a second\n", done.stdout)
    return folder / "test"


def test_pictures_and_records_belong_together(drawn: Path) -> None:
    lines = [json.loads(line) for line in (drawn / "labels.jsonl").read_text().splitlines()]
    assert len(lines) == 40
    assert {p.name for p in drawn.iterdir()} == {"labels.jsonl", *(x["file"] for x in lines)}
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
    done = run(tmp_path, "40", "--seed", "3", "--workers", "2")
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
        "gen.py: test holds 3 drawn files: --force replaces them, or --out"
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
        (["0"], 2, "N must be at least 1, not 0"),
        (["five"], 2, "invalid int value: 'five'"),
        (["5", "--workers", "0"], 2, "--workers must be at least 1"),
        (["5", "--seed", "-1"], 2, "--seed can't be negative"),
        (["5", "--size", "64"], 2, "--size is WIDTHxHEIGHT"),
        (["5", "--size", "9x9"], 2, "16 to 8192 each"),
        (["5", "--grey", "--colour"], 2, "not allowed with argument"),
        (["5", "--region", "GB,XX"], 2, "--region: no region XX; known: "),
        (["5", "--out", "file"], 1, "file"),
        (["--sheet", "file"], 1, "file exists: --force replaces it"),
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
    out, until = tmp_path / "test", time.monotonic() + 60
    while time.monotonic() < until and len(list(out.glob("*.png"))) < 5:
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert said.splitlines()[-1] == "gen.py: stopped"
    assert "Traceback" not in said
    lines = [json.loads(x) for x in (out / "labels.jsonl").read_text().splitlines()]
    names = {p.name for p in out.iterdir()}
    assert {x["file"] for x in lines} <= names
    for line in lines[:20]:
        assert load_image(out / line["file"]).shape[:2] == (64, 128)
    assert not [n for n in names if n.endswith(".part")]
