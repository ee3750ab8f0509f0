"""Text files of data sets: written whole or not at all, read line by line."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO
from zlib import crc32

from platewright.errors import DatasetError, OutputError

__all__ = [
    "HELD_OUT",
    "SNIFFED",
    "first_line",
    "first_lines",
    "is_held_out",
    "lines_of",
    "list_files",
    "split_line",
    "text_of",
    "whole_file",
    "write_split",
]

HELD_OUT = 10
"""One in so many texts is for validation."""
SNIFFED = 1 << 16
"""Bytes of a file that are looked at to tell its format."""


def is_held_out(text: str) -> bool:
    """Tell whether a plate's text is for validation; the same text always on the same side.

    >>> sum(is_held_out(f"AB{k:05d}") for k in range(10_000))
    998
    """
    return crc32(text.encode()) % HELD_OUT == 0


def split_line(text: str, line: str, side: str = "") -> str:
    r"""Return a line for `write_split`, on the side of a plate's text unless one is given.

    >>> split_line("AB12CDE", "images/1.png")
    'train\timages/1.png'
    """
    return f"{side or ('val' if is_held_out(text) else 'train')}\t{line}"


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Open a text file in UTF-8 to write it bit by bit; it is there when all of it is written.

    Raises:
        OutputError: if it can't be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
        os.replace(part, path)
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror or error}") from error
    except UnicodeEncodeError as error:
        bad = error.object[error.start : error.end]
        raise OutputError(f"{path}: can't be written: {bad!a} is no character") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def write_split(
    lines: Iterable[str], folder: Path, *, suffix: str = ".txt", header: str = ""
) -> dict[str, int]:
    """Write `train` and `val` files as their lines come.

    Args:
        lines: each `train` or `val`, a tab, and the line.
        folder: where the files go.
        suffix: of their names.
        header: first line of both; empty: none.

    Returns:
        How many lines each of the two got.

    Raises:
        OutputError: if a file can't be written.
    """
    counts = {"train": 0, "val": 0}
    with (
        whole_file(folder / f"train{suffix}") as train,
        whole_file(folder / f"val{suffix}") as val,
    ):
        streams = {"train": train, "val": val}
        if header:
            train.write(f"{header}\n")
            val.write(f"{header}\n")
        for line in lines:
            side, _, rest = line.partition("\t")
            streams[side].write(f"{rest}\n")
            counts[side] += 1
    return counts


def list_files(path: Path, suffix: str) -> list[Path]:
    """Return the lists that a path names: itself, or a folder's `train` and `val`.

    Raises:
        DatasetError: if a folder has neither.
    """
    if not path.is_dir():
        return [path]
    found = [f for f in (path / f"train{suffix}", path / f"val{suffix}") if f.is_file()]
    if not found:
        raise DatasetError(f"{path}: neither train{suffix} nor val{suffix} there; name the list")
    return found


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
