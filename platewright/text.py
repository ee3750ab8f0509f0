"""The text of a plate: cleaned, folded, aligned with another one."""

from __future__ import annotations

import unicodedata

from rapidfuzz.distance import Levenshtein

__all__ = ["NONE", "align", "clean", "edit_distance", "fold", "plain", "unmarked"]

NONE = "-"
"""Stands in an alignment for a character that the other text does not have."""

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
    return Levenshtein.distance(truth, read)
