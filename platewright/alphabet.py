"""The alphabet of a network: characters to class numbers and back; the last class is `pad`."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEFAULT_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Alphabet:
    """An ordered set of characters.

    Attributes:
        characters: each once; class k is `characters[k]`.

    Raises:
        ValueError: if it is empty or a character stands twice.

    >>> a = Alphabet("ABC")
    >>> a.encode("CAB", 5).tolist()
    [2, 0, 1, 3, 3]
    >>> a.decode([2, 0, 1, 3, 3])
    'CAB'
    """

    characters: str = DEFAULT_CHARACTERS

    def __post_init__(self) -> None:
        if not self.characters or len(set(self.characters)) != len(self.characters):
            raise ValueError(f"an alphabet needs distinct characters, not {self.characters!r}")

    def __len__(self) -> int:
        return len(self.characters)

    @property
    def pad(self) -> int:
        """Class of an empty slot."""
        return len(self.characters)

    @property
    def num_classes(self) -> int:
        """Characters and `pad`."""
        return len(self.characters) + 1

    def index(self, char: str) -> int:
        """Return the class of a character, -1 when it is not in the alphabet.

        Letters with marks that the alphabet lacks count as the letter itself (Ä as A).
        """
        if len(char) != 1:
            return -1
        found = self.characters.find(char)
        return found if found >= 0 else self.characters.find(unicodedata.normalize("NFKD", char)[0])

    def encode(self, text: str, slots: int) -> NDArray[np.int32]:
        """Return (slots,) classes, filled up with `pad`.

        Raises:
            ValueError: if the text is longer than the slots or has a foreign character.
        """
        if len(text) > slots:
            raise ValueError(f"{text!r} is longer than {slots} slots")
        out = np.full(slots, self.pad, np.int32)
        for position, char in enumerate(text):
            out[position] = self.index(char)
            if out[position] < 0:
                raise ValueError(f"{char!r} of {text!r} is not in the alphabet")
        return out

    def decode(self, classes: Sequence[int]) -> str:
        """Return the text of class numbers, `pad` left out."""
        return "".join(self.characters[k] for k in classes if k != self.pad)
