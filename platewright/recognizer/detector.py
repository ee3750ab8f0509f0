"""Finds and reads the plates of a photo: scan, suppress, rectify, read, look again."""

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

from platewright.geometry import box_of_quad
from platewright.recognizer.criterion import ACCEPTED, DetectorSettings
from platewright.recognizer.decode import decode_slots, sharpen, spell
from platewright.recognizer.framing import refined, sound_quad
from platewright.recognizer.jurisdiction import Jurisdiction
from platewright.recognizer.pyramid import pyramid, scales
from platewright.recognizer.rectify import rectify
from platewright.recognizer.runtime import Runtime, load_runtime
from platewright.recognizer.suppress import suppress
from platewright.record import Reading

__all__ = ["ACCEPTED", "Candidate", "Detector", "DetectorSettings"]

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


@dataclass(frozen=True)
class Candidate:
    """A place that look one takes for a plate.

    Attributes:
        quad: (4, 2) photo pixels.
        presence: 0-1.
    """

    quad: FloatArray
    presence: float


class Detector:
    """Reads photos with one network.

    Args:
        runtime: runs the network.
        settings: what to look for.

    Raises:
        RegionError: if one of the settings' regions can't be used.
    """

    def __init__(self, runtime: Runtime, settings: DetectorSettings | None = None) -> None:
        """Keep them."""
        self.runtime = runtime
        self.settings = settings or DetectorSettings()
        if self.settings.regions:
            _ = self.jurisdiction  # here, not at the first plate, a misspelt region is told

    @cached_property
    def jurisdiction(self) -> Jurisdiction:
        """What tells the regions apart: the settings' ones, else all."""
        network = self.runtime.settings
        return Jurisdiction.load(self.settings.regions, network.alphabet, network.slots)

    @classmethod
    def load(
        cls, path: Path, settings: DetectorSettings | None = None, threads: int = 1
    ) -> Detector:
        """Load weights, `.onnx` or `.npz`.

        Raises:
            WeightsError: if they can't be used.
            RegionError: if one of the settings' regions can't be used.
        """
        return cls(load_runtime(Path(path), threads), settings)

    def read(self, image: Picture) -> list[Reading]:
        """Find and read all plates.

        Args:
            image: (H, W) grey or (H, W, 3) RGB photo.

        Returns:
            Readings, sorted by presence x confidence.
        """
        grey = _grey(image)
        candidates = self.scan(grey)
        limit = self.settings
        if limit.looks > 1:
            candidates = self.sift(grey, candidates)
        readings = self._look(grey, [c.quad for c in candidates], limit.looks - 1)
        found = [
            replace(r, presence=r.presence * c.presence)
            for c, r in zip(candidates, readings, strict=True)
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

    def scan(self, grey: Picture) -> list[Candidate]:
        """Run look one.

        Args:
            grey: (H, W) photo.

        Returns:
            What may be plates, after suppression, best first.
        """
        network = self.runtime.settings
        grid = network.grid
        part, pixels = self.settings.smallest
        least = self.settings.min_height or max(part * min(grey.shape), pixels)
        factors = scales(grey.shape, grid.window, network.extent, WIDTH_OVER_HEIGHT * least)
        # Nothing can come of less: a reading's presence is the scan's, times more.
        threshold = max(self.settings.scan_presence, self.settings.min_presence)
        cut = np.log(threshold / (1 - threshold))
        half = np.array([grid.window[1] / 2, grid.window[0] / 2])
        quads, scores = [], []
        for level in pyramid(grey, factors, grid.window, network.extent):
            presence, corners = self.runtime.scan(level.image)
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
        return [Candidate(all_quads[k], float(1 / (1 + np.exp(-logits[k])))) for k in kept]

    def sift(self, grey: Picture, candidates: list[Candidate]) -> list[Candidate]:
        """Take the first look: drop what is hardly a plate, frame the rest by what it shows.

        Args:
            grey: (H, W) photo.
            candidates: what the scan found in it.

        Returns:
            Those that are present by at least `second_look`, each in its new frame, the presence
            still the scan's.
        """
        if not candidates:
            return []
        quads, presence, certain = self._framed(grey, [c.quad for c in candidates])
        seen = 1 / (1 + np.exp(-presence.astype(float)))
        sure = np.array([c.presence for c in candidates]) * seen * certain
        boxes = [box_of_quad(quad) for quad in quads]
        kept = suppress(boxes, sure)
        worth = [k for k in kept if sure[k] >= self.settings.second_look]
        return [Candidate(quads[k], candidates[k].presence) for k in sorted(worth)]

    def read_quads(self, image: Picture, quads: Sequence[ArrayLike]) -> list[Reading]:
        """Read given quads, without a scan.

        Args:
            image: (H, W) grey or (H, W, 3) RGB photo.
            quads: (4, 2) each, photo pixels.

        Returns:
            One reading per quad, in order, however unsure.
        """
        all_quads = [np.asarray(q, float) for q in quads]
        readings = self._look(_grey(image), all_quads, self.settings.looks)
        return [self._placed(reading) for reading in readings]

    def _framed(
        self, grey: Picture, quads: Sequence[FloatArray]
    ) -> tuple[list[FloatArray], NDArray[np.float32], FloatArray]:
        """Look at quads; returns them as seen, presence logits, and how certain the slots are."""
        size = np.array(self.runtime.settings.read_window[::-1], float)
        windows, matrices = self._rectified(grey, quads, 1.0)
        slots, presence, corners = self.runtime.read(windows)
        certain = np.array([self._certainty(each.astype(np.float64))[1] for each in slots])
        return refined(quads, matrices, presence, corners * np.tile(size, 4)), presence, certain

    def _look(self, grey: Picture, quads: Sequence[FloatArray], looks: int) -> list[Reading]:
        """Rectify and read, `looks` times, each framed by the one before.

        The last look reads every framing and averages what they say.
        """
        if not quads:
            return []
        size = np.array(self.runtime.settings.read_window[::-1], float)
        current = [np.asarray(q, float) for q in quads]
        for _ in range(looks - 1):
            current = self._framed(grey, current)[0]
        slots, presences = [], []
        quads = current
        for k, framing in enumerate(self.settings.framings):
            windows, matrices = self._rectified(grey, quads, framing)
            found, presence, corners = self.runtime.read(windows)
            slots.append(found)
            presences.append(presence)
            if k == 0:
                current = refined(quads, matrices, presence, corners * np.tile(size, 4))
        mean_slots, mean_presence = np.mean(slots, axis=0), np.mean(presences, axis=0)
        return [
            self._reading(q, s, p)
            for q, s, p in zip(current, mean_slots, mean_presence, strict=True)
        ]

    def _rectified(
        self, grey: Picture, quads: Sequence[FloatArray], framing: float
    ) -> tuple[Picture, list[FloatArray]]:
        """Return (n, h, w) windows of quads, and the homographies from photo to window."""
        network = self.runtime.settings
        margin = (network.margin[0] * framing, network.margin[1] * framing)
        windows, matrices = [], []
        for quad in quads:
            try:
                window, matrix = rectify(grey, quad, network.read_window, margin)
            except ValueError:  # corners on a line: take the upright box instead
                window, matrix = rectify(grey, sound_quad(quad), network.read_window, margin)
            windows.append(window)
            matrices.append(matrix)
        return np.stack(windows), matrices

    def _reading(self, quad: FloatArray, slots: NDArray[np.float32], logit: float) -> Reading:
        network = self.runtime.settings
        plain = slots.astype(np.float64)
        # Presence is of the plain probabilities: calibrating must not move what is found.
        text, certain = self._certainty(plain)
        probabilities = sharpen(plain, network.temperature)
        given = self.jurisdiction.condition(probabilities) if self.settings.regions else None
        if given is not None:
            text = given.text
        shown = probabilities if given is None else given.slots
        confidence, characters = spell(text, shown, network.alphabet)
        return Reading(
            text=text,
            confidence=confidence,
            presence=float(1 / (1 + np.exp(-float(logit)))) * certain,
            quad=quad,
            characters=characters,
            region="" if given is None else given.region,
            slots=probabilities,
            accepted=confidence >= self.settings.accept,
        )

    def _certainty(self, slots: FloatArray) -> tuple[str, float]:
        """Return the most probable text, and how probable its average character is."""
        network = self.runtime.settings
        text, probability, _ = decode_slots(slots, network.alphabet)
        counted = min(len(text) + 1, network.slots)  # the slot that ends the text counts as well
        return text, float(probability ** (1 / counted))

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


def _grey(image: Picture) -> Picture:
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
