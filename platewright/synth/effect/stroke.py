"""Bolder or thinner strokes than the face has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option

if TYPE_CHECKING:
    from platewright.synth.plate import Canvas

STAGE = "ink"
THINNEST = -0.36  #: Below it strokes fall apart
GAIN = 2.2  #: Of the threshold: how sharp the edges are


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.7, "of plates with bolder or thinner strokes")
    thin: float = option.share(0.2, "of those that tend to be thin")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How far."""

    shift: float  #: of the threshold, about -0.3 (thin) to 0.3 (bold)


def draw(rng: np.random.Generator, settings: Settings, _: Any) -> Parameters | None:
    """Draw how bold the strokes are."""
    if rng.random() >= settings.share:
        return None
    thinner = 0.16 if rng.random() < settings.thin else 0.0
    return Parameters(shift=max(0.16 * rng.standard_normal() - thinner, THINNEST))


def apply(ink: Picture, p: Parameters, canvas: Canvas) -> Picture:
    """Blur the mask and cut it at another threshold."""
    soft = cv2.GaussianBlur(ink, (0, 0), max(0.035 * canvas.capital_px, 0.6))
    return np.asarray(cv2.LUT(soft, stroke_lut(p.shift)), np.uint8)


def stroke_lut(shift: float) -> Picture:
    """Return the table that turns a blurred mask into a bolder (shift > 0) or thinner one."""
    ramp = (np.arange(256) / 255.0 - 0.5 + shift) * GAIN + 0.5
    return np.asarray(np.clip(ramp * 255.0, 0, 255), dtype=np.uint8)
