"""The task of `box`: to say where in a photo its one plate is."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import FloatArray, Picture, iou
from platewright.network.part import TextSettings
from platewright.synth.scene import SceneSettings, draw_scene
from platewright.training.sample import SampleSettings, Stock
from platewright.training.task import Sample, Task, WeightedLosses

SHAPES = ((3, 4), (9, 16), (4, 3), (1, 1))
"""Shapes of the photos that `box` learns from, height to width; they are squeezed to a square."""
PHOTO_PX = 260  #: Mean side of these
NARROWEST, WIDEST = 20.0, 0.9
"""Width of the smallest plates in them, pixels, and of the largest, part of the photo's width."""


class BoxTask(Task):
    """See the module."""

    settings: TextSettings
    compiles = False
    stored = False

    def draw(self, rng: np.random.Generator, stock: Stock, samples: SampleSettings) -> Sample:
        """Draw a photo; cells that vote are also told where in their map the plate is."""
        window, box = draw_photo(rng, stock, samples, self.settings)
        names = ("box",) if self.settings.units else ("box", "where")
        return {"window": window[..., None]}, dict.fromkeys(names, box.astype(np.float32))

    def losses(self) -> WeightedLosses:
        """Return squared errors of the original, else the overlap and the cells that vote."""
        from platewright.training import loss

        if self.settings.units:
            return {"box": (loss.box_corners, 1.0)}
        return {"box": (loss.box_overlap, 1.0), "where": (loss.box_where, self.recipe.where)}

    def measure(self, targets: dict[str, Any], said: dict[str, Any]) -> dict[str, float]:
        """Return how well boxes overlap, and how well one box for all would."""
        want, got = targets["box"], said["box"]
        one = constant_box(want)
        return {
            "iou": float(np.mean([iou(a, b) for a, b in zip(want, got, strict=True)])),
            "constant_iou": float(np.mean([iou(a, tuple(one)) for a in want])),
        }


TASK = BoxTask


def constant_box(boxes: NDArray[Any]) -> FloatArray:
    """Return the one box whose mean squared error to all of (n, 4) is least: their mean."""
    return np.asarray(np.asarray(boxes, np.float64).mean(axis=0), np.float64)


def one_plate_scene(rng: np.random.Generator, scene: SceneSettings) -> SceneSettings:
    """Draw the settings of a photo with one plate: its shape, and how wide the plate may be."""
    tall, wide = SHAPES[int(rng.integers(len(SHAPES)))]
    side = PHOTO_PX / (tall * wide) ** 0.5
    size = (round(tall * side), round(wide * side))
    return replace(
        scene,
        size=size,
        plates=(0.0, 1.0),
        decoys=(0.5, 0.3, 0.2),
        width_px=(NARROWEST, WIDEST * size[1]),
        focus=0.0,
    )


def draw_photo(
    rng: np.random.Generator,
    stock: Stock,
    samples: SampleSettings,
    settings: TextSettings,
) -> tuple[Picture, FloatArray]:
    """Draw a photo with one plate, squeezed into the window.

    Returns:
        The (h, w) window, and the plate's box (x0, y0, x1, y1) in parts of it.
    """
    one = one_plate_scene(rng, samples.scene)
    size = one.size
    while True:
        image, record = draw_scene(rng, stock.backgrounds, one)
        if record.plates:
            break
    x0, y0, x1, y1 = record.plates[0].box
    box = np.array([x0 / size[1], y0 / size[0], x1 / size[1], y1 / size[0]])
    shown = cv2.resize(image, settings.window[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(shown, np.uint8), np.clip(box, 0.0, 1.0)
