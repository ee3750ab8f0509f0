"""Labels of real photos: where a plate is and what it says, from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from platewright.errors import DatasetError
from platewright.geometry import Box
from platewright.text import LARGEST, number_of

__all__ = ["Label", "choose", "read_labels"]

BOX_COLUMNS = ("x", "y", "w", "h")


@dataclass(frozen=True, kw_only=True)
class Label:
    """One labelled plate.

    Attributes:
        file: the photo's name in `images/`.
        text: its characters, top line first; empty where they can't be read.
        country: a code, may be empty.
        box: in pixels of the photo; None: the whole picture is the plate.
        line: where it stands in the CSV file, from 1.
    """

    file: str
    text: str
    country: str = ""
    box: Box | None = None
    line: int = 0


def read_labels(path: Path) -> list[Label]:
    """Read a CSV file with the columns file, text and, if known, x, y, w, h and country.

    The box is in pixels, its origin top left, of the photo as it is shown. Other columns are
    passed over; without the four of the box every picture is one plate.

    Raises:
        DatasetError: if the file can't be read or a line is off, with the line's number.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            labels = list(_rows(path, csv.reader(stream, strict=True)))
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not a text file in UTF-8; export it as CSV again") from error
    if not labels:
        raise DatasetError(f"{path}: no label in it, only the header")
    return labels


def choose(
    labels: Sequence[Label], countries: Sequence[str] = (), limit: int | None = None
) -> list[Label]:
    """Return all labels of the photos that have one of the countries, of the first `limit` photos.

    Args:
        labels: of photos.
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


def _rows(path: Path, reader: Iterator[list[str]]) -> Iterator[Label]:
    """Yield the labels of an open CSV file."""
    number = 0
    try:
        header = next(reader, None)
        if header is None:
            raise DatasetError(f"{path}: the file is empty; it needs file,x,y,w,h,text,country")
        number = 1
        columns = _columns(path, header)
        for row in reader:
            number = reader.line_num  # type: ignore[attr-defined]
            if row:
                yield _label(f"{path}: line {number}", columns, len(header), row, number)
    except csv.Error as error:
        raise DatasetError(f"{path}: line {number + 1}: not CSV: {error}") from error


def _columns(path: Path, header: list[str]) -> dict[str, int]:
    """Return where each column stands."""
    names = [name.strip().lower() for name in header]
    missing = [name for name in ("file", "text") if name not in names]
    if any(name in names for name in BOX_COLUMNS):
        missing += [name for name in BOX_COLUMNS if name not in names]
    if missing:
        raise DatasetError(
            f"{path}: line 1: no column {', '.join(missing)}; "
            "the header is file,x,y,w,h,text,country or file,text,country"
        )
    return {name: names.index(name) for name in names}


def _label(
    where: str, columns: dict[str, int], num_columns: int, row: list[str], line: int
) -> Label:
    """Return the label of one row."""
    if len(row) != num_columns:
        raise DatasetError(f"{where}: {len(row)} fields, but the header has {num_columns}")
    file = row[columns["file"]].strip()
    if not file:
        raise DatasetError(f"{where}: the field file is empty")
    box: Box | None = None
    if "x" in columns:
        x, y, w, h = (_number(where, name, row[columns[name]]) for name in BOX_COLUMNS)
        if w <= 0 or h <= 0:
            raise DatasetError(f"{where}: the box is {w:g} x {h:g} pixels; both must be above 0")
        box = (x, y, x + w, y + h)
    country = row[columns["country"]].strip() if "country" in columns else ""
    text = row[columns["text"]].strip()
    return Label(file=file, text=text, country=country, box=box, line=line)


def _number(where: str, name: str, field: str) -> float:
    """Return a field's finite number."""
    value = number_of(field)
    if not abs(value) <= LARGEST:  # nan is not, either
        raise DatasetError(f"{where}: {name} is {field[:40]!r}, not a number within {LARGEST:g}")
    return value
