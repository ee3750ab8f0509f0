"""The origin's task: to tell a plate's region by its colours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.network.part import OriginSettings
from platewright.reading.straighten import straightened
from platewright.region import GENERIC
from platewright.synth.scene import draw_closeup
from platewright.training.sample import SampleSettings, Stock
from platewright.training.task import Sample, Task, WeightedLosses
from platewright.training.view import CLOSE, frame_quad

UPRIGHT = 0.5
"""Of its frames so many times as many are upright boxes as of the readers'."""
COLOURLESS = 0.12
"""Part of the plates that are seen without colours, as cameras at night do."""
WIDTH_PX, FOCUS_PX = (36.0, 150.0), (60.0, 150.0)
"""Of the drawn plates: larger ones only cost time, as small as they are looked at."""
CLEAR = 0.85
"""Part that is hardly blurred: only plates that were read are looked at."""
SPREAD = 0.7
"""Of the frames' errors: they have been looked at twice."""
DEPARTURES = {
    "any_face": 0.1, "wild": 0.12, "mono": 0.15, "small": 0.03, "script": 0.02, "mark": 0.06,
    "tint_sd": 4.0, "foreign": 0.8,
}  # fmt: skip
"""How far plates differ from their rule book: what is read of those is the readers'
exercise, and whose they are nothing tells. Most bear texts of other regions: who reads weighs the
text as well, so that what the look said of its form would count twice."""
GAIN, TINT, LIFT, SATURATION = 0.15, 0.06, 10.0, (0.6, 1.25)
"""Of a view's colours: sd of the logarithms of all channels' and of each one's, of what is added,
and the range of what is left of the colours."""


class OriginTask(Task):
    """See the module."""

    settings: OriginSettings
    stored = False
    views = 3

    def draw(self, rng: np.random.Generator, stock: Stock, samples: SampleSettings) -> Sample:
        """Draw one view of a plate."""
        return self.draws(rng, stock, samples)[0]

    def draws(
        self, rng: np.random.Generator, stock: Stock, samples: SampleSettings
    ) -> list[Sample]:
        """Draw a plate in colour, and look at it in several frames and lights.

        Each region is as often: how common it is, who reads knows.
        """
        own, closeup = self.settings, samples.closeup
        regions = closeup.regions or own.regions
        if not closeup.regions and rng.random() < own.nobody:
            regions = (GENERIC,)
        drawn = samples.clear if rng.random() < CLEAR else closeup
        coloured = replace(
            drawn,
            grey=False,
            regions=(regions[int(rng.integers(len(regions)))],),
            width_px=WIDTH_PX,
            focus_px=FOCUS_PX,
            synth=closeup.synth.changed("plate", **DEPARTURES),
        )
        image, record = draw_closeup(rng, stock.coloured.backgrounds, coloured, margin=CLOSE)
        (plate,) = record.plates
        known = own.regions.index(plate.region) if plate.region in own.regions else -1
        target = np.array(known % (len(own.regions) + 1), np.int32)
        quads = []
        for _ in range(self.views):
            upright = rng.random() < UPRIGHT * samples.upright
            quads.append(frame_quad(rng, plate.quad, upright=upright, spread=SPREAD))
        windows = straightened(image, quads, own.window, own.margin)[0]
        return [({"colours": relit(rng, window)}, {"origin": target}) for window in windows]

    def losses(self) -> WeightedLosses:
        """Return cross entropy, a little smoothed."""
        from platewright.training import loss

        return {"origin": (loss.known_classes(smooth=0.03), 1.0)}

    def measure(self, targets: dict[str, Any], said: dict[str, Any]) -> dict[str, float]:
        """Return the part of regions that is right."""
        taught = targets["origin"] >= 0
        right = said["origin"].argmax(axis=-1) == targets["origin"]
        return {"region": float(right[taught].mean()) if taught.any() else float("nan")}


def relit(rng: np.random.Generator, window: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a window (h, w, 3) in other light, or without colours."""
    gain = np.exp(rng.normal(0, GAIN) + rng.normal(0, TINT, 3))
    left = rng.uniform(*SATURATION) if rng.random() >= COLOURLESS else 0.0
    grey = cv2.cvtColor(window, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
    toned = (grey + left * (window - grey)) * gain if left else np.repeat(grey * gain[0], 3, axis=2)
    return np.clip(toned + rng.normal(0, LIFT), 0, 255).astype(np.uint8)


TASK = OriginTask
