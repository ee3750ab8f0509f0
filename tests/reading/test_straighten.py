from __future__ import annotations

import cv2
import numpy as np
import pytest

from platewright.geometry import homography, project, quad_of_box, to_pixel_centres
from platewright.reading.straighten import rectify, refined, straightened

WINDOW, MARGIN = (64, 192), (0.06, 0.08)


def test_the_quad_lies_in_the_window_with_its_margin() -> None:
    quad = np.array([[30, 40], [130, 20], [140, 70], [35, 80]], float)
    _, matrix = rectify(np.zeros((99, 199), np.uint8), quad, WINDOW, MARGIN)
    corners = project(matrix, quad)
    x, y = 192 * 0.06 / 1.12, 64 * 0.08 / 1.16
    assert corners == pytest.approx(quad_of_box((x, y, 192 - x, 64 - y)), abs=1e-3)


def draw_pattern(size: tuple[int, int]) -> np.ndarray:
    """Black sheet with a white block in every quarter, all of different size."""
    height, width = size
    sheet = np.zeros(size, np.uint8)
    for k, (fx, fy) in enumerate([(0.1, 0.15), (0.6, 0.15), (0.6, 0.6), (0.1, 0.6)]):
        x, y = round(fx * width), round(fy * height)
        sheet[y : y + round(0.25 * height), x : x + round((0.1 + 0.06 * k) * width)] = 255
    return sheet


def white_boxes(picture: np.ndarray) -> list[tuple[float, float, float, float]]:
    """Boxes of the white blocks, row by row; edges where the grey level passes the middle."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((picture > 127).astype(np.uint8))
    boxes = [(x, y, x + w, y + h) for x, y, w, h, area in stats[1:].tolist() if area > 20]
    return sorted(boxes, key=lambda b: (b[1] > picture.shape[0] / 2, b[0]))


@pytest.mark.parametrize(
    "quad",
    [
        [[40.0, 50.0], [232.0, 50.0], [232.0, 114.0], [40.0, 114.0]],
        [[60.0, 70.0], [250.0, 30.0], [262.0, 100.0], [66.0, 150.0]],
        [[200.0, 150.0], [60.0, 140.0], [66.0, 90.0], [214.0, 86.0]],  # upside down
        [[90.0, 20.0], [210.0, 60.0], [190.0, 150.0], [80.0, 118.0]],
        [[20.0, 30.0], [420.0, 60.0], [430.0, 210.0], [10.0, 190.0]],  # larger than the window
    ],
)
def test_a_drawn_quad_lands_upright_within_a_pixel(quad: list[list[float]]) -> None:
    sheet = draw_pattern((256, 768))
    matrix = homography(quad_of_box((0, 0, 768, 256)), quad)
    four = to_pixel_centres(np.diag([4.0, 4.0, 1.0]) @ matrix)
    big = cv2.warpPerspective(sheet, four, (1840, 1040))
    photo = cv2.resize(big, (460, 260), interpolation=cv2.INTER_AREA)
    window, found = rectify(photo, quad, WINDOW, MARGIN)
    assert window.shape == WINDOW
    x, y = 192 * 0.06 / 1.12, 64 * 0.08 / 1.16
    sx, sy = (192 - 2 * x) / 768, (64 - 2 * y) / 256
    want = [(a * sx + x, b * sy + y, c * sx + x, d * sy + y) for a, b, c, d in white_boxes(sheet)]
    finer = cv2.resize(window, (768, 256), interpolation=cv2.INTER_LINEAR)
    seen = np.array(white_boxes(finer)) / 4
    assert seen.shape == (4, 4)
    assert np.abs(seen - np.array(want)).max() <= 1.0
    assert project(found, quad) == pytest.approx(quad_of_box((x, y, 192 - x, 64 - y)), abs=1e-3)


def test_large_plates_are_averaged() -> None:
    """A checker of single pixels, 8 photo pixels to one of the window, is grey: nothing aliases."""
    photo = (np.indices((600, 1700)).sum(axis=0) % 2 * 255).astype(np.uint8)
    window, _ = rectify(photo, quad_of_box((20, 20, 1556, 532)), WINDOW, MARGIN)
    inner = window[4:-4, 4:-4].astype(int)
    assert np.abs(inner - 127.5).max() < 10


def test_small_plates_keep_their_levels() -> None:
    photo = np.full((60, 90), 40, np.uint8)
    photo[20:30, 20:50] = 200
    window, _ = rectify(photo, quad_of_box((20, 20, 50, 30)), WINDOW, MARGIN)
    assert (window[12:-12, 20:-20] == 200).all()
    assert window[0, 0] < 100


def test_what_lies_outside_the_photo_repeats_its_edge() -> None:
    photo = np.full((40, 100), 50, np.uint8)
    photo[:, 0] = 230
    window, _ = rectify(photo, quad_of_box((-60, 5, 60, 35)), WINDOW, MARGIN)
    assert (window[:, :96] == 230).all()
    assert (window[:, 110:] == 50).all()


@pytest.mark.parametrize("size", [1.0, 40.0])
@pytest.mark.parametrize("turn", [0.0, 0.3, -0.3, 2.0])
def test_a_quad_wholly_outside_the_photo_gives_an_empty_window(turn: float, size: float) -> None:
    sides = size * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    for middle in ((3300, 20), (3300, 3200), (-3300, 20), (50, -3200)):
        quad = quad_of_box((-30, -15, 30, 15)) @ sides + middle
        window, _ = rectify(np.full((40, 100), 50, np.uint8), quad, WINDOW, MARGIN)
        assert window.shape == WINDOW and not window.any()


@pytest.mark.parametrize("quad", [[[0, 0], [5, 5], [10, 10], [0, 10]], [[4, 4]] * 4])
def test_corners_on_a_line_are_refused(quad: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="on a line"):
        rectify(np.zeros((20, 20), np.uint8), quad, WINDOW, MARGIN)


def test_many_large_quads_are_warped_as_each_alone() -> None:
    """Where many are large the photo is halved for all: no level is off by more than a hair."""
    rng = np.random.default_rng(3)
    photo = cv2.GaussianBlur(rng.integers(0, 256, (480, 640), dtype=np.uint8), (0, 0), 4)
    quads = [
        quad_of_box((x, 40, x + 300, 300)) + rng.normal(0, 9, (4, 2)) for x in range(0, 320, 20)
    ]
    windows, back = straightened(photo, quads, (16, 48), MARGIN)
    for quad, window, matrix in zip(quads, windows, back, strict=True):
        alone, there = rectify(photo, quad, (16, 48), MARGIN)
        assert np.abs(window.astype(int) - alone).mean() < 1.5
        assert project(there, project(matrix, [[1, 2], [40, 9]])) == pytest.approx(
            np.array([[1, 2], [40, 9]]), abs=1e-6
        )


def test_flat_quads_are_straightened_by_the_boxes_round_them() -> None:
    photo = np.full((60, 90), 40, np.uint8)
    windows, back = straightened(
        photo, [[[0, 0], [5, 5], [10, 10], [0, 10]], [[4, 4]] * 4], WINDOW, MARGIN
    )
    assert (windows == 40).all() and np.isfinite(back).all()


def test_a_frame_is_taken_where_a_plate_was_seen_and_its_quad_is_sound() -> None:
    old = [quad_of_box((0, 0, 9, 9))] * 3
    good, crossed = quad_of_box((1, 1, 8, 8)), quad_of_box((1, 1, 8, 8))[[0, 2, 1, 3]]
    corners = np.stack([good, good, crossed]).reshape(3, 8)
    found = refined(old, np.stack([np.eye(3)] * 3), np.array([1, -1, 1], np.float32), corners)
    assert [np.array_equal(quad, good) for quad in found] == [True, False, False]
