from __future__ import annotations

import numpy as np
import pytest

from platewright.geometry import quad_of_box
from platewright.recognizer.settings import NetworkSettings
from platewright.recognizer.target import CENTRE, IGNORE, NEAR, SLACK, read_target, scan_target
from platewright.record import CharacterRecord, PlateRecord

NETWORK = NetworkSettings()
HEIGHT, WIDTH = NETWORK.grid.window
LOW, HIGH = NETWORK.extent
SIZE = (192, 320)
EPS = 1e-6


def plate_at(x: float, y: float, width: float, height: float = 12.0) -> PlateRecord:
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return PlateRecord(text="AB", quad=quad_of_box(box))


def centre(row: int, col: int) -> tuple[float, float]:
    x0, y0, x1, y1 = NETWORK.grid.box(row, col)
    return (x0 + x1) / 2, (y0 + y1) / 2


def expected(x: float, y: float, slack: float) -> np.ndarray:
    """Cells whose window's centre lies within `slack` times CENTRE of the plate's."""
    rows, cols = NETWORK.grid.shape(*SIZE)
    out = np.zeros((rows, cols), bool)
    for row in range(rows):
        for col in range(cols):
            cx, cy = centre(row, col)
            out[row, col] = (
                abs(cy - y) <= CENTRE[0] * slack * HEIGHT
                and abs(cx - x) <= CENTRE[1] * slack * WIDTH
            )
    return out


def test_positives_and_their_ring_are_where_the_definition_says() -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        x, y = rng.uniform([0, 0], [SIZE[1], SIZE[0]])
        plate = plate_at(x, y, rng.uniform(LOW + 0.01, HIGH - 0.01) * WIDTH)
        presence, _ = scan_target([plate], SIZE, NETWORK)
        hit, near = expected(x, y, 1.0), expected(x, y, NEAR)
        assert ((presence == 1) == hit).all()
        assert ((presence == IGNORE) == (near & ~hit)).all()
        assert ((presence == 0) == ~near).all()


@pytest.mark.parametrize(
    ("extent", "value"),
    [
        (LOW + EPS, 1),
        (LOW - EPS, IGNORE),
        (HIGH - EPS, 1),
        (HIGH + EPS, IGNORE),
        (LOW / SLACK + EPS, IGNORE),
        (LOW / SLACK - EPS, 0),
        (HIGH * SLACK - EPS, IGNORE),
        (HIGH * SLACK + EPS, 0),
    ],
)
def test_the_scale_just_inside_and_just_outside(extent: float, value: int) -> None:
    x, y = centre(5, 7)
    for plate in (
        plate_at(x, y, extent * WIDTH),
        plate_at(x, y, 10.0, extent * HEIGHT),  # a tall one counts by its height
    ):
        presence, _ = scan_target([plate], SIZE, NETWORK)
        assert presence[5, 7] == value
        assert (presence == 1).any() == (value == 1)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("side", [-1, 1])
def test_the_centre_just_inside_and_just_outside(axis: int, side: int) -> None:
    x, y = centre(5, 7)
    reach = CENTRE[0] * HEIGHT if axis == 0 else CENTRE[1] * WIDTH
    for part, value in ((1 - EPS, 1), (1 + EPS, IGNORE), (NEAR - EPS, IGNORE), (NEAR + EPS, 0)):
        off = side * part * reach
        plate = plate_at(x + off * axis, y + off * (1 - axis), 55.0)
        presence, _ = scan_target([plate], SIZE, NETWORK)
        assert presence[5, 7] == value


def test_corners_are_offsets_from_the_windows_centre_in_half_windows() -> None:
    x, y = centre(4, 9)
    quad = np.array([[x - 25, y - 6], [x + 27, y - 9], [x + 28, y + 5], [x - 26, y + 8]])
    presence, corners = scan_target([PlateRecord(text="", quad=quad)], SIZE, NETWORK)
    rows, cols = np.nonzero(presence == 1)
    assert rows.size >= 2
    for row, col in zip(rows, cols, strict=True):
        back = corners[row, col, :8].reshape(4, 2) * (WIDTH / 2, HEIGHT / 2) + centre(row, col)
        assert back == pytest.approx(quad, abs=1e-4)
    assert (corners[presence == 0] == 0).all()
    assert (corners[..., 8] == (presence != 0)).all()


def test_two_plates_have_each_their_own_cells() -> None:
    first, second = plate_at(*centre(3, 4), 50.0), plate_at(*centre(14, 20), 60.0)
    presence, corners = scan_target([first, second], SIZE, NETWORK)
    alone, corners_alone = scan_target([first], SIZE, NETWORK)
    other, corners_other = scan_target([second], SIZE, NETWORK)
    assert (presence == np.where(alone != 0, alone, other)).all()
    assert (corners == corners_alone + corners_other).all()
    swapped, _ = scan_target([second, first], SIZE, NETWORK)
    assert (swapped == presence).all()


def test_a_positive_is_not_ignored_for_a_neighbours_sake() -> None:
    x, y = centre(6, 8)
    small = plate_at(x + 6, y, WIDTH * LOW / 1.1)  # too small: only its ring
    for plates in ([plate_at(x, y, 50.0), small], [small, plate_at(x, y, 50.0)]):
        presence, _ = scan_target(plates, SIZE, NETWORK)
        assert ((presence == 1) == expected(x, y, 1.0)).all()


def test_an_empty_scene_is_all_negative() -> None:
    presence, corners = scan_target([], SIZE, NETWORK)
    assert presence.shape == NETWORK.grid.shape(*SIZE)
    assert not presence.any() and not corners.any()


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
    characters, slots, text, corners = read_target(plate, np.eye(3), NETWORK, CELLS)
    alphabet = NETWORK.alphabet
    assert characters.shape == slots.shape == CELLS
    for position, char in enumerate("XY7"):
        # the inner 0.78 of 12 x 24 px: centres from 21.3 to 30.7 and from 22.6 to 41.4
        cols = slice(5 + 5 * position, 8 + 5 * position)
        assert (characters[3:5, cols] == alphabet.index(char)).all()
        assert (slots[3:5, cols] == position).all()
        assert (characters == alphabet.index(char)).sum() == 6
        assert (slots == position).sum() == 6
    assert text.tolist() == [33, 34, 7] + [36] * 9
    assert corners == pytest.approx(
        np.array([12, 8, 180, 8, 180, 56, 12, 56]) / np.array([192, 64] * 4)
    )


def test_round_a_character_is_a_ring_that_teaches_nothing_and_then_none() -> None:
    characters, slots, _, _ = read_target(make_plate("X"), np.eye(3), NETWORK, CELLS)
    assert ((characters == IGNORE) == (slots == IGNORE)).all()
    ring = np.zeros(CELLS, bool)
    ring[2:6, 4:9] = True  # centres within half a cell of the box: 18-34 and 16-48
    ring[3:5, 5:8] = False
    assert ((characters == IGNORE) == ring).all()
    outside = np.ones(CELLS, bool)
    outside[2:6, 4:9] = False
    assert (characters[outside] == NETWORK.alphabet.pad).all()
    assert (slots[outside] == NETWORK.slots).all()


def test_marked_letters_are_taught_as_the_letter_and_foreign_ones_not_at_all() -> None:
    alphabet = NETWORK.alphabet
    characters, slots, text, _ = read_target(make_plate("ÄЖB"), np.eye(3), NETWORK, CELLS)
    assert (characters[3:5, 5:8] == alphabet.index("A")).all()
    assert (characters[3:5, 10:13] == IGNORE).all()
    assert (slots[3:5, 10:13] == 1).all()
    assert (characters[3:5, 15:18] == alphabet.index("B")).all()
    assert text[:4].tolist() == [alphabet.index("A"), IGNORE, alphabet.index("B"), alphabet.pad]


def test_the_homography_moves_the_cells() -> None:
    move = np.array([[1, 0, 40], [0, 1, 8], [0, 0, 1]], float)  # ten columns, one row
    still, _, _, _ = read_target(make_plate("XY"), np.eye(3), NETWORK, CELLS)
    moved, _, _, corners = read_target(make_plate("XY"), move, NETWORK, CELLS)
    assert (moved[1:, 10:] == still[:-1, :-10]).all()
    assert corners[:2] == pytest.approx([52 / 192, 16 / 64])


def test_a_narrow_character_still_has_a_cell() -> None:
    plate = PlateRecord(
        text="1",
        quad=quad_of_box((0, 0, 192, 64)),
        characters=(CharacterRecord(char="1", quad=quad_of_box((49.5, 20, 50.5, 44))),),
    )
    characters, slots, _, _ = read_target(plate, np.eye(3), NETWORK, CELLS)
    assert (characters == 1).any() and (slots == 0).any()


def test_a_text_longer_than_the_slots_keeps_the_first() -> None:
    small = NetworkSettings(slots=2)
    characters, slots, text, _ = read_target(make_plate("XYZ"), np.eye(3), small, CELLS)
    assert text.tolist() == [33, 34]
    assert slots.max() == 2  # the third character's cells are taught as the last slot's
    assert (characters == 35).any()


def test_characters_outside_the_window_teach_nothing_elsewhere() -> None:
    away = np.array([[1, 0, -300], [0, 1, 0], [0, 0, 1]], float)
    characters, _, _, _ = read_target(make_plate("XY"), away, NETWORK, CELLS)
    assert (characters == NETWORK.alphabet.pad).all()
