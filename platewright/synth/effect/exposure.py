"""Exposure: every picture's gamma, gain and bias."""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import Shot

STAGE = "sensor"
ORDER = 20
RAMP = np.arange(256, dtype=np.float64) / 255.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How far."""

    gamma_sd: float = option.number(0.25, "sd of the logarithm of gamma", high=2.0)
    gain_sd: float = option.number(0.16, "sd of the logarithm of the exposure", high=2.0)


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """What becomes of a grey level."""

    gamma: float = 1.0  #: exponent on values of 0-1
    gain: float = 1.0  #: factor on grey levels
    bias: float = 0.0  #: added grey levels


def draw(rng: np.random.Generator, settings: Settings, shot: Shot) -> Parameters:
    """Draw an exposure; by night it is darker."""
    gamma, gain = (0.35, -0.6) if shot.night else (-0.1, -0.04)
    return Parameters(
        gamma=math.exp(settings.gamma_sd * rng.standard_normal() + gamma),
        gain=math.exp(settings.gain_sd * rng.standard_normal() + gain),
        bias=8.0 * rng.standard_normal(),
    )


def apply(image: Picture, p: Parameters, _: Any) -> Picture:
    """Look every level up."""
    table = RAMP**p.gamma * (255.0 * p.gain) + p.bias
    table = np.minimum(np.maximum(table, 0.0), 255.0).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table), np.uint8)
