"""A plate bent about the upright axis: its middle lies higher or lower than its ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from platewright.geometry import FloatArray
from platewright.synth import option

if TYPE_CHECKING:
    from platewright.synth.plate import FlatPlate

STAGE = "form"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.06, "of bent plates")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How far."""

    rise: float  #: how far the middle bends up, part of the plate's height


def draw(rng: np.random.Generator, settings: Settings, _: Any) -> Parameters | None:
    """Draw how far it is bent."""
    if rng.random() >= settings.share:
        return None
    return Parameters(rise=min(max(0.06 * rng.standard_normal(), -0.12), 0.12))


def apply(flat: FlatPlate, p: Parameters, _: Any) -> FlatPlate:
    """Bend picture, outline, quad and boxes."""
    rise = p.rise * float(flat.quad[2, 1] - flat.quad[0, 1])
    if abs(rise) < 1:
        return flat
    spare = int(np.ceil(abs(rise)))
    image, alpha = (
        cv2.copyMakeBorder(layer, spare, spare, 0, 0, cv2.BORDER_CONSTANT, value=0)
        for layer in (flat.image, flat.alpha)
    )
    height, width = alpha.shape
    ends = flat.quad[0, 0], flat.quad[1, 0]

    def risen(x: FloatArray) -> FloatArray:
        part = (2 * x - ends[0] - ends[1]) / (ends[1] - ends[0])
        return np.asarray(rise * (1 - part * part), np.float64)

    across = np.arange(width) + 0.5
    map_x = np.tile(np.arange(width, dtype=np.float32), (height, 1))
    map_y = np.arange(height, dtype=np.float32)[:, None] + risen(across).astype(np.float32)
    layers = [cv2.remap(v, map_x, map_y, cv2.INTER_LINEAR) for v in (image, alpha)]
    outline = _bent(flat.quad[[0, 2]].reshape(1, 4), risen, spare)
    return replace(
        flat,
        image=np.asarray(layers[0], np.uint8),
        alpha=np.asarray(layers[1], np.uint8),
        quad=outline[0, [[0, 1], [2, 1], [2, 3], [0, 3]]],
        boxes=_bent(flat.boxes, risen, spare),
    )


def _bent(boxes: FloatArray, risen: Callable[[FloatArray], FloatArray], spare: int) -> FloatArray:
    """Return the upright boxes round what lies in (n, 4) boxes of the plate before it was bent."""
    across = np.linspace(boxes[:, 0], boxes[:, 2], 9)
    rise = risen(across)
    bent: FloatArray = boxes + np.array([0.0, spare, 0.0, spare])
    bent[:, 1] -= rise.max(axis=0)
    bent[:, 3] -= rise.min(axis=0)
    return bent
