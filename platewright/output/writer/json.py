"""JSON: one object for one photo, a list of them for several."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from platewright.file import write_file
from platewright.output.photo import PhotoReadings

__all__ = ["Writer"]


class Writer:
    """Collects photos and writes them at the end.

    Args:
        path: the file.
        several: whether it is to be a list.
    """

    def __init__(self, path: Path, *, several: bool) -> None:
        """Note the name."""
        self.path, self.several = path, several
        self._photos: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def add(self, photo: PhotoReadings, image: NDArray[np.uint8]) -> None:
        """Keep one photo's readings."""
        self._photos.append(photo.as_dict())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what there is."""
        if self.several:
            lines = ",\n ".join(json.dumps(photo) for photo in self._photos)
            write_file(self.path, f"[{lines}]\n".encode())
        elif self._photos:
            write_file(self.path, (json.dumps(self._photos[0]) + "\n").encode())
