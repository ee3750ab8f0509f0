"""COCO files read, whoever wrote them; see `coco` for what our own hold beyond the format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.dataset.finder import STRICT, PictureFinder
from platewright.dataset.jsonfile import key_of, list_of, load_object, numbers_of
from platewright.dataset.outline import polygon_area
from platewright.dataset.sample import kind_of
from platewright.errors import DatasetError
from platewright.geometry import quad_of_box
from platewright.records import CharacterRecord, PlateRecord, SceneRecord

__all__ = ["claims", "read"]

FloatArray = NDArray[np.float64]

CORNERS = 4
CHARACTERS = "characters.json"
# Our own, CVAT's and COCO's (instances_default, instances_train2017), Roboflow's.
NAMES = ("annotations/instances*.json", "instances*.json", "_annotations.coco.json")
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
    return path / "annotations" / "instances.json"


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a COCO file.

    Args:
        path: the JSON file of plates, or the folder of a data set as it is written here. Every
            category counts as a plate. Pictures lie in `images/`, in the folder of the file, or in
            `images/` beside that folder. Where a `characters.json` of the form above lies beside
            the file, its characters come along.
        finder: what becomes of missing pictures.

    Yields:
        Each picture and its record, by id. A plate's quad is its `quad`, else its outline if that
        has four corners, else its box.

    Raises:
        DatasetError: if the file or an entry can't be read, with what is wrong where.
    """
    source = _source(path)
    content = load_object(source)
    characters = _characters(source.with_name(CHARACTERS), source)
    kinds = {
        _key(c, "id"): kind_of(str(c.get("name", "")))
        for c in list_of(source, content, "categories")
    }
    by_image: dict[Any, list[PlateRecord]] = {}
    for number, entry in enumerate(list_of(source, content, "annotations")):
        where = f"{source}: annotations[{number}]"
        quad = _quad(where, entry)
        extra = entry.get("attributes")
        named = extra if isinstance(extra, dict) else {}
        plate = PlateRecord(
            text=str(named.get("text", "")),
            quad=quad,
            region=str(named.get("region", "")),
            characters=tuple(characters.get(_key(entry, "id"), ())),
            kind=kinds.get(_key(entry, "category_id"), ""),
        )
        by_image.setdefault(key_of(where, entry, "image_id"), []).append(plate)
    images = list_of(source, content, "images")
    known = {key_of(f"{source}: images[{n}]", image, "id") for n, image in enumerate(images)}
    if strays := by_image.keys() - known:
        raise DatasetError(f"{source}: annotations of image_id {min(strays)}, which isn't listed")
    for number, image in enumerate(images):
        name = str(key_of(f"{source}: images[{number}]", image, "file_name"))
        picture = _picture(source, name)
        where = "" if finder.strict else f"{source}: images[{number}]"
        size = _size(image) or finder.size(picture, where)
        if size is not None:
            yield picture, SceneRecord(size=size, plates=tuple(by_image.get(image["id"], ())))


def _size(image: dict[str, Any]) -> tuple[int, int] | None:
    """Return the (height, width) that an entry of `images` tells."""
    height, width = image.get("height"), image.get("width")
    if isinstance(height, int) and isinstance(width, int) and min(height, width) > 0:
        return (height, width)
    return None


def _quad(where: str, entry: dict[str, Any]) -> FloatArray:
    """Return the four corners that an annotation tells."""
    outlines = entry.get("segmentation")
    outline = outlines[0] if isinstance(outlines, list) and len(outlines) == 1 else None
    for key, value in (("quad", entry.get("quad")), ("segmentation", outline)):
        if isinstance(value, list) and len(value) == 2 * CORNERS:
            quad = numbers_of(where, key, value).reshape(CORNERS, 2)
            if polygon_area(quad) > 0:
                return quad
    value = entry.get("bbox")
    if not isinstance(value, list) or len(value) != CORNERS:
        raise DatasetError(f"{where}: bbox is no list of four numbers")
    x, y, wide, tall = (float(v) for v in numbers_of(where, "bbox", value))
    if wide <= 0 or tall <= 0:
        raise DatasetError(f"{where}: bbox of {wide:g} x {tall:g}; both must be above 0")
    return quad_of_box((x, y, x + wide, y + tall))


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
            raise DatasetError(f"{where}: category_id {entry.get('category_id')} isn't listed")
        if isinstance(extra, dict) and "plate_id" in extra:
            line = extra.get("line", 0)
            record = CharacterRecord(
                char=char, quad=_quad(where, entry), line=line if isinstance(line, int) else 0
            )
            found.setdefault(_key(extra, "plate_id"), []).append(record)
    return found


def _key(entry: dict[str, Any], name: str) -> int | str | None:
    """Return a key's number or name, None where it is something else."""
    value = entry.get(name)
    return value if isinstance(value, (int, str)) else None


def _picture(source: Path, name: str) -> Path:
    """Return where a picture lies; the likeliest place where it is missing."""
    places = [
        source.parent.parent / "images" / name,
        source.parent / "images" / name,
        source.parent / name,
    ]
    return next((p for p in places if p.is_file()), places[0])
