"""A CSV table, a row for each plate."""

import csv
import io
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from platewright.file import whole_file
from platewright.output.photo import PhotoReadings
from platewright.output.writer import IN_MEMORY, ReadingsWriter
from platewright.text import shielded

CORNERS = ("top_left", "top_right", "bottom_right", "bottom_left")
COLUMNS = (
    "file", "width", "height", "text", "confidence", "presence", "accepted", "region",
    "x0", "y0", "x1", "y1", *(f"{corner}_{axis}" for corner in CORNERS for axis in "xy"),
)  # fmt: skip


class Writer(ReadingsWriter):
    """Collects plates and writes their table at the end; photos without one have no row."""

    sees_photos = False

    def __init__(self, path: Path, *, several: bool) -> None:
        super().__init__(path, several=several)
        self._bytes = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed at the end
        self._text = io.TextIOWrapper(self._bytes, "utf-8", "backslashreplace", newline="")
        self._table = csv.writer(self._text)
        self._table.writerow(COLUMNS)

    def add(self, photo: PhotoReadings, image: NDArray[np.uint8]) -> None:
        """Keep the rows of one photo."""
        height, width = photo.size
        for plate in (reading.as_dict() for reading in photo):
            facts = (plate[name] for name in COLUMNS[3:8])
            corners = (value for point in plate["quad"] for value in point)
            cells = (photo.file, width, height, *facts, *plate["box"], *corners)
            self._table.writerow(map(shielded, cells))

    def close(self) -> None:
        """Write what there is."""
        with self._text as text, whole_file(self.path) as stream:
            text.flush()
            self._bytes.seek(0)
            shutil.copyfileobj(self._bytes, stream)
