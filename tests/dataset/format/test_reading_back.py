"""What was only written so far and can be read now; and how a format is told from others."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from platewright.dataset.format import (
    detect_format,
    format_names,
    load_reader,
    readable_names,
    windows,
)
from platewright.dataset.picture import PictureFinder
from platewright.dataset.picture_file import PackedPicture
from platewright.errors import ConfigError, DatasetError
from tests.dataset.samples import plain_plate, plain_sample

ALL = {"lmdb": "lmdb"}


@pytest.mark.parametrize("name", readable_names())
def test_a_written_set_is_told_by_what_is_in_it(name: str, drawn_as) -> None:
    if name in ALL:
        pytest.importorskip(ALL[name])
    assert detect_format(drawn_as(name)) == name


@pytest.mark.parametrize("name", ["windows", "webdataset"])
def test_records_come_back_whole(name: str, drawn, drawn_as) -> None:
    found = list(load_reader(name)(drawn_as(name), PictureFinder(strict=True)))
    assert len(found) == len(drawn)
    for (picture, record), sample in zip(found, drawn, strict=True):
        values = json.dumps(sample.record.as_dict(), default=windows.plain_value)
        assert record.as_dict() == json.loads(values)
        data = picture.read() if isinstance(picture, PackedPicture) else picture.read_bytes()
        assert cv2.imdecode(np.frombuffer(data, np.uint8), 0).shape == record.size


def test_crops_of_lmdb_come_back(drawn, drawn_as) -> None:
    pytest.importorskip("lmdb")
    found = list(load_reader("lmdb")(drawn_as("lmdb"), PictureFinder(strict=True)))
    texts = [p.text for s in drawn for p in s.record.plates]
    assert found and {r.plates[0].text for _, r in found} <= set(texts)
    for picture, record in found:
        image = cv2.imdecode(np.frombuffer(picture.read(), np.uint8), 0)
        assert image.shape == record.size and record.presence is True


def test_what_only_writes_can_not_be_read() -> None:
    written = set(format_names()) - set(readable_names())
    assert written >= {"characters", "tfrecord"}
    for name in written:
        with pytest.raises(ConfigError, match=f"no format {name} can be read; known: windows, "):
            load_reader(name)


def test_nothing_and_two_things_are_told(tmp_path: Path, write) -> None:
    with pytest.raises(DatasetError, match="no such file or folder"):
        detect_format(tmp_path / "none")
    (tmp_path / "x.txt").write_text("hello\n")
    for path in (tmp_path, tmp_path / "x.txt"):
        with pytest.raises(DatasetError, match=r"looks like no format: .*--from-format: windows,"):
            detect_format(path)
    folder = write("voc", [plain_sample(plain_plate((10, 6, 60, 18)))])
    (folder / "labels.jsonl").write_text("")
    with pytest.raises(DatasetError, match="may be windows or voc: say which"):
        detect_format(folder)


def test_lines_and_files_without_a_folder_are_told(tmp_path: Path) -> None:
    for name, content, wanted in (
        ("a.txt", "x/a b.jpg\tAB 12\n", "text-list"),
        ("b.txt", "\n\ufeffx/a.JPG AB12\n".lstrip(), "text-list-space"),
        ("c.txt", 'a.jpg\t[{"transcription": "A"}]\n', "paddle-det"),
        ("d.csv", "image_path,plate_text\n", "fast-plate-ocr"),
        ("e.json", '{"annotation": null, "content": "a"}\n', "dataturks"),
        ("f.json", '{"images": [], "annotations": [], "categories": []}', "coco"),
        ("g.xml", "<?xml version='1.0'?>\n<!-- a -->\n<annotation/>", "voc"),
        ("h.xml", "<annotations/>", "cvat"),
        ("i.csv", "File,Text,country\n", "labels-csv"),
    ):
        (tmp_path / name).write_text(content, encoding="utf-8")
        assert detect_format(tmp_path / name) == wanted


DAMAGE = (b"null", b"-1", b"1e400", b"[]", b"{}", b'""', b"NaN", b"<", b",", b"\xff", b"\n", b"\0")
LABELS = {".json", ".jsonl", ".xml", ".csv", ".txt", ".tar"}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(readable_names()) - {"lmdb"}))
def test_whatever_is_damaged_is_told_in_one_line(name: str, write) -> None:
    plates = [plain_plate((10, 6, 60, 18)), plain_plate((30, 30, 90, 50), "XY9")]
    folder = write(name, [plain_sample(*plates, index=k) for k in (0, 1)])
    files = sorted(p for p in folder.rglob("*") if p.suffix in LABELS)
    rng = np.random.default_rng(7)
    told = 0
    for _ in range(40):
        path = files[rng.integers(len(files))]
        whole = path.read_bytes()
        places = [m.span() for m in re.finditer(rb'[-\d.]+|"[^"]*"|\w+', whole)]
        start, end = places[rng.integers(len(places))] if places else (0, 0)
        path.write_bytes(whole[:start] + DAMAGE[rng.integers(len(DAMAGE))] + whole[end:])
        finder = PictureFinder()
        try:
            detect_format(folder)
            for _, record in load_reader(name)(folder, finder):
                assert all(np.isfinite(plate.quad).all() for plate in record.plates)
            told += bool(finder.failures)
            assert not any("\n" in failure.reason for failure in finder.failures)
        except DatasetError as error:
            told += 1
            assert "\n" not in str(error)
        path.write_bytes(whole)
    assert told > 2


def test_a_cut_off_lmdb_is_told(drawn_as, tmp_path: Path) -> None:
    pytest.importorskip("lmdb")
    (tmp_path / "00000").mkdir()
    whole = (drawn_as("lmdb") / "00000" / "data.mdb").read_bytes()
    (tmp_path / "00000" / "data.mdb").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DatasetError, match=r"data\.mdb: can't be read: cut off; copy it again"):
        list(load_reader("lmdb")(tmp_path, PictureFinder()))


@pytest.mark.parametrize("line", ["{", "[1]", '{"file": ""}', '{"file": "a.png", "height": 1}'])
def test_a_damaged_line_is_told(tmp_path: Path, line: str) -> None:
    (tmp_path / "labels.jsonl").write_text(f"{line}\n")
    with pytest.raises(DatasetError, match=r"labels.jsonl: line 1: "):
        list(windows.read(tmp_path))
