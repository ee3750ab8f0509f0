"""Words: how often one character follows another on personal plates, which are words mostly."""

import math

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import FloatArray
from platewright.text import Alphabet

LETTERS, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
ASTRAY = 0.1  #: Part of the letters that follow by no rule: names, and words without their vowels
TO_DIGIT, TO_LETTER = 0.1, 0.7  #: How often a digit comes next, after a letter; a letter, after one
GONE = 1e-6  #: What is less probable, beside an even text, is no word
FOLLOWING = (
    "SKIJONKOJTMHJGRKSGHHLLMPKN FJRRFWYSHRXGSSGUYHKOHTTYMZ GVMVHYVFIZGIVVFVTIMJJWZZMU "
    "HPRJERKPFQVJOPHRZIIQJQNZLU INLFKNNRNUQILHOMRFFJPMNMMR HTSTGGTVFVVGTTGVZHKJHZUZLZ "
    "GSZTFTIIHVUHOKHRYHIQIYQZMV FRURESWTFXTNNPFTYKLKIYQZKW JMIJHMKWRUOIKELLSJHIPLVPWN "
    "EWWWFSWWHWSWWWESWWSWEWSWWW IQVQDQSMEWOIQKJRZNGRLZOZJZ GPPLEOQUFYNHOSHOZSJLJOUUIX "
    "EIOTFRXTFZXPJOGHVSJTIWTZMY IQJHGNEQIRKORKJSTQHHLPRTNR LLKKMMLPLULIJGIJVGIIIKJONP "
    "GSRSFTTKGWSHRSGIZHIKIZTZMZ ORUUUUUUNUUPUURUUURUAURUUU GNMKFPMQGUMMLLGOUKHJJOSXKW "
    "IRJSGTUHHYLKLMJJOTIEJVMZNX HRMTEQUIGZVLRQHSZIHIJUNZKP KKJJJMKTJTOHHGPJWGGHUQVQRO "
    "FWUSCWUUEZZQZWHUZSQTMPZZNZ EOUMFRRIFZOKPJHQZKIPRZRZOT IQIVEQSKEVVOPQKHVQSGKLOJLS "
    "HLKLGPMPHTOIJIIJVJFLLSMPSQ GRRRDWWNFWRIPPHPTRWPMTQWKG IIHIKJJJLMMJILLIPIGIMMKTPQ"
)
"""Of each letter, and at last of a word's beginning: how probable A to Z come next, as minus twice
the binary logarithm, A for 0, Z for all that is less. Counted in the 42,962 words of three to eight
letters of SCOWL's American list (K. Atkinson, 2020.12.07; free to use for any purpose), each pair
half a time more than it is seen."""


class Words:
    """How probable texts are as words, beside texts of any characters, of which each is 1.

    Args:
        alphabet: characters of the texts; others than A to Z and digits stand in no word.
    """

    def __init__(self, alphabet: Alphabet) -> None:
        codes = np.array([list(row.encode()) for row in FOLLOWING.split()])
        letters = 2.0 ** ((ord("A") - codes) / 2)
        letters *= (1 - ASTRAY) / letters.sum(axis=1, keepdims=True)
        letters += ASTRAY / len(LETTERS)
        kinds = LETTERS + DIGITS
        chances = np.zeros((len(kinds) + 1, len(kinds)))  # the last of what begins a word
        of_letters = np.r_[: len(LETTERS), len(kinds)]
        chances[of_letters, : len(LETTERS)] = (1 - TO_DIGIT) * letters
        chances[of_letters, len(LETTERS) :] = TO_DIGIT / len(DIGITS)
        chances[len(LETTERS) : -1, : len(LETTERS)] = TO_LETTER * letters[-1]
        chances[len(LETTERS) : -1, len(LETTERS) :] = (1 - TO_LETTER) / len(DIGITS)
        known = [k for k, kind in enumerate(kinds) if kind in alphabet.characters]
        classes = [alphabet.index(kinds[k]) for k in known]
        self._next = np.zeros((len(alphabet), len(alphabet)))
        self._first = np.zeros(len(alphabet))
        self._next[np.ix_(classes, classes)] = chances[np.ix_(known, known)] * len(alphabet)
        self._first[classes] = chances[-1, known] * len(alphabet)

    def of_slots(self, slots: FloatArray) -> FloatArray:
        """Return the logarithms of how probable slots are as words of 1, 2, ... letters.

        Args:
            slots: (slots, classes) probabilities, the last class `pad`.

        Returns:
            (slots,); -inf where there is hardly a word.
        """
        out = np.full(len(slots), -np.inf)
        there = self._first * slots[0, :-1]
        for k, said in enumerate(slots[:, :-1]):
            if k:
                there = (there @ self._next) * said
            total = float(there.sum())
            if total < GONE:
                break
            out[k] = math.log(total)
        return out

    def of_texts(self, texts: NDArray[np.intp]) -> FloatArray:
        """Return the logarithms of how probable texts are as words.

        Args:
            texts: (n, characters) classes, at least one character.

        Returns:
            (n,); -inf where a text is none.
        """
        parts = self._first[texts[:, 0]] * self._next[texts[:, :-1], texts[:, 1:]].prod(axis=1)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(parts), np.float64)
