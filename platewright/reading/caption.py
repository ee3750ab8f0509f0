"""Captions: writing that was put into a picture, told from a plate by what no lens leaves."""

import cv2
import numpy as np

from platewright.geometry import FloatArray, Picture, box_of_quad
from platewright.reading.settings import CORNER, room

LEVEL_DEG = 8.0  #: A caption is level; the edges of one that are found are off by less
WRITTEN = 1.18  #: What is worth more, of the next, was written into the picture
FLAT_WORTH, MOST_FLAT = 0.7, 0.5
EDGE_WORTH, SMALL = 0.15, 0.6
"""Of what lies at the picture's edge; what is wider, as a part of it, is a plate from nearby."""
NEAR, APART = 2, 40  #: Levels that are the same, and that are two
STEEPEST, DARKEST, LIGHTEST = 99.5, 1, 99  #: Percentiles: of the steps, and of the levels


def is_written(image: Picture, quad: FloatArray) -> bool:
    """Tell whether a text was written into a picture, as cameras write the time.

    Such a text is level, goes from dark to light within a pixel, where a lens and a sensor blur,
    has two flat colours, where light falls unevenly, and lies at the picture's edge as a rule. Each
    may be true of a plate, all of it hardly ever; how much each is worth was measured
    (docs/decisions.md).

    Args:
        image: (H, W) grey or (H, W, 3) RGB.
        quad: (4, 2) where the text is, photo pixels.
    """
    along = np.stack([quad[1] - quad[0], quad[2] - quad[3]])
    if np.abs(np.degrees(np.arctan2(along[:, 1], along[:, 0]))).max() > LEVEL_DEG:
        return False
    x0, y0, x1, y1 = box_of_quad(quad)
    part = image[max(int(y0), 0) : int(np.ceil(y1)), max(int(x0), 0) : int(np.ceil(x1))]
    if min(part.shape[:2]) < 2:
        return False
    grey = part if part.ndim == 2 else cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    values = grey.astype(np.int16)
    dark, light = np.percentile(values, [DARKEST, LIGHTEST])
    step = float(np.percentile(np.abs(np.diff(values, axis=1)), STEEPEST))
    steep = step / max(light - dark, APART)
    near = np.convolve(np.bincount(values.ravel(), minlength=256), np.ones(2 * NEAR + 1), "same")
    first = int(near.argmax())
    second = near[np.abs(np.arange(256) - first) > APART].max()
    flat = min(float(near[first] + second) / values.size, MOST_FLAT)
    size = (image.shape[0], image.shape[1])
    edge = room(quad, size) < CORNER and x1 - x0 < SMALL * size[1]
    return bool(steep + FLAT_WORTH * flat + EDGE_WORTH * edge > WRITTEN)
