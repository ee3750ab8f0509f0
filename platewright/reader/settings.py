"""What a reader's network is made of; it travels inside the weights file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from platewright.alphabet import DEFAULT_CHARACTERS, Alphabet
from platewright.errors import WeightsError

__all__ = ["TASKS", "ReaderSettings"]

TASKS = ("ctc", "attention", "box")
"""How the network's outputs are to be understood."""


@dataclass(frozen=True, kw_only=True)
class ReaderSettings:
    """Shapes of one reader.

    Attributes:
        name: of the network, as its file's.
        task: one of `TASKS`.
        window: (height, width) of the grey picture it takes, pixels.
        channels: of its convolutions, in order.
        units: of its recurrent layers, or of its dense ones, in order; none: see `box`.
        width: numbers per step that its recurrent layers get; 0: what the convolutions give.
        rows: how often the sequence runs over the plate: 2 reads an upper and a lower line.
        dropout: part of the recurrent layers' inputs that training leaves out, 0-1.
        norm: whether every convolution is followed by batch normalisation.
        characters: the alphabet.
        slots: most characters of a text.
        margin: (x, y) room round the plate's quad in the window, parts of the plate.
    """

    name: str
    task: str
    window: tuple[int, int]
    channels: tuple[int, ...]
    units: tuple[int, ...]
    width: int = 0
    rows: int = 1
    dropout: float = 0.0
    norm: bool = True
    characters: str = DEFAULT_CHARACTERS
    slots: int = 12
    margin: tuple[float, float] = (0.06, 0.08)

    @property
    def alphabet(self) -> Alphabet:
        """The characters as classes."""
        return Alphabet(self.characters)

    def to_json(self) -> str:
        """Return the settings as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str, source: str = "weights") -> ReaderSettings:
        """Read settings back.

        Raises:
            WeightsError: if the text is no JSON or has other keys; it names `source`.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            if sorted(values) != sorted(f.name for f in fields(cls)):
                raise WeightsError(
                    f"{source}: not the weights of a reader, but of the network "
                    f"{values.get('name', 'of another program')}"
                )
            plain: dict[str, Any] = {
                k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
            }
            settings = cls(**plain)
            _ = settings.alphabet
            if settings.task not in TASKS or len(settings.window) != 2 or settings.slots < 1:
                raise ValueError("task, window or slots")
        except (ValueError, TypeError, AttributeError) as error:
            raise WeightsError(f"{source}: its settings can't be used ({error})") from None
        return settings
