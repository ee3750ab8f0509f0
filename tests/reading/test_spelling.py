from __future__ import annotations

import numpy as np
import pytest

from platewright.reading.spelling import decode_slots, sharpen, spell
from platewright.text import Alphabet

ABC = Alphabet("ABC")  # classes 0, 1, 2; 3 is pad


def test_text_confidence_and_alternatives() -> None:
    slots = np.array(
        [
            [0.1, 0.6, 0.2, 0.1],
            [0.7, 0.05, 0.2, 0.05],
            [0.1, 0.1, 0.0, 0.8],
            [0.9, 0.0, 0.0, 0.1],  # after the end: does not count
        ]
    )
    text, confidence, characters = decode_slots(slots, ABC)
    assert text == "BA"
    assert confidence == pytest.approx(0.6 * 0.7 * 0.8)
    assert [c.probability for c in characters] == [0.6, 0.7]
    assert characters[0].alternatives == (("B", 0.6), ("C", 0.2), ("A", 0.1))
    assert characters[1].alternatives == (("A", 0.7), ("C", 0.2), ("B", 0.05))


def test_a_text_that_fills_every_slot_has_no_end_to_count() -> None:
    text, confidence, _ = decode_slots(np.array([[0.9, 0.05, 0.05, 0], [0, 0, 0.5, 0.5]]), ABC)
    assert text == "AC"
    assert confidence == pytest.approx(0.45)


def test_nothing_to_read_is_an_empty_text_without_confidence() -> None:
    assert decode_slots(np.array([[0.0, 0.1, 0.0, 0.9], [1.0, 0, 0, 0]]), ABC) == ("", 0.0, ())


def test_three_alternatives_at_most() -> None:
    slots = np.array([[0.4, 0.3, 0.2, 0.1, 0.0]])
    _, _, characters = decode_slots(slots, Alphabet("ABCD"))
    assert characters[0].alternatives == (("A", 0.4), ("B", 0.3), ("C", 0.2))


@pytest.mark.parametrize("text", ["A-", "ABCA"])
def test_a_text_that_cannot_be_spelt_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        spell(text, np.full((3, 4), 0.25), ABC)


def test_temperature_by_hand() -> None:
    slots = np.array([[0.64, 0.16, 0.2]])
    roots = np.sqrt([0.64, 0.16, 0.2])
    assert sharpen(slots, 2.0) == pytest.approx((roots / roots.sum())[None])
    squares = np.square([0.64, 0.16, 0.2])
    assert sharpen(slots, 0.5) == pytest.approx((squares / squares.sum())[None])
    assert sharpen(slots, 1.0) is slots


def test_temperature_keeps_sums_and_order_even_at_zero_probability() -> None:
    slots = np.array([[1.0, 0.0, 0.0], [0.5, 0.3, 0.2]])
    for temperature in (0.3, 1.7, 8.0):
        out = sharpen(slots, temperature)
        assert np.isfinite(out).all()
        assert out.sum(axis=-1) == pytest.approx([1, 1])
        assert out.argmax(axis=-1).tolist() == [0, 0]


def test_a_given_text_is_spelt_with_its_own_probabilities() -> None:
    slots = np.array([[0.1, 0.6, 0.2, 0.1], [0.7, 0.0, 0.2, 0.1], [0.1, 0.1, 0.0, 0.8]])
    confidence, characters = spell("CC", slots, ABC)
    assert confidence == pytest.approx(0.2 * 0.2 * 0.8)
    # The text's own character first; what is impossible is not listed.
    assert characters[0].alternatives == (("C", 0.2), ("B", 0.6), ("A", 0.1))
    assert characters[1].alternatives == (("C", 0.2), ("A", 0.7))
    assert spell("", slots, ABC) == (0.0, ())


def test_a_text_goes_on_where_some_character_is_more_probable_than_none() -> None:
    slots = np.array([[1.0, 0, 0, 0], [0.3, 0.25, 0.1, 0.35], [0.2, 0.2, 0.05, 0.55]])
    assert decode_slots(slots, ABC)[0] == "AA"
    assert decode_slots(slots, ABC)[1] == pytest.approx(0.3 * 0.55)
    assert decode_slots(slots, ABC, end=None)[0] == "A"  # no character beats the end
