"""YOLO segmentation as Ultralytics reads it: `class x1 y1 x2 y2 ...`.

An outline is what is seen of a plate: its four corners, or as many as the picture's edge leaves it.
Everything else is as in `yolo`. The form: https://docs.ultralytics.com/datasets/segment/.
"""

from collections.abc import Iterator
from pathlib import Path

from platewright.dataset.format import yolo
from platewright.dataset.format.yolo import POLYGON, num_fields, read_rows, unit_points, unit_quad
from platewright.dataset.outline import SeenPlate, corners_around, polygon_area, upright_start
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.geometry import FloatArray
from platewright.record import SceneRecord

BOX = 4  #: Numbers of a row that is a box, as in `yolo`


class YoloSegFormat(yolo.YoloFormat):
    """Pictures, a text file each, two lists of pictures and `data.yaml`."""

    name = "yolo-seg"
    summary = "YOLO segmentation: the outline of each plate, with data.yaml"

    def values(self, seen: SeenPlate) -> list[float]:
        """Return the outline's corners."""
        return yolo.corner_row(seen.outline, seen.size)


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a folder."""
    return num_fields(path) == POLYGON


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a folder of YOLO outlines, boxes among them; see `yolo.read`.

    An outline may begin at any corner and run either way, so a plate's corners are told from the
    top left of the picture; one of more or fewer corners than four becomes `corners_around` it.
    """

    def corners(values: list[float], size: tuple[int, int]) -> FloatArray:
        if len(values) == BOX:
            return unit_quad(values, size)
        if len(values) < POLYGON - 1 or len(values) % 2:
            raise ValueError(
                f"{len(values)} numbers after the class; three points or more are 6, 8, 10 ..., a "
                "box is 4"
            )
        points = unit_points(values, size)
        quad = upright_start(corners_around(points))
        if polygon_area(points) == 0 or polygon_area(quad) == 0:
            raise ValueError("the points span no area")
        return quad

    yield from read_rows(path, corners, finder)
