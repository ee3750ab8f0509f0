"""Characters of plates: which may stand, sets of them, and texts without separators or marks."""

from __future__ import annotations

import unicodedata

__all__ = [
    "DIGITS",
    "LETTERS",
    "SEPARATORS",
    "Choices",
    "check_characters",
    "plain",
    "read_set",
    "split_groups",
]

SEPARATORS = " -·|"
"""What a display string holds beside characters: gap, dash, dot, line break."""

DIGITS = tuple("0123456789")
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""What `L` stands for where a region says nothing else."""

_APART = str.maketrans(dict.fromkeys(SEPARATORS, " "))
_PLAIN = str.maketrans("", "", SEPARATORS)

Choices = tuple[str, ...]


def plain(display: str) -> str:
    """Return a display string's characters without separators.

    >>> plain("MH-12|AB 1234")
    'MH12AB1234'
    """
    return display.translate(_PLAIN)


def split_groups(line: str) -> list[str]:
    """Return one line's groups of characters.

    >>> split_groups("MH-12 AB·1234")
    ['MH', '12', 'AB', '1234']
    """
    return line.translate(_APART).split()


def read_set(source: str) -> Choices:
    """Return the characters of a set such as `A-HJ-N7`, each once, in order.

    Raises:
        ValueError: if it is empty, a range runs backwards, or a character is no letter or digit.

    >>> read_set("A-CX0-2")
    ('A', 'B', 'C', 'X', '0', '1', '2')
    """
    found: dict[str, None] = {}
    at = 0
    while at < len(source):
        low = source[at]
        if source[at + 1 : at + 2] == "-":
            high = source[at + 2 : at + 3]
            between = [chr(c) for c in range(ord(low), ord(high) + 1)] if high else []
            # A-9 and A-Я have other things between their ends.
            scripts = {_script(char) for char in between}
            if len(scripts) != 1 or "" in scripts:
                raise ValueError(f"'{low}-{high}' is no range; write one such as A-H or 2-9")
            found.update(dict.fromkeys(between))
            at += 3
        else:
            check_characters(low)
            found[low] = None
            at += 1
    if not found:
        raise ValueError("the set is empty; name its characters, such as [A-HJ-N]")
    return tuple(found)


def check_characters(text: str) -> None:
    """Raise ValueError unless `text` is capitals and digits only, of any script."""
    for char in text:
        if not _script(char):
            raise ValueError(f"{char!r} can't stand on a plate; use capital letters and digits")
    if not text:
        raise ValueError("an entry is empty; write at least one character")


def _script(char: str) -> str:
    """Return the script of a capital (of a letter, where a script has no cases) or of a digit.

    `LATIN` or `DIGIT`, as Unicode's names begin; empty for all else, small letters among it.
    """
    if char in DIGITS or char in LETTERS:
        return "DIGIT" if char in DIGITS else "LATIN"
    if unicodedata.category(char) not in ("Lu", "Lo", "Nd"):
        return ""
    return unicodedata.name(char, "").split(" ", 1)[0]
