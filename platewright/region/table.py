"""A table of a region file, read key by key with errors that name file, key and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from platewright.errors import RegionError
from platewright.region.chance import Spread
from platewright.region.look import Colour, read_colour

_NEAR = 0.85  # a slip of one or two letters; height_mm and width_mm stay apart


class Table:
    """One table: every key is asked for once, and `close` refuses what nobody asked for.

    Args:
        place: where it stands in the file (`series[front].`), empty at the top.
    """

    def __init__(self, data: Mapping[str, Any], file: Path, place: str = "") -> None:
        self._data = data
        self._file = file
        self._place = place
        self._asked: list[str] = []

    def error(self, key: str, problem: str) -> RegionError:
        """Return the error to raise for `key`: file, key, and what to do, in one line."""
        return RegionError(f"{self._file}: {self._place}{key}: {problem}")

    def below(self, data: Mapping[str, Any], place: str) -> Table:
        """Return a table that stands inside this one, at `place`."""
        return Table(data, self._file, self._place + place)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that the file has, in its order."""
        return tuple(self._data)

    def has(self, key: str) -> bool:
        """Tell whether the file has `key`."""
        self._asked.append(key)
        return key in self._data

    def raw(self, key: str) -> Any:
        """Return the value of `key`.

        Raises:
            RegionError: if it is missing.
        """
        if not self.has(key):
            near = get_close_matches(key, self._data, 1, _NEAR)
            if near and near[0] not in self._asked:
                raise self.error(near[0], f"unknown key; did you mean {key!r}?")
            raise self.error(key, "missing; add it")
        return self._data[key]

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string; without a default the key must be there and not be empty."""
        if default is not None and not self.has(key):
            return default
        value = self.raw(key)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.error(key, f"{value!r} is no text; write it in quotes")
        return value

    def texts(
        self, key: str, default: tuple[str, ...], allowed: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        """Return a string or a list of strings as a tuple, each one of `allowed` if given."""
        if not self.has(key):
            return default
        value = self.raw(key)
        entries = value if isinstance(value, list) else [value]
        if not entries or not all(isinstance(entry, str) for entry in entries):
            raise self.error(key, f"{value!r} is no text; write one in quotes, or a list of them")
        for entry in entries:
            if allowed and entry not in allowed:
                names = ", ".join(repr(name) for name in allowed)
                raise self.error(key, f"{entry!r} is not known; choose from {names}")
        return tuple(entries)

    def number(
        self, key: str, default: float | None, *, low: float = 0.0, high: float = 10_000.0
    ) -> float:
        """Return a number within `low` to `high`; None as default: it must be there."""
        if default is not None and not self.has(key):
            return default
        value = self.raw(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(key, f"{value!r} is no number; write one within {low:g} to {high:g}")
        if not low <= value <= high:
            raise self.error(key, f"{value!r} is out of bounds; keep within {low:g} to {high:g}")
        return float(value)

    def spread(
        self, key: str, default: Spread | None, *, low: float = 0.0, high: float = 10_000.0
    ) -> Spread:
        """Return a number or a [low, high] range, within `low` to `high`."""
        if default is not None and not self.has(key):
            return default
        value = self.raw(key)
        if not isinstance(value, list):
            number = self.number(key, None, low=low, high=high)
            return (number, number)
        if len(value) != 2:
            raise self.error(key, f"{value!r} is no range; write [low, high]")
        first, last = (
            self.below({key: each}, "").number(key, None, low=low, high=high) for each in value
        )
        if first > last:
            raise self.error(key, f"{value!r} runs backwards; write [low, high]")
        return (first, last)

    def colour(self, key: str, default: Colour | None = None) -> Colour:
        """Return a colour's choices."""
        if default is not None and not self.has(key):
            return default
        try:
            return read_colour(self.raw(key))
        except ValueError as error:
            raise self.error(key, str(error)) from None

    def table(self, key: str) -> Mapping[str, Any]:
        """Return the table below `key`, empty where there is none."""
        value = self.raw(key) if self.has(key) else {}
        if not isinstance(value, dict):
            raise self.error(key, f"{value!r} is no table; write [{key}]")
        return value

    def close(self) -> None:
        """Refuse keys that nobody asked for.

        Raises:
            RegionError: names the first one, and the known key nearest to it.
        """
        for key in self._data:
            if key not in self._asked:
                near = get_close_matches(key, self._asked, 1)
                hint = f"did you mean {near[0]!r}?" if near else "remove it"
                raise self.error(key, f"unknown key; {hint}")
