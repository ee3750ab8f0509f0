"""Label Studio's JSON: a task for each picture, with the regions that were drawn on it.

    images/NAME.jpg  label-studio.json

    [{"data": {"image": "images/NAME.jpg"}, "annotations": [{"result": [
      {"id": "a", "type": "polygonlabels", "original_width": 640, "original_height": 480,
       "value": {"points": [[10, 20], ...], "polygonlabels": ["plate"]}},
      {"id": "a", "type": "textarea", "value": {"text": ["AB12CDE"]}}]}]}]

All coordinates are per cent of the picture. A rectangle may be turned, clockwise round its top
left corner. `read` takes rectangles and polygons of the first annotation that was not cancelled,
and the shorter form as well (JSON_MIN); a plate's text is that of the text area of its region, or
of the whole picture where that has one plate. A region is told by several results of one id, such
as its shape, its label and its text (the template for OCR); the shorter form has no ids, so there
they are of one place, and texts stand in the regions' order. Where it has fewer texts than regions,
nobody can tell whose they are, and the picture is a failure.

Pictures are looked for by the last parts of their address, with and without the mark that Label
Studio puts before uploaded ones. The form: https://labelstud.io/guide/export.
"""

import contextlib
import functools
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from platewright.dataset.outline import polygon_quad, turned_quad, upright_start
from platewright.dataset.picture import STRICT, UPLOADED, PictureFinder
from platewright.dataset.selection import plate_text
from platewright.dataset.textfile import head_of, load_list, numbers_of
from platewright.dataset.writer import PLATE, ListFormat, Sample, kind_of
from platewright.errors import DatasetError, counted
from platewright.image import READ_SUFFIXES
from platewright.record import PlateRecord, SceneRecord

FILE = "label-studio.json"
PER_CENT = 100.0
KEYS = re.compile(rb'"(annotations|completions)"\s*:\s*\[|"original_width"\s*:')
LABELS = ("rectanglelabels", "polygonlabels", "labels")
SHAPES = ("rectangle", "polygon", "ellipse", "brush", "keypoint", "vector")
"""Types of results that are drawn; where they have labels, the type ends in `labels`."""
PLACE = ("points", "x", "y", "width", "height", "rotation")
TOO_SHORT = "JSON_MIN does not tell whose they are; export JSON"


class LabelStudioFormat(ListFormat):
    """Pictures and one JSON file."""

    name = "label-studio"
    summary = "Label Studio: one JSON file of tasks with polygons and texts"
    file, head, comma, tail = FILE, "[", ",", "]\n"

    def add(self, sample: Sample) -> None:
        """Write a picture."""
        picture, seen = self.begin(sample)
        height, width = sample.record.size
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


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a file, or a folder with one."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if len(files) != 1 or files[0].suffix.lower() != ".json" or not files[0].is_file():
        return False
    head = head_of(files[0]).lstrip(b"\xef\xbb\xbf \r\n\t")
    return head.startswith(b"[") and bool(KEYS.search(head))


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read an export.

    Args:
        path: the file, or the folder that holds it; pictures lie beside it or in `images/`.
    """
    file = min(path.glob("*.json"), default=path / FILE) if path.is_dir() else path
    for number, task in enumerate(load_list(file)):
        where = f"{file}: [{number}]"
        name = _address(task)
        if not name:
            raise DatasetError(f"{where}: names no picture")
        regions = _regions(task, where)
        if why := _give_texts(task, regions):
            finder.fail(where, name, why)
            continue
        find = functools.partial(finder.find, name, file, where)
        for picture, record in finder.scene(_plate, regions, where, name, find=find):
            scale = np.array([record.size[1], record.size[0]]) / PER_CENT
            scaled = tuple(_scaled(plate, scale) for plate in record.plates)
            yield picture, replace(record, plates=scaled)


def _address(task: dict[str, Any]) -> str:
    """Return what a task names its picture: the first of its data that looks like one."""
    data = task.get("data")
    values = data if isinstance(data, dict) else task
    texts = {key: value for key, value in values.items() if isinstance(value, str) and value}
    named = [texts[key] for key in ("image", "img", "ocr", "url") if key in texts]
    pictures = [value for value in texts.values() if _names_picture(_local(value))]
    found = _local(next(iter([*named, *pictures]), ""))
    own = found.partition("://")[2].partition("/")[2]  # what Label Studio keeps itself is not had
    return own if UPLOADED.match(own.rpartition("/")[2]) else found


def _local(address: str) -> str:
    """Return the path in an address of a local file (/data/local-files/?d=path), else itself."""
    with contextlib.suppress(ValueError):
        return parse_qs(urlsplit(address).query).get("d", [""])[0] or address
    return address


def _names_picture(address: str) -> bool:
    with contextlib.suppress(ValueError):
        return PurePosixPath(urlsplit(address).path).suffix.lower() in READ_SUFFIXES
    return False


def _is_whole(task: dict[str, Any]) -> bool:
    """Tell whether a task is of the whole form, not of the shorter one."""
    return isinstance(task.get("annotations") or task.get("completions"), list)


def _results(task: dict[str, Any]) -> list[tuple[str, str, str, Any]]:
    """Return (place, region, type, value) of all that was told of a task's picture.

    That is the first annotation that was not cancelled; what tells of no region has one of its own.
    """
    if _is_whole(task):
        for one in task.get("annotations") or task["completions"]:
            if isinstance(one, dict) and not one.get("was_cancelled"):
                found = one.get("result")
                results = found if isinstance(found, list) else []
                return [
                    (f"result[{k}]", str(r.get("id", k)), str(r.get("type")), r.get("value"))
                    for k, r in enumerate(results)
                    if isinstance(r, dict)
                ]
        return []
    return [
        (f"{name}[{k}]", json.dumps([value.get(key) for key in PLACE]), "", value)
        for name, values in task.items()
        if isinstance(values, list)
        for k, value in enumerate(values)
        if isinstance(value, dict) and ("original_width" in value or "width" in value)
    ]


def _regions(task: dict[str, Any], where: str) -> list[tuple[str, dict[str, Any]]]:
    """Return where each region of a task stands, and all that its results say of it."""
    regions: dict[str, tuple[str, dict[str, Any]]] = {}
    for place, region, kind, value in _results(task):
        _, known = regions.setdefault(region, (f"{where}: {place}", {}))
        if isinstance(value, dict):
            for name, told in value.items():
                known.setdefault(name, told)
        if kind.endswith("labels") or kind in SHAPES:
            known.setdefault("shape", kind)
    drawn = ("shape", "points", "width")
    return [(place, value) for place, value in regions.values() if any(d in value for d in drawn)]


def _give_texts(task: dict[str, Any], regions: list[tuple[str, dict[str, Any]]]) -> str:
    """Give texts that don't say whose they are to the regions; say why it can't be done."""
    texts = _loose_texts(task)
    waiting = [value for _, value in regions if "text" not in value]
    if len(texts) == len(waiting) and (len(texts) == 1 or not _is_whole(task)):
        for value, text in zip(waiting, texts, strict=True):
            value["text"] = text
    elif texts and waiting and not _is_whole(task):
        return f"{counted(len(waiting), 'region')} and {counted(len(texts), 'text')}: {TOO_SHORT}"
    return ""


def _loose_texts(task: dict[str, Any]) -> list[str]:
    """Return the texts of text areas that don't say of which region they are."""
    if _is_whole(task):
        areas = [value for *_, kind, value in _results(task) if kind == "textarea"]
        whole = [v for v in areas if isinstance(v, dict) and not {"points", "width"} & {*v}]
        return [text for value in whole if (text := _joined(value.get("text")))]
    lists = {
        name: name
        for name, values in task.items()
        if isinstance(values, list) and any(isinstance(value, str) for value in values)
    }
    single = {name: name for name, value in task.items() if isinstance(value, str)}
    name = plate_text({"": "", **lists, **single}) or plate_text(lists)
    found = task.get(name, [])
    return [found] if isinstance(found, str) else [v for v in found if isinstance(v, str)]


def _joined(text: Any) -> str:
    lines = text if isinstance(text, list) else [text]
    return "".join(line for line in lines if isinstance(line, str))


def _plate(told: tuple[str, dict[str, Any]]) -> PlateRecord:
    """Return a region as a plate whose quad is in per cent of the picture, before it is turned."""
    where, value = told
    labels: list[Any] = next((value[key] for key in LABELS if isinstance(value.get(key), list)), [])
    kind = str(labels[0]) if labels else ""
    drawn: dict[str, Any] = {}
    try:
        if isinstance(points := value.get("points"), list):
            if not all(isinstance(p, list) and len(p) == 2 for p in points):
                raise ValueError("points is no list of [x, y]")
            corners = numbers_of(where, "points", [v for p in points for v in p])
            quad = upright_start(polygon_quad(corners))
        elif {"x", "width", "height"} <= {*value}:
            sides = [value.get(key) for key in ("x", "y", "width", "height")]
            x, y, wide, tall = (float(v) for v in numbers_of(where, "a side", sides))
            quad = turned_quad((x, y, x + wide, y + tall))
            turn = numbers_of(where, "rotation", [value.get("rotation") or 0])
            drawn = {"rotation": float(turn[0])}
        else:
            raise ValueError("neither a rectangle nor a polygon")
    except ValueError as error:
        raise DatasetError(f"{where}: {error}") from None
    text = _joined(value.get("text"))
    return PlateRecord(text=text, quad=quad, kind=kind_of(kind), drawn=drawn)


def _scaled(plate: PlateRecord, scale: Any) -> PlateRecord:
    """Return a plate in pixels, turned round its top left corner where it is to be."""
    quad = plate.quad * scale
    turn = np.radians(plate.drawn.get("rotation", 0.0))
    if turn:
        matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        quad = (quad - quad[0]) @ matrix.T + quad[0]
    return PlateRecord(text=plate.text, quad=np.asarray(quad, np.float64), kind=plate.kind)
