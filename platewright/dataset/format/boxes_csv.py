"""A CSV file with a row for each plate, as it is made of Dataturks' files.

    images/NAME.jpg  boxes.csv

The columns are image_name, image_width, image_height, top_x, top_y, bottom_x, bottom_y: the
picture's file name and size in pixels, and the top left and bottom right corner of the upright box
round what is seen of the plate, as parts of the picture (0-1), as Dataturks has them. `read` takes
pixels as well: they are what a file holds in which a number is above 1.

A picture without plates has no row, and texts have no column; `labels-csv` holds both of a plate.
"""

from collections.abc import Iterator
from pathlib import Path

from platewright.dataset.picture import STRICT, UNREAD, PictureFinder
from platewright.dataset.textfile import first_line, has_columns, rows_of
from platewright.dataset.writer import ListFormat, Sample, csv_row
from platewright.errors import DatasetError
from platewright.geometry import quad_of_box
from platewright.record import PlateRecord, SceneRecord
from platewright.text import LARGEST, number_of

BOXES = "boxes.csv"
CORNERS = ("top_x", "top_y", "bottom_x", "bottom_y")
SIZE = ("image_width", "image_height")
COLUMNS = ("image_name", *SIZE, *CORNERS)
NEEDED = ("image_name", *CORNERS)
SLACK = 0.01  #: How far above 1 a part of the picture may be and count as rounding


class BoxesCsvFormat(ListFormat):
    """Pictures and one CSV file."""

    name = "boxes-csv"
    texts = False
    summary = "pictures and a CSV file of boxes: image_name, image_width, ..., bottom_y"
    file, head = BOXES, ",".join(COLUMNS)

    def add(self, sample: Sample) -> None:
        """Write a picture."""
        picture, plates = self.begin(sample)
        height, width = sample.record.size
        for seen in plates:
            x0, y0, x1, y1 = seen.box
            corners = (x0 / width, y0 / height, x1 / width, y1 / height)
            self.lines.append(csv_row(picture, width, height, *(f"{v:.6f}" for v in corners)))


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a file or its folder."""
    file = path / BOXES if path.is_dir() else path
    return has_columns(first_line(file), NEEDED)


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a CSV file of boxes; rows of one picture need not follow each other.

    Args:
        path: the file, or the folder with `boxes.csv`. Pictures lie beside it or in `images/`.
    """
    file = path / BOXES if path.is_dir() else path
    pictures: dict[str, list[tuple[list[float], list[float]]]] = {}
    parts = True
    lines: dict[str, int] = {}
    for number, row in rows_of(file, NEEDED):
        box = finder.attempt(_box, f"{file}: line {number}", row)
        if name := row["image_name"]:
            lines.setdefault(name, number)
            pictures.setdefault(name, []).extend([] if box is None else [box])
        parts = parts and (box is None or max(box[0]) <= 1 + SLACK)
    for name, boxes in pictures.items():
        where = f"{file}: line {lines[name]}"
        if not boxes:
            finder.fail(where, name, UNREAD)
            continue
        picture = finder.find(name, file, where)
        size = None if picture is None else finder.size(picture, where)
        if picture is None or size is None:
            continue
        plates = []
        for corners, told in boxes:
            # Pixels are of the size that the row tells, whatever became of the picture since.
            whole = [1.0, 1.0] if parts else told if len(told) == 2 and min(told) > 0 else None
            across, down = (size[1], size[0]) if whole is None else whole
            factors = (size[1] / across, size[0] / down) * 2
            x0, y0, x1, y1 = (v * f for v, f in zip(corners, factors, strict=True))
            plates.append(PlateRecord(text="", quad=quad_of_box((x0, y0, x1, y1))))
        yield picture, SceneRecord(size=size, plates=tuple(plates))


def _box(where: str, row: dict[str, str]) -> tuple[list[float], list[float]]:
    """Return a row's corners and the picture's size, where it is told."""
    if not row["image_name"]:
        raise DatasetError(f"{where}: image_name is empty")
    corners = [_number(where, name, row[name]) for name in CORNERS]
    if corners[2] <= corners[0] or corners[3] <= corners[1]:
        raise DatasetError(f"{where}: bottom_x or bottom_y is not above top_x or top_y")
    return corners, [_number(where, name, row[name]) for name in SIZE if row.get(name)]


def _number(where: str, name: str, field: str) -> float:
    value = number_of(field)
    if not -SLACK <= value <= LARGEST:
        raise DatasetError(f"{where}: {name} is {field[:40]!r}, not a number from 0 to {LARGEST:g}")
    return value
