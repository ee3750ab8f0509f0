"""JSON lines, one for each photo."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from platewright.file import LinesFile
from platewright.output.photo import PhotoReadings

__all__ = ["Writer"]


class Writer:
    """Writes each photo's line as soon as it is read.

    Args:
        path: the file in the end.
        several: is of no account.
    """

    sees_photos = False

    def __init__(self, path: Path, *, several: bool) -> None:
        """Note the name; the file is opened on entering."""
        self._lines = LinesFile(path)

    def __enter__(self) -> Self:
        """Open the file."""
        self._lines.__enter__()
        return self

    def add(self, photo: PhotoReadings, image: NDArray[np.uint8]) -> None:
        """Write one photo's line."""
        self._lines.add(photo.as_dict())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file and give it its name."""
        self._lines.__exit__(kind, error, trace)
