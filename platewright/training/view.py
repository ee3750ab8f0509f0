"""Looks at a plate as training draws them: framed with errors, hidden in part, straightened."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.errors import DatasetError
from platewright.geometry import Box, FloatArray, Picture, box_of_quad, project, quad_of_box
from platewright.network.part import TextSettings
from platewright.reading.straighten import rectify
from platewright.record import PlateRecord
from platewright.synth.scene import SceneSettings, draw_closeup, draw_scene
from platewright.training.mining import draw_hard
from platewright.training.sample import TRIES, SampleSettings, Stock, legible, moved_plate


def hide(
    rng: np.random.Generator, image: Picture, plate: PlateRecord
) -> tuple[Picture, PlateRecord, NDArray[np.uint8]]:
    """Cut a picture through its plate, or put something before the plate.

    Args:
        image: (H, W) grey.

    Returns:
        The picture, which may be smaller; the plate, moved with it, whole as before; and a mask of
        the picture before it was cut, 255 where nothing is seen any more.
    """
    box, kind = box_of_quad(plate.quad), rng.random()
    if kind < 0.45:
        return _cut(rng, image, plate)
    if kind < 0.75:
        outline = _post(rng, box)
    elif kind < 0.9:
        outline = _corner(rng, box)
    else:
        outline = _patch(rng, box)
    covered = np.zeros(image.shape, np.uint8)
    cv2.fillPoly(covered, [np.round(outline * 16).astype(np.int32)], (255,), cv2.LINE_AA, 4)
    return _covered(rng, image, covered, max(0.006 * (box[2] - box[0]), 0.4)), plate, covered


def _cut(
    rng: np.random.Generator, image: Picture, plate: PlateRecord
) -> tuple[Picture, PlateRecord, NDArray[np.uint8]]:
    """Let the picture's edge go through the plate, left or right, seldom below."""
    height, width = image.shape
    covered = np.zeros((height, width), np.uint8)
    x0, y0, x1, y1 = box_of_quad(plate.quad)
    part = rng.uniform(0.06, 0.42)
    if rng.random() >= 0.88:
        below = int(np.clip(y1 - part * (y1 - y0), 4, height - 1))
        covered[below:] = 255
        return image[:below], plate, covered
    if rng.random() < 0.5:
        left = int(np.clip(x0 + part * (x1 - x0), 1, width - 4))
        covered[:, :left] = 255
        return image[:, left:], moved_plate(plate, np.ones(2), np.array([left, 0.0])), covered
    right = int(np.clip(x1 - part * (x1 - x0), 4, width - 1))
    covered[:, right:] = 255
    return image[:, :right], plate, covered


def _post(rng: np.random.Generator, box: Box) -> FloatArray:
    """Return the outline (n, 2) of a post, a rope, a hand: across the plate's whole height."""
    x0, y0, x1, y1 = box
    wide, tall = x1 - x0, y1 - y0
    half = rng.uniform(0.07, 0.34) * wide / 2
    middle = rng.uniform(x0 + 0.02 * wide, x1 - 0.02 * wide)
    lean = rng.normal(0, 0.25) * tall
    top, bottom = y0 - 0.3 * tall, y1 + 0.3 * tall
    return np.array(
        [
            (middle - half + lean, top), (middle + half + lean, top),
            (middle + half - lean, bottom), (middle - half - lean, bottom),
        ]
    )  # fmt: skip


def _corner(rng: np.random.Generator, box: Box) -> FloatArray:
    """Return the outline (n, 2) of another car, a bumper, leaves: over a corner."""
    x0, y0, x1, y1 = box
    right, low = rng.random() < 0.5, rng.random() < 0.5
    x, y = (x1 if right else x0), (y1 if low else y0)
    dx = rng.uniform(0.12, 0.45) * (x1 - x0) * (-1 if right else 1)
    dy = rng.uniform(0.6, 1.6) * (y1 - y0) * (-1 if low else 1)
    return np.array(
        [(x - dx, y - dy), (x + dx, y - 0.2 * dy), (x + 0.7 * dx, y + dy), (x - dx, y + dy)]
    )


def _patch(rng: np.random.Generator, box: Box) -> FloatArray:
    """Return the outline (n, 2) of mud, snow, a reflection."""
    x0, y0, x1, y1 = box
    count = int(rng.integers(5, 10))
    turn = np.sort(rng.uniform(0, 2 * np.pi, count))
    away = rng.uniform(0.5, 1.0, count) * rng.uniform(0.25, 0.75) * (y1 - y0)
    x, y = rng.uniform(x0, x1), rng.uniform(y0, y1)
    return np.stack([x + 1.3 * away * np.cos(turn), y + away * np.sin(turn)], 1)


def _covered(
    rng: np.random.Generator, image: Picture, covered: NDArray[np.uint8], soft_px: float
) -> Picture:
    """Paint something of one tone, grainy and soft at its edge, over what is covered."""
    height, width = image.shape
    level = rng.uniform(10, 245)
    grain = rng.normal(0, rng.uniform(1, 14), (max(height // 3, 2), max(width // 3, 2)))
    slope = np.linspace(-1, 1, width)[None, :] * rng.normal(0, 18)
    paint = level + cv2.resize(grain.astype(np.float32), (width, height)) + slope
    soft = cv2.GaussianBlur(covered, (0, 0), soft_px).astype(np.float32) / 255
    return np.asarray(image + soft * (np.clip(paint, 0, 255) - image), np.uint8)


def hidden_parts(plate: PlateRecord, covered: NDArray[np.uint8]) -> FloatArray:
    """Return which part of each character's box is covered, 0-1.

    Args:
        plate: in the picture that `covered` is of.
        covered: (H, W) 255 where nothing is seen; outside of it nothing is seen either.
    """
    height, width = covered.shape
    parts = []
    for char in plate.characters:
        x0, y0, x1, y1 = (round(v) for v in char.box)
        x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
        inside = covered[max(y0, 0) : min(y1, height), max(x0, 0) : min(x1, width)]
        area = (x1 - x0) * (y1 - y0)
        parts.append((float(inside.sum()) / 255 + area - inside.size) / area)
    return np.array(parts, np.float64)


CLOSE = (0.25, 0.6)  #: Room round most plates, in their heights ...
ROOM = (1.2, 2.8)
"""... and round those that are framed so: a picture's edge must not tell anything."""
DECOYS = 0.6  #: Part of the windows without a plate that have a decoy, or nothing
FAR = 0.4  #: Part of the frames round decoys that are as small and soft as far plates


@dataclass(frozen=True)
class View:
    """A straightened look."""

    window: Picture  #: (h, w) grey, or (h, w, 3)
    plate: PlateRecord | None = None  #: in the frame; None: there is none
    #: (3, 3) homography from picture to window points
    matrix: FloatArray = field(default_factory=lambda: np.eye(3))
    clear: bool = False  #: whether its characters can be read
    #: (characters,) part of each that is not seen
    hidden: FloatArray = field(default_factory=lambda: np.zeros(0))

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
    spread: float = 1.0,
    clear: float = 0.0,
) -> View:
    """Draw a picture with a plate, or with something else, and look at it as a find frames it.

    Args:
        window: (height, width) of the look, pixels.
        margin: (x, y) room round the frame, parts of it.
        absent: part without a whole plate.
        hidden: part of the drawn plates that are cut off or hidden.
        wide: part of the frames that are as large as the scan's worst.
        spread: of the frames' errors: 1 as they are once a plate has been framed by a network,
            more as the scan frames it.
        clear: part of the drawn pictures that are large, and hardly blurred or noisy.
    """
    lacks = rng.random() < absent
    if lacks and stock.hard is not None and rng.random() < samples.hard_share:
        return View(window=draw_hard(rng, stock.hard, window))
    if lacks and rng.random() < DECOYS:
        return View(window=_rectified(*_draw_decoy(rng, stock, samples), window, margin)[0])
    wide_frame = rng.random() < wide
    stored = stock.stored if stock.stored and stock.stored.gives_closeup(rng) else None
    if stored is not None:
        image, record = stored.draw_closeup(rng)
    else:
        room = ROOM if lacks or wide_frame else CLOSE
        closeup = samples.clear if rng.random() < clear else samples.closeup
        image, record = draw_closeup(rng, stock.backgrounds, closeup, margin=room)
    plate = record.plates[0]
    if lacks:
        quad = _absent_quad(rng, plate.quad, spread)
        return View(window=_rectified(image, quad, window, margin)[0])
    parts = np.zeros(len(plate.characters))
    if stored is None and rng.random() < hidden:
        before = plate
        image, plate, covered = hide(rng, image, plate)
        parts = hidden_parts(before, covered)
    upright = rng.random() < samples.upright
    quad = frame_quad(rng, plate.quad, upright=upright, wide_frame=wide_frame, spread=spread)
    picture, matrix = _rectified(image, quad, window, margin)
    if matrix is None:
        return View(window=picture)
    return View(window=picture, plate=plate, matrix=matrix, clear=legible(record), hidden=parts)


def _rectified(
    image: Picture, quad: FloatArray, window: tuple[int, int], margin: tuple[float, float]
) -> tuple[Picture, FloatArray | None]:
    """Do what `rectify` does; where corners are on a line, return an empty window and None."""
    try:
        return rectify(image, quad, window, margin)
    except ValueError:
        return np.zeros((*window, *image.shape[2:]), np.uint8), None


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
    rng: np.random.Generator,
    quad: FloatArray,
    *,
    upright: bool,
    wide_frame: bool = False,
    spread: float = 1.0,
) -> FloatArray:
    """Return a quad as a first look would have framed it, with its errors.

    Args:
        quad: (4, 2) the plate's corners.
        upright: frame the upright box, as a labelled box does.
        wide_frame: frame it as the scan does where it takes the plate for a larger one.
        spread: of the errors, see `draw_view`.

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
    sides = rng.normal(0.03 if loose else 0.0, spread * (0.08 if loose else 0.03), 4)
    sides = np.clip(sides, -0.1 * spread, 0.3 * spread)
    if wide_frame:
        sides = spread * rng.uniform(-0.08, 0.6, 4)
    grow = [
        -sides[0] * wide * right - sides[1] * tall * down,
        sides[2] * wide * right - sides[1] * tall * down,
        sides[2] * wide * right + sides[3] * tall * down,
        -sides[0] * wide * right + sides[3] * tall * down,
    ]
    noise = spread * rng.normal(0, 1, (4, 2)) * ((0.035, 0.085) if loose else (0.012, 0.03))
    corners = noise[:, :1] * wide * right + noise[:, 1:] * tall * down
    return np.asarray(base + np.array(grow) + corners, dtype=np.float64)


def _absent_quad(rng: np.random.Generator, quad: FloatArray, spread: float) -> FloatArray:
    """Return a frame that shows a part of the plate, far too much, or its neighbourhood."""
    x0, y0, x1, y1 = box_of_quad(quad)
    width, height = x1 - x0, y1 - y0
    kind = rng.integers(3)
    if kind == 0:  # cut
        least = min(0.35 * spread, 0.6)
        dx, dy = rng.choice([-1, 1]) * rng.uniform(least, 0.9), rng.uniform(-0.3, 0.3)
        if rng.random() < 0.4:
            dx, dy = rng.uniform(-0.3, 0.3), rng.choice([-1, 1]) * rng.uniform(0.4, 0.8)
        return np.asarray(quad + np.array([dx * width, dy * height]), np.float64)
    middle = quad.mean(axis=0)
    scale = rng.uniform(2.2, 4.0) if kind == 1 else rng.uniform(0.2, 0.5)
    return np.asarray(middle + (quad - middle) * scale, np.float64)


def draw_crop(
    rng: np.random.Generator,
    stock: Stock,
    samples: SampleSettings,
    settings: TextSettings,
) -> tuple[Picture, PlateRecord, FloatArray]:
    """Draw one rectified plate that can be read and whose text the reader can spell.

    Returns:
        The (h, w) window, the plate, the homography from picture points to window points.

    Raises:
        DatasetError: if stored pictures have no such plate.
    """
    for _ in range(TRIES):
        if stock.stored is not None and stock.stored.gives_closeup(rng):
            image, record = stock.stored.draw_closeup(rng)
        else:
            image, record = draw_closeup(rng, stock.backgrounds, samples.closeup, margin=CLOSE)
        plate = record.plates[0]
        known = all(settings.alphabet.index(char) >= 0 for char in plate.text)
        if not known or not 0 < len(plate.text) <= settings.slots or not legible(record):
            continue
        quad = frame_quad(rng, plate.quad, upright=rng.random() < samples.upright)
        window, matrix = _rectified(image, quad, settings.window, settings.margin)
        if matrix is None:
            continue
        return window, plate, matrix
    raise DatasetError(
        f"{TRIES} plates without one of at most {settings.slots} characters of "
        f"{settings.characters}: the pictures and the network don't fit"
    )


def character_cells(
    plate: PlateRecord, matrix: FloatArray, settings: TextSettings
) -> NDArray[np.int32]:
    """Return (characters, 2) first and last cell of each character in the sequence.

    There are none where they are not known, as of most real plates, and where the plate has more
    lines than the sequence has rows, since no order of columns says that.

    Args:
        plate: with its characters in reading order, or without them.
        matrix: homography from picture points to window points.
    """
    rows, columns = settings.cells
    found: list[Any] = []
    lines = max((c.line for c in plate.characters), default=0) + 1
    if lines > rows or len(plate.characters) != len(plate.text):
        return np.zeros((0, 2), np.int32)
    for char in plate.characters:
        x = project(matrix, char.quad)[:, 0] * columns / settings.window[1]
        middle, half = (x.min() + x.max()) / 2, (x.max() - x.min()) / 2
        span = np.clip([middle - 0.6 * half, middle + 0.6 * half], 0, columns - 1e-6).astype(int)
        row = char.line * rows // lines if lines > 1 else 0
        found.append(span + row * columns)
    return np.array(found, np.int32).reshape(-1, 2)
