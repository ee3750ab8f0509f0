"""The scan's task: to say of every window of a scene whether a plate fills it, and its corners."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.network.part import ScanSettings
from platewright.record import PlateRecord
from platewright.synth.scene import SceneSettings, draw_scene
from platewright.training.sample import SampleSettings, Stock
from platewright.training.task import IGNORE, Sample, Task, WeightedLosses, mean_off

FloatArray = NDArray[np.float32]
CENTRE = (0.11, 0.075)
"""How far a positive's centre may lie from the window's: (down, right), parts of the window."""
NEAR = 2.4  #: Up to so many times `CENTRE`, a cell is ignored rather than negative
SLACK = 1.22  #: A plate so much too small or too large is ignored rather than negative


class ScanTask(Task):
    """See the module."""

    settings: ScanSettings
    sample = "scenes"

    def draw(self, rng: np.random.Generator, stock: Stock, samples: SampleSettings) -> Sample:
        """Draw a scene."""
        scene = scan_scene(samples.scene, self.settings)
        stored = stock.stored
        if stored is not None and stored.gives_scene(rng):
            image, record = stored.draw_scene(rng, scene)
        else:
            image, record = draw_scene(rng, stock.backgrounds, scene)
        presence, corners = scan_target(record.plates, record.size, self.settings)
        targets = {"scan_presence": presence[..., None], "scan_corners": corners}
        return {"image": image[..., None]}, targets

    def losses(self) -> WeightedLosses:
        """Return focal loss and Huber loss."""
        from platewright.training import loss

        return {
            "scan_presence": (loss.scan_presence, 4.0),
            "scan_corners": (loss.scan_corners, 2.0),
        }

    def measure(self, targets: dict[str, Any], said: dict[str, Any]) -> dict[str, float]:
        """Return the harmonic mean of precision and recall over the taught cells, and how far off.

        Corners are off by half windows.
        """
        target, yes = targets["scan_presence"], said["scan_presence"] > 0
        both = float((yes & (target == 1)).sum())
        total = float((yes & (target >= 0)).sum() + (target == 1).sum())
        return {
            "f1": 2 * both / max(total, 1.0),
            "off": mean_off(targets["scan_corners"], said["scan_corners"]),
        }


TASK = ScanTask


def scan_scene(scene: SceneSettings, settings: ScanSettings) -> SceneSettings:
    """Return settings of scenes whose plates are as large as a scan's windows want them.

    Args:
        scene: as the default scan wants them.
    """
    wanted, own = (s.extent[0] * s.grid.window[1] for s in (ScanSettings(), settings))
    low, high = (tuple(v * own / wanted for v in pair) for pair in (scene.width_px, scene.focus_px))
    return replace(scene, width_px=(low[0], low[1]), focus_px=(high[0], high[1]))


def scan_target(
    plates: Sequence[PlateRecord], size: tuple[int, int], settings: ScanSettings
) -> tuple[FloatArray, FloatArray]:
    """Return what the scan should say of a scene.

    A window is positive when a plate's box is centred in it within `CENTRE` and fills
    `settings.extent` of it; ignored a little outside of that.

    Args:
        size: (height, width) of the scene.

    Returns:
        presence (rows, cols): 1, 0 or `IGNORE`; corners (rows, cols, 9): eight offsets from the
        window's centre in half windows, and 1 where they are taught. That is wherever presence is
        not 0: a window that is ignored may fire as well, and should then know the corners. Of a
        plate of which only an upright box is known they are not taught.
    """
    grid = settings.grid
    rows, cols = grid.shape(*size)
    presence = np.zeros((rows, cols), np.float32)
    corners = np.zeros((rows, cols, 9), np.float32)
    height, width = grid.window
    y = np.arange(rows)[:, None] * grid.stride[0] + height / 2
    x = np.arange(cols)[None, :] * grid.stride[1] + width / 2
    low, high = settings.extent
    for plate in plates:
        x0, y0, x1, y1 = plate.box
        extent = max((x1 - x0) / width, (y1 - y0) / height)
        if not low / SLACK <= extent <= high * SLACK:
            continue
        off_y = np.abs(y - (y0 + y1) / 2) / height
        off_x = np.abs(x - (x0 + x1) / 2) / width
        near = (off_y <= CENTRE[0] * NEAR) & (off_x <= CENTRE[1] * NEAR)
        fresh = near & (presence == 0)
        presence[fresh] = IGNORE
        if low <= extent <= high:
            hit = (off_y <= CENTRE[0]) & (off_x <= CENTRE[1])
            presence[hit] = 1
            fresh |= hit
        where = np.argwhere(fresh)
        if where.size:
            middle = np.stack([x[0, where[:, 1]], y[where[:, 0], 0]], axis=1)
            offsets = (plate.quad[None] - middle[:, None]) / (width / 2, height / 2)
            corners[where[:, 0], where[:, 1], :8] = offsets.reshape(-1, 8)
            corners[where[:, 0], where[:, 1], 8] = not plate.boxed
    return presence, corners
