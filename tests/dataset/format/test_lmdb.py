"""LMDB shards, read in PARSeq's steps."""

from __future__ import annotations

import glob
import io
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from platewright.dataset.format import load_format
from platewright.dataset.format.lmdb import read as read_back
from platewright.dataset.lmdbfile import read_value
from platewright.dataset.picture import PictureFinder
from platewright.dataset.picture_file import MIN_CROP
from platewright.errors import ConfigError, DatasetError
from platewright.geometry import box_of_quad
from platewright.record import PlateRecord
from tests.dataset.samples import plain_plate, plain_sample

lmdb = pytest.importorskip("lmdb", reason="needs pip install lmdb")


def read(root: Path) -> list[tuple[Image.Image, str]]:
    """Read as PARSeq does: all data.mdb beneath a folder, numbers from 1."""
    found = []
    for path in sorted(glob.glob(str(root / "**/data.mdb"), recursive=True)):
        env = lmdb.open(
            str(Path(path).parent), max_readers=1, readonly=True, create=False, readahead=False,
            meminit=False, lock=False,
        )  # fmt: skip
        with env, env.begin() as transaction:
            for number in range(1, int(transaction.get(b"num-samples")) + 1):
                picture = io.BytesIO(transaction.get(f"image-{number:09d}".encode()))
                text = transaction.get(f"label-{number:09d}".encode()).decode()
                found.append((Image.open(picture).convert("RGB"), text))
    return found


def is_whole(plate: PlateRecord, size: tuple[int, int]) -> bool:
    x0, y0, x1, y1 = box_of_quad(plate.quad)
    return min(x0, y0) >= -2 and x1 <= size[1] + 2 and y1 <= size[0] + 2


def test_every_whole_plate_is_there_with_its_text(drawn, drawn_as) -> None:
    folder = drawn_as("lmdb")
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert names == ["00000/data.mdb", "00001/data.mdb"]
    found = read(folder)
    want = [p.text for s in drawn for p in s.record.plates if p.text and is_whole(p, s.record.size)]
    assert [text for _, text in found] == want and len(want) > 4
    assert all(im.height >= MIN_CROP[0] and im.width >= MIN_CROP[1] for im, _ in found)


def test_a_plate_is_straightened_and_a_cut_one_left_out(write) -> None:
    sample = plain_sample(
        plain_plate((10, 20, 60, 34)), plain_plate((70, 40, 120, 54), "CUT1"), size=(60, 100)
    )
    ((picture, text),) = read(write("lmdb", [sample]))
    assert text == "AB12CDE" and picture.size == (50, 14)
    assert np.asarray(picture)[1:-1, 1:-1].min() > 200  # the plate is white, all round it black


def test_many_plates_find_room(write) -> None:
    sample = plain_sample(plain_plate((10, 20, 60, 34)))
    assert len(read(write("lmdb", [sample] * 700))) == 700


def test_a_shard_without_plates_is_empty(write) -> None:
    assert read(write("lmdb", [plain_sample()])) == []


@pytest.mark.parametrize("told", [b"1000000000000", b"9" * 5000])
def test_no_more_samples_are_looked_for_than_there_can_be(told: bytes, write) -> None:
    folder = write("lmdb", [plain_sample(plain_plate((10, 6, 60, 18)))]) / "00000"
    with lmdb.open(str(folder), lock=False) as env, env.begin(write=True) as transaction:
        transaction.put(b"num-samples", told)
    with pytest.raises(DatasetError, match=r"num-samples tells of more than data\.mdb can hold"):
        next(iter(read_back(folder)))


def test_a_file_with_a_hole_costs_no_more_than_what_is_in_it(write) -> None:
    """Some KB of disk stood for 16,000 million samples, or for a gigabyte of each picture."""
    folder = write("lmdb", [plain_sample(plain_plate((10, 6, 60, 18)))] * 3) / "00000"
    path, finder = folder / "data.mdb", PictureFinder()
    with lmdb.open(str(folder), lock=False) as env, env.begin(write=True) as transaction:
        transaction.put(b"num-samples", b"1000000")
        for number in (2, 3):  # in pages of their own
            picture = transaction.get(b"image-%09d" % number)
            transaction.put(b"image-%09d" % number, picture + bytes(5000))
        transaction.put(b"label-000000003", bytes(70_000))
    os.truncate(path, 1 << 40)
    found = read_back(folder, finder)
    assert [next(found)[1].plates[0].text for _ in range(2)] == ["AB12CDE"] * 2
    with pytest.raises(DatasetError, match="label-000000003 is too large, or no plain value"):
        next(found)
    with lmdb.open(str(folder), lock=False) as env, env.begin(write=True) as transaction:
        transaction.put(b"label-000000003", b"AB12CDE")
    with pytest.raises(DatasetError, match="image-000000004 isn't there, though num-samples tells"):
        list(read_back(folder, finder))
    os.truncate(path, 1 << 20)
    data = bytearray(path.read_bytes())
    for node in re.finditer(rb"\x01\x00\x0f\x00image-00000000[23]", data):  # it lies elsewhere
        data[node.start() - 4 : node.start()] = (40_000_000).to_bytes(4, "little")
    path.write_bytes(data)
    os.truncate(path, 70_000_000)
    with pytest.raises(DatasetError, match="image-000000003 lies on others"):
        list(read_back(folder, finder))
    assert not finder.failures


@pytest.mark.parametrize("size", [0, 7, 3000, 20_000])
def test_every_value_is_read_as_lmdb_reads_it(tmp_path: Path, size: int) -> None:
    """Trees of one level and of several, values in their page and in pages of their own."""
    keys = [b"image-%09d" % k for k in range(0, 1500, 3 if size < 9999 else 100)]
    with lmdb.open(str(tmp_path), map_size=1 << 27, lock=False) as env:
        assert read_value(tmp_path / "data.mdb", b"a") == b""
        for some in (keys, keys[::2]):  # twice: pages are used again, and the other head counts
            with env.begin(write=True) as transaction:
                for key in some:
                    transaction.put(key, key[-3:] * (size // 3))
        with env.begin() as transaction:
            for key in (*keys[::7], keys[-1], b"a", b"z", b"image-000000001"):
                wanted = transaction.get(key) or b""
                assert read_value(tmp_path / "data.mdb", key) == wanted


@pytest.mark.parametrize(
    ("place", "bytes_there"),
    [
        (0, b"\xff\xff\xff\x7f"),  # a picture of 2 GB
        (4, b"\x01\x00"),  # which lies in other pages than it does
        (6, b"\xff\xff"),  # with a key of 64 KB
    ],
)
@pytest.mark.parametrize("key", [b"num-samples", b"image-000000001"])
def test_what_lies_outside_of_the_file_ends_no_process(
    place: int, bytes_there: bytes, key: bytes, write
) -> None:
    path = write("lmdb", [plain_sample(plain_plate((10, 6, 60, 18)))]) / "00000/data.mdb"
    data = bytearray(path.read_bytes())
    at = data.index(key, 8192) - 8 + place
    data[at : at + len(bytes_there)] = bytes_there
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"data\.mdb: can't be read: "):
        list(read_back(path.parent))


def test_nodes_that_lie_outside_of_their_page_end_no_process(write) -> None:
    path = write("lmdb", [plain_sample(plain_plate((10, 6, 60, 18)))]) / "00000/data.mdb"
    data = bytearray(path.read_bytes())
    for page in range(8192, len(data), 4096):
        data[page + 16 : page + 22] = b"\xff" * 6
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"data\.mdb: can't be read: a page is damaged"):
        list(read_back(path.parent))
    for content in (b"", data[:5000], bytes(9000)):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match=r"data\.mdb: can't be read: "):
            list(read_back(path.parent))


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "lmdb", None)
    with pytest.raises(ConfigError, match="needs lmdb: pip install lmdb"):
        load_format("lmdb")(tmp_path, 0)
