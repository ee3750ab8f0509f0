"""The street itself: sky, far roofs, houses, trees, pavements and a road."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from platewright.geometry import FloatArray, Picture, box_of_quad, homography
from platewright.synth.placement import blend

Colour = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class View:
    """A pinhole camera that looks level along z."""

    size: tuple[int, int] = (720, 1280)  #: (height, width) of the picture, px
    focal_px: float = 1400.0  #: distance of the picture plane
    horizon_px: float = 222.0  #: height of the horizon, from the top of the picture
    height_m: float = 2.2  #: height of the camera over the ground

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
    """Where a vehicle stands: (u, v, w) across, up and along it, from its near end's middle."""

    x: float  #: of the near end, metres
    z: float  #: of the near end, metres
    yaw_rad: float = 0.0  #: turn about the upright axis; positive shows its left side as it is seen

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


ROAD_M = 4.6  #: From the middle of the road to the kerb, metres
FAR_M = 220.0
HOUSES_M = 8.0  #: From the middle of the road to the houses, metres

WALLS: tuple[Colour, ...] = (
    (176, 106, 82), (214, 196, 164), (150, 96, 76), (196, 178, 158), (226, 214, 196),
    (164, 150, 140), (188, 138, 102), (142, 156, 166),
)  # fmt: skip


def paint_street(rng: np.random.Generator, canvas: Canvas, view: View) -> None:
    """Paint a street without vehicles."""
    _sky(rng, canvas, view)
    _skyline(rng, canvas, view)
    for side in (-1, 1):
        _houses(rng, canvas, view, side)
    _ground(rng, canvas, view)
    _trees(rng, canvas, view)


def _sky(rng: np.random.Generator, canvas: Canvas, view: View) -> None:
    """A blue that pales towards the horizon, with clouds."""
    width = canvas.image.shape[1]
    low = int(view.horizon_px * canvas.SCALE) + 8
    part = np.linspace(0, 1, low, dtype=np.float32)[:, None, None] ** 0.8
    high, pale = rng.uniform([70, 128, 196], [100, 150, 222]), np.array([222, 232, 240])
    sky = (high * (1 - part) + pale * part).astype(np.float32)
    cloud = np.zeros((low, width), np.float32)
    for cells, weight in ((3, 0.5), (7, 0.3), (15, 0.16), (31, 0.1)):
        coarse = rng.random((cells, 2 * cells)).astype(np.float32)
        cloud += weight * cv2.resize(coarse, (width, low), interpolation=cv2.INTER_CUBIC)
    cover = np.clip((cloud - 0.54) * 4.5, 0, 0.85)[..., None]
    shown = sky * (1 - cover) + np.float32(250) * cover
    canvas.image[:low] = np.clip(shown, 0, 255).astype(np.uint8)


def _skyline(rng: np.random.Generator, canvas: Canvas, view: View) -> None:
    """Far roofs in haze where the street ends."""
    for z, haze in ((FAR_M, 0.75), (FAR_M * 0.7, 0.55)):
        x = -60.0
        while x < 60:
            wide, tall = rng.uniform(5, 11), rng.uniform(7, 19)
            wall = np.array(WALLS[int(rng.integers(len(WALLS)))]) * 0.7
            tone = wall * (1 - haze) + np.array([198, 212, 226]) * haze
            red, green, blue = (int(v) for v in tone)
            block = [[x, tall, z], [x + wide, tall, z], [x + wide, 0, z], [x, 0, z]]
            canvas.fill(view.project(block), (red, green, blue))
            x += wide


def _ground(rng: np.random.Generator, canvas: Canvas, view: View) -> None:
    """Pavements, kerbs, asphalt and its markings."""

    def strip(x0: float, x1: float, z0: float, z1: float, far: Colour, near: Colour) -> None:
        corners = [[x0, 0, z1], [x1, 0, z1], [x1, 0, z0], [x0, 0, z0]]
        canvas.fill(view.project(corners), far, near)

    strip(-60, 60, 4, FAR_M, (176, 176, 172), (158, 154, 148))
    for side in (-1, 1):
        for z in np.geomspace(9, 90, 46):  # joints of the slabs
            a, b = sorted((side * ROAD_M, side * HOUSES_M))
            strip(a, b, z, z * 1.004, (150, 148, 144), (136, 132, 126))
        a, b = sorted((side * ROAD_M, side * (ROAD_M + 0.22)))
        strip(a, b, 4, FAR_M, (206, 206, 202), (196, 194, 188))
    strip(-ROAD_M, ROAD_M, 4, FAR_M, (134, 137, 142), (72, 74, 79))
    for side in (-1, 1):
        a, b = sorted((side * ROAD_M, side * (ROAD_M - 0.12)))
        strip(a, b, 4, FAR_M, (110, 112, 116), (54, 55, 58))
        a, b = sorted((side * (ROAD_M - 0.55), side * (ROAD_M - 0.43)))
        strip(a, b, 4, FAR_M, (216, 200, 120), (222, 186, 62))
    for z in np.arange(5.0, 150, 6.0):
        strip(-0.075, 0.075, z, z + 3.0, (226, 228, 228), (232, 232, 228))
    low = int((view.horizon_px + 2) * canvas.SCALE)
    roi = canvas.image[low:]
    grain = rng.normal(0, 5, roi.shape[:2]).astype(np.float32)
    patch = cv2.resize(
        rng.normal(0, 6, (9, 14)).astype(np.float32),
        roi.shape[1::-1],
        interpolation=cv2.INTER_CUBIC,
    )
    roi[:] = np.clip(roi.astype(np.float32) + (grain + patch)[..., None], 0, 255).astype(np.uint8)


def _trees(rng: np.random.Generator, canvas: Canvas, view: View) -> None:
    """Trees along both kerbs, far ones first."""
    spots = [(side * 6.0, z) for z in (78.0, 58.0, 43.0, 32.0, 24.0, 18.5) for side in (-1, 1)]
    for x, z in spots:
        z *= float(rng.uniform(0.97, 1.05))
        shade = [
            [x - 1.4, 0, z - 0.7],
            [x + 2.0, 0, z - 0.7],
            [x + 2.2, 0, z + 1],
            [x - 1.2, 0, z + 1],
        ]
        canvas.fill(view.project(shade), (44, 48, 46), alpha=0.4, soft_px=60 / z)
        tall = float(rng.uniform(2.3, 2.9))
        trunk = [[x - 0.1, tall + 1, z], [x + 0.1, tall + 1, z], [x + 0.16, 0, z], [x - 0.16, 0, z]]
        canvas.fill(view.project(trunk), (78, 62, 50), (58, 47, 38))
        middle = np.array([x, tall + 1.5, z])
        hue = rng.uniform([48, 84, 34], [84, 118, 50])
        scale = view.focal_px / z
        for k in range(260):
            part = k / 259  # from the dark inside below to the lit leaves above
            turn, reach = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random())
            offset = np.array([1.25 * np.cos(turn), 1.15 * np.sin(turn), 0.0]) * reach
            place = middle + offset * (1 - 0.3 * part) + [-0.22 * part, 0.36 * part, 0]
            light = hue * (0.5 + 0.75 * part) * rng.uniform(0.85, 1.15)
            red, green, blue = (int(v) for v in np.clip(light, 0, 255))
            radius = float(rng.uniform(0.14, 0.27)) * scale * (1.2 - 0.5 * part)
            dark = (int(red * 0.8), int(green * 0.82), int(blue * 0.8))
            spot = view.project(place[None])[0]
            canvas.disc(spot, (radius, radius * 0.85), (red, green, blue), dark)


def _houses(rng: np.random.Generator, canvas: Canvas, view: View, side: int) -> None:
    """Paint a row of fronts along one side (-1 left, 1 right), far ones first."""
    depth, fronts = 12.0, []
    while depth < 150:
        wide, tall = float(rng.uniform(8, 14)), float(rng.uniform(7.5, 13))
        fronts.append((depth, wide, tall))
        depth += wide
    scale = canvas.SCALE
    for z, wide, tall in reversed(fronts):
        density = float(np.clip(900 / z, 8, 44))  # px a metre; a warp of more would alias
        image = _front(rng, wide, tall, density, lit=side > 0)
        x = side * HOUSES_M
        near, far = (z, z + wide) if side > 0 else (z + wide, z)
        corners = np.array([[x, tall, far], [x, tall, near], [x, 0, near], [x, 0, far]])
        quad = view.project(corners) * scale
        flat_h, flat_w = image.shape[:2]
        flat = np.array([[0, 0], [flat_w, 0], [flat_w, flat_h], [0, flat_h]], float)
        alpha = np.full((flat_h, flat_w), 255, np.uint8)
        blend(canvas.image, image, alpha, homography(flat, quad), box_of_quad(quad))
        haze = float(np.clip((z - 20) / 220, 0, 0.6))
        canvas.fill(quad / scale, (205, 218, 230), alpha=haze)


def _front(
    rng: np.random.Generator, wide: float, tall: float, density: float, *, lit: bool
) -> Picture:
    """Draw the front of a house, metres by metres, at `density` px a metre."""
    width, height = round(wide * density), round(tall * density)
    wall = np.array(WALLS[int(rng.integers(len(WALLS)))], float) * (1.05 if lit else 0.78)
    image = np.empty((height, width, 3), np.float32)
    image[:] = wall
    image += cv2.resize(
        rng.normal(0, 5, (height // 3 + 1, width // 3 + 1)).astype(np.float32), (width, height)
    )[..., None]
    front = np.clip(image, 0, 255).astype(np.uint8)

    def box(x0: float, y0: float, x1: float, y1: float, colour: tuple[float, ...]) -> None:
        first, last = (
            (round(x0 * density), round(y0 * density)),
            (round(x1 * density), round(y1 * density)),
        )
        cv2.rectangle(front, first, (last[0] - 1, last[1] - 1), tuple(float(v) for v in colour), -1)

    box(0, 0, wide, 0.45, tuple(wall * 0.55))
    box(0, 0.45, wide, 0.6, tuple(np.clip(wall * 1.2, 0, 255)))
    columns, floors = max(int(wide / 2.1), 2), max(int((tall - 3.6) / 2.7), 1)
    step, storey = wide / columns, (tall - 3.8) / floors
    trim = tuple(np.clip(wall * 0.3 + 165, 0, 255))
    pane, dark = (96.0, 122.0, 144.0), (52.0, 66.0, 80.0)
    for floor in range(floors):
        for column in range(columns):
            x, y = (column + 0.5) * step, 0.95 + floor * storey
            box(x - 0.62, y, x + 0.62, y + 1.65, trim)
            box(x - 0.52, y + 0.1, x + 0.52, y + 1.5, dark)
            box(x - 0.52, y + 0.1, x + 0.52, y + rng.uniform(0.5, 1.3), pane)
            box(x - 0.03, y + 0.1, x + 0.03, y + 1.5, trim)
            box(x - 0.72, y + 1.62, x + 0.72, y + 1.74, tuple(wall * 0.6))
    awning = tuple(float(v) for v in rng.integers(40, 190, 3))
    box(0.5, tall - 2.7, wide - 1.9, tall - 0.5, (60.0, 66.0, 70.0))
    box(0.6, tall - 2.6, wide - 2.0, tall - 1.5, (124.0, 140.0, 148.0))
    box(0.35, tall - 3.1, wide - 1.75, tall - 2.5, awning)
    box(wide - 1.5, tall - 2.6, wide - 0.5, tall, tuple(v * 0.7 for v in awning))
    return front
