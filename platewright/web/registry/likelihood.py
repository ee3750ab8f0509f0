"""How likely each registered plate is, given what the network says of every character.

A reading is a table of probabilities, a row per slot. A registered plate is weighed by the product
of its own characters' entries: O for 0 costs little where the network itself was torn, and much
where it was sure. Beside the plates stands the hypothesis that the vehicle is none of them, but
bears a text of the same kind: characters as frequent, place by place, as in the registry.

The network's probabilities are of even texts, and a plate's evidence is divided by theirs; that
cancels in the ratio, so it does not appear below.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import FloatArray
from platewright.network.part import UNSEEN
from platewright.text import DEFAULT_CHARACTERS, Alphabet

LONGEST = 12  #: Most characters of a plate: as many as the network has slots
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


Codes = NDArray[np.int16]
PART = 4096  #: Plates that are weighed at a time: their tables stay in the processor's cache


@dataclass(frozen=True, kw_only=True)
class LookupSettings:
    """What a match needs.

    Slips and the like were chosen on crops of US plates, not on the photos that
    `benchmarks/lookup.py` is about; `least` so that few strangers are let in.
    """

    known: float = 0.5  #: share of the passing vehicles that are thought to be registered, 0-1
    #: share of the readings' characters that are wrong however sure the network is, 0-1
    doubt: float = 1e-3
    #: probability that the network saw one character too many, or one too few, at a place
    slip: float = 3e-3
    #: that it took something beside the text (an emblem, a border, a sticker) for its first or its
    #: last character
    edge: float = 0.3
    least: float = 0.99  #: least probability, after all is weighed, of the plate that is taken, 0-1
    #: as many plates of even characters and lengths are added to the frequencies
    evenness: float = 10.0


@dataclass(frozen=True)
class Match:
    """What the look-up says."""

    index: int  #: of the plate among those given; -1: none is likely enough
    best: int  #: the most likely plate, whether likely enough or not; -1 where there is none
    ratio: float  #: log10 of its likelihood over that of a vehicle that is not registered
    probability: float  #: of the best plate, among all plates and "not registered", 0-1
    exact: bool  #: whether it is the read text itself


class Matcher:
    """Weighs registered plates.

    Args:
        plates: the texts, each once, of the alphabet's characters; longer ones than the slots are
            never matched.
    """

    def __init__(
        self,
        plates: Sequence[str],
        alphabet: Alphabet | None = None,
        slots: int = 12,
        settings: LookupSettings | None = None,
    ) -> None:
        self.alphabet = alphabet or Alphabet()
        self.settings = settings or LookupSettings()
        self.slots = slots
        self.places = {text: k for k, text in enumerate(plates)}
        pad = self.alphabet.pad
        # One slot more, always empty: a plate as long as the slots ends as well.
        self._codes: Codes = np.full((len(plates), slots + 1), pad, np.int16)
        self._usable = np.ones(len(plates), bool)
        for k, text in enumerate(plates):
            kinds = [self.alphabet.index(char) for char in text]
            if not 0 < len(kinds) <= slots or min(kinds) < 0:
                self._usable[k] = False
                continue
            self._codes[k, : len(kinds)] = kinds
        self._lengths = (self._codes != pad).sum(axis=1)
        # Where each plate's entries lie in a table of (slots + 1, classes) that is laid out flat.
        self._flat = self._codes + np.arange(slots + 1) * self.alphabet.num_classes
        self._common, self._long = self._frequencies()
        self._at_edge = float(np.log(self.settings.edge / self.settings.slip))

    def __len__(self) -> int:
        return len(self._codes)

    def match(self, slots: FloatArray, text: str = "", *, without: int = -1) -> Match:
        """Look a reading up.

        Args:
            slots: (slots, classes) probabilities; the last class is `pad`. Where the network also
                tells that characters are hidden, that class stands before it.
            text: what was read; a plate of that very text is always the best. While characters are
                hidden, a plate may be the best, but is never taken.
            without: a plate that is taken for unregistered; -1: none.

        Raises:
            ValueError: if the slots are of another alphabet.
        """
        if not len(self):
            return Match(-1, -1, -np.inf, 0.0, exact=False)
        logs, other = self._logs(slots)
        scores = self._scores(logs) - other  # log-likelihood ratios
        scores[~self._usable] = -np.inf
        if without >= 0:
            scores[without] = -np.inf
        settings, count = self.settings, int(np.isfinite(scores).sum())
        if not count:
            return Match(-1, -1, -np.inf, 0.0, exact=False)
        exact = self.places.get(text, -1)
        exact = -1 if exact == without else exact
        best = exact if exact >= 0 else int(scores.argmax())
        prior = np.log(settings.known / count) - np.log1p(-settings.known)
        top = max(float(scores.max()) + prior, 0.0)
        weights = np.exp(scores + prior - top)
        probability = float(weights[best] / (weights.sum() + np.exp(-top)))
        taken = exact >= 0 or (probability >= settings.least and UNSEEN not in text)
        ratio = float(scores[best] / np.log(10))
        return Match(best if taken else -1, best, ratio, probability, exact=exact >= 0)

    def _logs(self, slots: FloatArray) -> tuple[FloatArray, float]:
        """Return log-probabilities of the slots, doubted, and that of a text not registered."""
        classes, pad = self.alphabet.num_classes, self.alphabet.pad
        doubt = self.settings.doubt
        given = self._without_hidden(np.asarray(slots, np.float64)[: self.slots])
        given = np.vstack([given, np.eye(classes)[-1]])
        given = np.pad(given, [(0, self.slots + 1 - len(given)), (0, 0)])
        given = (1 - doubt) * given / np.maximum(given.sum(axis=1, keepdims=True), 1e-12)
        given += doubt / classes
        logs = np.log(given)
        # A text of each length: its characters as frequent as the registry's, then empty slots.
        there = np.log((given[:-1, :pad] * self._common).sum(axis=1))
        empty = logs[::-1, pad].cumsum()[::-1]
        each = np.concatenate([[0.0], there.cumsum()]) + empty + np.log(self._long)
        return logs, float(np.logaddexp.reduce(each))

    def _without_hidden(self, slots: FloatArray) -> FloatArray:
        """Return slots of the alphabet's classes: a hidden character may be any, all alike."""
        classes, pad = self.alphabet.num_classes, self.alphabet.pad
        if slots.shape[1] == classes:
            return slots
        if slots.shape[1] != classes + 1:
            raise ValueError(f"slots of {slots.shape[1]} classes; the registry knows {classes}")
        shown = slots[:, :pad] + slots[:, pad : pad + 1] / pad
        return np.concatenate([shown, slots[:, pad + 1 :]], axis=1)

    def _scores(self, logs: FloatArray) -> FloatArray:
        """Return each plate's log-likelihood, the best of three ways to lie on the slots."""
        parts = [
            self._part(logs, self._flat[k : k + PART], self._lengths[k : k + PART])
            for k in range(0, len(self), PART)
        ]
        return np.concatenate(parts)

    def _part(
        self, logs: FloatArray, flat: NDArray[np.intp], lengths: NDArray[np.intp]
    ) -> FloatArray:
        """Return the log-likelihoods of some plates."""
        places = np.arange(self.slots + 1)
        straight = logs.ravel().take(flat)
        ahead = np.vstack([logs[1:], logs[-1:]]).ravel().take(flat)
        behind = np.vstack([logs[:1], logs[:-1]]).ravel().take(flat)
        before = np.cumsum(straight, axis=1) - straight
        slip = np.log(self.settings.slip)
        best = straight.sum(axis=1)
        # A character too many was seen at place k: from there on the plate lies one slot ahead.
        rest = np.cumsum(ahead[:, ::-1], axis=1)[:, ::-1]
        # Which character that is nobody knows: any is as likely as another.
        odd = np.full(len(places), slip - np.log(len(self.alphabet)))
        odd = np.where((places == 0) | (places == lengths[:, None]), odd + self._at_edge, odd)
        best = np.maximum(best, (before + rest + odd).max(axis=1))
        # The k-th character was not seen: those after it lie one slot behind.
        after = np.cumsum(behind[:, ::-1], axis=1)[:, ::-1] - behind
        inside = places < lengths[:, None]
        missed = np.where(inside, before + after, -np.inf).max(axis=1)
        return np.asarray(np.maximum(best, missed + slip), np.float64)

    def _frequencies(self) -> tuple[FloatArray, FloatArray]:
        """Return (slots, characters) shares at each place, and (slots + 1,) shares of lengths."""
        pad, even = self.alphabet.pad, self.settings.evenness
        codes, lengths = self._codes[self._usable, : self.slots], self._lengths[self._usable]
        counts = np.stack([np.bincount(column, minlength=pad + 1)[:pad] for column in codes.T])
        shares = counts + even / pad
        long = np.bincount(lengths, minlength=self.slots + 1) + even / (self.slots + 1)
        return (
            np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float64),
            np.asarray(long / long.sum(), np.float64),
        )
