"""ICDAR 2015 quads: a text file a picture with `x1,y1,x2,y2,x3,y3,x4,y4,text` lines.

    images/NAME.jpg  gt/gt_NAME.txt

Corners run top left, top right, bottom right, bottom left as the plate is read, in whole pixels
inside the picture; a plate that its edge cuts off gets four corners round what is seen of it. The
text is `###`, "don't care", where it is unknown or not all in the picture; what trains or scores on
these files passes such quads over. Plates of which less than a quarter is seen are left out.

The files of the competition begin with a byte order mark, and readers differ in whether they expect
it; without one, as here, both kinds read them. `read` takes both. The form: Karatzas et al., ICDAR
2015 Competition on Robust Reading, challenge 4 (rrc.cvc.uab.es/?ch=4&com=tasks).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from platewright.dataset.finder import STRICT, PictureFinder
from platewright.dataset.jsonfile import numbers_of
from platewright.dataset.outline import SeenPlate
from platewright.dataset.picture import find_picture
from platewright.dataset.shape import polygon_area
from platewright.dataset.textfile import lines_of
from platewright.dataset.writer import Format, Sample, save_bytes, save_sample
from platewright.errors import DatasetError
from platewright.record import PlateRecord, SceneRecord

__all__ = ["UNREADABLE", "IcdarFormat", "claims", "read", "transcription", "whole_corners"]

FloatArray = NDArray[np.float64]

UNREADABLE = "###"


def whole_corners(seen: SeenPlate) -> list[list[int]]:
    """Return a plate's four corners in whole pixels of the picture, [x, y] each."""
    last = [seen.size[1] - 1, seen.size[0] - 1]
    return [[int(v) for v in corner] for corner in np.clip(np.rint(seen.quad), 0, last)]


def transcription(seen: SeenPlate) -> str:
    """Return a plate's text, `###` where nobody can read it in the picture."""
    return seen.plate.text if seen.readable else UNREADABLE


class IcdarFormat(Format):
    """Pictures and a text file each."""

    name = "icdar"
    summary = "ICDAR 2015: gt_NAME.txt with x1,y1,...,x4,y4,text lines"
    folders = ("images", "gt")

    def add(self, sample: Sample) -> None:
        """Write a picture and its text file."""
        save_sample(sample, self.folder / "images")
        path = self.folder / "gt" / f"gt_{sample.name}.txt"
        rows = []
        for seen in self.seen_plates(sample):
            self.hold(seen.plate.text if seen.readable else "")
            points = ",".join(str(v) for corner in whole_corners(seen) for v in corner)
            rows.append(f"{points},{transcription(seen)}\n")
        save_bytes(path, "".join(rows).encode())


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a folder."""
    return any(True for folder in (path / "gt", path) for _ in folder.glob("gt_*.txt"))


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a folder of ICDAR 2015 files.

    Args:
        path: holds `gt_NAME.txt` files, or a folder `gt/` with them; the pictures are in `images/`
            or beside the files.
        finder: what becomes of missing pictures.

    Yields:
        Each picture, by its text file's name, and its record; `###` becomes an empty text.

    Raises:
        DatasetError: if a file or a picture can't be read, with the line.
    """
    folder = path / "gt" if (path / "gt").is_dir() else path
    files = sorted(folder.glob("gt_*.txt"))
    if not files:
        raise DatasetError(f"{folder}: no gt_*.txt files there")
    for file in files:
        stem = file.stem.removeprefix("gt_")
        picture = find_picture(path / "images", stem) or find_picture(folder, stem)
        if picture is None:
            reason = f"{file}: no picture {stem} of it in {path / 'images'}"
            finder.fail("" if finder.strict else str(file), stem, reason)
            continue
        plates = tuple(_plate(file, number, line) for number, line in lines_of(file))
        size = finder.size(picture, "" if finder.strict else str(file))
        if size is not None:
            yield picture, SceneRecord(size=size, plates=plates)


def _plate(file: Path, number: int, line: str) -> PlateRecord:
    """Return the plate of one line; the text may hold commas."""
    fields = line.split(",", 8)
    if len(fields) != 9:
        raise DatasetError(f"{file}: line {number}: {len(fields)} fields, not 8 numbers and a text")
    where = f"{file}: line {number}"
    try:
        values = [float(v) for v in fields[:8]]
    except ValueError as error:
        raise DatasetError(f"{where}: {error}") from None
    quad = numbers_of(where, "a corner", values).reshape(4, 2)
    if polygon_area(quad) == 0:
        raise DatasetError(f"{where}: the four corners are on a line")
    text = fields[8].strip()
    return PlateRecord(text="" if text == UNREADABLE else text, quad=quad)
