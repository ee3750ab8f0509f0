"""Texts: a plate's, cleaned, folded, aligned; numbers as fields hold them and people read them."""

from __future__ import annotations

import math
import unicodedata

NONE = "-"
"""Stands in an alignment for a character that the other text does not have."""

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
