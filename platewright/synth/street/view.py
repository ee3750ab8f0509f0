"""The view down a street: a level camera over flat ground, and the canvas it is painted on.

World points are (x, y, z) in metres: x to the right, y up from the ground, z away from the camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Canvas", "Colour", "Frame", "View", "rounded"]

Colour = tuple[int, int, int]
FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class View:
    """A pinhole camera that looks level along z.

    Attributes:
        size: (height, width) of the picture, px.
        focal_px: distance of the picture plane.
        horizon_px: height of the horizon, from the top of the picture.
        height_m: height of the camera over the ground.
    """

    size: tuple[int, int] = (720, 1280)
    focal_px: float = 1400.0
    horizon_px: float = 222.0
    height_m: float = 2.2

    def project(self, points: ArrayLike) -> FloatArray:
        """Return where world points (n, 3) are seen, (n, 2) px; all must have z > 0.

        >>> View().project([[0, 2.2, 5], [1, 0, 14]]).tolist()
        [[640.0, 222.0], [740.0, 442.0]]
        """
        x, y, z = np.asarray(points, dtype=np.float64).T
        scale = self.focal_px / z
        across = self.size[1] / 2 + x * scale
        down = self.horizon_px + (self.height_m - y) * scale
        return np.stack([across, down], axis=1)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where a vehicle stands: (u, v, w) across, up and along it, from its near end's middle.

    Attributes:
        x: of the near end, metres.
        z: of the near end, metres.
        yaw_rad: turn about the upright axis; positive shows its left side as it is seen.
    """

    x: float
    z: float
    yaw_rad: float = 0.0

    def world(self, points: ArrayLike) -> FloatArray:
        """Return points (n, 3) of the vehicle as world points (n, 3)."""
        u, v, w = np.asarray(points, dtype=np.float64).T
        cos, sin = np.cos(self.yaw_rad), np.sin(self.yaw_rad)
        return np.stack([self.x + u * cos + w * sin, v, self.z - u * sin + w * cos], axis=1)


def rounded(points: ArrayLike, radius: float) -> FloatArray:
    """Return a closed polygon (n, d) whose corners are arcs that begin `radius` before them.

    >>> rounded([[0, 0], [4, 0], [4, 4], [0, 4]], 1).shape
    (20, 2)
    """
    shape = np.asarray(points, dtype=np.float64)
    if radius <= 0:
        return shape
    curve = []
    for before, corner, after in zip(
        np.roll(shape, 1, axis=0), shape, np.roll(shape, -1, axis=0), strict=True
    ):
        ends = []
        for other in (before, after):
            side = float(np.linalg.norm(other - corner))
            ends.append(corner + (other - corner) * (min(radius / side, 0.5) if side else 0.0))
        t = np.linspace(0, 1, 5)[:, None]  # along a quadratic Bezier curve
        curve.append((1 - t) ** 2 * ends[0] + 2 * t * (1 - t) * corner + t * t * ends[1])
    return np.concatenate(curve)


class Canvas:
    """A picture painted at twice its size, so that edges come out smooth.

    Args:
        size: (height, width) of the picture, px.
    """

    SCALE = 2
    BITS = 4  # of the fractions of a pixel that OpenCV takes

    def __init__(self, size: tuple[int, int]) -> None:
        """Start black."""
        self.size = size
        self.image: Picture = np.zeros((size[0] * self.SCALE, size[1] * self.SCALE, 3), np.uint8)

    def fill(
        self,
        points: ArrayLike,
        top: Colour,
        bottom: Colour | None = None,
        *,
        alpha: float = 1.0,
        soft_px: float = 0.0,
    ) -> None:
        """Fill a polygon with a colour that runs from its top to its bottom.

        Args:
            points: (n, 2) px of the picture; may reach over its edges.
            top: RGB at the highest point.
            bottom: RGB at the lowest; None: as `top`.
            alpha: 0-1.
            soft_px: standard deviation of the edge's softness.
        """
        shape = np.asarray(points, dtype=np.float64) * self.SCALE
        soft = soft_px * self.SCALE
        height, width = self.image.shape[:2]
        low = np.floor(shape.min(axis=0) - 3 * soft - 1)
        high = np.ceil(shape.max(axis=0) + 3 * soft + 1)
        x0, y0 = (int(v) for v in np.clip(low, 0, [width, height]))
        x1, y1 = (int(v) for v in np.clip(high, 0, [width, height]))
        if x1 <= x0 or y1 <= y0:
            return
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        whole = np.round((shape - [x0 + 0.5, y0 + 0.5]) * (1 << self.BITS)).astype(np.int32)
        cv2.fillPoly(mask, [whole], (255,), cv2.LINE_AA, self.BITS)
        weight = mask.astype(np.float32) * np.float32(alpha / 255)
        if soft:
            weight = np.asarray(cv2.GaussianBlur(weight, (0, 0), soft), np.float32)
        rows = np.arange(y0, y1) + 0.5
        reach = max(float(np.ptp(shape[:, 1])), 1.0)
        part = np.clip((rows - shape[:, 1].min()) / reach, 0, 1)[:, None]
        first, last = np.array(top, float), np.array(bottom or top, float)
        colour = (first + part * (last - first)).astype(np.float32)[:, None, :]
        roi = self.image[y0:y1, x0:x1]
        mixed = roi.astype(np.float32)
        mixed += weight[..., None] * (colour - mixed)
        roi[:] = (mixed + 0.5).astype(np.uint8)

    def disc(
        self, centre: ArrayLike, radius: tuple[float, float], top: Colour, bottom: Colour
    ) -> None:
        """Fill an upright ellipse; centre and (x, y) radii in px of the picture."""
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        ring = np.stack([np.cos(turn) * radius[0], np.sin(turn) * radius[1]], axis=1)
        self.fill(np.asarray(centre, float) + ring, top, bottom)

    def finished(self) -> Picture:
        """Return the picture at its own size, (H, W, 3) RGB."""
        size = (self.size[1], self.size[0])
        return np.asarray(cv2.resize(self.image, size, interpolation=cv2.INTER_AREA), np.uint8)
