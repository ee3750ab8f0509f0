"""YOLO detection labels as Ultralytics reads them: `class x y width height`, parts of the picture.

    images/NAME.jpg  labels/NAME.txt  train.txt  val.txt  data.yaml

One class, 0, is a plate. Boxes are cut off at the picture's edge (Ultralytics refuses a file with
numbers outside 0-1); plates of which less than a quarter is in the picture have no label. A
picture without plates has an empty label file: a background. `yolo train data=.../data.yaml` works
as it is: a tenth of the pictures, chosen by their first text, is for validation.

The form: https://docs.ultralytics.com/datasets/detect/. Its points are this project's: (0, 0) is
the picture's corner, (1, 1) the opposite one.

A picture without a label file is a background. A label file without its picture is a failure, and
so are the pictures without labels beside it, for it may be theirs, and a folder of pictures none of
which has a label: that is no folder of backgrounds but labels that weren't found.
"""

import functools
import math
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import ClassVar

import numpy as np

from platewright.dataset.outline import SeenPlate
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.textfile import first_line, first_lines, lines_of
from platewright.dataset.writer import Sample, SplitFormat, kind_of, write_split
from platewright.dataset.yolo_folder import LISTS, Part, class_names, label_files, parts_of
from platewright.errors import DatasetError
from platewright.file import files_below, whole_text, write_listed
from platewright.geometry import Box, FloatArray, quad_of_box
from platewright.record import PlateRecord, SceneRecord
from platewright.text import number_of

WIDTHS = (5, 6, 9, 10, 13, 17)
"""Numbers of a row: detection, OBB (with a confidence: one more), pose without visibility, with."""
POLYGON = 7
"""Numbers of the shortest row that is a polygon; longer ones have two more for each point."""
LOOKED = 20  #: Label files that are looked into before a set of labels counts as rows of one kind
UNMATCHED = "it has no label, and labels beside it have no picture: one may be its own"
SLACK = 0.01
"""How far outside 0-1 a number may be and count as rounding; Ultralytics allows as much."""


class YoloFormat(SplitFormat):
    """Pictures, a text file each, two lists of pictures and `data.yaml`."""

    name = "yolo"
    texts = False
    summary = "YOLO detection: images/, labels/ and data.yaml as Ultralytics takes them"
    folders = ("images", "labels")

    extra: ClassVar[str] = ""  #: Further lines of `data.yaml`

    def add(self, sample: Sample) -> None:
        """Write a picture and its labels."""
        picture, plates = self.begin(sample)
        path = self.folder / "labels" / f"{sample.name}.txt"
        rows = [f"0 {numbers(self.values(seen))}\n" for seen in plates]
        write_listed(path, "".join(rows).encode())
        self.list_line(sample, f"./images/{picture}")

    def values(self, seen: SeenPlate) -> list[float]:
        """Return what follows the class in a plate's row."""
        return box_row(seen)

    @classmethod
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write the lists and `data.yaml`."""
        counts = write_split(lines, folder)
        # Ultralytics stops at an empty list: a handful of pictures validates on itself.
        train, val = (side if counts[side] else other for side, other in _SIDES)
        with whole_text(folder / "data.yaml") as stream:
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


def corner_row(corners: FloatArray, size: tuple[int, int]) -> list[float]:
    """Return corners (n, 2) one after the other, parts of the picture's.

    >>> import numpy as np
    >>> corner_row(np.array([[10, 20], [50, 100]]), (100, 200))
    [0.05, 0.2, 0.25, 1.0]
    """
    return [float(value) for value in (corners / [size[1], size[0]]).ravel()]


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


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a folder of YOLO detection labels; every class counts as a plate.

    Args:
        path: holds `images/` and `labels/` with the same tree below (Ultralytics), or such a pair
            in each of `train/`, `valid/` and `test/` (Roboflow), or pictures and text files side
            by side.

    Yields:
        Each picture, by name, and its record without texts; without a label file it has no plates.
    """

    def corners(values: list[float], size: tuple[int, int]) -> FloatArray:
        if len(values) not in (4, 5):  # the fifth is a confidence
            raise ValueError(
                f"{len(values)} numbers after the class, not 4 (x y width height); see also the "
                "formats yolo-pose, yolo-obb and yolo-seg"
            )
        return unit_quad(values[:4], size)

    yield from read_rows(path, corners, finder)


def num_fields(path: Path) -> int:
    """Return how many fields the rows of a folder's labels have.

    That is the first row's number; `POLYGON` where the rows are polygons of this and that many
    points, boxes among them; 0: the labels have no rows; -1: it's no folder of YOLO labels.
    """
    empty: set[bool] = set()
    found: list[int] = []
    labels = (label for label in label_files(path) if label.name not in LISTS)
    for label in islice(labels, LOOKED):
        rows = [line.split() for line in first_lines(label)]
        found += [len(fields) for fields in rows if _is_row(fields)]
        empty.add(not rows)
    if not found:
        return 0 if empty == {True} else -1
    first = found[0]
    polygons = {width for width in found if _is_polygon(width)}
    mixed = polygons - {first, first - 1}  # OBB: some with a confidence
    return POLYGON if mixed or first not in WIDTHS else first


def read_rows(
    path: Path, corners: Callable[[list[float], tuple[int, int]], FloatArray], finder: PictureFinder
) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a folder of YOLO labels of any kind; see `read`.

    Args:
        corners: makes (4, 2) corners in pixels of a row's numbers after the class and the
            picture's size; a ValueError of it becomes the line's error.
    """
    none = True
    names = class_names(path)
    read: set[Path] = set()
    used: set[Path | None] = set()
    for part in parts_of(path):
        if part.missing:
            finder.fail(str(path), part.missing, f"no folder or list {part.missing} is there")
            continue
        labels = part.labels_by_picture(read)
        none = none and not labels
        read |= labels.keys()
        used |= set(labels.values())
        if labels and not any(labels.values()):
            reason = f"none of the pictures in {part.images} has a label in {part.labels}"
            finder.fail(str(part.labels), str(part.images), reason)
            continue
        orphans = list(_orphans(part, used))
        alone = {orphan.parent.relative_to(part.labels) for orphan in orphans}
        for picture, label in labels.items():
            where = str(label or picture) if not finder.strict else ""
            place = Path() if part.listed else picture.parent.relative_to(part.images)
            if label is None and not part.listed and place in alone:
                finder.fail(where, str(picture), UNMATCHED)
                continue
            if part.listed and not os.path.isfile(picture):
                picture = finder.find_mapped(picture.stem) or picture
            parse = functools.partial(_plate, label or picture, corners, names)
            yield from _scene(finder, parse, picture, label, where, picture.name)
        for label in orphans:
            stem = str(label.relative_to(part.labels).with_suffix(""))
            none = False
            if found := finder.find_mapped(label.stem):
                parse = functools.partial(_plate, label, corners, names)
                yield from _scene(finder, parse, found, label, str(label), stem)
            else:
                finder.fail(str(label), stem, f"no picture {stem} of it in {part.images}")
    if none:
        raise DatasetError(f"{path}: no pictures there; name the folder above images/ and labels/")


def _scene(
    finder: PictureFinder,
    parse: Callable[[tuple[int, int], tuple[int, str]], PlateRecord],
    picture: Path,
    label: Path | None,
    where: str,
    name: str,
) -> Iterator[tuple[Path, SceneRecord]]:
    """Yield a picture and what its label file says, if there is one."""
    size = finder.size(picture, where if label else "")
    if size is not None:
        lines = lines_of(label) if label else ()
        plates = finder.plates(functools.partial(parse, size), lines, where, name)
        if plates is not None:
            yield picture, SceneRecord(size=size, plates=plates)


def unit_quad(values: list[float], size: tuple[int, int]) -> FloatArray:
    """Return the quad (4, 2), pixels, of a box as YOLO has it.

    Args:
        values: x and y of its middle, width and height, parts of the picture's.
        size: (height, width) of the picture, pixels.

    Raises:
        ValueError: if width or height isn't positive, or a number isn't a part of the picture.
    """
    x, y, wide, tall = _in_picture(values)
    if wide <= 0 or tall <= 0:
        raise ValueError(f"a box of {wide:g} x {tall:g}; both must be above 0")
    box = (x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
    return quad_of_box(box) * [size[1], size[0]]


def unit_points(values: list[float], size: tuple[int, int]) -> FloatArray:
    """Return points (n, 2) in pixels of their x and y given as parts of the picture.

    Raises:
        ValueError: if a number isn't a part of the picture.
    """
    points = np.array(_in_picture(values)).reshape(-1, 2) * [size[1], size[0]]
    return np.asarray(points, np.float64)


def _in_picture(values: list[float]) -> list[float]:
    """Return numbers as they are."""
    for value in values:
        if not -SLACK <= value <= 1 + SLACK:
            raise ValueError(f"{value:g} is no part of the picture; numbers go from 0 to 1")
    return values


def _orphans(part: Part, wanted: set[Path | None]) -> Iterator[Path]:
    """Yield label files without a picture; beside pictures, text files of other kinds are none."""
    for label in sorted(files_below(part.labels, ".txt")):
        own = part.labelled or _is_row(first_line(label).split())
        if own and label not in wanted and label.name not in LISTS:
            yield label


def _is_row(fields: list[str]) -> bool:
    """Tell whether fields are a row of a label, be it a wrong one."""
    try:
        width = len([float(field) for field in fields[1:]]) + 1
    except ValueError:
        return False
    return width in WIDTHS or _is_polygon(width)


def _is_polygon(width: int) -> bool:
    return width >= POLYGON and width % 2 == 1


def _plate(
    label: Path,
    corners: Callable[[list[float], tuple[int, int]], FloatArray],
    names: dict[str, str],
    size: tuple[int, int],
    told: tuple[int, str],
) -> PlateRecord:
    """Return the plate of a label file's row."""
    number, line = told
    try:
        quad = corners(_values(line), size)
    except ValueError as error:
        raise DatasetError(f"{label}: line {number}: {error}") from None
    number_of_class = line.split()[0].removesuffix(".0")
    return PlateRecord(
        text="", quad=quad, kind=kind_of(names.get(number_of_class, number_of_class))
    )


def _values(line: str) -> list[float]:
    """Return a row's numbers after the class."""
    first, *rest = line.split()
    if not first.removesuffix(".0").isdecimal():
        raise ValueError(f"the class is {first[:40]!r}, not a whole number")
    values = []
    for field in rest:
        value = number_of(field)
        if not math.isfinite(value):
            raise ValueError(f"{field[:40]!r} is not a number")
        values.append(value)
    return values
