"""Frames and readings made by hand, where a test says what they are to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from platewright.geometry import quad_of_box
from platewright.reading.spelling import spell
from platewright.record import Reading
from platewright.text import Alphabet

ALPHABET = Alphabet()
SLOTS = 10


def make_slots(
    text: str, sure: float = 0.9, doubts: Mapping[int, Mapping[str, float]] | None = None
) -> np.ndarray:
    """Return (SLOTS, classes): each character at `sure`, but for the positions in `doubts`."""
    out = np.zeros((SLOTS, ALPHABET.num_classes))
    for position in range(SLOTS):
        own = ALPHABET.index(text[position]) if position < len(text) else ALPHABET.pad
        out[position] = (1 - sure) / (ALPHABET.num_classes - 1)
        out[position, own] = sure
    for position, chances in (doubts or {}).items():
        out[position] = (1 - sum(chances.values())) / (ALPHABET.num_classes - len(chances))
        for char, chance in chances.items():
            out[position, ALPHABET.index(char) if char else ALPHABET.pad] = chance
    return out


def make_reading(
    text: str = "AB12CDE",
    *,
    box: tuple[float, float, float, float] = (100, 100, 180, 120),
    sure: float = 0.97,
    presence: float = 0.9,
) -> Reading:
    slots = make_slots(text, sure)
    confidence, characters = spell(text, slots, ALPHABET)
    return Reading(
        text=text, confidence=confidence, presence=presence, quad=quad_of_box(box),
        characters=characters, slots=slots, accepted=confidence >= 0.7,
    )  # fmt: skip


@pytest.fixture
def slots_of() -> Callable[..., np.ndarray]:
    return make_slots


@pytest.fixture
def reading_of() -> Callable[..., Reading]:
    return make_reading
