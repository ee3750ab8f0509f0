"""What a plate sits on: a bumper-like panel with lines, slats, mesh or a recess, and lamps."""

from dataclasses import dataclass

import cv2
import numpy as np

from platewright.geometry import (
    UNIT,
    FloatArray,
    Picture,
    homography,
    project,
    to_pixel_centres,
)
from platewright.region.look import luma
from platewright.synth import option
from platewright.synth.effect import Surroundings

STAGE = "surface"
SIZE = (64, 128)  #: (height, width) of the flat panel, pixels
KINDS = ("slats", "mesh", "lines", "plain")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How often which."""

    share: float = option.share(0.6, "of plates on a bumper-like panel")
    slats: float = option.weight(0.25, "panels with slats")
    mesh: float = option.weight(0.1, "a grille's mesh")
    lines: float = option.weight(0.45, "a bumper's lines")
    plain: float = option.weight(0.2, "bare ones")
    recess: float = option.share(0.3, "of panels with a recess")
    lamps: float = option.share(0.15, "of panels with lamps beside the plate")
    alike: float = option.share(0.25, "of panels of the plate's own colour")


@dataclass(frozen=True, kw_only=True)
class Parameters(option.Recorded):
    """Which."""

    #: (left, above, right, below) the plate, in its widths and heights
    room: tuple[float, float, float, float]
    levels: tuple[float, ...]  #: grey levels of the panel, three rows of two
    kind: str  #: of `KINDS`
    line: int  #: grey level of its pattern
    step: float  #: of the pattern, part of the greatest one
    start: float  #: of the pattern, 0-1
    #: (x, y, grey level): how far the recess reaches round the plate, parts of the panel; None
    #: where there is none
    recess: tuple[float, float, float] | None
    #: (y, grey level, x, width, height), each 0-1 of what it may be but the level; None where there
    #: are none
    lamps: tuple[float, float, float, float, float] | None
    lit: bool  #: whether the lamps are on
    tint: tuple[float, float, float]  #: (red, green, blue) over the grey level


def draw(rng: np.random.Generator, settings: Settings, about: Surroundings) -> Parameters | None:
    """Draw a panel."""
    if rng.random() >= settings.share * about.often:
        return None
    left, above, right, below = (0.06 * (1.6 / 0.06) ** part for part in rng.random(4).tolist())
    base = 10 + 235 * rng.random()
    red, green, blue = (0.6 + 0.4 * part for part in rng.random(3).tolist())
    if rng.random() < settings.alike:  # white plates on white cars, black ones on black ones
        base = max(luma(about.ground), 1.0)
        red, green, blue = (part / base for part in about.ground)
        base += 12 * rng.standard_normal()
    normal = rng.standard_normal(7).tolist()
    weights = [getattr(settings, kind) for kind in KINDS]
    at, kind = rng.random() * sum(weights), "plain"
    for kind, part in zip(KINDS, weights, strict=True):  # noqa: B007
        at -= part
        if at < 0:
            break
    recess = lamps = None
    if rng.random() < settings.recess:  # plates often sit in one
        level = min(max(base + 30 - 120 * rng.random(), 0), 255)
        recess = (0.01 + 0.07 * rng.random(), 0.01 + 0.07 * rng.random(), level)
    if rng.random() < settings.lamps:
        level = 250.0 if about.lit else 40 + 170 * rng.random()
        lamps = (rng.random(), level, rng.random(), rng.random(), rng.random())
    return Parameters(
        room=(left, above, right, below),
        levels=tuple(min(max(base + 22 * v, 0), 255) for v in normal[:6]),
        kind=kind,
        line=int(min(max(base + 70 * normal[6], 0), 255)),
        step=rng.random(),
        start=rng.random(),
        recess=recess,
        lamps=lamps,
        lit=about.lit,
        tint=(red, green, blue),
    )


def apply(canvas: Picture, p: Parameters, quad: FloatArray) -> Picture:
    """Put the panel round a plate that will be drawn at `quad`, in place."""
    left, above, right, below = p.room
    wide, tall = 1 + left + right, 1 + above + below
    try:
        spread = project(homography(UNIT, quad), UNIT * (wide, tall) - (left, above))
        if (
            np.abs(spread).max() > 20 * max(canvas.shape[:2])
            or cv2.contourArea(spread.astype(np.float32)) < 4
        ):
            return canvas  # a panel that runs behind the camera
        matrix = homography(UNIT * SIZE[::-1], spread)
    except ValueError:
        return canvas
    patch = _surface(p)
    height, width = SIZE
    if p.recess is not None:
        x0, y0, (grow_x, grow_y, level) = left / wide, above / tall, p.recess
        first = (int((x0 - grow_x) * width), int((y0 - grow_y) * height))
        last = (int((x0 + 1 / wide + grow_x) * width), int((y0 + 1 / tall + grow_y) * height))
        cv2.rectangle(patch, first, last, level, -1)
    if p.lamps is not None:
        _add_lamps(patch, p.lamps, left / wide, (left + 1) / wide, lit=p.lit)
    x0, y0 = (max(int(v), 0) for v in spread.min(axis=0))
    x1 = min(int(spread[:, 0].max()) + 1, canvas.shape[1])
    y1 = min(int(spread[:, 1].max()) + 1, canvas.shape[0])
    if x1 <= x0 or y1 <= y0:
        return canvas
    if canvas.ndim == 3:
        patch = np.asarray(
            np.minimum(patch[..., None] * np.array(p.tint, np.float32), 255), np.uint8
        )
    shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], float)
    part = np.ascontiguousarray(canvas[y0:y1, x0:x1])
    cv2.warpPerspective(
        patch,
        to_pixel_centres(shift @ matrix),
        (x1 - x0, y1 - y0),
        dst=part,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    canvas[y0:y1, x0:x1] = part
    return canvas


def _surface(p: Parameters) -> Picture:
    """Draw the flat panel, grey."""
    height, width = SIZE
    corners = np.array(p.levels, np.float32).reshape(3, 2)
    patch = cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    if p.kind == "slats":
        step = 4 + int(10 * p.step)
        for at in range(0, height, step):
            patch[at : at + max(step // 3, 1)] = p.line
    elif p.kind == "mesh":
        for at in range(-height, width + height, 6 + int(6 * p.step)):
            cv2.line(patch, (at, 0), (at + height, height), p.line, 1, cv2.LINE_AA)
            cv2.line(patch, (at, height), (at + height, 0), p.line, 1, cv2.LINE_AA)
    elif p.kind == "lines":
        part = p.start
        for _ in range(1 + int(4 * p.step)):
            part = (part * 7.31 + 0.137) % 1.0  # places and widths that look drawn anew
            fall, thick = (part * 13.7) % 1.0, (part * 29.3) % 1.0
            level = min(max(p.line + 60 * fall - 30, 0), 255)
            first, last = (0, int(part * height)), (width, int(part * height + 16 * fall - 8))
            cv2.line(patch, first, last, level, 1 + int(6 * thick), cv2.LINE_AA)
    return np.asarray(patch, np.uint8)


def _add_lamps(
    patch: Picture,
    lamps: tuple[float, float, float, float, float],
    left: float,
    right: float,
    *,
    lit: bool,
) -> None:
    """Put a lamp on either side of the plate, whose ends are given in parts of the panel."""
    height, width = SIZE
    down, level, aside, wide, tall = lamps
    y, part = (0.2 + 0.5 * down) * height, 0.2 + 0.5 * aside
    for x in (left * width * part, width - (1 - right) * width * part):
        centre, axes = (int(x), int(y)), (3 + int(12 * wide), 2 + int(9 * tall))
        cv2.ellipse(patch, centre, axes, 0, 0, 360, level, -1, cv2.LINE_AA)
        inner = (max(axes[0] // 2, 1), max(axes[1] // 2, 1))
        cv2.ellipse(patch, centre, inner, 0, 0, 360, min(level + 50, 255.0), -1, cv2.LINE_AA)
    if lit:
        np.maximum(patch, cv2.GaussianBlur(patch, (0, 0), 4.0), out=patch)
