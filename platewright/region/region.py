"""A region: a jurisdiction, its series of plates and the texts they may bear."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from platewright.region.chance import Weighted, stream
from platewright.region.look import Look
from platewright.region.series import Series

__all__ = ["Region"]


@dataclass(frozen=True, kw_only=True)
class Region:
    """A jurisdiction.

    Attributes:
        code: such as `GB` or `US-CA`.
        name: in English.
        source: where its sizes and syntaxes are laid down.
        weight: share in the default training mix, beside the other regions' weights.
        series: its kinds of plates.
    """

    code: str
    name: str
    source: str
    weight: float
    series: tuple[Series, ...]
    _series: Weighted[Series] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sum up the weights of the series."""
        weights = [series.weight for series in self.series]
        object.__setattr__(self, "_series", Weighted(self.series, weights))

    @property
    def alphabet(self) -> str:
        """The characters that can occur, sorted."""
        chars: set[str] = set()
        for series in self.series:
            for syntax in series.syntaxes:
                chars |= syntax.alphabet
        return "".join(sorted(chars))

    def draw(self, rng: np.random.Generator) -> Look:
        """Return one plate; the same state of `rng` gives the same one."""
        uniform = stream(rng)
        return self._series.pick(uniform()).draw(uniform, self.code)

    def match(self, text: str) -> bool:
        """Tell whether a text without separators fits any syntax; A passes for Ä and the like."""
        return self._texts.fullmatch(text) is not None

    @cached_property
    def _texts(self) -> re.Pattern[str]:
        # Fronts and rears share their syntaxes: each expression once.
        regexes = dict.fromkeys(s.regex for series in self.series for s in series.syntaxes)
        return re.compile("|".join(regexes))
