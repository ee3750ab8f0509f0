"""Poses, and flat drawings brought into a scene."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platewright.geometry import box_of_quad, quad_of_box
from platewright.region import Look
from platewright.synth.placement import Pose, add_plate, blend, draw_pose, pose_quad
from platewright.synth.style import PlateStyle

ANGLE = st.floats(-1.0, 1.0)


@given(st.floats(10, 500), st.floats(50, 300), st.floats(100, 600))
def test_straight_on_it_has_the_asked_width_and_its_own_shape(
    width: float, tall: float, wide: float
) -> None:
    quad = pose_quad(Pose(), (tall, wide), width)
    high = width * tall / wide
    assert quad == pytest.approx(
        np.array([[-width, -high], [width, -high], [width, high], [-width, high]]) / 2
    )


@given(ANGLE, ANGLE, st.floats(-0.5, 0.5), st.floats(2.5, 20))
def test_any_pose_is_centred_and_convex(yaw: float, pitch: float, roll: float, far: float) -> None:
    quad = pose_quad(Pose(yaw=yaw, pitch=pitch, roll=roll, distance=far), (110, 520), 100.0)
    x0, y0, x1, y1 = box_of_quad(quad)
    assert (x0 + x1, y0 + y1) == pytest.approx((0, 0), abs=1e-9)
    edges = np.roll(quad, -1, axis=0) - quad
    after = np.roll(edges, -1, axis=0)
    assert (edges[:, 0] * after[:, 1] - edges[:, 1] * after[:, 0] > 0).all()  # clockwise on screen


def test_yaw_narrows_and_the_near_end_is_higher() -> None:
    quad = pose_quad(Pose(yaw=0.8, distance=3.0), (110, 520), 100.0)
    x0, _, x1, _ = box_of_quad(quad)
    assert x1 - x0 < 75
    left, right = quad[3, 1] - quad[0, 1], quad[2, 1] - quad[1, 1]
    assert left > 1.1 * right  # positive yaw takes the right end away
    flat = pose_quad(Pose(yaw=0.8, distance=1e6), (110, 520), 100.0)
    assert np.ptp(flat[:, 0]) == pytest.approx(100 * np.cos(0.8), rel=1e-4)


def test_roll_turns_the_right_end_down() -> None:
    quad = pose_quad(Pose(roll=0.3), (110, 520), 100.0)
    assert np.arctan2(*(quad[1] - quad[0])[::-1]) == pytest.approx(0.3)


def test_drawn_poses_stay_in_their_ranges_and_vanish_without_strength() -> None:
    rng = np.random.default_rng(0)
    poses = [draw_pose(rng) for _ in range(3000)]
    yaw, pitch, roll = (
        np.degrees([getattr(p, n) for p in poses]) for n in ("yaw", "pitch", "roll")
    )
    assert np.abs(yaw).max() <= 60 and np.abs(yaw).max() > 50
    assert np.abs(pitch).max() <= 45 and np.abs(pitch).max() > 35
    assert np.abs(roll).max() <= 33 and np.abs(roll).max() > 20
    assert np.median(np.abs(yaw)) < 20  # mostly mild
    still = draw_pose(rng, strength=0.0)
    assert (still.yaw, still.pitch, still.roll) == (0, 0, 0)
    assert still.as_dict() == {"yaw": 0, "pitch": 0, "roll": 0, "distance": still.distance}


FULL = np.full((20, 40), 255, np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_an_opaque_picture_replaces_exactly_what_it_covers(channels: int) -> None:
    shape = (60, 90) if channels == 1 else (60, 90, 3)
    canvas = np.full(shape, 30, np.uint8)
    flat = np.random.default_rng(0).integers(0, 256, (20, 40, *shape[2:]), np.uint8)
    move = np.array([[1, 0, 15], [0, 1, 25], [0, 0, 1]], float)
    blend(canvas, flat, FULL, move, (15, 25, 55, 45))
    assert (canvas[25:45, 15:55] == flat).all()
    canvas[25:45, 15:55] = 30
    assert (canvas == 30).all()


def test_half_covering_is_the_mean() -> None:
    canvas = np.full((20, 40), 100, np.uint8)
    blend(canvas, np.full((20, 40), 200, np.uint8), FULL // 2, np.eye(3), (0, 0, 40, 20))
    assert np.unique(canvas).tolist() == [150]


@pytest.mark.parametrize("at", [(-25, -12), (70, 50), (-100, 0), (500, 500)])
def test_what_reaches_over_the_edge_is_cut(at: tuple[int, int]) -> None:
    canvas = np.zeros((60, 90), np.uint8)
    x, y = at
    move = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], float)
    blend(canvas, np.full((20, 40), 9, np.uint8), FULL, move, (x, y, x + 40, y + 20))
    want = np.zeros((60, 90), np.uint8)
    want[max(y, 0) : max(y + 20, 0), max(x, 0) : max(x + 40, 0)] = 9
    assert (canvas == want).all()


@pytest.mark.parametrize("width", [90.0, 170.0, 400.0])
@pytest.mark.parametrize(
    "pose",
    [
        Pose(),
        Pose(yaw=0.6, distance=4.0),
        Pose(pitch=-0.4, distance=3.0),
        Pose(roll=0.25),
        Pose(yaw=-0.5, pitch=0.3, roll=-0.2, distance=5.0),
    ],
    ids=["straight", "yaw", "pitch", "roll", "all"],
)
def test_posed_glyphs_lie_where_the_record_says(
    make_look: Callable[..., Look], plain_style: PlateStyle, pose: Pose, width: float
) -> None:
    """Characters that fill the corners of their box, so that their ink spans the record's quad."""
    look = make_look("HN XZE")
    quad = pose_quad(pose, look.size_mm, width) + np.array([240.3, 160.7])
    canvas = np.full((320, 480), 255, np.uint8)
    record = add_plate(np.random.default_rng(0), canvas, look, pose, quad, style=plain_style)
    assert record.text == "HNXZE" and record.quad is quad
    spacing = 10 * width / 520
    for char in record.characters:
        x0, y0, x1, y1 = char.box
        # the quads of its neighbours lean into the box's corners where the plate is rolled
        left, top = int(x0 - 0.4 * spacing), int(y0 - 0.4 * spacing)
        part = canvas[
            top : int(np.ceil(y1 + 0.4 * spacing)), left : int(np.ceil(x1 + 0.4 * spacing))
        ]
        inside = np.zeros(part.shape, bool)
        rows, cols = np.indices(part.shape) + 0.5
        points = np.stack([cols + left, rows + top], axis=-1)
        middle = char.quad.mean(axis=0)
        grown = middle + (char.quad - middle) * (1 + 0.8 * spacing / (x1 - x0))
        inside[:] = True
        for a, b in zip(grown, np.roll(grown, -1, axis=0), strict=True):
            edge = b - a
            inside &= edge[0] * (points[..., 1] - a[1]) - edge[1] * (points[..., 0] - a[0]) > 0
        y, x = np.nonzero((part < 150) & inside)
        found = (x.min() + left, y.min() + top, x.max() + 1 + left, y.max() + 1 + top)
        assert np.abs(np.subtract(found, char.box)).max() <= 1.0, char.char


def test_a_plate_covers_its_quad_and_nothing_else(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    canvas = np.zeros((120, 300), np.uint8)
    quad = quad_of_box((20.0, 30.0, 228.0, 74.0))
    add_plate(np.random.default_rng(0), canvas, make_look(""), Pose(), quad, style=plain_style)
    want = np.zeros_like(canvas)
    want[30:74, 20:228] = 255
    assert np.abs(canvas.astype(int) - want).max() <= 1


def test_the_record_can_be_drawn_again(make_look: Callable[..., Look]) -> None:
    """Everything drawn is in the record: the style in it gives the same picture."""
    look, quad = make_look(), quad_of_box((20.0, 30.0, 228.0, 74.0))
    first, second = np.zeros((120, 300), np.uint8), np.zeros((120, 300), np.uint8)
    record = add_plate(np.random.default_rng(4), first, look, Pose(), quad)
    style = PlateStyle.from_dict(record.as_dict()["drawn"]["style"])
    add_plate(np.random.default_rng(99), second, look, Pose(), quad, style=style)
    assert (first == second).all()
    assert record.as_dict()["drawn"]["look"]["display"] == "HN XZE"
    assert box_of_quad(record.quad) == (20, 30, 228, 74)
