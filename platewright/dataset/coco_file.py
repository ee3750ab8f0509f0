"""COCO files read, whoever wrote them; the format `coco` tells what our own hold beyond it."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.dataset.finder import STRICT, PictureFinder
from platewright.dataset.jsonfile import key_of, list_of, load_object, name_of, numbers_of
from platewright.dataset.shape import (
    CORNERS,
    corners_around,
    polygon_area,
    turned_quad,
    upright_start,
)
from platewright.dataset.writer import kind_of
from platewright.errors import DatasetError
from platewright.record import CharacterRecord, PlateRecord, SceneRecord
from platewright.text import number_of

__all__ = ["CHARACTERS", "FOLDER", "INSTANCES", "claims", "read"]

FloatArray = NDArray[np.float64]

FOLDER, INSTANCES, CHARACTERS = "annotations", "instances.json", "characters.json"
# Our own, CVAT's and COCO's (instances_default, instances_train2017), Roboflow's.
NAMES = ("annotations/instances*.json", "instances*.json", "_annotations.coco.json")
URLS = ("coco_url", "flickr_url")
"""Where a picture's file is to be had (https://cocodataset.org/#format-data)."""
KEYS = (rb'"images"\s*:\s*\[', rb'"annotations"\s*:\s*\[', rb'"categories"\s*:\s*\[')


def claims(path: Path) -> bool:
    """Tell whether a path looks like a COCO file, or a folder with one."""
    if path.is_dir():
        return any(True for name in NAMES for _ in path.glob(name))
    if path.suffix != ".json" or not path.is_file():
        return False
    content = path.read_bytes()
    return content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and all(
        re.search(key, content) for key in KEYS
    )


def _source(path: Path) -> Path:
    """Return the file that a path means.

    Raises:
        DatasetError: if a folder has none or several.
    """
    if not path.is_dir():
        return path
    for name in NAMES:
        found = sorted(path.glob(name))
        if len(found) == 1:
            return found[0]
        if found:
            told = ", ".join(str(file.relative_to(path)) for file in found)
            raise DatasetError(f"{path}: several COCO files ({told}); name one of them")
    return path / FOLDER / INSTANCES


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a COCO file.

    Args:
        path: the JSON file of plates, or the folder of a data set as it is written here. Every
            category counts as a plate. Pictures lie in `images/`, in the folder of the file, or in
            `images/` beside that folder; else they are had by `coco_url` or `flickr_url`. Where a
            `characters.json` of the form above lies beside the file, its characters come along.
        finder: where pictures named by URL are, and what becomes of missing ones.

    Yields:
        Each picture and its record, by id. A plate's quad is its `quad`, else that of its outline
        (`corners_around`, begun at the top left), else its box, turned by the attribute `rotation`
        that CVAT gives it (degrees clockwise, round its middle).

    Raises:
        DatasetError: if the file or an entry can't be read, with what is wrong where.
    """
    source = _source(path)
    content = load_object(source)
    characters = _characters(source.with_name(CHARACTERS), source)
    kinds = {
        _key(c, "id"): kind_of(name_of(f"{source}: categories[{n}]", c, "name"))
        for n, c in enumerate(list_of(source, content, "categories"))
    }
    images = list_of(source, content, "images")
    above = source.parent.parent
    folders = (above / "images", above)
    known: dict[Any, int] = {}
    for number, image in enumerate(images):
        where = f"{source}: images[{number}]"
        first = known.setdefault(key_of(where, image, "id"), number)
        if first != number:
            raise DatasetError(f"{where}: id {image['id']!r} is that of images[{first}], too")
    by_image: dict[Any, list[tuple[str, dict[str, Any]]]] = {}
    for number, entry in enumerate(list_of(source, content, "annotations")):
        where = f"{source}: annotations[{number}]"
        image_id = finder.attempt(_image_of, where, entry, known)
        by_image.setdefault(image_id, []).append((where, entry))

    def plate_of(told: tuple[str, dict[str, Any]]) -> PlateRecord:
        where, entry = told
        extra = entry.get("attributes")
        named = extra if isinstance(extra, dict) else {}
        return PlateRecord(
            text=name_of(f"{where}: attributes", named, "text"),
            quad=_quad(where, entry),
            region=name_of(f"{where}: attributes", named, "region"),
            characters=tuple(characters.get(_key(entry, "id"), ())),
            kind=kinds.get(_key(entry, "category_id"), ""),
        )

    for number, image in enumerate(images):
        where = f"{source}: images[{number}]"
        name = str(key_of(where, image, "file_name")).strip()
        if not name:
            raise DatasetError(f"{where}: file_name is empty")
        plates = finder.plates(plate_of, by_image.get(image["id"], ()), where, name)
        urls = [url for key in URLS if isinstance(url := image.get(key), str) and "://" in url]
        found = plates is not None
        picture = finder.find(name, source, where, folders=folders, urls=urls) if found else None
        size = None if picture is None else _size(image) or finder.size(picture, where)
        if plates is not None and picture is not None and size is not None:
            yield picture, SceneRecord(size=size, plates=plates)


def _image_of(where: str, entry: dict[str, Any], known: Container[Any]) -> int | str:
    """Return the id of an annotation's picture."""
    image_id = key_of(where, entry, "image_id")
    if image_id not in known:
        raise DatasetError(f"{where}: image_id {image_id!r}, which isn't listed")
    return image_id


def _size(image: dict[str, Any]) -> tuple[int, int] | None:
    """Return the (height, width) that an entry of `images` tells."""
    height, width = image.get("height"), image.get("width")
    if isinstance(height, int) and isinstance(width, int) and min(height, width) > 0:
        return (height, width)
    return None


def _quad(where: str, entry: dict[str, Any]) -> FloatArray:
    """Return the four corners that an annotation tells."""
    value = entry.get("quad")
    if isinstance(value, list) and len(value) == 2 * CORNERS:
        quad = numbers_of(where, "quad", value).reshape(CORNERS, 2)
        if polygon_area(quad) > 0:
            return quad
    outlines = entry.get("segmentation")
    outlines = [o for o in outlines if isinstance(o, list)] if isinstance(outlines, list) else []
    if outlines and all(len(o) > CORNERS and len(o) % 2 == 0 for o in outlines):
        values = [v for outline in outlines for v in outline]
        points = numbers_of(where, "segmentation", values).reshape(-1, 2)
        if len(outlines) > 1:  # what hides the middle of a plate leaves two parts of it
            points = cv2.convexHull(points.astype(np.float32)).reshape(-1, 2).astype(np.float64)
        if polygon_area(points) > 0:
            return upright_start(corners_around(points))
    value = entry.get("bbox")
    if not isinstance(value, list) or len(value) != CORNERS:
        raise DatasetError(f"{where}: bbox is no list of four numbers")
    x, y, wide, tall = (float(v) for v in numbers_of(where, "bbox", value))
    if wide <= 0 or tall <= 0:
        raise DatasetError(f"{where}: bbox of {wide:g} x {tall:g}; both must be above 0")
    return turned_quad((x, y, x + wide, y + tall), _rotation(where, entry))


def _rotation(where: str, entry: dict[str, Any]) -> float:
    """Return by how many degrees a box is turned, which CVAT tells as an attribute."""
    extra = entry.get("attributes")
    told = name_of(f"{where}: attributes", extra, "rotation") if isinstance(extra, dict) else ""
    degrees = number_of(told) if told else 0.0
    if not math.isfinite(degrees):
        raise DatasetError(f"{where}: attributes: rotation is {told[:40]!r}, not a number")
    return degrees


def _characters(path: Path, source: Path) -> dict[Any, list[CharacterRecord]]:
    """Return the characters that lie in a file beside the plates', by the plate's id."""
    found: dict[Any, list[CharacterRecord]] = {}
    if path == source or not path.is_file():
        return found
    content = load_object(path)
    names = {_key(c, "id"): c.get("name") for c in list_of(path, content, "categories")}
    for number, entry in enumerate(list_of(path, content, "annotations")):
        where = f"{path}: annotations[{number}]"
        extra = entry.get("attributes")
        char = names.get(_key(entry, "category_id"))
        if not isinstance(char, str):
            raise DatasetError(f"{where}: category_id {_key(entry, 'category_id')!r} isn't listed")
        told = extra if isinstance(extra, dict) else {}
        plate = _key(told, "plate_id")
        if plate is not None:
            line = 1 if told.get("line") == 1 else 0
            record = CharacterRecord(char=char, quad=_quad(where, entry), line=line)
            found.setdefault(plate, []).append(record)
    return found


def _key(entry: dict[str, Any], name: str) -> int | str | None:
    """Return a key's number or name, None where it is something else."""
    value = entry.get(name)
    return value if isinstance(value, (int, str)) else None
