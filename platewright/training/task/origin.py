"""The origin's task: to tell a plate's region by its colours."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from platewright.network.part import OriginSettings
from platewright.region import GENERIC
from platewright.training.sample import SampleSettings, Stock
from platewright.training.task import Sample, Task, WeightedLosses
from platewright.training.view import draw_view

UPRIGHT = 0.5  #: Of its frames so many times as many are upright boxes as of the readers'
COLOURLESS = 0.12  #: Part of the plates that are seen without colours, as cameras at night do
WIDTH_PX, FOCUS_PX = (24.0, 150.0), (50.0, 150.0)
"""Of the drawn plates: larger ones only cost time, as small as they are looked at."""


class OriginTask(Task):
    """See the module."""

    settings: OriginSettings
    stored = False

    def draw(self, rng: np.random.Generator, stock: Stock, samples: SampleSettings) -> Sample:
        """Draw a plate in colour, each region as often: how common it is, who reads knows."""
        own = self.settings
        regions = samples.closeup.regions or own.regions
        if not samples.closeup.regions and rng.random() < own.nobody:
            regions = (GENERIC,)
        one = regions[int(rng.integers(len(regions)))]
        coloured = replace(
            samples,
            closeup=replace(
                samples.closeup, grey=False, regions=(one,), width_px=WIDTH_PX, focus_px=FOCUS_PX
            ),
            upright=UPRIGHT * samples.upright,
        )
        view = draw_view(rng, stock.coloured, coloured, own.window, own.margin)
        colours = view.window
        if rng.random() < COLOURLESS:
            colours = np.repeat(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
        region = view.plate.region if view.plate is not None else ""
        known = own.regions.index(region) if region in own.regions else len(own.regions)
        return {"colours": colours}, {"origin": np.array(known if region else -1, np.int32)}

    def losses(self) -> WeightedLosses:
        """Return cross entropy, a little smoothed."""
        from platewright.training import loss

        return {"origin": (loss.known_classes(smooth=0.03), 1.0)}

    def measure(self, targets: dict[str, Any], said: dict[str, Any]) -> dict[str, float]:
        """Return the part of regions that is right."""
        taught = targets["origin"] >= 0
        right = said["origin"].argmax(axis=-1) == targets["origin"]
        return {"region": float(right[taught].mean()) if taught.any() else float("nan")}


TASK = OriginTask
