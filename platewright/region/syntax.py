"""A syntax: the characters and the pattern of a registration, which draws and recognises texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from platewright.record import MAX_LINES
from platewright.region.chance import Uniform, stream
from platewright.text import unmarked

SEPARATORS = " -·|"  #: What a display string holds beside characters: gap, dash, dot, line break

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


MAX_CHARACTERS = 12  #: The longest text, as many as the network has slots

_REPEAT = re.compile(r"\{(\d+)(?:-(\d+))?\}")
_LIST = re.compile(r"\{([A-Za-z_]\w*)\}")
_ENDS = re.compile(r"(?<![^|])[ ·-]+|[ ·-]+(?![^|])|(?<=[ ·-])[ ·-]+")


@dataclass(frozen=True)
class _Step:
    """One element: `low` to `low + extra` entries of `choices`; separators have just one."""

    choices: Choices
    low: int = 1
    extra: int = 0
    separator: bool = False

    @property
    def shortest(self) -> int:
        return 0 if self.separator else self.low * min(map(len, self.choices))

    @property
    def longest(self) -> int:
        if self.separator:
            return 0
        return (self.low + self.extra) * max(map(len, self.choices))


@dataclass(frozen=True, kw_only=True)
class Syntax:
    """A registration's pattern with its weight; made by `Syntax.parse`."""

    pattern: str  #: as written in the region's file
    weight: float  #: how often it is drawn, beside the series' other syntaxes
    regex: str  #: what a text without separators must match in full, as a regular expression
    alphabet: frozenset[str]  #: the characters that can occur
    _steps: tuple[_Step, ...] = field(repr=False)
    _may_shrink: bool = field(repr=False)

    @classmethod
    def parse(
        cls,
        pattern: str,
        *,
        weight: float = 1.0,
        letters: Sequence[str] = LETTERS,
        lists: Mapping[str, Sequence[str]] | None = None,
    ) -> Syntax:
        """Read a pattern.

        Args:
            pattern: in the language at the top of this module.
            weight: 0 or more.
            letters: what `L` stands for.
            lists: what `{name}` stands for.

        Raises:
            ValueError: if the pattern is impossible; the message says where and what to do.

        >>> syntax = Syntax.parse("[AB]D{2-3}-'X'")
        >>> syntax.match("A12X"), syntax.match("B123X"), syntax.match("C12X")
        (True, True, False)
        """
        steps = tuple(_steps(pattern, tuple(letters), lists or {}))
        _check(steps)
        regex = "".join(_regex(step) for step in steps if not step.separator)
        return cls(
            pattern=pattern,
            weight=weight,
            regex=regex,
            alphabet=frozenset(
                char for step in steps if not step.separator for char in "".join(step.choices)
            ),
            _steps=steps,
            _may_shrink=any(step.low == 0 for step in steps),
        )

    @property
    def elements(self) -> tuple[tuple[tuple[str, ...], int, int], ...]:
        """(entries, least, most) of each element, separators left out.

        A draw takes a number of entries from least to most, each number and each entry as likely.
        """
        return tuple(
            (step.choices, step.low, step.low + step.extra)
            for step in self._steps
            if not step.separator
        )

    @property
    def apart(self) -> tuple[bool, ...]:
        """Whether a gap, a dash, a dot or a line's end stands before each of the `elements`."""
        found, before = [], False
        for step in self._steps:
            if not step.separator:
                found.append(before)
            before = step.separator
        return tuple(found)

    @property
    def broken(self) -> bool:
        """Whether the text stands in several lines."""
        return any(step.choices == ("|",) for step in self._steps)

    def generate(self, rng: np.random.Generator) -> str:
        """Return a drawn display string: characters, gaps, dashes, dots, line break."""
        return self.compose(stream(rng))

    def compose(self, uniform: Uniform) -> str:
        """Return a display string drawn with numbers of a running stream."""
        parts: list[str] = []
        for step in self._steps:
            choices = step.choices
            size = len(choices)
            count = step.low
            if step.extra:
                count += int(uniform() * (step.extra + 1))
            if size == 1:
                parts.extend(choices * count)
            else:
                parts.extend([choices[int(uniform() * size)] for _ in range(count)])
        display = "".join(parts)
        # An element that was drawn no time at all leaves its separators without neighbours.
        return _ENDS.sub("", display) if self._may_shrink else display

    def match(self, text: str) -> bool:
        """Tell whether `text`, without separators, fits; A passes for Ä, Å and the like."""
        return self._compiled.fullmatch(text) is not None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.regex)  # when first matched: compiling takes longer than the rest


def _steps(pattern: str, letters: Choices, lists: Mapping[str, Sequence[str]]) -> list[_Step]:
    """Cut a pattern into its elements."""
    classes = {"L": letters, "D": DIGITS, "A": letters + DIGITS}
    steps: list[_Step] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        repeat = _REPEAT.match(pattern, at)
        named = _LIST.match(pattern, at)
        if repeat:
            if not steps or steps[-1].separator or steps[-1].low != 1 or steps[-1].extra:
                raise ValueError(f"{repeat[0]} repeats nothing; put it after an element")
            low, high = int(repeat[1]), int(repeat[2] or repeat[1])
            if high < max(low, 1):
                raise ValueError(f"{repeat[0]} is no count; write one such as {{3}} or {{2-4}}")
            steps[-1] = _Step(steps[-1].choices, low, high - low)
            at = repeat.end()
        elif named:
            if named[1] not in lists:
                raise ValueError(f"there is no list {named[1]!r}; add it under [lists]")
            steps.append(_Step(tuple(lists[named[1]])))
            at = named.end()
        elif char in SEPARATORS:
            steps.append(_Step((char,), separator=True))
            at += 1
        elif char in classes:
            steps.append(_Step(classes[char]))
            at += 1
        elif char in "['":
            end = pattern.find("]" if char == "[" else "'", at + 1)
            if end < 0:
                raise ValueError(f"{char} at position {at + 1} is never closed; close it")
            inside = pattern[at + 1 : end]
            if char == "[":
                steps.append(_Step(read_set(inside)))
            else:
                check_characters(inside)
                steps.append(_Step((inside,)))
            at = end + 1
        else:
            raise ValueError(
                f"{char!r} at position {at + 1} means nothing; "
                "use L, D, A, [..], '..', {..} and separators"
            )
    return steps


def _check(steps: Sequence[_Step]) -> None:
    """Raise ValueError where no plate could show what the pattern says."""
    breaks = [i for i, step in enumerate(steps) if step.choices == ("|",)]
    if len(breaks) >= MAX_LINES:
        raise ValueError("a plate has at most three lines; keep two '|'")
    bounds = [-1, *breaks, len(steps)]
    for first, last in pairwise(bounds):
        if sum(step.shortest for step in steps[first + 1 : last]) < 1:
            raise ValueError("a line can come out without characters; give each at least one")
    for step, following in pairwise(steps):
        if step.separator and following.separator:
            raise ValueError("two separators stand side by side; keep one")
    if steps[0].separator or steps[-1].separator:
        raise ValueError("a separator stands at an end; keep them between characters")
    longest = sum(step.longest for step in steps)
    if longest > MAX_CHARACTERS:
        raise ValueError(f"it can give {longest} characters; keep to {MAX_CHARACTERS}")


def _regex(step: _Step) -> str:
    """Return the regular expression of one element."""
    if all(len(choice) == 1 for choice in step.choices):
        chars = "".join(dict.fromkeys("".join(step.choices) + unmarked("".join(step.choices))))
        body = f"[{chars}]" if len(chars) > 1 else chars
    else:
        entries = dict.fromkeys(step.choices + tuple(map(unmarked, step.choices)))
        body = f"(?:{'|'.join(entries)})"
    if step.extra:
        return f"{body}{{{step.low},{step.low + step.extra}}}"
    return body if step.low == 1 else f"{body}{{{step.low}}}"
