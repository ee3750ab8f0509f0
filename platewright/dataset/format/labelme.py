"""LabelMe: a JSON file beside each picture, with the shapes that were drawn on it.

    NAME.jpg  NAME.json

    {"shapes": [{"label": "plate", "points": [[x, y], ...], "shape_type": "polygon",
     "description": "AB12CDE"}], "imagePath": "NAME.jpg", "imageData": null,
     "imageHeight": 480, "imageWidth": 640}

A plate is a `polygon` of its four corners. `read` takes polygons of any number of corners,
rectangles of two corners and turned ones of four (X-AnyLabeling's `rotation`); other shapes are
passed over and noted. A plate's text is the shape's `description`, or an attribute or flag that is
called so or like it. Where the picture is not there and the file holds it (`imageData`), that is
taken. The form: https://github.com/wkentaro/labelme, labelme/_label_file.py.
"""

import base64
import binascii
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from platewright.dataset.outline import polygon_quad, turned_quad, upright_start
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.picture_file import PackedPicture, PictureFile, packed_size, size_conflict
from platewright.dataset.selection import plate_text
from platewright.dataset.textfile import (
    head_of,
    list_of,
    load_object,
    name_of,
    numbers_of,
    texts_of,
)
from platewright.dataset.writer import PLATE, Format, Sample, kind_of
from platewright.errors import DatasetError
from platewright.file import write_listed
from platewright.geometry import box_of_quad
from platewright.record import PlateRecord, SceneRecord

VERSION = "5.0.1"
OUTLINES = ("polygon", "rotation", "oriented_rectangle", "linestrip")
KEYS = (b'"shapes"', b'"imagePath"')


class LabelmeFormat(Format):
    """Pictures and a JSON file beside each."""

    name = "labelme"
    summary = "LabelMe: a JSON file beside each picture, with polygons"
    folders = ()

    def add(self, sample: Sample) -> None:
        """Write a picture and its file."""
        picture, seen = self.begin(sample)
        shapes: list[dict[str, Any]] = [
            {
                "label": PLATE,
                "points": [[float(x), float(y)] for x, y in one.quad],
                "group_id": None,
                "description": one.plate.text,
                "shape_type": "polygon",
                "flags": {},
            }
            for one in seen
        ]
        height, width = sample.record.size
        values: dict[str, Any] = {
            "version": VERSION,
            "flags": {},
            "shapes": shapes,
            "imagePath": picture,
        }
        values |= {"imageData": None, "imageHeight": height, "imageWidth": width}
        data = json.dumps(values, ensure_ascii=False, indent=1).encode("utf-8", "replace")
        write_listed(self.folder / f"{sample.name}.json", data)


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a file, or a folder of them."""
    file = min(path.glob("*.json"), default=path) if path.is_dir() else path
    if file.suffix.lower() != ".json" or not file.is_file():
        return False
    head = head_of(file, end=True)  # the picture may stand between the keys
    return all(key in head for key in KEYS)


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[PictureFile, SceneRecord]]:
    """Read a JSON file, or a folder of such.

    Args:
        path: the file or the folder; pictures lie beside the files, or where these say.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise DatasetError(f"{path}: no JSON files there")
    for file in files:
        content = load_object(file)
        name = name_of(file, content, "imagePath") or f"{file.stem}.jpg"
        shapes = [
            (f"{file}: shapes[{k}]", shape)
            for k, shape in enumerate(list_of(file, content, "shapes"))
        ]
        plates = finder.plates(_plate, shapes, str(file), name)
        found = None if plates is None else _picture(file, name, content, finder)
        if plates is None or found is None:
            continue
        picture, size = found
        if why := size_conflict(size, *(_side(content, s) for s in ("Height", "Width"))):
            finder.fail(str(file), name, f"{name} {why}")
        else:
            yield picture, SceneRecord(size=size, plates=plates)


def _side(content: dict[str, Any], name: str) -> float:
    value = content.get(f"image{name}")
    return float(value) if isinstance(value, int) else 0.0


def _picture(
    file: Path, name: str, content: dict[str, Any], finder: PictureFinder
) -> tuple[PictureFile, tuple[int, int]] | None:
    """Return a file's picture and its size; None where it is a failure."""
    data = content.get("imageData")
    if isinstance(data, str) and data and not (file.parent / name).is_file():
        try:
            packed = base64.b64decode(data, validate=True)
            size = packed_size(packed, f"{file}: imageData")
        except (binascii.Error, ValueError, DatasetError) as error:
            finder.fail(str(file), name, f"imageData is no picture that can be read ({error})")
            return None
        content_of = functools.partial(bytes, packed)
        return PackedPicture(name=name, where=str(file), read=content_of), size
    found = finder.find(name, file, str(file))
    told = None if found is None else finder.size(found, str(file))
    return None if found is None or told is None else (found, told)


def _plate(told: tuple[str, dict[str, Any]]) -> PlateRecord:
    where, shape = told
    points = shape.get("points")
    pairs = points if isinstance(points, list) else []
    if not pairs or not all(isinstance(p, list) and len(p) == 2 for p in pairs):
        raise DatasetError(f"{where}: points is no list of [x, y]")
    corners = numbers_of(where, "points", [v for p in pairs for v in p]).reshape(-1, 2)
    kind = shape.get("shape_type") or "polygon"
    try:
        if kind == "rectangle" and len(corners) == 2:
            quad = turned_quad(box_of_quad(corners))
        elif kind in OUTLINES or kind == "rectangle":
            quad = polygon_quad(corners)
            quad = quad if kind in OUTLINES[1:3] else upright_start(quad)
        else:
            raise ValueError(f"a {str(kind)[:20]} is no outline of a plate")
    except ValueError as error:
        raise DatasetError(f"{where}: {error}") from None
    told_of = texts_of(shape.get("attributes")) | texts_of(shape.get("flags"))
    text = name_of(where, shape, "description") or plate_text(told_of)
    return PlateRecord(text=text, quad=quad, kind=kind_of(name_of(where, shape, "label")))
