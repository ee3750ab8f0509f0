"""Pictures of single plates cut out of larger ones, and what the formats that hold such share."""

import re
from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np

from platewright.dataset.outline import CUT_TEXT, TOO_SMALL, SeenPlate
from platewright.dataset.picture import PictureFinder
from platewright.dataset.selection import split_line, write_split
from platewright.dataset.writer import Format, Sample, save_picture
from platewright.geometry import (
    Box,
    FloatArray,
    Picture,
    clip_box,
    homography,
    quad_of_box,
    to_pixel_centres,
)
from platewright.record import PlateRecord, SceneRecord

MIN_CROP = (8, 24)  #: Least (height, width) of a crop, pixels; on a smaller one nobody reads a text

ODD_TEXT = "its text can't stand in the list"  #: Why a plate is left out


def cut_box(image: Picture, box: Box) -> Picture | None:
    """Return the pixels that an upright box touches, as a detector's crop has them.

    Args:
        image: (H, W) or (H, W, 3).
        box: in its pixels; what reaches over the edge is cut off.

    Returns:
        A view of the picture; None where it is smaller than `MIN_CROP`.
    """
    x0, y0, x1, y1 = clip_box(box, (image.shape[0], image.shape[1]))
    crop = image[int(np.floor(y0)) : int(np.ceil(y1)), int(np.floor(x0)) : int(np.ceil(x1))]
    return crop if _large_enough(crop.shape[0], crop.shape[1]) else None


def straighten(image: Picture, quad: FloatArray) -> Picture | None:
    """Return a plate as if seen straight on, in about the resolution that the picture has of it.

    Each side becomes as long as the longer one of its pair, as PaddleOCR does with what its
    detector found. What lies outside the picture repeats its edge.

    Args:
        image: (H, W) or (H, W, 3).
        quad: (4, 2) the plate's corners, in its pixels.

    Returns:
        (h, w) or (h, w, 3); None where it is smaller than `MIN_CROP` or the quad is degenerate.
    """
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    width, height = round(max(sides[0], sides[2])), round(max(sides[1], sides[3]))
    if not _large_enough(height, width):
        return None
    try:
        matrix = homography(quad, [[0, 0], [width, 0], [width, height], [0, height]])
    except ValueError:
        return None
    warped = cv2.warpPerspective(
        image,
        to_pixel_centres(matrix),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(warped, np.uint8)


def _large_enough(height: int, width: int) -> bool:
    return height >= MIN_CROP[0] and width >= MIN_CROP[1]


class CropFormat(Format):
    """`images/NAME_K.png`, plate K of the sample, and `train` and `val` lists.

    A plate is left out where its text is unknown or not all in the picture, or where its crop is
    smaller than `crop.MIN_CROP`. A text is in one of the lists only, however often it was drawn.
    """

    lists = True
    needs = "text"
    suffix: ClassVar[str] = ".txt"  #: Of the lists
    header: ClassVar[str] = ""  #: Their first line; empty: none

    def add(self, sample: Sample) -> None:
        """Write the crops of a sample."""
        stem = re.sub(r"\s", "_", sample.name)
        for number, seen in enumerate(self.seen_plates(sample)):
            if not seen.readable:
                self.leave(seen.plate, CUT_TEXT)
            elif not self.takes(seen.plate.text):
                self.leave(seen.plate, ODD_TEXT)
            elif (crop := self.cut(sample.image, seen)) is None:
                self.leave(seen.plate, TOO_SMALL)
            else:
                file = f"images/{stem}_{number}.png"
                save_picture(crop, self.folder / file)
                line = self.line(file, seen.plate)
                self.lines.append(split_line(seen.plate.text, line, sample.side))
                self.hold(seen.plate.text)

    def takes(self, text: str) -> bool:
        """Tell whether the format can hold a text."""
        return True

    def cut(self, image: Picture, seen: SeenPlate) -> Picture | None:
        """Return a plate's crop, None where it is too small."""
        return straighten(image, seen.plate.quad)

    @abstractmethod
    def line(self, file: str, plate: PlateRecord) -> str:
        """Return a crop's line in its list."""

    @classmethod
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write the lists."""
        write_split(lines, folder, suffix=cls.suffix, header=cls.header)


def record_of_crop(
    finder: PictureFinder, picture: Path, where: str, text: str, region: str = ""
) -> SceneRecord | None:
    """Return the record of a picture that is one plate from edge to edge: a window.

    None where the picture can't be read and `finder` does without it.

    Raises:
        DatasetError: if the picture can't be read.
    """
    size = finder.size(picture, where)
    if size is None:
        return None
    quad = quad_of_box((0, 0, size[1], size[0]))
    plate = PlateRecord(text=text, quad=quad, region=region)
    return SceneRecord(size=size, plates=(plate,), presence=True)
