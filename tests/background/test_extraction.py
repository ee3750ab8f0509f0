"""Extraction of backgrounds: what is written, skipped, resumed and refused."""

import io
import json
import os
import tarfile
import zipfile

import cv2
import numpy as np
import pytest
from PIL import Image

from platewright.background.archive import Archive
from platewright.background.extraction import begin, extract
from platewright.background.photo import Crop, cut_square, load_backgrounds
from platewright.errors import ArchiveError, ConfigError, OutputError
from platewright.lock import lock
from tests.script import run_here


def photo(seed, size=(90, 120), suffix=".jpg", **options):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    image = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    out = io.BytesIO()
    kind = {".jpg": "JPEG", ".png": "PNG", ".bmp": "BMP", ".gif": "GIF"}[suffix]
    Image.fromarray(image).save(out, kind, **options)
    return out.getvalue()


def add(archive, name, data, **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(data))


def make_tar(path, files, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, data in files:
            add(archive, name, data)
    return path


def run(path, folder, **options):
    crop = Crop(size=64)
    archive = Archive(path)
    state = begin(archive, crop, folder, force=False)
    extract(archive, folder, crop, state, **options)
    return state


def names(folder):
    return sorted(p.name for p in folder.glob("*.jpg"))


def numbered(count):
    return [f"{k:08d}.jpg" for k in range(count)]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_every_packing_gives_the_same_backgrounds(tmp_path, mode):
    files = [(f"a/{k}.jpg", photo(k)) for k in range(5)]
    state = run(make_tar(tmp_path / "photos", files, mode), tmp_path / "bgs")
    assert names(tmp_path / "bgs") == numbered(5)
    assert (state.seen, state.written, state.done) == (5, 5, True)
    plain = run(make_tar(tmp_path / "plain.tar", files), tmp_path / "plain")
    assert plain.written == 5
    for name in numbered(5):
        assert (tmp_path / "bgs" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()


def test_zip_and_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.mkdir("a")
        archive.writestr("a/1.jpg", photo(1))
        archive.writestr("../../2.jpg", photo(2))
    assert run(tmp_path / "p.zip", tmp_path / "z").written == 2
    (tmp_path / "f/deep").mkdir(parents=True)
    (tmp_path / "f/deep/1.jpg").write_bytes(photo(1))
    (tmp_path / "f/2.jpg").write_bytes(photo(2))
    os.symlink(tmp_path / "p.zip", tmp_path / "f/3.jpg")
    assert run(tmp_path / "f", tmp_path / "d").written == 2


def test_a_folder_without_a_photo_is_an_error_and_blocks_nothing(tmp_path):
    (tmp_path / "f").mkdir()
    for _ in range(2):
        with pytest.raises(ArchiveError, match="f: no photo in it that can be used"):
            run(tmp_path / "f", tmp_path / "bgs")
        assert not (tmp_path / "bgs").exists()
        (tmp_path / "f/notes.txt").write_text("no photo")
    (tmp_path / "f/1.jpg").write_bytes(photo(1))
    assert run(tmp_path / "f", tmp_path / "bgs").written == 1


def test_a_hostile_tar_does_no_harm(tmp_path):
    path = tmp_path / "in" / "hostile.tar"
    path.parent.mkdir()
    whole = photo(1)
    with tarfile.open(path, "w") as archive:
        add(archive, "/etc/absolute.jpg", photo(2))
        add(archive, "../../../outside.jpg", photo(3))
        add(archive, "link.jpg", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add(archive, "hard.jpg", b"", type=tarfile.LNKTYPE, linkname="link.jpg")
        add(archive, "device.jpg", b"", type=tarfile.CHRTYPE)
        add(archive, "pipe.jpg", b"", type=tarfile.FIFOTYPE)
        add(archive, "folder.jpg", b"", type=tarfile.DIRTYPE)
        add(archive, "same.jpg", whole)
        add(archive, "same.jpg", whole)
        add(archive, "cut.jpg", whole[: len(whole) * 2 // 3])
        add(archive, "broken.jpg", whole[:200] + bytes(200) + b"\xff\xd9")
        add(archive, "text.jpg", b"no picture at all")
        add(archive, "empty.jpg", b"")
        add(archive, "tiny.jpg", photo(4, (20, 30)))
        add(archive, "bomb.png", bomb())
    before = {p for p in tmp_path.rglob("*") if p.is_file()}
    state = run(path, tmp_path / "in" / "bgs")
    assert state.written == 3
    assert dict(state.skipped) == {
        "seen before": 1,
        "damaged": 2,
        "no picture": 1,
        "empty": 1,
        "too small": 1,
        "too many pixels": 1,
    }
    assert dict(state.passed) == {"no regular file": 4}
    made = {p for p in tmp_path.rglob("*") if p.is_file()} - before
    assert {p.name for p in made} == {*numbered(3), "extract.json"}
    assert {p.parent for p in made} == {tmp_path / "in" / "bgs"}


def bomb():
    """Return a PNG of 20,000 x 20,000 pixels in a few kilobytes."""
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


def test_contents_count_not_names(tmp_path):
    files = [
        ("a.jpg", photo(1, suffix=".png")),
        ("b.jpg", photo(2, suffix=".bmp")),
        ("c.jpg", photo(3, suffix=".gif")),
        ("d", photo(4)),
    ]
    state = run(make_tar(tmp_path / "x.tar", files), tmp_path / "bgs")
    assert state.written == 4
    for name in numbered(4):
        assert cv2.imread(str(tmp_path / "bgs" / name)).shape == (64, 64, 3)


@pytest.mark.process
def test_same_bytes_with_two_workers(tmp_path):
    files = [(f"{k}.jpg", photo(k) if k % 5 else b"none") for k in range(40)]
    path = make_tar(tmp_path / "x.tar.gz", files, "w:gz")
    one, two = run(path, tmp_path / "one"), run(path, tmp_path / "two", workers=2)
    assert one == two
    assert names(tmp_path / "one") == names(tmp_path / "two") == numbered(32)
    for name in numbered(32):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_limit_then_resume_equals_one_run(tmp_path):
    files = [(f"{k}.jpg", photo(k) if k % 3 else b"none %d" % k) for k in range(12)]
    path = make_tar(tmp_path / "x.tar", files)
    assert run(path, tmp_path / "parts", limit=3).written == 3
    assert names(tmp_path / "parts") == numbered(3)
    parts, whole = run(path, tmp_path / "parts"), run(path, tmp_path / "whole")
    assert parts == whole
    assert whole.skipped["no picture"] == 4
    for name in numbered(8):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz", "w"])
@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.process)])
def test_a_cut_off_archive_keeps_what_came_before(tmp_path, mode, workers):
    files = [(f"{k}.jpg", photo(k, (200, 300))) for k in range(20)]
    path = make_tar(tmp_path / "x.tar", files, mode)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 5])
    with pytest.raises(ArchiveError, match=r"x\.tar: damaged or cut off"):
        run(path, tmp_path / "bgs", workers=workers)
    count = len(names(tmp_path / "bgs"))
    assert names(tmp_path / "bgs") == numbered(count)
    state = json.loads((tmp_path / "bgs/extract.json").read_text())
    assert state["written"] == count
    assert not state["done"]
    if mode != "w:bz2":  # whose blocks are larger than this archive
        assert count >= 5


def test_other_settings_and_other_archives_are_refused(tmp_path):
    path = make_tar(tmp_path / "x.tar", [("1.jpg", photo(1))])
    run(path, tmp_path / "bgs")
    with pytest.raises(ConfigError, match="--force"):
        begin(Archive(path), Crop(size=32), tmp_path / "bgs", force=False)
    other = make_tar(tmp_path / "y.tar", [("1.jpg", photo(1)), ("2.jpg", photo(2))])
    with pytest.raises(ConfigError, match=r"x\.tar"):
        begin(Archive(other), Crop(size=64), tmp_path / "bgs", force=False)
    begin(Archive(other), Crop(size=64), tmp_path / "bgs", force=True)
    assert names(tmp_path / "bgs") == []


def test_pictures_of_others_are_not_touched(tmp_path):
    path = make_tar(tmp_path / "x.tar", [("1.jpg", photo(1))])
    (tmp_path / "bgs").mkdir()
    (tmp_path / "bgs/00000007.jpg").write_bytes(photo(7))
    with pytest.raises(OutputError, match="--force"):
        begin(Archive(path), Crop(), tmp_path / "bgs", force=False)


def test_squares_are_cut_where_they_should_be():
    image = np.zeros((40, 100, 3), np.uint8)
    image[:, 30:70] = 255
    assert (cut_square(image, Crop(size=40), 0) == 255).all()
    places = {
        int(cut_square(image, Crop(size=40, where="random", grey=True), k).sum()) for k in range(9)
    }
    assert len(places) > 4
    again = [cut_square(image, Crop(size=40, where="random", seed=s), 3) for s in (1, 1, 2)]
    assert (again[0] == again[1]).all()
    assert (again[0] != again[2]).any()


def test_reduced_decoding_changes_next_to_nothing(tmp_path):
    data = photo(5, (1100, 1300), quality=95)
    full = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), 1), cv2.COLOR_BGR2RGB)
    path = make_tar(tmp_path / "x.tar", [("1.jpg", data)])
    archive = Archive(path)
    extract(archive, tmp_path / "b", Crop(), begin(archive, Crop(), tmp_path / "b", force=False))
    got = load_backgrounds(tmp_path / "b", grey=False)[0].astype(float)
    error = np.mean((got - cut_square(full, Crop(), 0)) ** 2)
    assert 10 * np.log10(255**2 / error) > 35


def test_load_passes_over_what_is_no_background(tmp_path):
    (tmp_path / "00000000.jpg").write_bytes(photo(1, (64, 64)))
    (tmp_path / "00000001.jpg").write_bytes(b"broken")
    (tmp_path / "00000002.jpg").write_bytes(photo(1, (16, 64)))
    assert [p.shape for p in load_backgrounds(tmp_path)] == [(64, 64)]
    assert [p.shape for p in load_backgrounds(tmp_path, grey=False)] == [(64, 64, 3)]


def test_the_script_tells_what_was_skipped(tmp_path):
    path = make_tar(tmp_path / "x.tar", [("1.jpg", photo(1, (300, 300))), ("2.jpg", b"none")])
    for number, new in ((1, "1 of them new"), (2, "0 of them new")):
        done = run_here(tmp_path, "extractbgs.py", str(path), "--workers", "1")
        assert done.returncode == 0, (number, done.stderr)
        assert "bgs: 1 picture, " + new in done.stdout
        assert "skipped, no picture: 1" in done.stdout
    missing = run_here(tmp_path, "extractbgs.py", "none.tar")
    assert missing.returncode == 1
    assert missing.stderr == "extractbgs.py: none.tar: no such archive or folder\n"


def test_two_runs_at_once_are_kept_apart(tmp_path):
    path = tmp_path / "photos"
    path.mkdir()
    (path / "a.jpg").write_bytes(photo(1))
    archive = Archive(path)
    with (
        lock(tmp_path / ".lock", "bgs"),
        pytest.raises(OutputError, match=r"another run writes there"),
    ):
        begin(archive, Crop(size=32), tmp_path, force=True)
    state = begin(archive, Crop(size=32), tmp_path, force=False)
    extract(archive, tmp_path, Crop(size=32), state)
    assert {p.name for p in tmp_path.iterdir()} == {"photos", "00000000.jpg", "extract.json"}
