"""Answers of text services in the shape of Google's Vision API: a JSON file beside each picture.

    images/NAME.jpg  images/NAME.json

`fullTextAnnotation` goes down from pages by blocks, paragraphs and words to symbols, each with a
`boundingBox` of four `vertices` in pixels (or `normalizedVertices`, parts of the picture) and a
`confidence`; a coordinate that is 0 is left out, as the service does. A block is taken for a plate:
its letters and digits for the characters, in the order that they are given, on the upper line until
the first line break and on the lower one after it. Names with underscores (`bounding_box`), which
the service's own libraries write, are read as well.

A file may also hold several answers (`responses`); then each says by `context.uri` whose it is.
The form: https://cloud.google.com/vision/docs/reference/rest/v1/AnnotateImageResponse.
"""

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from platewright.dataset.outline import polygon_area
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.textfile import content_of, list_of, load_object, numbers_of
from platewright.dataset.writer import LACKS, Format, Sample, save_sample
from platewright.errors import DatasetError
from platewright.file import write_file
from platewright.geometry import FloatArray, box_of_quad, quad_of_box
from platewright.record import CharacterRecord, PlateRecord, SceneRecord

CORNERS = 4
BREAKS = ("LINE_BREAK", "EOL_SURE_SPACE")
KEYS = re.compile(rb'"(full_?[tT]ext_?[aA]nnotation|text_?[aA]nnotations|responses)"\s*:')
# The service's own libraries write the former for the latter.
NAMES = {
    "full_text_annotation": "fullTextAnnotation",
    "bounding_box": "boundingBox",
    "normalized_vertices": "normalizedVertices",
    "detected_break": "detectedBreak",
}


class VisionFormat(Format):
    """Pictures and a JSON file each."""

    name = "vision"
    needs = "characters"
    summary = "a JSON file a picture with boxes of characters, as Google's Vision API answers"

    def add(self, sample: Sample) -> None:
        """Write a picture and its answer; plates without characters are left out of it."""
        save_sample(sample, self.folder / "images")
        height, width = sample.record.size
        plates = []
        for seen in self.seen_plates(sample):
            if seen.plate.characters:
                plates.append(seen.plate)
                self.hold(seen.plate.text)
            else:
                self.leave(seen.plate, LACKS[self.needs])
        page = {"width": width, "height": height, "blocks": [_block(p) for p in plates]}
        text = "\n".join(plate.text for plate in plates)
        answer = {"fullTextAnnotation": {"pages": [page], "text": text}}
        data = json.dumps(answer, ensure_ascii=False, indent=1).encode()
        write_file(self.folder / "images" / f"{sample.name}.json", data)


def _block(plate: PlateRecord) -> dict[str, Any]:
    """Return a plate: one paragraph, with a word for each of its lines."""
    words = []
    last = max(c.line for c in plate.characters)
    for line in sorted({c.line for c in plate.characters}):
        symbols: list[dict[str, Any]] = []
        for character in (c for c in plate.characters if c.line == line):
            sure = {} if character.confidence is None else {"confidence": character.confidence}
            place = {"boundingBox": _box(character.quad)}
            symbols.append({**place, "text": character.char, **sure})
        if line < last:
            symbols[-1]["property"] = {"detectedBreak": {"type": BREAKS[0]}}
        corners = np.concatenate([c.quad for c in plate.characters if c.line == line])
        words.append({"boundingBox": _box(quad_of_box(box_of_quad(corners))), "symbols": symbols})
    box = _box(plate.quad)
    paragraph = {"boundingBox": box, "words": words}
    return {"boundingBox": box, "paragraphs": [paragraph], "blockType": "TEXT"}


def _box(quad: FloatArray) -> dict[str, list[dict[str, int]]]:
    """Return a quad in whole pixels."""
    corners = np.rint(quad).astype(int).tolist()
    return {"vertices": [{n: v for n, v in zip("xy", c, strict=True) if v} for c in corners]}


def claims(path: Path) -> bool:
    """Tell whether a path looks like an answer, or a folder of such."""
    if path.is_dir():
        files = (f for folder in (path / "images", path) for f in sorted(folder.glob("*.json")))
        path = next(files, path)
    return path.suffix == ".json" and path.is_file() and bool(KEYS.search(content_of(path)))


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read answers and the pictures beside them.

    Args:
        path: a JSON file, a folder of such with the pictures, or the folder above `images/`.
    """
    folder = path / "images" if any((path / "images").glob("*.json")) else path
    files = sorted(folder.glob("*.json")) if folder.is_dir() else [path]
    if not files:
        raise DatasetError(f"{folder}: no JSON files there")
    for file in files:
        content = load_object(file, NAMES)
        answers = list_of(file, content, "responses") if "responses" in content else [content]
        for number, answer in enumerate(answers):
            where = f"{file}: responses[{number}]" if "responses" in content else str(file)
            if isinstance(error := answer.get("error"), dict):
                message = " ".join(str(error.get("message") or "unnamed").split())
                reason = f"the service gave an error: {message}"
                finder.fail(where, file.stem, reason)
                continue
            context = answer.get("context")
            name = context.get("uri") if isinstance(context, dict) else None
            if isinstance(name, str) and name:
                picture = finder.find(name, file, where)
            elif len(answers) > 1:
                raise DatasetError(f"{where}: no context.uri that names its picture")
            else:
                picture = finder.find_stem(file.stem, (file.parent,), where)
            size = None if picture is None else finder.size(picture, where)
            if picture is None or size is None:
                continue
            parse = functools.partial(_plate, size)
            plates = finder.plates(parse, _blocks(where, answer), where, file.stem)
            if plates is not None:
                yield picture, SceneRecord(size=size, plates=plates)


def _blocks(where: str, answer: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the blocks of an answer, each with its place; none: nothing was read there."""
    whole = answer.get("fullTextAnnotation")
    if not isinstance(whole, dict):
        return []
    return [
        (f"{where}: blocks[{number}]", block)
        for page in list_of(where, whole, "pages")
        for number, block in enumerate(_parts(where, page, "blocks"))
    ]


def _plate(size: tuple[int, int], told: tuple[str, dict[str, Any]]) -> PlateRecord | None:
    """Return a block as a plate; None where no letter or digit is in it."""
    place, block = told
    characters = _characters(place, block, size)
    if not characters:
        return None
    quad = _quad(place, block, size) if "boundingBox" in block else np.zeros((4, 2))
    if polygon_area(quad) == 0:
        quad = quad_of_box(box_of_quad(np.concatenate([c.quad for c in characters])))
    text = "".join(c.char for c in characters)
    return PlateRecord(text=text, quad=quad, characters=tuple(characters))


def _characters(where: str, block: dict[str, Any], size: tuple[int, int]) -> list[CharacterRecord]:
    found = []
    line = 0
    for paragraph in _parts(where, block, "paragraphs"):
        for word in _parts(where, paragraph, "words"):
            for symbol in _parts(where, word, "symbols"):
                text, sure = symbol.get("text"), symbol.get("confidence")
                if not isinstance(text, str) or not text:
                    raise DatasetError(f"{where}: a symbol without text")
                if sure is not None:
                    sure = float(numbers_of(where, "confidence", [sure])[0])
                    if not 0 <= sure <= 1:
                        raise DatasetError(f"{where}: confidence {sure:g} is not from 0 to 1")
                if text.isalnum():
                    found += [
                        CharacterRecord(
                            char=one,
                            quad=_share(_quad(where, symbol, size), k, len(text)),
                            line=line,
                            confidence=sure,
                        )
                        for k, one in enumerate(text)
                    ]
                about = symbol.get("property")
                after = about.get("detectedBreak") if isinstance(about, dict) else None
                if found and isinstance(after, dict) and after.get("type") in BREAKS:
                    line = 1
    return found


def _share(quad: FloatArray, number: int, count: int) -> FloatArray:
    """Return the part of a symbol's quad that one of its characters has: seldom not the whole."""
    if count == 1:
        return quad
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    a, b = number / count, (number + 1) / count
    return np.array(
        [quad[0] + a * top, quad[0] + b * top, quad[3] + b * bottom, quad[3] + a * bottom]
    )


def _quad(where: str, part: dict[str, Any], size: tuple[int, int]) -> FloatArray:
    """Return a part's four corners in pixels."""
    box = part.get("boundingBox")
    for key, factors in (("vertices", (1, 1)), ("normalizedVertices", (size[1], size[0]))):
        corners = box.get(key) if isinstance(box, dict) else None
        if not isinstance(corners, list) or not corners:
            continue
        if len(corners) != CORNERS or not all(isinstance(c, dict) for c in corners):
            raise DatasetError(f"{where}: {key} is no list of four corners")
        values = [c.get(axis, 0) for c in corners for axis in "xy"]
        # A box without area happens: the service gives some signs no width.
        return np.asarray(numbers_of(where, key, values).reshape(CORNERS, 2) * factors, np.float64)
    raise DatasetError(f"{where}: no boundingBox with four vertices")


def _parts(where: str, part: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the parts of a page, block, paragraph or word, none without the key."""
    return list_of(where, part, key) if key in part else []
