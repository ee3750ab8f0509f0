"""YOLO detection labels as Ultralytics reads them: `class x y width height`, parts of the picture.

    images/NAME.jpg  labels/NAME.txt  train.txt  val.txt  data.yaml

One class, 0, is a plate. Boxes are cut off at the picture's edge (Ultralytics refuses a file with
numbers outside 0-1); plates of which less than a quarter is in the picture have no label. A
picture without plates has an empty label file: a background. `yolo train data=.../data.yaml` works
as it is: a tenth of the pictures, chosen by their first text, is for validation.

The form: https://docs.ultralytics.com/datasets/detect/. Its points are this project's: (0, 0) is
the picture's corner, (1, 1) the opposite one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from platewright.dataset.finder import STRICT, PictureFinder
from platewright.dataset.outline import SeenPlate, seen_plates
from platewright.dataset.picture import find_picture, save_sample
from platewright.dataset.sample import Format, Sample
from platewright.dataset.textfile import first_line, lines_of, split_line, whole_file, write_split
from platewright.errors import DatasetError, OutputError
from platewright.file import make_folder
from platewright.geometry import Box, quad_of_box
from platewright.image import READ_SUFFIXES
from platewright.records import PlateRecord, SceneRecord

__all__ = [
    "YoloFormat",
    "box_row",
    "claims",
    "in_picture",
    "num_fields",
    "numbers",
    "read",
    "read_rows",
    "unit_box",
    "unit_quad",
]

FloatArray = NDArray[np.float64]

SLACK = 0.01
"""How far outside 0-1 a number may be and count as rounding; Ultralytics allows as much."""


class YoloFormat(Format):
    """Pictures, a text file each, two lists of pictures and `data.yaml`."""

    name = "yolo"
    lists = True
    texts = False
    summary = "YOLO detection: images/, labels/ and data.yaml as Ultralytics takes them"

    extra: ClassVar[str] = ""
    """Further lines of `data.yaml`."""

    def __init__(self, folder: Path, shard: int) -> None:
        """Make the folders."""
        super().__init__(folder, shard)
        self._lines: list[str] = []
        make_folder(folder / "images")
        make_folder(folder / "labels")

    def add(self, sample: Sample) -> None:
        """Write a picture and its labels."""
        picture = save_sample(sample, self.folder / "images")
        path = self.folder / "labels" / f"{sample.name}.txt"
        rows = [f"0 {numbers(self.values(seen))}\n" for seen in seen_plates(sample.record)]
        try:
            path.write_text("".join(rows), encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{path}: can't be written: {error.strerror or error}") from error
        plates = sample.record.plates
        self._lines.append(
            split_line(
                plates[0].text if plates else sample.name, f"./images/{picture}", sample.side
            )
        )

    def values(self, seen: SeenPlate) -> list[float]:
        """Return what follows the class in a plate's row."""
        return box_row(seen)

    def close(self) -> list[str]:
        """Return the pictures' names."""
        return self._lines

    @classmethod
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write the lists and `data.yaml`."""
        counts = write_split(lines, folder)
        # Ultralytics stops at an empty list: a handful of pictures validates on itself.
        train, val = (side if counts[side] else other for side, other in _SIDES)
        with whole_file(folder / "data.yaml") as stream:
            stream.write("# Without `path`, what is named here is looked for beside this file.\n")
            stream.write(f"train: {train}.txt\nval: {val}.txt\nnames:\n  0: plate\n{cls.extra}")


_SIDES = (("train", "val"), ("val", "train"))


def unit_box(box: Box, size: tuple[int, int]) -> list[float]:
    """Return a box as (x, y) of its middle, width and height, parts of the picture's.

    >>> unit_box((10, 20, 30, 40), (100, 200))
    [0.1, 0.3, 0.1, 0.2]
    """
    height, width = size
    x0, y0, x1, y1 = box
    middle = [(x0 + x1) / 2 / width, (y0 + y1) / 2 / height]
    return [*middle, (x1 - x0) / width, (y1 - y0) / height]


def box_row(seen: SeenPlate) -> list[float]:
    """Return the box round what is seen of a plate, as `unit_box`."""
    return unit_box(seen.box, seen.size)


def numbers(values: Iterable[float]) -> str:
    """Return numbers of a row: six decimals, whole ones without.

    >>> numbers([0.5, 2, 1 / 3])
    '0.500000 2 0.333333'
    """
    return " ".join(str(v) if isinstance(v, int) else f"{v:.6f}" for v in values)


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a folder."""
    return num_fields(path) in (0, 5, 6)


def num_fields(path: Path) -> int:
    """Return how many numbers the first row of a folder's labels has.

    0: the labels have no rows; -1: it's no folder of YOLO labels.
    """
    images, labels = path / "images", path / "labels"
    apart = images.is_dir() and labels.is_dir()
    if not apart:
        images = labels = path
    found = -1
    for label in labels.rglob("*.txt") if apart else labels.glob("*.txt"):
        if not apart and find_picture(images, label.stem) is None:
            continue
        found = max(found, 0)
        fields = first_line(label).split()
        if fields and not all(field.replace(".", "", 1).lstrip("-").isdigit() for field in fields):
            return -1
        if fields:
            return len(fields)
    return found


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a folder of YOLO detection labels; every class counts as a plate.

    Args:
        path: holds `images/` and `labels/` with the same tree below, or pictures and text files
            side by side.
        finder: what becomes of pictures that can't be read.

    Yields:
        Each picture, by name, and its record without texts; without a label file it has no plates.

    Raises:
        DatasetError: if a picture or a label can't be read, with file and line.
    """

    def corners(values: list[float], size: tuple[int, int]) -> FloatArray:
        if len(values) not in (4, 5):  # the fifth is a confidence
            raise ValueError(
                f"{len(values)} numbers after the class, not 4 (x y width height); see also the "
                "formats yolo-pose and yolo-obb"
            )
        return unit_quad(values[:4], size)

    yield from read_rows(path, corners, finder)


def unit_quad(values: list[float], size: tuple[int, int]) -> FloatArray:
    """Return the quad of a box given as `unit_box` gives it.

    Raises:
        ValueError: if width or height isn't positive, or a number isn't a part of the picture.
    """
    x, y, wide, tall = in_picture(values)
    if wide <= 0 or tall <= 0:
        raise ValueError(f"a box of {wide:g} x {tall:g}; both must be above 0")
    box = (x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
    return quad_of_box(box) * [size[1], size[0]]


def in_picture(values: list[float]) -> list[float]:
    """Return numbers as they are.

    Raises:
        ValueError: if one lies outside 0-1 by more than `SLACK`.
    """
    for value in values:
        if not -SLACK <= value <= 1 + SLACK:
            raise ValueError(f"{value:g} is no part of the picture; numbers go from 0 to 1")
    return values


def read_rows(
    path: Path, corners: Callable[[list[float], tuple[int, int]], FloatArray], finder: PictureFinder
) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a folder of YOLO labels of any kind.

    Args:
        path: see `read`.
        corners: makes (4, 2) corners in pixels of a row's numbers after the class and the
            picture's size; a ValueError of it becomes the line's error.
        finder: see `read`.

    Raises:
        DatasetError: see `read`.
    """
    images, labels = path / "images", path / "labels"
    if not images.is_dir():
        images = labels = path
    pictures = sorted(p for p in images.rglob("*") if p.suffix.lower() in READ_SUFFIXES)
    if not pictures:
        raise DatasetError(
            f"{images}: no pictures there; name the folder above images/ and labels/"
        )
    for picture in pictures:
        size = finder.size(picture)
        if size is None:
            continue
        plates = []
        label = (labels / picture.relative_to(images)).with_suffix(".txt")
        if label.is_file():
            for number, line in lines_of(label):
                try:
                    quad = corners(_values(line), size)
                except ValueError as error:
                    raise DatasetError(f"{label}: line {number}: {error}") from None
                kind = line.split()[0].removesuffix(".0")
                plates.append(PlateRecord(text="", quad=quad, kind=kind))
        yield picture, SceneRecord(size=size, plates=tuple(plates))


def _values(line: str) -> list[float]:
    """Return a row's numbers after the class.

    Raises:
        ValueError: if one isn't a number, or the class no whole one.
    """
    first, *rest = line.split()
    if not first.removesuffix(".0").isdecimal():
        raise ValueError(f"the class is {first!r}, not a whole number")
    values = []
    for field in rest:
        try:
            value = float(field)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueError(f"{field!r} is not a number")
        values.append(value)
    return values
