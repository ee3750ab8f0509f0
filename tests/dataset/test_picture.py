"""Where pictures are, and what becomes of those that are missing."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from platewright.dataset.picture import MAP, STRICT, PictureFinder
from platewright.errors import DatasetError
from platewright.image import encode_image, save_image
from tests.work import count_calls

PICTURE = np.zeros((20, 30, 3), np.uint8)
PNG = encode_image(PICTURE, ".png")


def test_a_picture_is_fetched_once_and_kept(tmp_path: Path) -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return PNG

    for _ in range(2):
        finder = PictureFinder(folder=tmp_path / "kept", fetch=fetch)
        one = finder.find("http://a.example/x/p.jpg", tmp_path / "l.json", "l.json: line 1")
        two = finder.find("http://b.example/y/p.jpg", tmp_path / "l.json", "l.json: line 2")
        assert one is not None and two is not None and one != two
        assert one.read_bytes() == PNG and finder.size(one) == (20, 30)
    assert len(asked) == 2 and finder.failures == []


def test_a_local_map_comes_first(tmp_path: Path) -> None:
    for name in ("p.jpg", "other.jpg"):
        (tmp_path / name).write_bytes(PNG)
    (tmp_path / MAP).write_text("url,file\nhttp://c.example/p.jpg,other.jpg\n")
    finder = PictureFinder(folder=tmp_path)
    beside = tmp_path / "labels" / "l.json"
    assert finder.find("http://a.example/p.jpg?s=1", beside, "1") == tmp_path / "p.jpg"
    assert finder.find("http://c.example/p.jpg", beside, "2") == tmp_path / "other.jpg"
    assert finder.find("http://a.example/p.jpg?s=1", beside, "3") == tmp_path / "p.jpg"
    # A second URL of the same file name must not get the first one's picture.
    assert finder.find("http://b.example/p.jpg", beside, "4") is None
    (failure,) = finder.failures
    assert (failure.where, failure.picture) == ("4", "http://b.example/p.jpg")
    assert "another URL of this name" in failure.reason


def test_a_path_of_many_parts_costs_about_what_others_do(tmp_path: Path) -> None:
    """One of 4 KB took 14 s, by all of its last parts and more."""

    def calls(name: str) -> int:
        return count_calls(lambda: PictureFinder().find(name, tmp_path / "l.csv", "1"))

    few, many = (calls(f"{'a/' * parts}p.jpg") for parts in (25, 2000))
    assert many < 10 * few


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("sub\\p.jpg", "labels/sub/p.jpg"),
        ("sub\\p.jpg", "labels/images/sub/p.jpg"),
        ("C:\\photos\\sub\\p.jpg", "labels/sub/p.jpg"),
        ("/home/somebody/sub/p.jpg", "labels/images/p.jpg"),
        ("../sub/p.jpg", "sub/p.jpg"),
        ("p.jpg", "images/p.jpg"),
        ("C:\\photos\\p.jpg", "photos/p.jpg"),
    ],
)
def test_paths_of_other_machines_are_found(tmp_path: Path, name: str, place: str) -> None:
    path = tmp_path / place
    for folder in (tmp_path / "labels", path.parent):
        folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(PNG)
    finder = PictureFinder(folder=tmp_path / "photos")
    found = finder.find(name, tmp_path / "labels" / "l.json", "l.json: line 1")
    assert found is not None and found.resolve() == path
    assert finder.place(found) == "l.json: line 1"


def test_two_names_do_not_share_a_picture_found_by_its_file_name(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "p.jpg").write_bytes(PNG)
    names = ("cam1/p.jpg", "cam2/p.jpg", "cam1\\p.jpg", "p.jpg", "http://a.example/p.jpg")
    finder = PictureFinder(folder=tmp_path / "images")
    found = [finder.find(name, tmp_path / "l", "1") is not None for name in names]
    assert found == [True, False, True, False, False]
    assert "another picture of this name stands before" in finder.failures[0].reason
    # One picture under two of its own names is a picture with two labels.
    finder = PictureFinder()
    for name in ("images/p.jpg", "p.jpg", "./images/p.jpg"):
        assert finder.find(name, tmp_path / "l", "1") == tmp_path / "images" / "p.jpg"


@pytest.mark.parametrize(
    "name",
    [
        "x" * 300 + ".jpg",
        "data:image/png;base64," + "QUJD/" * 20_000,
        "\ud800.jpg",
        "a\0b.jpg",
        "http://a.example/\ud800.jpg",
        f"http://a.example/{'京' * 200}.jpg",
    ],
)
def test_names_that_no_file_can_have_are_failures(tmp_path: Path, name: str) -> None:
    finder = PictureFinder(folder=tmp_path)
    assert finder.find(name, tmp_path / "l", "l: line 1") is None
    finder.save_failures(tmp_path / "new" / "f.csv")
    with (tmp_path / "new" / "f.csv").open(newline="", encoding="utf-8") as stream:
        (row,) = csv.DictReader(stream)
    assert row["where"] == "l: line 1" and len(row["reason"]) < 5000


def test_what_comes_must_be_a_picture(tmp_path: Path) -> None:
    finder = PictureFinder(folder=tmp_path / "kept", fetch=lambda _: b"<html>gone</html>")
    assert finder.find("http://a.example/p.jpg", tmp_path / "l", "1") is None
    assert "no picture" in finder.failures[0].reason
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a.example/p.jpg", "gs://b/p.jpg"])
def test_nothing_but_the_web_is_fetched(tmp_path: Path, url: str) -> None:
    finder = PictureFinder(folder=tmp_path, fetch=lambda _: PNG)
    assert finder.find(url, tmp_path / "l", "1") is None
    assert "neither http nor https" in finder.failures[0].reason


def test_names_from_urls_stay_in_the_folder(tmp_path: Path) -> None:
    finder = PictureFinder(folder=tmp_path / "kept", fetch=lambda _: PNG)
    for url in ("http://a.example/..%2F..%2Fevil.jpg", "http://a.example/..", "http://a.example/"):
        found = finder.find(url, tmp_path / "l", "1")
        assert found is not None and found.resolve().parent == tmp_path / "kept"


def test_strict_ones_stop_at_the_first(tmp_path: Path) -> None:
    with pytest.raises(
        DatasetError,
        match=r"^l: line 3: .*a.jpg: there is no such picture; name its folder in --map$",
    ):
        STRICT.find("a.jpg", tmp_path / "l", "l: line 3")
    assert STRICT.failures == []


def test_the_list_of_failures_can_be_read_and_goes_when_there_are_none(tmp_path: Path) -> None:
    finder = PictureFinder()
    finder.fail("l: line 1", 'a, "b".jpg', "gone")
    finder.fail("-l: line 1", "=1.jpg", "@gone")
    finder.save_failures(tmp_path / "f.csv")
    with (tmp_path / "f.csv").open(newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["where", "picture", "reason"],
            ["l: line 1", 'a, "b".jpg', "gone"],
            ["'-l: line 1", "'=1.jpg", "'@gone"],  # no formulas to a spreadsheet
        ]
    PictureFinder().save_failures(tmp_path / "f.csv")
    assert not (tmp_path / "f.csv").exists()


def test_a_size_that_can_not_be_told_is_a_failure(tmp_path: Path) -> None:
    save_image(tmp_path / "a.png", PICTURE)
    (tmp_path / "b.png").write_bytes(b"no")
    finder = PictureFinder()
    assert [finder.size(tmp_path / n, "x") for n in ("a.png", "b.png", "c.png")] == [
        (20, 30),
        None,
        None,
    ]
    assert len(finder.failures) == 2


@pytest.mark.parametrize("name", ["../outside/p.jpg", "{}/outside/p.jpg", "..\\outside\\p.jpg"])
def test_no_path_leads_out_of_the_set(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "set").mkdir()
    (tmp_path / "outside" / "p.jpg").write_bytes(PNG)
    name, labels = name.format(tmp_path), tmp_path / "set" / "l.json"
    finder = PictureFinder(folder=tmp_path / "photos")
    assert finder.find(name, labels, "1") is None
    assert "lies outside of the data set; name its folder in --map" in finder.failures[0].reason
    mapped = PictureFinder(folder=tmp_path / "outside").find(name, labels, "1")
    assert mapped is not None and mapped.resolve() == tmp_path / "outside" / "p.jpg"
    # A link that the set's owner laid there is one.
    (tmp_path / "set" / "p.jpg").symlink_to(tmp_path / "outside" / "p.jpg")
    assert PictureFinder().find("p.jpg", labels, "1") == tmp_path / "set" / "p.jpg"
