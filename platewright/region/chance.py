"""Fast repeatable choices: one stream of uniform numbers, and what is picked with it.

A call of a numpy generator costs microseconds, a plate needs some thirty numbers: they are drawn
in blocks and handed out one by one. The same generator state gives the same plate.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")

Uniform = Callable[[], float]  #: Returns the next number of a stream, in [0, 1)

Spread = tuple[float, float]
"""A number or a range: (low, high), equal where the file has one number."""

_BLOCK = 32


def stream(rng: np.random.Generator) -> Uniform:
    """Return a function that hands out uniform numbers in [0, 1), drawn from `rng` in blocks."""

    def numbers() -> Iterator[float]:
        while True:
            yield from rng.random(_BLOCK).tolist()

    return numbers().__next__


class Weighted(Generic[T]):
    """Entries picked by weight.

    Args:
        entries: at least one.
        weights: one for each entry, none negative, their sum positive.

    Raises:
        ValueError: if there is nothing to pick.

    >>> Weighted("ab", [1, 3]).pick(0.2), Weighted("ab", [1, 3]).pick(0.3)
    ('a', 'b')
    """

    __slots__ = ("_bounds", "entries")

    def __init__(self, entries: Sequence[T], weights: Sequence[float]) -> None:
        """Sum the weights up once, so that a pick is one search."""
        bounds = list(accumulate(weights))
        if not bounds or len(bounds) != len(entries) or min(weights) < 0 or bounds[-1] <= 0:
            raise ValueError("weights must match the entries, be 0 or more, and not all be 0")
        self.entries = tuple(entries)
        self._bounds = [bound / bounds[-1] for bound in bounds[:-1]]

    def pick(self, u: float) -> T:
        """Return the entry that `u`, in [0, 1), falls on."""
        return self.entries[bisect_right(self._bounds, u)]


def between(spread: Spread, uniform: Uniform) -> float:
    """Return a number of `spread`; takes one from the stream only where there is a choice."""
    low, high = spread
    return low if low == high else low + (high - low) * uniform()
