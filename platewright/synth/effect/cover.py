"""A tow-bar or a strap before the plate hides a part of it."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import UNIT, Picture, homography, project
from platewright.synth import option

STAGE = "front"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.04, "of plates that a tow-bar or a strap hides a part of")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """Where."""

    x: float  #: its left edge, part of the plate's width
    width: float  #: part of the plate's width
    height: float  #: how far it reaches up from below, part of the plate's height
    lean: float  #: to the right over the plate's height, part of its width
    level: int  #: grey level


def draw(rng: np.random.Generator, settings: Settings, _: Any) -> Parameters | None:
    """Draw what hides a part of the plate."""
    if rng.random() >= settings.share:
        return None
    return Parameters(
        x=0.15 + 0.7 * rng.random(),
        width=0.04 + 0.1 * rng.random(),
        height=0.12 + 0.3 * rng.random(),
        lean=0.3 * rng.random() - 0.15,
        level=int(rng.random() * 90),
    )


def apply(canvas: Picture, p: Parameters, quad: NDArray[np.float64]) -> Picture:
    """Draw a bar from below and the ball on top of it, in place."""
    top, right = p.x + p.lean * p.height, p.x + p.width
    bar = [[p.x, 1.3], [top, 1 - p.height], [top + p.width, 1 - p.height], [right, 1.3]]
    points = project(homography(UNIT, quad), bar)
    if np.abs(points).max() > 1e4:
        return canvas
    tone: int | tuple[int, int, int] = p.level if canvas.ndim == 2 else (p.level,) * 3
    cv2.fillPoly(canvas, [np.round(points * 16).astype(np.int32)], tone, cv2.LINE_AA, 4)
    middle = (points[1] + points[2]) / 2
    radius = 0.8 * np.hypot(*(points[2] - points[1]))
    spot = (round(middle[0] * 16), round(middle[1] * 16))
    cv2.circle(canvas, spot, max(round(radius * 16), 16), tone, -1, cv2.LINE_AA, 4)
    return canvas
