"""Stored data sets read back in any order."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from platewright.dataset.index import IndexedSet, open_indexed
from platewright.dataset.textfile import LONGEST_LINE, scene_of
from platewright.errors import DatasetError
from platewright.generation.engine import Engine
from platewright.generation.job import DrawingJob, draw_sample
from platewright.generation.shard import ShardJob, assemble
from platewright.record import MAX_LINES
from platewright.synth.scene import SceneSettings

Make = Callable[..., ShardJob]


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, ShardJob]]:
    """Six scenes and six windows, each in both forms, in two shards."""
    found = {}
    for kind, size in (("scenes", (90, 160)), ("windows", (64, 128))):
        settings = SceneSettings(regions=("GB",), size=size, width_px=(50.0, 90.0), plates=(0.0, 1))
        drawing = DrawingJob(seed=5, scenes=kind == "scenes", settings=settings, backgrounds=None)
        job = ShardJob(
            drawing=drawing, count=6, shard_size=3, formats=("windows", "webdataset"),
            out=str(tmp_path_factory.mktemp("stored") / kind),
        )  # fmt: skip
        assemble(job, Engine())
        found[kind] = (Path(job.out), job)
    return found


def test_whatever_is_drawn_is_read_back() -> None:
    """Of all regions, with all their series: three lines, marks, what is hidden."""
    job = DrawingJob(seed=0, scenes=False, settings=SceneSettings(), backgrounds=None)
    lines = set()
    for index in range(300):
        record = draw_sample(job, index).record
        told = json.dumps(record.as_dict())
        read = scene_of("it", told)
        assert json.dumps(read.as_dict()) == told
        lines |= {c.line for plate in read.plates for c in plate.characters}
    assert lines == set(range(MAX_LINES))


@pytest.mark.parametrize("kind", ["scenes", "windows"])
@pytest.mark.parametrize("form", ["windows", "webdataset", ""])
def test_every_sample_comes_back(sets, kind: str, form: str) -> None:
    folder, job = sets[kind]
    scenes, windows = open_indexed([folder / form])
    stored = scenes if kind == "scenes" else windows
    assert stored is not None and (scenes is None) != (windows is None)
    assert sum(len(shard) for shard in stored.shards) == 6
    for shard in stored.shards:
        for number in range(len(shard)):
            image, record = shard.read(number)
            want = draw_sample(job.drawing, record.seed[1])
            off = np.abs(image.astype(int) - want.image).mean()
            # Scenes in shards are JPEG.
            assert off < 3 if kind == "scenes" and form != "windows" else off == 0
            values = json.dumps(record.as_dict(), default=float)
            assert values == json.dumps(want.record.as_dict(), default=float)


def test_lots_are_the_same_for_the_same_seed_and_reach_all(sets) -> None:
    folder, _ = sets["scenes"]
    stored = open_indexed([folder / "webdataset"])[0]
    again = open_indexed([folder / "webdataset"])[0]
    assert isinstance(stored, IndexedSet) and isinstance(again, IndexedSet)
    seen: Counter[int] = Counter()
    for k in range(120):
        image, record = stored.draw(np.random.default_rng([1, k]))
        seen[record.seed[1]] += 1
        if k < 5:
            assert (again.draw(np.random.default_rng([1, k]))[0] == image).all()
    assert set(seen) == set(range(6)) and min(seen.values()) > 8


def test_both_kinds_and_single_files(sets) -> None:
    scenes, windows = (sets[kind][0] for kind in ("scenes", "windows"))
    found = open_indexed([scenes / "webdataset" / "00001.tar", windows / "windows"])
    assert [len(one.shards[0]) for one in found if one is not None] == [3, 6]


def pack(path: Path, **contents: bytes) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in contents.items():
            info = tarfile.TarInfo(name.replace("_", "."))
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


PNG = cv2.imencode(".png", np.zeros((8, 9), np.uint8))[1].tobytes()
RECORD = {"height": 8, "width": 9, "seed": [0, 0], "plates": [], "decoys": [], "drawn": {}}


def test_samples_without_a_partner_are_passed_over(tmp_path: Path) -> None:
    record = json.dumps(RECORD).encode()
    path = pack(tmp_path / "a.tar", a_json=record, b_png=PNG, c_txt=b"x", d_json=record, d_png=PNG)
    scenes, _ = open_indexed([path])
    assert scenes is not None and [len(shard) for shard in scenes.shards] == [1]
    assert scenes.shards[0].read(0)[0].shape == (8, 9)


def test_hostile_headers_cost_nothing(tmp_path: Path) -> None:
    """Python's own reader takes hours over a megabyte of digits, and such lengths for the end."""
    path = pack(tmp_path / "a.tar", a_json=json.dumps(RECORD).encode(), a_png=PNG)
    note = tarfile.TarInfo("note")
    note.type, note.size = tarfile.XHDTYPE, 1 << 20
    whole = path.read_bytes()
    path.write_bytes(note.tobuf(tarfile.USTAR_FORMAT) + b"1" * note.size + whole)
    scenes, _ = open_indexed([path])
    assert scenes is not None and scenes.shards[0].read(0)[0].shape == (8, 9)
    back = tarfile.TarInfo("b.png")
    back.size = -512
    path.write_bytes(back.tobuf(tarfile.GNU_FORMAT) + whole)
    with pytest.raises(DatasetError, match=r"cut off \(a member of negative length\)"):
        open_indexed([path])


@pytest.mark.parametrize("name", ["a.json", "a.png"])
def test_files_with_a_hole_of_gigabytes_are_not_taken_in(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.tar"
    other = pack(path, **{"a_png" if name == "a.json" else "a_json": b"{}"}).read_bytes()[:1024]
    hole = tarfile.TarInfo(name)
    hole.size = 20 << 30
    path.write_bytes(other + hole.tobuf(tarfile.GNU_FORMAT))
    os.truncate(path, len(other) + 1024 + hole.size)
    with pytest.raises(DatasetError, match=r"a\.tar: a\.png, or its record, has too many bytes"):
        open_indexed([path])


@pytest.mark.parametrize(
    ("record", "picture", "message"),
    [
        (b"{", PNG, "the record of a.png is damaged"),
        (b'{"height": 8}', PNG, "the record of a.png is damaged (no 'width')"),
        (json.dumps(RECORD | {"plates": [3]}).encode(), PNG, "the record of a.png is damaged"),
        (json.dumps(RECORD | {"width": 10}).encode(), PNG, "a.png is not of the size"),
        (json.dumps(RECORD).encode(), PNG[:20], "a.png: damaged or cut off"),
    ],
)
def test_damaged_samples_are_named(
    tmp_path: Path, record: bytes, picture: bytes, message: str
) -> None:
    path = pack(tmp_path / "a.tar", a_json=record, a_png=picture)
    with pytest.raises(DatasetError) as told:
        open_indexed([path])
    assert "a.tar: " in str(told.value) and message in str(told.value)


def test_what_is_no_data_set_is_told(tmp_path: Path, sets) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "photo.jpg").write_bytes(PNG)
    for path in (tmp_path / "none", tmp_path / "empty", pack(tmp_path / "x.tar")):
        with pytest.raises(DatasetError, match=r"no pictures with records here: give a folder"):
            open_indexed([path])
    with pytest.raises(DatasetError, match=r"photo\.jpg: no plain tar, or cut off"):
        open_indexed([tmp_path / "photo.jpg"])
    whole = (sets["scenes"][0] / "webdataset" / "00000.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[:3000])
    with pytest.raises(DatasetError, match=r"cut\.tar"):
        open_indexed([tmp_path / "cut.tar"])


def test_records_reach_no_files_outside(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "set").mkdir()
    labels = tmp_path / "set" / "labels.jsonl"
    for name in ("../secret.png", str(tmp_path / "secret.png")):
        labels.write_text(json.dumps(RECORD | {"file": name}) + "\n")
        with pytest.raises(DatasetError, match="is outside of the folder"):
            open_indexed([tmp_path / "set"])
    labels.write_text("{}\n")
    with pytest.raises(DatasetError, match="line 1 names no picture"):
        open_indexed([tmp_path / "set"])
    os.mkfifo(tmp_path / "set/a.png")
    labels.write_text(json.dumps(RECORD | {"file": "a.png"}) + "\n")
    with pytest.raises(DatasetError, match="can't be read: a pipe or a device"):
        open_indexed([tmp_path / "set"])
    labels.write_bytes(b"{}" + bytes(LONGEST_LINE) + b"\n")
    with pytest.raises(DatasetError, match="line 1 has more than 16777216 bytes"):
        open_indexed([tmp_path / "set"])
