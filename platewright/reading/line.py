"""Spells a straightened plate from what the line reader says of it, in one framing or several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platewright.alphabet import Alphabet
from platewright.network.settings import UNSEEN, LineSettings
from platewright.reader.ctc import BLANK, beam_search, likelihoods, log_likelihoods

__all__ = ["LineEvidence", "Spelt", "condense"]

FloatArray = NDArray[np.float64]
SURE = 0.999
"""Steps that are blank with more than this stand together as one."""


@dataclass(frozen=True)
class Spelt:
    """One text that a plate may have.

    Attributes:
        text: of the alphabet and `UNSEEN`.
        probability: 0-1.
        slots: (longest, characters + 2) probabilities: the alphabet, unseen, and `pad`; the text's
            own multiply to its probability.
    """

    text: str
    probability: float
    slots: FloatArray


def condense(logs: FloatArray) -> FloatArray:
    """Return steps of which those that are surely blank, one after the other, are one.

    Args:
        logs: (steps, classes) log-probabilities, blank first.

    >>> condense(np.log(np.array([[0.9995, 0.0005], [0.9995, 0.0005], [0.5, 0.5]]))).shape
    (2, 2)
    """
    blank = logs[:, BLANK] > math.log(SURE)
    keep = ~(blank & np.concatenate([[False], blank[:-1]]))
    first = np.cumsum(keep) - 1
    out = logs[keep].copy()
    extra = np.bincount(first, np.where(keep, 0.0, logs[:, BLANK]), len(out))
    out[:, BLANK] += extra
    return out


class LineEvidence:
    """What the line reader says of one plate.

    Args:
        logits: (framings, steps, classes), blank first, unseen last.
        settings: of the reader.
        beams: texts that the search follows at once.
    """

    def __init__(
        self, logits: NDArray[np.float32], settings: LineSettings, *, beams: int = 6
    ) -> None:
        """Turn logits into probabilities."""
        self.settings, self.beams = settings, beams
        self.alphabet = Alphabet(settings.characters + UNSEEN)
        scaled = logits.astype(np.float64) / settings.temperature
        shifted = scaled - scaled.max(axis=-1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        self.framings = [condense(each) for each in logs]

    def texts(self) -> list[tuple[str, float]]:
        """Return the most probable texts and their probabilities, best first."""
        longest = self.settings.longest
        found: dict[tuple[int, ...], None] = {}
        for logs in self.framings:
            for classes, _ in beam_search(logs, beams=self.beams, longest=longest)[:3]:
                found.setdefault(classes)
        classes = list(found)
        rated = self._rate(classes)
        order = np.argsort(-rated, kind="stable")
        return [(self._text(classes[k]), float(rated[k])) for k in order]

    def rate(self, texts: Sequence[str]) -> FloatArray:
        """Return the probabilities of texts; the mean over the framings."""
        return self._rate([self._classes(text) for text in texts])

    def spell(self, text: str) -> Spelt:
        """Return a text with what stands at each of its places."""
        classes = self._classes(text)[: self.settings.longest]
        longest, alphabet = self.settings.longest, self.alphabet
        logs, tables = zip(*(likelihoods(each, classes) for each in self.framings), strict=True)
        weights = np.exp(np.array(logs) - max(logs))
        probability = float(np.exp(np.array(logs)).mean())
        table = np.tensordot(weights / weights.sum(), np.stack(tables), axes=1)
        slots = np.zeros((longest, alphabet.num_classes))
        slots[:, alphabet.pad] = 1.0
        slots[: len(classes), : alphabet.pad] = table
        slots[: len(classes), alphabet.pad] = 0.0
        own = float(np.prod([table[k, c - 1] for k, c in enumerate(classes)])) if classes else 1.0
        if len(classes) < longest:
            ends = min(probability / max(own, 1e-300), 1.0)
            slots[len(classes)] = (1.0 - ends) / len(alphabet)
            slots[len(classes), alphabet.pad] = ends
        return Spelt(text, probability, slots)

    def _rate(self, texts: Sequence[Sequence[int]]) -> FloatArray:
        logs = np.array([log_likelihoods(each, texts) for each in self.framings])
        return np.asarray(np.exp(logs).mean(axis=0), np.float64)

    def _text(self, classes: Sequence[int]) -> str:
        return "".join(self.alphabet.characters[k - 1] for k in classes)

    def _classes(self, text: str) -> list[int]:
        return [int(k) + 1 for k in self.alphabet.encode(text, len(text))]
