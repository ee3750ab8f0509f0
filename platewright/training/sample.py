"""How training's samples are drawn, and the stock that they are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.background.photo import load_backgrounds
from platewright.record import SceneRecord
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings
from platewright.synth.settings import SynthSettings
from platewright.training.mining import load_hard
from platewright.training.source import StoredSource

__all__ = ["SampleSettings", "Stock", "legible"]

LEGIBLE_PX = 4.5
"""Characters that were fewer pixels high on the sensor teach that a plate is there, no more."""


@dataclass(frozen=True, kw_only=True)
class SampleSettings:
    """How samples are drawn.

    Attributes:
        scene: settings of the scenes; their widths are those that the default scan wants.
        closeup: settings of the pictures that plates are cut from.
        absent: part of the windows without a whole plate, 0-1.
        hidden: part of the plates that are cut off or hidden, where that can be told, 0-1.
        hard: mined windows, see `platewright.training.mining`; None: there are none.
        hard_share: part of the windows without a whole plate that are mined ones, 0-1.
        upright: part of the windows cut along the upright box instead of the quad, 0-1.
        stored: data sets to take pictures from as well.
        stored_share: part of the pictures that come from them, 0-1.
    """

    scene: SceneSettings = field(
        default_factory=lambda: SceneSettings(
            plates=(0.12, 0.18, 0.2, 0.2, 0.15, 0.15),
            width_px=(11.0, 90.0),
            focus_px=(24.0, 44.0),
            focus=0.75,
            resample=1.4,
        )
    )
    closeup: SceneSettings = field(
        default_factory=lambda: SceneSettings(
            width_px=(14.0, 260.0), focus_px=(80.0, 260.0), focus=0.6, resample=2.0
        )
    )
    absent: float = 0.2
    hidden: float = 0.14
    hard: Path | None = None
    hard_share: float = 0.5
    upright: float = 0.3
    stored: tuple[Path, ...] = ()
    stored_share: float = 0.5

    def of(self, regions: tuple[str, ...], synth: SynthSettings) -> SampleSettings:
        """Return the same with other regions (none: all) and other strengths of drawing."""
        scene, closeup = (
            replace(part, regions=regions, synth=synth) for part in (self.scene, self.closeup)
        )
        return replace(self, scene=scene, closeup=closeup)


@dataclass(frozen=True)
class Stock:
    """What samples are drawn from.

    Attributes:
        backgrounds: what is drawn upon.
        stored: where some of the pictures come from; None: all are drawn.
        hard: (n, h, w) mined windows; None: there are none.
        folder: of the photos that the backgrounds are, where they are photos.
    """

    backgrounds: Backgrounds
    stored: StoredSource | None = None
    hard: NDArray[Any] | None = None
    folder: Path | None = None

    @classmethod
    def open(cls, seed: int, folder: Path | None, samples: SampleSettings) -> Stock:
        """Load what a drawing process needs, once; OpenCV gets one thread of it.

        Args:
            seed: of the drawn backgrounds.
            folder: of background photos; None or empty: backgrounds are drawn.
            samples: name the stored data sets and mined windows.

        Raises:
            DatasetError: if these can't be used.
        """
        cv2.setNumThreads(1)
        have = folder is not None and folder.is_dir()
        kept = folder if have else None
        photos = load_backgrounds(kept, grey=True) if kept else []
        stored = StoredSource(samples.stored, samples.stored_share) if samples.stored else None
        hard = load_hard(samples.hard) if samples.hard is not None else None
        return cls(Backgrounds(photos, seed=seed), stored, hard, kept)

    @cached_property
    def coloured(self) -> Stock:
        """The same backgrounds in colour, and no stored pictures: these have none."""
        photos = load_backgrounds(self.folder, grey=False) if self.folder else []
        return Stock(Backgrounds(photos, grey=False), folder=self.folder)


def legible(record: SceneRecord) -> bool:
    """Tell whether the first plate's characters were large enough on the sensor to be read.

    Args:
        record: of a scene with a plate; where the characters are unknown, they count as read.
    """
    plate, camera = record.plates[0], record.drawn.get("camera")
    if not plate.characters:
        return True
    drawn = (camera or {}).get("resample", 1.0)
    if isinstance(drawn, dict):
        drawn = drawn["size"]  # as a file has it; before version 3, the size alone
    part = getattr(drawn, "size", drawn)
    heights = [c.box[3] - c.box[1] for c in plate.characters]
    return bool(np.median(heights) * part >= LEGIBLE_PX)
