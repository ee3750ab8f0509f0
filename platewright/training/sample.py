"""How training's samples are drawn, and the stock that they are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.background.photo import load_backgrounds
from platewright.dataset.index import IndexedSet, open_indexed
from platewright.errors import DatasetError
from platewright.geometry import Box, FloatArray, Picture, box_of_quad
from platewright.record import PlateRecord, SceneRecord
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings
from platewright.synth.settings import SynthSettings
from platewright.training.mining import load_hard

TRIES = 64  #: So many samples may follow each other without a plate that can be read
LARGEST = 1.25
"""Stored pictures are enlarged no more than so much: what they don't show can't be learnt."""
COVER = 0.6
"""Of them at least so much of a scene's width and height is filled, if they are large enough."""
SLACK = 0.02  #: A plate may reach over the edge by this part of its size and still be read


class StoredSource:
    """Draws training pictures from stored data sets by lot.

    Args:
        share: part of the pictures that come from them rather than from live drawing, 0-1.

    Raises:
        DatasetError: if a path holds no samples, or no plate of them can be read.
    """

    def __init__(self, paths: Sequence[Path], share: float) -> None:
        self.share = share
        self.scenes, self.windows = open_indexed(paths)
        self._closeups: list[IndexedSet] = [s for s in (self.scenes, self.windows) if s is not None]
        self._names = ", ".join(map(str, paths))
        for one in self._closeups:
            self._closeup(np.random.default_rng(0), one)

    def gives_scene(self, rng: np.random.Generator) -> bool:
        """Decide whether the next scene is a stored one."""
        return self.scenes is not None and rng.random() < self.share

    def gives_closeup(self, rng: np.random.Generator) -> bool:
        """Decide whether the next close-up is a stored one."""
        return rng.random() < self.share

    def draw_scene(
        self, rng: np.random.Generator, settings: SceneSettings
    ) -> tuple[Picture, SceneRecord]:
        """Return a stored scene, cropped or padded to the size of training's.

        Args:
            settings: of live scenes; `size` and the plates' widths are taken from it.

        Raises:
            DatasetError: if it can't be read.
        """
        if self.scenes is None:
            raise ValueError("no scenes are stored")
        image, record = self.scenes.draw(rng)
        return fit_scene(rng, image, record, settings)

    def draw_closeup(self, rng: np.random.Generator) -> tuple[Picture, SceneRecord]:
        """Return a picture and its record with one plate, which is whole and has its text.

        Raises:
            DatasetError: if samples can't be read, or hold no such plate.
        """
        which = int(rng.integers(len(self._closeups)))
        return self._closeup(rng, self._closeups[which])

    def _closeup(self, rng: np.random.Generator, stored: IndexedSet) -> tuple[Picture, SceneRecord]:
        for _ in range(TRIES):
            image, record = stored.draw(rng)
            plates = readable_plates(record)
            if plates:
                plate = plates[int(rng.integers(len(plates)))]
                return image, replace(record, plates=(plate,))
        raise DatasetError(
            f"{self._names}: {TRIES} pictures without one whole plate that has its text; "
            "training needs records as gen.py and convert.py write them"
        )


def readable_plates(record: SceneRecord) -> list[PlateRecord]:
    """Return the plates that lie in the picture and have a text.

    Where characters are known there must be a box for every one.
    """
    height, width = record.size
    found = []
    for plate in record.plates:
        x0, y0, x1, y1 = plate.box
        dx, dy = SLACK * (x1 - x0), SLACK * (y1 - y0)
        whole = x0 >= -dx and y0 >= -dy and x1 <= width + dx and y1 <= height + dy
        if whole and plate.text and len(plate.characters) in (0, len(plate.text)):
            found.append(plate)
    return found


def fit_scene(
    rng: np.random.Generator, image: Picture, record: SceneRecord, settings: SceneSettings
) -> tuple[Picture, SceneRecord]:
    """Bring a scene of any size to that of training.

    One plate, if there are some, is scaled to a width as live scenes have them and lies somewhere
    in the part that is kept. Where the picture is too small its edge is repeated.

    Args:
        image: (H, W) grey.

    Returns:
        The picture of `settings.size`, and its record with the plates that are seen in it.
    """
    height, width = settings.size
    lowest = min(COVER * max(width / image.shape[1], height / image.shape[0]), 1.0)
    if record.plates:
        x0, y0, x1, y1 = record.plates[int(rng.integers(len(record.plates)))].box
        low, high = settings.focus_px if rng.random() < settings.focus else settings.width_px
        wanted = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        scale = min(max(wanted / max(x1 - x0, 2 * (y1 - y0), 1.0), lowest), LARGEST)
        focus = np.array([x0 + x1, y0 + y1]) / 2
    else:
        scale = float(np.exp(rng.uniform(np.log(lowest), 0.0)))
        focus = rng.random(2) * (image.shape[1], image.shape[0])
    size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    factors = np.array([size[0] / image.shape[1], size[1] / image.shape[0]])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)
    left, top = (
        _offset(rng, float(at), whole, part)
        for at, whole, part in zip(focus * factors, size, (width, height), strict=True)
    )
    padded = cv2.copyMakeBorder(
        scaled,
        max(-top, 0),
        max(top + height - size[1], 0),
        max(-left, 0),
        max(left + width - size[0], 0),
        cv2.BORDER_REPLICATE,
    )
    x, y = max(left, 0), max(top, 0)
    shift = np.array([left, top], float)
    moved = [moved_plate(plate, factors, shift) for plate in record.plates]
    decoys = [
        box_of_quad(np.array(box, float).reshape(2, 2) * factors - shift) for box in record.decoys
    ]
    return np.ascontiguousarray(padded[y : y + height, x : x + width], np.uint8), replace(
        record,
        size=settings.size,
        plates=tuple(p for p in moved if _is_seen(p.box, settings.size)),
        decoys=tuple(box for box in decoys if _is_seen(box, settings.size)),
    )


def _offset(rng: np.random.Generator, at: float, whole: int, part: int) -> int:
    """Return where the kept part begins, so that a place lies well inside of it.

    Negative where it is larger than the whole, which then lies anywhere in it.
    """
    if whole <= part:
        return -int(rng.integers(part - whole + 1))
    start = round(at - rng.uniform(0.15, 0.85) * part)
    return min(max(start, 0), whole - part)


def moved_plate(plate: PlateRecord, factors: FloatArray, shift: FloatArray) -> PlateRecord:
    """Return a plate scaled by factors (x, y), its picture cut so much from the left and top."""
    characters = tuple(replace(c, quad=c.quad * factors - shift) for c in plate.characters)
    return replace(plate, quad=plate.quad * factors - shift, characters=characters)


def _is_seen(box: Box, size: tuple[int, int]) -> bool:
    return box[0] < size[1] and box[1] < size[0] and box[2] > 0 and box[3] > 0


LEGIBLE_PX = 4.5
"""Characters that were fewer pixels high on the sensor teach that a plate is there, no more."""


@dataclass(frozen=True, kw_only=True)
class SampleSettings:
    """How samples are drawn."""

    #: settings of the scenes; their widths are those that the default scan wants
    scene: SceneSettings = field(
        default_factory=lambda: SceneSettings(
            plates=(0.12, 0.18, 0.2, 0.2, 0.15, 0.15),
            width_px=(11.0, 90.0),
            focus_px=(24.0, 44.0),
            focus=0.75,
            resample=1.4,
        )
    )
    #: settings of the pictures that plates are cut from
    closeup: SceneSettings = field(
        default_factory=lambda: SceneSettings(
            width_px=(14.0, 260.0), focus_px=(80.0, 260.0), focus=0.6, resample=2.0
        )
    )
    absent: float = 0.2  #: part of the windows without a whole plate, 0-1
    #: part of the plates that are cut off or hidden, where that can be told, 0-1
    hidden: float = 0.14
    #: mined windows, see `platewright.training.mining`; None: there are none
    hard: Path | None = None
    hard_share: float = 0.5  #: part of the windows without a whole plate that are mined ones, 0-1
    upright: float = 0.3  #: part of the windows cut along the upright box instead of the quad, 0-1
    stored: tuple[Path, ...] = ()  #: data sets to take pictures from as well
    stored_share: float = 0.5  #: part of the pictures that come from them, 0-1

    @property
    def clear(self) -> SceneSettings:
        """Those of close-ups that are large, and hardly blurred or noisy."""
        return replace(self.closeup, focus=1.0, camera=0.35, resample=0.0)

    def of(self, regions: tuple[str, ...], synth: SynthSettings) -> SampleSettings:
        """Return the same with other regions (none: all) and other strengths of drawing."""
        scene, closeup = (
            replace(part, regions=regions, synth=synth) for part in (self.scene, self.closeup)
        )
        return replace(self, scene=scene, closeup=closeup)


@dataclass(frozen=True)
class Stock:
    """What samples are drawn from."""

    backgrounds: Backgrounds  #: what is drawn upon
    stored: StoredSource | None = None  #: where some of the pictures come from; None: all are drawn
    hard: NDArray[Any] | None = None  #: (n, h, w) mined windows; None: there are none
    folder: Path | None = None  #: of the photos that the backgrounds are, where they are photos

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
        kept = folder if folder is not None and folder.is_dir() else None
        photos = load_backgrounds(kept)
        stored = StoredSource(samples.stored, samples.stored_share) if samples.stored else None
        hard = load_hard(samples.hard) if samples.hard is not None else None
        return cls(Backgrounds(photos, seed=seed), stored, hard, kept)

    @cached_property
    def coloured(self) -> Stock:
        """The same backgrounds in colour, and no stored pictures: these have none."""
        photos = load_backgrounds(self.folder, grey=False)
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
