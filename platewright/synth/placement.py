"""A flat drawing brought into a scene: posed, blended in perspective; a plate with its record."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from platewright.geometry import (
    UNIT,
    Box,
    FloatArray,
    Picture,
    box_of_quad,
    homography,
    project,
    to_pixel_centres,
)
from platewright.record import CharacterRecord, PlateRecord
from platewright.region import Look
from platewright.region.look import luma
from platewright.synth.effect import Drawn, apply_effects
from platewright.synth.plate import FlatPlate, draw_plate
from platewright.synth.settings import DEFAULT, PoseSettings, SynthSettings
from platewright.synth.style import PlateStyle, draw_style


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Angles and distance."""

    yaw: float = 0.0  #: turn about the upright axis, radians
    pitch: float = 0.0  #: tilt about the level axis, radians
    roll: float = 0.0  #: turn in the picture, radians
    #: from the camera, in widths of the thing; small means strong perspective
    distance: float = 8.0

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form for the record."""
        return dict(vars(self))


def draw_pose(
    rng: np.random.Generator, settings: PoseSettings = DEFAULT.pose, *, strength: float = 1.0
) -> Pose:
    """Draw a pose: mostly mild, a part of them far off."""
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


Layers = tuple[Picture, Picture]  #: A picture times its alpha, and the alpha (h, w)

Keep = Callable[[str, Picture], None]
"""Takes a stage's name and its picture, for whoever wants to see how a sample came about."""


def keep_nothing(_stage: str, _picture: Picture) -> None:
    """Be a `Keep` for who wants to see nothing."""


class PreparedPlate:
    """A flat plate, ready to be posed any number of times.

    Args:
        look: what its region asks for.
        seen_px: width at which it will be seen, pixels; it is drawn a little larger.
        grey: one channel instead of three.
    """

    def __init__(self, look: Look, style: PlateStyle, seen_px: float, grey: bool) -> None:
        self.look, self.style = look, style
        self.width_px = max(1.3 * seen_px, 170.0 if len(look.lines) == 1 else 130.0)
        self.flat: FlatPlate = draw_plate(
            look, style, px_per_mm=self.width_px / look.size_mm[1], grey=grey
        )
        self._halves: list[Layers] = []

    @cached_property
    def layers(self) -> Layers:
        """The picture times its alpha, and the alpha."""
        return premultiplied(self.flat.image, self.flat.alpha)

    def shrunk(self, scale: float) -> tuple[Layers, FloatArray]:
        """Return the layers, halved until a warp by `scale` does not alias.

        Returns:
            The layers, and their (x, y) size over the flat plate's.
        """
        while len(self._halves) <= _halvings(scale):
            before = self._halves[-1] if self._halves else None
            self._halves.append(self.layers if before is None else _halved(before))
        found = self._halves[_halvings(scale)]
        height, width = self.flat.alpha.shape
        return found, np.array([found[1].shape[1] / width, found[1].shape[0] / height])

    def corners(self) -> FloatArray:
        """Return the corners of all characters, (n, 4, 2) px of the flat plate."""
        return self.flat.boxes.reshape(-1, 4)[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)


def premultiplied(image: Picture, alpha: Picture) -> Layers:
    """Return a picture times alpha / 255, and the alpha.

    Warped so, edges blend rightly whatever lies outside (Porter and Duff, 1984).
    """
    weight = alpha if image.ndim == 2 else cv2.merge([alpha] * 3)
    return np.asarray(cv2.multiply(image, weight, scale=1 / 255), np.uint8), alpha


def _halvings(scale: float) -> int:
    """Return how often a plate is halved that will be seen `scale` times as large, at most 5."""
    count = 0
    while scale <= 0.55 and count < 5:
        scale, count = scale * 2, count + 1
    return count


def _halved(layers: Layers) -> Layers:
    height, width = layers[1].shape
    size = (max(width // 2, 4), max(height // 2, 4))
    picture, alpha = (cv2.resize(v, size, interpolation=cv2.INTER_AREA) for v in layers)
    return np.asarray(picture, np.uint8), np.asarray(alpha, np.uint8)


def blend(canvas: Picture, image: Picture, alpha: Picture, matrix: FloatArray, box: Box) -> None:
    """Warp a flat picture over the canvas, in place, only where it is seen.

    Args:
        canvas: (H, W) grey or (H, W, 3) RGB; changed.
        image: flat picture, (h, w) grey or of the canvas' channels.
        alpha: (h, w) 0-255, how much of `image` covers the canvas.
        matrix: 3x3 homography from the flat picture to the canvas.
        box: where the flat picture comes to lie, px of the canvas; may reach over its edges.
    """
    if canvas.ndim == 3 and image.ndim == 2:
        image = np.asarray(cv2.merge([image] * 3), np.uint8)
    blend_layers(canvas, premultiplied(image, alpha), matrix, box)


def blend_layers(canvas: Picture, layers: Layers, matrix: FloatArray, box: Box) -> None:
    """Do what `blend` does with a picture that is `premultiplied`."""
    height, width = canvas.shape[:2]
    x0, y0 = max(math.floor(box[0]) - 1, 0), max(math.floor(box[1]) - 1, 0)
    x1, y1 = min(math.ceil(box[2]) + 1, width), min(math.ceil(box[3]) + 1, height)
    if x1 <= x0 or y1 <= y0:
        return
    placed = to_pixel_centres(np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], float) @ matrix)
    # Two warps: OpenCV has fast paths for one, three and four channels, but not for two.
    picture, mask = (cv2.warpPerspective(v, placed, (x1 - x0, y1 - y0)) for v in layers)
    part, rest = canvas[y0:y1, x0:x1], cv2.bitwise_not(mask)
    if canvas.ndim == 3:
        rest = cv2.merge([rest] * 3)
    part[:] = cv2.add(cv2.multiply(part, rest, scale=1 / 255), picture)


def add_plate(
    rng: np.random.Generator,
    canvas: Picture,
    look: Look,
    pose: Pose,
    quad: FloatArray,
    *,
    style: PlateStyle | None = None,
    plate: PreparedPlate | None = None,
    settings: SynthSettings = DEFAULT,
    camera: Drawn | None = None,
    around: Drawn | None = None,
    keep: Keep = keep_nothing,
) -> PlateRecord:
    """Draw a plate flat, pose it over the canvas, and return its record.

    Args:
        canvas: (H, W) grey or (H, W, 3) RGB; changed.
        pose: goes into the record only; `quad` says where the plate lies.
        quad: (4, 2) its corners, px of the canvas; may reach over the edges.
        style: how it departs from the look; None: drawn.
        plate: this look, drawn already.
        settings: of the style where it is drawn.
        camera: of the scene: by night, the plate may shine.
        around: what was painted round it; goes into the record only.
        keep: takes the stages.
    """
    seen = max(math.hypot(*(quad[1] - quad[0])), math.hypot(*(quad[2] - quad[3])))
    if plate is None:
        style = style or draw_style(rng, look, settings)
        plate = PreparedPlate(look, style, seen, canvas.ndim == 2)
    keep("flat plate", plate.flat.image)
    layers, factors = plate.shrunk(1.15 * seen / plate.width_px)
    brightest = max(luma(plate.style.background), luma(plate.style.foreground))
    shining = apply_effects("shine", layers[0], camera or {}, (layers[1], brightest))
    layers = shining, layers[1]
    matrix = homography(plate.flat.quad, quad)
    height, width = plate.flat.alpha.shape
    outline = project(matrix, UNIT * (width, height))
    blend_layers(
        canvas, layers, matrix / np.array([factors[0], factors[1], 1.0]), box_of_quad(outline)
    )
    covered = apply_effects("front", canvas, plate.style.effects, quad)
    if covered is not canvas:
        canvas[:] = covered
    keep("posed", canvas)
    corners = project(matrix, plate.corners())
    chars = zip(plate.flat.chars, corners, plate.flat.lines, strict=True)
    return PlateRecord(
        text=look.text,
        quad=quad,
        region=look.region,
        characters=tuple(CharacterRecord(char=c, quad=q, line=line) for c, q, line in chars),
        drawn={"look": look, "style": plate.style, "pose": pose, "around": around or {}},
    )
