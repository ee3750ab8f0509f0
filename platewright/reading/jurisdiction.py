"""Whose plate it is: regions weighed by what the slots say, and texts read under their syntaxes.

Every region draws its texts from templates of independent pieces, so the probability of the slots
under a region is a sum of products over the pieces: exact, over all texts at once. Beside the
regions stands the hypothesis of another one, whose texts are words, or any letters and digits; and
a part of every region's plates bears such texts, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import FloatArray
from platewright.network.part import UNSEEN
from platewright.reading.prior import NO_CLUES, Clues, Prior, Priors
from platewright.reading.spelling import decode_slots
from platewright.reading.template_table import Group, TemplateTable, all_regions, known_entries
from platewright.reading.word import Words
from platewright.text import Alphabet

if TYPE_CHECKING:
    from platewright.region import Region
    from platewright.region.template import Template


WORDS, ELSEWHERE = 0.5, 0.1
"""Parts that are words: of personal plates, and others that a region does not describe, and of
those of other regions."""
ANY_LETTER = 20  #: A piece of so many characters and more is any of them
PERSONAL = 3  #: Texts of so many such pieces and more, and of nothing else, are personal
FLOOR = 1e-5
"""Least probability of a character where regions are weighed: the network may be sure and wrong."""
TINY, NEVER = 1e-9, 1e-60
SURE = 0.7  #: A state is told from this part of its country's probability on
LEAST = 0.02
"""A text that fits stands in for the free one if it is at least so many times as probable."""
OPEN = 0.001
"""Characters that are less probable than the text's own by this factor are no question."""
MOST_OPEN = 64  #: Texts among which the regions choose
REACH = 9.0
"""Templates less probable than the best by more than this, in natural logarithms, are left out."""


@dataclass(frozen=True)
class Conditioned:
    """A text under a region."""

    region: str  #: the code of the region that draws the text most often, of those asked for
    text: str  #: the most probable text that fits one of their syntaxes
    slots: FloatArray  #: (slots, classes) probabilities given that the text fits


class Jurisdiction:
    """Regions to choose from.

    Args:
        regions: their weights are the probabilities before anything is read; None: all that are
            described, but the generic one.
        slots: most characters of a text; longer templates are left out.
    """

    def __init__(self, regions: Sequence[Region] | None, alphabet: Alphabet, slots: int) -> None:
        if regions is None:
            table = all_regions(alphabet, slots)
        else:
            table, self._templates = TemplateTable.of(regions, alphabet, slots)
        self.alphabet, self.slots = alphabet, slots
        self.codes, self._table, self._num_cells = table.codes, table, table.num_cells
        self.captions = table.captions
        self._priors = Priors(table, len(alphabet))
        self._words = Words(alphabet)
        # What is multiplied or added up stands side by side: a few long rows, not many short ones.
        self._paths = np.ascontiguousarray(table.paths.T)
        self._groups = tuple(
            (np.ascontiguousarray(places.T), shares, cells)
            for places, shares, cells in table.groups
        )
        singles = [cells for places, _, cells in table.groups if places.shape[1] == 1]
        kinds = np.bincount(np.concatenate([*singles, [0]]), minlength=table.num_cells)
        free = (kinds >= ANY_LETTER) | (np.arange(table.num_cells) == 0)
        personal = free[self._paths].all(axis=0) & (table.lengths >= PERSONAL)
        self._personal = np.flatnonzero(personal)
        self._even_groups = tuple(
            (places, np.ones_like(shares), cells) for places, shares, cells in self._groups
        )
        self._starts = [np.flatnonzero(np.diff(cells, prepend=-1)) for _, _, cells in self._groups]
        countries = [code.split("-")[0] for code in self.codes]
        self._countries = tuple(dict.fromkeys(countries))
        self._country = np.array([self._countries.index(each) for each in countries], np.intp)

    @classmethod
    def load(cls, codes_or_paths: Sequence[str], alphabet: Alphabet, slots: int) -> Jurisdiction:
        """Load regions; none given: all that are described, but the generic one.

        Raises:
            RegionError: if there is no such region, or its file can't be used.
        """
        if not codes_or_paths:
            return cls(None, alphabet, slots)
        from platewright.region import load_region

        return cls([load_region(name) for name in dict.fromkeys(codes_or_paths)], alphabet, slots)

    @cached_property
    def _templates(self) -> list[Template]:
        """Of all regions: read when they are first asked for by themselves."""
        from platewright.region import load_region

        regions = [load_region(code) for code in self.codes]
        return TemplateTable.of(regions, self.alphabet, self.slots)[1]

    def region(self, slots: FloatArray, clues: Clues = NO_CLUES) -> tuple[str, float]:
        """Return the most probable country, or a state where that is sure (Bayes).

        A region's weight times its probability of a text, summed over all texts with the slots'
        probability of each, times how likely the plate looks so. What the slots say is divided by
        the probability of drawing the text evenly: the network learnt mostly from even texts, so
        it is a likelihood times theirs.

        Args:
            slots: (slots, classes) probabilities.
            clues: what else the plate shows.

        Returns:
            The code, and the probability of its country. Both are empty where a plate of a region
            that is not described is more probable than any country's.
        """
        if not len(self._table.owners):
            return "", 0.0
        before = self._priors.of(clues)
        scores, free = self._weighed(np.maximum(slots, FLOOR), before)
        top = max(scores.max(), free.max())
        sums = np.bincount(self._table.owners, np.exp(scores - top), len(self.codes))
        sums += np.exp(free[:-1] - top)
        others = float(np.exp(free[-1] - top))
        by_country = np.bincount(self._country, sums, len(self._countries))
        at, best = int(by_country.argmax()), int(sums.argmax())
        if by_country[at] <= others:
            return "", 0.0
        probability = float(by_country[at] / (by_country.sum() + others))
        sure = self._country[best] == at and sums[best] >= SURE * by_country[at]
        return (self.codes[best] if sure else self._countries[at]), probability

    def disambiguate(
        self, text: str, slots: FloatArray, clues: Clues = NO_CLUES
    ) -> tuple[str, FloatArray]:
        """Return the text, and the slots, that are most probable with whose plate it may be.

        What the slots leave open is told by the regions that draw such a text, each as probable as
        the whole plate makes it: whether it is an O or a 0, most of all.

        Args:
            text: the most probable one by the slots alone.
            slots: (slots, classes) probabilities.
            clues: what else the plate shows.
        """
        texts, chances = self._open(text, slots)
        if len(texts) < 2 or not len(self._table.owners):
            return text, slots
        logs = np.log(chances) + self._rated(texts, self._priors.of(clues))
        after = np.exp(logs - np.logaddexp.reduce(logs))
        best = texts[int(after.argmax())]
        settled = slots.copy()
        # Each place given what stands before it, so that they multiply to the text's probability.
        for place in np.flatnonzero((texts != texts[0]).any(axis=0)):
            kinds = np.flatnonzero(np.bincount(texts[:, place]))
            parts = np.bincount(texts[:, place], after)[kinds]
            settled[place, kinds] = slots[place, kinds].sum() * parts / parts.sum()
            after = np.where(texts[:, place] == best[place], after, 0.0)
        return self.alphabet.decode(best.tolist()), settled

    def _rated(self, texts: NDArray[np.intp], before: Prior) -> FloatArray:
        """Return the logarithms of how probable the regions make texts (n, characters)."""
        count, length = texts.shape
        each = np.full((self.slots, self.alphabet.num_classes, count), FLOOR)
        each[length:, self.alphabet.pad] = 1.0
        each[np.arange(length)[:, None], texts.T, np.arange(count)] = 1.0
        words, even = self._words.of_texts(texts), length * math.log(len(self.alphabet))
        # All of them at once: what is far off then is so for every single one.
        scores = self._score(each.max(axis=2), self._groups)
        fit = self._personal[self._table.lengths[self._personal] == length]
        scores[fit] = _even_or_words(scores[fit] + even, words.max(), WORDS) - even
        scores += before.templates
        first = each[..., 0]  # which ends where all of them do
        theirs = np.logaddexp.reduce(before.free[:-1]) + _even_or_words(0.0, words, WORDS)
        other = np.logaddexp(theirs, before.free[-1] + _even_or_words(0.0, words, ELSEWHERE))
        other -= math.log(self.slots)
        near = np.flatnonzero(scores >= max(scores.max(), other.max()) - REACH)
        if not near.size:
            return np.asarray(other, np.float64)
        cells, paths = np.unique(self._paths[:, near], return_inverse=True)
        wanted = np.zeros(self._num_cells, bool)
        wanted[cells] = True
        flat = each.reshape(-1, count)
        sums = np.ones((self._num_cells, count))
        for places, shares, owners in self._groups:
            kept = np.flatnonzero(wanted[owners])
            if kept.size:
                own = owners[kept]
                starts = np.flatnonzero(np.diff(own, prepend=-1))
                chances = flat[places[:, kept]].prod(axis=0) * shares[kept, None]
                sums[own[starts]] = np.add.reduceat(chances, starts, axis=0)
        logs = np.log(np.maximum(sums[cells], np.finfo(float).tiny))
        logs = logs[paths.reshape(-1, len(near))].sum(axis=0)
        fitting = np.flatnonzero(np.isin(near, fit))
        logs[fitting] = _even_or_words(logs[fitting] + even, words, WORDS) - even
        logs += (self._ending(first)[self._table.lengths[near]] + before.templates[near])[:, None]
        most = np.maximum(logs.max(axis=0), other)
        return np.asarray(most + np.log(np.exp(logs - most).sum(axis=0) + np.exp(other - most)))

    def _open(self, text: str, slots: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
        """Return texts as classes (n, characters) that the slots leave open, and their chances."""
        first = np.array([self.alphabet.index(char) for char in text], np.intp)
        unseen = self.alphabet.index(UNSEEN)
        texts, chances = first[None], np.ones(1)
        said = slots[: len(first), : self.alphabet.pad]
        odds = said / np.maximum(np.take_along_axis(said, first[:, None], axis=1), TINY)
        for place in np.flatnonzero((odds > OPEN).sum(axis=1) > 1):
            own = first[place]
            others = np.flatnonzero(odds[place] > OPEN)
            others = others[(others != own) & (others != unseen)]
            if own == unseen or not others.size:
                continue
            kinds = np.array([own, *others])
            texts = np.repeat(texts, len(kinds), axis=0)
            texts[:, place] = np.tile(kinds, len(texts) // len(kinds))
            chances = (chances[:, None] * odds[place, kinds]).ravel()
            kept = np.argsort(-chances, kind="stable")[:MOST_OPEN]
            texts, chances = texts[kept], chances[kept]
        order = np.argsort(~(texts == first).all(axis=1), kind="stable")  # the slots' own first
        return texts[order], chances[order]

    def _weighed(self, p: FloatArray, before: Prior) -> tuple[FloatArray, FloatArray]:
        """Return the logarithms of how probable each template is, and each region's other texts.

        The last of these are nobody's.
        """
        words, ending = self._words.of_slots(p), self._ending(p)
        scores = self._score(p, self._groups)
        lengths = self._table.lengths[self._personal]
        even = lengths * math.log(len(self.alphabet)) - ending[lengths]
        scores[self._personal] = (
            _even_or_words(scores[self._personal] + even, words[lengths - 1], WORDS) - even
        )
        there = np.cumsum(np.log(p[:, : self.alphabet.pad].sum(axis=1)))
        free = before.free - math.log(self.slots)
        free[:-1] += np.logaddexp.reduce(_even_or_words(there, words, WORDS) + ending[1:])
        free[-1] += np.logaddexp.reduce(_even_or_words(there, words, ELSEWHERE) + ending[1:])
        return scores + before.templates, free

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
        if not len(self._table.owners) or not free:
            return None
        p = np.maximum(slots, TINY)
        scores = self._score(p, self._even_groups)
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
        table = self._table
        for template, share, owner in zip(self._templates, table.shares, table.owners, strict=True):
            if template.length == len(text):
                chances[owner] += share * template.probability(text)
        best = int(chances.argmax())
        return self.codes[best] if chances[best] > 0 else ""

    def fits(self, text: str, code: str) -> bool:
        """Tell whether one of the syntaxes of a region's country draws a text.

        Args:
            text: of characters that the network knows.
            code: the region's, or its country's.
        """
        country = code.split("-")[0]
        if country not in self._countries:
            return False
        classes = self.alphabet.encode(text, self.slots)
        slots = np.full((self.slots, self.alphabet.num_classes), NEVER)
        slots[np.arange(self.slots), classes] = 1.0
        own = self._country[self._table.owners] == self._countries.index(country)
        return bool((self._score(slots, self._groups)[own] > math.log(NEVER) / 2).any())

    def _score(self, p: FloatArray, groups: Sequence[Group]) -> FloatArray:
        """Return the log-probability of each template: all its texts, times the shares."""
        flat = p.ravel()
        sums = np.zeros(self._num_cells)
        sums[0] = 1.0
        for (places, shares, cells), starts in zip(groups, self._starts, strict=True):
            # The entries of a cell stand together.
            sums[cells[starts]] = np.add.reduceat(flat[places].prod(axis=0) * shares, starts)
        logs = np.log(np.maximum(sums, np.finfo(float).tiny))
        return np.asarray(
            np.take(logs, self._paths).sum(axis=0) + self._ending(p)[self._table.lengths],
            np.float64,
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
            kinds = np.array([kinds for kinds, _ in known_entries(piece, self.alphabet)], np.intp)
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


def _even_or_words(even: FloatArray | float, words: FloatArray | float, part: float) -> FloatArray:
    """Return the logarithms of how probable texts are of which a part are words."""
    return np.asarray(np.logaddexp(math.log(1 - part) + even, math.log(part) + words), np.float64)
