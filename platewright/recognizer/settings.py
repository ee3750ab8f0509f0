"""What a network is made of; it travels inside the weights file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from platewright.alphabet import DEFAULT_CHARACTERS, Alphabet
from platewright.errors import ConfigError, WeightsError
from platewright.recognizer.grid import Grid, receptive_field

__all__ = ["SIZES", "NetworkSettings", "sized"]


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """Shapes of the two looks.

    Attributes:
        name: of the network's kind.
        characters: the alphabet.
        slots: most characters that a plate can have.
        scan_channels: of the scan's three resolutions.
        read_window: (height, width) of the rectified window of the second look, pixels.
        read_channels: of the reader's four resolutions.
        extent: (low, high) part of the scan window that a positive plate fills: the larger of
            width over window width and height over window height.
        margin: (x, y) room round the plate's quad in the reader's window, parts of the plate.
        temperature: divides the slots' logits; above 1 makes them less sure.
    """

    name: str = "window"
    characters: str = DEFAULT_CHARACTERS
    slots: int = 12
    scan_channels: tuple[int, int, int] = (16, 32, 64)
    read_window: tuple[int, int] = (64, 192)
    read_channels: tuple[int, int, int, int] = (24, 32, 64, 96)
    extent: tuple[float, float] = (0.45, 0.68)
    margin: tuple[float, float] = (0.06, 0.08)
    temperature: float = 1.0

    @property
    def alphabet(self) -> Alphabet:
        """The characters as classes."""
        return Alphabet(self.characters)

    @property
    def scan_chain(self) -> tuple[tuple[tuple[int, int], int, int], ...]:
        """((kernel height, width), stride, channels) of the scan's convolutions, in order."""
        low, mid, high = self.scan_channels
        return (
            ((3, 3), 2, low),
            ((3, 3), 2, mid),
            ((3, 3), 1, mid),
            ((3, 3), 1, mid),
            ((3, 3), 2, high),
            ((3, 3), 1, high),
            ((1, 3), 1, high),
            ((1, 3), 1, high),
            ((1, 3), 1, high),
        )

    @property
    def grid(self) -> Grid:
        """Window and stride of the scan, computed from its layers."""
        chain = self.scan_chain
        height, down = receptive_field((k[0], s) for k, s, _ in chain)
        width, right = receptive_field((k[1], s) for k, s, _ in chain)
        return Grid((height, width), (down, right))

    def to_json(self) -> str:
        """Return the settings as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str, source: str = "weights") -> NetworkSettings:
        """Read settings back.

        Raises:
            WeightsError: if the text is no JSON or has an unknown key; it names `source`.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            known = {f.name for f in fields(cls)}
            unknown = sorted(set(values) - known)
            if unknown and "task" in values and "name" in values:
                raise WeightsError(
                    f"{source}: weights of the reader {values['name']}, not of the default "
                    "network: detect.py takes them with --reader"
                )
            if unknown:
                raise WeightsError(f"{source}: unknown settings {', '.join(unknown)}")
            plain: dict[str, Any] = {
                k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
            }
            settings = cls(**plain)
            _ = settings.alphabet, settings.grid
        except (ValueError, TypeError, AttributeError) as error:
            raise WeightsError(f"{source}: its settings can't be used ({error})") from None
        return settings


SIZES = {
    "full": NetworkSettings(),
    "small": NetworkSettings(
        scan_channels=(12, 24, 48), read_window=(48, 144), read_channels=(16, 24, 48, 64)
    ),
}
"""What `train.py --recipe` and `model.py --recipe` take; the first is the default."""


def sized(name: str) -> NetworkSettings:
    """Return the shapes of a size, of the default one if the name is empty.

    Raises:
        ConfigError: if there is no such size.
    """
    found = SIZES.get(name or next(iter(SIZES)))
    if found is None:
        known = ", ".join(SIZES)
        raise ConfigError(f"--recipe: the network window has no {name}, only {known}")
    return found
