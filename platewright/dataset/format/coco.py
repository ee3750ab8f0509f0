"""COCO: pictures and JSON files, one of plates and one of characters; read whoever wrote them."""

import json
import re
import shutil
import tempfile
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from platewright.dataset.outline import (
    CORNERS,
    SeenPlate,
    clip_polygon,
    corners_around,
    polygon_area,
    turned_quad,
    upright_start,
)
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.selection import plate_text
from platewright.dataset.textfile import (
    box_of,
    content_of,
    key_of,
    list_of,
    load_object,
    name_of,
    number_field,
    numbers_of,
    texts_of,
)
from platewright.dataset.writer import Format, Sample, kind_of
from platewright.errors import DatasetError, OutputError, counted
from platewright.file import make_folder, whole_text
from platewright.geometry import FloatArray, box_of_quad
from platewright.record import CharacterRecord, PlateRecord, SceneRecord
from platewright.text import DEFAULT_CHARACTERS

IDS_PER_PICTURE = 1000
MIN_CHARACTER_SHARE = 0.5
INFO = {"description": "Number plates drawn by Platewright", "version": "1.0"}


def category_of(char: str) -> int:
    """Return the id of a character's category.

    >>> category_of("0"), category_of("Z"), category_of("Ä")
    (1, 36, 1196)
    """
    place = DEFAULT_CHARACTERS.find(char)
    return place + 1 if place >= 0 else 1000 + ord(char)


class CocoFormat(Format):
    """Pictures and two JSON files."""

    name = "coco"
    summary = "COCO: boxes and outlines of plates in one JSON file, of characters in another"

    def add(self, sample: Sample) -> None:
        """Write a picture."""
        picture, seen = self.begin(sample)
        height, width = sample.record.size
        image = {
            "id": sample.index + 1, "file_name": picture, "width": width, "height": height,
        }  # fmt: skip
        plates, characters = _annotations(sample, seen)
        if len(plates) + len(characters) >= IDS_PER_PICTURE:
            raise OutputError(
                f"{sample.name}: {counted(len(plates), 'plate')} with "
                f"{counted(len(characters), 'character')}; coco can number "
                f"{IDS_PER_PICTURE - 1} of them in a picture"
            )
        # Three parts without tabs or line breaks inside: `finish` need not understand them.
        chars = "".join(sorted({c.char for p in sample.record.plates for c in p.characters}))
        parts = [json.dumps(image), _joined(plates), _joined(characters), json.dumps(chars)]
        self.lines.append("\t".join(parts))

    @classmethod
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write both JSON files as the lines come; nothing is held but the set of characters."""
        make_folder(folder / FOLDER)
        seen = set(DEFAULT_CHARACTERS)
        with (
            whole_text(folder / FOLDER / INSTANCES) as instances,
            whole_text(folder / FOLDER / CHARACTERS) as characters,
            _spool(folder) as plate_part,
            _spool(folder) as character_part,
        ):
            for stream in (instances, characters):
                stream.write(f'{{"info": {json.dumps(INFO)},\n"licenses": [],\n"images": [')
            first = {id(plate_part): True, id(character_part): True}
            for number, line in enumerate(lines):
                image, plates, chars, alphabet = line.split("\t")
                for stream in (instances, characters):
                    stream.write(f"{',' if number else ''}\n{image}")
                for part, told in ((plate_part, plates), (character_part, chars)):
                    if told:
                        part.write(f"{'' if first[id(part)] else ','}\n{told}")
                        first[id(part)] = False
                seen.update(json.loads(alphabet))
            plate = [{"id": 1, "name": "plate", "supercategory": "vehicle"}]
            named = [
                {"id": category_of(c), "name": c, "supercategory": "character"}
                for c in sorted(seen, key=category_of)
            ]
            for stream, part, categories in (
                (instances, plate_part, plate),
                (characters, character_part, named),
            ):
                stream.write('],\n"annotations": [')
                part.seek(0)
                shutil.copyfileobj(part, stream)
                stream.write(f'],\n"categories": {json.dumps(categories)}}}\n')


def _spool(folder: Path) -> Any:
    return tempfile.TemporaryFile("w+", encoding="utf-8", dir=folder)


def _joined(values: Iterable[dict[str, Any]]) -> str:
    return ", ".join(json.dumps(value) for value in values)


def _annotations(
    sample: Sample, seen_all: list[SeenPlate]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a sample's plates and characters as COCO has them."""
    first = sample.index * IDS_PER_PICTURE + 1
    plates: list[dict[str, Any]] = []
    characters: list[dict[str, Any]] = []
    for number, seen in enumerate(seen_all):
        plate = seen.plate
        attributes = {"text": plate.text, "region": plate.region, "truncated": seen.cut}
        plates.append(
            {
                **_annotation(first + number, sample.index + 1, 1, seen.outline),
                "quad": _flat(plate.quad),
                "attributes": attributes,
            }
        )
        for character in plate.characters:
            outline = clip_polygon(character.quad, sample.record.size)
            if polygon_area(outline) <= MIN_CHARACTER_SHARE * polygon_area(character.quad):
                continue
            identity = first + len(seen_all) + len(characters)
            category = category_of(character.char)
            attributes = {"plate_id": first + number, "line": character.line}
            characters.append(
                {
                    **_annotation(identity, sample.index + 1, category, outline),
                    "attributes": attributes,
                }
            )
    return plates, characters


def _annotation(identity: int, image: int, category: int, outline: FloatArray) -> dict[str, Any]:
    """Return the fields that every annotation has."""
    x0, y0, x1, y1 = box_of_quad(outline)
    return {
        "id": identity,
        "image_id": image,
        "category_id": category,
        "bbox": [round(v, 2) for v in (x0, y0, x1 - x0, y1 - y0)],
        "area": round(polygon_area(outline), 2),
        "segmentation": [_flat(outline)],
        "iscrowd": 0,
    }


def _flat(points: FloatArray) -> list[float]:
    return [round(float(v), 2) for v in np.asarray(points).ravel()]


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
    content = content_of(path)
    return content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and all(
        re.search(key, content) for key in KEYS
    )


def _source(path: Path) -> Path:
    """Return the file that a path means."""
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
            `images/` beside that folder, there in a folder of the file's part, too; else they are
            had by `coco_url` or `flickr_url`. Where a `characters.json` of the form above lies
            beside the file, its characters come along.

    Yields:
        Each picture and its record, by id. A plate's quad is its `quad`, else that of its outline
        (`corners_around`, begun at the top left), else its box, turned by the attribute `rotation`
        that CVAT gives it (degrees clockwise, round its middle).
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
    part = above / "images" / source.stem.removeprefix("instances_")  # as CVAT has them
    folders = (above / "images", part, above)
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
            text=name_of(f"{where}: attributes", named, "text") or plate_text(texts_of(extra)),
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
    return turned_quad(box_of(where, entry.get("bbox")), _rotation(where, entry))


def _rotation(where: str, entry: dict[str, Any]) -> float:
    """Return by how many degrees a box is turned, which CVAT tells as an attribute."""
    extra = entry.get("attributes")
    told = name_of(f"{where}: attributes", extra, "rotation") if isinstance(extra, dict) else ""
    return number_field(f"{where}: attributes", "rotation", told) if told else 0.0


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
