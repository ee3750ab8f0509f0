"""Noise of the sensor, fine or coarse."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import Shot, spread

STAGE = "sensor"
ORDER = 30
FIELD_PX = 1024  #: Side of the kept field of noise


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often and how strong."""

    share: float = option.share(0.5, "of scenes with visible noise")
    mean: float = option.number(5.0, "its mean standard deviation, grey levels", high=100.0)
    grain: float = option.share(0.4, "of the noise that is coarse")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How strong."""

    sd: float  #: standard deviation, grey levels
    grain_px: int = 1  #: size of the grain
    start: int = 0  #: where in the kept field it starts


def draw(rng: np.random.Generator, settings: Settings, shot: Shot) -> Parameters | None:
    """Draw how strong it is; by night twice as strong."""
    if rng.random() >= settings.share:
        return None
    level = settings.mean * shot.strength * (2.0 if shot.night else 1.0)
    return Parameters(
        sd=-level * math.log(1 - rng.random()),
        grain_px=2 if rng.random() < settings.grain else 1,
        start=int(rng.random() * 2**30),
    )


def apply(image: Picture, p: Parameters, _: Any) -> Picture:
    """Add a part of the kept field."""
    if p.sd <= 0.5:
        return image
    grain = spread(_grain(p, *image.shape[:2]), image)
    return np.asarray(cv2.addWeighted(image, 1.0, grain, p.sd, 0.0, dtype=cv2.CV_8U), np.uint8)


@cache
def _field() -> NDArray[np.float32]:
    field = np.random.default_rng(20260101).normal(0, 1, (FIELD_PX, FIELD_PX))
    return np.asarray(field, dtype=np.float32)


def _grain(p: Parameters, height: int, width: int) -> NDArray[np.float32]:
    """Return (height, width) unit noise cut from the kept field."""
    field = _field()
    rows, cols = -(-height // p.grain_px), -(-width // p.grain_px)
    if rows >= FIELD_PX or cols >= FIELD_PX:
        field = np.tile(field, (rows // FIELD_PX + 2, cols // FIELD_PX + 2))
    top = p.start % (field.shape[0] - rows)
    left = (p.start // 1031) % (field.shape[1] - cols)
    part = field[top : top + rows, left : left + cols]
    if p.grain_px > 1:
        part = np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)) * 1.4
    return part
