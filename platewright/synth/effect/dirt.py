"""Dirt in soft patches over the plate and its frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import blend_ink

if TYPE_CHECKING:
    from platewright.synth.plate import Canvas

STAGE = "plate"
ORDER = 40
MUD = (96, 84, 70)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.15, "of dirty plates")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How much."""

    weight: float  #: 0-1
    seed: int = 0  #: of the patches


def draw(rng: np.random.Generator, settings: Settings, _: Any) -> Parameters | None:
    """Draw how dirty it is."""
    if rng.random() >= settings.share:
        return None
    return Parameters(weight=0.1 + 0.5 * rng.random(), seed=int(rng.integers(2**31)))


def apply(image: Picture, p: Parameters, canvas: Canvas) -> Picture:
    """Blend it in."""
    patches = np.random.default_rng(p.seed).normal(-0.2, 0.6, (5, 11))
    coarse = (np.clip(patches, 0, 1) * (255 * p.weight)).astype(np.float32)
    weight = cv2.resize(coarse, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return blend_ink(image, np.asarray(weight, np.uint8), canvas.tone(MUD))
