from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platewright.alphabet import DEFAULT_CHARACTERS, Alphabet


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
