"""Readers of rectified plates: by CTC and by attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from platewright.alphabet import Alphabet
from platewright.reader.attend import Hypothesis, follow, search, spell_attention
from platewright.reader.ctc import labels, log_likelihoods, spell_ctc, spell_text
from platewright.reader.runtime import Network
from platewright.reader.settings import ReaderSettings
from platewright.reader.spelling import Spelling
from platewright.recognizer.runtime import levels

__all__ = [
    "AttentionReader",
    "CtcReader",
    "Evidence",
    "NetworkReader",
    "Reader",
    "network_reader",
]

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]


class Reader(Protocol):
    """What spells crops.

    Attributes:
        alphabet: of its spellings.
        margin: (x, y) room round the plate's quad that it wants, parts of the plate.
        weight: of its probabilities beside those of the default network, 0-1.
    """

    alphabet: Alphabet
    margin: tuple[float, float]
    weight: float

    def window(self, quad: FloatArray) -> tuple[int, int]:
        """Return the (height, width) that it wants a plate's crop in."""
        ...

    def read(self, crops: Sequence[Picture]) -> list[Spelling]:
        """Spell grey crops."""
        ...


class Evidence(Protocol):
    """What a network makes of one crop: any text can be rated by it."""

    def spell(self) -> Spelling:
        """Return the most probable text found."""
        ...

    def rate(self, texts: Sequence[str]) -> list[float]:
        """Return the logarithms of texts' probabilities, cut off as by `spell_as`.

        Raises:
            ValueError: if a character is foreign to the reader's alphabet.
        """
        ...

    def spell_as(self, text: str) -> Spelling:
        """Return what `spell` would of a given text, cut off to as many characters as slots.

        Raises:
            ValueError: if a character is foreign to the reader's alphabet.
        """
        ...


class NetworkReader:
    """What both have in common.

    Args:
        network: runs it.
        beams: texts that a search follows at once; 1: only the most probable next step.
    """

    weight = 1.0

    def __init__(self, network: Network, *, beams: int = 8) -> None:
        """Keep them."""
        self.network, self.beams = network, beams
        self.settings = network.settings
        self.alphabet, self.margin = self.settings.alphabet, self.settings.margin

    def window(self, quad: FloatArray) -> tuple[int, int]:
        """See `Reader`."""
        return self.settings.window

    def look(self, crops: Sequence[Picture]) -> list[Evidence]:
        """Return what the network makes of crops, (h, w) each as `window` wants them."""
        raise NotImplementedError

    def read(self, crops: Sequence[Picture]) -> list[Spelling]:
        """See `Reader`."""
        return [evidence.spell() for evidence in self.look(crops)]


class CtcReader(NetworkReader):
    """Reads steps from left to right, one row of the plate after the other."""

    def look(self, crops: Sequence[Picture]) -> list[Evidence]:
        """See `NetworkReader`."""
        if not len(crops):
            return []
        (logits,) = self.network.run(["logits"], {"window": levels(np.stack(crops))})
        return [CtcEvidence(steps, self.settings, self.beams) for steps in _log_softmax(logits)]


@dataclass(frozen=True)
class CtcEvidence:
    """Steps of one crop.

    Attributes:
        steps: (steps, characters + 1) log-probabilities, blank first.
        settings: of the network.
        beams: of the search.
    """

    steps: FloatArray
    settings: ReaderSettings
    beams: int

    def spell(self) -> Spelling:
        """See `Evidence`."""
        own = self.settings
        return spell_ctc(self.steps, own.alphabet, slots=own.slots, beams=self.beams)

    def rate(self, texts: Sequence[str]) -> list[float]:
        """See `Evidence`."""
        return log_likelihoods(self.steps, [self._classes(text) for text in texts])

    def spell_as(self, text: str) -> Spelling:
        """See `Evidence`."""
        alphabet, slots = self.settings.alphabet, self.settings.slots
        return spell_text(self.steps, self._classes(text), alphabet, slots=slots)

    def _classes(self, text: str) -> list[int]:
        return labels(text, self.settings.alphabet)[: self.settings.slots]


class AttentionReader(NetworkReader):
    """Looks at one place per character."""

    def look(self, crops: Sequence[Picture]) -> list[Evidence]:
        """See `NetworkReader`."""
        if not len(crops):
            return []
        (memory,) = self.network.run(["memory"], {"window": levels(np.stack(crops))})
        return [AttentionEvidence(cells, self.network, self.beams) for cells in memory]


@dataclass(frozen=True)
class AttentionEvidence:
    """What attention may look at in one crop.

    Attributes:
        cells: (cells, channels).
        network: whose decoder looks.
        beams: of the search.
    """

    cells: NDArray[np.float32]
    network: Network
    beams: int

    def spell(self) -> Spelling:
        """See `Evidence`."""
        own = self.network.settings
        found = search(
            self._step, self._start, end=own.alphabet.pad, longest=own.slots, beams=self.beams
        )
        return self._spelled(found)

    def rate(self, texts: Sequence[str]) -> list[float]:
        """See `Evidence`."""
        return [self.spell_as(text).log_probability for text in texts]

    def spell_as(self, text: str) -> Spelling:
        """See `Evidence`."""
        own = self.network.settings
        classes = own.alphabet.encode(text, len(text)).tolist()[: own.slots]
        found = follow(self._step, self._start, classes, end=own.alphabet.pad, longest=own.slots)
        return self._spelled([found])

    @property
    def _start(self) -> NDArray[np.float32]:
        return np.zeros(2 * self.network.settings.units[-1], np.float32)

    def _spelled(self, found: list[Hypothesis]) -> Spelling:
        own = self.network.settings
        shape = (own.rows, len(self.cells) // own.rows)
        return spell_attention(found, own.alphabet, slots=own.slots, shape=shape)

    def _step(
        self, tokens: NDArray[np.int32], states: NDArray[np.float32]
    ) -> tuple[FloatArray, NDArray[np.float32], FloatArray]:
        feed: dict[str, NDArray[Any]] = {
            "cells": np.repeat(self.cells[None], len(tokens), axis=0),
            "token": tokens[:, None],
            "state": states,
        }
        logits, after, weights = self.network.run(["logits", "next_state", "weights"], feed)
        return _log_softmax(logits), after, weights.astype(np.float64)


def network_reader(network: Network, *, beams: int = 8) -> CtcReader | AttentionReader:
    """Return what reads with a network.

    Raises:
        ValueError: if the network reads no text.
    """
    if network.settings.task == "ctc":
        return CtcReader(network, beams=beams)
    if network.settings.task == "attention":
        return AttentionReader(network, beams=beams)
    raise ValueError(f"{network.settings.name} reads no text")


def _log_softmax(logits: NDArray[np.float32]) -> FloatArray:
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), np.float64)
