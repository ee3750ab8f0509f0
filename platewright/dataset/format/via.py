"""VIA, the VGG Image Annotator: one JSON file of a project, or of its annotations.

    images/NAME.jpg  via.json

    {"NAME.jpg123": {"filename": "NAME.jpg", "size": 123, "regions": [{"shape_attributes":
     {"name": "polygon", "all_points_x": [...], "all_points_y": [...]}, "region_attributes":
     {"text": "AB12CDE", "region": "GB"}}], "file_attributes": {}}}

A plate is a `polygon` of its four corners. `read` takes rectangles and polygons, and the file of a
project as well, which holds all this as `_via_img_metadata`; circles, points and lines are passed
over and noted. A plate's text is the attribute that is called so or like it (`plate number`, ...),
else the only one there is. The form: VIA 2, https://www.robots.ox.ac.uk/~vgg/software/via/.
"""

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from platewright.dataset.outline import polygon_quad, turned_quad, upright_start
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.selection import plate_text
from platewright.dataset.textfile import head_of, load_object, name_of, numbers_of, texts_of
from platewright.dataset.writer import ListFormat, Sample, kind_of
from platewright.errors import DatasetError
from platewright.record import PlateRecord, SceneRecord

FILE, PROJECT = "via.json", "_via_img_metadata"
KEYS = rb'"(regions|file_attributes)"\s*:', rb'"filename"\s*:'
KINDS = ("label", "class", "type", "category", "name")
"""Names of an attribute that says what a region shows."""


class ViaFormat(ListFormat):
    """Pictures and one JSON file."""

    name = "via"
    summary = "VIA: one JSON file of regions with attributes, as the VGG Image Annotator has it"
    file, head, comma, tail = FILE, "{", ",", "}\n"

    def add(self, sample: Sample) -> None:
        """Write a picture."""
        picture, seen = self.begin(sample)
        size = (self.folder / "images" / picture).stat().st_size
        regions = [
            {
                "shape_attributes": {
                    "name": "polygon",
                    "all_points_x": [float(x) for x, _ in one.quad],
                    "all_points_y": [float(y) for _, y in one.quad],
                },
                "region_attributes": {"text": one.plate.text, "region": one.plate.region},
            }
            for one in seen
        ]
        values = {"filename": picture, "size": size, "regions": regions, "file_attributes": {}}
        self.lines.append(f"{json.dumps(f'{picture}{size}')}: {json.dumps(values)}")


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a file, or a folder with one."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if len(files) != 1 or files[0].suffix.lower() != ".json" or not files[0].is_file():
        return False
    head = head_of(files[0])
    whole = re.search(rb'"_via_img_metadata"\s*:', head) is not None
    return whole or all(re.search(key, head) for key in KEYS)


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a JSON file of VIA's.

    Args:
        path: the file, or the folder that holds it; pictures lie beside it or in `images/`.
    """
    file = min(path.glob("*.json"), default=path / FILE) if path.is_dir() else path
    content = load_object(file)
    entries = content.get(PROJECT, content)
    if not isinstance(entries, dict):
        raise DatasetError(f"{file}: {PROJECT} is no object")
    for number, values in enumerate(entries.values()):
        where = f"{file}: [{number}]"
        name = name_of(where, values, "filename") if isinstance(values, dict) else ""
        if not name:
            raise DatasetError(f"{where}: names no picture")
        regions = values.get("regions") or []
        regions = list(regions.values()) if isinstance(regions, dict) else regions
        if not isinstance(regions, list):
            raise DatasetError(f"{where}: regions is no list")
        told = [(f"{where}: regions[{k}]", region) for k, region in enumerate(regions)]
        find = functools.partial(finder.find, name, file, where)
        yield from finder.scene(_plate, told, where, name, find=find)


def _plate(told: tuple[str, Any]) -> PlateRecord:
    where, region = told
    shape = region.get("shape_attributes") if isinstance(region, dict) else None
    if not isinstance(shape, dict):
        raise DatasetError(f"{where}: shape_attributes is missing or no object")
    named = shape.get("name")
    try:
        if named == "rect":
            values = numbers_of(
                where, "a side", [shape.get(k) for k in ("x", "y", "width", "height")]
            )
            x, y, wide, tall = (float(v) for v in values)
            quad = turned_quad((x, y, x + wide, y + tall))
        elif named in ("polygon", "polyline"):
            axes = [shape.get(f"all_points_{axis}") for axis in "xy"]
            xs, ys = (axis if isinstance(axis, list) else [] for axis in axes)
            if len(xs) != len(ys):
                raise ValueError("all_points_x and all_points_y differ in number")
            points = [v for pair in zip(xs, ys, strict=True) for v in pair]
            corners = numbers_of(where, "points", points).reshape(-1, 2)
            if len(corners) > 4 and (corners[0] == corners[-1]).all():
                corners = corners[:-1]  # VIA 1 closes its polygons
            quad = upright_start(polygon_quad(corners))
        else:
            raise ValueError(f"a {str(named)[:20]} is no outline of a plate")
    except ValueError as error:
        raise DatasetError(f"{where}: {error}") from None
    told_of = texts_of(region.get("region_attributes"))
    values_of = {key.lower(): value for key, value in told_of.items()}
    area = values_of.pop("region", "")
    kind = next((values_of.pop(name) for name in KINDS if name in values_of), "")
    return PlateRecord(text=plate_text(values_of), quad=quad, region=area, kind=kind_of(kind))
