"""Detectors with another reader for the second look, and one with a box for the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.errors import ConfigError
from platewright.geometry import Box, quad_of_box
from platewright.reader.reader import Reader
from platewright.reader.runtime import Network
from platewright.reader.spelling import Spelling, fold_slots
from platewright.recognizer.decode import spell
from platewright.recognizer.detector import Detector
from platewright.recognizer.framing import sound_quad
from platewright.recognizer.rectify import rectify
from platewright.recognizer.runtime import levels
from platewright.record import Reading

__all__ = ["BoxDetector", "ReaderDetector", "respelt", "straightened"]

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]


class ReaderDetector(Detector):
    """Finds and frames plates with the default network, and reads them with another reader.

    Args:
        detector: of the default network.
        reader: spells the rectified crops.
    """

    def __init__(self, detector: Detector, reader: Reader) -> None:
        """Keep them."""
        # The default network frames and judges presence; its other framings serve its texts alone.
        alone = reader.weight >= 1
        settings = replace(detector.settings, framings=(1.0,)) if alone else detector.settings
        super().__init__(detector.runtime, settings)
        self.reader = reader

    def crops(self, grey: Picture, quads: Sequence[FloatArray]) -> list[Picture]:
        """Return rectified plates as the reader wants them.

        Args:
            grey: (H, W) photo.
            quads: (4, 2) each, photo pixels.
        """
        return straightened(grey, quads, self.reader)

    def spell(self, image: Picture, quads: Sequence[FloatArray]) -> list[tuple[Picture, Spelling]]:
        """Return the crops of quads with what the reader says of each.

        Args:
            image: (H, W) grey or (H, W, 3) RGB photo.
            quads: (4, 2) each, photo pixels.
        """
        grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        crops = self.crops(np.asarray(grey, np.uint8), quads)
        return list(zip(crops, self.reader.read(crops), strict=True))

    def _look(self, grey: Picture, quads: Sequence[FloatArray], looks: int) -> list[Reading]:
        """Frame as the default network does, then let the reader spell."""
        framed = super()._look(grey, quads, looks)
        spelled = self.reader.read(self.crops(grey, [r.quad for r in framed]))
        return [self._respelt(r, s) for r, s in zip(framed, spelled, strict=True)]

    def _respelt(self, reading: Reading, spelling: Spelling) -> Reading:
        """Return a reading with another text and its probabilities."""
        network = self.runtime.settings
        alphabet = network.alphabet
        found = [alphabet.index(c) for c in spelling.text]
        found = [
            k if k >= 0 else alphabet.index(c.upper())
            for k, c in zip(found, spelling.text, strict=True)
        ]
        # A character that the default network doesn't know, such as a space, goes with its slot.
        lacking = [at for at, k in enumerate(found[: len(spelling.slots)]) if k < 0]
        known = np.delete(spelling.slots, lacking, axis=0)
        slots = fold_slots(known, self.reader.alphabet, alphabet, network.slots)
        if self.reader.weight < 1 and reading.slots is not None:
            slots = self.reader.weight * slots + (1 - self.reader.weight) * reading.slots
        text = alphabet.decode([k for k in found if k >= 0][: network.slots])
        return respelt(self, reading, text, slots)


def straightened(grey: Picture, quads: Sequence[FloatArray], reader: Reader) -> list[Picture]:
    """Return rectified plates (h, w) as a reader wants them.

    Args:
        grey: (H, W) photo.
        quads: (4, 2) each, photo pixels.
        reader: says of what size and with how much room.
    """
    found = []
    for quad in quads:
        size = reader.window(quad)
        try:
            window, _ = rectify(grey, quad, size, reader.margin)
        except ValueError:  # corners on a line: take the upright box instead
            window, _ = rectify(grey, sound_quad(quad), size, reader.margin)
        found.append(window)
    return found


def respelt(detector: Detector, reading: Reading, text: str, slots: FloatArray) -> Reading:
    """Return a reading with another text and its probabilities.

    Args:
        detector: whose regions condition the text, if it has any.
        reading: as it was.
        text: of the default network's alphabet, at most as long as its slots.
        slots: (slots, classes) probabilities.
    """
    given = detector.jurisdiction.condition(slots) if detector.settings.regions else None
    if given is not None:
        text, slots = given.text, given.slots
    confidence, characters = spell(text, slots, detector.runtime.settings.alphabet)
    return replace(
        reading,
        text=text,
        confidence=confidence,
        characters=characters,
        region="" if given is None else given.region,
        slots=slots,
        accepted=confidence >= detector.settings.accept,
    )


class BoxDetector(Detector):
    """Finds the plate of a photo with one car by regression; the default network reads it.

    Args:
        detector: of the default network.
        network: the regression's.
    """

    def __init__(self, detector: Detector, network: Network) -> None:
        """Keep them."""
        super().__init__(detector.runtime, detector.settings)
        self.network = network

    def find(self, image: Picture) -> Box:
        """Return the one box (x0, y0, x1, y1) of a photo, in its pixels; there always is one."""
        grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        size = self.network.settings.window
        small = cv2.resize(grey, size[::-1], interpolation=cv2.INTER_AREA)
        window = levels(np.asarray(small[None], np.uint8))
        (box,) = self.network.run(["box"], {"window": window})
        height, width = grey.shape[:2]
        x0, y0, x1, y1 = (box[0].astype(float) * (width, height, width, height)).tolist()
        return x0, y0, x1, y1

    def read(self, image: Picture) -> list[Reading]:
        """Find and read the one plate; none where nothing like a plate is in the box.

        The quad is the box itself, though the default network may have framed the plate better.
        """
        limit = self.settings
        quad = quad_of_box(self.find(image))
        (reading,) = super().read_quads(image, [quad])
        if (
            reading.presence < limit.min_presence
            or reading.confidence < limit.min_confidence
            or len(reading.text) < limit.min_characters
        ):
            return []
        return [replace(reading, quad=quad)]

    def read_quads(self, image: Picture, quads: Sequence[ArrayLike]) -> list[Reading]:
        """Refuse: there is nothing to find.

        Raises:
            ConfigError: always.
        """
        raise ConfigError("the reader box finds plates; with given boxes and crops there are none")
