"""The default speller: reads along the lines of a plate, in as many framings as are needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import (
    UNIT,
    FloatArray,
    Picture,
    box_of_quad,
    project,
    quad_of_box,
    suppress,
)
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
from platewright.reading.finder import SAME_FIND, sigmoid
from platewright.reading.runtime import Network, levels, log_softmax
from platewright.reading.speller import Look
from platewright.reading.spelling import Spelling
from platewright.reading.straighten import refined, straightened
from platewright.text import Alphabet

BLANK_SURE = 0.98  #: Steps that are blank with more than this stand together as one
ASTRAY, MAYBE = 0.08, 0.1
"""Where a corner lies so far from where it was framed, in windows, what may be a plate is read anew
in its new frame; what was said of its text before does not count."""
SURE = 0.97  #: A text that the framings so far are surer of is not read again ...
HARDLY = 0.3
"""... nor what is hardly a plate: presence times how certain the average character is."""
GAP = 1.28  #: A British plate's groups are 1.36 times as far apart as its characters
LEAST_LARGE, LARGER, OVERHANG = 3, 1.25, 0.6
"""A large group beside small lines has so many characters and more, so much further apart than
theirs; and the second small line is no longer than the first one by more of what they are apart."""
NOTHING = 0.3  #: How certain the average character counts where none is read
USUAL = 0.8
"""Temperature at which it counts: presence, and what is found, are the same at every other."""


class LineSpeller:
    """Reads with the line reader.

    Args:
        network: with the part `line`.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.settings: LineSettings = network.settings.line
        self.alphabet = Alphabet(self.settings.characters + UNSEEN)
        self.longest = self.settings.longest

    def look(
        self, grey: Picture, quads: Sequence[FloatArray], framings: Sequence[float]
    ) -> list[Look]:
        """See `Speller`; what is unsure in the first framing is read in the others, too."""
        first, *others = framings
        framed, there, found, strayed = self._read(grey, quads, first)
        sure = [_sure(p, e) for p, e in zip(there, found, strict=True)]
        astray = [k for k, far in enumerate(strayed) if far > ASTRAY and sure[k] > MAYBE]
        if astray:
            again = self._read(grey, [framed[k] for k in astray], first)[:3]
            for k, quad, presence, evidence in zip(astray, *again, strict=True):
                framed[k], there[k], found[k] = quad, max(presence, there[k]), evidence
                sure[k] = _sure(there[k], evidence)
        # Of nearly the same quads only the surest is read again.
        kept = suppress([box_of_quad(quad) for quad in framed], sure, overlap=SAME_FIND, inside=1)
        unsure = [k for k in kept.tolist() if sure[k] > HARDLY and found[k].probability < SURE]
        for framing in others:
            if not unsure:
                break
            windows, back = self._windows(grey, [framed[k] for k in unsure], framing)
            self._add(found, unsure, self._steps(windows))
            if framing == others[-1]:
                self._read_apart(grey, found, unsure, framing, back)
            unsure = [k for k in unsure if found[k].probability < SURE]
        return [Look(quad, _sure(p, e), e) for quad, p, e in zip(framed, there, found, strict=True)]

    def _read(
        self, grey: Picture, quads: Sequence[FloatArray], framing: float
    ) -> tuple[list[FloatArray], list[float], list[LineEvidence], FloatArray]:
        """Return new frames, presence, evidence, and how far the frames strayed, in windows."""
        own = self.settings
        windows, back = self._windows(grey, quads, framing)
        steps, presence, corners = self.network.run(
            ["steps", "plate_presence", "plate_corners"], {"plate": levels(windows)}
        )
        size = np.tile(np.array(own.window[::-1], float), 4)
        framed = refined(quads, back, presence[:, 0], corners * size)
        margin = np.tile(np.array(own.margin, float) * framing, (4, 1))
        were = (margin + UNIT) / (1 + 2 * margin)
        strayed = np.abs(corners - were.ravel()).max(axis=1)
        strayed[[new is old for new, old in zip(framed, quads, strict=True)]] = 0.0
        found = [LineEvidence(steps[k : k + 1], own) for k in range(len(quads))]
        return framed, sigmoid(presence[:, 0]).tolist(), found, strayed

    def _read_apart(
        self, grey: Picture, found: list[LineEvidence], which: Sequence[int], framing: float,
        back: FloatArray,
    ) -> None:  # fmt: skip
        """Add what the parts of plates say in windows of their own, where their layout asks for it.

        Args:
            which: of what was found was read last ...
            framing: ... with this margin, times the reader's own.
            back: (n, 3, 3) homographies from its windows to photo points.
        """
        own = self.settings
        parted = [
            (k, [np.asarray(project(matrix, part)) for part in parts_of(split, own, framing)])
            for k, matrix in zip(which, back, strict=True)
            if (split := found[k].split()) is not None
        ]
        if parted:
            quads = [quad for _, pair in parted for quad in pair]
            steps = self._steps(self._windows(grey, quads, 1.0)[0])
            both = steps.reshape(len(parted), -1, own.num_classes)
            self._add(found, [k for k, _ in parted], both)

    def _steps(self, windows: Picture) -> NDArray[np.float32]:
        (logits,) = self.network.run(["steps"], {"plate": levels(windows)})
        return logits

    def _add(
        self, found: list[LineEvidence], which: Sequence[int], logits: NDArray[np.float32]
    ) -> None:
        """Let one more framing count."""
        for at, k in enumerate(which):
            found[k] = LineEvidence(logits[at : at + 1], self.settings, found[k])

    def _windows(
        self, grey: Picture, quads: Sequence[FloatArray], framing: float
    ) -> tuple[Picture, FloatArray]:
        margin = (self.settings.margin[0] * framing, self.settings.margin[1] * framing)
        return straightened(grey, quads, self.settings.window, margin)


def _sure(presence: float, evidence: LineEvidence) -> float:
    """Return how sure it is that a plate is read; what is hardly one is not spelt for that."""
    return presence * (evidence.certainty if presence > HARDLY else NOTHING)


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
        for number in np.unique(line):
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


def parts_of(split: float, settings: LineSettings, framing: float) -> tuple[FloatArray, FloatArray]:
    """Return the quads (4, 2) of a plate left and right of a column, pixels of its window.

    Args:
        split: where between two columns, from 0.
        framing: the margin that it is framed with, times the reader's own.
    """
    (height, width), (mx, my) = settings.window, settings.margin
    left, top = (
        size * m * framing / (1 + 2 * m * framing) for size, m in ((width, mx), (height, my))
    )
    between = (split + 0.5) * width / settings.cells[1]
    right, bottom = width - left, height - top
    return quad_of_box((left, top, between, bottom)), quad_of_box((between, top, right, bottom))


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
