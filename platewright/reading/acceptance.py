"""When a text is taken as read: it is sure, whole, of a plate, and may stand on one.

A gate opens on an accepted text: half of a plate's, or a camera's clock, is worse than none.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from platewright.network.part import UNSEEN
from platewright.reading.settings import DetectorSettings

__all__ = ["is_accepted", "is_complete", "room"]

EDGE = 0.05
"""A plate nearer to the picture's edge than this part of its width may go on beyond it ..."""
EDGE_PX = 2.0
"""... or so many pixels."""
CORNER = 0.35
"""Captions lie nearer to the edge than this part of their width."""
SHORTEST = 5
"""Characters of a text that is accepted whatever region it may be of: three and four are what a bar
or a post leaves of most plates, and few plates have so little. With regions, what fits counts."""
CAPTION = re.compile(r"(IP)?[CK]AM(ERA)?\d{0,2}|CH\d{1,2}|(19|20)\d\d(0[1-9]|1[0-2])\d*")
"""What cameras write into their pictures: their number, the date."""


def room(quad: NDArray[np.float64], size: tuple[int, int]) -> float:
    """Return how far a plate is from the picture's edge, in its widths.

    Args:
        quad: (4, 2), photo pixels.
        size: (height, width) of the photo.

    >>> room(np.array([[30.0, 20], [50, 20], [50, 30], [30, 30]]), (100, 100))
    1.0
    """
    return _pixels(quad, size) / _width(quad)


def is_complete(quad: NDArray[np.float64], size: tuple[int, int], text: str = "") -> bool:
    """Tell whether a plate is seen from end to end, as far as that can be told.

    Args:
        quad: (4, 2), photo pixels.
        size: (height, width) of the photo.
        text: with `?` for characters that are not seen.
    """
    return UNSEEN not in text and _pixels(quad, size) >= max(EDGE * _width(quad), EDGE_PX)


def is_accepted(
    text: str,
    *,
    confidence: float,
    presence: float,
    complete: bool,
    room: float,
    region: str,
    settings: DetectorSettings,
) -> bool:
    """Tell whether a text is taken as read.

    Args:
        text: as it was read.
        confidence: of it, 0-1.
        presence: that there is a plate, 0-1.
        complete: see `is_complete`.
        room: see `room`.
        region: that it is of; empty: none of those that are known, or that were asked for.
        settings: of the detector.
    """
    if not complete or UNSEEN in text:
        return False
    if confidence < settings.accept or presence < settings.accept_presence:
        return False
    if settings.regions:
        return bool(region)
    if len(text) < SHORTEST or CAPTION.fullmatch(text):
        return False
    # In a corner of the picture a word, and what no region draws, is a sign rather than a plate.
    return room >= CORNER or (bool(region) and any(char.isdigit() for char in text))


def _width(quad: NDArray[np.float64]) -> float:
    return max(float(np.linalg.norm(quad[1] - quad[0] + quad[2] - quad[3])) / 2, 1.0)


def _pixels(quad: NDArray[np.float64], size: tuple[int, int]) -> float:
    low, high = quad.min(axis=0), quad.max(axis=0)
    return float(min(low.min(), (np.array(size[::-1]) - high).min()))
