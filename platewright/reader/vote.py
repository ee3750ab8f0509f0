"""Several readers of one plate vote on its text.

Networks that were built and trained differently err on different plates. Each of them rates every
text that one of them reads; the text of the greatest product of probabilities is taken, and what
is said of each of its characters is the geometric mean: a logarithmic opinion pool (Genest and
Zidek, "Combining probability distributions", 1986).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from platewright.errors import ConfigError
from platewright.reader.detector import respelt, straightened
from platewright.reader.reader import Evidence, NetworkReader
from platewright.reader.spelling import fold_slots
from platewright.recognizer.decode import decode_slots, spell
from platewright.recognizer.detector import Detector
from platewright.record import Reading

__all__ = ["VotingDetector", "pool"]

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]
LEAST = 1e-6
"""No voter rules out a character altogether."""


def pool(votes: Sequence[FloatArray]) -> FloatArray:
    """Return the geometric mean of probabilities, which adds up to 1 along the last axis.

    >>> pool([np.array([0.5, 0.5]), np.array([0.9, 0.1])]).round(2).tolist()
    [0.75, 0.25]
    """
    mean = np.exp(np.mean([np.log(np.maximum(vote, LEAST)) for vote in votes], axis=0))
    return np.asarray(mean / mean.sum(axis=-1, keepdims=True), np.float64)


class VotingDetector(Detector):
    """Finds and frames plates with the default network; several readers vote on the texts.

    Args:
        detector: of the default network.
        readers: at least one.
        own: whether the default network votes as well.

    Raises:
        ConfigError: if a reader lacks characters or slots of the default network.
    """

    def __init__(
        self, detector: Detector, readers: Sequence[NetworkReader], *, own: bool = True
    ) -> None:
        """Check that they can read the same texts."""
        super().__init__(detector.runtime, detector.settings)
        network = detector.runtime.settings
        for reader in readers:
            lacking = sorted(set(network.alphabet.characters) - set(reader.alphabet.characters))
            name, most = reader.settings.name, reader.settings.slots
            if lacking:
                raise ConfigError(f"{name} lacks the character {lacking[0]}, so it has no vote")
            if most < network.slots:
                raise ConfigError(
                    f"{name} reads {most} characters at most, not {network.slots}, "
                    "so it has no vote"
                )
        self.readers, self.own = tuple(readers), own

    def _look(self, grey: Picture, quads: Sequence[FloatArray], looks: int) -> list[Reading]:
        """Frame and read as the default network does, then vote."""
        return self.vote(grey, super()._look(grey, quads, looks))

    def vote(self, grey: Picture, readings: Sequence[Reading]) -> list[Reading]:
        """Return readings with the texts that have most of the votes.

        Args:
            grey: (H, W) photo.
            readings: of the default network.
        """
        quads = [reading.quad for reading in readings]
        seen = [reader.look(straightened(grey, quads, reader)) for reader in self.readers]
        return [self._voted(reading, own) for reading, *own in zip(readings, *seen, strict=True)]

    def _voted(self, reading: Reading, seen: Sequence[Evidence]) -> Reading:
        """Return a reading with the text that has most of the votes."""
        network = self.runtime.settings
        alphabet = network.alphabet
        assert reading.slots is not None
        own = [reading.slots] if self.own else []
        texts = [decode_slots(slots, alphabet)[0] for slots in own]
        spelled = [evidence.spell() for evidence in seen]
        for said in spelled:
            known = (c for c in said.text.upper() if alphabet.index(c) >= 0)
            texts.append("".join(known)[: network.slots])
        texts = list(dict.fromkeys(texts))
        chosen = texts[0] if len(texts) == 1 else self._best(texts, own, seen)
        votes = list(own)
        for reader, evidence, said in zip(self.readers, seen, spelled, strict=True):
            slots = (said if said.text == chosen else evidence.spell_as(chosen)).slots
            votes.append(fold_slots(slots, reader.alphabet, alphabet, network.slots))
        return respelt(self, reading, chosen, pool(votes))

    def _best(
        self, texts: Sequence[str], own: Sequence[FloatArray], seen: Sequence[Evidence]
    ) -> str:
        """Return the text of the greatest product of all voters' probabilities."""
        alphabet = self.runtime.settings.alphabet
        ratings = np.zeros(len(texts))
        for vote in own:
            ratings += [math.log(max(spell(t, vote, alphabet)[0], 1e-300)) for t in texts]
        for evidence in seen:
            ratings += evidence.rate(texts)
        return texts[int(np.argmax(ratings))]
