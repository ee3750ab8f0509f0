"""What the networks of a weights file are made of; it travels inside the file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from platewright.alphabet import DEFAULT_CHARACTERS, Alphabet
from platewright.errors import WeightsError
from platewright.recognizer.grid import Grid, receptive_field

__all__ = [
    "UNSEEN", "BundleSettings", "FrameSettings", "LineSettings", "OriginSettings", "ScanSettings",
]  # fmt: skip

UNSEEN = "?"
"""What stands for a run of characters that are cut off or hidden."""


@dataclass(frozen=True, kw_only=True)
class ScanSettings:
    """The scan: slides over every level of the pyramid.

    Attributes:
        channels: of the stem and of the rest.
        extent: (low, high) part of the window that a positive plate fills: the larger of width over
            window width and height over window height.
    """

    channels: tuple[int, int] = (24, 56)
    extent: tuple[float, float] = (0.34, 0.52)

    @property
    def chain(self) -> tuple[tuple[tuple[int, int], int, int], ...]:
        """((kernel height, width), stride, channels) of the convolutions, in order."""
        stem, wide = self.channels
        return (
            ((5, 5), 4, stem),
            ((3, 3), 2, wide),
            ((3, 3), 1, wide),
            ((3, 3), 1, wide),
            ((1, 3), 1, wide),
            ((1, 3), 1, wide),
        )

    @property
    def grid(self) -> Grid:
        """Window and stride, computed from the layers."""
        height, down = receptive_field((k[0], s) for k, s, _ in self.chain)
        width, right = receptive_field((k[1], s) for k, s, _ in self.chain)
        return Grid((height, width), (down, right))


@dataclass(frozen=True, kw_only=True)
class FrameSettings:
    """The frame: a light look at a find, says whether it is a plate and where its corners are.

    Attributes:
        window: (height, width) of the straightened find, pixels.
        channels: of its three resolutions.
        margin: (x, y) room round the find's quad, parts of it.
    """

    window: tuple[int, int] = (32, 96)
    channels: tuple[int, int, int] = (16, 32, 64)
    margin: tuple[float, float] = (0.25, 0.35)


@dataclass(frozen=True, kw_only=True)
class LineSettings:
    """The line reader: spells a straightened plate along its lines.

    Attributes:
        characters: the alphabet.
        window: (height, width) of the straightened plate, pixels.
        channels: of its four resolutions.
        width: of the steps along a line.
        lines: most lines of a plate.
        longest: most characters of a text.
        margin: (x, y) room round the plate's quad, parts of it.
        temperature: divides the steps' logits; above 1 makes them less sure.
    """

    characters: str = DEFAULT_CHARACTERS
    window: tuple[int, int] = (64, 192)
    channels: tuple[int, int, int, int] = (24, 32, 64, 96)
    width: int = 96
    lines: int = 3
    longest: int = 12
    margin: tuple[float, float] = (0.06, 0.08)
    temperature: float = 1.0

    @property
    def alphabet(self) -> Alphabet:
        """The characters as classes."""
        return Alphabet(self.characters)

    @property
    def cells(self) -> tuple[int, int]:
        """(rows, columns) of the map that lines are read from: stride 8 down, 4 right."""
        return self.window[0] // 8, self.window[1] // 4

    @property
    def num_classes(self) -> int:
        """Of a step: blank, the characters, and unseen."""
        return len(self.characters) + 2


@dataclass(frozen=True, kw_only=True)
class OriginSettings:
    """The origin: tells a plate's region by its colours, marks and letters.

    Attributes:
        regions: codes, one class each; behind them a class for none of these.
        window: (height, width) of the straightened plate in colour, pixels.
        channels: of its four resolutions.
        margin: (x, y) room round the plate's quad, parts of it.
    """

    regions: tuple[str, ...] = ()
    window: tuple[int, int] = (48, 128)
    channels: tuple[int, int, int, int] = (16, 32, 48, 96)
    margin: tuple[float, float] = (0.06, 0.08)


PARTS: dict[str, type] = {
    "scan": ScanSettings,
    "frame": FrameSettings,
    "line": LineSettings,
    "origin": OriginSettings,
}


@dataclass(frozen=True, kw_only=True)
class BundleSettings:
    """The networks of one weights file; what is None isn't in it."""

    scan: ScanSettings | None = None
    frame: FrameSettings | None = None
    line: LineSettings | None = None
    origin: OriginSettings | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Of the networks that are there."""
        return tuple(name for name in PARTS if getattr(self, name) is not None)

    def to_json(self) -> str:
        """Return the settings as one line of JSON."""
        return json.dumps({name: asdict(getattr(self, name)) for name in self.names})

    @classmethod
    def from_json(cls, text: str, source: str = "weights") -> BundleSettings:
        """Read settings back.

        Raises:
            WeightsError: if the text is no JSON or has an unknown key; it names `source`.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            unknown = sorted(set(values) - set(PARTS))
            if unknown:
                raise WeightsError(f"{source}: unknown settings {', '.join(unknown)}")
            parts = {}
            for name, inner in values.items():
                known = {f.name for f in fields(PARTS[name])}
                if strange := sorted(set(inner) - known):
                    raise WeightsError(f"{source}: {name}: unknown settings {', '.join(strange)}")
                parts[name] = PARTS[name](
                    **{k: tuple(v) if isinstance(v, list) else v for k, v in inner.items()}
                )
            return cls(**parts)
        except (ValueError, TypeError, AttributeError) as error:
            raise WeightsError(f"{source}: its settings can't be used ({error})") from None
