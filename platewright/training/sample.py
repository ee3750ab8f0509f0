"""From drawn scenes to what a training step takes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.background.photo import load_backgrounds
from platewright.geometry import box_of_quad, quad_of_box
from platewright.reading.straighten import rectify
from platewright.recognizer.settings import NetworkSettings
from platewright.recognizer.target import IGNORE, read_target, scan_target
from platewright.record import PlateRecord, SceneRecord
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings, draw_closeup, draw_scene
from platewright.synth.settings import SynthSettings
from platewright.training.mining import draw_hard, load_hard
from platewright.training.source import StoredSource

__all__ = [
    "Batch", "SampleSettings", "draw_batch", "frame_quad", "legible", "open_stock",
    "read_cells",
]  # fmt: skip

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]
WIDE = 0.12
"""Part of the frames that are as large as the scan's worst: up to 2.2 times the plate's width."""
CLOSE = (0.25, 0.6)
"""Room round most plates, in their heights ..."""
ROOM = (1.2, 2.8)
"""... and round those that are framed so: a picture's edge must not tell anything."""
LEGIBLE_PX = 4.5
"""Characters that were fewer pixels high on the sensor teach that a plate is there, no more."""
FAR = 0.4
"""Part of the frames round decoys that are as small and soft as far plates."""
Batch = tuple[dict[str, NDArray[np.uint8]], dict[str, NDArray[np.generic]]]


@dataclass(frozen=True, kw_only=True)
class SampleSettings:
    """What a batch is made of.

    Attributes:
        scenes: scenes in a batch, for the scan.
        windows: rectified windows in a batch, for the reader.
        scene: settings of the scenes.
        closeup: settings of the pictures that windows are cut from.
        absent: part of the windows without a whole plate, 0-1.
        hard: mined windows, see `platewright.training.mining`; None: there are none.
        hard_share: part of the windows without a whole plate that are mined ones, 0-1.
        upright: part of the windows cut along the upright box instead of the quad, 0-1.
        stored: data sets to take pictures from as well.
        stored_share: part of the pictures that come from them, 0-1.
    """

    scenes: int = 8
    windows: int = 48
    scene: SceneSettings = field(default_factory=lambda: SceneSettings(resample=1.4))
    closeup: SceneSettings = field(
        default_factory=lambda: SceneSettings(
            width_px=(14.0, 260.0), focus_px=(80.0, 260.0), focus=0.6, resample=2.0
        )
    )
    absent: float = 0.2
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


def open_stock(
    seed: int, folder: Path | None, samples: SampleSettings
) -> tuple[Backgrounds, StoredSource | None]:
    """Load what a drawing process needs, once; OpenCV gets one thread of it.

    Args:
        seed: of the drawn backgrounds.
        folder: of background photos; None or empty: backgrounds are drawn.
        samples: name the stored data sets.

    Returns:
        The backgrounds, and where some of the pictures come from; None: all are drawn.
    """
    cv2.setNumThreads(1)
    photos = load_backgrounds(folder, grey=True) if folder is not None and folder.is_dir() else []
    stored = StoredSource(samples.stored, samples.stored_share) if samples.stored else None
    return Backgrounds(photos, seed=seed), stored


def read_cells(settings: NetworkSettings) -> tuple[int, int]:
    """Return (rows, cols) of the reader's maps: stride 8 down, 4 right."""
    return settings.read_window[0] // 8, settings.read_window[1] // 4


def frame_quad(
    rng: np.random.Generator, quad: FloatArray, *, upright: bool, wide_frame: bool = False
) -> FloatArray:
    """Return a quad as a first look would have framed it, with its errors.

    Args:
        rng: random numbers.
        quad: (4, 2) the plate's corners.
        upright: frame the upright box, as a labelled box does.
        wide_frame: frame it as the scan does where it takes the plate for a larger one.

    Returns:
        (4, 2) the framed quad.
    """
    x0, y0, x1, y1 = box_of_quad(quad)
    base = quad_of_box((x0, y0, x1, y1)) if upright else np.array(quad, float)
    wide = np.linalg.norm(base[1] - base[0] + base[2] - base[3]) / 2
    tall = np.linalg.norm(base[3] - base[0] + base[2] - base[1]) / 2
    right = (base[1] - base[0] + base[2] - base[3]) / (2 * wide)
    down = (base[3] - base[0] + base[2] - base[1]) / (2 * tall)
    loose = rng.random() < 0.5  # as look one frames; else as look two does
    sides = rng.normal(0.03 if loose else 0.0, 0.08 if loose else 0.03, 4)
    sides = np.clip(sides, -0.1, 0.3)
    if wide_frame:
        sides = rng.uniform(-0.08, 0.6, 4)
    grow = [
        -sides[0] * wide * right - sides[1] * tall * down,
        sides[2] * wide * right - sides[1] * tall * down,
        sides[2] * wide * right + sides[3] * tall * down,
        -sides[0] * wide * right + sides[3] * tall * down,
    ]
    noise = rng.normal(0, 1, (4, 2)) * ((0.035, 0.085) if loose else (0.012, 0.03))
    corners = noise[:, :1] * wide * right + noise[:, 1:] * tall * down
    return np.asarray(base + np.array(grow) + corners, dtype=np.float64)


def _absent_quad(rng: np.random.Generator, quad: FloatArray) -> FloatArray:
    """Return a frame that shows a part of the plate, far too much, or its neighbourhood."""
    x0, y0, x1, y1 = box_of_quad(quad)
    width, height = x1 - x0, y1 - y0
    kind = rng.integers(3)
    if kind == 0:  # cut
        dx, dy = rng.choice([-1, 1]) * rng.uniform(0.35, 0.8), rng.uniform(-0.3, 0.3)
        if rng.random() < 0.4:
            dx, dy = rng.uniform(-0.3, 0.3), rng.choice([-1, 1]) * rng.uniform(0.4, 0.8)
        return np.asarray(quad + np.array([dx * width, dy * height]), np.float64)
    middle = quad.mean(axis=0)
    scale = rng.uniform(2.2, 4.0) if kind == 1 else rng.uniform(0.2, 0.5)
    return np.asarray(middle + (quad - middle) * scale, np.float64)


def _draw_window(
    rng: np.random.Generator,
    backgrounds: Backgrounds,
    settings: SampleSettings,
    network: NetworkSettings,
    stored: StoredSource | None,
) -> tuple[Picture, PlateRecord | None, FloatArray, bool]:
    """Draw one window; the plate is None where no whole plate is in it.

    Returns:
        Window, plate, homography from picture to window, and whether the plate can be read.
    """
    absent = rng.random() < settings.absent
    if absent and settings.hard is not None and rng.random() < settings.hard_share:
        mined = load_hard(settings.hard, network)
        return draw_hard(rng, mined, network.read_window), None, np.eye(3), False
    if absent and rng.random() < 0.6:
        shrunk = rng.uniform(0.12, 0.5) if rng.random() < FAR else 1.0
        only = SceneSettings(
            size=(round(96 * shrunk), round(224 * shrunk)),
            plates=(1.0,),
            decoys=(0.25, 0.75),
            width_px=(90.0 * shrunk, 220.0 * shrunk),
            grey=True,
            synth=settings.closeup.synth,
        )
        image, record = draw_scene(rng, backgrounds, only)
        empty = (40.0 * shrunk, 30.0 * shrunk, 180.0 * shrunk, 70.0 * shrunk)
        box = record.decoys[0] if record.decoys else empty
        quad = frame_quad(rng, quad_of_box(box), upright=True)
        try:
            window, matrix = rectify(image, quad, network.read_window, network.margin)
        except ValueError:
            window, matrix = np.zeros(network.read_window, np.uint8), np.eye(3)
        return window, None, matrix, False
    wide_frame = rng.random() < WIDE
    if stored is not None and stored.gives_closeup(rng):
        image, record = stored.draw_closeup(rng)
    else:
        margin = ROOM if absent or wide_frame else CLOSE
        image, record = draw_closeup(rng, backgrounds, settings.closeup, margin=margin)
    plate = record.plates[0]
    if absent:
        quad = _absent_quad(rng, plate.quad)
    else:
        upright = rng.random() < settings.upright
        quad = frame_quad(rng, plate.quad, upright=upright, wide_frame=wide_frame)
    try:
        window, matrix = rectify(image, quad, network.read_window, network.margin)
    except ValueError:
        return np.zeros(network.read_window, np.uint8), None, np.eye(3), False
    return window, None if absent else plate, matrix, legible(record)


def legible(record: SceneRecord) -> bool:
    """Tell whether the first plate's characters were large enough on the sensor to be read.

    Args:
        record: of a scene with a plate; where the characters are unknown, they count as read.
    """
    plate, camera = record.plates[0], record.drawn.get("camera")
    if not plate.characters:
        return True
    part = 1.0
    if camera is not None:
        part = camera.get("resample", 1.0) if isinstance(camera, dict) else camera.resample
    heights = [c.box[3] - c.box[1] for c in plate.characters]
    return bool(np.median(heights) * part >= LEGIBLE_PX)


def draw_batch(
    seed: int,
    index: int,
    backgrounds: Backgrounds,
    settings: SampleSettings,
    network: NetworkSettings,
    stored: StoredSource | None = None,
) -> Batch:
    """Draw one batch: the same seed and index give the same batch in any process.

    Args:
        seed: of the run.
        index: of the batch, from 0.
        backgrounds: what is drawn upon.
        settings: what a batch is made of.
        network: whose targets are drawn.
        stored: where some of the pictures come from; None: all are drawn.

    Returns:
        Inputs by name, uint8: `image` (scenes, H, W, 1), `window` (windows, h, w, 1); and targets
        by output name, as the losses take them.
    """
    images, presences, corner_maps = [], [], []
    for k in range(settings.scenes):
        rng = np.random.default_rng([seed, index, 0, k])
        if stored is not None and stored.gives_scene(rng):
            image, record = stored.draw_scene(rng, settings.scene)
        else:
            image, record = draw_scene(rng, backgrounds, settings.scene)
        presence, corners = scan_target(record.plates, record.size, network)
        images.append(image)
        presences.append(presence)
        corner_maps.append(corners)
    cells = read_cells(network)
    windows, characters, slots, texts, there, frames = [], [], [], [], [], []
    for k in range(settings.windows):
        rng = np.random.default_rng([seed, index, 1, k])
        window, plate, matrix, clear = _draw_window(rng, backgrounds, settings, network, stored)
        windows.append(window)
        if plate is None:
            characters.append(np.full(cells, IGNORE, np.int32))
            slots.append(np.full(cells, IGNORE, np.int32))
            texts.append(np.full(network.slots, IGNORE, np.int32))
            frames.append(np.zeros(9, np.float32))
        else:
            a, b, c, d = read_target(plate, matrix, network, cells)
            if not clear:
                a, b, c = (np.full_like(taught, IGNORE) for taught in (a, b, c))
            characters.append(a)
            slots.append(b)
            texts.append(c)
            frames.append(np.append(d, np.float32(not plate.boxed)))
        there.append([plate is not None])
    inputs = {
        "image": np.stack(images)[..., None],
        "window": np.stack(windows)[..., None],
    }
    targets: dict[str, NDArray[np.generic]] = {
        "scan_presence": np.stack(presences)[..., None].astype(np.float32),
        "scan_corners": np.stack(corner_maps).astype(np.float32),
        "characters": np.stack(characters).astype(np.int32),
        "slot_map": np.stack(slots).astype(np.int32),
        "slots": np.stack(texts).astype(np.int32),
        "presence": np.array(there, np.float32),
        "corners": np.stack(frames).astype(np.float32),
    }
    return inputs, targets
