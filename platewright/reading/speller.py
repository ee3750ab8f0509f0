"""Spellers: what the plates in given quads say, and what of a plate is there."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from platewright.errors import ConfigError
from platewright.geometry import FloatArray, Picture
from platewright.reading.finder import sigmoid
from platewright.reading.runtime import Network, levels
from platewright.reading.spelling import (
    Spelling,
    certainty,
    decode_slots,
    fold_slots,
    sharpen,
    spell,
)
from platewright.reading.straighten import refined, straightened
from platewright.text import Alphabet


class Evidence(Protocol):
    """What a network makes of one plate: any text can be rated by it."""

    def spell(self) -> Spelling:
        """Return the most probable text found."""
        ...

    def rate(self, texts: Sequence[str]) -> list[float]:
        """Return the logarithms of texts' probabilities, cut off as by `spell_as`.

        Raises:
            ValueError: if a character is foreign to the alphabet.
        """
        ...

    def spell_as(self, text: str) -> Spelling:
        """Return what `spell` would of a given text, cut off to as many characters as slots.

        Raises:
            ValueError: if a character is foreign to the alphabet.
        """
        ...


@dataclass(frozen=True)
class Look:
    """One plate, looked at."""

    quad: FloatArray  #: (4, 2) as it was seen, photo pixels
    presence: float  #: that it is a plate that can be read, 0-1
    evidence: Evidence  #: what its text may be


class Speller(Protocol):
    """Reads the plates in given quads of a photo."""

    alphabet: Alphabet  #: of its spellings
    longest: int  #: most characters of a text

    def look(
        self, grey: Picture, quads: Sequence[FloatArray], framings: Sequence[float]
    ) -> list[Look]:
        """Look at quads (4, 2) of a grey (H, W) photo.

        Args:
            grey: the photo.
            quads: photo pixels, at least one.
            framings: the margins round a quad at which it is read, times the network's own; the
                first one's frame is the look's.
        """
        ...


class CropSpeller(Protocol):
    """Reads straightened plates, without a judgement on presence."""

    alphabet: Alphabet  #: of its spellings
    #: (x, y) room round the plate's quad that it wants, parts of the plate
    margin: tuple[float, float]
    weight: float  #: of its probabilities beside those of the detector's own speller, 0-1

    def window(self, quad: FloatArray) -> tuple[int, int]:
        """Return the (height, width) that it wants a plate's crop in."""
        ...

    def look(self, crops: Sequence[Picture]) -> list[Any]:
        """Return the `Evidence` of each of grey (h, w) crops, as `window` wants them."""
        ...


class SlotSpeller:
    """Reads by slots: one distribution for each place of the text."""

    def __init__(self, network: Network) -> None:
        self.network = network
        own = network.settings.slots
        self.alphabet, self.longest = own.alphabet, own.slots

    def look(
        self, grey: Picture, quads: Sequence[FloatArray], framings: Sequence[float]
    ) -> list[Look]:
        """See `Speller`; probabilities are the mean of the framings'."""
        own = self.network.settings.slots
        size = np.tile(np.array(own.window[::-1], float), 4)
        slots, presences = [], []
        framed = list(quads)
        for k, framing in enumerate(framings):
            margin = (own.margin[0] * framing, own.margin[1] * framing)
            pictures, back = straightened(grey, quads, own.window, margin)
            found, presence, corners = self.network.run(
                ["slots", "presence", "corners"], {"window": levels(pictures)}
            )
            slots.append(found)
            presences.append(presence[:, 0])
            if k == 0:
                framed = refined(quads, back, presence[:, 0], corners * size)
        mean, logits = np.mean(slots, axis=0), np.mean(presences, axis=0)
        looks = []
        for quad, each, logit in zip(framed, mean, logits, strict=True):
            plain = each.astype(np.float64)
            # Presence is of the plain probabilities: calibrating must not move what is found.
            there = float(sigmoid(logit)) * certainty(plain, own.alphabet)
            evidence = SlotEvidence(plain, own.alphabet, own.temperature)
            looks.append(Look(quad, there, evidence))
        return looks


class SlotEvidence:
    """Slots of one plate.

    Args:
        plain: (slots, classes) probabilities as the network gives them.
        temperature: divides their logarithms.
    """

    def __init__(self, plain: FloatArray, alphabet: Alphabet, temperature: float = 1.0) -> None:
        self.plain, self.alphabet = plain, alphabet
        self.slots = sharpen(plain, temperature)

    def spell(self) -> Spelling:
        """See `Evidence`."""
        return self.spell_as(decode_slots(self.plain, self.alphabet)[0])

    def rate(self, texts: Sequence[str]) -> list[float]:
        """See `Evidence`."""
        return [math.log(max(spell(t, self.slots, self.alphabet)[0], 1e-300)) for t in texts]

    def spell_as(self, text: str) -> Spelling:
        """See `Evidence`."""
        text = text[: len(self.slots)]
        return Spelling(text=text, log_probability=self.rate([text])[0], slots=self.slots)


class SecondSpeller:
    """Frames and judges presence with one speller, and takes the text of another.

    Args:
        base: frames and judges.
        other: spells the crops of its frames.
    """

    def __init__(self, base: Speller, other: CropSpeller) -> None:
        self.base, self.other = base, other
        self.alphabet, self.longest = base.alphabet, base.longest

    def look(
        self, grey: Picture, quads: Sequence[FloatArray], framings: Sequence[float]
    ) -> list[Look]:
        """See `Speller`; only where the base's own text counts all framings do."""
        alone = self.other.weight >= 1
        looks = self.base.look(grey, quads, framings[:1] if alone else framings)
        seen = self.other.look(crops_for(self.other, grey, [look.quad for look in looks]))
        return [
            Look(look.quad, look.presence, self._evidence(look.evidence, other))
            for look, other in zip(looks, seen, strict=True)
        ]

    def _evidence(self, own: Evidence, other: Evidence) -> SlotEvidence:
        """Return the other's text and slots in the base's alphabet."""
        spelling = other.spell()
        alphabet = self.alphabet
        found = [alphabet.index(c) for c in spelling.text]
        found = [
            k if k >= 0 else alphabet.index(c.upper())
            for k, c in zip(found, spelling.text, strict=True)
        ]
        # A character that the base doesn't know, such as a space, goes with its slot.
        lacking = [at for at, k in enumerate(found[: len(spelling.slots)]) if k < 0]
        known = np.delete(spelling.slots, lacking, axis=0)
        slots = fold_slots(known, self.other.alphabet, alphabet, self.longest)
        if self.other.weight < 1:
            slots = self.other.weight * slots + (1 - self.other.weight) * own.spell().slots
        text = alphabet.decode([k for k in found if k >= 0][: self.longest])
        return SettledEvidence(text, slots, alphabet)


class SettledEvidence(SlotEvidence):
    """Slots with a text that is settled already.

    Args:
        text: of the alphabet.
        slots: (slots, classes) probabilities.
    """

    def __init__(self, text: str, slots: FloatArray, alphabet: Alphabet) -> None:
        super().__init__(slots, alphabet)
        self.text = text

    def spell(self) -> Spelling:
        """See `Evidence`."""
        return self.spell_as(self.text)


def crops_for(speller: CropSpeller, grey: Picture, quads: Sequence[FloatArray]) -> list[Picture]:
    """Return straightened plates (h, w) as a speller wants them.

    Args:
        speller: says of what size and with how much room.
        grey: (H, W) photo.
        quads: (4, 2) each, photo pixels.
    """
    return [
        straightened(grey, [quad], speller.window(quad), speller.margin)[0][0] for quad in quads
    ]


LEAST = 1e-6  #: No voter rules out a character altogether


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

    def vote(self, own: Evidence, others: Sequence[Evidence]) -> SettledEvidence:
        """Return the text that has most of the votes.

        Args:
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
        return SettledEvidence(chosen, pool(votes), alphabet)


def _fits(text: str, alphabet: Alphabet) -> bool:
    return all(alphabet.index(char) >= 0 for char in text)


def _rated(evidence: Evidence, texts: Sequence[str], alphabet: Alphabet) -> FloatArray:
    """Return log-probabilities; a text with a character that a voter lacks has hardly any."""
    fit = [text for text in texts if _fits(text, alphabet)]
    rated = dict(zip(fit, evidence.rate(fit), strict=True)) if fit else {}
    return np.array([rated.get(text, -50.0) for text in texts])
