"""A look at a plate as training draws it: framed with the errors of a find, and straightened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import box_of_quad, project, quad_of_box
from platewright.reading.straighten import rectify
from platewright.record import PlateRecord
from platewright.synth.scene import SceneSettings, draw_closeup, draw_scene
from platewright.training.hiding import hidden_parts, hide
from platewright.training.mining import draw_hard
from platewright.training.sample import SampleSettings, Stock, legible

__all__ = ["CLOSE", "View", "draw_view", "frame_quad"]

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]
CLOSE = (0.25, 0.6)
"""Room round most plates, in their heights ..."""
ROOM = (1.2, 2.8)
"""... and round those that are framed so: a picture's edge must not tell anything."""
DECOYS = 0.6
"""Part of the windows without a plate that have a decoy, or nothing."""
FAR = 0.4
"""Part of the frames round decoys that are as small and soft as far plates."""


@dataclass(frozen=True)
class View:
    """A straightened look.

    Attributes:
        window: (h, w) grey, or (h, w, 3).
        plate: in the frame; None: there is none.
        matrix: homography from picture to window points, 3 x 3.
        clear: whether its characters can be read.
        hidden: (characters,) part of each that is not seen.
    """

    window: Picture
    plate: PlateRecord | None = None
    matrix: FloatArray = None  # type: ignore[assignment]
    clear: bool = False
    hidden: FloatArray = None  # type: ignore[assignment]

    @property
    def presence(self) -> NDArray[np.float32]:
        """(1,) 1 or 0, as the losses take it."""
        return np.array([self.plate is not None], np.float32)

    @property
    def corners(self) -> NDArray[np.float32]:
        """(9,) corners in parts of the window, and 1 where they are known."""
        out = np.zeros(9, np.float32)
        if self.plate is not None and not self.plate.boxed:
            size = self.window.shape[1::-1]
            out[:8] = (project(self.matrix, self.plate.quad) / size).reshape(-1)
            out[8] = 1
        return out


def draw_view(
    rng: np.random.Generator,
    stock: Stock,
    samples: SampleSettings,
    window: tuple[int, int],
    margin: tuple[float, float],
    *,
    absent: float = 0.0,
    hidden: float = 0.0,
    wide: float = 0.0,
    hard: bool = False,
) -> View:
    """Draw a picture with a plate, or with something else, and look at it as a find frames it.

    Args:
        rng: random numbers.
        stock: what is drawn upon.
        samples: how plates are drawn.
        window: (height, width) of the look, pixels.
        margin: (x, y) room round the frame, parts of it.
        absent: part without a whole plate.
        hidden: part of the drawn plates that are cut off or hidden.
        wide: part of the frames that are as large as the scan's worst.
        hard: whether mined windows are looked at as well.
    """
    lacks = rng.random() < absent
    if lacks and hard and stock.hard is not None and rng.random() < samples.hard_share:
        return View(draw_hard(rng, stock.hard, window))
    if lacks and rng.random() < DECOYS:
        return _straight(*_draw_decoy(rng, stock, samples), window, margin)
    wide_frame = rng.random() < wide
    stored = stock.stored if stock.stored and stock.stored.gives_closeup(rng) else None
    if stored is not None:
        image, record = stored.draw_closeup(rng)
    else:
        room = ROOM if lacks or wide_frame else CLOSE
        image, record = draw_closeup(rng, stock.backgrounds, samples.closeup, margin=room)
    plate = record.plates[0]
    if lacks:
        return _straight(image, _absent_quad(rng, plate.quad), window, margin)
    parts = np.zeros(len(plate.characters))
    if stored is None and rng.random() < hidden:
        before = plate
        image, plate, covered = hide(rng, image, plate)
        parts = hidden_parts(before, covered)
    upright = rng.random() < samples.upright
    quad = frame_quad(rng, plate.quad, upright=upright, wide_frame=wide_frame)
    return _straight(image, quad, window, margin, plate, legible(record), parts)


def _straight(
    image: Picture,
    quad: FloatArray,
    window: tuple[int, int],
    margin: tuple[float, float],
    plate: PlateRecord | None = None,
    clear: bool = False,
    hidden: FloatArray | None = None,
) -> View:
    try:
        picture, matrix = rectify(image, quad, window, margin)
    except ValueError:  # corners on a line
        return View(np.zeros((*window, *image.shape[2:]), np.uint8))
    return View(picture, plate, matrix, clear, np.zeros(0) if hidden is None else hidden)


def _draw_decoy(
    rng: np.random.Generator, stock: Stock, samples: SampleSettings
) -> tuple[Picture, FloatArray]:
    """Draw a picture without a plate, and a frame in it."""
    shrunk = rng.uniform(0.12, 0.5) if rng.random() < FAR else 1.0
    only = SceneSettings(
        size=(round(96 * shrunk), round(224 * shrunk)),
        plates=(1.0,),
        decoys=(0.25, 0.75),
        width_px=(90.0 * shrunk, 220.0 * shrunk),
        grey=True,
        synth=samples.closeup.synth,
    )
    image, record = draw_scene(rng, stock.backgrounds, only)
    empty = (40.0 * shrunk, 30.0 * shrunk, 180.0 * shrunk, 70.0 * shrunk)
    box = record.decoys[0] if record.decoys else empty
    return image, frame_quad(rng, quad_of_box(box), upright=True)


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
