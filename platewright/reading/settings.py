"""What a detector looks for and keeps: its settings, masks, and when a text is taken as read."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.errors import ConfigError, ImageError
from platewright.geometry import Box, FloatArray, Picture, box_of_quad
from platewright.image import load_image
from platewright.network.part import UNSEEN
from platewright.record import Reading

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
class Shown:
    """Which readings a person gets to see, where all aren't asked for.

    As they are: of the readings shown at least nine in ten are plates, and of the texts that are
    read right less than one in a hundred is left out (docs/decisions.md). What is left out is a
    badge, a sign, a telephone's number or a grille as a rule.
    """

    presence: float = 0.8  #: least one, 0-1
    #: least one of a text, 0-1; what has no text goes by its presence alone
    confidence: float = 0.15
    sign_presence: float = 0.9  #: least presence of a word that no region may have, 0-1
    numbers: bool = False  #: whether also the numbers of something else; see `is_number`

    @classmethod
    def of(
        cls,
        *,
        everything: bool = False,
        presence: float | None = None,
        confidence: float | None = None,
    ) -> Shown:
        """Return what a user asks for.

        Args:
            everything: whether all is to be shown.
            presence: least one that was asked for; None: the usual one.
            confidence: the same.
        """
        usual = (
            cls(presence=0.0, confidence=0.0, sign_presence=0.0, numbers=True)
            if everything
            else cls()
        )
        return cls(
            presence=usual.presence if presence is None else presence,
            confidence=usual.confidence if confidence is None else confidence,
            sign_presence=usual.sign_presence if presence is None else presence,
            numbers=usual.numbers,
        )

    def __call__(self, reading: Reading) -> bool:
        """Tell whether a reading is shown."""
        if reading.text and reading.confidence < self.confidence:
            return False
        if is_number(reading) and not (self.numbers or reading.accepted):
            return False
        sign = is_word(reading.text) and not reading.region
        return reading.presence >= (self.sign_presence if sign else self.presence)


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


EDGE = 0.05
"""A plate nearer to the picture's edge than this part of its width may go on beyond it ..."""
EDGE_PX = 2.0  #: ... or so many pixels.
CORNER = 0.35  #: Captions lie nearer to the edge than this part of their width
SHORTEST = 5
"""Characters of a text that is accepted whatever region it may be of: three and four are what a bar
or a post leaves of most plates, and few plates have so little. With regions, what fits counts."""
CAPTION = re.compile(r"(IP)?[CK]AM(ERA)?\d{0,2}|CH\d{1,2}|(19|20)\d\d(0[1-9]|1[0-2])\d*")
"""What cameras write into their pictures: their number, the date."""
NUMBER = 9  #: So many digits stand together on no plate


def room(quad: NDArray[np.float64], size: tuple[int, int]) -> float:
    """Return how far a plate is from the picture's edge, in its widths.

    Args:
        quad: (4, 2), photo pixels.
        size: (height, width) of the photo.

    >>> room(np.array([[30.0, 20], [50, 20], [50, 30], [30, 30]]), (100, 100))
    1.0
    """
    return _edge_px(quad, size) / _plate_width(quad)


def is_complete(quad: NDArray[np.float64], size: tuple[int, int], text: str = "") -> bool:
    """Tell whether a plate is seen from end to end, as far as that can be told.

    Args:
        quad: (4, 2), photo pixels.
        size: (height, width) of the photo.
        text: with `?` for characters that are not seen.
    """
    return UNSEEN not in text and _edge_px(quad, size) >= max(EDGE * _plate_width(quad), EDGE_PX)


class KnownTexts(Protocol):
    """What plates bear."""

    @property
    def captions(self) -> Collection[str]:
        """What stands above and below their text, such as a state's name."""
        ...

    def fits(self, text: str, code: str) -> bool:
        """Tell whether plates of a region's country bear such a text; those of none, never."""
        ...


def is_accepted(
    reading: Reading, settings: DetectorSettings, known: KnownTexts | None = None
) -> bool:
    """Tell whether a reading's text is taken as read; that it says so already does not count.

    Args:
        reading: its region is empty where it is of none that are known, or that were asked for.
        settings: how sure it has to be, and which regions were asked for.
        known: what plates bear: a text that none may bear is no whole one. None: not asked.
    """
    text = reading.text
    if reading.written or not reading.complete or UNSEEN in text:
        return False
    if known and text in known.captions:
        return False
    if reading.confidence < settings.accept or reading.presence < settings.accept_presence:
        return False
    if settings.regions:
        return bool(reading.region)
    if len(text) < SHORTEST or CAPTION.fullmatch(text) or is_number(reading):
        return False
    # A word that looks like no region's plate is a name; near the edge any word, and what no region
    # draws, is a sign rather than a plate.
    edge, word = reading.room < CORNER, is_word(text)
    if (edge and word) or ((edge or word) and not reading.region):
        return False
    return known is None or known.fits(text, reading.region)


def is_word(text: str) -> bool:
    """Tell whether a text is letters alone, as signs are, names, and some personal plates.

    >>> is_word("TAXI"), is_word("K1NG"), is_word("")
    (True, False, False)
    """
    return bool(text) and not any(char.isdigit() for char in text)


def is_number(reading: Reading) -> bool:
    """Tell whether a text is the number of something else: nine digits and more, without a gap.

    Telephones have such numbers, waggons, and pictures of an archive; where plates have so many
    digits, as in Algeria and Libya, they stand in groups.
    """
    return any(len(group) >= NUMBER and group.isdigit() for group in reading.groups)


LEVEL_DEG = 8.0  #: A caption is level; the edges of one that are found are off by less
WRITTEN = 1.18  #: What is worth more, of the next, was written into the picture
FLAT_WORTH, MOST_FLAT = 0.7, 0.5
EDGE_WORTH, SMALL = 0.15, 0.6
"""Of what lies at the picture's edge; what is wider, as a part of it, is a plate from nearby."""
NEAR, APART = 2, 40  #: Levels that are the same, and that are two
STEEPEST, DARKEST, LIGHTEST = 99.5, 1, 99  #: Percentiles: of the steps, and of the levels


def is_written(image: Picture, quad: FloatArray) -> bool:
    """Tell whether a text was written into a picture, as cameras write the time.

    Such a text is level, goes from dark to light within a pixel, where a lens and a sensor blur,
    has two flat colours, where light falls unevenly, and lies at the picture's edge as a rule. Each
    may be true of a plate, all of it hardly ever; how much each is worth was measured
    (docs/decisions.md).

    Args:
        image: (H, W) grey or (H, W, 3) RGB.
        quad: (4, 2) where the text is, photo pixels.
    """
    along = np.stack([quad[1] - quad[0], quad[2] - quad[3]])
    if np.abs(np.degrees(np.arctan2(along[:, 1], along[:, 0]))).max() > LEVEL_DEG:
        return False
    x0, y0, x1, y1 = box_of_quad(quad)
    part = image[max(int(y0), 0) : int(np.ceil(y1)), max(int(x0), 0) : int(np.ceil(x1))]
    if min(part.shape[:2]) < 2:
        return False
    grey = part if part.ndim == 2 else cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    values = grey.astype(np.int16)
    dark, light = np.percentile(values, [DARKEST, LIGHTEST])
    step = float(np.percentile(np.abs(np.diff(values, axis=1)), STEEPEST))
    steep = step / max(light - dark, APART)
    near = np.convolve(np.bincount(values.ravel(), minlength=256), np.ones(2 * NEAR + 1), "same")
    first = int(near.argmax())
    second = near[np.abs(np.arange(256) - first) > APART].max()
    flat = min(float(near[first] + second) / values.size, MOST_FLAT)
    size = (image.shape[0], image.shape[1])
    edge = room(quad, size) < CORNER and x1 - x0 < SMALL * size[1]
    return bool(steep + FLAT_WORTH * flat + EDGE_WORTH * edge > WRITTEN)


def _plate_width(quad: NDArray[np.float64]) -> float:
    return max(float(np.linalg.norm(quad[1] - quad[0] + quad[2] - quad[3])) / 2, 1.0)


def _edge_px(quad: NDArray[np.float64], size: tuple[int, int]) -> float:
    low, high = quad.min(axis=0), quad.max(axis=0)
    return float(min(low.min(), (np.array(size[::-1]) - high).min()))
