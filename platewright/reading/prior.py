"""What speaks for whose a plate is before its text is read: its look, its gaps, its shape."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from platewright.geometry import FloatArray, Picture
from platewright.image import as_rgb
from platewright.reading.runtime import Network, levels, log_softmax
from platewright.reading.straighten import straightened
from platewright.reading.template_table import RATIOS, TemplateTable

TRUST = 0.6
"""Exponent of a look's likelihoods: drawn plates teach less of real ones than they seem to."""
OTHER = 0.01  #: Probability, before anything is seen, of a region that is not described
FREE = 0.03  #: Part of each region's plates whose texts are not described: personal ones, old ones
SHAPED = 0.6  #: Exponent of how likely a plate's shape is
GAP_SEEN, GAP_MADE_UP = 0.7, 0.06
"""How often a reading has a gap where its plate has one, and where it has none."""
GAP_ELSEWHERE = 0.25  #: How often two characters of a plate that no region describes stand apart
GAP_ASTRAY = 0.05  #: How often gaps say nothing: shops set characters as they like
TINY = 1e-9


@dataclass(frozen=True, kw_only=True)
class Clues:
    """What a plate shows of whose it is, beside its characters."""

    #: logarithms of how likely it looks so by region, all up to one constant; those of no region
    #: under the empty code; None: it was not looked at
    looks: Mapping[str, float] | None = None
    groups: Sequence[str] = ()  #: what stands together on it, gaps between; empty: not known
    #: its width over its height, and how many lines its text stands in; None: not known
    shape: tuple[float, int] | None = None


NO_CLUES = Clues()


class OriginTeller:
    """Looks at plates in colour."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.regions: tuple[str, ...] = network.settings.origin.regions

    def look(self, image: Picture, quads: Sequence[Any]) -> list[dict[str, float]]:
        """Return logarithms of likelihoods by region, of each plate.

        It was taught every region as often, so that what it says is a likelihood; no region more
        often, which is made up for.

        Args:
            image: (H, W, 3) RGB, or (H, W) grey photo.
            quads: (4, 2) each, photo pixels, at least one.

        Returns:
            By code, up to a constant; those of no region under the empty code.
        """
        own = self.network.settings.origin
        pictures, _ = straightened(as_rgb(image), quads, own.window, own.margin)
        (logits,) = self.network.run(["origin"], {"colours": levels(pictures)})
        found = log_softmax(logits)
        found[:, -1] -= math.log(own.nobody / (1 - own.nobody) * len(self.regions))
        codes = (*self.regions, "")
        return [dict(zip(codes, row, strict=True)) for row in (TRUST * found).tolist()]


@dataclass(frozen=True)
class Prior:
    """What speaks for whom before a text is read, as logarithms."""

    templates: FloatArray  #: (templates,) each with its region
    #: (regions + 1,) for texts of any characters: of each region, told by its look alone; nobody's
    free: FloatArray


class Priors:
    """Of the templates of a table.

    Args:
        table: its regions are weighed as they are.
        characters: how many a text may have at each place.
    """

    def __init__(self, table: TemplateTable, characters: int) -> None:
        self._table = table
        even = table.lengths * math.log(characters)
        self._logs = np.log((1 - OTHER) * (1 - FREE) * table.shares) + even
        between = table.apart / np.float32(255) * (GAP_SEEN - GAP_MADE_UP) + GAP_MADE_UP
        between = between[:, 1:]
        inside = np.arange(1, between.shape[1] + 1) < table.lengths[:, None]
        self._gap = np.where(inside, np.log(between), 0.0).astype(np.float32)
        self._no_gap = np.where(inside, np.log1p(-between), 0.0).astype(np.float32)
        weights = np.bincount(table.owners, table.shares, len(table.codes)) + TINY
        self._free_logs = np.log((1 - OTHER) * FREE * weights)
        densities = table.shares[:, None, None] * np.exp(table.shapes)
        sums = np.full((len(table.codes), *densities.shape[1:]), TINY)
        np.add.at(sums, table.owners, densities)
        usual = np.log(densities.sum(axis=0) + TINY)
        self._shapes = SHAPED * np.moveaxis(table.shapes - usual, 0, 2).copy()
        own = np.log(sums / weights[:, None, None])
        self._free_shapes = SHAPED * np.moveaxis(own - usual, 0, 2).copy()

    def of(self, clues: Clues) -> Prior:
        """Return what speaks for whom."""
        table, nobody = self._table, 0.0
        before = self._logs.copy()
        free = np.full(len(table.codes), -np.inf)
        if clues.looks:
            nobody = clues.looks.get("", 0.0)
            looks = np.array([clues.looks.get(code, nobody) for code in table.codes])
            before += looks[table.owners]
            free = self._free_logs + looks
        if clues.groups:
            before += self._of_gaps(clues.groups)
        if clues.shape is not None:
            ratio, lines = clues.shape
            at = int(lines > 1), int(np.abs(RATIOS - math.log(ratio)).argmin())
            before += self._shapes[at]
            free += self._free_shapes[at]
        return Prior(before, np.append(free, math.log(OTHER) + nobody))

    def _of_gaps(self, groups: Sequence[str]) -> FloatArray:
        """Return how much more probable groups are of each template than of no region's plate."""
        there = np.zeros(self._gap.shape[1], np.float32)
        ends = np.cumsum([len(group) for group in groups])
        there[ends[:-1][ends[:-1] <= len(there)] - 1] = 1
        number = max(int(ends[-1]) - 1, 0)
        gaps = len(groups) - 1
        elsewhere = gaps * np.log(GAP_ELSEWHERE) + (number - gaps) * np.log(1 - GAP_ELSEWHERE)
        own = (self._gap @ there + self._no_gap @ (1 - there)) - elsewhere
        return np.asarray(np.log((1 - GAP_ASTRAY) * np.exp(own) + GAP_ASTRAY), np.float64)
