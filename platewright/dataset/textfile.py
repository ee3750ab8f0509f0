"""Text and CSV files of other people, read line by line."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from platewright.errors import DatasetError

__all__ = [
    "SNIFFED",
    "first_line",
    "first_lines",
    "has_columns",
    "is_ended",
    "lines_of",
    "rows_of",
    "text_of",
]

SNIFFED = 1 << 16
"""Bytes of a file that are looked at to tell its format."""


def first_line(path: Path) -> str:
    """Return a file's first line that isn't blank; empty where there is none, or no text.

    For telling formats apart: whatever is wrong with the file is told when it is read.
    """
    return next(iter(first_lines(path)), "")


def first_lines(path: Path) -> list[str]:
    """Return the lines that aren't blank in a file's first 64 KiB; none where that is no text.

    A line that is cut off there counts only where it is the first.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(SNIFFED)
    except OSError:
        return []
    text = head.decode("utf-8-sig", "replace")
    lines = [] if "\0" in text else [line.strip() for line in text.split("\n")]
    whole = [line for line in lines[:-1] if line]
    return whole if whole and len(head) == SNIFFED else [line for line in lines if line]


def text_of(path: Path) -> str:
    """Return a whole text file, without a byte order mark.

    Raises:
        DatasetError: if it can't be read or isn't UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not a text file in UTF-8") from error


def is_ended(path: Path) -> bool:
    """Tell whether a text file's last line has its end, as every line has that was written whole.

    Raises:
        DatasetError: if it can't be read.
    """
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(size - 1, 0))
            return stream.read(1) in (b"", b"\n")
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror or error}") from error


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line) of a text file's lines that aren't blank.

    A byte order mark and either kind of line end are passed over.

    Raises:
        DatasetError: if it can't be read or isn't UTF-8, with the line's number.
    """
    number = 0
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield number, line.rstrip("\n")
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: line {number + 1} or later is not UTF-8") from error


def has_columns(line: str, needed: Sequence[str]) -> bool:
    """Tell whether a file's first line is a header with some columns.

    >>> has_columns("image_path,plate_text", ["plate_text"]), has_columns("", ["a"])
    (True, False)
    """
    try:
        names = next(csv.reader([line]), [])
    except csv.Error:
        return False
    return all(name in (n.strip() for n in names) for name in needed)


def rows_of(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line from 1, fields by column) of a CSV file's rows that aren't empty.

    Args:
        path: the file; UTF-8, with or without a byte order mark.
        needed: columns that must be there; others may.

    Raises:
        DatasetError: if it can't be read, with the line.
    """
    number = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            columns = [name.strip() for name in next(reader, [])]
            if missing := [name for name in needed if name not in columns]:
                raise DatasetError(f"{path}: line 1: no column {', '.join(missing)}")
            for row in reader:
                number = reader.line_num
                if not row:
                    continue
                if len(row) != len(columns):
                    raise DatasetError(
                        f"{path}: line {number}: {len(row)} fields, but the header has "
                        f"{len(columns)}"
                    )
                yield number, dict(zip(columns, map(str.strip, row), strict=True))
    except csv.Error as error:
        raise DatasetError(f"{path}: line {number + 1}: not CSV: {error}") from error
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not a text file in UTF-8; export it again") from error
