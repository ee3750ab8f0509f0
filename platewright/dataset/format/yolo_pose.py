"""YOLO pose labels as Ultralytics reads them: a box and the four corners as key points.

Each row is `0 x y width height` and four times `x y visibility`: top left, top right, bottom
right, bottom left as the plate is read. Visibility is 2 in the picture; a corner outside it is
`0 0 0`, not labelled, since Ultralytics takes no points outside. Everything else is as in `yolo`.

The form: https://docs.ultralytics.com/datasets/pose/. `flip_idx` in `data.yaml` says which corner
is which in a mirrored picture.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from platewright.dataset.format import yolo
from platewright.dataset.format.yolo import num_fields, read_rows, unit_points, unit_quad
from platewright.dataset.outline import SeenPlate
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.geometry import FloatArray
from platewright.record import SceneRecord


class YoloPoseFormat(yolo.YoloFormat):
    """Pictures, a text file each, two lists of pictures and `data.yaml`."""

    name = "yolo-pose"
    summary = "YOLO pose: boxes and the four corners as key points, with data.yaml"

    extra = (
        "kpt_shape: [4, 3]\n"
        "flip_idx: [1, 0, 3, 2]\n"
        "kpt_names:\n  0: [top_left, top_right, bottom_right, bottom_left]\n"
    )

    def values(self, seen: SeenPlate) -> list[float]:
        """Return box and corners."""
        height, width = seen.size
        row = yolo.box_row(seen)
        for x, y in seen.plate.quad:
            inside = 0 <= x <= width and 0 <= y <= height
            row += [x / width, y / height, 2] if inside else [0, 0, 0]
        return row


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a folder."""
    return num_fields(path) in (13, 17)


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a folder of YOLO pose labels with four corners; see `yolo.read`.

    A plate of which a corner isn't labelled gets the corners of its box.
    """

    def corners(values: list[float], size: tuple[int, int]) -> FloatArray:
        if len(values) not in (12, 16):
            raise ValueError(
                f"{len(values)} numbers after the class; a box and four corners are 16 with "
                "visibility, 12 without"
            )
        points = np.array(values[4:]).reshape(4, -1)
        box = unit_quad(values[:4], size)
        if points.shape[1] == 3 and (points[:, 2] == 0).any():
            return box
        return unit_points([float(v) for v in points[:, :2].ravel()], size)

    yield from read_rows(path, corners, finder)
