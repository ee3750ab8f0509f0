"""What the formats of single plates share: a crop a plate, and two lists of them."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from platewright.dataset.crop import straighten
from platewright.dataset.finder import PictureFinder
from platewright.dataset.outline import CUT_TEXT, TOO_SMALL, SeenPlate
from platewright.dataset.picture import save_picture
from platewright.dataset.sample import Format, Sample
from platewright.dataset.textfile import split_line, write_split
from platewright.file import make_folder
from platewright.geometry import quad_of_box
from platewright.records import PlateRecord, SceneRecord

__all__ = ["CropsFormat", "record_of_crop"]

Picture = NDArray[np.uint8]

ODD_TEXT = "its text can't stand in the list"
"""Why a plate is left out."""


class CropsFormat(Format):
    """`images/NAME_K.png`, plate K of the sample, and `train` and `val` lists.

    A plate is left out where its text is unknown or not all in the picture, or where its crop is
    smaller than `crop.MIN_CROP`. A text is in one of the lists only, however often it was drawn.
    """

    lists = True
    needs = "text"
    suffix: ClassVar[str] = ".txt"
    """Of the lists."""
    header: ClassVar[str] = ""
    """Their first line; empty: none."""

    def __init__(self, folder: Path, shard: int) -> None:
        """Make the folder."""
        super().__init__(folder, shard)
        self._lines: list[str] = []
        make_folder(folder / "images")

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
                self._lines.append(split_line(seen.plate.text, line, sample.side))
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

    def close(self) -> list[str]:
        """Return the lists' lines."""
        return self._lines

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
