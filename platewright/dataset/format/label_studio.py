"""Label Studio's JSON: a task for each picture, with the regions that were drawn on it.

    images/NAME.jpg  label-studio.json

    [{"data": {"image": "images/NAME.jpg"}, "annotations": [{"result": [
      {"id": "a", "type": "polygonlabels", "original_width": 640, "original_height": 480,
       "value": {"points": [[10, 20], ...], "polygonlabels": ["plate"]}},
      {"id": "a", "type": "textarea", "value": {"text": ["AB12CDE"]}}]}]}]

All coordinates are per cent of the picture. A rectangle may be turned, clockwise round its top
left corner. `read` takes rectangles and polygons of the first annotation that was not cancelled,
and the shorter form as well (JSON_MIN); a plate's text is that of the text area of its region.
Pictures are looked for by the last parts of their address, with and without the mark that Label
Studio puts before uploaded ones. The form: https://labelstud.io/guide/export.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from platewright.dataset.outline import polygon_quad, turned_quad, upright_start
from platewright.dataset.picture import STRICT, PictureFinder, find_file
from platewright.dataset.textfile import SNIFFED, load_list, numbers_of
from platewright.dataset.writer import PLATE, Format, Sample, kind_of, save_sample
from platewright.errors import DatasetError
from platewright.file import whole_text
from platewright.record import PlateRecord, SceneRecord

FILE = "label-studio.json"
PER_CENT = 100.0
KEYS = re.compile(rb'"(annotations|completions)"\s*:\s*\[|"original_width"\s*:')
UPLOADED = re.compile(r"[0-9a-f]{8}-")
LABELS = ("rectanglelabels", "polygonlabels", "labels")


class LabelStudioFormat(Format):
    """Pictures and one JSON file."""

    name = "label-studio"
    summary = "Label Studio: one JSON file of tasks with polygons and texts"

    def add(self, sample: Sample) -> None:
        """Write a picture."""
        picture = save_sample(sample, self.folder / "images")
        height, width = sample.record.size
        seen = self.seen_plates(sample)
        self.hold(*(one.plate.text for one in seen))
        result: list[dict[str, Any]] = []
        for number, one in enumerate(seen):
            points = (one.quad / [width, height] * PER_CENT).tolist()
            about: dict[str, Any] = {"id": f"{sample.index}-{number}", "to_name": "image"}
            about |= {"original_width": width, "original_height": height}
            value: dict[str, Any] = {"points": points, "polygonlabels": [PLATE]}
            result.append({**about, "from_name": "label", "type": "polygonlabels", "value": value})
            if one.plate.text:
                value = {"points": points, "text": [one.plate.text]}
                result.append({**about, "from_name": "text", "type": "textarea", "value": value})
        task = {"id": sample.index + 1, "data": {"image": f"images/{picture}"}}
        self.lines.append(json.dumps({**task, "annotations": [{"result": result}]}))

    @classmethod
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write the JSON file."""
        with whole_text(folder / FILE) as stream:
            stream.write("[")
            for number, line in enumerate(lines):
                stream.write(f"{',' if number else ''}\n{line}")
            stream.write("\n]\n")


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a file, or a folder with one."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if len(files) != 1 or files[0].suffix.lower() != ".json" or not files[0].is_file():
        return False
    with files[0].open("rb") as stream:
        head = stream.read(SNIFFED).lstrip(b"\xef\xbb\xbf \r\n\t")
    return head.startswith(b"[") and bool(KEYS.search(head))


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read an export.

    Args:
        path: the file, or the folder that holds it; pictures lie beside it or in `images/`.
        finder: where pictures are, and what becomes of missing ones.

    Yields:
        Each picture and its record, a task each.

    Raises:
        DatasetError: if the file can't be read.
    """
    file = min(path.glob("*.json"), default=path / FILE) if path.is_dir() else path
    for number, task in enumerate(load_list(file)):
        where = f"{file}: [{number}]"
        name = _address(task)
        if not name:
            raise DatasetError(f"{where}: names no picture")
        results = _results(task)
        texts = _texts(results)
        shapes = [
            (f"{where}: result[{k}]", value, texts.get(str(value.get("id")), ""))
            for k, value in enumerate(results)
            if value.get("type") != "textarea" and value.get("type") != "choices"
        ]
        plates = finder.plates(_plate, shapes, where, name)
        picture = None if plates is None else _picture(name, file, where, finder)
        size = None if picture is None else finder.size(picture, where)
        if plates is None or picture is None or size is None:
            continue
        scale = np.array([size[1], size[0]]) / PER_CENT
        scaled = tuple(_scaled(plate, scale) for plate in plates)
        yield picture, SceneRecord(size=size, plates=scaled)


def _address(task: dict[str, Any]) -> str:
    """Return what a task names its picture: the first of its data that looks like one."""
    data = task.get("data")
    values = data if isinstance(data, dict) else task
    named = [values.get(key) for key in ("image", "img", "ocr", "url")]
    found = next((value for value in named if isinstance(value, str) and value), "")
    local = parse_qs(urlsplit(found).query).get("d", [""])[0]  # /data/local-files/?d=path
    return local or found


def _picture(name: str, file: Path, where: str, finder: PictureFinder) -> Path | None:
    """Return where a task's picture lies; None where it is a failure."""
    last = unquote(re.split(r"[\\/]", name)[-1])
    if UPLOADED.match(last):
        folders = [file.parent / "images", file.parent]
        for folder in (*folders, *([] if finder.folder is None else [finder.folder])):
            for own in (last, UPLOADED.sub("", last, count=1)):
                if found := find_file(folder / own):
                    return found
    return finder.find(name, file, where)


def _results(task: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the regions of a task's first annotation that was not cancelled."""
    done = task.get("annotations") or task.get("completions")
    if isinstance(done, list):
        for one in done:
            if isinstance(one, dict) and not one.get("was_cancelled"):
                found = one.get("result")
                return [r for r in found if isinstance(r, dict)] if isinstance(found, list) else []
        return []
    # JSON_MIN: what was drawn stands under its tag's name, without types.
    lists = [v for v in task.values() if isinstance(v, list)]
    return [
        {"id": f"{number}", "value": value, "text": _min_text(task, number)}
        for values in lists
        for number, value in enumerate(values)
        if isinstance(value, dict) and ("original_width" in value or "width" in value)
    ]


def _min_text(task: dict[str, Any], number: int) -> str:
    """Return the text of a region in the shorter form, where there is one for each."""
    for name in ("transcription", "text"):
        found = task.get(name)
        if isinstance(found, str) and number == 0:
            return found
        if isinstance(found, list) and number < len(found) and isinstance(found[number], str):
            return str(found[number])
    return ""


def _texts(results: list[dict[str, Any]]) -> dict[str, str]:
    """Return the texts of text areas, by the region that they belong to."""
    found: dict[str, str] = {}
    for result in results:
        value = result.get("value")
        text = (value.get("text") if isinstance(value, dict) else None) or result.get("text")
        lines = text if isinstance(text, list) else [text]
        if joined := "".join(line for line in lines if isinstance(line, str)):
            found[str(result.get("id"))] = joined
    return found


def _plate(told: tuple[str, dict[str, Any], str]) -> PlateRecord:
    """Return a region as a plate whose quad is in per cent of the picture, before it is turned."""
    where, result, text = told
    value = result.get("value")
    if not isinstance(value, dict):
        raise DatasetError(f"{where}: value is missing or no object")
    labels: list[Any] = next((value[key] for key in LABELS if isinstance(value.get(key), list)), [])
    kind = str(labels[0]) if labels else ""
    drawn: dict[str, Any] = {}
    try:
        if isinstance(points := value.get("points"), list):
            if not all(isinstance(p, list) and len(p) == 2 for p in points):
                raise ValueError("points is no list of [x, y]")
            corners = numbers_of(where, "points", [v for p in points for v in p])
            quad = upright_start(polygon_quad(corners))
        elif "x" in value and "width" in value:
            sides = [value.get(key) for key in ("x", "y", "width", "height")]
            x, y, wide, tall = (float(v) for v in numbers_of(where, "a side", sides))
            quad = turned_quad((x, y, x + wide, y + tall))
            turn = numbers_of(where, "rotation", [value.get("rotation") or 0])
            drawn = {"rotation": float(turn[0])}
        else:
            raise ValueError("neither a rectangle nor a polygon")
    except ValueError as error:
        raise DatasetError(f"{where}: {error}") from None
    return PlateRecord(text=text, quad=quad, kind=kind_of(kind), drawn=drawn)


def _scaled(plate: PlateRecord, scale: Any) -> PlateRecord:
    """Return a plate in pixels, turned round its top left corner where it is to be."""
    quad = plate.quad * scale
    turn = np.radians(plate.drawn.get("rotation", 0.0))
    if turn:
        matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        quad = (quad - quad[0]) @ matrix.T + quad[0]
    return PlateRecord(text=plate.text, quad=np.asarray(quad, np.float64), kind=plate.kind)
