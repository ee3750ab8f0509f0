"""What light and camera do to a scene: shadow, glare, exposure, blur, noise, JPEG."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from platewright.synth.lens import distort, motion_kernel, wet
from platewright.synth.settings import DEFAULT, SynthSettings

__all__ = [
    "Camera",
    "apply_camera",
    "draw_camera",
    "expose",
    "light",
    "see",
]

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]
RAMP = np.arange(256, dtype=np.float64) / 255.0


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Everything between the scene and the stored pixels, in the order it is applied.

    Attributes:
        night: whether it is night.
        retro: factor by which plates outshine the scene, 1 by day.
        shadow: (angle in radians, offset in parts of the diagonal, softness px, weight 0-1).
        glare: (x, y as parts of the size, radius as part of the width, grey levels).
        vignette: darkening of the corners, 0-1.
        barrel: displacement at the corners, part of the half diagonal; above 0 barrel, below 0
            pincushion. Moves labels, too: see `bend`.
        drops: rain drops on the lens, (x, y, radius) each, parts of the picture's width.
        blur_px: standard deviation of the defocus.
        motion: (length px, angle rad); length under 2 for none.
        gamma: exponent on 0-1 values.
        gain: factor on grey levels.
        bias: added grey levels.
        noise: standard deviation, grey levels.
        noise_px: size of the noise's grain.
        sharpen: weight of the unsharp mask.
        jpeg: quality 1-100; 0 for none.
        noise_at: where in the kept noise field the grain starts.
        resample: size of the sensor's picture over the stored one: below 1 the picture is noisy
            and packed small, then enlarged, as far plates are.
    """

    night: bool = False
    retro: float = 1.0
    shadow: tuple[float, float, float, float] | None = None
    glare: tuple[float, float, float, float] | None = None
    vignette: float = 0.0
    barrel: float = 0.0
    drops: tuple[tuple[float, float, float], ...] = ()
    blur_px: float = 0.0
    motion: tuple[float, float] = (0.0, 0.0)
    gamma: float = 1.0
    gain: float = 1.0
    bias: float = 0.0
    noise: float = 0.0
    noise_px: float = 1.0
    sharpen: float = 0.0
    jpeg: int = 0
    noise_at: int = 0
    resample: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form for the record."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def draw_camera(
    rng: np.random.Generator,
    settings: SynthSettings = DEFAULT,
    *,
    detail_px: float = 130.0,
    strength: float = 1.0,
    resample: float = 0.0,
) -> Camera:
    """Draw a camera.

    Args:
        rng: random numbers.
        settings: its tables `light`, `lens` and `sensor`.
        detail_px: width of what must stay legible: blur grows with it.
        strength: scale of blur and noise.
        resample: scale of the probability that the picture is taken smaller than it is stored.
    """
    light, lens, sensor = settings.light, settings.lens, settings.sensor
    u, g = rng.random(36).tolist(), rng.standard_normal(4).tolist()
    scale = strength * min(max(detail_px / 130.0, 0.5), 2.5) ** 0.8
    night = u[0] < light.night

    def within(pair: tuple[float, float], part: float) -> float:
        return pair[0] + (pair[1] - pair[0]) * part

    shadow = (
        2 * math.pi * u[2],
        0.16 * g[0],
        0.7 * 20 ** u[3],
        within(light.shadow_weight, u[4]),
    )
    glare = (1.2 * u[6] - 0.1, 1.2 * u[7] - 0.1, 0.06 + 0.44 * u[8], 30 + 110 * u[9])
    near, far = sensor.resample_size
    drops = (
        tuple(
            (v[0], v[1], 0.02 + 0.05 * v[2] * v[2])
            for v in rng.random((2 + int(9 * u[31]), 3)).tolist()
        )
        if u[30] < lens.drops * min(strength, 1.0)
        else ()
    )
    return Camera(
        night=night,
        retro=1.0 + 2.5 * u[33] if night and u[32] < light.retro else 1.0,
        shadow=shadow if u[1] < light.shadow else None,
        glare=glare if u[5] < (max(0.5, light.glare) if night else light.glare) else None,
        vignette=0.1 + 0.4 * u[11] if u[10] < light.vignette else 0.0,
        barrel=lens.barrel_limit * (1.6 * u[13] - 0.6)
        if u[12] < lens.barrel * min(strength, 1.0)
        else 0.0,
        drops=drops,
        blur_px=within(lens.blur_px, u[15]) * scale if u[14] < lens.blur else 0.0,
        motion=(within(lens.motion_px, u[17]) * scale, math.pi * u[18])
        if u[16] < lens.motion
        else (0.0, 0.0),
        gamma=math.exp(light.gamma_sd * g[1] + (0.35 if night else -0.1)),
        gain=math.exp(light.exposure_sd * g[2] - (0.6 if night else 0.04)),
        bias=8.0 * g[3],
        noise=-sensor.noise_mean * math.log(1 - u[20]) * strength * (2.0 if night else 1.0)
        if u[19] < sensor.noise
        else 0.0,
        noise_px=2.0 if u[21] < sensor.grain else 1.0,
        sharpen=0.4 + 1.2 * u[23] if u[22] < sensor.sharpen else 0.0,
        jpeg=int(within(sensor.jpeg_quality, u[25]) + 0.5) if u[24] < sensor.jpeg else 0,
        noise_at=int(u[26] * 2**30),
        resample=near * (far / near) ** u[28] if u[27] < resample * sensor.resample else 1.0,
    )


@cache
def _noise_field() -> NDArray[np.float32]:
    field = np.random.default_rng(20260101).normal(0, 1, (1024, 1024))
    return np.asarray(field, dtype=np.float32)


def _noise(camera: Camera, height: int, width: int) -> NDArray[np.float32]:
    """Return (height, width) unit noise cut from the kept field."""
    field = _noise_field()
    grain = int(camera.noise_px)
    rows, cols = -(-height // grain), -(-width // grain)
    if rows >= 1024 or cols >= 1024:
        field = np.tile(field, (rows // 1024 + 2, cols // 1024 + 2))
    top = camera.noise_at % (field.shape[0] - rows)
    left = (camera.noise_at // 1031) % (field.shape[1] - cols)
    part = field[top : top + rows, left : left + cols]
    if grain > 1:
        part = np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)) * 1.4
    return part


def apply_camera(image: Picture, camera: Camera) -> Picture:
    """Take a picture through light, lens and sensor.

    Args:
        image: (H, W) or (H, W, 3).
        camera: the drawn parameters.

    Returns:
        A new picture of the same shape.
    """
    return expose(see(light(image, camera), camera), camera)


def see(image: Picture, camera: Camera) -> Picture:
    """Apply what the lens does: distortion, drops, defocus, motion."""
    if camera.barrel:
        image = distort(image, camera.barrel)
    if camera.drops:
        image = wet(image, camera.drops)
    if camera.blur_px > 0.2:
        side = 2 * math.ceil(2 * camera.blur_px) + 1 if camera.blur_px > 0.5 else 3
        image = np.asarray(cv2.GaussianBlur(image, (side, side), camera.blur_px), np.uint8)
    if camera.motion[0] >= 2:
        image = np.asarray(cv2.filter2D(image, -1, motion_kernel(*camera.motion)), np.uint8)
    return image


def expose(image: Picture, camera: Camera) -> Picture:
    """Apply what the sensor and the packing do: size, tone, noise, sharpening, JPEG."""
    height, width = image.shape[:2]
    if camera.resample < 1:
        size = (max(round(width * camera.resample), 8), max(round(height * camera.resample), 8))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    table = RAMP**camera.gamma * (255.0 * camera.gain) + camera.bias
    table = np.minimum(np.maximum(table, 0.0), 255.0).astype(np.uint8)
    image = np.asarray(cv2.LUT(image, table), np.uint8)
    if camera.noise > 0.5:
        grain = _noise(camera, *image.shape[:2])
        if image.ndim == 3:
            grain = np.asarray(cv2.merge([grain] * 3), np.float32)
        image = np.asarray(cv2.addWeighted(image, 1.0, grain, camera.noise, 0.0, dtype=cv2.CV_8U))
    if camera.sharpen:
        soft = cv2.GaussianBlur(image, (5, 5), 1.0)
        image = np.asarray(
            cv2.addWeighted(image, 1 + camera.sharpen, soft, -camera.sharpen, 0), np.uint8
        )
    if camera.jpeg:
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, camera.jpeg])
        how = cv2.IMREAD_GRAYSCALE if image.ndim == 2 else cv2.IMREAD_COLOR
        image = np.asarray(cv2.imdecode(packed, how), np.uint8)
    if camera.resample < 1:
        image = np.asarray(cv2.resize(image, (width, height)), np.uint8)
    return image


def light(image: Picture, camera: Camera) -> Picture:
    """Apply shadow, glare and vignette, which act on the scene before the lens."""
    if camera.shadow is None and camera.glare is None and not camera.vignette:
        return image
    height, width = image.shape[:2]
    across = np.arange(width, dtype=np.float32)
    down = np.arange(height, dtype=np.float32)
    if camera.shadow is not None:
        angle, offset, soft, weight = camera.shadow
        cos, sin = math.cos(angle) / soft, math.sin(angle) / soft
        start = 0.5 - offset * math.hypot(height, width) / soft - (cos * width + sin * height) / 2
        edge = np.add.outer(down * np.float32(sin) + np.float32(start), across * np.float32(cos))
        edge = np.minimum(np.maximum(edge, 0, out=edge), 1, out=edge)
        image = _dimmed(image, cv2.convertScaleAbs(edge, alpha=-255.0 * weight, beta=255.0))
    if camera.vignette:
        row, col = (
            ((v / side - 0.5) ** 2 * (-510 * camera.vignette)).astype(np.float32)
            for v, side in ((across, width), (down, height))
        )
        image = _dimmed(image, cv2.convertScaleAbs(np.add.outer(col + np.float32(255), row)))
    if camera.glare is not None:
        gx, gy, reach, level = camera.glare
        far = reach * width
        row, col = (
            np.exp(-(((v - at) / far) ** 2)).astype(np.float32)
            for v, at in ((across, gx * width), (down, gy * height))
        )
        spot = cv2.convertScaleAbs(np.multiply.outer(col, row), alpha=level)
        image = np.asarray(
            cv2.add(image, spot if image.ndim == 2 else cv2.merge([spot] * 3)), np.uint8
        )
    return image


def _dimmed(image: Picture, weight: MatLike) -> Picture:
    """Multiply a picture by a weight of 0-255 for each pixel."""
    weights = weight if image.ndim == 2 else cv2.merge([weight] * 3)
    return np.asarray(cv2.multiply(image, weights, scale=1 / 255), np.uint8)
