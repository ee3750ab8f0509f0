"""Spellings: a text with its probability, and what else may stand at each of its places."""

from dataclasses import dataclass

import numpy as np

from platewright.geometry import FloatArray
from platewright.record import Character
from platewright.text import Alphabet

EMPTY = 0.5
"""A slot that is empty with more than this probability ends the text: where several characters are
possible, none of them may be as probable as the end and yet one of them be there."""

ALTERNATIVES = 3  #: Most characters listed at a place, the text's own first


def sharpen(slots: FloatArray, temperature: float) -> FloatArray:
    """Return probabilities at another temperature: above 1 less sure, below 1 surer.

    >>> sharpen(np.array([[0.8, 0.2]]), 1.0).round(3).tolist()
    [[0.8, 0.2]]
    """
    if temperature == 1.0:
        return slots
    logs = np.log(np.maximum(slots, 1e-9)) / temperature
    raised = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float64)


def decode_slots(
    slots: FloatArray, alphabet: Alphabet, *, end: float | None = EMPTY
) -> tuple[str, float, tuple[Character, ...]]:
    """Read the most probable characters of a text that is as long as it most probably is.

    Args:
        slots: (slots, classes) probabilities, the last class is `pad`.
        end: the text ends at the first slot that is empty with more than this probability; None:
            at the first where no character is more probable than that it is empty.

    Returns:
        The text; its probability, which counts the slot that ends it too; its characters.
    """
    best = slots[:, : alphabet.pad].argmax(axis=1)
    least = slots[:, : alphabet.pad].max(axis=1) if end is None else end
    empty = np.flatnonzero(slots[:, alphabet.pad] > least)
    text = alphabet.decode(best[: empty[0] if empty.size else len(best)].tolist())
    confidence, characters = spell(text, slots, alphabet)
    return text, confidence, characters


def spell(text: str, slots: FloatArray, alphabet: Alphabet) -> tuple[float, tuple[Character, ...]]:
    """Return the probability of a text, and its characters.

    Args:
        text: of the alphabet's characters, at most as many as there are slots.
        slots: (slots, classes) probabilities, the last class is `pad`.

    Returns:
        The product of the characters' probabilities and that of the slot that ends the text, 0 for
        an empty one; the characters.

    Raises:
        ValueError: if a character is foreign, or the text is longer than the slots.
    """
    characters: list[Character] = []
    confidence = 1.0 if text else 0.0
    ranked = np.argsort(-slots[: len(text), : alphabet.pad], axis=1)[:, :ALTERNATIVES].tolist()
    own_classes = alphabet.encode(text, len(slots)).tolist()
    for position, (char, own, likely) in enumerate(zip(text, own_classes, ranked, strict=False)):
        order = [own, *(k for k in likely if k != own)]
        listed = tuple(
            (alphabet.characters[k], float(slots[position, k]))
            for k in order[:ALTERNATIVES]
            if k == own or slots[position, k] > 0
        )
        characters.append(Character(char=char, probability=listed[0][1], alternatives=listed))
        confidence *= listed[0][1]
    if len(text) < len(slots):
        confidence *= float(slots[len(text), alphabet.pad])
    return confidence, tuple(characters)


def certainty(slots: FloatArray, alphabet: Alphabet) -> float:
    """Return how probable the average character of (slots, classes) is, with the text's end."""
    text, probability, _ = decode_slots(slots, alphabet)
    counted = min(len(text) + 1, len(slots))
    return float(probability ** (1 / counted))


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """A read text."""

    text: str  #: of the reader's alphabet
    log_probability: float  #: natural logarithm of the probability that the network gives it
    #: (slots, characters + 1) probabilities, the last class `pad`, as every reading has them; the
    #: text's own multiply to its probability
    slots: FloatArray
    #: further texts with their logarithms, best first; empty where none were looked for
    others: tuple[tuple[str, float], ...] = ()
    #: (steps, rows, columns) where attention looked for each character and for the end, each step
    #: adds up to 1; None for readers without attention
    weights: FloatArray | None = None


def fold_slots(slots: FloatArray, own: Alphabet, wanted: Alphabet, count: int) -> FloatArray:
    """Return slots in another alphabet: small letters become capitals, what it lacks goes.

    Args:
        slots: (slots, classes of `own`) probabilities.
        own: alphabet of the slots.
        wanted: alphabet of the result.
        count: slots of the result; what is longer is cut off.

    >>> fold_slots(np.array([[0.5, 0.25, 0.125, 0.125]]), Alphabet("Aa "), Alphabet("AB"), 2).tolist()
    [[0.8571428571428571, 0.0, 0.14285714285714285], [0.0, 0.0, 1.0]]
    """  # noqa: E501
    out = np.zeros((count, wanted.num_classes))
    rows = min(count, len(slots))
    for k, char in enumerate(own.characters):
        found = wanted.index(char)
        found = found if found >= 0 else wanted.index(char.upper())
        if found >= 0:
            out[:rows, found] += slots[:rows, k]
    out[:rows, wanted.pad] = slots[:rows, own.pad]
    out[rows:, wanted.pad] = 1.0
    total = out.sum(axis=1, keepdims=True)
    return np.where(total > 0, out / np.where(total > 0, total, 1.0), 1.0 / wanted.num_classes)
