"""Whose plate it is: regions weighed by what the slots say, and texts read under their syntaxes.

Every region draws its texts from templates of independent pieces, so the probability of the slots
under a region is a sum of products over the pieces: exact, over all texts at once. Beside the
regions stands the hypothesis of another one, whose texts are any letters and digits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platewright.alphabet import Alphabet
from platewright.reading.spelling import decode_slots
from platewright.region import Region, jurisdictions, load_region
from platewright.region.template import Piece, Template, region_templates

__all__ = ["Conditioned", "Jurisdiction"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Table = tuple[IntArray, FloatArray, IntArray]
"""(rows, length) places in the flat slots, (rows,) shares and cells: a row for each entry."""

OTHER = 0.05
"""Probability, before anything is read, of a region or of a text that is not described."""
FLOOR = 1e-5
"""Least probability of a character where regions are weighed: the network may be sure and wrong."""
TINY = 1e-9
LEAST = 0.02
"""A text that fits stands in for the free one if it is at least so many times as probable."""
REACH = 9.0
"""Templates less probable than the best by more than this, in natural logarithms, are left out."""


@dataclass(frozen=True)
class Conditioned:
    """A text under a region.

    Attributes:
        region: the code of the region that draws the text most often, of those asked for.
        text: the most probable text that fits one of their syntaxes.
        slots: (slots, classes) probabilities given that the text fits.
    """

    region: str
    text: str
    slots: FloatArray


class Jurisdiction:
    """Regions to choose from.

    Args:
        regions: their weights are the probabilities before anything is read.
        alphabet: of the network.
        slots: most characters of a text; longer templates are left out.
        other: probability of none of them, above 0 and below 1.
    """

    def __init__(
        self, regions: Sequence[Region], alphabet: Alphabet, slots: int, *, other: float = OTHER
    ) -> None:
        """Lay all templates out as tables."""
        self.alphabet, self.slots = alphabet, slots
        self.codes = tuple(region.code for region in regions)
        whole = sum(region.weight for region in regions)
        self._templates: list[Template] = []
        owners: list[int] = []
        shares: list[float] = []
        for owner, region in enumerate(regions):
            prior = region.weight / whole if whole else 1 / len(regions)
            for template in region_templates(region):
                if template.length <= slots and prior > 0:
                    self._templates.append(template)
                    owners.append(owner)
                    shares.append(prior * (1 - other) * template.weight)
        self._owners = np.array(owners, np.intp)
        self._shares = np.array(shares, np.float64)
        self._lengths = np.array([template.length for template in self._templates], np.intp)
        self._other = other
        self._tabulate()

    @classmethod
    def load(cls, codes_or_paths: Sequence[str], alphabet: Alphabet, slots: int) -> Jurisdiction:
        """Load regions; none given: all that are described, but the generic one.

        Raises:
            RegionError: if there is no such region, or its file can't be used.
        """
        names = codes_or_paths or jurisdictions()
        return cls([load_region(name) for name in dict.fromkeys(names)], alphabet, slots)

    def region(self, slots: FloatArray) -> str:
        """Return the code of the most probable region (Bayes).

        A region's weight times its probability of a text, summed over all texts with the slots'
        probability of each. That is divided by the probability of drawing the text evenly: the
        network learnt mostly from even texts, so what it says is a likelihood times theirs.

        Args:
            slots: (slots, classes) probabilities.

        Returns:
            The code; empty where a text of any characters is more probable than one that fits.
        """
        if not self._templates:
            return ""
        p = np.maximum(slots, FLOOR)
        even = self._lengths * np.log(len(self.alphabet))
        scores = self._score(p, self._tables) + np.log(self._shares) + even
        there = np.cumsum(np.log(p[:, : self.alphabet.pad].sum(axis=1)))
        other = there + self._ending(p)[1:] + np.log(self._other / self.slots)
        top = max(scores.max(), other.max())
        sums = np.bincount(self._owners, np.exp(scores - top), len(self.codes))
        best, others = int(sums.argmax()), np.exp(other - top).sum()
        return self.codes[best] if sums[best] > others else ""

    def condition(self, slots: FloatArray) -> Conditioned | None:
        """Read the slots under the syntaxes; of what fits, nothing is favoured.

        Args:
            slots: (slots, classes) probabilities.

        Returns:
            The most probable text that fits, and the slots given that one fits; None where it is
            less than `LEAST` times as probable as the free text, or where that is empty: plates
            that the syntaxes lack are not bent to fit.
        """
        free, probability, _ = decode_slots(slots, self.alphabet)
        if not self._templates or not free:
            return None
        p = np.maximum(slots, TINY)
        scores = self._score(p, self._even_tables)
        near = np.flatnonzero(scores >= scores.max() - REACH)
        parts = np.exp(scores[near] - scores.max())
        given = np.zeros_like(p)
        best, text = -np.inf, ""
        for at, part in zip(near, parts / parts.sum(), strict=True):
            template = self._templates[at]
            found, score = self._spread(template, p, float(part), given)
            score += float(self._ending(p)[template.length])
            if score > best:
                best, text = score, found
        if best < np.log(LEAST * max(probability, TINY)):
            return None
        return Conditioned(self.owner(text), text, given)

    def owner(self, text: str) -> str:
        """Return the code of the region that draws this text most often; empty where none does."""
        chances = np.zeros(len(self.codes))
        for template, share, owner in zip(self._templates, self._shares, self._owners, strict=True):
            if template.length == len(text):
                chances[owner] += share * template.probability(text)
        best = int(chances.argmax())
        return self.codes[best] if chances[best] > 0 else ""

    def _tabulate(self) -> None:
        """Number the cells, which are pieces at places; cell 0 stands for no piece."""
        cells: dict[tuple[Piece, int], int] = {}
        paths: list[list[int]] = []
        for template in self._templates:
            path, at = [], 0
            for piece in template.pieces:
                path.append(cells.setdefault((piece, at), len(cells) + 1))
                at += piece.length
            paths.append(path)
        longest = max((len(path) for path in paths), default=0)
        self._paths = np.array([path + [0] * (longest - len(path)) for path in paths], np.intp)
        self._num_cells = len(cells) + 1
        by_length: dict[int, list[tuple[Piece, int, int]]] = defaultdict(list)
        for (piece, start), cell in cells.items():
            by_length[piece.length].append((piece, start, cell))
        self._tables = [self._table(length, group) for length, group in by_length.items()]
        self._even_tables = [
            (places, np.ones_like(shares), owners) for places, shares, owners in self._tables
        ]

    def _table(self, length: int, group: list[tuple[Piece, int, int]]) -> Table:
        """Return a row for each entry of each cell of the group."""
        places, shares, owners = [], [], []
        for piece, start, cell in group:
            first = start * self.alphabet.num_classes
            for kinds, share in self._known(piece):
                step = self.alphabet.num_classes
                places.append([first + k * step + kind for k, kind in enumerate(kinds)])
                shares.append(share)
                owners.append(cell)
        return (
            np.array(places, np.intp).reshape(-1, length),
            np.array(shares, np.float64),
            np.array(owners, np.intp),
        )

    def _known(self, piece: Piece) -> list[tuple[list[int], float]]:
        """Return classes and share of the entries that the network can read."""
        entries = [
            ([self.alphabet.index(char) for char in entry], share)
            for entry, share in zip(piece.entries, piece.shares, strict=True)
        ]
        return [(kinds, share) for kinds, share in entries if min(kinds) >= 0]

    def _score(self, p: FloatArray, tables: Sequence[Table]) -> FloatArray:
        """Return the log-probability of each template: all its texts, times the shares."""
        flat = p.ravel()
        sums = np.zeros(self._num_cells)
        sums[0] = 1.0
        for places, shares, owners in tables:
            sums += np.bincount(owners, flat[places].prod(axis=1) * shares, self._num_cells)
        logs = np.log(np.maximum(sums, np.finfo(float).tiny))
        return np.asarray(
            logs[self._paths].sum(axis=1) + self._ending(p)[self._lengths], np.float64
        )

    def _ending(self, p: FloatArray) -> FloatArray:
        """Return the log-probability that a text ends after 0, 1, ... characters."""
        return np.append(np.log(p[:, self.alphabet.pad]), 0.0)

    def _spread(
        self, template: Template, p: FloatArray, part: float, given: FloatArray
    ) -> tuple[str, float]:
        """Add a template's slots, `part` of the whole, to `given`.

        Returns:
            Its most probable text, and the logarithm of that one's characters' probabilities.
        """
        text, score, at = "", 0.0, 0
        for piece in template.pieces:
            kinds = np.array([kinds for kinds, _ in self._known(piece)], np.intp)
            if not kinds.size:
                return "", -np.inf
            places = np.arange(at, at + piece.length)
            weights = p[places, kinds].prod(axis=1)
            best = int(weights.argmax())
            text += "".join(self.alphabet.characters[kind] for kind in kinds[best])
            score += float(np.log(weights[best]))
            weights *= part / weights.sum()
            for k, place in enumerate(places):
                given[place] += np.bincount(kinds[:, k], weights, self.alphabet.num_classes)
            at += piece.length
        given[at:, self.alphabet.pad] += part
        return text, score
