"""Readings made by hand."""

from __future__ import annotations

import numpy as np

from platewright.reading.spelling import decode_slots
from platewright.record import Reading
from platewright.text import Alphabet

QUAD = np.array([[0.0, 0], [9, 0], [9, 2], [0, 2]])


def slots_of(
    *choices: dict[str, float], slots: int = 12, alphabet: Alphabet | None = None
) -> np.ndarray:
    """Return slots with these probabilities; the rest is shared evenly, then come empty ones."""
    alphabet = alphabet or Alphabet()
    table = np.zeros((slots, alphabet.num_classes))
    table[:, alphabet.pad] = 1.0
    for row, chances in zip(table, choices, strict=False):
        rest = 1 - sum(chances.values())
        row[:] = rest / (alphabet.num_classes - len(chances))
        for char, chance in chances.items():
            row[alphabet.index(char)] = chance
    return table


def reading_of(*choices: dict[str, float], region: str = "") -> Reading:
    """Return the reading of such slots."""
    slots = slots_of(*choices)
    text, confidence, characters = decode_slots(slots, Alphabet())
    return Reading(
        text=text, confidence=confidence, presence=0.99, quad=QUAD,
        characters=characters, region=region, slots=slots, accepted=confidence >= 0.7,
    )  # fmt: skip


def sure(text: str, probability: float = 0.99) -> list[dict[str, float]]:
    """Return the choices of a text that is read well."""
    return [{char: probability} for char in text]
