"""Kinds of arguments that the scripts' command lines have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable

__all__ = ["bounded", "codes"]


def bounded(kind: type[float], low: float, high: float) -> Callable[[str], float]:
    """Return the type of an argument that is a number from `low` to `high`.

    >>> bounded(int, 1, 9)("7")
    7
    """

    def convert(text: str) -> float:
        value: float = kind(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low:g} and {high:g}")
        return value

    convert.__name__ = kind.__name__
    return convert


def codes(text: str) -> tuple[str, ...]:
    """Return the parts of a list with commas.

    >>> codes("GB,IN")
    ('GB', 'IN')
    """
    return tuple(filter(None, text.split(",")))
