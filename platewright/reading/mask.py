"""Masks: parts of a picture in which nothing is looked for, such as a camera's clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from platewright.errors import ConfigError, ImageError
from platewright.geometry import Box
from platewright.image import load_image

__all__ = ["Mask", "dark", "read_area", "read_mask"]

BOX = re.compile(r"\s*-?\d+(\.\d+)?%?\s*(,\s*-?\d+(\.\d+)?%?\s*){3}")
BRIGHT = 128


@dataclass(frozen=True, kw_only=True, eq=False)
class Mask:
    """What is not looked at.

    Attributes:
        boxes: (x0, y0, x1, y1) each; values of `relative` ones are parts of the picture's sides.
        relative: for each box, whether it is.
        pictures: (H, W) each, true where nothing is looked for, whatever size photos have.
    """

    boxes: tuple[Box, ...] = ()
    relative: tuple[bool, ...] = ()
    pictures: tuple[NDArray[np.bool_], ...] = ()

    def covers(self, box: Box, size: tuple[int, int]) -> bool:
        """Tell whether the middle of a box lies in it.

        Args:
            box: (x0, y0, x1, y1), photo pixels.
            size: (height, width) of the photo.
        """
        height, width = size
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        for (x0, y0, x1, y1), part in zip(self.boxes, self.relative, strict=True):
            across, down = (width, height) if part else (1, 1)
            if x0 * across <= x < x1 * across and y0 * down <= y < y1 * down:
                return True
        for picture in self.pictures:
            rows, columns = picture.shape
            row = min(max(int(y * rows / height), 0), rows - 1)
            column = min(max(int(x * columns / width), 0), columns - 1)
            if picture[row, column]:
                return True
        return False


def read_area(text: str) -> tuple[Box, bool]:
    """Return an area `x0,y0,x1,y1`, and whether it is in parts of the picture, by `%`.

    Raises:
        ConfigError: if it is none.

    >>> read_area("0, 0, 100%, 8%")
    ((0.0, 0.0, 1.0, 0.08), True)
    """
    values = [value.strip() for value in text.split(",")]
    parts = [value.endswith("%") for value in values]
    part = any(parts)
    numbers = [float(value.rstrip("%")) for value in values] if BOX.fullmatch(text) else [0.0] * 4
    mixed = part and any(number for number, own in zip(numbers, parts, strict=False) if not own)
    x0, y0, x1, y1 = (number / (100 if part else 1) for number in numbers)
    if mixed or x1 <= x0 or y1 <= y0:
        raise ConfigError(
            f"{text}: give x0,y0,x1,y1 with x0 below x1 and y0 below y1, all in pixels or all in "
            "per cent"
        )
    return (x0, y0, x1, y1), part


def dark(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where a picture (H, W, 3) of a mask is black: nothing is looked for there."""
    return np.asarray(picture.max(axis=2) < BRIGHT)


def read_mask(given: Sequence[str]) -> Mask | None:
    """Return the mask that options give.

    Args:
        given: of each `x0,y0,x1,y1`, in pixels or, with `%`, in parts of the picture; or a
            picture's file, black where nothing is looked for.

    Returns:
        The mask; None where nothing is given.

    Raises:
        ConfigError: if one is neither.

    >>> read_mask(["0,0,100%,8%"]).covers((10, 2, 90, 10), (100, 200))
    True
    """
    areas: list[tuple[Box, bool]] = []
    pictures = []
    for each in given:
        try:
            if BOX.fullmatch(each):
                areas.append(read_area(each))
            else:
                pictures.append(dark(load_image(Path(each))))
        except ConfigError as error:
            raise ConfigError(f"--mask {error}") from None
        except ImageError as error:
            raise ConfigError(f"--mask: {error}; or give x0,y0,x1,y1") from None
    if not given:
        return None
    return Mask(
        boxes=tuple(box for box, _ in areas),
        relative=tuple(part for _, part in areas),
        pictures=tuple(pictures),
    )
