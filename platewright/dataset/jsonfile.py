"""JSON files of other people: what is asked of them is checked, and an error says where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.dataset.textfile import text_of
from platewright.errors import DatasetError
from platewright.records import SceneRecord

__all__ = ["key_of", "list_of", "load_object", "numbers_of", "object_of", "scene_of"]


def load_object(path: Path) -> dict[str, Any]:
    """Return the object that a JSON file holds.

    Raises:
        DatasetError: if it can't be read, with the line, or holds something else.
    """
    try:
        content = json.loads(text_of(path))
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path}: line {error.lineno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise DatasetError(f"{path}: not JSON that can be read: nested too deep") from None
    if not isinstance(content, dict):
        raise DatasetError(f"{path}: the file holds no object at its top")
    return content


def object_of(where: object, text: str) -> dict[str, Any]:
    """Return the object that a line of JSON holds.

    Raises:
        DatasetError: if it holds something else.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise DatasetError(f"{where}: not JSON: {error.msg}") from None
    except RecursionError:
        raise DatasetError(f"{where}: not JSON that can be read: nested too deep") from None
    if not isinstance(content, dict):
        raise DatasetError(f"{where}: the line holds no object")
    return content


def scene_of(where: str, text: str) -> SceneRecord:
    """Return a record of our own.

    Args:
        where: what an error calls it.
        text: its JSON form.

    Raises:
        DatasetError: if it is damaged.
    """
    try:
        record = SceneRecord.from_dict(json.loads(text))
        for plate in record.plates:
            for quad in (plate.quad, *(c.quad for c in plate.characters)):
                if quad.shape != (4, 2) or not np.isfinite(quad).all():
                    raise ValueError("a quad is no list of four finite corners")
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise DatasetError(f"{where} is damaged ({what})") from None
    return record


def list_of(where: object, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a key's list of objects.

    Raises:
        DatasetError: if it is missing or something else.
    """
    entries = content.get(key)
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise DatasetError(f"{where}: {key} is missing or no list of objects")
    return entries


def key_of(where: object, entry: dict[str, Any], key: str) -> int | str:
    """Return a key's number or name.

    Raises:
        DatasetError: if it is missing or something else.
    """
    value = entry.get(key)
    if not isinstance(value, (int, str)):
        raise DatasetError(f"{where}: {key} is missing or neither a whole number nor a name")
    return value


def numbers_of(where: object, key: str, values: list[Any]) -> NDArray[np.float64]:
    """Return a list's finite numbers.

    Raises:
        DatasetError: if it holds something else.
    """
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        raise DatasetError(f"{where}: {key} holds something else than numbers")
    numbers = np.array(values, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise DatasetError(f"{where}: {key} holds a number that isn't finite")
    return numbers
