"""Straightens plates: warps quads, with a margin, into windows, and frames them by what is seen."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.geometry import box_of_quad, homography, project, to_pixel_centres

__all__ = ["rectify", "refined", "sound_quad", "straightened", "window_homography"]

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]


def window_homography(
    quad: ArrayLike, window: tuple[int, int], margin: tuple[float, float]
) -> FloatArray:
    """Return the homography from photo points to window points.

    Args:
        quad: (4, 2) corners in the photo.
        window: (height, width) in pixels.
        margin: (x, y) room round the quad, parts of its width and height.

    Raises:
        ValueError: if three corners are on a line.
    """
    height, width = window
    mx, my = margin
    x0, x1 = width * mx / (1 + 2 * mx), width * (1 + mx) / (1 + 2 * mx)
    y0, y1 = height * my / (1 + 2 * my), height * (1 + my) / (1 + 2 * my)
    return homography(quad, [[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def rectify(
    image: Picture, quad: ArrayLike, window: tuple[int, int], margin: tuple[float, float]
) -> tuple[Picture, FloatArray]:
    """Warp a quad of a photo into a window.

    Large plates are averaged down first, which the warp alone would alias. What lies outside the
    photo repeats its edge.

    Args:
        image: (H, W) grey or (H, W, 3) photo.
        quad: (4, 2) corners, photo pixels.
        window: (height, width) of the result.
        margin: (x, y) room round the quad, parts of its width and height.

    Returns:
        The (height, width) window, with the photo's channels, and the homography from photo
        points to its points.

    Raises:
        ValueError: if three corners are on a line.
    """
    matrix = window_homography(quad, window, margin)
    height, width = window
    outline = [[0, 0], [width, 0], [width, height], [0, height]]
    x0, y0, x1, y1 = box_of_quad(project(np.linalg.inv(matrix), outline))
    left, top = int(max(np.floor(x0) - 2, 0)), int(max(np.floor(y0) - 2, 0))
    right = int(min(np.ceil(x1) + 2, image.shape[1]))
    bottom = int(min(np.ceil(y1) + 2, image.shape[0]))
    if right - left < 2 or bottom - top < 2:
        return np.zeros((*window, *image.shape[2:]), np.uint8), matrix
    part = image[top:bottom, left:right]
    there = matrix @ np.array([[1, 0, left], [0, 1, top], [0, 0, 1]], float)
    sides = np.linalg.norm(
        np.roll(np.asarray(quad, float), -1, axis=0) - np.asarray(quad, float), axis=1
    )
    shrink = min(max(sides[0], sides[2]) / width, max(sides[1], sides[3]) / height)
    if shrink > 1.5:
        size = (max(round(part.shape[1] / shrink), 2), max(round(part.shape[0] / shrink), 2))
        scale = np.diag([part.shape[1] / size[0], part.shape[0] / size[1], 1.0])
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        there = there @ scale
    warped = cv2.warpPerspective(
        part,
        to_pixel_centres(there),
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(warped, np.uint8), matrix


def straightened(
    image: Picture, quads: Sequence[ArrayLike], window: tuple[int, int], margin: tuple[float, float]
) -> tuple[Picture, list[FloatArray]]:
    """Warp several quads of a photo; where corners are on a line, the upright box round them.

    Args:
        image: (H, W) grey or (H, W, 3) photo.
        quads: (4, 2) corners each, photo pixels.
        window: (height, width) of the results.
        margin: (x, y) room round each quad, parts of its width and height.

    Returns:
        (n, height, width) or (n, height, width, 3) windows, and the homographies from photo points
        to their points.
    """
    pictures, matrices = [], []
    for quad in quads:
        try:
            picture, matrix = rectify(image, quad, window, margin)
        except ValueError:
            picture, matrix = rectify(image, sound_quad(np.asarray(quad, float)), window, margin)
        pictures.append(picture)
        matrices.append(matrix)
    return np.stack(pictures), matrices


def refined(
    quads: Sequence[FloatArray],
    matrices: Sequence[FloatArray],
    presence: NDArray[np.float32],
    corners: FloatArray,
) -> list[FloatArray]:
    """Return the quads that a look saw, where it saw a plate and the quad is sound.

    Args:
        quads: (4, 2) each, as they were framed, photo pixels.
        matrices: homographies from photo to window points.
        presence: (n,) logits.
        corners: (n, 8) window pixels.
    """
    out = []
    for quad, matrix, logit, points in zip(quads, matrices, presence, corners, strict=True):
        seen = project(np.linalg.inv(matrix), np.reshape(points, (4, 2)))
        out.append(seen if logit > 0 and _convex(seen) else quad)
    return out


def _convex(quad: FloatArray) -> bool:
    """Tell whether a quad is convex, clockwise on the screen and not a sliver."""
    edges = np.roll(quad, -1, axis=0) - quad
    following = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
    return bool(
        np.isfinite(quad).all() and (turns > 1e-3 * np.abs(turns).max()).all() and turns.max() > 4
    )


def sound_quad(quad: FloatArray) -> FloatArray:
    """Return the upright box round a quad as a quad, at least 4 pixels wide and 2 high."""
    x0, y0, x1, y1 = box_of_quad(np.nan_to_num(quad))
    x1, y1 = max(x1, x0 + 4), max(y1, y0 + 2)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
