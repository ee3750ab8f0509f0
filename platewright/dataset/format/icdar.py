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

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from platewright.dataset.outline import SeenPlate, polygon_quad
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.textfile import lines_of, numbers_of
from platewright.dataset.writer import Format, Sample, save_sample
from platewright.errors import DatasetError
from platewright.file import write_listed
from platewright.record import PlateRecord, SceneRecord

UNREADABLE = "###"
LEAST = 8  #: Coordinates of a line, two for each corner
NUMBER = re.compile(r"-?\d+(\.\d+)?")


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
        write_listed(path, "".join(rows).encode())


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a folder."""
    return any(True for folder in (path / "gt", path) for _ in folder.glob("gt_*.txt"))


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a folder of ICDAR 2015 files.

    Args:
        path: holds `gt_NAME.txt` files, or a folder `gt/` with them; the pictures are in `images/`
            or beside the files.

    Yields:
        Each picture, by its text file's name, and its record; `###` becomes an empty text.
    """
    folder = path / "gt" if (path / "gt").is_dir() else path
    files = sorted(folder.glob("gt_*.txt"))
    if not files:
        raise DatasetError(f"{folder}: no gt_*.txt files there")
    for file in files:
        stem = file.stem.removeprefix("gt_")
        parse = functools.partial(_plate, file)
        find = functools.partial(finder.find_stem, stem, (path / "images", folder), str(file))
        yield from finder.scene(parse, lines_of(file), str(file), stem, find=find)


def _plate(file: Path, told: tuple[int, str]) -> PlateRecord:
    """Return the plate of one line; the text may hold commas."""
    number, line = told
    where = f"{file}: line {number}"
    count = max(_leading(line) // 2 * 2, LEAST)
    fields = line.split(",", count)
    if len(fields) != count + 1:
        raise DatasetError(f"{where}: {len(fields)} fields, not 8 numbers or more and a text")
    try:
        values = [float(v) for v in fields[:count]]
        quad = polygon_quad(numbers_of(where, "a corner", values))
    except ValueError as error:
        raise DatasetError(f"{where}: {error}") from None
    text = fields[count].strip()
    return PlateRecord(text="" if text == UNREADABLE else text, quad=quad)


def _leading(line: str) -> int:
    """Return how many fields of a line are coordinates; the last one is the text, whatever it is.

    >>> _leading("1,2,3,4,5,6,7,8,123"), _leading("1,2,3,4,5,6,7,8,9,10,AB"), _leading("1,2,A,B")
    (8, 10, 2)
    """
    fields = line.split(",")[:-1]
    return next((k for k, field in enumerate(fields) if not NUMBER.fullmatch(field.strip())),
                len(fields))  # fmt: skip
