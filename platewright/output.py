"""What a photo's readings become: a table, JSON lines, and an annotated picture (`annotation`)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from platewright.annotation import annotate
from platewright.errors import OutputError
from platewright.file import write_file
from platewright.percent import told_percent
from platewright.records import Reading

__all__ = ["PhotoReadings", "ReadingsFile", "annotate", "readings_table", "write_json"]


@dataclass(frozen=True, kw_only=True)
class PhotoReadings:
    """What was read in one photo.

    Attributes:
        file: the photo, as the user calls it.
        size: (height, width) in pixels, as the photo is shown.
        ms: how long finding and reading took, in milliseconds, without loading the file.
        readings: sorted by presence x confidence, best first.
    """

    file: str
    size: tuple[int, int]
    ms: float
    readings: tuple[Reading, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: file, width, height, ms and plates."""
        return {
            "file": self.file,
            "width": self.size[1],
            "height": self.size[0],
            "ms": round(self.ms, 1),
            "plates": [reading.as_dict() for reading in self.readings],
        }


def readings_table(photos: Sequence[PhotoReadings]) -> str:
    """Return the readings as an aligned table, one line per plate, without a final line break.

    A photo without a plate has a line too; a text that is not accepted has a question mark. The
    photo stands last, so that long names push nothing out of line; it is left out where there is
    only one, and the region where none is known.
    """
    several = len(photos) > 1
    head = ["text", "confidence", "presence", "region", "box (x0 y0 x1 y1)"]
    rows = [[*head, "photo"] if several else head]
    for photo in photos:
        cells = [_cells(reading) for reading in photo.readings] or [["(no plate)", *[""] * 4]]
        rows += [[*row, photo.file] if several else row for row in cells]
    if not any(reading.region for photo in photos for reading in photo.readings):
        rows = [[cell for column, cell in enumerate(row) if column != 3] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rightwards = (1, 2)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in rightwards else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def write_json(path: Path, photo: PhotoReadings) -> None:
    """Write one photo's readings as JSON, whole or not at all.

    Raises:
        OutputError: if the file can't be written.
    """
    write_file(path, (json.dumps(photo.as_dict()) + "\n").encode())


class ReadingsFile:
    """`readings.jsonl`, one line per photo, for use in a `with` statement.

    Lines go to a `.part` file beside it, each flushed at once; leaving the block renames that
    file, also when an error or Ctrl-C ends it, so that nothing read is lost.

    Args:
        path: the file in the end; what was there before is kept until then.
    """

    def __init__(self, path: Path) -> None:
        """Note the name; the file is opened on entering."""
        self.path = path
        self.part = path.with_name(path.name + ".part")

    def __enter__(self) -> ReadingsFile:
        """Open the `.part` file anew."""
        try:
            self._stream = self.part.open("wb", buffering=0)
        except OSError as error:
            raise OutputError(f"{self.part}: can't be written: {error.strerror}") from error
        return self

    def add(self, photo: PhotoReadings) -> None:
        """Write one photo's line.

        Raises:
            OutputError: if it can't be written; the lines before it stay.
        """
        end = self._stream.tell()
        rest = (json.dumps(photo.as_dict()) + "\n").encode()
        try:
            while rest:
                rest = rest[self._stream.write(rest) :]
        except (OSError, KeyboardInterrupt) as error:
            # Half a line would make the whole file unreadable to most.
            self._stream.seek(end)
            self._stream.truncate()
            if isinstance(error, OSError):
                raise OutputError(f"{self.path}: can't be written: {error.strerror}") from error
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file and give it its name."""
        self._stream.close()
        try:
            os.replace(self.part, self.path)
        except OSError as problem:
            raise OutputError(f"{self.path}: can't be written: {problem.strerror}") from problem


def _cells(reading: Reading) -> list[str]:
    """Return a reading's cells of the table."""
    return [
        (reading.text + ("" if reading.accepted else " ?")) if reading.text else "(unread)",
        told_percent(reading.confidence, 1),
        told_percent(reading.presence, 1),
        reading.region or "-",
        " ".join(f"{value:.0f}" for value in reading.box),
    ]
