from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platewright.geometry import box_of_quad
from platewright.synth.pose import Pose, draw_pose, pose_quad

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
