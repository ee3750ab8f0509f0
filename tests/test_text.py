"""Texts: cleaned, folded, aligned."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platewright.text import (
    DEFAULT_CHARACTERS,
    Alphabet,
    align,
    clean,
    edit_distance,
    fold,
    plain,
    shielded,
    unmarked,
    unshielded,
)


@pytest.mark.parametrize(
    ("truth", "read", "edits"),
    [
        ("", "", 0),
        ("ABC", "", 3),
        ("", "AB", 2),
        ("ABC", "ABC", 0),
        ("ABC", "ADC", 1),
        ("ABC", "AC", 1),
        ("ABC", "XABC", 1),
        ("ABCD", "DCBA", 4),
        ("SATURDAY", "SUNDAY", 3),
    ],
)
def test_edit_distance(truth: str, read: str, edits: int) -> None:
    assert edit_distance(truth, read) == edits
    assert edit_distance(read, truth) == edits


@given(st.text("a=-＝;'\t\r\n", max_size=8))  # noqa: RUF001
def test_a_shielded_cell_begins_no_formula_wherever_cells_end_and_comes_back(cell: str) -> None:
    told = str(shielded(cell))
    assert unshielded(told) == cell
    assert told[:1] not in ("\t", "\r", "\n")
    parts = re.split(r"[;\t\r\n]", told)
    assert not any(part.startswith(("=", "-", "＝")) for part in parts)  # noqa: RUF001


def test_alignment_spells_both_texts() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        a, b = ("".join(rng.choice(list("AB0"), rng.integers(0, 7))) for _ in range(2))
        pairs = align(a, b)
        assert "".join(t for t, _ in pairs).replace("-", "") == a
        assert "".join(r for _, r in pairs).replace("-", "") == b
        assert ("-", "-") not in pairs
        assert max(len(a), len(b)) >= edit_distance(a, b) >= abs(len(a) - len(b))


def test_clean_and_fold() -> None:
    assert clean("  gb-ab·12 cdé ") == "GBAB12CD"
    assert fold("OI") == fold("01") == "01"
    assert fold("QB8") == "QB8"


def test_alignment_is_a_cheapest_one() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        a, b = ("".join(rng.choice(list("AB0"), rng.integers(0, 9))) for _ in range(2))
        assert sum(t != r for t, r in align(a, b)) == edit_distance(a, b)


def test_plain_keeps_other_scripts_and_unmarked_the_rest_of_a_text() -> None:
    assert plain("é-1 \uff21") == "É1A"
    assert plain("ب 12") == "ب12"
    assert unmarked("Ł-Ž·Å") == "Ł-Z·A"


def test_the_default_has_digits_then_letters_then_pad() -> None:
    alphabet = Alphabet()
    assert (len(alphabet), alphabet.num_classes, alphabet.pad) == (36, 37, 36)
    assert [alphabet.index(c) for c in "09AZ"] == [0, 9, 10, 35]


@given(st.text(DEFAULT_CHARACTERS, max_size=12))
def test_every_text_comes_back(text: str) -> None:
    alphabet = Alphabet()
    classes = alphabet.encode(text, 12)
    assert classes.shape == (12,)
    assert (classes[len(text) :] == alphabet.pad).all()
    assert alphabet.decode(classes.tolist()) == text


@pytest.mark.parametrize(("char", "plain"), [("Ä", "A"), ("Ö", "O"), ("Ü", "U"), ("É", "E")])
def test_letters_with_marks_count_as_the_letter(char: str, plain: str) -> None:
    assert Alphabet().index(char) == DEFAULT_CHARACTERS.index(plain)


def test_an_alphabet_that_has_the_marked_letter_keeps_it() -> None:
    assert Alphabet("AÄ").index("Ä") == 1


@pytest.mark.parametrize("char", ["-", " ", "a", "Ж", "", "AB"])
def test_what_it_lacks_is_minus_one(char: str) -> None:
    assert Alphabet().index(char) == -1


@pytest.mark.parametrize("characters", ["", "ABA"])
def test_characters_must_be_distinct(characters: str) -> None:
    with pytest.raises(ValueError, match="distinct characters"):
        Alphabet(characters)


def test_what_cannot_be_encoded_is_named() -> None:
    with pytest.raises(ValueError, match="'ABCD' is longer than 3 slots"):
        Alphabet().encode("ABCD", 3)
    with pytest.raises(ValueError, match="'-' of 'A-B' is not in the alphabet"):
        Alphabet().encode("A-B", 5)
