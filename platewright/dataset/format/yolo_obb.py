"""YOLO labels of turned boxes (OBB) as Ultralytics reads them: `class x1 y1 x2 y2 x3 y3 x4 y4`.

The corners run top left, top right, bottom right, bottom left as the plate is read. They are the
plate's own, a general quad; Ultralytics makes the smallest rectangle round it. A plate that the
picture's edge cuts off gets four corners round what is seen of it (see `outline.SeenPlate.quad`).
Everything else is as in `yolo`. The form: https://docs.ultralytics.com/datasets/obb/.
"""

from collections.abc import Iterator
from pathlib import Path

from platewright.dataset.format import yolo
from platewright.dataset.format.yolo import num_fields, read_rows, unit_points
from platewright.dataset.outline import SeenPlate, polygon_area
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.geometry import FloatArray
from platewright.record import SceneRecord


class YoloObbFormat(yolo.YoloFormat):
    """Pictures, a text file each, two lists of pictures and `data.yaml`."""

    name = "yolo-obb"
    summary = "YOLO OBB: the four corners of each plate, with data.yaml"

    def values(self, seen: SeenPlate) -> list[float]:
        """Return the corners."""
        return yolo.corner_row(seen.quad, seen.size)


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a folder."""
    return num_fields(path) in (9, 10)


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a folder of YOLO OBB labels; see `yolo.read`."""

    def corners(values: list[float], size: tuple[int, int]) -> FloatArray:
        if len(values) not in (8, 9):  # the ninth is a confidence
            raise ValueError(f"{len(values)} numbers after the class, not 8 (four corners)")
        quad = unit_points(values[:8], size)
        if polygon_area(quad) == 0:
            raise ValueError("the four corners are on a line")
        return quad

    yield from read_rows(path, corners, finder)
