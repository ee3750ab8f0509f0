"""Settings of networks: those that share a weights file, and those with one of their own.

The former are scan, frame, line, slots and origin.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from platewright.geometry import Box
from platewright.text import DEFAULT_CHARACTERS, Alphabet


def receptive_field(layers: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return (receptive field, stride) along one axis of a chain of VALID convolutions.

    Args:
        layers: (kernel, stride) of each, input side first.

    >>> receptive_field([(3, 2), (3, 2), (3, 1)])
    (15, 4)
    """
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field, jump


@dataclass(frozen=True)
class Grid:
    """A window slid in even steps."""

    window: tuple[int, int]  #: (height, width) in network-input pixels
    stride: tuple[int, int]  #: (down, right) in network-input pixels

    def shape(self, height: int, width: int) -> tuple[int, int]:
        """Return (rows, cols) of the output for an input; 0 where the window does not fit.

        >>> Grid((64, 128), (8, 8)).shape(64, 144)
        (1, 3)
        """
        return (
            max((height - self.window[0]) // self.stride[0] + 1, 0),
            max((width - self.window[1]) // self.stride[1] + 1, 0),
        )

    def box(self, row: int, col: int, *, scale: float = 1.0) -> Box:
        """Return the box of the photo that one output cell looks at.

        Args:
            row: cell row in the output map, from 0.
            col: cell column in the output map, from 0.
            scale: photo pixels per network-input pixel (2.0: the photo was halved).

        Returns:
            (x0, y0, x1, y1) in photo pixels, half-open.

        Raises:
            ValueError: if `scale` is not positive.

        >>> Grid(window=(64, 128), stride=(8, 8)).box(1, 2, scale=2.0)
        (32.0, 16.0, 288.0, 144.0)
        """
        if scale <= 0:
            raise ValueError(f"scale must be positive, not {scale}")
        top, left = row * self.stride[0], col * self.stride[1]
        return (
            left * scale,
            top * scale,
            (left + self.window[1]) * scale,
            (top + self.window[0]) * scale,
        )


UNSEEN = "?"  #: What stands for a run of characters that are cut off or hidden
Layer = tuple[int, int, int, int]
Facts = tuple[tuple[str, str], ...]


def thin(stem: int, wide: int) -> tuple[Layer, ...]:
    """Return the layers of a scan that is at a quarter of the size after one step."""
    return (
        (5, 5, 4, stem), (3, 3, 2, wide),
        (3, 3, 1, wide), (3, 3, 1, wide), (1, 3, 1, wide), (1, 3, 1, wide),
    )  # fmt: skip


def thick(low: int, mid: int, high: int) -> tuple[Layer, ...]:
    """Return the layers of the first edition's scan, which halves the size three times."""
    return (
        (3, 3, 2, low), (3, 3, 2, mid), (3, 3, 1, mid), (3, 3, 1, mid),
        (3, 3, 2, high), (3, 3, 1, high), (1, 3, 1, high), (1, 3, 1, high), (1, 3, 1, high),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ScanSettings:
    """The scan: slides over every level of the pyramid."""

    task: ClassVar[str] = "scan"
    name: str = "scan"  #: of the network, as its file's
    #: (kernel height, kernel width, stride, channels) of its convolutions, in order
    layers: tuple[Layer, ...] = thin(24, 56)
    residual: tuple[int, ...] = (2, 4)  #: the first layers of residual pairs
    head: int = 56  #: channels of what its two outputs share
    #: (low, high) part of the window that a positive plate fills: the larger of width over window
    #: width and height over window height
    extent: tuple[float, float] = (0.34, 0.52)

    def __post_init__(self) -> None:
        if not self.layers or any(len(layer) != 4 or min(layer) < 1 for layer in self.layers):
            raise ValueError("layers")
        if any(k + 1 >= len(self.layers) for k in self.residual) or len(self.extent) != 2:
            raise ValueError("residual or extent")

    @property
    def grid(self) -> Grid:
        """Window and stride, computed from the layers."""
        height, down = receptive_field((layer[0], layer[2]) for layer in self.layers)
        width, right = receptive_field((layer[1], layer[2]) for layer in self.layers)
        return Grid((height, width), (down, right))

    @property
    def facts(self) -> Facts:
        """What `model.py` tells of it."""
        (height, width), (down, right), (low, high) = (
            self.grid.window,
            self.grid.stride,
            self.extent,
        )
        return (
            ("window", f"{width} x {height} pixels: the receptive field of one output cell"),
            ("stride", f"{right} x {down} pixels"),
            (
                "positive plates",
                f"{low * width:.0f} to {high * width:.0f} pixels wide in the window, or "
                f"{low * height:.0f} to {high * height:.0f} high: range {high / low:.2f}",
            ),
        )


@dataclass(frozen=True, kw_only=True)
class FrameSettings:
    """The frame: a light look at a find, says whether it is a plate and where its corners are."""

    task: ClassVar[str] = "frame"
    name: str = "frame"  #: of the network, as its file's
    window: tuple[int, int] = (32, 96)  #: (height, width) of the straightened find, pixels
    channels: tuple[int, int, int] = (16, 32, 64)  #: of its three resolutions
    margin: tuple[float, float] = (0.25, 0.35)  #: (x, y) room round the find's quad, parts of it

    @property
    def facts(self) -> Facts:
        """What `model.py` tells of it."""
        return (("window", f"{self.window[1]} x {self.window[0]} pixels"),)


class OnTrunk:
    """What the readers have in common that stand on the same trunk."""

    characters: str
    window: tuple[int, int]

    @property
    def alphabet(self) -> Alphabet:
        """The characters as classes."""
        return Alphabet(self.characters)

    @property
    def cells(self) -> tuple[int, int]:
        """(rows, columns) of the trunk's map: stride 8 down, 4 right."""
        return self.window[0] // 8, self.window[1] // 4


@dataclass(frozen=True, kw_only=True)
class LineSettings(OnTrunk):
    """The line reader: spells a straightened plate along its lines."""

    task: ClassVar[str] = "line"
    name: str = "line"  #: of the network, as its file's
    characters: str = DEFAULT_CHARACTERS  #: the alphabet
    window: tuple[int, int] = (64, 192)  #: (height, width) of the straightened plate, pixels
    channels: tuple[int, int, int, int] = (24, 32, 64, 96)  #: of its four resolutions
    width: int = 96  #: of the steps along a line
    lines: int = 3  #: most lines of a plate
    longest: int = 12  #: most characters of a text
    margin: tuple[float, float] = (0.06, 0.08)  #: (x, y) room round the plate's quad, parts of it
    refined: int = 0  #: residual pairs of convolutions on the map that lines are read from
    reach: int = 0  #: so many rows above and below a line are read with it
    temperature: float = 1.0  #: divides the steps' logits; above 1 makes them less sure

    @property
    def num_classes(self) -> int:
        """Of a step: blank, the characters, and unseen."""
        return len(self.characters) + 2

    @property
    def facts(self) -> Facts:
        """What `model.py` tells of it."""
        return (
            ("window", f"{self.window[1]} x {self.window[0]} pixels"),
            ("steps", f"{self.lines} lines of {self.cells[1]} columns"),
            ("text", f"at most {self.longest} of {self.characters}, and unseen"),
        )


@dataclass(frozen=True, kw_only=True)
class SlotSettings(OnTrunk):
    """The slot reader: says for each place of a text which character stands there."""

    task: ClassVar[str] = "slots"
    name: str = "slots"  #: of the network, as its file's
    characters: str = DEFAULT_CHARACTERS  #: the alphabet
    slots: int = 12  #: most characters that a plate can have
    window: tuple[int, int] = (64, 192)  #: (height, width) of the straightened plate, pixels
    channels: tuple[int, int, int, int] = (24, 32, 64, 96)  #: of its four resolutions
    margin: tuple[float, float] = (0.06, 0.08)  #: (x, y) room round the plate's quad, parts of it
    temperature: float = 1.0  #: divides the slots' logits; above 1 makes them less sure

    @property
    def facts(self) -> Facts:
        """What `model.py` tells of it."""
        return (
            ("window", f"{self.window[1]} x {self.window[0]} pixels"),
            ("slots", f"{self.slots} of {self.characters} and pad"),
        )


@dataclass(frozen=True, kw_only=True)
class OriginSettings:
    """The origin: tells a plate's region by its colours, marks and letters."""

    task: ClassVar[str] = "origin"
    name: str = "origin"  #: of the network, as its file's
    regions: tuple[str, ...] = ()  #: codes, one class each; behind them a class for none of these
    #: (height, width) of the straightened plate in colour, pixels
    window: tuple[int, int] = (48, 128)
    channels: tuple[int, int, int, int] = (16, 32, 48, 96)  #: of its four resolutions
    margin: tuple[float, float] = (0.06, 0.08)  #: (x, y) room round the plate's quad, parts of it
    #: part of what it is taught that is of no region, 0-1; all regions are as frequent
    nobody: float = 0.1

    @property
    def facts(self) -> Facts:
        """What `model.py` tells of it."""
        return (
            ("window", f"{self.window[1]} x {self.window[0]} pixels in colour"),
            ("regions", f"{len(self.regions)}, and none of these"),
        )


PartSettings = ScanSettings | FrameSettings | LineSettings | SlotSettings | OriginSettings
PARTS: dict[str, type[PartSettings]] = {
    "scan": ScanSettings,
    "frame": FrameSettings,
    "line": LineSettings,
    "slots": SlotSettings,
    "origin": OriginSettings,
}
"""What a weights file may have several of, by their tasks, in the order they are built in."""


TEXT_TASKS = ("ctc", "attention")
"""Tasks of networks that have a file of their own and read a text."""


@dataclass(frozen=True, kw_only=True)
class TextSettings:
    """Shapes of a network that has a weights file of its own: texts, or a box, out of a picture."""

    name: str  #: of the network, as its file's
    task: str  #: what it is taught, and how its outputs are to be understood: ctc, attention or box
    window: tuple[int, int]  #: (height, width) of the grey picture it takes, pixels
    channels: tuple[int, ...]  #: of its convolutions, in order
    #: of its recurrent layers, or of its dense ones, in order; none: see `box`
    units: tuple[int, ...]
    width: int = 0  #: numbers per step that its recurrent layers get; 0: what the convolutions give
    rows: int = 1  #: how often the sequence runs over the plate: 2 reads an upper and a lower line
    dropout: float = 0.0  #: part of the recurrent layers' inputs that training leaves out, 0-1
    norm: bool = True  #: whether every convolution is followed by batch normalisation
    characters: str = DEFAULT_CHARACTERS  #: the alphabet
    slots: int = 12  #: most characters of a text
    #: (x, y) room round the plate's quad in the window, parts of the plate
    margin: tuple[float, float] = (0.06, 0.08)

    def __post_init__(self) -> None:
        known = self.task in (*TEXT_TASKS, "box")
        if not known or len(self.window) != 2 or self.slots < 1:
            raise ValueError("task, window or slots")

    @property
    def parts(self) -> dict[str, "TextSettings"]:
        """Itself by its name, as `BundleSettings` has several."""
        return {self.name: self}

    @property
    def alphabet(self) -> Alphabet:
        """The characters as classes."""
        return Alphabet(self.characters)

    @property
    def cells(self) -> tuple[int, int]:
        """(rows, columns) of its sequence: a column is four pixels wide."""
        return self.rows, self.window[1] // 4

    @property
    def facts(self) -> Facts:
        """What `model.py` tells of it."""
        rows, columns = self.cells
        steps = f"{rows * columns}: {rows} row{'s' * (rows > 1)} of {columns} columns"
        text = (("slots", f"{self.slots} of {self.characters!r}"), ("steps", steps))
        window = ("window", f"{self.window[1]} x {self.window[0]} pixels")
        return (window, *text) if self.task in TEXT_TASKS else (window,)

    def to_json(self) -> str:
        """Return the settings as one line of JSON."""
        return json.dumps(asdict(self))


def uncalibrated(settings: Any) -> Any:
    """Return settings of any network as they were before they were calibrated."""
    return replace(settings, temperature=1.0) if hasattr(settings, "temperature") else settings
