"""How a flat thing stands before the camera: angles, perspective, place."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import box_of_quad

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


def draw_pose(rng: np.random.Generator, *, strength: float = 1.0) -> Pose:
    """Draw a pose: mostly mild, a fifth up to 50-60 degrees of yaw.

    Args:
        rng: random numbers.
        strength: scale of every angle.
    """
    degree = np.pi / 180 * strength
    u = rng.random(4)
    yaw = rng.uniform(-58, 58) if u[0] < 0.2 else rng.normal(0, 16)
    pitch = rng.uniform(-42, 42) if u[1] < 0.1 else rng.normal(0, 10)
    roll = rng.uniform(-33, 33) if u[2] < 0.2 else rng.normal(0, 4)
    limit = 60.0
    return Pose(
        yaw=float(np.clip(yaw, -limit, limit) * degree),
        pitch=float(np.clip(pitch, -45, 45) * degree),
        roll=float(np.clip(roll, -33, 33) * degree),
        distance=float(np.exp(rng.uniform(np.log(2.5), np.log(20.0)))),
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
    height, width = size_mm[0] / size_mm[1], 1.0
    x = np.array([-0.5, 0.5, 0.5, -0.5]) * width
    y = np.array([-0.5, -0.5, 0.5, 0.5]) * height
    sin, cos = np.sin, np.cos
    x1, z1 = x * cos(pose.yaw), x * sin(pose.yaw)
    y1, z2 = y * cos(pose.pitch) - z1 * sin(pose.pitch), y * sin(pose.pitch) + z1 * cos(pose.pitch)
    shrink = pose.distance / (pose.distance + z2)
    x2, y2 = x1 * shrink, y1 * shrink
    turned = np.stack(
        [x2 * cos(pose.roll) - y2 * sin(pose.roll), x2 * sin(pose.roll) + y2 * cos(pose.roll)],
        axis=1,
    )
    quad = turned * width_px
    x0, y0, x3, y3 = box_of_quad(quad)
    return np.asarray(quad - [(x0 + x3) / 2, (y0 + y3) / 2], dtype=np.float64)
