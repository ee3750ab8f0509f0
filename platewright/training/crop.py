"""From drawn plates to what one step of another reader's training takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.errors import DatasetError
from platewright.geometry import project
from platewright.reading.ctc import labels
from platewright.reader.settings import ReaderSettings
from platewright.reading.straighten import rectify
from platewright.record import PlateRecord
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings, draw_closeup, draw_scene
from platewright.training.sample import CLOSE, SampleSettings, frame_quad, legible, open_stock
from platewright.training.settings import TrainSettings
from platewright.training.source import StoredSource

__all__ = [
    "crop_target", "draw_crop", "draw_crops", "draw_photo", "make_crops", "one_plate_scene",
    "step_cells",
]  # fmt: skip

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]
Batch = tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]
TRIES = 64
SHAPES = ((3, 4), (9, 16), (4, 3), (1, 1))
"""Shapes of the photos that `box` learns from, height to width; they are squeezed to a square."""
PHOTO_PX = 260
"""Mean side of these."""
NARROWEST, WIDEST = 20.0, 0.9
"""Width of the smallest plates in them, pixels, and of the largest, part of the photo's width."""


def step_cells(settings: ReaderSettings) -> tuple[int, int]:
    """Return (rows, columns) of a reader's sequence or map: a column is four pixels wide."""
    return settings.rows, settings.window[1] // 4


def draw_crop(
    rng: np.random.Generator,
    backgrounds: Backgrounds,
    samples: SampleSettings,
    settings: ReaderSettings,
    stored: StoredSource | None = None,
) -> tuple[Picture, PlateRecord, FloatArray]:
    """Draw one rectified plate that can be read and whose text the reader can spell.

    Args:
        rng: random numbers.
        backgrounds: what is drawn upon.
        samples: how plates are drawn and framed.
        settings: of the reader.
        stored: where some of the pictures come from; None: all are drawn.

    Returns:
        The (h, w) window, the plate, the homography from picture points to window points.

    Raises:
        DatasetError: if stored pictures have no such plate.
    """
    for _ in range(TRIES):
        if stored is not None and stored.gives_closeup(rng):
            image, record = stored.draw_closeup(rng)
        else:
            image, record = draw_closeup(rng, backgrounds, samples.closeup, margin=CLOSE)
        plate = record.plates[0]
        known = all(settings.alphabet.index(char) >= 0 for char in plate.text)
        if not known or not 0 < len(plate.text) <= settings.slots or not legible(record):
            continue
        quad = frame_quad(rng, plate.quad, upright=rng.random() < samples.upright)
        try:
            window, matrix = rectify(image, quad, settings.window, settings.margin)
        except ValueError:  # corners on a line
            continue
        return window, plate, matrix
    raise DatasetError(
        f"{TRIES} plates without one of at most {settings.slots} characters of "
        f"{settings.characters}: the pictures and the network don't fit"
    )


def _cells(plate: PlateRecord, matrix: FloatArray, settings: ReaderSettings) -> NDArray[np.int32]:
    """Return (characters, 2) first and last cell of each character in the sequence."""
    rows, columns = step_cells(settings)
    found = []
    lines = max((c.line for c in plate.characters), default=0) + 1
    for char in plate.characters:
        x = project(matrix, char.quad)[:, 0] * columns / settings.window[1]
        middle, half = (x.min() + x.max()) / 2, (x.max() - x.min()) / 2
        span = np.clip([middle - 0.6 * half, middle + 0.6 * half], 0, columns - 1e-6).astype(int)
        row = char.line * rows // lines if lines > 1 else 0
        found.append(span + row * columns)
    return np.array(found, np.int32).reshape(-1, 2)


def crop_target(
    plate: PlateRecord, matrix: FloatArray, settings: ReaderSettings
) -> dict[str, NDArray[Any]]:
    """Return what the reader should say of a plate's window, by the names of its outputs.

    Args:
        plate: with its characters in reading order, or without them, as of most real plates.
        matrix: homography from picture points to window points.
        settings: of the reader.

    Returns:
        For `ctc` one row `logits`: classes, true length, class of each step or -1. For `attention`
        `logits` (slots + 1,) classes with the end behind them, then -1, `weights` (slots + 1,
        cells), and `previous` (slots + 1,), which is an input.
    """
    alphabet, slots = settings.alphabet, settings.slots
    rows, columns = step_cells(settings)
    two_in_one = rows == 1 and any(c.line for c in plate.characters)
    cells = np.zeros((0, 2), np.int32) if two_in_one else _cells(plate, matrix, settings)
    if len(cells) != len(plate.text):  # of a real plate characters are seldom known
        cells = np.zeros((0, 2), np.int32)
    if settings.task == "ctc":
        row = np.full(slots + 1 + rows * columns, -1, np.int32)
        row[:slots] = 0
        classes = labels(plate.text, alphabet)
        row[: len(classes)] = classes
        row[slots] = len(classes)
        before, behind = -1, -2
        for kind, (first, last) in zip(classes, cells, strict=False):
            step = int(first + last) // 2
            # Two alike need a blank between: where there is no room, the second finds its own step.
            if kind != before or step - behind > 1:
                row[slots + 1 + step] = kind
            before, behind = kind, step
        return {"logits": row}
    text = np.full(slots + 1, -1, np.int32)
    previous = np.full(slots + 1, alphabet.pad, np.int32)
    coded = alphabet.encode(plate.text, len(plate.text))
    text[: len(coded)], text[len(coded)] = coded, alphabet.pad
    previous[0] = alphabet.pad + 1  # the start
    previous[1 : len(coded) + 1] = coded
    weights = np.zeros((slots + 1, rows * columns), np.uint8)
    for k, (first, last) in enumerate(cells):
        weights[k, first : last + 1] = 1
    return {"logits": text, "weights": weights, "previous": previous}


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
    backgrounds: Backgrounds,
    samples: SampleSettings,
    settings: ReaderSettings,
) -> tuple[Picture, FloatArray]:
    """Draw a photo with one plate, squeezed into the window.

    Returns:
        The (h, w) window, and the plate's box (x0, y0, x1, y1) in parts of it.
    """
    one = one_plate_scene(rng, samples.scene)
    size = one.size
    while True:
        image, record = draw_scene(rng, backgrounds, one)
        if record.plates:
            break
    x0, y0, x1, y1 = record.plates[0].box
    box = np.array([x0 / size[1], y0 / size[0], x1 / size[1], y1 / size[0]])
    shown = cv2.resize(image, settings.window[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(shown, np.uint8), np.clip(box, 0.0, 1.0)


def draw_crops(
    seed: int,
    index: int,
    backgrounds: Backgrounds,
    samples: SampleSettings,
    settings: ReaderSettings,
    stored: StoredSource | None = None,
) -> Batch:
    """Draw one batch: the same seed and index give the same batch in any process.

    Args:
        seed: of the run.
        index: of the batch, from 0.
        backgrounds: what is drawn upon.
        samples: how plates are drawn; `windows` of them.
        settings: of the reader.
        stored: where some of the pictures come from; None: all are drawn.

    Returns:
        Inputs by name, `window` uint8 (n, h, w, 1), and targets by output name.

    Raises:
        DatasetError: if stored pictures don't fit.
    """
    windows: list[Picture] = []
    targets: dict[str, list[NDArray[Any]]] = {}
    for k in range(samples.windows):
        rng = np.random.default_rng([seed, index, 2, k])
        if settings.task == "box":
            window, box = draw_photo(rng, backgrounds, samples, settings)
            # A network without dense layers is also told where in its map the plate is.
            names = ("box",) if settings.units else ("box", "where")
            target: dict[str, NDArray[Any]] = dict.fromkeys(names, box.astype(np.float32))
        else:
            window, plate, matrix = draw_crop(rng, backgrounds, samples, settings, stored)
            target = crop_target(plate, matrix, settings)
        windows.append(window)
        for name, value in target.items():
            targets.setdefault(name, []).append(value)
    stacked = {name: np.stack(values) for name, values in targets.items()}
    inputs: dict[str, NDArray[Any]] = {"window": np.stack(windows)[..., None]}
    if "previous" in stacked:
        inputs["previous"] = stacked.pop("previous")
    return inputs, stacked


def make_crops(
    seed: int, folder: Path | None, settings: TrainSettings, network: ReaderSettings
) -> Callable[[int], Any]:
    """Return what draws batch k, with its backgrounds loaded once.

    Args:
        seed: of the drawings.
        folder: of background photos; None or empty: backgrounds are drawn.
        settings: of the run.
        network: whose crops are drawn.
    """
    samples = settings.samples
    backgrounds, stored = open_stock(seed, folder, samples)

    def draw(index: int) -> Any:
        return draw_crops(seed, index, backgrounds, samples, network, stored)

    return draw
