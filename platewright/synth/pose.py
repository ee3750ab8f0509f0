"""How a flat thing stands before the camera: angles, perspective, place."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.synth.settings import DEFAULT, PoseSettings

__all__ = ["Pose", "draw_pose", "pose_quad"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Angles and distance.

    Attributes:
        yaw: turn about the upright axis, radians.
        pitch: tilt about the level axis, radians.
        roll: turn in the picture, radians.
        distance: from the camera, in widths of the thing; small means strong perspective.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    distance: float = 8.0

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form for the record."""
        return asdict(self)


def draw_pose(
    rng: np.random.Generator, settings: PoseSettings = DEFAULT.pose, *, strength: float = 1.0
) -> Pose:
    """Draw a pose: mostly mild, a part of them far off.

    Args:
        rng: random numbers.
        settings: how far.
        strength: scale of every angle.
    """
    u, g = rng.random(7).tolist(), rng.standard_normal(3).tolist()

    def angle(k: int, share: float, limit: float, deviation: float) -> float:
        drawn = limit * (2 * u[k + 3] - 1) if u[k] < share else g[k] * deviation
        return math.radians(min(max(drawn, -limit), limit)) * strength

    near, far = settings.distance
    return Pose(
        yaw=angle(0, settings.yaw_wide, settings.yaw_limit, settings.yaw_sd),
        pitch=angle(1, settings.pitch_wide, settings.pitch_limit, settings.pitch_sd),
        roll=angle(2, settings.roll_wide, settings.roll_limit, settings.roll_sd),
        distance=near * (far / near) ** u[6],
    )


def pose_quad(pose: Pose, size_mm: tuple[float, float], width_px: float) -> FloatArray:
    """Return the corners of a posed rectangle whose bounding box is centred on (0, 0).

    Args:
        pose: angles and distance.
        size_mm: (height, width) of the rectangle; only the ratio counts.
        width_px: width that the rectangle would have seen straight on.

    Returns:
        (4, 2) top left, top right, bottom right, bottom left, pixels.
    """
    half = size_mm[0] / size_mm[1] / 2
    sin_y, cos_y = math.sin(pose.yaw), math.cos(pose.yaw)
    sin_p, cos_p = math.sin(pose.pitch), math.cos(pose.pitch)
    sin_r, cos_r = math.sin(pose.roll), math.cos(pose.roll)
    points = []
    for x, y in ((-0.5, -half), (0.5, -half), (0.5, half), (-0.5, half)):
        x1, z1 = x * cos_y, x * sin_y
        y1, z2 = y * cos_p - z1 * sin_p, y * sin_p + z1 * cos_p
        shrink = width_px * pose.distance / (pose.distance + z2)
        x2, y2 = x1 * shrink, y1 * shrink
        points.append((x2 * cos_r - y2 * sin_r, x2 * sin_r + y2 * cos_r))
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    x, y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    return np.array([(a - x, b - y) for a, b in points])
