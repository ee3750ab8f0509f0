"""Raised characters: light from one side on their edges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.region import Look
from platewright.synth import option
from platewright.synth.effect import add_levels

if TYPE_CHECKING:
    from platewright.synth.plate import Canvas

STAGE = "relief"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    scale: float = option.number(
        0.8, "scale of the regions' own probabilities of relief", high=10.0
    )


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How strong."""

    strength: float  #: grey levels
    light: float = 0.0  #: direction the light comes from, radians


def draw(rng: np.random.Generator, settings: Settings, look: Look) -> Parameters | None:
    """Draw how high the characters are raised."""
    if rng.random() >= look.embossed * settings.scale:
        return None
    return Parameters(strength=8 + 52 * rng.random(), light=2 * math.pi * rng.random())


def apply(image: Picture, p: Parameters, canvas: Canvas) -> Picture:
    """Light the edges."""
    soft = cv2.GaussianBlur(canvas.relief, (5, 5), max(1.0, 0.8 * canvas.scale))
    x, y = math.cos(p.light) * p.strength / 100, math.sin(p.light) * p.strength / 100
    kernel = np.array([[0, -y, 0], [-x, 0, x], [0, y, 0]], np.float32)
    return add_levels(image, np.asarray(cv2.filter2D(soft, cv2.CV_32F, kernel), np.float32))
