"""Spellers of straightened plates by networks with a weights file of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.reading.attend import Hypothesis, follow, search, spell_attention
from platewright.reading.ctc import labels, log_likelihoods, spell_ctc, spell_text
from platewright.reading.runtime import Network, levels, log_softmax
from platewright.reading.speller import CropSpeller
from platewright.reading.spelling import Spelling

__all__ = [
    "AttentionEvidence", "AttentionSpeller", "CtcEvidence", "CtcSpeller", "crop_speller",
]  # fmt: skip

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]


class _NetworkCrops:
    """What network spellers of crops have in common.

    Args:
        network: of a kind that reads text.
        beams: texts that a search follows at once; 1: only the most probable next step.
    """

    weight = 1.0

    def __init__(self, network: Network, *, beams: int = 8) -> None:
        """Keep them."""
        self.network, self.beams = network, beams
        self.settings = network.settings
        self.alphabet, self.margin = self.settings.alphabet, self.settings.margin

    def window(self, quad: FloatArray) -> tuple[int, int]:
        """See `CropSpeller`."""
        size: tuple[int, int] = self.settings.window
        return size


class CtcSpeller(_NetworkCrops):
    """Reads steps from left to right, one row of the plate after the other."""

    def look(self, crops: Sequence[Picture]) -> list[CtcEvidence]:
        """See `CropSpeller`."""
        if not len(crops):
            return []
        (logits,) = self.network.run(["logits"], {"window": levels(np.stack(crops))})
        return [CtcEvidence(steps, self.settings, self.beams) for steps in log_softmax(logits)]


@dataclass(frozen=True)
class CtcEvidence:
    """Steps of one crop.

    Attributes:
        steps: (steps, characters + 1) log-probabilities, blank first.
        settings: of the network.
        beams: of the search.
    """

    steps: FloatArray
    settings: Any
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


class AttentionSpeller(_NetworkCrops):
    """Looks at one place per character."""

    def look(self, crops: Sequence[Picture]) -> list[AttentionEvidence]:
        """See `CropSpeller`."""
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
        return log_softmax(logits), after, weights.astype(np.float64)


CROP_SPELLERS: dict[str, Any] = {"ctc": CtcSpeller, "attention": AttentionSpeller}
"""By the task of the network."""


def crop_speller(network: Network, *, beams: int = 8) -> CropSpeller:
    """Return what spells with a network.

    Raises:
        ValueError: if the network reads no text.
    """
    made = CROP_SPELLERS.get(network.settings.task)
    if made is None:
        raise ValueError(f"{network.settings.name} reads no text")
    speller: CropSpeller = made(network, beams=beams)
    return speller
