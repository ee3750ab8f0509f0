"""Rain drops on the lens: each shows the scene upside down and blurred, with a bright rim."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from platewright.geometry import Picture
from platewright.synth import option
from platewright.synth.effect import Shot

STAGE = "lens"
ORDER = 20


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.04, "of scenes with rain drops")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """Where."""

    #: (x, y, radius) of each, parts of the picture's width; y of its height
    places: tuple[tuple[float, float, float], ...]


def draw(rng: np.random.Generator, settings: Settings, shot: Shot) -> Parameters | None:
    """Draw two to ten drops."""
    if rng.random() >= settings.share * min(shot.strength, 1.0):
        return None
    drawn = rng.random((2 + int(9 * rng.random()), 3)).tolist()
    return Parameters(places=tuple((x, y, 0.02 + 0.05 * part * part) for x, y, part in drawn))


def apply(image: Picture, p: Parameters, _: Any) -> Picture:
    """Put them on a copy of the picture."""
    image = image.copy()
    height, width = image.shape[:2]
    for x, y, r in p.places:
        radius = max(round(r * width), 2)
        left, top = round(x * width) - radius, round(y * height) - radius
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + 2 * radius, width), min(top + 2 * radius, height)
        if x1 - x0 < 2 or y1 - y0 < 2:
            continue
        part = image[y0:y1, x0:x1]
        seen = cv2.GaussianBlur(np.ascontiguousarray(part[::-1, ::-1]), (0, 0), radius / 3)
        mask = np.zeros(part.shape[:2], np.uint8)
        centre = (left + radius - x0, top + radius - y0)
        cv2.circle(mask, centre, radius - 1, 190, -1, cv2.LINE_AA)
        weight = mask.astype(np.float32) / 255
        weight = weight if image.ndim == 2 else weight[..., None]
        value = part.astype(np.float32) * (1 - weight) + weight * (0.85 * seen + 30)
        part[:] = np.clip(value, 0, 255).astype(np.uint8)
    return image
