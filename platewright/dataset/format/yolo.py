"""YOLO detection labels as Ultralytics reads them: `class x y width height`, parts of the picture.

    images/NAME.jpg  labels/NAME.txt  train.txt  val.txt  data.yaml

One class, 0, is a plate. Boxes are cut off at the picture's edge (Ultralytics refuses a file with
numbers outside 0-1); plates of which less than a quarter is in the picture have no label. A
picture without plates has an empty label file: a background. `yolo train data=.../data.yaml` works
as it is: a tenth of the pictures, chosen by their first text, is for validation.

The form: https://docs.ultralytics.com/datasets/detect/. Its points are this project's: (0, 0) is
the picture's corner, (1, 1) the opposite one.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

from platewright.dataset.outline import SeenPlate
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.selection import split_line, write_split
from platewright.dataset.writer import Format, Sample, save_bytes, save_sample
from platewright.dataset.yolo_row import num_fields, read_rows, unit_quad
from platewright.file import whole_text
from platewright.geometry import Box, FloatArray
from platewright.record import SceneRecord


class YoloFormat(Format):
    """Pictures, a text file each, two lists of pictures and `data.yaml`."""

    name = "yolo"
    lists = True
    texts = False
    summary = "YOLO detection: images/, labels/ and data.yaml as Ultralytics takes them"
    folders = ("images", "labels")

    extra: ClassVar[str] = ""  #: Further lines of `data.yaml`

    def add(self, sample: Sample) -> None:
        """Write a picture and its labels."""
        picture = save_sample(sample, self.folder / "images")
        path = self.folder / "labels" / f"{sample.name}.txt"
        plates = self.seen_plates(sample)
        self.hold(*(seen.plate.text for seen in plates))
        rows = [f"0 {numbers(self.values(seen))}\n" for seen in plates]
        save_bytes(path, "".join(rows).encode())
        given = sample.record.plates
        text = given[0].text if given else sample.name
        self.lines.append(split_line(text, f"./images/{picture}", sample.side))

    def values(self, seen: SeenPlate) -> list[float]:
        """Return what follows the class in a plate's row."""
        return box_row(seen)

    @classmethod
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write the lists and `data.yaml`."""
        counts = write_split(lines, folder)
        # Ultralytics stops at an empty list: a handful of pictures validates on itself.
        train, val = (side if counts[side] else other for side, other in _SIDES)
        with whole_text(folder / "data.yaml") as stream:
            stream.write("# Without `path`, what is named here is looked for beside this file.\n")
            stream.write(f"train: {train}.txt\nval: {val}.txt\nnames:\n  0: plate\n{cls.extra}")


_SIDES = (("train", "val"), ("val", "train"))


def unit_box(box: Box, size: tuple[int, int]) -> list[float]:
    """Return a box as (x, y) of its middle, width and height, parts of the picture's.

    >>> unit_box((10, 20, 30, 40), (100, 200))
    [0.1, 0.3, 0.1, 0.2]
    """
    height, width = size
    x0, y0, x1, y1 = box
    middle = [(x0 + x1) / 2 / width, (y0 + y1) / 2 / height]
    return [*middle, (x1 - x0) / width, (y1 - y0) / height]


def corner_row(corners: FloatArray, size: tuple[int, int]) -> list[float]:
    """Return corners (n, 2) one after the other, parts of the picture's.

    >>> import numpy as np
    >>> corner_row(np.array([[10, 20], [50, 100]]), (100, 200))
    [0.05, 0.2, 0.25, 1.0]
    """
    return [float(value) for value in (corners / [size[1], size[0]]).ravel()]


def box_row(seen: SeenPlate) -> list[float]:
    """Return the box round what is seen of a plate, as `unit_box`."""
    return unit_box(seen.box, seen.size)


def numbers(values: Iterable[float]) -> str:
    """Return numbers of a row: six decimals, whole ones without.

    >>> numbers([0.5, 2, 1 / 3])
    '0.500000 2 0.333333'
    """
    return " ".join(str(v) if isinstance(v, int) else f"{v:.6f}" for v in values)


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a folder."""
    return num_fields(path) in (0, 5, 6)


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a folder of YOLO detection labels; every class counts as a plate.

    Args:
        path: holds `images/` and `labels/` with the same tree below (Ultralytics), or such a pair
            in each of `train/`, `valid/` and `test/` (Roboflow), or pictures and text files side
            by side.

    Yields:
        Each picture, by name, and its record without texts; without a label file it has no plates.
    """

    def corners(values: list[float], size: tuple[int, int]) -> FloatArray:
        if len(values) not in (4, 5):  # the fifth is a confidence
            raise ValueError(
                f"{len(values)} numbers after the class, not 4 (x y width height); see also the "
                "formats yolo-pose, yolo-obb and yolo-seg"
            )
        return unit_quad(values[:4], size)

    yield from read_rows(path, corners, finder)
