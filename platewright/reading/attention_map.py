"""Attention drawn over the crop: where the reader looked for each character."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.errors import ConfigError
from platewright.image import WRITE_SUFFIXES, save_image
from platewright.reading.crop_speller import AttentionSpeller
from platewright.reading.detector import Detector
from platewright.reading.speller import SecondSpeller
from platewright.reading.spelling import Spelling
from platewright.record import Reading

__all__ = ["AttentionFile", "draw_attention"]

Picture = NDArray[np.uint8]
ZOOM = 3
ACROSS = 4
"""Panels in a row."""
BAR = 26
"""Height of a panel's caption, pixels."""
END = "end"


def draw_attention(spelled: Sequence[tuple[Picture, Spelling]]) -> Picture:
    """Draw one panel per character, and one for the end, of each crop.

    Args:
        spelled: (h, w) grey crops, and what was read with attention, at least one.

    Returns:
        (H, W, 3) RGB; the redder a place, the more of the attention it has.
    """
    bands = [_band(crop, spelling) for crop, spelling in spelled]
    width = max(band.shape[1] for band in bands)
    return np.concatenate(
        [np.pad(b, ((0, 8), (0, width - b.shape[1]), (0, 0)), constant_values=255) for b in bands]
    )


class AttentionFile:
    """The picture of what a reader looked at in one photo.

    Args:
        path: the picture file.
        detector: with a reader that has attention.
        photos: how many there are to read.

    Raises:
        ConfigError: if the detector's reader has no attention, there are several photos, or the
            file is no picture by its name.
    """

    def __init__(self, path: Path, detector: Detector, *, photos: int) -> None:
        """Check what can be checked before anything is read."""
        speller = detector.speller
        if not isinstance(speller, SecondSpeller) or not isinstance(
            speller.other, AttentionSpeller
        ):
            raise ConfigError("--show-attention needs a reader with attention: --reader attention")
        if photos > 1:
            raise ConfigError(f"--show-attention draws one photo, not {photos}")
        if path.suffix.lower() not in WRITE_SUFFIXES:
            raise ConfigError(f"{path}: must end in one of {', '.join(WRITE_SUFFIXES)}")
        self.path, self.speller = path, speller

    def write(self, image: Picture, readings: Sequence[Reading]) -> None:
        """Draw where the reader looked in the plates that it read; no plate, no picture."""
        grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        quads = [reading.quad for reading in readings]
        crops = self.speller.crops(np.asarray(grey, np.uint8), quads)
        spelled = [
            (crop, evidence.spell())
            for crop, evidence in zip(crops, self.speller.other.look(crops), strict=True)
        ]
        if spelled:
            save_image(self.path, draw_attention(spelled))


def _band(crop: Picture, spelling: Spelling) -> Picture:
    """Return one crop's panels, `ACROSS` in a row."""
    if spelling.weights is None:
        raise ValueError("a spelling without attention")
    size = (crop.shape[1] * ZOOM, crop.shape[0] * ZOOM)
    large = cv2.resize(crop, size, interpolation=cv2.INTER_CUBIC)
    captions = [*spelling.text, END][: len(spelling.weights)]
    panels = []
    for caption, weights in zip(captions, spelling.weights, strict=True):
        heat = cv2.resize(weights, size, interpolation=cv2.INTER_LINEAR)
        heat = np.clip(heat / max(float(weights.max()), 1e-9), 0, 1)[..., None]
        seen = large[..., None] * (1 - 0.6 * heat) + heat * 0.6 * np.array([255.0, 30.0, 0.0])
        panel = np.full((size[1] + BAR, size[0] + 6, 3), 255, np.uint8)
        panel[BAR:, :-6] = seen.round().astype(np.uint8)
        cv2.putText(panel, caption, (4, BAR - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (20, 20, 20), 2)
        panels.append(panel)
    empty = np.full_like(panels[0], 255)
    panels += [empty] * (-len(panels) % min(ACROSS, max(len(panels), 1)))
    across = min(ACROSS, len(panels))
    rows = [np.concatenate(panels[k : k + across], axis=1) for k in range(0, len(panels), across)]
    return np.concatenate(rows)
