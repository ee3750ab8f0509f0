"""What was read in a photo, and the table of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from platewright.record import Reading
from platewright.text import percent

__all__ = ["PhotoReadings", "readings_table"]


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

    def __len__(self) -> int:
        """How many plates were read."""
        return len(self.readings)

    def __iter__(self) -> Iterator[Reading]:
        """Go through the readings, best first."""
        return iter(self.readings)

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


def _cells(reading: Reading) -> list[str]:
    """Return a reading's cells of the table."""
    return [
        (reading.text + ("" if reading.accepted else " ?")) if reading.text else "(unread)",
        percent(reading.confidence),
        percent(reading.presence),
        reading.region or "-",
        " ".join(f"{value:.0f}" for value in reading.box),
    ]
