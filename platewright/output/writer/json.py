"""JSON: one object for one photo, a list of them for several."""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from platewright.file import whole_file
from platewright.output.photo import PhotoReadings
from platewright.output.writer import IN_MEMORY, ReadingsWriter


class Writer(ReadingsWriter):
    """Collects photos and writes them at the end."""

    sees_photos = False

    def __init__(self, path: Path, *, several: bool) -> None:
        super().__init__(path, several=several)
        self._photos = 0
        self._text = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed at the end

    def add(self, photo: PhotoReadings, image: NDArray[np.uint8]) -> None:
        """Keep one photo's readings."""
        between = b",\n " if self._photos else b""
        self._text.write(between + json.dumps(photo.as_dict()).encode())
        self._photos += 1

    def close(self) -> None:
        """Write what there is."""
        opening, closing = (b"[", b"]\n") if self.several else (b"", b"\n")
        with self._text as text:
            if not self.several and not self._photos:
                return
            with whole_file(self.path) as stream:
                text.seek(0)
                stream.write(opening)
                shutil.copyfileobj(text, stream)
                stream.write(closing)
