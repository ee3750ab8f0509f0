from __future__ import annotations

import numpy as np
import pytest

from platewright.geometry import quad_of_box
from platewright.network.part import SlotSettings
from platewright.record import CharacterRecord, PlateRecord
from platewright.training.task import IGNORE
from platewright.training.task.slots import slot_target, text_accuracy
from platewright.training.view import View

SLOTS = SlotSettings()
CELLS = (8, 48)  # of the 64 x 192 window: 8 x 4 pixels each


def make_plate(text: str = "AB", chars: str | None = None) -> PlateRecord:
    """Characters 12 px wide, 24 high, from x = 20 on, 20 apart; the window is the photo."""
    characters = tuple(
        CharacterRecord(char=c, quad=quad_of_box((20 + 20 * k, 20, 32 + 20 * k, 44)))
        for k, c in enumerate(text if chars is None else chars)
    )
    return PlateRecord(text=text, quad=quad_of_box((12, 8, 180, 56)), characters=characters)


def test_each_characters_cells_carry_its_class_and_its_slot() -> None:
    plate = make_plate("XY7")
    characters, slots, text = slot_target(plate, np.eye(3), SLOTS)
    alphabet = SLOTS.alphabet
    assert characters.shape == slots.shape == CELLS
    for position, char in enumerate("XY7"):
        # the inner 0.78 of 12 x 24 px: centres from 21.3 to 30.7 and from 22.6 to 41.4
        cols = slice(5 + 5 * position, 8 + 5 * position)
        assert (characters[3:5, cols] == alphabet.index(char)).all()
        assert (slots[3:5, cols] == position).all()
        assert (characters == alphabet.index(char)).sum() == 6
        assert (slots == position).sum() == 6
    assert text.tolist() == [33, 34, 7] + [36] * 9
    view = View(np.zeros((64, 192), np.uint8), plate, np.eye(3))
    assert view.corners == pytest.approx(
        [*np.array([12, 8, 180, 8, 180, 56, 12, 56]) / np.array([192, 64] * 4), 1]
    )


def test_round_a_character_is_a_ring_that_teaches_nothing_and_then_none() -> None:
    characters, slots, _ = slot_target(make_plate("X"), np.eye(3), SLOTS)
    assert ((characters == IGNORE) == (slots == IGNORE)).all()
    ring = np.zeros(CELLS, bool)
    ring[2:6, 4:9] = True  # centres within half a cell of the box: 18-34 and 16-48
    ring[3:5, 5:8] = False
    assert ((characters == IGNORE) == ring).all()
    outside = np.ones(CELLS, bool)
    outside[2:6, 4:9] = False
    assert (characters[outside] == SLOTS.alphabet.pad).all()
    assert (slots[outside] == SLOTS.slots).all()


def test_marked_letters_are_taught_as_the_letter_and_foreign_ones_not_at_all() -> None:
    alphabet = SLOTS.alphabet
    characters, slots, text = slot_target(make_plate("ÄЖB"), np.eye(3), SLOTS)
    assert (characters[3:5, 5:8] == alphabet.index("A")).all()
    assert (characters[3:5, 10:13] == IGNORE).all()
    assert (slots[3:5, 10:13] == 1).all()
    assert (characters[3:5, 15:18] == alphabet.index("B")).all()
    assert text[:4].tolist() == [alphabet.index("A"), IGNORE, alphabet.index("B"), alphabet.pad]


def test_the_homography_moves_the_cells() -> None:
    move = np.array([[1, 0, 40], [0, 1, 8], [0, 0, 1]], float)  # ten columns, one row
    still, _, _ = slot_target(make_plate("XY"), np.eye(3), SLOTS)
    moved, _, _ = slot_target(make_plate("XY"), move, SLOTS)
    assert (moved[1:, 10:] == still[:-1, :-10]).all()
    corners = View(np.zeros((64, 192), np.uint8), make_plate("XY"), move).corners
    assert corners[:2] == pytest.approx([52 / 192, 16 / 64])


def test_a_narrow_character_still_has_a_cell() -> None:
    plate = PlateRecord(
        text="1",
        quad=quad_of_box((0, 0, 192, 64)),
        characters=(CharacterRecord(char="1", quad=quad_of_box((49.5, 20, 50.5, 44))),),
    )
    characters, slots, _ = slot_target(plate, np.eye(3), SLOTS)
    assert (characters == 1).any() and (slots == 0).any()


def test_a_text_longer_than_the_slots_keeps_the_first() -> None:
    small = SlotSettings(slots=2)
    characters, slots, text = slot_target(make_plate("XYZ"), np.eye(3), small)
    assert text.tolist() == [33, 34]
    assert slots.max() == 2  # the third character's cells are taught as the last slot's
    assert (characters == 35).any()


def test_characters_outside_the_window_teach_nothing_elsewhere() -> None:
    away = np.array([[1, 0, -300], [0, 1, 0], [0, 0, 1]], float)
    characters, _, _ = slot_target(make_plate("XY"), away, SLOTS)
    assert (characters == SLOTS.alphabet.pad).all()


def test_text_accuracy_by_hand() -> None:
    pad, want = 2, np.array([[0, 1, 2], [1, 2, 2], [-1, -1, -1], [0, 0, 2]])
    slots = np.zeros((4, 3, pad + 1))
    for row, classes in enumerate([[0, 1, 2], [0, 2, 2], [0, 0, 0], [0, 0, 0]]):
        slots[row, range(3), classes] = 1
    presence = np.array([[1.0], [-1.0], [-2.0], [3.0]])
    found = text_accuracy({"slots": want}, {"slots": slots, "presence": presence})
    assert found == {
        "text": pytest.approx(1 / 3),  # the last one has no end
        "character": pytest.approx(4 / 5),
        "presence": pytest.approx(3 / 4),
    }


def test_nothing_present_is_no_error() -> None:
    found = text_accuracy(
        {"slots": np.full((2, 3), -1)}, {"slots": np.zeros((2, 3, 3)), "presence": -np.ones((2, 1))}
    )
    assert found == {"text": 0.0, "character": 0.0, "presence": 1.0}
