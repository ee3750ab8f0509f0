"""The environment's variables that configure the web page, read and checked."""

from __future__ import annotations

import os

from platewright.errors import ConfigError

__all__ = ["chosen", "listed", "number", "switch"]


def number(name: str, default: float, low: float, high: float) -> float:
    """Return a variable that is a number.

    Raises:
        ConfigError: if it is none, or not between `low` and `high`.
    """
    text = os.environ.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise ConfigError(f"{name}={text}: give a number from {low:g} to {high:g}")
    return value


def switch(name: str, *, default: bool = False) -> bool:
    """Return a variable that is 1 or 0.

    Raises:
        ConfigError: if it is anything else.
    """
    return chosen(name, "1" if default else "0", ("0", "1")) == "1"


def chosen(name: str, default: str, choices: tuple[str, ...]) -> str:
    """Return a variable that is one of some words.

    Raises:
        ConfigError: if it is another one.
    """
    text = os.environ.get(name) or default
    if text not in choices:
        raise ConfigError(f"{name}={text}: give {' or '.join(choices)}")
    return text


def listed(name: str, default: str = "") -> list[str]:
    """Return the parts of a variable with commas."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]
