"""Words: what is told of slots is the sum of what is told of texts; the table is counted."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from platewright.reading.word import FOLLOWING, LETTERS, Words
from platewright.text import Alphabet

FULL = Alphabet()
LIST = Path("/usr/share/dict/american-english")  # Debian's wamerican


def rated(*texts: str) -> list[float]:
    of = Words(FULL)
    return [float(of.of_texts(FULL.encode(text, len(text))[None])[0]) for text in texts]


def test_words_are_more_probable_than_what_looks_like_them() -> None:
    for word, other in (("BANANA", "BQNANA"), ("ZENDOG", "ZENDQG"), ("HIP2", "HTP2")):
        good, bad = rated(word, other)
        assert good > bad + 1, word
    assert rated("BANANA")[0] > 0 > rated("BXQVJZ")[0]
    assert abs(rated("123456")[0]) < 2  # a number is no word, and is not held against it


def test_slots_are_the_sum_over_texts() -> None:
    alphabet = Alphabet("AB1?")
    of = Words(alphabet)
    slots = np.random.default_rng(2).dirichlet(np.ones(5), 3)
    for length, log in enumerate(of.of_slots(slots), 1):
        texts = np.array(list(product(range(4), repeat=length)))
        chances = [slots[np.arange(length), text].prod() for text in texts]
        assert np.exp(log) == pytest.approx(chances @ np.exp(of.of_texts(texts)))
    assert of.of_texts(np.array([[3, 0]]))[0] == -np.inf  # what is not seen is in no word


def test_chances_sum_to_one() -> None:
    """Of texts of one length, each beside an even text, the mean is 1."""
    texts = np.array(list(product(range(36), repeat=3)))
    assert np.exp(Words(FULL).of_texts(texts)).mean() == pytest.approx(1, abs=1e-9)


@pytest.mark.skipif(not LIST.exists(), reason="the list of words is not installed: wamerican")
def test_the_table_is_that_of_the_list() -> None:
    lines = LIST.read_text().split()
    words = {line.removesuffix("'s").upper() for line in lines}
    counts = np.full((27, 26), 0.5)
    for word in (word for word in words if re.fullmatch("[A-Z]{3,8}", word)):
        for before, after in zip(" " + word, word, strict=False):
            counts[LETTERS.find(before), LETTERS.index(after)] += 1  # the last row begins a word
    codes = np.rint(-2 * np.log2(counts / counts.sum(axis=1, keepdims=True))).astype(int)
    assert ["".join(LETTERS[min(code, 25)] for code in row) for row in codes] == FOLLOWING.split()
