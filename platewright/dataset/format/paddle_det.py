"""PaddleOCR's detection labels: a line a picture, its name, a tab and JSON.

    images/NAME.jpg  train.txt  val.txt

    images/00000017.jpg<tab>[{"transcription": "AB12CDE", "points": [[x, y], ...]}, ...]

Corners and texts are as in `icdar`: four of each plate in whole pixels, `###` for "don't care".
Set `data_dir` to this folder and `label_file_list` to `train.txt`; a tenth of the pictures, chosen
by their first text, is in `val.txt`. PaddleOCR draws another picture where one has no plates.
"""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from platewright.dataset.format import icdar
from platewright.dataset.outline import polygon_quad
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.selection import list_files, lists_in
from platewright.dataset.textfile import first_line, lines_of, numbers_of, value_of
from platewright.dataset.writer import Sample, SplitFormat, save_sample
from platewright.errors import DatasetError
from platewright.record import PlateRecord, SceneRecord

CORNERS = 4


class PaddleDetFormat(SplitFormat):
    """Pictures and two lists."""

    name = "paddle-det"
    summary = "PaddleOCR detection lists: picture, tab, JSON of quads and texts"

    def add(self, sample: Sample) -> None:
        """Write a picture."""
        picture = save_sample(sample, self.folder / "images")
        entries = []
        for seen in self.seen_plates(sample):
            self.hold(seen.plate.text if seen.readable else "")
            text, points = icdar.transcription(seen), icdar.whole_corners(seen)
            entries.append({"transcription": text, "points": points})
        self.list_line(sample, f"images/{picture}\t{json.dumps(entries, ensure_ascii=False)}")


def claims(path: Path) -> bool:
    """Tell whether a path looks like such lists."""
    files = lists_in(path, ".txt") if path.is_dir() else [path]
    return any(first_line(file).partition("\t")[2].startswith("[") for file in files)


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read lists of PaddleOCR's detection labels.

    Args:
        path: one list, or a folder with `train.txt`, `val.txt` and `test.txt`, or with the
            `Label.txt` of PPOCRLabel; pictures are named from there. Outlines of any number of
            points become `corners_around` them.
    """
    for file in list_files(path, ".txt"):
        for number, line in lines_of(file):
            where = f"{file}: line {number}"
            name, tab, told = line.partition("\t")
            if not tab:
                raise DatasetError(f"{where}: no tab between picture and labels")
            entries = value_of(where, told)
            if not isinstance(entries, list):
                raise DatasetError(f"{where}: the labels are no list")
            if not name.strip():
                raise DatasetError(f"{where}: names no picture")
            parse = functools.partial(_plate, where)
            find = functools.partial(finder.find, name.strip(), file, where)
            yield from finder.scene(parse, entries, where, name.strip(), find=find)


def _plate(where: str, entry: Any) -> PlateRecord:
    if not isinstance(entry, dict) or not isinstance(entry.get("transcription"), str):
        raise DatasetError(f"{where}: a label without transcription")
    points = entry.get("points")
    points = points if isinstance(points, list) else []
    if len(points) < CORNERS or not all(isinstance(p, list) and len(p) == 2 for p in points):
        raise DatasetError(f"{where}: points is no list of four corners [x, y] or more")
    try:
        quad = polygon_quad(numbers_of(where, "points", [v for p in points for v in p]))
    except ValueError as error:
        raise DatasetError(f"{where}: {error}") from None
    text = entry["transcription"]
    return PlateRecord(text="" if text == icdar.UNREADABLE else text, quad=quad)
