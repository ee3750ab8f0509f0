"""What the line reader is taught, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from platewright.geometry import quad_of_box
from platewright.network.part import LineSettings
from platewright.record import CharacterRecord, PlateRecord
from platewright.training.task import IGNORE
from platewright.training.task.line import line_place, line_target

LINE = LineSettings()
A, B = 11, 12


def plate(text: str, lines: tuple[int, ...]) -> PlateRecord:
    """Characters 12 px wide, 20 apart from x = 20 on, each line 24 px below the other."""
    seen = dict.fromkeys(set(lines), 0)
    characters = []
    for char, line in zip(text, lines, strict=True):
        x, y = 20 + 20 * seen[line], 8 + 26 * line
        seen[line] += 1
        box = (x, y, x + 12, y + 22)
        characters.append(CharacterRecord(char=char, quad=quad_of_box(box), line=line))
    whole = quad_of_box((10, 4, 182, 60))
    return PlateRecord(text=text, quad=whole, characters=tuple(characters))


def taught(
    record: PlateRecord, hidden: list[float] | None = None
) -> tuple[list[int], np.ndarray, np.ndarray, np.ndarray]:
    parts = np.array(hidden if hidden is not None else [0.0] * len(record.characters))
    row, cells, where = line_target(record, parts, np.eye(3), LINE)
    assert row.shape == (12 + 1 + 3 * 48,) and cells.shape == (8, 48)
    assert where.shape == (3, 8, 48)
    return row[: row[12]].tolist(), row[13:].reshape(3, 48), cells, where


def test_each_character_has_a_step_of_its_line_and_its_cells() -> None:
    classes, steps, cells, where = taught(plate("ABAB", (0, 0, 1, 1)))
    assert classes == [A, B, A, B]
    for line in (0, 2):
        filled = np.flatnonzero(steps[line] > 0)
        assert filled.tolist() == [6, 11] and steps[line][filled].tolist() == [A, B]
        assert (steps[line][[5, 7, 10, 12]] == -1).all()  # may say the same, or blank
        assert where[line].any() and not where[line, :, 30:].any()
    assert (steps[1] == 0).all() and not where[1].any()
    assert (steps[:, 30:] == 0).all()  # the background is blank on every line
    assert set(np.unique(cells)) == {IGNORE, A - 1, B - 1, 36}
    assert (cells[:3, 5:8] == A - 1).sum() >= 4


def test_the_last_of_two_lines_is_said_where_the_last_of_three_is() -> None:
    classes, steps, _, where = taught(plate("ABA", (0, 1, 2)))
    assert classes == [A, B, A]
    assert [row[row > 0].tolist() for row in steps] == [[A], [B], [A]]
    assert where[:2].any(axis=(1, 2)).all()  # the third reaches over the window
    assert [line_place(k, 4, 3) for k in range(4)] == [0, 1, 1, 2]
    assert [line_place(0, 1, n) for n in (1, 2, 3)] == [0, 0, 0]


def test_hidden_characters_are_one_unseen_and_teach_no_place() -> None:
    unseen = LINE.num_classes - 1
    classes, steps, cells, _ = taught(plate("ABBA", (0, 0, 0, 0)), [0.0, 0.9, 0.5, 0.1])
    assert classes == [A, unseen, A]
    assert (steps[0][9:18] == -1).all()
    assert not (cells == B - 1).any()
    assert taught(plate("AB", (0, 0)), [1.0, 1.0])[0] == []


def test_a_run_of_hidden_ones_ends_with_its_line() -> None:
    unseen = LINE.num_classes - 1
    classes = taught(plate("ABAB", (0, 0, 1, 1)), [0.0, 1.0, 1.0, 0.0])[0]
    assert classes == [A, unseen, unseen, B]


def test_characters_of_another_alphabet_are_marks() -> None:
    classes, steps, _, _ = taught(plate("A\u0416B", (0, 0, 0)))
    assert classes == [A, B] and (steps[0] > 0).sum() == 2
    assert (steps[0][10:14] == 0).all()


def test_a_real_plate_without_characters_teaches_its_text_alone() -> None:
    bare = replace(plate("AB", (0, 0)), characters=())
    classes, steps, cells, where = taught(bare, [])
    assert classes == [A, B]
    assert (steps == -1).all() and (cells == IGNORE).all() and not where.any()
    assert taught(replace(bare, text="A\u0416"), [])[0] == []


@pytest.mark.parametrize("text", ["", "A" * 13])
def test_what_is_no_text_or_too_long_teaches_nothing(text: str) -> None:
    classes, steps, cells, where = taught(plate(text, (0,) * len(text)))
    assert classes == [] and (steps == -1).all() and (cells == IGNORE).all() and not where.any()


def test_two_alike_without_room_between_share_a_step() -> None:
    close = plate("AA", (0, 0))
    moved = replace(close.characters[1], quad=close.characters[0].quad + np.array([4.0, 0.0]))
    _, steps, _, _ = taught(replace(close, characters=(close.characters[0], moved)))
    assert (steps[0] > 0).sum() == 1
