"""Texts, cleaned, folded and aligned; alphabets of networks; numbers in fields and for people."""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NONE = "-"  #: Stands in an alignment for a character that the other text does not have

LARGEST = 1e9
"""Number in a label: no picture has so many pixels in a row, and its square is still finite."""

LATIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def clean(text: str) -> str:
    """Return a text as it is compared: upper case, letters A-Z and digits only.

    >>> clean("ab-12 c.d")
    'AB12CD'
    """
    return "".join(char for char in text.upper() if char.isascii() and char.isalnum())


def plain(text: str) -> str:
    """Return a text as records have it: upper case, letters and digits of any script only.

    >>> plain("ab-12 c·d"), plain("京A·12345")
    ('AB12CD', '京A12345')
    """
    return "".join(c.upper() for c in unicodedata.normalize("NFKC", text) if c.isalnum())


def unmarked(text: str) -> str:
    """Return a text whose letters lack their marks, for a network that knows A-Z only.

    Letters that are no marked A-Z (Æ, Ж, 京) stay as they are.

    >>> unmarked("LÖ"), unmarked("ČK"), unmarked("京A")
    ('LO', 'CK', '京A')
    """
    if text.isascii():
        return text
    bare = (unicodedata.normalize("NFKD", char)[0] for char in text)
    return "".join(b if b in LATIN else c for b, c in zip(bare, text, strict=True))


def fold(text: str) -> str:
    """Return a text with the pairs that look alike on many plates made one: O is 0, I is 1.

    >>> fold("OI0180")
    '010180'
    """
    return text.replace("O", "0").replace("I", "1")


def align(truth: str, read: str) -> list[tuple[str, str]]:
    """Return the pairs of characters of a cheapest alignment (Levenshtein 1966), in order.

    >>> align("AB1", "A81X")
    [('A', 'A'), ('B', '8'), ('1', '1'), ('-', 'X')]
    """
    from rapidfuzz.distance import Levenshtein  # many modules, and few who need them

    pairs: list[tuple[str, str]] = []
    for step in Levenshtein.opcodes(truth, read):
        old, new = truth[step.src_start : step.src_end], read[step.dest_start : step.dest_end]
        pairs += zip(old or NONE * len(new), new or NONE * len(old), strict=True)
    return pairs


def edit_distance(truth: str, read: str) -> int:
    """Return the least number of replaced, left out and added characters.

    >>> edit_distance("KITTEN", "SITTING")
    3
    """
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance(truth, read)


def number_of(field: str) -> float:
    """Return the number that a field holds, infinite or not; nan where it holds none.

    >>> number_of(" 1e2"), number_of("wide")
    (100.0, nan)
    """
    try:
        return float(field)
    except ValueError:
        return math.nan


SIGNS = r"'*[=+\-@＝＋－＠]"  # noqa: RUF001
FORMULAS = re.compile(rf"\A(?='*[\t\r\n])|(?<![^;\t\r\n])(?={SIGNS})")
SHIELDS = re.compile(rf"\A'(?='*[\t\r\n])|(?<![^;\t\r\n])'(?={SIGNS})")
"""Where in a cell of a table that begins which a spreadsheet takes for a formula, be it by a second
saving, or behind what ends a cell in some countries (OWASP, CSV injection); what is put there."""


def shielded(cell: object) -> object:
    """Return a cell of a table that people open: an apostrophe before what would be a formula.

    >>> shielded("=1+1"), shielded("AB12"), shielded(-5), shielded("a;=1;b")
    ("'=1+1", 'AB12', -5, "a;'=1;b")
    """
    return FORMULAS.sub("'", cell) if isinstance(cell, str) else cell


def unshielded(cell: str) -> str:
    """Return a cell without the apostrophes of `shielded`.

    >>> unshielded("'=1+1"), unshielded("'AB12"), unshielded(str(shielded("'=1+1")))
    ('=1+1', "'AB12", "'=1+1")
    """
    return SHIELDS.sub("", cell)


def percent(probability: float) -> str:
    """Return a probability, 0-1, in per cent, and never 100 or 0: no reading is certain.

    >>> percent(0.5), percent(0.9996), percent(1.0), percent(0.0004)
    ('50.0%', '99.9%', '99.9%', '<0.1%')
    """
    if probability < 0.001:
        return "<0.1%"
    return f"{min(probability, 0.999):.1%}"


def share(part: float | None) -> str:
    """Return a part of a whole, 0-1, in hundredths, or a dash; 100.0 only where it is all of it.

    >>> share(0.5), share(0.9996), share(1.0), share(None)
    ('50.0', '99.9', '100.0', '-')
    """
    if part is None:
        return "-"
    return f"{100 * (min(part, 0.999) if part < 1 else part):.1f}"


DEFAULT_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Alphabet:
    """An ordered set of characters.

    Raises:
        ValueError: if it is empty or a character stands twice.

    >>> a = Alphabet("ABC")
    >>> a.encode("CAB", 5).tolist()
    [2, 0, 1, 3, 3]
    >>> a.decode([2, 0, 1, 3, 3])
    'CAB'
    """

    characters: str = DEFAULT_CHARACTERS  #: each once; class k is `characters[k]`

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
