"""Dataturks' exports: a JSON object a line, with a picture's URL and its annotations.

    images/NAME.jpg  dataturks.json

    {"content": "images/NAME.jpg", "annotation": [{"label": ["plate"], "notes": "AB12CDE",
     "points": [{"x": 0.1, "y": 0.5}, {"x": 0.2, "y": 0.6}], "imageWidth": 640,
     "imageHeight": 480}], "extras": null}

Points are parts of the picture (0-1): two opposite corners of an upright box, or all four of
another quad. A picture without annotations has `null`. The service is gone, its exports are not;
their pictures are named by URL, and most of those URLs answer no more. The text of a plate has no
place of its own in the form: here it is in `notes`, where people typed it.
"""

import functools
import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from platewright.dataset.outline import SeenPlate, corners_around, polygon_area
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.textfile import first_line, head_of, lines_of, load_list, object_of
from platewright.dataset.writer import PLATE, Format, Sample, kind_of
from platewright.errors import DatasetError
from platewright.file import whole_text
from platewright.geometry import box_of_quad, quad_of_box
from platewright.record import PlateRecord, SceneRecord

LINES = "dataturks.json"
ARRAY = re.compile(r"\[\s*(\{|$)")
"""The first line of a file that is one array; a line of JSON lines is an object."""
KEYS = re.compile(rb'^\s*\[\s*\{[^{}\[\]]*"(content|annotation)"\s*:')  #: How an array begins
SLACK = 0.05  #: How far outside 0-1 a point may be: people drag boxes over the edge
CORNERS = 4


class DataturksFormat(Format):
    """Pictures and one file of JSON lines."""

    name = "dataturks"
    summary = "Dataturks: a JSON object a line, points as parts of the picture"

    def add(self, sample: Sample) -> None:
        """Write a picture."""
        picture, plates = self.begin(sample)
        annotations = [_annotation(seen) for seen in plates]
        values = {"content": f"images/{picture}", "annotation": annotations or None, "extras": None}
        self.lines.append(json.dumps(values))

    @classmethod
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write the file."""
        with whole_text(folder / LINES) as stream:
            stream.writelines(f"{line}\n" for line in lines)


def _annotation(seen: SeenPlate) -> dict[str, Any]:
    height, width = seen.size
    quad = seen.quad
    upright = np.array_equal(quad, quad_of_box(box_of_quad(quad)))
    points = (quad[[0, 2]] if upright else quad) / [width, height]
    return {
        "label": [PLATE],
        "notes": seen.plate.text,
        "points": [{"x": float(x), "y": float(y)} for x, y in points],
        "imageWidth": width,
        "imageHeight": height,
    }


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a file or its folder."""
    file = path / LINES if path.is_dir() else path
    line = first_line(file)
    if ARRAY.match(line):
        return file.suffix == ".json" and bool(KEYS.search(head_of(file)))
    try:
        values = object_of(file, line)
    except DatasetError:
        return False
    return {"content", "annotation"} <= values.keys()


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read an export, all annotations of each picture.

    Args:
        path: the file, or the folder with `dataturks.json`.

    Yields:
        Each picture and its record, a line each; a label's first name is the plates' kind.
    """
    file = path / LINES if path.is_dir() else path
    for where, values in _entries(file):
        content, annotations = values.get("content"), values.get("annotation")
        if not isinstance(content, str) or not content.strip():
            raise DatasetError(f"{where}: content names no picture")
        if annotations in (None, ""):
            annotations = []
        if not isinstance(annotations, list):
            raise DatasetError(f"{where}: annotation is no list")
        named = [(f"{where}: annotation[{k}]", a) for k, a in enumerate(annotations)]
        find = functools.partial(finder.find, content.strip(), file, where)
        for picture, record in finder.scene(_plate, named, where, content.strip(), find=find):
            scale = [record.size[1], record.size[0]]
            plates = tuple(replace(plate, quad=plate.quad * scale) for plate in record.plates)
            yield picture, replace(record, plates=plates)


def _entries(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a file, each with its place: one a line, or all in an array."""
    if not ARRAY.match(first_line(file)):
        for number, line in lines_of(file):
            where = f"{file}: line {number}"
            yield where, object_of(where, line)
        return
    for number, values in enumerate(load_list(file)):
        yield f"{file}: [{number}]", values


def _plate(told: tuple[str, Any]) -> PlateRecord:
    """Return an annotation as a plate whose quad is in parts of the picture."""
    where, annotation = told
    if not isinstance(annotation, dict):
        raise DatasetError(f"{where} is no object")
    points = annotation.get("points")
    points = [_point(where, p) for p in points] if isinstance(points, list) else []
    if len(points) < 2:
        raise DatasetError(f"{where}: points is no list of two corners or more")
    corners = np.array(points)
    quad = quad_of_box(box_of_quad(corners)) if len(corners) < CORNERS else corners_around(corners)
    if polygon_area(quad) == 0:
        raise DatasetError(f"{where}: points span no area")
    label = annotation.get("label")
    first = label[0] if isinstance(label, list) and label else label
    notes = annotation.get("notes")
    text = notes.strip() if isinstance(notes, str) else ""
    kind = kind_of(first.strip()) if isinstance(first, str) else ""
    return PlateRecord(text=text, quad=quad, kind=kind)


def _point(where: str, point: Any) -> tuple[float, float]:
    """Return a corner, which is an object in newer exports and a pair in older ones."""
    pair = [point.get("x"), point.get("y")] if isinstance(point, dict) else point
    if not isinstance(pair, list) or len(pair) != 2:
        raise DatasetError(f"{where}: a point without x and y")
    for value in pair:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or not -SLACK <= value <= 1 + SLACK:
            told = "a list or object" if isinstance(value, (list, dict)) else json.dumps(value)[:40]
            raise DatasetError(f"{where}: {told} is no part of the picture, 0-1")
    return float(pair[0]), float(pair[1])
