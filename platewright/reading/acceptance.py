"""When a reading is shown to people, and when its text may be taken as read."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import FloatArray, Picture, box_of_quad, size_of
from platewright.image import as_grey
from platewright.network.part import UNSEEN
from platewright.reading.settings import DetectorSettings
from platewright.record import Reading


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
    values = as_grey(part).astype(np.int16)
    dark, light = _percentiles(values, [DARKEST, LIGHTEST])
    (step,) = _percentiles(np.abs(np.diff(values, axis=1)), [STEEPEST])
    steep = step / max(light - dark, APART)
    near = np.convolve(np.bincount(values.ravel(), minlength=256), np.ones(2 * NEAR + 1), "same")
    first = int(near.argmax())
    second = near[np.abs(np.arange(256) - first) > APART].max()
    flat = min(float(near[first] + second) / values.size, MOST_FLAT)
    size = size_of(image)
    edge = room(quad, size) < CORNER and x1 - x0 < SMALL * size[1]
    return bool(steep + FLAT_WORTH * flat + EDGE_WORTH * edge > WRITTEN)


def _percentiles(values: NDArray[np.int16], percents: Sequence[float]) -> list[float]:
    """Return what `np.percentile` does, which loads NumPy's masked arrays first.

    >>> _percentiles(np.array([[1, 2], [3, 9]], np.int16), [50, 75])
    [2.5, 4.5]
    """
    ordered = np.sort(values, axis=None)
    ranks = np.asarray(percents) / 100 * (ordered.size - 1)
    return [float(v) for v in np.interp(ranks, np.arange(ordered.size), ordered)]


def _plate_width(quad: NDArray[np.float64]) -> float:
    return max(float(np.linalg.norm(quad[1] - quad[0] + quad[2] - quad[3])) / 2, 1.0)


def _edge_px(quad: NDArray[np.float64], size: tuple[int, int]) -> float:
    low, high = quad.min(axis=0), quad.max(axis=0)
    return float(min(low.min(), (np.array(size[::-1]) - high).min()))
