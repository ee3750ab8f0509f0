"""What a detector looks for and keeps: its settings, and masks."""

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

BOX = re.compile(r"\s*-?\d+(\.\d+)?%?\s*(,\s*-?\d+(\.\d+)?%?\s*){3}")
BRIGHT = 128


@dataclass(frozen=True, kw_only=True, eq=False)
class Mask:
    """What is not looked at."""

    #: (x0, y0, x1, y1) each; values of `relative` ones are parts of the picture's sides
    boxes: tuple[Box, ...] = ()
    relative: tuple[bool, ...] = ()  #: for each box, whether it is
    #: (H, W) each, true where nothing is looked for, whatever size photos have
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


ACCEPTED = 0.7  #: Least confidence of a text that is taken as read, unless told otherwise


@dataclass(frozen=True, kw_only=True)
class DetectorSettings:
    """What is looked for and what is kept."""

    #: least presence of a reading, 0-1: of the frame, the reader and the average character
    #: together, so that a sign which reads as nothing certain is dropped
    min_presence: float = 0.2
    min_confidence: float = 0.0  #: least confidence of a reading, 0-1; what is less sure is dropped
    #: least confidence of an accepted text, 0-1; what is less sure is marked
    accept: float = ACCEPTED
    accept_presence: float = 0.9  #: least presence of an accepted text, 0-1
    #: height of the smallest plate looked for, photo pixels; 0: by `smallest`
    min_height: float = 0.0
    #: that height as a part of the photo's shorter side, and at least so many pixels
    smallest: tuple[float, float] = (1 / 60, 5.0)
    max_plates: int = 50  #: most readings of a photo
    #: shortest text kept; 0: also what another reader can't read. What the default network reads as
    #: nothing has no presence.
    min_characters: int = 0
    scan_presence: float = 0.05  #: least presence of a window of the scan that is framed, 0-1
    #: most windows that are framed, for each megapixel of the photo; a smaller one counts as one
    #: megapixel
    max_candidates: int = 28
    #: most windows that are framed, for each megapixel, where no reading would be shown at first:
    #: the scan then looks at the photo's negative, too, as it may see a black plate where it looked
    #: past a white one. 0: it doesn't.
    negative: int = 84
    #: least presence of a frame that is framed again, and read, 0-1; the three best need 0.5
    second_look: float = 0.87
    looks: int = 3  #: how often a plate is framed, and read at last: 3 frames it twice
    #: the margins round the quad at which it is read, times the network's own; what is sure at the
    #: first is not read at the others. Their probabilities are averaged.
    framings: tuple[float, ...] = (1.0, 0.3, 2.0)
    #: codes or files of the regions whose syntaxes texts are to fit; none: any text. With them, a
    #: text that fits none is not accepted.
    regions: tuple[str, ...] = ()
    mask: Mask | None = None  #: where nothing is looked for
