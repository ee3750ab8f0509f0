"""A syntax: the pattern of a registration, which draws texts and recognises them.

The pattern language, element by element:

    L        a letter, of those the region uses
    D        a digit
    A        a letter or a digit
    [ABX-Z]  one character of a set; ranges run within the letters or within the digits
    'GOV'    these very characters
    {name}   one entry of the region's list of that name
    {3} {2-4}  after an element: so many of it, each drawn anew
    space - · |  a gap, a drawn dash, a drawn dot, a line break

Letters and digits stand for themselves only in quotes, sets and lists: a misspelt element is an
error, never a literal. They may be of any script (Ä, Ж, 京): the alphabet is the region's own, and
what a network makes of a letter outside its own alphabet is the network's affair.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from platewright.region.chance import Uniform, stream
from platewright.region.character import (
    DIGITS,
    LETTERS,
    SEPARATORS,
    Choices,
    check_characters,
    read_set,
)
from platewright.text import unmarked

__all__ = ["MAX_CHARACTERS", "Syntax"]

MAX_CHARACTERS = 12
"""The longest text, as many as the network has slots."""

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
    """A registration's pattern with its weight; made by `Syntax.parse`.

    Attributes:
        pattern: as written in the region's file.
        weight: how often it is drawn, beside the series' other syntaxes.
        regex: what a text without separators must match in full, as a regular expression.
        alphabet: the characters that can occur.
    """

    pattern: str
    weight: float
    regex: str
    alphabet: frozenset[str]
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
        _check(pattern, steps)
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


def _check(pattern: str, steps: Sequence[_Step]) -> None:
    """Raise ValueError where no plate could show what the pattern says."""
    breaks = [i for i, step in enumerate(steps) if step.choices == ("|",)]
    if len(breaks) > 1:
        raise ValueError("a plate has at most two lines; keep one '|'")
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
