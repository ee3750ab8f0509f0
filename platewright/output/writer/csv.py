"""A CSV table, a row for each plate."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from platewright.file import whole_file
from platewright.output.photo import PhotoReadings

__all__ = ["COLUMNS", "Writer"]

CORNERS = ("top_left", "top_right", "bottom_right", "bottom_left")
COLUMNS = (
    "file", "width", "height", "text", "confidence", "presence", "accepted", "region",
    "x0", "y0", "x1", "y1", *(f"{corner}_{axis}" for corner in CORNERS for axis in "xy"),
)  # fmt: skip
IN_MEMORY = 1 << 20
"""Bytes."""


class Writer:
    """Collects plates and writes their table at the end; photos without one have no row.

    What is beyond a megabyte waits in a temporary file.

    Args:
        path: the file.
        several: is of no account.
    """

    sees_photos = False

    def __init__(self, path: Path, *, several: bool) -> None:
        """Note the name."""
        self.path = path
        self._bytes = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed at the end
        self._text = io.TextIOWrapper(self._bytes, "utf-8", "backslashreplace", newline="")
        self._table = csv.writer(self._text)
        self._table.writerow(COLUMNS)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def add(self, photo: PhotoReadings, image: NDArray[np.uint8]) -> None:
        """Keep the rows of one photo."""
        height, width = photo.size
        for plate in (reading.as_dict() for reading in photo):
            facts = (plate[name] for name in COLUMNS[3:8])
            corners = (value for point in plate["quad"] for value in point)
            self._table.writerow((photo.file, width, height, *facts, *plate["box"], *corners))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what there is."""
        with self._text as text, whole_file(self.path) as stream:
            text.flush()
            self._bytes.seek(0)
            shutil.copyfileobj(self._bytes, stream)
