"""What the line reader's steps say of a plate: its text, and how its characters stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import FloatArray
from platewright.network.part import UNSEEN, LineSettings
from platewright.reading.ctc import (
    BLANK,
    character_places,
    labels,
    likelihoods,
    log_likelihoods,
    near_texts,
    slots_of,
    text_of,
)
from platewright.reading.runtime import log_softmax
from platewright.reading.spelling import Spelling
from platewright.text import Alphabet

BLANK_SURE = 0.98  #: Steps that are blank with more than this stand together as one
GAP = 1.28  #: A British plate's groups are 1.36 times as far apart as its characters
LEAST_LARGE, LARGER, OVERHANG = 3, 1.25, 0.6
"""A large group beside small lines has so many characters and more, so much further apart than
theirs; and the second small line is no longer than the first one by more of what they are apart."""
NOTHING = 0.3  #: How certain the average character counts where none is read
USUAL = 0.8
"""Temperature at which it counts: presence, and what is found, are the same at every other."""


class LineEvidence:
    """What the line reader says of one plate; several framings count alike.

    Args:
        logits: (framings, steps, classes), blank first, unseen last.
        before: what it says in the framings before these.
    """

    def __init__(
        self,
        logits: NDArray[np.float32],
        settings: LineSettings,
        before: LineEvidence | None = None,
    ) -> None:
        self.settings = settings
        self.alphabet = Alphabet(settings.characters + UNSEEN)
        self._logits, self._before = logits, before

    @cached_property
    def framings(self) -> list[Framing]:
        """What is said in each framing, those before these first."""
        logs = log_softmax(np.asarray(self._logits / self.settings.temperature, np.float32))
        return [*(self._before.framings if self._before else ()), *map(Framing, logs)]

    @cached_property
    def _near(self) -> dict[tuple[int, ...], None]:
        """The texts that are rated, in the order of the framings."""
        found = dict(self._before._near) if self._before else {}
        for each in self.framings[-len(self._logits) :]:
            found |= dict.fromkeys(near_texts(each.logs, longest=self.settings.longest))
        return found

    @cached_property
    def texts(self) -> list[tuple[tuple[int, ...], float]]:
        """The most probable texts as classes, and their probabilities, best first."""
        texts = list(self._near)
        rated = self._rate(texts)
        order = np.argsort(-rated, kind="stable")
        return [(texts[k], float(rated[k])) for k in order]

    @property
    def probability(self) -> float:
        """Of the most probable text."""
        return self.texts[0][1]

    @property
    def certainty(self) -> float:
        """How probable the average character is, the end of the text being one.

        It is brought to the usual temperature as the odds of two characters are.
        """
        classes, probability = self.texts[0]
        if not classes:
            return NOTHING
        average = float(probability ** (1 / (len(classes) + 1)))
        part = self.settings.temperature / USUAL
        return float(average**part / (average**part + (1 - average) ** part))

    def spell(self) -> Spelling:
        """See `Evidence`."""
        (best, _), *rest = self.texts
        told = tuple((text_of(c, self.alphabet), math.log(max(p, 1e-300))) for c, p in rest)
        return replace(self._spell(best), others=told)

    def rate(self, texts: Sequence[str]) -> list[float]:
        """See `Evidence`."""
        rated = self._rate([self._classes(text) for text in texts])
        return [math.log(max(float(p), 1e-300)) for p in rated]

    def spell_as(self, text: str) -> Spelling:
        """See `Evidence`."""
        return self._spell(self._classes(text))

    def layout(self, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return a text's lines, and its groups: what stands together, with gaps between.

        A gap is as wide as `GAP` characters of the line usually are apart, and more.
        """
        line, column = self._places(0, self._classes(text))
        if not len(line):
            return (text,), ()
        split = split_of(line, column, self.settings.lines)
        lines, groups = [], []
        for number in sorted({*line}):
            own = np.flatnonzero(line == number)
            steps = np.diff(column[own])
            usual = float(np.sort(steps)[(steps.size - 1) // 2]) if steps.size else 1.0
            gap = steps > GAP * usual
            if split is not None:
                gap |= np.diff(column[own] > split)
            ends = [0, *(np.flatnonzero(gap) + 1), len(own)]
            lines.append(text[own[0] : own[-1] + 1])
            groups += [text[own[a] : own[b - 1] + 1] for a, b in pairwise(ends)]
        return tuple(lines), tuple(groups)

    def split(self) -> float | None:
        """Return `split_of` what the framing that came last says."""
        return split_of(*self._places(-1, self.texts[0][0]), self.settings.lines)

    def _places(self, framing: int, classes: Sequence[int]) -> tuple[FloatArray, FloatArray]:
        """Return the line and the column of each character; none where that can't be told."""
        each = self.framings[framing]
        found = character_places(each.logs, classes)
        if not np.isfinite(found).all():
            found = np.zeros(0)
        # A character's own steps are all kept.
        steps = np.interp(found, np.arange(len(each.kept)), each.kept)
        line, column = np.divmod(steps, self.settings.cells[1])
        return line, column

    def _spell(self, classes: Sequence[int]) -> Spelling:
        found = (likelihoods(each.logs, classes) for each in self.framings)
        logs, tables = zip(*found, strict=True)
        weights = np.exp(np.array(logs) - max(logs))
        probability = float(np.exp(np.array(logs)).mean())
        table = np.tensordot(weights / weights.sum(), np.stack(tables), axes=1)
        slots = slots_of(classes, table, probability, self.alphabet, self.settings.longest)
        log = math.log(max(probability, 1e-300))
        text = text_of(classes, self.alphabet)
        return Spelling(text=text, log_probability=log, slots=slots)

    def _rate(self, texts: Sequence[tuple[int, ...]]) -> FloatArray:
        logs = np.array([each.rate(texts) for each in self.framings])
        return np.asarray(np.exp(logs).mean(axis=0), np.float64)

    def _classes(self, text: str) -> tuple[int, ...]:
        return tuple(labels(text, self.alphabet)[: self.settings.longest])


class Framing:
    """What the line reader says of one plate in one framing; no text is rated twice.

    Args:
        logs: (steps, classes) log-probabilities, blank first.

    Attributes:
        logs: (kept, classes), condensed.
        kept: (kept,) the first step that each one stands for.
    """

    def __init__(self, logs: FloatArray) -> None:
        self.logs, self.kept = condense(logs)
        self._rated: dict[tuple[int, ...], float] = {}

    def rate(self, texts: Sequence[tuple[int, ...]]) -> list[float]:
        """Return the logarithms of the probabilities of texts, given as their classes."""
        if new := [text for text in texts if text not in self._rated]:
            self._rated.update(zip(new, log_likelihoods(self.logs, new), strict=True))
        return [self._rated[text] for text in texts]


def split_of(line: FloatArray, column: FloatArray, lines: int) -> float | None:
    """Return the column where a large group begins beside two small lines.

    Its characters are those of the last line that stand behind all of the first one, further
    apart than the small ones are; None where the plate has another layout.

    Args:
        line: (characters,) the line of each, in reading order, from 0.
        column: (characters,) its column in the line.
        lines: of the reader; a plate's last one is the last of these.

    >>> split_of(np.array([0, 0, 2, 2, 2, 2, 2]), np.array([4, 8, 4, 8, 16, 24, 32]), 3)
    12.0
    """
    first, last = column[line == 0], column[line == lines - 1]
    if not len(first) or len(last) <= LEAST_LARGE or len(first) + len(last) < len(column):
        return None
    pitch = np.diff(last[-LEAST_LARGE:]).mean()
    beside = last > first.max() + OVERHANG * pitch
    small, large = last[~beside], last[beside]
    steps = np.concatenate([np.diff(first), np.diff(small)])
    if len(large) < LEAST_LARGE or not len(small) or (steps * LARGER > pitch).any():
        return None
    return float((max(first.max(), small.max()) + large.min()) / 2)


def condense(logs: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """Return steps of which those that are surely blank, one after the other, are one.

    Args:
        logs: (steps, classes) log-probabilities, blank first.

    Returns:
        The (kept, classes) steps, and the first of its own that each one stands for.

    >>> condense(np.log(np.array([[0.9995, 0.0005], [0.9995, 0.0005], [0.5, 0.5]])))[1].tolist()
    [0, 2]
    """
    blank = logs[:, BLANK] > math.log(BLANK_SURE)
    keep = ~(blank & np.concatenate([[False], blank[:-1]]))
    first = np.cumsum(keep) - 1
    out = logs[keep].copy()
    out[:, BLANK] += np.bincount(first, np.where(keep, 0.0, logs[:, BLANK]), len(out))
    return np.asarray(out, np.float64), np.flatnonzero(keep)
