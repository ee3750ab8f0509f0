"""A registered plate's text as it is stored: letters and digits alone, as they are read."""

from __future__ import annotations

import unicodedata

from platewright.alphabet import DEFAULT_CHARACTERS

__all__ = ["LONGEST", "SEPARATORS", "normalize"]

LONGEST = 12
"""Most characters of a plate: as many as the network has slots."""
SHORTEST = 2
SEPARATORS = " \u00a0\t-\u2010\u2011\u2013.\u00b7\u2022/|_"
"""What people write between the groups of a plate, and the plate itself may show."""


def normalize(text: str) -> str:
    """Return a plate as it is compared: upper case, without separators, Ä as A.

    >>> normalize("hü-ab 123e")
    'HUAB123E'

    Raises:
        ValueError: if nothing is left, it is too long, or a character can't be read by the network.
    """
    kept = []
    for char in unicodedata.normalize("NFKD", text.strip()).upper():
        if char in SEPARATORS or unicodedata.combining(char):
            continue
        if char not in DEFAULT_CHARACTERS:
            raise ValueError(f"{char!r} is not on plates that can be read; use A-Z and 0-9")
        kept.append(char)
    if not SHORTEST <= len(kept) <= LONGEST:
        raise ValueError(f"{len(kept)} characters; a plate has {SHORTEST} to {LONGEST}")
    return "".join(kept)
