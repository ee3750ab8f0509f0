"""A network that is none: scan and slot reader that answer from the picture's pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from platewright.network.part import ScanSettings, SlotSettings, thick
from platewright.network.weights import BundleSettings

THICK = ScanSettings(layers=thick(16, 32, 64), residual=(2, 5, 7), head=64, extent=(0.45, 0.68))


class FakeNetwork:
    """Hands pictures of whole grey levels to `scan` and `read` of its subclass."""

    def __init__(self, slots: SlotSettings | None = None) -> None:
        self.settings = BundleSettings(scan=THICK, slots=slots or SlotSettings())

    def run(self, outputs: Sequence[str], inputs: dict[str, Any]) -> list[Any]:
        (picture,) = inputs.values()
        grey = (picture[..., 0] * 255).round().astype(np.uint8)
        if "image" in inputs:
            assert outputs == ["scan_presence", "scan_corners"]
            presence, corners = self.scan(grey[0])
            return [presence[None, ..., None], corners[None]]
        assert outputs == ["slots", "presence", "corners"]
        slots, presence, corners = self.read(grey)
        return [slots, presence[:, None], corners]

    def scan(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError

    def read(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        raise NotImplementedError
