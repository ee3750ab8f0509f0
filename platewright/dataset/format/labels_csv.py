"""What `evaluate.py` and `train.py --watch` measure on: photos and their labels in one CSV file.

    images/NAME.jpg  labels.csv

The columns are file, x, y, w, h, text, country: the upright box round the plate in pixels of the
photo. Where each picture is one plate from edge to edge the four of the box are left out. A plate
of which less than a quarter is seen is left out; a text that is not all in the picture is empty.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from platewright.dataset.finder import STRICT, PictureFinder
from platewright.dataset.label import BOX_COLUMNS, Label, read_labels
from platewright.dataset.textfile import first_line, has_columns
from platewright.dataset.writer import Format, Sample, save_sample
from platewright.file import whole_text
from platewright.geometry import quad_of_box
from platewright.record import PlateRecord, SceneRecord

__all__ = ["TABLE", "LabelsCsvFormat", "claims", "read"]

TABLE = "labels.csv"


class LabelsCsvFormat(Format):
    """Photos and one CSV file."""

    name = "labels-csv"
    summary = "photos and labels.csv with file,x,y,w,h,text,country, as evaluate.py takes them"

    def add(self, sample: Sample) -> None:
        """Write a photo."""
        photo = save_sample(sample, self.folder / "images")
        height, width = sample.record.size
        for seen in self.seen_plates(sample):
            x0, y0, x1, y1 = seen.box
            whole = (x0, y0, x1, y1) == (0, 0, width, height)
            box = None if whole else [round(v, 2) for v in (x0, y0, x1 - x0, y1 - y0)]
            text = seen.plate.text if seen.readable else ""
            self.hold(text)
            size = [0, 0, width, height]
            self.lines.append(json.dumps([photo, box, size, text, seen.plate.region]))

    @classmethod
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write the CSV file."""
        rows = [json.loads(line) for line in lines]
        boxed = not rows or any(box is not None for _, box, *_ in rows)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["file", *(BOX_COLUMNS if boxed else ()), "text", "country"])
        for photo, box, size, plate, country in rows:
            writer.writerow([photo, *((box or size) if boxed else ()), plate, country])
        with whole_text(folder / TABLE) as stream:
            stream.write(text.getvalue())


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a file or its folder."""
    file = path / TABLE if path.is_dir() else path
    return has_columns(first_line(file).lower(), ("file", "text"))


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a CSV file of labelled photos; see `platewright.dataset.label`.

    Args:
        path: the file, or the folder with `labels.csv`. Photos lie in `images/` or beside it.
        finder: where photos are, and what becomes of missing ones.

    Yields:
        Each photo and its record; a window where the labels have no boxes.

    Raises:
        DatasetError: if a row can't be read, with file and line.
    """
    file = path / TABLE if path.is_dir() else path
    photos: dict[str, list[Label]] = {}
    for label in read_labels(file):
        photos.setdefault(label.file, []).append(label)
    for name, labels in photos.items():
        where = f"{file}: line {labels[0].line}"
        photo = finder.find(name, file, where)
        size = None if photo is None else finder.size(photo, where)
        if photo is None or size is None:
            continue
        whole = (0.0, 0.0, float(size[1]), float(size[0]))
        plates = tuple(
            PlateRecord(text=one.text, quad=quad_of_box(one.box or whole), region=one.country)
            for one in labels
        )
        window = True if labels[0].box is None else None
        yield photo, SceneRecord(size=size, plates=plates, presence=window)
