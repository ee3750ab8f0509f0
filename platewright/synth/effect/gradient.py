"""Uneven light on the sheet: its brightness runs from edge to edge."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.synth import option

STAGE = "sheet"
ORDER = 20


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often."""

    share: float = option.share(0.6, "of plates with uneven brightness")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """How far."""

    x: float  #: change from the left edge to the right one, grey levels
    y: float  #: change from the upper edge to the lower one, grey levels


def draw(rng: np.random.Generator, settings: Settings, _: Any) -> Parameters | None:
    """Draw how far it runs."""
    if rng.random() >= settings.share:
        return None
    return Parameters(x=12 * rng.standard_normal(), y=14 * rng.standard_normal())


def apply(levels: NDArray[np.float32], p: Parameters, _: Any) -> NDArray[np.float32]:
    """Add a plane that levels out near the edges."""
    down, across = (
        change * np.clip((2 * np.arange(side, dtype=np.float32) + 1) / side - 1, -0.5, 0.5)
        for side, change in zip(levels.shape, (np.float32(p.y), np.float32(p.x)), strict=True)
    )
    levels += np.add.outer(down, across)
    return levels
