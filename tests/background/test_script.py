"""extractbgs.py as a person runs it: stopped, continued, refused, cut off."""

import io
import itertools
import json
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.script import PATIENCE_S, caught, run_here, run_process

ROOT = Path(__file__).resolve().parents[2]


def photo(seed, size=(90, 120)):
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    image = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", image)[1].tobytes()


def make_tar(path, files, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for k, data in enumerate(files):
            info = tarfile.TarInfo(f"{k}.jpg")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def command(*arguments):
    return [sys.executable, str(ROOT / "extractbgs.py"), *map(str, arguments)]


def run(folder, *arguments):
    """In this process, unless workers are asked for: then in one that ends with them."""
    how = run_process if ("--workers", "2") in itertools.pairwise(arguments) else run_here
    workers = () if "--workers" in arguments else ("--workers", "1")
    return how(folder, "extractbgs.py", *map(str, arguments), *workers, "--size", "64")


def contents(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


MIXED = [photo(k) if k % 4 else photo(k)[:900] + b"\xff\xd9" for k in range(40)] + [photo(1)]


@pytest.mark.parametrize("options", [(), ("--grey",), ("--crop", "random", "--seed", "3")])
def test_any_number_of_workers_and_runs_gives_the_same_folder(tmp_path, options):
    make_tar(tmp_path / "x.tgz", MIXED)
    for workers in ("1", "2"):
        done = run(tmp_path, "x.tgz", "--out", workers, "--workers", workers, *options)
        assert (done.returncode, done.stderr) == (0, "")
    for limit, workers in (("7", "1"), ("19", "2"), ("900", "1")):
        run(tmp_path, "x.tgz", "--out", "parts", "--workers", workers, "--limit", limit, *options)
    whole = contents(tmp_path / "1")
    assert contents(tmp_path / "2") == whole
    assert contents(tmp_path / "parts") == whole
    assert sorted(whole) == [f"{k:08d}.jpg" for k in range(30)] + ["extract.json"]
    state = json.loads(whole["extract.json"])
    assert state["skipped"] == {"damaged": 10, "seen before": 1}
    found = cv2.imdecode(np.frombuffer(whole["00000000.jpg"], np.uint8), cv2.IMREAD_UNCHANGED)
    assert found.shape == ((64, 64) if "--grey" in options else (64, 64, 3))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_keeps_what_was_done_and_the_next_run_goes_on(tmp_path, workers):
    files = [photo(k, (700, 900)) for k in range(250)]
    make_tar(tmp_path / "x.tar", files, "w")
    full = run(tmp_path, "x.tar", "--out", "whole")
    assert full.returncode == 0

    def begin():
        shutil.rmtree(tmp_path / "parts", ignore_errors=True)
        line = command("x.tar", "--out", "parts", "--size", "64", "--workers", workers)
        return subprocess.Popen(
            line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def cut():
        found = len(list((tmp_path / "parts").glob("*.jpg")))
        return found if found >= 4 else 0

    process = caught(begin, cut, 150)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert "run the same command to go on" in told
    count = json.loads((tmp_path / "parts/extract.json").read_text())["written"]
    assert 4 <= count < 250
    # Killed outright, a run may leave pictures that its state doesn't know yet.
    (tmp_path / "parts" / f"{count:08d}.jpg").write_bytes(b"half")
    done = run(tmp_path, "x.tar", "--out", "parts")
    assert done.returncode == 0, done.stderr
    assert f"going on after {count} pictures" in done.stderr
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_cut_off_archive_is_told_in_one_line(tmp_path, workers):
    make_tar(tmp_path / "x.tgz", [photo(k, (200, 300)) for k in range(20)])
    data = (tmp_path / "x.tgz").read_bytes()
    (tmp_path / "x.tgz").write_bytes(data[: len(data) // 2])
    done = run(tmp_path, "x.tgz", "--workers", workers)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "extractbgs.py: x.tgz: damaged or cut off" in done.stderr
    count = len(list((tmp_path / "bgs").glob("*.jpg")))
    assert 8 <= count <= 10
    assert f"bgs: {count} pictures" in done.stdout


def test_other_settings_gone_pictures_and_a_bad_state_are_refused(tmp_path):
    make_tar(tmp_path / "x.tgz", [photo(k) for k in range(3)])
    assert run(tmp_path, "x.tgz").returncode == 0
    before = contents(tmp_path / "bgs")
    for options in (("--grey",), ("--crop", "random"), ("--seed", "1")):
        done = run(tmp_path, "x.tgz", *options)
        assert done.returncode == 2
        assert "--force" in done.stderr and len(done.stderr.splitlines()) == 1
    make_tar(tmp_path / "y.tgz", [photo(k) for k in range(4)])
    assert "made from x.tgz" in run(tmp_path, "y.tgz").stderr
    assert contents(tmp_path / "bgs") == before
    (tmp_path / "bgs/00000001.jpg").unlink()
    done = run(tmp_path, "x.tgz")
    assert done.returncode == 1
    assert "00000001.jpg is gone: --force" in done.stderr
    for bad in ("", "{}", '{"seen": "many"}', before["extract.json"].decode().replace("3", '"3"')):
        (tmp_path / "bgs/extract.json").write_text(bad)
        done = run(tmp_path, "x.tgz")
        assert done.returncode == 2
        assert "extract.json can't be read: --force" in done.stderr
    assert run(tmp_path, "x.tgz", "--force").returncode == 0
    assert contents(tmp_path / "bgs") == before


def test_force_removes_what_is_ours_alone(tmp_path):
    make_tar(tmp_path / "x.tgz", [photo(k) for k in range(3)])
    assert run(tmp_path, "x.tgz").returncode == 0
    for name in ("2024-party.jpg", "00000001.png", "notes.txt"):
        (tmp_path / "bgs" / name).write_text("mine")
    make_tar(tmp_path / "y.tgz", [photo(9)])
    assert run(tmp_path, "y.tgz", "--force").returncode == 0
    left = {"00000000.jpg", "extract.json", "2024-party.jpg", "00000001.png", "notes.txt"}
    assert set(contents(tmp_path / "bgs")) == left


def test_results_inside_the_folder_that_is_read(tmp_path):
    for k in range(3):
        (tmp_path / f"{k}.jpg").write_bytes(photo(k))
    for new in (3, 0):
        done = run(tmp_path, ".")
        assert done.returncode == 0, done.stderr
        assert f"bgs: 3 pictures, {new} of them new" in done.stdout


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path):
    make_tar(tmp_path / "x.tgz", [photo(1)])
    (tmp_path / "bgs").write_text("mine")
    done = run(tmp_path, "x.tgz")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "bgs" in done.stderr
    assert (tmp_path / "bgs").read_text() == "mine"
