"""CSV files of other people, row by row, with the line of each."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from platewright.errors import DatasetError

__all__ = ["has_columns", "rows_of"]


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
