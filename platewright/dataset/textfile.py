"""Text, CSV and JSON files of other people: what is asked of them is checked.

What can't be read, or is something else than is asked for, is a `DatasetError` that says where.
"""

import csv
import io
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from platewright.errors import DatasetError, os_errors_as
from platewright.file import is_deep, open_file, read_file
from platewright.geometry import Box
from platewright.record import MAX_LINES, SceneRecord
from platewright.text import LARGEST, number_of

SNIFFED = 1 << 16  #: Bytes of a file that are looked at to tell its format
MOST_BYTES = 1 << 29  #: Of a file that is read as a whole
LONGEST_LINE = 1 << 24  #: Characters; a drawn scene with some hundred plates takes a million


def first_line(path: Path) -> str:
    """Return a file's first line that isn't blank; empty where there is none, or no text.

    For telling formats apart: whatever is wrong with the file is told when it is read.
    """
    return next(iter(first_lines(path)), "")


def first_lines(path: Path) -> list[str]:
    """Return the lines that aren't blank in a file's first 64 KiB; none where that is no text.

    A line that is cut off there counts only where it is the first.
    """
    head = head_of(path)
    text = head.decode("utf-8-sig", "replace")
    lines = [] if "\0" in text else [line.strip() for line in text.split("\n")]
    whole = [line for line in lines[:-1] if line]
    return whole if whole and len(head) == SNIFFED else [line for line in lines if line]


def head_of(path: Path, *, end: bool = False) -> bytes:
    """Return the first bytes of a file, for telling formats apart; none where it can't be read.

    Args:
        path: the file.
        end: whether its last bytes are to follow, where it is longer.
    """
    try:
        with open_file(path) as stream:
            head = stream.read(SNIFFED)
            if end and len(head) == SNIFFED:
                stream.seek(-SNIFFED, os.SEEK_END)
                head += stream.read(SNIFFED)
    except OSError:
        return b""
    return head


def content_of(path: Path) -> bytes:
    """Return all bytes of a file, for telling formats apart; none where it can't be read."""
    try:
        return read_file(path, MOST_BYTES)
    except OSError:
        return b""


def text_of(path: Path, most: int = MOST_BYTES) -> str:
    """Return a whole text file, without a byte order mark."""
    try:
        with os_errors_as(DatasetError, path):
            text = read_file(path, most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not a text file in UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_ended(path: Path) -> bool:
    """Tell whether a text file's last line has its end, as every line written whole has."""
    with os_errors_as(DatasetError, path), open_file(path) as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(size - 1, 0))
        return stream.read(1) in (b"", b"\n")


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line) of a text file's lines that aren't blank.

    A byte order mark and either kind of line end are passed over.
    """
    number = 0
    try:
        with (
            os_errors_as(DatasetError, path),
            io.TextIOWrapper(open_file(path), encoding="utf-8-sig") as stream,
        ):
            for number, line in enumerate(bounded(stream, path), 1):
                if line.strip():
                    yield number, line.rstrip("\n")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: line {number + 1} or later is not UTF-8") from error


def bounded(stream: TextIO, path: Path) -> Iterator[str]:
    """Yield the lines of an open file, none of which fills the memory."""
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise DatasetError(f"{path}: line {number}: more than {LONGEST_LINE} characters")
        yield line


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


def rows_of(
    path: Path,
    needed: Sequence[str],
    *,
    together: Sequence[str] = (),
    lower: bool = False,
    hint: str = "",
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line from 1, fields by column) of a CSV file's rows that aren't empty.

    Args:
        path: the file; UTF-8, with or without a byte order mark.
        needed: columns that must be there; others may.
        together: columns that must all be there where one of them is.
        lower: whether columns are called by their names in small letters.
        hint: what the header should be, for the message where a column is missing.
    """
    number = 1
    try:
        with (
            os_errors_as(DatasetError, path),
            io.TextIOWrapper(open_file(path), encoding="utf-8-sig", newline="") as stream,
        ):
            reader = csv.reader(bounded(stream, path), strict=True)
            columns = [name.strip() for name in next(reader, [])]
            if not columns:
                raise DatasetError(f"{path}: the file is empty; its first line names the columns")
            columns = [name.lower() for name in columns] if lower else columns
            wanted = [*needed, *(together if set(together) & set(columns) else ())]
            if missing := [name for name in wanted if name not in columns]:
                raise DatasetError(f"{path}: line 1: no column {', '.join(missing)}{hint}")
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
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not a text file in UTF-8; export it again") from error


LONGEST_NUMBER = 300
"""Digits of a whole number; one of more is a fraction, infinite from 309 on, as JSON's others."""
DEEPEST = 100  #: Levels that what is kept of a record may be nested: writing it needs some of each


def load_object(path: Path, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the object that a JSON file holds.

    Args:
        names: other names for keys, wherever these are.
    """
    content = _parsed(path, text_of(path), names, lined=True)
    if not isinstance(content, dict):
        raise DatasetError(f"{path}: the file holds no object at its top")
    return content


def load_list(path: Path) -> list[dict[str, Any]]:
    """Return the objects of the array that a JSON file holds."""
    content = _parsed(path, text_of(path), None, lined=True)
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise DatasetError(f"{path}: the file holds no array of objects at its top")
    return content


def object_of(where: object, text: str) -> dict[str, Any]:
    """Return the object that a line of JSON holds."""
    content = value_of(where, text)
    if not isinstance(content, dict):
        raise DatasetError(f"{where}: the line holds no object")
    return content


def value_of(where: object, text: str) -> Any:
    """Return whatever a line of JSON holds; no whole number in it is too large for a fraction."""
    return _parsed(where, text, None, lined=False)


def _parsed(where: object, text: str, names: Mapping[str, str] | None, *, lined: bool) -> Any:
    def renamed(entry: dict[str, Any]) -> dict[str, Any]:
        return {(names or {}).get(key, key): value for key, value in entry.items()}

    try:
        return json.loads(text, parse_int=_whole, object_hook=renamed if names else None)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}: " if lined else ""
        raise DatasetError(f"{where}: {line}not JSON: {error.msg}") from None
    except RecursionError:
        raise DatasetError(f"{where}: not JSON that can be read: nested too deep") from None


def _whole(digits: str) -> int | float:
    """Return a whole number; `int` refuses very long ones, and numpy those beyond a fraction."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else float(digits)


def scene_of(where: str, text: str) -> SceneRecord:
    """Return a record of our own.

    Args:
        text: its JSON form.
    """
    values = value_of(f"{where} is damaged", text)
    try:
        record = SceneRecord.from_dict(values)
        _check_scene(record)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise DatasetError(f"{where} is damaged ({what})") from None
    return record


def _check_scene(record: SceneRecord) -> None:
    """Check what a record holds, which is taken from JSON as it is."""
    for plate in record.plates:
        for name in ("text", "region", "kind"):
            if not isinstance(getattr(plate, name), str):
                raise ValueError(f"a plate's {name} is no text")
        for one in plate.characters:
            if not isinstance(one.char, str) or not one.char:
                raise ValueError("a character's char is no text")
            if not _is_number(one.line) or one.line not in range(MAX_LINES):
                raise ValueError(f"a character's line is none of 0 to {MAX_LINES - 1}")
            sure = one.confidence
            if sure is not None and not (_is_number(sure) and 0 <= sure <= 1):
                raise ValueError("a character's confidence is not from 0 to 1")
        for quad in (plate.quad, *(c.quad for c in plate.characters)):
            if quad.shape != (4, 2) or not (np.abs(quad) <= LARGEST).all():  # nan is not, either
                raise ValueError(f"a quad is no list of four corners within {LARGEST:g}")
    if not all(_is_number(v) and math.isfinite(v) for box in record.decoys for v in box):
        raise ValueError("a decoy's box holds something else than finite numbers")
    for drawn in (record.drawn, *(plate.drawn for plate in record.plates)):
        if not isinstance(drawn, dict):
            raise ValueError("drawn is no object")
        if is_deep(drawn, DEEPEST):
            raise ValueError(f"drawn is nested deeper than {DEEPEST}")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def list_of(where: object, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a key's list of objects."""
    entries = content.get(key)
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise DatasetError(f"{where}: {key} is missing or no list of objects")
    return entries


def key_of(where: object, entry: dict[str, Any], key: str) -> int | str:
    """Return a key's number or name."""
    value = entry.get(key)
    if not isinstance(value, (int, str)) or isinstance(value, bool):
        raise DatasetError(f"{where}: {key} is missing or neither a whole number nor a name")
    return value


def name_of(where: object, entry: dict[str, Any], key: str) -> str:
    """Return a key's text, or its number as one; empty where it is missing or null."""
    value = entry.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    if not _is_number(value) or not math.isfinite(value):
        raise DatasetError(f"{where}: {key} is neither a text nor a number")
    return str(value)


def numbers_of(where: object, key: str, values: list[Any]) -> NDArray[np.float64]:
    """Return a list's finite numbers, none beyond `LARGEST`, in its own shape.

    Raises:
        DatasetError: if something else is in it.
    """
    if not all(_is_number(v) for v in values):
        raise DatasetError(f"{where}: {key} holds something else than numbers")
    numbers = np.array(values, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise DatasetError(f"{where}: {key} holds a number that isn't finite")
    if (np.abs(numbers) > LARGEST).any():
        raise DatasetError(f"{where}: {key} holds a number beyond {LARGEST:g}")
    return numbers


def box_of(where: object, value: object) -> Box:
    """Return the box that a list of x, y, width and height is."""
    if not isinstance(value, list) or len(value) != 4:
        raise DatasetError(f"{where}: bbox is no list of four numbers")
    x, y, wide, tall = (float(v) for v in numbers_of(where, "bbox", value))
    if wide <= 0 or tall <= 0:
        raise DatasetError(f"{where}: bbox of {wide:g} x {tall:g}; both must be above 0")
    return x, y, x + wide, y + tall


def texts_of(value: object) -> dict[str, str]:
    """Return the values of an object that are texts; none where it is no object."""
    named = value if isinstance(value, dict) else {}
    return {key: text for key, text in named.items() if isinstance(text, str)}


def number_field(where: object, name: str, field: str) -> float:
    """Return the finite number that a field holds."""
    value = number_of(field)
    if not math.isfinite(value):
        raise DatasetError(f"{where}: {name} is {field[:40]!r}, not a number")
    return value
