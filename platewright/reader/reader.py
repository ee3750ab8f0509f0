"""Readers of rectified plates: by CTC and by attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from platewright.alphabet import Alphabet
from platewright.reader.attend import search, spell_attention
from platewright.reader.ctc import spell_ctc
from platewright.reader.runtime import Network
from platewright.reader.spelling import Spelling
from platewright.recognizer.runtime import levels

__all__ = ["AttentionReader", "CtcReader", "Reader", "network_reader"]

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


class CtcReader(NetworkReader):
    """Reads steps from left to right, one row of the plate after the other."""

    def read(self, crops: Sequence[Picture]) -> list[Spelling]:
        """See `Reader`."""
        if not len(crops):
            return []
        (logits,) = self.network.run(["logits"], {"window": levels(np.stack(crops))})
        return [
            spell_ctc(steps, self.alphabet, slots=self.settings.slots, beams=self.beams)
            for steps in _log_softmax(logits)
        ]


class AttentionReader(NetworkReader):
    """Looks at one place per character."""

    def read(self, crops: Sequence[Picture]) -> list[Spelling]:
        """See `Reader`."""
        if not len(crops):
            return []
        (memory,) = self.network.run(["memory"], {"window": levels(np.stack(crops))})
        settings = self.settings
        shape = (settings.rows, memory.shape[1] // settings.rows)
        start = np.zeros(2 * settings.units[-1], np.float32)
        spelled = []
        for cells in memory:

            def step(
                tokens: NDArray[np.int32], states: NDArray[np.float32], cells: FloatArray = cells
            ) -> tuple[FloatArray, NDArray[np.float32], FloatArray]:
                feed: dict[str, NDArray[Any]] = {
                    "cells": np.repeat(cells[None], len(tokens), axis=0),
                    "token": tokens[:, None],
                    "state": states,
                }
                logits, after, weights = self.network.run(["logits", "next_state", "weights"], feed)
                return _log_softmax(logits), after, weights.astype(np.float64)

            found = search(
                step, start, end=self.alphabet.pad, longest=settings.slots, beams=self.beams
            )
            spelled.append(spell_attention(found, self.alphabet, slots=settings.slots, shape=shape))
        return spelled


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
