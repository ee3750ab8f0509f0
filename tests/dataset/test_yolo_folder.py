"""YOLO data sets whose `data.yaml` or lists say where their pictures are."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

from platewright.dataset.format import detect_format, yolo
from platewright.dataset.picture import PictureFinder
from platewright.errors import ConfigError, DatasetError
from tests.dataset.samples import plain_plate, plain_sample
from tests.work import count_calls

BOXES = ((10.0, 20.0, 40.0, 30.0), (20.0, 20.0, 60.0, 40.0))


@pytest.fixture
def folder(write) -> Path:
    """Two pictures, a plate in each, and Platewright's own `data.yaml`."""
    return write("yolo", [plain_sample(plain_plate(box), index=k) for k, box in enumerate(BOXES)])


def spread(folder: Path, *places: str) -> None:
    """Move each picture with its label to a folder; the label below `labels` for `images`."""
    (folder / "data.yaml").unlink()
    for k, place in enumerate(places):
        for kind, suffix in (("images", "jpg"), ("labels", "txt")):
            target = folder / place.replace("images", kind)
            target.mkdir(parents=True, exist_ok=True)
            (folder / kind / f"{k:08d}.{suffix}").rename(target / f"{k:08d}.{suffix}")


def read(path: Path, finder: PictureFinder | None = None) -> list[tuple[str, int]]:
    found = yolo.read(path, finder or PictureFinder(strict=True))
    return [(picture.name, len(record.plates)) for picture, record in found]


BOTH = [("00000000.jpg", 1), ("00000001.jpg", 1)]


def test_its_own_data_yaml_and_lists_are_read(folder) -> None:
    assert detect_format(folder / "data.yaml") == "yolo"
    assert sorted(read(folder / "data.yaml")) == BOTH
    ((_, record), *_) = yolo.read(folder / "data.yaml")
    assert record.plates[0].kind == ""  # a plate, by its name there
    lists = [p for p in (folder / "train.txt", folder / "val.txt") if p.read_text()]
    assert sorted(name for each in lists for name in read(each)) == BOTH
    assert all(detect_format(each) == "yolo" for each in lists)


@pytest.mark.parametrize(
    ("content", "places"),
    [
        ("train: images/a\nval: images/b\n", ("images/a", "images/b")),
        ("path: .\ntrain: [one/images, two/images]\n", ("one/images", "two/images")),
        ("path: /nowhere\ntrain: one/images\ntest: two/images", ("one/images", "two/images")),
        ("path: cars\ntrain: images\nval: images/b\n", ("cars/images", "cars/images/b")),
        ("train: ../cars/images\nval: ../vans/images\n", ("cars/images", "vans/images")),
        ("train: beside\nval: beside\n", ("beside", "beside")),
        ("train: my.txt\nval: my.txt\n", ("one/images", "images/two")),
    ],
)
def test_what_data_yaml_names_is_read(folder, content, places) -> None:
    spread(folder, *places)
    (folder / "my.txt").write_text(
        "\n".join(f"./{place}/{k:08d}.jpg" for k, place in enumerate(places))
    )
    file = folder / "mine.yaml"
    file.write_text(f"names: [plate]\n{content}")
    assert detect_format(file) == "yolo"
    assert sorted(read(file)) == BOTH


def test_a_folder_with_its_pictures_elsewhere_asks_data_yaml(folder) -> None:
    spread(folder, "cars/images", "vans/images")
    (folder / "images").rmdir()
    (folder / "labels").rmdir()
    with pytest.raises(DatasetError, match="looks like no format"):
        detect_format(folder)
    (folder / "data.yaml").write_text("names: [plate")  # damaged, and maybe of something else
    with pytest.raises(DatasetError, match="looks like no format"):
        detect_format(folder)
    (folder / "data.yaml").write_text("train: cars/images\nval: vans/images\nnames: [plate]\n")
    assert detect_format(folder) == "yolo"
    assert sorted(read(folder)) == BOTH


def test_what_is_not_there_is_a_failure(folder) -> None:
    file = folder / "data.yaml"
    file.write_text("train: images\nval: gone\ntest: \n")
    finder = PictureFinder()
    assert read(file, finder) == BOTH
    assert [(f.where, f.picture) for f in finder.failures] == [(str(file), "gone")]
    with pytest.raises(DatasetError, match="no folder or list gone is there"):
        read(file)
    (folder / "train.txt").write_text(f"images/00000000.jpg\nimages/gone.jpg\n{'x' * 300}.jpg\n")
    finder = PictureFinder()
    assert read(folder / "train.txt", finder) == BOTH[:1]
    assert [Path(f.picture).name[:4] for f in finder.failures] == ["gone", "xxxx"]


def test_names_of_any_length_cost_about_what_others_do(folder) -> None:
    counts = []
    for parts in (25, 2000):
        name = "x/" * parts
        (folder / "mine.yaml").write_text(f"train: [images, {name}gone]\n")
        (folder / "mine.txt").write_text(f"images/00000000.jpg\n{name}0.jpg\n")
        for file, found in (("mine.yaml", BOTH), ("mine.txt", BOTH[:1])):
            finder = PictureFinder()
            counts.append(count_calls(partial(read, folder / file, finder)))
            assert len(finder.failures) == 1 and read(folder / file, finder) == found
    assert counts[2] < 10 * counts[0] and counts[3] < 10 * counts[1]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("data.yaml", "names: [plate]\n", "names no folder or list as train, val, test"),
        ("data.yaml", "just words", "names no folder or list as train, val, test"),
        ("data.yaml", "train: [a\nval: c\n", "line 2: not YAML"),
        ("list.txt", "images/00000000.jpg\n\nwords\n", "line 3: 'words' names no picture"),
    ],
)
def test_files_that_tell_nothing_are_errors(folder, name, content, message) -> None:
    file = folder / name
    file.write_text(content)
    with pytest.raises(DatasetError, match=message) as caught:
        read(file)
    assert str(caught.value).startswith(f"{file}: ") and "\n" not in str(caught.value)


def test_a_yaml_file_needs_pyyaml(folder, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ConfigError, match="pip install PyYAML"):
        detect_format(folder / "data.yaml")
    assert read(folder) == BOTH
