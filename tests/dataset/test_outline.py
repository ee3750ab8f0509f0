"""What is seen of a plate, and the crops of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from platewright.dataset.outline import (
    SeenPlate,
    clip_polygon,
    corners_around,
    polygon_area,
    seen_plates,
    upright_start,
)
from platewright.dataset.picture_file import MIN_CROP, cut_box, straighten
from platewright.geometry import quad_of_box
from platewright.record import CharacterRecord, PlateRecord, SceneRecord

SIZE = (60, 100)


def plate(quad, text="AB", characters=()) -> PlateRecord:
    return PlateRecord(text=text, quad=np.asarray(quad, float), characters=tuple(characters))


@st.composite
def turned_quads(draw):
    """Draw a convex quad somewhere round the picture, turned by any angle."""
    middle = np.array([draw(st.floats(-40, 140)), draw(st.floats(-40, 100))])
    wide, tall = draw(st.floats(8, 80)), draw(st.floats(4, 40))
    # OpenCV's own area is off by a quarter where two edges hardly cross.
    angle = round(draw(st.floats(-np.pi, np.pi)), 3)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return (quad_of_box((-wide / 2, -tall / 2, wide / 2, tall / 2)) * [1, 1]) @ turn + middle


@given(turned_quads())
def test_the_visible_part_is_what_opencv_finds(quad) -> None:
    outline = clip_polygon(quad, SIZE)
    frame = quad_of_box((0, 0, SIZE[1], SIZE[0])).astype(np.float32)
    area, _ = cv2.intersectConvexConvex(quad.astype(np.float32), frame)
    assert polygon_area(outline) == pytest.approx(area, abs=0.05)
    if len(outline):
        assert outline.min() >= 0 and (outline <= [SIZE[1], SIZE[0]]).all()


@given(turned_quads())
@example(
    np.array(
        [
            [8.4605315, 8.32196079],
            [1.06611247, 11.37524873],
            [-0.4605315, 7.67803921],
            [6.93388753, 4.62475127],
        ]
    )
)
def test_four_corners_stay_in_the_picture_and_round_what_is_seen(quad) -> None:
    seen = SeenPlate(plate(quad), SIZE)
    if seen.share < 0.25:
        return
    corners = seen.quad
    assert corners.shape == (4, 2)
    if not seen.cut:
        assert np.array_equal(corners, quad)
        return
    assert corners.min() >= 0 and (corners <= [SIZE[1], SIZE[0]]).all()
    # Round all of it but for what the picture's edge takes from the smallest rectangle.
    both, _ = cv2.intersectConvexConvex(
        cv2.convexHull(corners.astype(np.float32)), seen.outline.astype(np.float32)
    )
    assert both >= 0.95 * polygon_area(seen.outline) - 0.5


def test_corners_keep_their_turn_and_start() -> None:
    quad = np.array([[90, 40], [-10, 44], [-12, 24], [88, 20]], float)  # upside down
    corners = SeenPlate(plate(quad), SIZE).quad
    assert np.allclose(corners, [[90, 40], [0, 43.6], [0, 23.52], [88, 20]], atol=0.01)


@pytest.mark.parametrize(
    ("box", "kept"), [((-29, 5, 10, 15), True), ((-31, 5, 10, 15), False), ((0, 5, 0.9, 15), False)]
)
def test_slivers_are_no_plates(box, kept) -> None:
    record = SceneRecord(size=SIZE, plates=(plate(quad_of_box(box)),))
    assert (len(list(seen_plates(record))) == 1) == kept


def test_a_quad_without_area_is_no_plate() -> None:
    record = SceneRecord(size=SIZE, plates=(plate([[1, 1], [9, 9], [20, 20], [30, 30]]),))
    assert list(seen_plates(record)) == []


@pytest.mark.parametrize(
    ("x", "text", "known", "readable"),
    [
        (5, "AB", True, True),
        (-3, "AB", True, True),  # nothing but the plate's rim is outside
        (-8, "AB", True, False),
        (5, "", True, False),
        (5, "AB", False, True),
        (-3, "AB", False, False),
    ],
)
def test_readable_is_what_shows_its_whole_text(x, text, known, readable) -> None:
    characters = [
        CharacterRecord(char=c, quad=quad_of_box((x + 4 + 10 * k, 12, x + 12 + 10 * k, 18)))
        for k, c in enumerate(text if known else "")
    ]
    seen = SeenPlate(plate(quad_of_box((x, 10, x + 26, 20)), text, characters), SIZE)
    assert seen.readable == readable


def test_a_crop_is_as_large_as_the_plates_longer_sides() -> None:
    image = np.random.default_rng(0).integers(0, 256, (*SIZE, 3)).astype(np.uint8)
    crop = straighten(image, quad_of_box((10, 20, 50, 35)))
    assert np.array_equal(crop, image[20:35, 10:50])
    crop = straighten(image, np.array([[10, 20], [60, 10], [60, 32], [10, 30]], float))
    assert crop.shape == (22, 51, 3)
    assert np.array_equal(cut_box(image, (9.5, 20.2, 50, 34.1)), image[20:35, 9:50])
    assert np.array_equal(cut_box(image, (-9, -5, 50, 34)), image[:34, :50])


def test_what_is_too_small_or_flat_has_no_crop() -> None:
    image = np.zeros(SIZE, np.uint8)
    height, width = MIN_CROP
    assert straighten(image, quad_of_box((0, 0, width - 1, height))) is None
    assert straighten(image, quad_of_box((0, 0, width, height))) is not None
    assert straighten(image, np.array([[0, 0], [30, 30], [40, 40], [0, 20]], float)) is None
    assert cut_box(image, (0, 0, width, height - 1)) is None
    assert cut_box(image, (-50, -50, -10, -10)) is None


def test_corners_around_a_polygon_hold_it() -> None:
    turned = np.array([[10, 20], [60, 30], [58, 40], [33, 36], [8, 30]], float)
    quad = corners_around(turned)
    hull = quad.astype(np.float32)
    assert all(cv2.pointPolygonTest(hull, tuple(map(float, p)), True) > -0.01 for p in turned)
    assert polygon_area(quad) < 0.7 * 52 * 20
    assert np.abs(quad - [[10, 20], [60, 30], [58, 40], [8, 30]]).max() < 3
    assert np.allclose(corners_around(turned + 1e6), quad + 1e6)
    level = [[1, 2], [9, 3], [9.5, 7], [8, 8], [1, 6]]
    assert corners_around(level).tolist() == [[1, 2], [9.5, 2], [9.5, 8], [1, 8]]
    assert corners_around(turned[:4]).tolist() == turned[:4].tolist()
    line = corners_around([[0, 0], [2, 1], [4, 2]])
    assert line.tolist() == [[0, 0], [4, 0], [4, 2], [0, 2]]


@given(st.floats(-0.7, 0.7), st.integers(0, 3), st.booleans())
def test_an_outline_starts_at_the_top_left(turn: float, start: int, mirrored: bool) -> None:
    across = np.array([np.cos(turn), np.sin(turn)])
    down = np.array([-np.sin(turn), np.cos(turn)])
    quad = np.array([50 - 20 * across * x + 5 * down * y
                     for x, y in ((1, -1), (-1, -1), (-1, 1), (1, 1))])  # fmt: skip
    order = np.roll(quad[::-1] if mirrored else quad, start, axis=0)
    assert np.allclose(upright_start(order), quad)
