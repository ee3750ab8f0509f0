"""Options: a setting's default, its bounds and what it means, said in one place.

Settings are frozen dataclasses whose fields are made here. Shares are probabilities, 0-1; pairs
are (low, high) of a range; what says `sd` is a standard deviation.
"""

from collections.abc import Iterator
from dataclasses import Field, field, fields
from typing import Any

Pair = tuple[float, float]
HEAVIEST = 1000.0


class Recorded:
    """What was drawn of something; its fields stand in the record of the scene."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form for the record."""
        return dict(vars(self))


def number(default: float, told: str, *, low: float = 0.0, high: float = 1.0) -> Any:
    """Return a field that holds one number.

    Args:
        told: what it means, with its unit.
    """
    return field(default=default, metadata={"told": told, "low": low, "high": high})


def share(default: float, told: str) -> Any:
    """Return a field that holds a probability."""
    return number(default, f"share {told}")


def weight(default: float, told: str) -> Any:
    """Return a field that holds the weight of one kind among others."""
    return number(default, f"weight of {told}", high=HEAVIEST)


def span(first: float, last: float, told: str, *, low: float = 0.0, high: float = 1.0) -> Any:
    """Return a field that holds a range, (low, high)."""
    return field(default=(first, last), metadata={"told": told, "low": low, "high": high})


def check_value(option: Field[Any], value: Any) -> Any:
    """Return a file's value as the settings hold it.

    Raises:
        ValueError: if it can't be; says why.

    >>> from dataclasses import make_dataclass
    >>> Blur = make_dataclass("Blur", [("px", Pair, span(0.3, 0.9, "how far", high=20.0))])
    >>> check_value(fields(Blur)[0], [1, 2])
    (1.0, 2.0)
    """
    pair = isinstance(option.default, tuple)
    low, high = option.metadata["low"], option.metadata["high"]
    numbers = value if pair and isinstance(value, list) else [value]
    if pair != isinstance(value, list) or (pair and len(value) != 2):
        raise ValueError(f"{'a pair [low, high]' if pair else 'one number'} wanted")
    for one in numbers:
        if isinstance(one, bool) or not isinstance(one, int | float):
            raise ValueError(f"{one!r} is no number")
        if not low <= one <= high:
            raise ValueError(f"{one} is not between {low:g} and {high:g}")
    if pair and numbers[0] > numbers[1]:
        raise ValueError(f"{numbers[0]} is above {numbers[1]}")
    return tuple(float(v) for v in numbers) if pair else float(value)


def describe(settings: Any) -> Iterator[str]:
    """Yield a line of TOML for each option of a table, with what it means.

    >>> from dataclasses import make_dataclass
    >>> Dirt = make_dataclass("Dirt", [("share", float, share(0.15, "of dirty plates"))])
    >>> list(describe(Dirt()))
    ['share = 0.15  # share of dirty plates']
    """
    for option in fields(settings):
        value = getattr(settings, option.name)
        shown = list(value) if isinstance(value, tuple) else value
        yield f"{option.name} = {shown}  # {option.metadata['told']}"
