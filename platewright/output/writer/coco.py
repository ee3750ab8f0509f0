"""COCO with corners and texts, as FiftyOne and CVAT read it."""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from platewright.file import whole_file
from platewright.output.photo import COCO_CATEGORIES, PhotoReadings, coco_entries
from platewright.output.writer import IN_MEMORY, ReadingsWriter


class Writer(ReadingsWriter):
    """Collects photos and their plates, and writes them at the end."""

    sees_photos = False

    def __init__(self, path: Path, *, several: bool) -> None:
        super().__init__(path, several=several)
        self._photos = self._plates = 0
        self._texts = {
            name: tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed at the end
            for name in ("images", "annotations")
        }

    def add(self, photo: PhotoReadings, image: NDArray[np.uint8]) -> None:
        """Keep a photo and its plates."""
        entry, plates = coco_entries(photo, self._photos + 1, self._plates + 1)
        for name, count, added in (
            ("images", self._photos, [entry]),
            ("annotations", self._plates, plates),
        ):
            for number, one in enumerate(added, count):
                self._texts[name].write((b",\n " if number else b"") + json.dumps(one).encode())
        self._photos += 1
        self._plates += len(plates)

    def close(self) -> None:
        """Write what there is."""
        images, annotations = self._texts.values()
        with images, annotations, whole_file(self.path) as stream:
            for name, text in self._texts.items():
                text.seek(0)
                stream.write(b'%s"%s": [' % (b"{" if name == "images" else b"", name.encode()))
                shutil.copyfileobj(text, stream)
                stream.write(b"],\n")
            stream.write(b'"categories": %s}\n' % json.dumps(COCO_CATEGORIES).encode())
