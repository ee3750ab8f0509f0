"""Datumaro's own JSON, which CVAT exports and imports as "Datumaro 1.0": boxes, polygons, texts.

    images/default/NAME.jpg  annotations/default.json

    {"info": {}, "categories": {"label": {"labels": [{"name": "plate"}]}}, "items": [
      {"id": "NAME", "image": {"path": "NAME.jpg", "size": [480, 640]}, "annotations": [
        {"type": "bbox", "label_id": 0, "bbox": [x, y, width, height],
         "attributes": {"text": "AB12CDE"}}]}]}

A plate is a `bbox` where it is upright, else a `polygon` of its four corners, with the attributes
`text` and `region`. `read` takes polygons of any number of corners and boxes that are turned by the
attribute `rotation`; other shapes are passed over. A plate's text is the attribute that is called
so or like it. The form: https://docs.cvat.ai/docs/dataset_management/formats/format-datumaro/.
"""

import functools
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from platewright.dataset.outline import polygon_quad, turned_quad, upright_start
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.selection import plate_text
from platewright.dataset.textfile import (
    box_of,
    head_of,
    list_of,
    load_object,
    name_of,
    number_field,
    numbers_of,
    texts_of,
)
from platewright.dataset.writer import PLATE, ListFormat, Sample, kind_of
from platewright.errors import DatasetError
from platewright.geometry import box_of_quad, quad_of_box
from platewright.record import PlateRecord, SceneRecord

FOLDER, PART = "annotations", "default"
KEYS = (rb'"categories"\s*:\s*\{', rb'"items"\s*:\s*\[')
LABEL = {"name": PLATE, "parent": "", "attributes": ["region", "text"]}
CATEGORIES = {"label": {"labels": [LABEL], "attributes": ["occluded"]}}


class DatumaroFormat(ListFormat):
    """Pictures and one JSON file."""

    name = "datumaro"
    summary = "Datumaro 1.0, as CVAT has it: one JSON file of boxes and polygons with texts"
    folders = (f"images/{PART}",)
    file, comma, tail = f"{FOLDER}/{PART}.json", ",", "]}\n"
    head = f'{{"info": {{}},\n"categories": {json.dumps(CATEGORIES)},\n"items": ['

    def add(self, sample: Sample) -> None:
        """Write a picture."""
        picture, seen = self.begin(sample)
        annotations: list[dict[str, Any]] = []
        for number, one in enumerate(seen):
            x0, y0, x1, y1 = box_of_quad(one.quad)
            place: dict[str, Any] = {"type": "bbox", "bbox": _rounded([x0, y0, x1 - x0, y1 - y0])}
            if not np.array_equal(one.quad, quad_of_box((x0, y0, x1, y1))):
                place = {"type": "polygon", "points": _rounded(one.quad.ravel().tolist())}
            told = {"text": one.plate.text, "region": one.plate.region, "occluded": one.cut}
            about = {"id": number, "group": 0, "label_id": 0, "z_order": 0, "attributes": told}
            annotations.append(about | place)
        image = {"path": picture, "size": list(sample.record.size)}
        item = {"id": Path(picture).stem, "annotations": annotations, "image": image}
        self.lines.append(json.dumps(item))


def _rounded(values: Iterable[float]) -> list[float]:
    return [round(float(value), 2) for value in values]


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a file, or a folder with `annotations/` of such files."""
    file = min((path / FOLDER).glob("*.json"), default=path) if path.is_dir() else path
    if file.suffix.lower() != ".json" or not file.is_file():
        return False
    head = head_of(file)
    return all(re.search(key, head) for key in KEYS)


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a JSON file, or all those of a folder.

    Args:
        path: the file, or the folder that holds `annotations/`; pictures lie in `images/NAME/`
            beside that, where NAME is the file's, or in `images/`.
    """
    files = sorted((path / FOLDER).glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise DatasetError(f"{path / FOLDER}: no JSON files there")
    for file in files:
        yield from _items(file, finder)


def _items(file: Path, finder: PictureFinder) -> Iterator[tuple[Path, SceneRecord]]:
    content = load_object(file)
    above = content.get("categories")
    labels = above.get("label") if isinstance(above, dict) else None
    kinds = [
        name_of(f"{file}: labels[{k}]", label, "name")
        for k, label in enumerate(list_of(file, labels, "labels") if labels else [])
    ]
    folders = (file.parent.parent / "images" / file.stem,)
    for number, item in enumerate(list_of(file, content, "items")):
        where = f"{file}: items[{number}]"
        image = item.get("image")
        told: dict[str, Any] = image if isinstance(image, dict) else {}
        name = name_of(where, told, "path") or f"{name_of(where, item, 'id')}.jpg"
        shapes = [
            (f"{where}: annotations[{k}]", shape, kinds)
            for k, shape in enumerate(list_of(where, item, "annotations"))
        ]
        given = told.get("size")
        height, width = given if isinstance(given, list) and len(given) == 2 else ("", "")
        find = functools.partial(finder.find, name, file, where, folders=folders)
        yield from finder.scene(
            _plate, shapes, where, name, find=find, told=(str(height), str(width))
        )


def _plate(told: tuple[str, dict[str, Any], list[str]]) -> PlateRecord | None:
    """Return the plate of a shape; None where it is neither box nor polygon."""
    where, shape, kinds = told
    extra = shape.get("attributes")
    named: dict[str, Any] = extra if isinstance(extra, dict) else {}
    try:
        if shape.get("type") == "bbox":
            turn = number_field(where, "rotation", name_of(where, named, "rotation") or "0")
            quad = turned_quad(box_of(where, shape.get("bbox")), turn)
        elif shape.get("type") == "polygon":
            points = shape.get("points")
            if not isinstance(points, list) or len(points) % 2:
                raise ValueError("points is no list of x and y")
            quad = upright_start(polygon_quad(numbers_of(where, "points", points)))
        else:
            return None
    except ValueError as error:
        raise DatasetError(f"{where}: {error}") from None
    label = shape.get("label_id")
    kind = next((name for number, name in enumerate(kinds) if number == label), "")
    texts = texts_of(named)
    region = texts.get("region", "")
    return PlateRecord(text=plate_text(texts), quad=quad, region=region, kind=kind_of(kind))
