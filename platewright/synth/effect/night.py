"""Night: lamps are lit, pictures are dark and noisy, and plates shine in the camera's own light."""

from dataclasses import dataclass

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import Shot, spread

STAGE = "shine"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.08, "of scenes by night")
    retro: float = option.share(
        0.5, "of the nights in which plates shine in the camera's own light"
    )


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How plates shine."""

    retro: float = 1.0  #: factor by which they outshine the scene; 1: they do not


def draw(rng: np.random.Generator, settings: Settings, _: Shot) -> Parameters | None:
    """Draw whether it is night; exposure, noise and glare follow from it."""
    if rng.random() >= settings.share:
        return None
    factor, shines = 1.0 + 2.5 * rng.random(), rng.random() < settings.retro
    return Parameters(retro=factor if shines else 1.0)


def apply(plate: Picture, p: Parameters, at: tuple[Picture, float]) -> Picture:
    """Brighten a plate; the exposure keeps it legible: its brighter colour stays in range."""
    alpha, brightest = at
    factor = min(p.retro, 250.0 / max(brightest, 1.0))
    if factor <= 1:
        return plate
    bright = cv2.convertScaleAbs(plate, alpha=factor)
    return np.asarray(cv2.min(bright, spread(alpha, plate)), np.uint8)
