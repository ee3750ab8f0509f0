"""Draws and trains the networks of a weights file, any of them together."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import Box, box_of_quad, project, quad_of_box
from platewright.network.settings import UNSEEN, BundleSettings, LineSettings, OriginSettings
from platewright.reading.straighten import rectify
from platewright.recognizer.target import IGNORE, _span, scan_target
from platewright.record import PlateRecord
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings, draw_closeup, draw_scene
from platewright.training.fit import Trainer
from platewright.training.hiding import hidden_parts, hide
from platewright.training.sample import (
    CLOSE, FAR, ROOM, SampleSettings, _absent_quad, frame_quad, legible, open_stock,
)  # fmt: skip
from platewright.training.settings import TrainSettings

__all__ = ["BundleTrainer", "Counts", "draw_bundle", "line_target"]

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]
HIDDEN = 0.3
"""A character of which more is hidden counts as unseen."""
MIN_WIDTH = 1.6
INNER = 0.78


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How much of what is in a batch.

    Attributes:
        scenes: for the scan.
        finds: for the frame.
        plates: for the line reader.
        colours: for the origin.
        absent: part of the finds without a whole plate; of the plates half of that.
        hidden: part of the plates that are cut off or hidden.
    """

    scenes: int = 8
    finds: int = 48
    plates: int = 48
    colours: int = 32
    absent: float = 0.4
    hidden: float = 0.14


@dataclass(frozen=True)
class View:
    """A picture with a quad to look at.

    Attributes:
        image: (H, W) grey.
        quad: (4, 2) the frame, picture pixels.
        plate: in the frame; None: there is none.
        clear: whether its characters can be read.
        hidden: (characters,) part of each that is not seen.
    """

    image: Picture
    quad: FloatArray
    plate: PlateRecord | None
    clear: bool
    hidden: FloatArray


def draw_view(
    rng: np.random.Generator,
    backgrounds: Backgrounds,
    samples: SampleSettings,
    *,
    absent: float,
    hidden: float,
    wide: float,
) -> View:
    """Draw a picture with a plate, or with something else, and how a find would frame it.

    Args:
        rng: random numbers.
        backgrounds: what is drawn upon.
        samples: how plates are drawn.
        absent: part without a whole plate.
        hidden: part of the plates that are cut off or hidden.
        wide: part of the frames that are far too large.
    """
    none = np.zeros(0)
    lacks = rng.random() < absent
    if lacks and rng.random() < 0.6:
        shrunk = rng.uniform(0.12, 0.5) if rng.random() < FAR else 1.0
        only = SceneSettings(
            size=(round(96 * shrunk), round(224 * shrunk)),
            plates=(1.0,),
            decoys=(0.25, 0.75),
            width_px=(90.0 * shrunk, 220.0 * shrunk),
            grey=True,
            synth=samples.closeup.synth,
        )
        image, record = draw_scene(rng, backgrounds, only)
        empty = (40.0 * shrunk, 30.0 * shrunk, 180.0 * shrunk, 70.0 * shrunk)
        box = record.decoys[0] if record.decoys else empty
        return View(image, frame_quad(rng, quad_of_box(box), upright=True), None, False, none)
    wide_frame = rng.random() < wide
    margin = ROOM if lacks or wide_frame else CLOSE
    image, record = draw_closeup(rng, backgrounds, samples.closeup, margin=margin)
    plate = record.plates[0]
    if lacks:
        return View(image, _absent_quad(rng, plate.quad), None, False, none)
    parts = np.zeros(len(plate.characters))
    clear = legible(record)
    if rng.random() < hidden:
        before = plate
        image, plate, covered = hide(rng, image, plate)
        parts = hidden_parts(before, covered)
    quad = frame_quad(
        rng, plate.quad, upright=rng.random() < samples.upright, wide_frame=wide_frame
    )
    return View(image, quad, plate, clear, parts)


def line_target(
    plate: PlateRecord, hidden: FloatArray, matrix: FloatArray, settings: LineSettings
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]:
    """Return what the line reader should say of a plate's window.

    Args:
        plate: with its characters in reading order.
        hidden: (characters,) part of each that is not seen.
        matrix: homography from picture to window points.
        settings: of the line reader.

    Returns:
        For `steps` one row: the text's classes, its length, and each step's class or -1; for
        `characters` (rows, columns) classes; for `lines` (lines, rows, columns) 1 where a line's
        characters are.
    """
    alphabet = settings.alphabet
    rows, columns = settings.cells
    height, width = settings.window
    cell_h, cell_w = height / rows, width / columns
    classes: list[int] = []
    steps = np.full((settings.lines, columns), 0, np.int32)
    cells = np.full((rows, columns), alphabet.pad, np.int32)
    where = np.zeros((settings.lines, rows, columns), np.uint8)
    unseen = settings.num_classes - 1
    known: list[tuple[Box, int, int, bool]] = []
    line_before = -1
    for char, part in zip(plate.characters, hidden, strict=True):
        kind = alphabet.index(char.char)
        if kind < 0:  # of another alphabet: to this one a mark
            continue
        box = box_of_quad(project(matrix, char.quad))
        gone = part > HIDDEN
        line = min(char.line, settings.lines - 1)
        if not gone:
            classes.append(kind + 1)
        elif not classes or classes[-1] != unseen or line != line_before:
            classes.append(unseen)
        line_before = line
        known.append((box, kind, line, gone))
    for box, _, line, gone in known:
        x0, y0, x1, y1 = box
        spare = max(MIN_WIDTH * cell_w - (x1 - x0), 0.0) / 2
        c0, c1 = _span(x0 - spare - cell_w / 2, x1 + spare + cell_w / 2, cell_w, columns, 1.0)
        r0, r1 = _span(y0 - cell_h / 2, y1 + cell_h / 2, cell_h, rows, 1.0)
        cells[r0:r1, c0:c1] = IGNORE
        steps[line, c0:c1] = -1
        if gone:  # how much of it is seen is unknown: its neighbourhood teaches nothing
            steps[line, max(c0 - 1, 0) : c1 + 1] = -1
    before = (-1, -9, -1)
    for (x0, y0, x1, y1), kind, line, gone in known:
        if gone:
            before = (-1, -9, -1)
            continue
        spare = max(MIN_WIDTH * cell_w - (x1 - x0), 0.0) / 2
        c0, c1 = _span(x0 - spare, x1 + spare, cell_w, columns, INNER)
        r0, r1 = _span(y0, y1, cell_h, rows, INNER)
        cells[r0:r1, c0:c1] = kind
        where[line, r0:r1, c0:c1] = 1
        step = int(np.clip((x0 + x1) / 2 / cell_w, 0, columns - 1))
        # Two alike need a blank between: where there is no room, the second finds its own step.
        if (kind, line) != (before[0], before[2]) or step - before[1] > 1:
            steps[line, step] = kind + 1
        before = (kind, step, line)
    row = np.zeros(settings.longest + 1, np.int32)
    if 0 < len(classes) <= settings.longest and any(k != unseen for k in classes):
        row[: len(classes)], row[-1] = classes, len(classes)
    else:
        steps[:], cells[:] = -1, IGNORE
    return np.concatenate([row, steps.reshape(-1)]), cells, where


def draw_bundle(
    seed: int,
    index: int,
    backgrounds: Backgrounds,
    samples: SampleSettings,
    settings: BundleSettings,
    counts: Counts,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw one batch: the same seed and index give the same batch in any process.

    Returns:
        Inputs by name, uint8, and targets by output name.
    """
    inputs: dict[str, list[Any]] = {}
    targets: dict[str, list[Any]] = {}

    def put(into: dict[str, list[Any]], **values: Any) -> None:
        for name, value in values.items():
            into.setdefault(name, []).append(value)

    if settings.scan:
        for k in range(counts.scenes):
            rng = np.random.default_rng([seed, index, 0, k])
            image, record = draw_scene(rng, backgrounds, samples.scene)
            presence, corners = scan_target(record.plates, record.size, settings.scan)
            put(inputs, image=image[..., None])
            put(targets, scan_presence=presence[..., None], scan_corners=corners)
    if settings.frame:
        frame = settings.frame
        for k in range(counts.finds):
            rng = np.random.default_rng([seed, index, 1, k])
            view = draw_view(
                rng, backgrounds, samples, absent=counts.absent, hidden=0.06, wide=0.3
            )
            window, matrix, plate = _window(view, frame.window, frame.margin)
            put(inputs, find=window[..., None])
            put(
                targets,
                frame_presence=np.array([plate is not None], np.float32),
                frame_corners=_corners(plate, matrix, frame.window),
            )
    if settings.line:
        line = settings.line
        for k in range(counts.plates):
            rng = np.random.default_rng([seed, index, 2, k])
            view = draw_view(
                rng, backgrounds, samples, absent=counts.absent / 2, hidden=counts.hidden, wide=0.05
            )
            window, matrix, plate = _window(view, line.window, line.margin)
            if plate is None or not view.clear:
                steps = np.full(line.longest + 1 + line.lines * line.cells[1], -1, np.int32)
                steps[: line.longest + 1] = 0
                cells = np.full(line.cells, IGNORE, np.int32)
                where = np.zeros((line.lines, *line.cells), np.uint8)
            else:
                steps, cells, where = line_target(plate, view.hidden, matrix, line)
            put(inputs, plate=window[..., None])
            put(
                targets,
                steps=steps,
                characters=cells,
                lines=where,
                plate_presence=np.array([plate is not None], np.float32),
                plate_corners=_corners(plate, matrix, line.window),
            )
    if settings.origin:
        colour = replace(samples, closeup=replace(samples.closeup, grey=False))
        for k in range(counts.colours):
            rng = np.random.default_rng([seed, index, 3, k])
            window, kind = _draw_colours(rng, backgrounds, colour, settings.origin)
            put(inputs, colours=window)
            put(targets, origin=np.int32(kind))
    return (
        {name: np.stack(values) for name, values in inputs.items()},
        {name: np.stack(values) for name, values in targets.items()},
    )


def _window(
    view: View, window: tuple[int, int], margin: tuple[float, float]
) -> tuple[Picture, FloatArray, PlateRecord | None]:
    try:
        picture, matrix = rectify(view.image, view.quad, window, margin)
    except ValueError:  # corners on a line
        return np.zeros(window, np.uint8), np.eye(3), None
    return picture, matrix, view.plate


def _corners(
    plate: PlateRecord | None, matrix: FloatArray, window: tuple[int, int]
) -> NDArray[np.float32]:
    out = np.zeros(9, np.float32)
    if plate is not None and not plate.boxed:
        out[:8] = (project(matrix, plate.quad) / window[::-1]).reshape(-1)
        out[8] = 1
    return out


def _draw_colours(
    rng: np.random.Generator,
    backgrounds: Backgrounds,
    samples: SampleSettings,
    settings: OriginSettings,
) -> tuple[Picture, int]:
    """Draw one straightened plate in colour, and its region's class."""
    image, record = draw_closeup(rng, backgrounds, samples.closeup, margin=CLOSE)
    plate = record.plates[0]
    quad = frame_quad(rng, plate.quad, upright=rng.random() < samples.upright / 2)
    try:
        window, _ = rectify(image, quad, settings.window, settings.margin)
    except ValueError:
        return np.zeros((*settings.window, 3), np.uint8), -1
    known = settings.regions.index(plate.region) if plate.region in settings.regions else -1
    return window, known if known >= 0 else len(settings.regions)


def make_bundle(
    seed: int,
    folder: Path | None,
    samples: SampleSettings,
    settings: BundleSettings,
    counts: Counts,
) -> Callable[[int], Any]:
    """Return what draws batch k, with its backgrounds loaded once."""
    cv2.setNumThreads(1)
    backgrounds, _ = open_stock(seed, folder, samples)
    return functools.partial(
        draw_bundle,
        seed,
        backgrounds=backgrounds,
        samples=samples,
        settings=settings,
        counts=counts,
    )


class BundleTrainer(Trainer):
    """One run over any of the networks of a weights file."""

    compiles = False  # CTC's loops: XLA takes longer over them than they take by themselves

    def __init__(
        self,
        network: BundleSettings,
        settings: TrainSettings,
        folder: Path,
        *,
        counts: Counts,
        backgrounds: Path | None = None,
        checks: tuple[Callable[[Any], dict[str, float]], ...] = (),
    ) -> None:
        """Build and compile the networks."""
        self.counts = counts
        super().__init__(network, settings, folder, backgrounds=backgrounds, checks=checks)

    def build(self) -> Any:
        """Return the Keras model with fresh weights."""
        from platewright.network.bundle import build_bundle

        return build_bundle(self.network)

    def losses(self) -> tuple[dict[str, Any], dict[str, float]]:
        """Return losses and their weights by output."""
        from platewright.network.loss import bundle_losses

        return bundle_losses(self.network)

    def make_drawing(self) -> Callable[[], Callable[[int], Any]]:
        """Return what makes the drawing of batches."""
        own = self.settings
        return functools.partial(
            make_bundle, own.seed, self.backgrounds, own.samples, self.network, self.counts
        )
