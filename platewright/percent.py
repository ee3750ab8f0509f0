"""Probabilities as people read them."""

from __future__ import annotations

__all__ = ["told_percent"]


def told_percent(probability: float, decimals: int = 0) -> str:
    """Return a probability, 0-1, in per cent, and never 100: no reading is certain.

    >>> told_percent(0.5), told_percent(0.9996), told_percent(0.9996, 1)
    ('50%', '99%', '99.9%')
    """
    most = 1.0 - 10.0 ** -(decimals + 2)
    return f"{min(probability, most):.{decimals}%}"
