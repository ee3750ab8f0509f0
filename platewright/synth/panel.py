"""What a plate sits on: a bumper-like panel with lines, slats, mesh or a recess, and lamps."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.geometry import homography, project, to_pixel_centres
from platewright.synth.settings import DEFAULT, PanelSettings

__all__ = ["add_panel"]

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]
SIZE = (64, 128)
"""(height, width) of the flat panel, pixels."""
UNIT = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)


def add_panel(
    rng: np.random.Generator,
    canvas: Picture,
    quad: FloatArray,
    settings: PanelSettings = DEFAULT.panel,
    *,
    lit: bool = False,
) -> None:
    """Put a bumper-like surface round a plate that will be drawn at `quad`.

    Args:
        rng: random numbers.
        canvas: (H, W) grey or (H, W, 3) RGB; changed.
        quad: (4, 2) the plate's corners, px of the canvas.
        settings: which kinds how often.
        lit: whether lamps beside the plate are on.
    """
    u, g = rng.random(24).tolist(), rng.standard_normal(7).tolist()
    room = [0.06 * (1.6 / 0.06) ** v for v in u[:4]]
    wide, tall = 1 + room[0] + room[2], 1 + room[1] + room[3]
    try:
        spread = project(homography(UNIT, quad), UNIT * (wide, tall) - (room[0], room[1]))
        if (
            np.abs(spread).max() > 20 * max(canvas.shape[:2])
            or cv2.contourArea(spread.astype(np.float32)) < 4
        ):
            return  # a panel that runs behind the camera
        matrix = homography(UNIT * SIZE[::-1], spread)
    except ValueError:
        return
    patch = _surface(u[4:8], g, settings)
    height, width = SIZE
    if u[8] < settings.recess:  # plates often sit in one
        x0, y0 = room[0] / wide, room[1] / tall
        grow_x, grow_y = 0.01 + 0.07 * u[9], 0.01 + 0.07 * u[10]
        first = (int((x0 - grow_x) * width), int((y0 - grow_y) * height))
        last = (int((x0 + 1 / wide + grow_x) * width), int((y0 + 1 / tall + grow_y) * height))
        level = min(max(10 + 235 * u[4] + 30 - 120 * u[11], 0), 255)
        cv2.rectangle(patch, first, last, level, -1)
    if u[12] < settings.lamps:
        _add_lamps(u[13:18], patch, room[0] / wide, (room[0] + 1) / wide, lit=lit)
    x0, y0 = (max(int(v), 0) for v in spread.min(axis=0))
    x1 = min(int(spread[:, 0].max()) + 1, canvas.shape[1])
    y1 = min(int(spread[:, 1].max()) + 1, canvas.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    if canvas.ndim == 3:
        tint = (0.6 + 0.4 * np.array(u[18:21])).astype(np.float32)
        patch = np.asarray(patch[..., None] * tint, np.uint8)
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


def _surface(u: list[float], g: list[float], settings: PanelSettings) -> Picture:
    """Draw the flat panel, grey, from four uniform and seven normal numbers."""
    height, width = SIZE
    base = 10 + 235 * u[0]
    corners = np.array([[min(max(base + 22 * v, 0), 255)] for v in g[:6]], np.float32)
    patch = cv2.resize(corners.reshape(3, 2), (width, height), interpolation=cv2.INTER_LINEAR)
    patch = patch.astype(np.uint8)
    line = int(min(max(base + 70 * g[6], 0), 255))
    kinds = (settings.slats, settings.mesh, settings.lines, settings.plain)
    kind = u[1] * sum(kinds)
    if kind < kinds[0]:
        step = 4 + int(10 * u[2])
        for at in range(0, height, step):
            patch[at : at + max(step // 3, 1)] = line
    elif kind < kinds[0] + kinds[1]:
        for at in range(-height, width + height, 6 + int(6 * u[2])):
            cv2.line(patch, (at, 0), (at + height, height), line, 1, cv2.LINE_AA)
            cv2.line(patch, (at, height), (at + height, 0), line, 1, cv2.LINE_AA)
    elif kind < sum(kinds[:3]):
        part = u[3]
        for _ in range(1 + int(4 * u[2])):
            part = (part * 7.31 + 0.137) % 1.0  # places and widths that look drawn anew
            fall, thick = (part * 13.7) % 1.0, (part * 29.3) % 1.0
            level = min(max(line + 60 * fall - 30, 0), 255)
            first, last = (0, int(part * height)), (width, int(part * height + 16 * fall - 8))
            cv2.line(patch, first, last, level, 1 + int(6 * thick), cv2.LINE_AA)
    return np.asarray(patch, np.uint8)


def _add_lamps(u: list[float], patch: Picture, left: float, right: float, *, lit: bool) -> None:
    """Put a lamp on either side of the plate, whose ends are given in parts of the panel."""
    height, width = SIZE
    y, level = (0.2 + 0.5 * u[0]) * height, 250.0 if lit else 40 + 170 * u[1]
    for x in (left * width * (0.2 + 0.5 * u[2]), width - (1 - right) * width * (0.2 + 0.5 * u[2])):
        centre, axes = (int(x), int(y)), (3 + int(12 * u[3]), 2 + int(9 * u[4]))
        cv2.ellipse(patch, centre, axes, 0, 0, 360, level, -1, cv2.LINE_AA)
        inner = (max(axes[0] // 2, 1), max(axes[1] // 2, 1))
        cv2.ellipse(patch, centre, inner, 0, 0, 360, min(level + 50, 255.0), -1, cv2.LINE_AA)
    if lit:
        np.maximum(patch, cv2.GaussianBlur(patch, (0, 0), 4.0), out=patch)
