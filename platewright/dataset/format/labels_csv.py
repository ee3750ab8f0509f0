"""Photos and their labels in one CSV file: what `evaluate.py` and `train.py --watch` measure on."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.textfile import first_line, has_columns, rows_of
from platewright.dataset.writer import Format, Sample, csv_row, save_sample
from platewright.errors import DatasetError
from platewright.file import whole_text
from platewright.geometry import Box, quad_of_box
from platewright.record import PlateRecord, SceneRecord
from platewright.text import LARGEST, number_of, shielded, unshielded

BOX_COLUMNS = ("x", "y", "w", "h")
HINT = "; the header is file,x,y,w,h,text,country or file,text,country"


@dataclass(frozen=True, kw_only=True)
class Label:
    """One labelled plate."""

    file: str  #: the photo's name in `images/`
    text: str  #: its characters, top line first; empty where they can't be read
    country: str = ""  #: a code, may be empty
    box: Box | None = None  #: in pixels of the photo; None: the whole picture is the plate
    line: int = 0  #: where it stands in the CSV file, from 1


def read_labels(path: Path) -> list[Label]:
    """Read a CSV file with the columns file, text and, if known, x, y, w, h and country.

    The box is in pixels, its origin top left, of the photo as it is shown. Other columns are
    passed over; without the four of the box every picture is one plate.

    Raises:
        DatasetError: if the file can't be read or a line is off, with the line's number.
    """
    rows = rows_of(path, ("file", "text"), together=BOX_COLUMNS, lower=True, hint=HINT)
    labels = [_label(f"{path}: line {number}", row, number) for number, row in rows]
    if not labels:
        raise DatasetError(f"{path}: no label in it, only the header")
    return labels


def choose(
    labels: Sequence[Label], countries: Sequence[str] = (), limit: int | None = None
) -> list[Label]:
    """Return all labels of the photos that have one of the countries, of the first `limit` photos.

    Args:
        countries: codes in capitals; none: every photo.
        limit: most photos; None: all.

    Raises:
        DatasetError: if no photo is left.
    """
    files = [label.file for label in labels if not countries or label.country.upper() in countries]
    if not files:
        known = ", ".join(sorted({label.country for label in labels if label.country}))
        raise DatasetError(f"no label of {', '.join(countries)}; the labels have {known or 'none'}")
    wanted = set(list(dict.fromkeys(files))[:limit])
    return [label for label in labels if label.file in wanted]


def _label(where: str, row: dict[str, str], line: int) -> Label:
    """Return the label of one row."""
    file = unshielded(row["file"])
    if not file:
        raise DatasetError(f"{where}: the field file is empty")
    parts = re.split(r"[\\/]", file)
    if ".." in parts or not parts[0] or parts[0].endswith(":"):
        raise DatasetError(f"{where}: {file[:200]}: leads out of the folder of the labels")
    box: Box | None = None
    if "x" in row:
        x, y, w, h = (_number(where, name, row[name]) for name in BOX_COLUMNS)
        if w <= 0 or h <= 0:
            raise DatasetError(f"{where}: the box is {w:g} x {h:g} pixels; both must be above 0")
        box = (x, y, x + w, y + h)
    text, country = (unshielded(row.get(name, "")) for name in ("text", "country"))
    return Label(file=file, text=text, country=country, box=box, line=line)


def _number(where: str, name: str, field: str) -> float:
    """Return a field's finite number."""
    value = number_of(field)
    if not abs(value) <= LARGEST:  # nan is not, either
        raise DatasetError(f"{where}: {name} is {field[:40]!r}, not a number within {LARGEST:g}")
    return value


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
        with whole_text(folder / TABLE) as stream:
            header = ("file", *(BOX_COLUMNS if boxed else ()), "text", "country")
            stream.write(f"{csv_row(*header)}\n")
            for photo, box, size, plate, country in rows:
                place = (box or size) if boxed else ()
                cells = map(shielded, (photo, *place, plate, country))
                stream.write(f"{csv_row(*cells)}\n")


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a file or its folder."""
    file = path / TABLE if path.is_dir() else path
    return has_columns(first_line(file).lower(), ("file", "text"))


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a CSV file of labelled photos; see `platewright.dataset.format.labels_csv`.

    Args:
        path: the file, or the folder with `labels.csv`. Photos lie in `images/` or beside it.

    Yields:
        Each photo and its record; a window where the labels have no boxes.
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
