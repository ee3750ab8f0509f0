"""YOLO labels of any kind, as Ultralytics, Roboflow and LabelImg lay them out: `_yolo_layout`.

A picture without a label file is a background (https://docs.ultralytics.com/datasets/detect/). A
label file without its picture is a failure, and so are the pictures without labels beside it, for
it may be theirs, and a folder of pictures none of which has a label: that is no folder of
backgrounds but labels that weren't found.
"""

import functools
import math
import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from platewright.dataset.picture import PictureFinder
from platewright.dataset.textfile import first_line, first_lines, lines_of
from platewright.dataset.writer import kind_of
from platewright.dataset.yolo_folder import LISTS, Part, class_names, label_files, parts_of
from platewright.errors import DatasetError
from platewright.file import files_below
from platewright.geometry import FloatArray, quad_of_box
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
    """Read a folder of YOLO labels of any kind.

    Args:
        path: see `yolo.read`.
        corners: makes (4, 2) corners in pixels of a row's numbers after the class and the
            picture's size; a ValueError of it becomes the line's error.
        finder: see `yolo.read`.

    Raises:
        DatasetError: see `yolo.read`.
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
            if label is None and not part.listed:
                place = picture.parent.relative_to(part.images)
                if place in alone:
                    finder.fail(where, str(picture), UNMATCHED)
                    continue
            if part.listed and not os.path.isfile(picture):
                picture = finder.find_mapped(picture.stem) or picture
            size = finder.size(picture, str(label) if label and not finder.strict else "")
            if size is None:
                continue
            parse = functools.partial(_plate, label or picture, corners, size, names)
            lines = lines_of(label) if label else ()
            plates = finder.plates(parse, lines, where, picture.name)
            if plates is not None:
                yield picture, SceneRecord(size=size, plates=plates)
        for label in orphans:
            stem = str(label.relative_to(part.labels).with_suffix(""))
            none = False
            found = finder.find_mapped(label.stem)
            size = None if found is None else finder.size(found, str(label))
            if found is None:
                finder.fail(str(label), stem, f"no picture {stem} of it in {part.images}")
            elif size is not None:
                parse = functools.partial(_plate, label, corners, size, names)
                plates = finder.plates(parse, lines_of(label), str(label), stem)
                if plates is not None:
                    yield found, SceneRecord(size=size, plates=plates)
    if none:
        raise DatasetError(f"{path}: no pictures there; name the folder above images/ and labels/")


def unit_quad(values: list[float], size: tuple[int, int]) -> FloatArray:
    """Return the quad of a box given as `yolo.unit_box` gives it.

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
    size: tuple[int, int],
    names: dict[str, str],
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
