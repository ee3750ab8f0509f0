"""What a reader says of one crop: a text, how probable it is, and what else it might be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platewright.alphabet import Alphabet

__all__ = ["Spelling", "fold_slots"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """A read text.

    Attributes:
        text: of the reader's alphabet.
        log_probability: natural logarithm of the probability that the network gives it.
        slots: (slots, characters + 1) probabilities, the last class `pad`, as every reading has
            them; the text's own multiply to its probability.
        others: further texts with their logarithms, best first; empty where none were looked for.
        weights: (steps, rows, columns) where attention looked for each character and for the end,
            each step adds up to 1; None for readers without attention.
    """

    text: str
    log_probability: float
    slots: FloatArray
    others: tuple[tuple[str, float], ...] = ()
    weights: FloatArray | None = None


def fold_slots(slots: FloatArray, own: Alphabet, wanted: Alphabet, count: int) -> FloatArray:
    """Return slots in another alphabet: small letters become capitals, what it lacks goes.

    Args:
        slots: (slots, classes of `own`) probabilities.
        own: alphabet of the slots.
        wanted: alphabet of the result.
        count: slots of the result; what is longer is cut off.

    >>> fold_slots(np.array([[0.5, 0.25, 0.125, 0.125]]), Alphabet("Aa "), Alphabet("AB"), 2).tolist()
    [[0.8571428571428571, 0.0, 0.14285714285714285], [0.0, 0.0, 1.0]]
    """  # noqa: E501
    out = np.zeros((count, wanted.num_classes))
    rows = min(count, len(slots))
    for k, char in enumerate(own.characters):
        found = wanted.index(char)
        found = found if found >= 0 else wanted.index(char.upper())
        if found >= 0:
            out[:rows, found] += slots[:rows, k]
    out[:rows, wanted.pad] = slots[:rows, own.pad]
    out[rows:, wanted.pad] = 1.0
    total = out.sum(axis=1, keepdims=True)
    return np.where(total > 0, out / np.where(total > 0, total, 1.0), 1.0 / wanted.num_classes)
