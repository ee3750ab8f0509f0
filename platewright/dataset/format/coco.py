"""COCO: pictures and two JSON files, one of plates, one of their characters.

    images/NAME.jpg  annotations/instances.json  annotations/characters.json

`instances.json` has one category, `plate` (id 1): what is trained on it finds plates and nothing
else. `characters.json` tells of the same pictures with the same ids; its categories are the
characters (supercategory `character`; 0-9 and A-Z are 1-36 whatever was drawn, others 1000 + code
point). Every annotation has `bbox`, `area` and the visible outline as `segmentation`, cut off at
the picture's edge; plates of which less than a quarter is seen are left out, and characters of
which less than half. Beyond the format's own fields a plate has `attributes` (text, region, and
whether the edge cuts it off) and `quad`, its four corners wherever they lie; a character has
`attributes` (the plate's annotation id, and its line on a plate of two).

Ids follow from the sample's index: picture i is i + 1, its annotations begin at 1000 i + 1. None is
0, which pycocotools' evaluation would take for "no match". The form:
https://cocodataset.org/#format-data; its points are this project's.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.alphabet import DEFAULT_CHARACTERS
from platewright.dataset.coco_file import CHARACTERS, FOLDER, INSTANCES, claims, read
from platewright.dataset.outline import SeenPlate, clip_polygon
from platewright.dataset.shape import polygon_area
from platewright.dataset.writer import Format, Sample, save_sample
from platewright.errors import OutputError
from platewright.file import make_folder, whole_text
from platewright.geometry import box_of_quad

__all__ = ["CocoFormat", "category_of", "claims", "read"]

FloatArray = NDArray[np.float64]

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
        picture = save_sample(sample, self.folder / "images")
        height, width = sample.record.size
        image = {
            "id": sample.index + 1,
            "file_name": picture,
            "width": width,
            "height": height,
        }
        seen = self.seen_plates(sample)
        self.hold(*(one.plate.text for one in seen))
        plates, characters = _annotations(sample, seen)
        if len(plates) + len(characters) >= IDS_PER_PICTURE:
            raise OutputError(
                f"{sample.name}: {len(plates)} plates with {len(characters)} characters; coco can "
                f"number {IDS_PER_PICTURE - 1} of them in a picture"
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
