"""Several spellers of one plate vote on its text.

Networks that were built and trained differently err on different plates. Each of them rates every
text that one of them reads; the text of the greatest product of probabilities is taken, and what
is said of each of its characters is the geometric mean: a logarithmic opinion pool (Genest and
Zidek, "Combining probability distributions", 1986).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.alphabet import Alphabet
from platewright.errors import ConfigError
from platewright.reading.speller import Evidence, Given, Look, Speller, crops_for
from platewright.reading.spelling import decode_slots, fold_slots

__all__ = ["VoteSpeller", "pool"]

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]
LEAST = 1e-6
"""No voter rules out a character altogether."""


def pool(votes: Sequence[FloatArray]) -> FloatArray:
    """Return the geometric mean of probabilities, which adds up to 1 along the last axis.

    >>> pool([np.array([0.5, 0.5]), np.array([0.9, 0.1])]).round(2).tolist()
    [0.75, 0.25]
    """
    mean = np.exp(np.mean([np.log(np.maximum(vote, LEAST)) for vote in votes], axis=0))
    return np.asarray(mean / mean.sum(axis=-1, keepdims=True), np.float64)


class VoteSpeller:
    """Frames and judges presence with one speller; several vote on the texts.

    Args:
        base: frames and judges.
        others: spellers by networks, at least one.
        own: whether the base votes as well.

    Raises:
        ConfigError: if one lacks characters of the base, or reads shorter texts.
    """

    def __init__(self, base: Speller, others: Sequence[Any], *, own: bool = True) -> None:
        """Check that they can read the same texts."""
        for other in others:
            lacking = sorted(set(base.alphabet.characters) - set(other.alphabet.characters) - {"?"})
            name, most = other.settings.name, other.settings.slots
            if lacking:
                raise ConfigError(f"{name} lacks the character {lacking[0]}, so it has no vote")
            if most < base.longest:
                raise ConfigError(
                    f"{name} reads {most} characters at most, not {base.longest}, so it has no vote"
                )
        self.base, self.others, self.own = base, tuple(others), own
        self.alphabet, self.longest = base.alphabet, base.longest

    def look(
        self, grey: Picture, quads: Sequence[FloatArray], framings: Sequence[float]
    ) -> list[Look]:
        """See `Speller`."""
        looks = self.base.look(grey, quads, framings)
        framed = [look.quad for look in looks]
        seen = [other.look(crops_for(other, grey, framed)) for other in self.others]
        return [
            Look(look.quad, look.presence, self.vote(look.evidence, each))
            for look, *each in zip(looks, *seen, strict=True)
        ]

    def vote(self, own: Evidence, others: Sequence[Evidence]) -> Given:
        """Return the text that has most of the votes.

        Args:
            own: of the base.
            others: of the others, in their order.
        """
        alphabet = self.alphabet
        voters: list[tuple[Evidence, Alphabet]] = [(own, alphabet)] if self.own else []
        voters += [(e, o.alphabet) for e, o in zip(others, self.others, strict=True)]
        spelled = [evidence.spell() for evidence, _ in voters]
        told = [said.text.upper() for said in spelled]
        if self.own:  # as sure as its slots are once they are calibrated
            told[0] = decode_slots(spelled[0].slots, alphabet)[0]
        known_to_base = ("".join(c for c in t if alphabet.index(c) >= 0) for t in told)
        texts = list(dict.fromkeys(text[: self.longest] for text in known_to_base))
        chosen = texts[0]
        if len(texts) > 1:
            ratings = np.zeros(len(texts))
            for evidence, known in voters:
                ratings += _rated(evidence, texts, known)
            chosen = texts[int(np.argmax(ratings))]
        votes = []
        for (evidence, known), said in zip(voters, spelled, strict=True):
            if said.text != chosen and _fits(chosen, known):
                said = evidence.spell_as(chosen)
            votes.append(fold_slots(said.slots, known, alphabet, self.longest))
        return Given(chosen, pool(votes), alphabet)


def _fits(text: str, alphabet: Alphabet) -> bool:
    return all(alphabet.index(char) >= 0 for char in text)


def _rated(evidence: Evidence, texts: Sequence[str], alphabet: Alphabet) -> FloatArray:
    """Return log-probabilities; a text with a character that a voter lacks has hardly any."""
    fit = [text for text in texts if _fits(text, alphabet)]
    rated = dict(zip(fit, evidence.rate(fit), strict=True)) if fit else {}
    return np.array([rated.get(text, -50.0) for text in texts])
