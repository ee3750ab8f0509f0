"""What light and camera do to a scene: shadow, glare, exposure, blur, noise, JPEG."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Camera", "apply_camera", "draw_camera", "motion_kernel"]

Picture = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Everything between the scene and the stored pixels, in the order it is applied.

    Attributes:
        shadow: (angle in radians, offset in parts of the diagonal, softness px, weight 0-1).
        glare: (x, y as parts of the size, radius as part of the width, grey levels).
        vignette: darkening of the corners, 0-1.
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

    shadow: tuple[float, float, float, float] | None = None
    glare: tuple[float, float, float, float] | None = None
    vignette: float = 0.0
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
        return asdict(self)


def draw_camera(
    rng: np.random.Generator,
    *,
    detail_px: float = 130.0,
    strength: float = 1.0,
    resample: float = 0.0,
) -> Camera:
    """Draw a camera.

    Args:
        rng: random numbers.
        detail_px: width of what must stay legible: blur grows with it.
        strength: scale of blur and noise.
        resample: probability that the picture is taken smaller than it is stored, 0-1.
    """
    u = rng.random(13)
    scale = strength * float(np.clip(detail_px / 130.0, 0.5, 2.5)) ** 0.8
    night = u[11] < 0.08
    return Camera(
        shadow=(
            float(rng.uniform(0, 2 * np.pi)),
            float(rng.normal(0, 0.16)),
            float(np.exp(rng.uniform(np.log(0.7), np.log(14)))),
            float(rng.uniform(0.25, 0.7)),
        )
        if u[0] < 0.28
        else None,
        glare=(
            float(rng.uniform(-0.1, 1.1)),
            float(rng.uniform(-0.1, 1.1)),
            float(rng.uniform(0.06, 0.5)),
            float(rng.uniform(30, 140)),
        )
        if u[1] < (0.5 if night else 0.07)
        else None,
        vignette=float(rng.uniform(0.1, 0.5)) if u[2] < 0.1 else 0.0,
        blur_px=float(rng.uniform(0.3, 0.95)) * scale if u[3] < 0.5 else 0.0,
        motion=(float(rng.uniform(3, 8)) * scale, float(rng.uniform(0, np.pi)))
        if u[4] < 0.1
        else (0.0, 0.0),
        gamma=float(np.exp(rng.normal(0.35 if night else -0.1, 0.25))),
        gain=float(np.exp(rng.normal(-0.6 if night else -0.04, 0.16))),
        bias=float(rng.normal(0, 8)),
        noise=float(rng.exponential(5.0)) * strength * (2.0 if night else 1.0)
        if u[6] < 0.5
        else 0.0,
        noise_px=1.0 if u[7] < 0.6 else 2.0,
        sharpen=float(rng.uniform(0.4, 1.6)) if u[8] < 0.18 else 0.0,
        jpeg=int(rng.integers(20, 96)) if u[9] < 0.7 else 0,
        noise_at=int(rng.integers(2**30)),
        resample=float(np.exp(rng.uniform(np.log(0.4), np.log(0.95)))) if u[12] < resample else 1.0,
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


def motion_kernel(length: float, angle: float) -> NDArray[np.float32]:
    """Return the kernel of a straight camera shake; sums to 1."""
    side = int(np.ceil(length)) | 1
    kernel = np.zeros((side, side), np.float32)
    middle, reach = side / 2 - 0.5, (length - 1) / 2
    step = np.array([np.cos(angle), np.sin(angle)]) * reach
    first = tuple(int(v) for v in np.round((middle - step) * 16))
    last = tuple(int(v) for v in np.round((middle + step) * 16))
    cv2.line(kernel, first, last, 1.0, 1, cv2.LINE_AA, 4)
    kernel = kernel + kernel[::-1, ::-1]  # an even length must not shift the picture
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


def apply_camera(image: Picture, camera: Camera) -> Picture:
    """Take a picture through light and camera.

    Args:
        image: (H, W) or (H, W, 3).
        camera: the drawn parameters.

    Returns:
        A new picture of the same shape.
    """
    height, width = image.shape[:2]
    image = _light(image, camera)
    if camera.blur_px > 0.2:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), camera.blur_px), np.uint8)
    if camera.motion[0] >= 2:
        image = np.asarray(cv2.filter2D(image, -1, motion_kernel(*camera.motion)), np.uint8)
    if camera.resample < 1:
        size = (max(round(width * camera.resample), 8), max(round(height * camera.resample), 8))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    ramp = np.arange(256, dtype=np.float32) / 255.0
    table = ramp**camera.gamma * 255.0 * camera.gain + camera.bias
    image = np.asarray(cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8)), np.uint8)
    if camera.noise > 0.5:
        grain = _noise(camera, *image.shape[:2]) * camera.noise
        value = image.astype(np.float32) + (grain if image.ndim == 2 else grain[..., None])
        image = np.clip(value, 0, 255).astype(np.uint8)
    if camera.sharpen:
        soft = cv2.GaussianBlur(image, (0, 0), 1.0)
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


def _light(image: Picture, camera: Camera) -> Picture:
    """Apply shadow, glare and vignette, which act on the scene before the lens."""
    if camera.shadow is None and camera.glare is None and not camera.vignette:
        return image
    height, width = image.shape[:2]
    x = np.arange(width, dtype=np.float32)[None, :]
    y = np.arange(height, dtype=np.float32)[:, None]
    factor: NDArray[np.float32] = np.ones((height, width), np.float32)
    if camera.shadow is not None:
        angle, offset, soft, weight = camera.shadow
        across = (x - width / 2) * np.float32(np.cos(angle)) + (y - height / 2) * np.float32(
            np.sin(angle)
        )
        edge = np.clip((across - offset * np.hypot(height, width)) / soft + 0.5, 0, 1)
        factor = (factor - np.float32(weight) * edge).astype(np.float32)
    if camera.vignette:
        radius = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) * 2
        factor = (factor * (1 - np.float32(camera.vignette) * radius)).astype(np.float32)
    value = image.astype(np.float32) * (factor if image.ndim == 2 else factor[..., None])
    if camera.glare is not None:
        gx, gy, reach, level = camera.glare
        spot = ((x - gx * width) ** 2 + (y - gy * height) ** 2) / (reach * width) ** 2
        light = np.float32(level) * np.exp(-spot)
        value += light if image.ndim == 2 else light[..., None]
    return np.asarray(np.clip(value, 0, 255), np.uint8)
