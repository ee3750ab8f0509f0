from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platewright.geometry import (
    box_of_quad,
    clip_box,
    homography,
    iou,
    iou_matrix,
    project,
    quad_of_box,
    suppress,
    to_pixel_centres,
)

UNIT = [[0, 0], [1, 0], [1, 1], [0, 1]]


def test_a_box_becomes_its_quad_and_back() -> None:
    quad = quad_of_box((1, 2, 5, 9))
    assert quad.tolist() == [[1, 2], [5, 2], [5, 9], [1, 9]]
    assert box_of_quad(quad) == (1, 2, 5, 9)


def test_the_box_of_a_leaning_quad_holds_all_its_corners() -> None:
    assert box_of_quad([[2, 1], [7, 0], [8, 4], [1, 5]]) == (1, 0, 8, 5)


@pytest.mark.parametrize(
    ("box", "clipped"),
    [
        ((2, 3, 5, 6), (2, 3, 5, 6)),
        ((-4, -1, 30, 20), (0, 0, 20, 10)),
        ((-9, -9, -3, -2), (0, 0, 0, 0)),
        ((25, 12, 30, 15), (20, 10, 20, 10)),
    ],
)
def test_boxes_are_clipped_to_the_picture(box: tuple[int, ...], clipped: tuple[int, ...]) -> None:
    assert clip_box((box[0], box[1], box[2], box[3]), (10, 20)) == clipped


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        ((0, 0, 4, 2), 1.0),
        ((4, 0, 8, 2), 0.0),  # touching
        ((2, 0, 6, 2), 4 / 12),
        ((1, 0, 3, 1), 2 / 8),  # contained
        ((9, 9, 9, 9), 0.0),  # empty
        ((3, 1, 2, 0), 0.0),  # inverted: no area
    ],
)
def test_overlap_table(other: tuple[int, ...], overlap: float) -> None:
    assert iou((0, 0, 4, 2), (other[0], other[1], other[2], other[3])) == pytest.approx(overlap)


def test_two_empty_boxes_overlap_by_nothing() -> None:
    assert iou((1, 1, 1, 1), (1, 1, 1, 1)) == 0.0


def test_the_overlap_matrix_has_a_row_per_first_and_a_column_per_second() -> None:
    found = iou_matrix([[0, 0, 2, 2], [2, 0, 4, 2]], [[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6]])
    assert found == pytest.approx(np.array([[1, 1 / 3, 0], [0, 1 / 3, 0]]))
    assert iou_matrix([], [[0, 0, 1, 1]]).shape == (0, 1)


def test_a_homography_takes_four_points_exactly_where_they_belong() -> None:
    target = [[10, 20], [90, 15], [95, 60], [5, 50]]
    matrix = homography(UNIT, target)
    assert project(matrix, UNIT) == pytest.approx(np.array(target), abs=1e-4)
    assert project(np.linalg.inv(matrix), target) == pytest.approx(np.array(UNIT), abs=1e-6)


@pytest.mark.parametrize(
    "line", [[[0, 0], [1, 1], [2, 2], [0, 5]], [[3, 3]] * 4, [[0, 0], [4, 0], [8, 0], [2, 0]]]
)
def test_three_points_on_a_line_are_refused(line: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="on a line"):
        homography(line, UNIT)


def test_a_whole_pixel_grid_stays_where_it_is_in_opencvs_warp() -> None:
    """Doubling: pixel (0, 0) covers [0, 2) afterwards, so its colour fills exactly two pixels."""
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    double = to_pixel_centres(np.diag([2.0, 2.0, 1.0]))
    warped = cv2.warpPerspective(picture, double, (8, 6), flags=cv2.INTER_NEAREST)
    assert (warped == picture.repeat(2, axis=0).repeat(2, axis=1)).all()


@settings(max_examples=50, deadline=None)
@given(st.floats(0.2, 5), st.floats(-20, 20), st.floats(-20, 20))
def test_pixel_centres_move_as_the_homography_says(scale: float, x: float, y: float) -> None:
    matrix = np.array([[scale, 0.1, x], [0.05, scale, y], [0.0005, 0.0002, 1.0]])
    index = np.array([[0.0, 0.0], [7.0, 3.0]])  # pixels; their centres lie half a pixel on
    assert project(to_pixel_centres(matrix), index) + 0.5 == pytest.approx(
        project(matrix, index + 0.5), abs=1e-6
    )


def test_nothing_stays_of_no_boxes() -> None:
    found = suppress([], [])
    assert found.tolist() == []
    assert found.dtype == np.int64


@pytest.mark.parametrize(
    ("name", "boxes", "scores", "stays"),
    [
        ("one", [[0, 0, 10, 10]], [0.1], [0]),
        ("touch", [[0, 0, 10, 10], [10, 0, 20, 10], [0, 10, 10, 20]], [0.5, 0.9, 0.7], [1, 2, 0]),
        ("equal boxes, the better", [[0, 0, 10, 10]] * 3, [0.2, 0.9, 0.5], [1]),
        ("equal boxes and scores, the first", [[0, 0, 10, 10]] * 2, [0.5, 0.5], [0]),
        # a-b and b-c share 60 of 140 (0.43), a-c 20 of 180 (0.11): b goes, so c stays
        ("chained", [[0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10]], [0.9, 0.8, 0.7], [0, 2]),
        # the best one bridges two that do not touch: both go
        ("bridging", [[0, 0, 10, 10], [4, 0, 17, 10], [11, 0, 21, 10]], [0.7, 0.9, 0.8], [1]),
        # 16 of 400: little overlap, yet wholly inside
        ("contained", [[0, 0, 20, 20], [5, 5, 9, 9]], [0.9, 0.8], [0]),
        ("containing", [[0, 0, 20, 20], [5, 5, 9, 9]], [0.8, 0.9], [1]),
        # 50 of 150 is more than 0.3; 40 of 160 is less
        ("just over", [[0, 0, 10, 10], [5, 0, 15, 10]], [0.9, 0.8], [0]),
        ("just under", [[0, 0, 10, 10], [6, 0, 16, 10]], [0.9, 0.8], [0, 1]),
        ("no area", [[0, 0, 10, 10], [5, 5, 5, 5]], [0.9, 0.8], [0, 1]),
    ],
)  # fmt: skip
def test_what_overlaps_a_better_one_goes(
    name: str, boxes: list[list[float]], scores: list[float], stays: list[int]
) -> None:
    assert suppress(boxes, scores).tolist() == stays, name


def test_thresholds_of_suppression_are_what_they_say() -> None:
    pair = [[0, 0, 10, 10], [5, 0, 15, 10]]  # a third of their union, half of each
    assert suppress(pair, [2, 1], overlap=1 / 3 + 1e-9).tolist() == [0, 1]
    assert suppress(pair, [2, 1], overlap=1 / 3 - 1e-9).tolist() == [0]
    assert suppress(pair, [2, 1], overlap=0.9, inside=0.49).tolist() == [0]
    inner = [[0, 0, 20, 20], [5, 5, 9, 9]]
    assert suppress(inner, [2, 1], inside=1.0).tolist() == [0, 1]


def test_whatever_stays_is_apart_and_whatever_goes_has_a_better_neighbour() -> None:
    from platewright.geometry import iou_matrix, suppress

    rng = np.random.default_rng(4)
    corner, size = rng.uniform(0, 60, (80, 2)), rng.uniform(4, 20, (80, 2))
    boxes, scores = np.concatenate([corner, corner + size], axis=1), rng.random(80)
    kept = suppress(boxes, scores, inside=1.0)
    overlaps = iou_matrix(boxes, boxes)
    among = overlaps[np.ix_(kept, kept)] - np.eye(len(kept))
    assert among.max() <= 0.3
    assert (np.diff(scores[kept]) <= 0).all()
    for gone in set(range(80)) - set(kept.tolist()):
        over = kept[overlaps[gone, kept] > 0.3]
        assert (scores[over] >= scores[gone]).any()
