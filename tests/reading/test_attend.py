"""Spelling with attention, by a decoder whose every answer is written down."""

from __future__ import annotations

import math

import numpy as np
import pytest

from platewright.alphabet import Alphabet
from platewright.reading.crop_speller import follow, search, spell_attention

AB = Alphabet("AB")
END = AB.pad
# What follows which text, as probabilities of A, B and the end.
TRAP = {"": (0.6, 0.4, 0.0), "A": (0.34, 0.33, 0.33), "B": (0.01, 0.0, 0.99)}


def decoder(table: dict[str, tuple[float, ...]]):
    """A step whose state is the text so far, one number per character and one for its length."""

    def step(tokens: np.ndarray, states: np.ndarray):
        rows, after, weights = [], [], []
        for token, state in zip(tokens, states, strict=True):
            length = int(state[0])
            new = state.copy()
            if token != END + 1:
                new[length + 1] = token
                new[0] = length = length + 1
            text = "".join("AB"[int(k)] for k in new[1 : length + 1])
            rows.append(np.log(np.maximum(table.get(text, (0.0, 0.0, 1.0)), 1e-12)))
            after.append(new)
            weights.append(np.eye(4)[min(length, 3)])
        return np.array(rows), np.array(after), np.array(weights)

    return step


def spell(table: dict[str, tuple[float, ...]], beams: int, longest: int = 4):
    start = np.zeros(8, np.float32)
    return search(decoder(table), start, end=END, longest=longest, beams=beams)


def test_greedy_takes_the_surest_step_and_the_beam_the_surest_text() -> None:
    assert AB.decode(spell(TRAP, 1)[0].classes)[0] == "A"
    best = spell(TRAP, 3)[0]
    assert AB.decode(best.classes) == "B"
    assert best.log_probability == pytest.approx(math.log(0.4 * 0.99))


@pytest.mark.parametrize("beams", [1, 4])
def test_it_stops_at_the_end(beams: int) -> None:
    found = spell({"": (0.9, 0.05, 0.05), "A": (0.1, 0.1, 0.8)}, beams)[0]
    assert AB.decode(found.classes) == "A" and found.ended
    assert len(found.rows) == len(found.weights) == 2  # the character and the end


@pytest.mark.parametrize("beams", [1, 4])
def test_a_text_without_an_end_is_cut_at_the_longest(beams: int) -> None:
    always = {"A" * k: (0.98, 0.01, 0.01) for k in range(9)}
    found = spell(always, beams, longest=3)[0]
    assert AB.decode(found.classes) == "AAA" and not found.ended


def test_an_empty_text_is_one() -> None:
    found = spell({"": (0.1, 0.1, 0.8)}, 2)[0]
    assert found.classes == () and found.ended


def test_the_spelling_has_every_steps_probabilities_and_attention() -> None:
    found = spell_attention(spell(TRAP, 3), AB, slots=4, shape=(2, 2))
    assert found.text == "B" and found.others[0][0] != "B"
    assert found.slots.shape == (4, 3)
    assert found.slots[:2] == pytest.approx(np.array([TRAP[""], TRAP["B"]]), abs=1e-9)
    assert (found.slots[2:, END] == 1).all()
    assert found.weights is not None and found.weights.shape == (2, 2, 2)
    assert found.weights.sum(axis=(1, 2)) == pytest.approx(np.ones(2))
    assert found.log_probability == pytest.approx(math.log(0.4 * 0.99))


@pytest.mark.parametrize(("text", "probability"), [("B", 0.4 * 0.99), ("AB", 0.6 * 0.33), ("", 0)])
def test_a_given_text_is_followed_to_its_end(text: str, probability: float) -> None:
    classes = AB.encode(text, len(text)).tolist()
    start = np.zeros(8, np.float32)
    found = follow(decoder(TRAP), start, classes, end=END, longest=4)
    assert found.classes == tuple(classes) and found.ended
    assert math.exp(found.log_probability) == pytest.approx(probability, abs=1e-9)
    assert len(found.rows) == len(found.weights) == len(text) + 1
    cut = follow(decoder(TRAP), start, classes, end=END, longest=1)
    assert len(cut.rows) == 1 and cut.ended == (text == "")
