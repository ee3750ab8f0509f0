"""Finds and reads the plates of a photo: scan, suppress, rectify, read, look again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.geometry import box_of_quad, project
from platewright.recognizer.decode import decode_slots, sharpen
from platewright.recognizer.pyramid import pyramid, scales
from platewright.recognizer.rectify import rectify
from platewright.recognizer.runtime import Runtime, load_runtime
from platewright.recognizer.suppress import suppress
from platewright.records import Reading

__all__ = ["Candidate", "Detector", "DetectorSettings"]

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]
WIDTH_OVER_HEIGHT = 4.0
"""A plate `min_height` high is looked for if it is so many times as wide."""


@dataclass(frozen=True, kw_only=True)
class DetectorSettings:
    """What is looked for and what is kept.

    Attributes:
        min_presence: least presence of a reading, 0-1: of the scan, the second look and the
            average character together, so that a sign which reads as nothing certain is dropped.
        min_confidence: least confidence of a reading, 0-1.
        min_height: height of the smallest plate looked for, photo pixels; 0: a sixtieth of the
            photo's shorter side, at least 8.
        max_plates: most readings of a photo.
        min_characters: shortest text kept.
        scan_presence: least presence of a window that gets a second look, 0-1.
        max_candidates: most windows that get a second look.
        second_look: least presence (the scan's times the reader's) of a candidate after its first
            look that is worth another one, 0-1; below it, it is dropped.
        looks: how often a plate is framed and read, at least 1.
        framings: the margins round the quad at which the last look reads, times the network's own;
            their probabilities are averaged.
    """

    min_presence: float = 0.3
    min_confidence: float = 0.0
    min_height: float = 0.0
    max_plates: int = 50
    min_characters: int = 2
    scan_presence: float = 0.05
    max_candidates: int = 24
    second_look: float = 0.1
    looks: int = 2
    framings: tuple[float, ...] = (1.0, 0.3, 2.0)


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
    """

    def __init__(self, runtime: Runtime, settings: DetectorSettings | None = None) -> None:
        """Keep them."""
        self.runtime = runtime
        self.settings = settings or DetectorSettings()

    @classmethod
    def load(
        cls, path: Path, settings: DetectorSettings | None = None, threads: int = 1
    ) -> Detector:
        """Load weights, `.onnx` or `.npz`.

        Raises:
            WeightsError: if they can't be used.
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
            candidates = self._second_candidates(grey, candidates)
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
        kept = suppress([r.box for r in found], [r.presence * r.confidence for r in found])
        return [found[k] for k in kept[: limit.max_plates]]

    def scan(self, grey: Picture) -> list[Candidate]:
        """Run look one.

        Args:
            grey: (H, W) photo.

        Returns:
            What may be plates, after suppression, best first.
        """
        network = self.runtime.settings
        grid = network.grid
        least = self.settings.min_height or max(min(grey.shape) / 60, 8)
        factors = scales(grey.shape, grid.window, network.extent, WIDTH_OVER_HEIGHT * least)
        threshold = self.settings.scan_presence
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
        kept = suppress(boxes, logits)[: self.settings.max_candidates]
        return [Candidate(all_quads[k], float(1 / (1 + np.exp(-logits[k])))) for k in kept]

    def read_quads(self, image: Picture, quads: Sequence[ArrayLike]) -> list[Reading]:
        """Read given quads, without a scan.

        Args:
            image: (H, W) grey or (H, W, 3) RGB photo.
            quads: (4, 2) each, photo pixels.

        Returns:
            One reading per quad, in order, however unsure.
        """
        return self._look(_grey(image), [np.asarray(q, float) for q in quads], self.settings.looks)

    def _second_candidates(self, grey: Picture, candidates: list[Candidate]) -> list[Candidate]:
        """Take the first look: drop what is hardly a plate, frame the rest by what it shows."""
        if not candidates:
            return []
        quads, presence = self._framed(grey, [c.quad for c in candidates])
        seen = 1 / (1 + np.exp(-presence.astype(float)))
        sure = [c.presence * p for c, p in zip(candidates, seen, strict=True)]
        boxes = [box_of_quad(quad) for quad in quads]
        worth = [k for k in suppress(boxes, sure) if sure[k] >= self.settings.second_look]
        return [Candidate(quads[k], candidates[k].presence) for k in sorted(worth)]

    def _framed(
        self, grey: Picture, quads: Sequence[FloatArray]
    ) -> tuple[list[FloatArray], NDArray[np.float32]]:
        """Look at quads; returns them as they were seen, and the presence logits."""
        size = np.array(self.runtime.settings.read_window[::-1], float)
        windows, matrices = self._rectified(grey, quads, 1.0)
        _, presence, corners = self.runtime.read(windows)
        return _refined(quads, matrices, presence, corners * np.tile(size, 4)), presence

    def _look(self, grey: Picture, quads: Sequence[FloatArray], looks: int) -> list[Reading]:
        """Rectify and read, `looks` times, each framed by the one before.

        The last look reads every framing and averages what they say.
        """
        if not quads:
            return []
        size = np.array(self.runtime.settings.read_window[::-1], float)
        current = [np.asarray(q, float) for q in quads]
        for _ in range(looks - 1):
            current, _ = self._framed(grey, current)
        slots, presences = [], []
        quads = current
        for k, framing in enumerate(self.settings.framings):
            windows, matrices = self._rectified(grey, quads, framing)
            found, presence, corners = self.runtime.read(windows)
            slots.append(found)
            presences.append(presence)
            if k == 0:
                current = _refined(quads, matrices, presence, corners * np.tile(size, 4))
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
                window, matrix = rectify(grey, _sound_quad(quad), network.read_window, margin)
            windows.append(window)
            matrices.append(matrix)
        return np.stack(windows), matrices

    def _reading(self, quad: FloatArray, slots: NDArray[np.float32], logit: float) -> Reading:
        network = self.runtime.settings
        probabilities = sharpen(slots.astype(np.float64), network.temperature)
        text, confidence, characters = decode_slots(probabilities, network.alphabet)
        counted = min(len(text) + 1, network.slots)  # the slot that ends the text counts as well
        return Reading(
            text=text,
            confidence=confidence,
            presence=float(1 / (1 + np.exp(-float(logit)))) * confidence ** (1 / counted),
            quad=quad,
            characters=characters,
            slots=probabilities,
        )

    def with_settings(self, **changes: float) -> Detector:
        """Return a detector with other settings and the same network."""
        return Detector(self.runtime, replace(self.settings, **changes))  # type: ignore[arg-type]


def _grey(image: Picture) -> Picture:
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def _refined(
    quads: Sequence[FloatArray],
    matrices: Sequence[FloatArray],
    presence: NDArray[np.float32],
    corners: FloatArray,
) -> list[FloatArray]:
    """Return the quads that a look saw, where it saw a plate and the quad is sound.

    Args:
        quads: (4, 2) each, as they were framed, photo pixels.
        matrices: homographies from photo to window points.
        presence: (n,) logits.
        corners: (n, 8) window pixels.
    """
    out = []
    for quad, matrix, logit, points in zip(quads, matrices, presence, corners, strict=True):
        seen = project(np.linalg.inv(matrix), np.reshape(points, (4, 2)))
        out.append(seen if logit > 0 and _convex(seen) else quad)
    return out


def _convex(quad: FloatArray) -> bool:
    """Tell whether a quad is convex, clockwise on the screen and not a sliver."""
    edges = np.roll(quad, -1, axis=0) - quad
    following = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
    return bool(
        np.isfinite(quad).all() and (turns > 1e-3 * np.abs(turns).max()).all() and turns.max() > 4
    )


def _sound_quad(quad: FloatArray) -> FloatArray:
    x0, y0, x1, y1 = box_of_quad(np.nan_to_num(quad))
    x1, y1 = max(x1, x0 + 4), max(y1, y0 + 2)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
