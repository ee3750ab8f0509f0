"""JSON lines, one for each photo."""

from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from platewright.output.photo import PhotoReadings
from platewright.output.writer import LinesFile, ReadingsWriter


class Writer(ReadingsWriter):
    """Writes each photo's line as soon as it is read."""

    sees_photos = False

    def __init__(self, path: Path, *, several: bool) -> None:
        super().__init__(path, several=several)
        self._lines = LinesFile(path)

    def __enter__(self) -> Self:
        self._lines.__enter__()
        return self

    def add(self, photo: PhotoReadings, image: NDArray[np.uint8]) -> None:
        """Write one photo's line."""
        self._lines.add(photo.as_dict())

    def close(self) -> None:
        """Close the file and give it its name."""
        self._lines.__exit__()
