"""Finds and reads the plates of a photo: scan, suppress, frame, straighten, read."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.alphabet import Alphabet
from platewright.geometry import box_of_quad
from platewright.network.settings import UNSEEN
from platewright.reading.line import LineEvidence
from platewright.reading.networks import Networks, load_networks
from platewright.recognizer.criterion import DetectorSettings
from platewright.recognizer.decode import spell
from platewright.recognizer.framing import refined, sound_quad
from platewright.recognizer.jurisdiction import Jurisdiction
from platewright.recognizer.pyramid import pyramid, scales
from platewright.recognizer.rectify import rectify
from platewright.recognizer.runtime import levels
from platewright.recognizer.suppress import suppress
from platewright.records import Reading

__all__ = ["Detector", "Find"]

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]
WIDTH_OVER_HEIGHT = 4.0
"""A plate `min_height` high is looked for if it is so many times as wide."""
SAME_FIND = 0.5
"""Finds of the scan that overlap by more are one; nested ones stay until they are looked at."""
MEGAPIXEL = 1_000_000
"""Pixels."""
UNREAD = 1e-6
"""Confidence of a reading without text where readings are sorted."""
SURE = 0.97
"""A text that the first framing is surer of is not read again."""


@dataclass(frozen=True)
class Find:
    """A place that may be a plate.

    Attributes:
        quad: (4, 2) photo pixels.
        presence: 0-1.
    """

    quad: FloatArray
    presence: float


class Detector:
    """Reads photos.

    Args:
        networks: of a weights file, with scan, frame and line reader.
        settings: what to look for.

    Raises:
        RegionError: if one of the settings' regions can't be used.
    """

    def __init__(self, networks: Networks, settings: DetectorSettings | None = None) -> None:
        """Keep them."""
        self.networks = networks
        self.settings = settings or DetectorSettings()
        own = networks.settings
        if own.scan is None or own.frame is None or own.line is None:
            raise ValueError("a detector needs scan, frame and line reader")
        self._scan, self._frame, self._line = own.scan, own.frame, own.line
        self.alphabet = Alphabet(self._line.characters + UNSEEN)
        if self.settings.regions:
            _ = self.jurisdiction  # here, not at the first plate, a misspelt region is told

    @cached_property
    def jurisdiction(self) -> Jurisdiction:
        """What tells the regions apart: the settings' ones, else all."""
        return Jurisdiction.load(self.settings.regions, self.alphabet, self._line.longest)

    @classmethod
    def load(
        cls, path: Path, settings: DetectorSettings | None = None, threads: int = 1
    ) -> Detector:
        """Load weights, `.onnx` or `.npz`.

        Raises:
            WeightsError: if they can't be used.
            RegionError: if one of the settings' regions can't be used.
        """
        return cls(load_networks(Path(path), threads), settings)

    def read(self, image: Picture) -> list[Reading]:
        """Find and read all plates.

        Args:
            image: (H, W) grey or (H, W, 3) RGB photo.

        Returns:
            Readings, sorted by presence x confidence.
        """
        grey = _grey(image)
        limit = self.settings
        finds = self.sift(grey, self.scan(grey))
        readings = self._read(grey, [f.quad for f in finds])
        found = [
            replace(r, presence=r.presence * f.presence)
            for f, r in zip(finds, readings, strict=True)
        ]
        found = [
            r
            for r in found
            if r.presence >= limit.min_presence
            and r.confidence >= limit.min_confidence
            and len(r.text) >= limit.min_characters
        ]
        # An unread plate stays behind all that is read, where they lie over one another.
        worth = [r.presence * (r.confidence or UNREAD) for r in found]
        kept = suppress([r.box for r in found], worth)
        return [self._placed(found[k]) for k in kept[: limit.max_plates]]

    def scan(self, grey: Picture) -> list[Find]:
        """Slide the scan over the photo.

        Args:
            grey: (H, W) photo.

        Returns:
            What may be plates, after suppression, best first.
        """
        network = self._scan
        grid = network.grid
        part, pixels = self.settings.smallest
        least = self.settings.min_height or max(part * min(grey.shape), pixels)
        factors = scales(grey.shape, grid.window, network.extent, WIDTH_OVER_HEIGHT * least)
        threshold = self.settings.scan_presence
        cut = np.log(threshold / (1 - threshold))
        half = np.array([grid.window[1] / 2, grid.window[0] / 2])
        quads, scores = [], []
        for level in pyramid(grey, factors, grid.window, network.extent):
            presence, corners = self.networks.run(
                ["scan_presence", "scan_corners"], {"image": levels(level.image[None])}
            )
            # Now and then the converter leaves one more axis of one at the front of the first.
            presence, corners = presence.reshape(corners.shape[1:3]), corners[0]
            where = np.argwhere(presence > cut)
            if not where.size:
                continue
            middle = where[:, ::-1] * np.array(grid.stride[::-1]) + half
            offsets = corners[where[:, 0], where[:, 1]].reshape(-1, 4, 2)
            points = middle[:, None] + offsets * half
            quads.append((points - level.pad) * level.scale)
            scores.append(presence[where[:, 0], where[:, 1]])
        if not quads:
            return []
        all_quads, logits = np.concatenate(quads), np.concatenate(scores)
        boxes = np.concatenate([all_quads.min(axis=1), all_quads.max(axis=1)], axis=1)
        most = round(self.settings.max_candidates * max(grey.size / MEGAPIXEL, 1.0))
        kept = suppress(boxes, logits, overlap=SAME_FIND, inside=1)[:most]
        return [Find(all_quads[k], float(_sigmoid(logits[k]))) for k in kept]

    def sift(self, grey: Picture, finds: list[Find]) -> list[Find]:
        """Look at finds: drop what is hardly a plate, frame the rest by what is seen.

        Args:
            grey: (H, W) photo.
            finds: what the scan found in it.

        Returns:
            Those that are present by at least `second_look`, each in its new frame; presence is
            that of scan and frame together.
        """
        if not finds:
            return []
        quads, first = self._framed(grey, [f.quad for f in finds])
        sure = np.array([f.presence for f in finds]) * _sigmoid(first)
        kept = [
            k
            for k in suppress([box_of_quad(quad) for quad in quads], sure)
            if sure[k] >= self.settings.second_look
        ]
        if not kept:
            return []
        again, second = self._framed(grey, [quads[k] for k in kept])
        both = sure[kept] * _sigmoid(second)
        found = [Find(quad, float(p)) for quad, p in zip(again, both, strict=True)]
        return [f for f in found if f.presence >= self.settings.second_look]

    def read_quads(self, image: Picture, quads: Sequence[ArrayLike]) -> list[Reading]:
        """Read given quads, without a scan.

        Args:
            image: (H, W) grey or (H, W, 3) RGB photo.
            quads: (4, 2) each, photo pixels.

        Returns:
            One reading per quad, in order, however unsure.
        """
        grey = _grey(image)
        if not quads:
            return []
        framed, presence = self._framed(grey, [np.asarray(q, float) for q in quads])
        readings = self._read(grey, framed)
        return [
            self._placed(replace(r, presence=r.presence * float(_sigmoid(p))))
            for r, p in zip(readings, presence, strict=True)
        ]

    def _framed(
        self, grey: Picture, quads: Sequence[FloatArray]
    ) -> tuple[list[FloatArray], NDArray[np.float32]]:
        """Look at quads; returns them as seen, and presence logits."""
        window = self._frame.window
        pictures, matrices = _straightened(grey, quads, window, self._frame.margin)
        presence, corners = self.networks.run(
            ["frame_presence", "frame_corners"], {"find": levels(pictures)}
        )
        size = np.tile(np.array(window[::-1], float), 4)
        return refined(quads, matrices, presence[:, 0], corners * size), presence[:, 0]

    def _read(self, grey: Picture, quads: Sequence[FloatArray]) -> list[Reading]:
        """Straighten and read; what is unsure in the first framing is read in the others, too."""
        if not quads:
            return []
        first, *others = self.settings.framings
        steps, presence, corners, matrices = self._spelt(grey, quads, first)
        size = np.tile(np.array(self._line.window[::-1], float), 4)
        framed = refined(quads, matrices, presence, corners * size)
        all_steps = [steps[k : k + 1] for k in range(len(quads))]
        unsure = [
            k
            for k in range(len(quads))
            if _sigmoid(presence[k]) > self.settings.second_look
            and self._evidence(all_steps[k]).texts()[0][1] < SURE
        ]
        if unsure and others:
            # The others in one batch; the frame is that of the first.
            more = [self._windows(grey, [framed[k] for k in unsure], f)[0] for f in others]
            (logits,) = self.networks.run(["steps"], {"plate": levels(np.concatenate(more))})
            for at, k in enumerate(unsure):
                all_steps[k] = np.concatenate([all_steps[k], logits[at :: len(unsure)]])
        return [
            self._reading(quad, self._evidence(own), float(_sigmoid(p)))
            for quad, own, p in zip(framed, all_steps, presence, strict=True)
        ]

    def _evidence(self, steps: NDArray[np.float32]) -> LineEvidence:
        return LineEvidence(steps, self._line)

    def _windows(
        self, grey: Picture, quads: Sequence[FloatArray], framing: float
    ) -> tuple[Picture, list[FloatArray]]:
        margin = (self._line.margin[0] * framing, self._line.margin[1] * framing)
        return _straightened(grey, quads, self._line.window, margin)

    def _spelt(
        self, grey: Picture, quads: Sequence[FloatArray], framing: float
    ) -> tuple[Any, Any, Any, list[FloatArray]]:
        windows, matrices = self._windows(grey, quads, framing)
        steps, presence, corners = self.networks.run(
            ["steps", "plate_presence", "plate_corners"], {"plate": levels(windows)}
        )
        return steps, presence[:, 0], corners, matrices

    def _reading(self, quad: FloatArray, evidence: LineEvidence, presence: float) -> Reading:
        text, probability = evidence.texts()[0]
        spelt = evidence.spell(text)
        given = self.jurisdiction.condition(spelt.slots) if self.settings.regions else None
        if given is not None:
            text = given.text
        shown = spelt.slots if given is None else given.slots
        confidence, characters = spell(text, shown, self.alphabet)
        certain = probability ** (1 / (len(text) + 1)) if text else 0.3
        whole = UNSEEN not in text
        return Reading(
            text=text,
            confidence=confidence,
            presence=presence * certain,
            quad=quad,
            characters=characters,
            region="" if given is None else given.region,
            slots=spelt.slots,
            accepted=whole and confidence >= self.settings.accept,
        )

    def _placed(self, reading: Reading) -> Reading:
        """Return the reading with its most probable region, where it was read without one."""
        if self.settings.regions or reading.slots is None or not reading.text:
            return reading
        return replace(reading, region=self.jurisdiction.region(reading.slots))

    def with_settings(self, **changes: Any) -> Self:
        """Return a detector with other settings and the same networks.

        Raises:
            RegionError: if one of the regions can't be used.
        """
        other = copy(self)
        other.__dict__.pop("jurisdiction", None)  # that of the settings before
        other.settings = replace(self.settings, **changes)
        if other.settings.regions:
            _ = other.jurisdiction
        return other


def _straightened(
    grey: Picture, quads: Sequence[FloatArray], window: tuple[int, int], margin: tuple[float, float]
) -> tuple[Picture, list[FloatArray]]:
    """Return (n, h, w) windows of quads, and the homographies from photo to window."""
    pictures, matrices = [], []
    for quad in quads:
        try:
            picture, matrix = rectify(grey, quad, window, margin)
        except ValueError:  # corners on a line: take the upright box instead
            picture, matrix = rectify(grey, sound_quad(quad), window, margin)
        pictures.append(picture)
        matrices.append(matrix)
    return np.stack(pictures), matrices


def _sigmoid(logits: Any) -> Any:
    return 1 / (1 + np.exp(-np.asarray(logits, np.float64)))


def _grey(image: Picture) -> Picture:
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
