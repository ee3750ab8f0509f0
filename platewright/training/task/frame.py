"""The frame's task: to say of a find whether it is a plate, and where its corners are."""

from typing import Any

import numpy as np

from platewright.network.part import FrameSettings
from platewright.training.sample import SampleSettings, Stock
from platewright.training.task import Sample, Task, WeightedLosses, mean_off
from platewright.training.view import draw_view

ABSENT = 2.0  #: Of the finds so many times as many are none as of the plates that are read
HIDDEN = 0.4  #: Of them so many times as many are cut off or hidden
WIDE = 0.3  #: Part of the frames that are as large as the scan's worst
SPREAD = 1.7
"""Of the frames' errors: a tenth of the scan's finds cut off a fifth of a side, or more."""


class FrameTask(Task):
    """See the module."""

    settings: FrameSettings

    def draw(self, rng: np.random.Generator, stock: Stock, samples: SampleSettings) -> Sample:
        """Draw a find."""
        own = self.settings
        view = draw_view(
            rng, stock, samples, own.window, own.margin,
            absent=min(ABSENT * samples.absent, 0.9), hidden=HIDDEN * samples.hidden, wide=WIDE,
            spread=SPREAD,
        )  # fmt: skip
        targets = {"frame_presence": view.presence, "frame_corners": view.corners}
        return {"find": view.window[..., None]}, targets

    def losses(self) -> WeightedLosses:
        """Return cross entropy and Huber loss."""
        from platewright.training import loss

        return {
            "frame_presence": (loss.window_presence, 1.0),
            "frame_corners": (loss.window_corners, 4.0),
        }

    def measure(self, targets: dict[str, Any], said: dict[str, Any]) -> dict[str, float]:
        """Return the part of presences that is right, and how far corners are off in windows."""
        there = targets["frame_presence"] > 0
        return {
            "presence": float(((said["frame_presence"] > 0) == there).mean()),
            "off": mean_off(targets["frame_corners"], said["frame_corners"]),
        }


TASK = FrameTask
