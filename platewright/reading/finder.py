"""Where plates are: a pyramid of sizes, finders on it, and framers that look again."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import (
    Box,
    FloatArray,
    Picture,
    box_of_quad,
    clusters,
    quad_of_box,
    suppress,
)
from platewright.reading.runtime import Network, levels
from platewright.reading.settings import DetectorSettings
from platewright.reading.spelling import certainty
from platewright.reading.straighten import refined, straightened

RATIO = math.sqrt(0.5)  #: Size of each level over the one before
WIDTH_OVER_HEIGHT = 4.0  #: A plate `min_height` high is looked for if it is so many times as wide
SAME_FIND = 0.5
"""Finds that overlap by more are one; of nested ones only their texts tell which is the plate."""
VOTE = 0.6
"""Finds of the scan that overlap the best one by more have a say in where its corners are (box
voting: Gidaris and Komodakis 2015)."""
WIDER, PER_SIZE = 1.5, 0.5
"""Of so many times as many finds as are asked for, those stay that are the surest: a find that is
seen at one more size of the photo counts as if its logit were so much more."""
MEGAPIXEL = 1_000_000  #: Pixels
SPARED, NEARER = (3, 0.5), (3, 0.45)
"""So many frames of a photo, the surest, stay if they are at least so sure, whatever the others
must be: at the last look, and at the looks before it. A plate that is dark, or framed badly at
first, is often sure at the next look."""


@dataclass(frozen=True)
class Level:
    """One size of the photo, padded so that windows reach over its edges."""

    image: Picture  #: (H, W) grey
    scale: tuple[float, float]  #: (x, y) photo pixels per pixel of this level
    pad: tuple[int, int]  #: (x, y) pixels of this level put before the photo's first


LevelLook = tuple[Level, tuple[int, int], NDArray[np.float32], NDArray[np.float32]]
"""A level, the cell (row, column) that was looked at first, presence logits, corners."""


def scales(
    size: tuple[int, int],
    window: tuple[int, int],
    extent: tuple[float, float],
    min_width: float,
) -> list[float]:
    """Return the levels' sizes over the photo's, largest first.

    Args:
        size: (height, width) of the photo.
        window: (height, width) of the scan's window.
        extent: (low, high) part of the window that a plate fills.
        min_width: width of the smallest plate to find, photo pixels.

    Returns:
        From the size that brings `min_width` to the low end of `extent`, at most 2, down to the
        one at which a plate as large as the photo still fits.
    """
    height, width = size
    top = min(extent[0] * window[1] / min_width, 2.0)
    last = min(extent[1] * window[1] / width, extent[1] * window[0] / height)
    out = [top]
    while out[-1] > last:
        out.append(out[-1] * RATIO)
    return out


def pyramid(
    image: Picture, factors: list[float], window: tuple[int, int], extent: tuple[float, float]
) -> Iterator[Level]:
    """Yield the photo at each size, each shrunk from the one before.

    Args:
        image: (H, W) grey photo.
        factors: sizes over the photo's, falling.
        window: (height, width) of the scan's window.
        extent: part of the window that a plate fills; sets how far windows reach over the edge.
    """
    height, width = image.shape
    pad_y = math.ceil(window[0] * (1 - extent[0]) / 2)
    pad_x = math.ceil(window[1] * (1 - extent[0]) / 2)
    current = image
    for factor in factors:
        rows, cols = max(round(height * factor), 1), max(round(width * factor), 1)
        if (rows, cols) != current.shape:
            how = cv2.INTER_AREA if rows < current.shape[0] / 2 else cv2.INTER_LINEAR
            current = np.asarray(cv2.resize(current, (cols, rows), interpolation=how), np.uint8)
        more_y, more_x = max(window[0] - rows - 2 * pad_y, 0), max(window[1] - cols - 2 * pad_x, 0)
        padded = cv2.copyMakeBorder(
            current, pad_y, pad_y + more_y, pad_x, pad_x + more_x, cv2.BORDER_REPLICATE
        )
        yield Level(np.asarray(padded, np.uint8), (width / cols, height / rows), (pad_x, pad_y))


@dataclass(frozen=True)
class Find:
    """A place that may be a plate."""

    quad: FloatArray  #: (4, 2) photo pixels
    presence: float  #: 0-1


class Finder(Protocol):
    """Says where plates may be."""

    exact: bool  #: whether its quads are those of the readings, however else a plate may be framed

    def find(self, grey: Picture, settings: DetectorSettings) -> list[Find]:
        """Return what may be plates of a grey (H, W) photo, best first."""
        ...


class Framer(Protocol):
    """Looks at finds again."""

    judges: bool  #: whether its presence takes the place of the find's; else it only sifts

    def frame(
        self, grey: Picture, quads: Sequence[FloatArray]
    ) -> tuple[list[FloatArray], FloatArray]:
        """Return (4, 2) quads as they are seen in a grey (H, W) photo, and presences, 0-1."""
        ...


class ScanFinder:
    """Slides the scan over a photo at falling sizes.

    Args:
        network: with the part `scan`.
    """

    exact = False

    def __init__(self, network: Network) -> None:
        self.network = network
        self.scan = network.settings.scan

    def find(self, grey: Picture, settings: DetectorSettings) -> list[Find]:
        """See `Finder`; of overlapping finds the best one."""
        looks = ((level, (0, 0), *self.look(level.image)) for level in self.levels(grey, settings))
        return self.gathered(looks, grey.size, settings)

    def levels(self, grey: Picture, settings: DetectorSettings) -> Iterator[Level]:
        """Yield the sizes at which a grey (H, W) photo is looked at, the largest first."""
        part, pixels = settings.smallest
        least = settings.min_height or max(part * min(grey.shape), pixels)
        window, extent = self.scan.grid.window, self.scan.extent
        factors = scales(grey.shape, window, extent, WIDTH_OVER_HEIGHT * least)
        return pyramid(grey, factors, window, extent)

    def gathered(
        self, looks: Iterable[LevelLook], pixels: int, settings: DetectorSettings
    ) -> list[Find]:
        """Return the finds of looks at levels or parts of them, best first.

        Args:
            pixels: of the photo: of larger ones more finds stay.
            settings: `scan_presence` is the least presence of a cell, `max_candidates` so many
                finds stay of a photo of a megapixel.
        """
        points, logits, sizes = self._seen(looks, settings.scan_presence)
        if not len(logits):
            return []
        boxes = np.concatenate([points.min(axis=0), points.max(axis=0)])
        most = round(settings.max_candidates * max(pixels / MEGAPIXEL, 1.0))
        agreeing = [
            (k, near[(shared > VOTE) | (near == k)])  # one without an area shares none with itself
            for k, near, shared in islice(
                clusters(boxes, logits, overlap=SAME_FIND), round(WIDER * most)
            )
        ]
        seen_at = [len(set(sizes[near].tolist())) for _, near in agreeing]
        worth = [logits[k] for k, _ in agreeing] + PER_SIZE * np.array(seen_at)
        sure = sigmoid(logits)
        quads = points.reshape(8, -1)
        finds = []
        for k, near in (agreeing[k] for k in np.argsort(-worth, kind="stable")[:most]):
            votes = sure[near]
            quad = quads[:, near] @ votes / votes.sum()
            finds.append(Find(quad.reshape(4, 2), float(sure[k])))
        return finds

    def _seen(
        self, looks: Iterable[LevelLook], least: float
    ) -> tuple[FloatArray, NDArray[np.float32], NDArray[np.intp]]:
        """Return what cells of at least some presence say.

        Returns:
            (4, 2, n) corners, photo pixels: coordinates in rows, as numbers that lie side by side
            are much quicker than pairs. (n,) logits, and (n,) numbers of the sizes of the photo.
        """
        grid = self.scan.grid
        cut = np.log(least / (1 - least))
        cells, logits, corners, places = [], [], [], []
        for level, first, presence, own_corners in looks:
            there = np.flatnonzero(presence > cut)
            cells.append(there)
            logits.append(presence.ravel()[there])
            corners.append(own_corners.reshape(-1, 8)[there])
            places.append((presence.shape[1], *first, *level.pad, *level.scale))
        if not any(map(len, cells)):
            return np.zeros((4, 2, 0)), np.zeros(0, np.float32), np.zeros(0, np.intp)
        each = np.repeat(np.array(places).T, [len(there) for there in cells], axis=1)
        columns, top, left, pad_x, pad_y, scale_x, scale_y = each
        row, column = np.divmod(np.concatenate(cells), columns.astype(np.intp))
        points = np.concatenate(corners).T.astype(np.float64, order="C").reshape(4, 2, -1)
        for axis, cell, pad, scale in (
            (0, column + left, pad_x, scale_x), (1, row + top, pad_y, scale_y)
        ):  # fmt: skip
            half, stride = grid.window[1 - axis] / 2, grid.stride[1 - axis]
            own = points[:, axis]
            own *= half
            own += cell * stride + half - pad
            own *= scale
        return points, np.concatenate(logits), np.unique(scale_x, return_inverse=True)[1]

    def look(self, picture: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return presence logits (rows, columns) and corners (rows, columns, 8) of a picture.

        Args:
            picture: (H, W) grey, one level of the pyramid.
        """
        presence, corners = self.network.run(
            ["scan_presence", "scan_corners"], {"image": levels(picture[None])}
        )
        # Now and then the converter leaves one more axis of one at the front of the first.
        return presence.reshape(corners.shape[1:3]), corners[0]


class BoxFinder:
    """Finds the one plate of a photo with one car by regression.

    Args:
        network: of the kind `box`.
    """

    exact = True

    def __init__(self, network: Network) -> None:
        self.network = network

    def box(self, grey: Picture) -> Box:
        """Return the one box (x0, y0, x1, y1) of a photo, in its pixels; there always is one."""
        size = self.network.settings.window
        small = cv2.resize(grey, size[::-1], interpolation=cv2.INTER_AREA)
        window = levels(np.asarray(small[None], np.uint8))
        (box,) = self.network.run(["box"], {"window": window})
        height, width = grey.shape[:2]
        x0, y0, x1, y1 = (box[0].astype(float) * (width, height, width, height)).tolist()
        return x0, y0, x1, y1

    def find(self, grey: Picture, settings: DetectorSettings) -> list[Find]:
        """See `Finder`."""
        return [Find(quad_of_box(self.box(grey)), 1.0)]


class FrameFramer:
    """Frames by the light network made for it.

    Args:
        network: with the part `frame`.
    """

    judges = True

    def __init__(self, network: Network) -> None:
        self.network = network

    def frame(
        self, grey: Picture, quads: Sequence[FloatArray]
    ) -> tuple[list[FloatArray], FloatArray]:
        """See `Framer`."""
        own = self.network.settings.frame
        pictures, back = straightened(grey, quads, own.window, own.margin)
        presence, corners = self.network.run(
            ["frame_presence", "frame_corners"], {"find": levels(pictures)}
        )
        size = np.tile(np.array(own.window[::-1], float), 4)
        seen = refined(quads, back, presence[:, 0], corners * size)
        return seen, sigmoid(presence[:, 0])


class SlotFramer:
    """Frames by the slot reader, whose own presence counts once it has read.

    Args:
        network: with the part `slots`.
    """

    judges = False

    def __init__(self, network: Network) -> None:
        self.network = network

    def frame(
        self, grey: Picture, quads: Sequence[FloatArray]
    ) -> tuple[list[FloatArray], FloatArray]:
        """See `Framer`; presence counts how certain the slots are, too."""
        own = self.network.settings.slots
        pictures, back = straightened(grey, quads, own.window, own.margin)
        slots, presence, corners = self.network.run(
            ["slots", "presence", "corners"], {"window": levels(pictures)}
        )
        certain = np.array([certainty(s.astype(np.float64), own.alphabet) for s in slots])
        size = np.tile(np.array(own.window[::-1], float), 4)
        seen = refined(quads, back, presence[:, 0], corners * size)
        return seen, sigmoid(presence[:, 0]) * certain


def sift(
    grey: Picture, finds: Sequence[Find], framer: Framer, settings: DetectorSettings
) -> list[Find]:
    """Look at finds: drop what is hardly a plate, frame the rest by what is seen.

    Args:
        grey: (H, W) photo.
        framer: looks, `settings.looks` - 1 times.
        settings: `second_look` is the least presence of what stays, but for the few best frames.

    Returns:
        What stays, in the order of the finds, each in its new frame. Presence is what the framer
        saw at last, where that counts: it has looked more closely than the finder.
    """
    current = list(finds)
    for more in reversed(range(settings.looks - 1)):
        if not current:
            break
        quads, seen = framer.frame(grey, [f.quad for f in current])
        sure = seen if framer.judges else np.array([f.presence for f in current]) * seen
        kept = suppress([box_of_quad(quad) for quad in quads], sure, overlap=SAME_FIND, inside=1)
        least, (most, unsure) = settings.second_look, NEARER if more else SPARED
        spared = [k for k in kept[:most] if sure[k] >= min(least, unsure)]  # the best come first
        worth = sorted({*spared, *(k for k in kept if sure[k] >= least)})
        current = [
            Find(quads[k], float(seen[k]) if framer.judges else current[k].presence) for k in worth
        ]
    return current


def sigmoid(logits: Any) -> FloatArray:
    """Return probabilities of logits."""
    with np.errstate(over="ignore"):  # 0 is right where it is too large for a number
        return np.asarray(1 / (1 + np.exp(-np.asarray(logits, np.float64))), np.float64)
