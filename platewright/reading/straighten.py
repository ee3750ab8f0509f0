"""Straightens plates: warps quads, with a margin, into windows, and frames them by what is seen."""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.geometry import UNIT, FloatArray, Picture, sound_quad

FLAT = 1e-9  #: A quad of which less of its box is inside has corners on a line
SHRUNK = 1.5  #: What is shrunk by more is averaged first; the warp alone would alias


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
    back = _homographies(np.asarray(quad, float)[None], window, margin)
    if not _sound(back).all():
        raise ValueError("three of the four points are on a line")
    return _warped(image, back, window, margin)[0], np.asarray(np.linalg.inv(back[0]), np.float64)


def straightened(
    image: Picture, quads: Sequence[ArrayLike], window: tuple[int, int], margin: tuple[float, float]
) -> tuple[Picture, FloatArray]:
    """Warp several quads of a photo; where corners are on a line, the upright box round them.

    Args:
        image: (H, W) grey or (H, W, 3) photo.
        quads: (4, 2) corners each, photo pixels.
        window: (height, width) of the results.
        margin: (x, y) room round each quad, parts of its width and height.

    Returns:
        (n, height, width) or (n, height, width, 3) windows, and the (n, 3, 3) homographies from
        their points to photo points.
    """
    framed = np.array([np.asarray(quad, float) for quad in quads]).reshape(-1, 4, 2)
    back = _homographies(framed, window, margin)
    if (flat := ~_sound(back)).any():
        boxes = np.array([sound_quad(quad) for quad in framed[flat]])
        back[flat] = _homographies(boxes, window, margin)
    return _warped(image, back, window, margin), back


def framed_corners(margin: tuple[float, float]) -> FloatArray:
    """Return where a window shows the corners (4, 2) of the quad that it was warped from.

    Args:
        margin: (x, y) room round the quad, parts of its width and height.

    Returns:
        Parts of the window's width and height.

    >>> framed_corners((0.5, 0.0)).tolist()
    [[0.25, 0.0], [0.75, 0.0], [0.75, 1.0], [0.25, 1.0]]
    """
    room = np.array(margin, float)
    return np.asarray((room + UNIT) / (1 + 2 * room), np.float64)


def refined(
    quads: Sequence[FloatArray],
    homographies: FloatArray,
    presence: NDArray[np.float32],
    corners: FloatArray,
) -> list[FloatArray]:
    """Return the quads that a look saw, where it saw a plate and the quad is sound.

    Args:
        quads: (4, 2) each, as they were framed, photo pixels.
        homographies: (n, 3, 3) from window to photo points.
        presence: (n,) logits.
        corners: (n, 8) window pixels.
    """
    seen = _project(homographies, np.reshape(corners, (-1, 4, 2)))
    better = (np.asarray(presence) > 0) & _convex(seen)
    return [new if use else old for old, new, use in zip(quads, seen, better, strict=True)]


def _homographies(
    quads: FloatArray, window: tuple[int, int], margin: tuple[float, float]
) -> FloatArray:
    """Return the (n, 3, 3) homographies from window points to photo points.

    By way of the unit square (Heckbert 1989, section 2.2.3); of quads with corners on a line they
    are singular, or no numbers.
    """
    x, y = quads[..., 0].T, quads[..., 1].T
    dx1, dx2, sx = x[1] - x[2], x[3] - x[2], x[0] - x[1] + x[2] - x[3]
    dy1, dy2, sy = y[1] - y[2], y[3] - y[2], y[0] - y[1] + y[2] - y[3]
    with np.errstate(divide="ignore", invalid="ignore"):
        under = dx1 * dy2 - dx2 * dy1
        g, h = (sx * dy2 - dx2 * sy) / under, (dx1 * sy - sx * dy1) / under
        rows = [
            [x[1] - x[0] + g * x[1], x[3] - x[0] + h * x[3], x[0]],
            [y[1] - y[0] + g * y[1], y[3] - y[0] + h * y[3], y[0]],
            [g, h, np.ones_like(g)],
        ]
        square = np.array(rows).transpose(2, 0, 1)
        (height, width), (mx, my) = window, margin
        wide, tall = (1 + 2 * mx) / width, (1 + 2 * my) / height
        return np.asarray(square @ np.array([[wide, 0, -mx], [0, tall, -my], [0, 0, 1.0]]))


def _sound(homographies: FloatArray) -> NDArray[np.bool_]:
    """Tell of (n, 3, 3) homographies whether they can be turned round."""
    with np.errstate(invalid="ignore", over="ignore"):
        steps = np.abs(homographies[:, :2, :2]).sum(axis=2).prod(axis=1)
        found = np.abs(np.linalg.det(homographies))
        return np.asarray(np.isfinite(found) & (found > FLAT * steps))


def _project(homographies: FloatArray, points: FloatArray) -> FloatArray:
    """Return points (n, k, 2) taken through homographies (n, 3, 3)."""
    ends = points @ homographies[:, :, :2].transpose(0, 2, 1) + homographies[:, None, :, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(ends[..., :2] / ends[..., 2:], np.float64)


def _warped(
    image: Picture, back: FloatArray, window: tuple[int, int], margin: tuple[float, float]
) -> Picture:
    """Return (n, height, width) windows of a photo by sound homographies from their points.

    Each is warped from the part of the photo that it shows, which is shrunk first where it is
    large; where many are large, the photo is halved once for all of them.
    """
    out = np.zeros((len(back), *window, *image.shape[2:]), np.uint8)
    whole = np.array(image.shape[1::-1])
    shrink, first, last = _shown_parts(back, window, margin, whole)
    large = shrink >= 2
    halved = (last - first)[large].prod(axis=1).sum() > whole.prod()
    halvings = np.where(large & halved, np.log2(np.maximum(shrink, 1)), 0).astype(int)
    levels = _halves(image, halvings.max(initial=0))
    limit = np.array([level.shape[1::-1] for level in levels])[halvings]
    scale = whole / limit  # (n, 2)
    first = (first / scale).astype(int)
    last = np.minimum(np.ceil(last / scale).astype(int), limit)
    parts = last - first
    left = np.where(shrink > SHRUNK, np.maximum(shrink / 2.0**halvings, 1), 1)[:, None]
    sizes = np.where(left > 1, np.maximum(np.rint(parts / left), 2), parts).astype(int)
    with np.errstate(divide="ignore", invalid="ignore"):  # parts of no size, which are left out
        there = back.copy()  # window points to those of the part, as it is shrunk
        there[:, :2] -= (first * scale)[..., None] * back[:, 2:]
        there[:, :2] /= (scale * parts / sizes)[..., None]
        # OpenCV's pixel centres are whole numbers.
        there[..., 2] += (there[..., 0] + there[..., 1]) / 2
        there[:, :2] -= there[:, 2:] / 2
    places = zip(halvings.tolist(), first.tolist(), last.tolist(), sizes.tolist(), strict=True)
    for k, (halving, (x0, y0), (x1, y1), size) in enumerate(places):
        if min(x1 - x0, y1 - y0) < 2:
            continue
        part = levels[halving][y0:y1, x0:x1]
        if size != [x1 - x0, y1 - y0]:
            part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        cv2.warpPerspective(
            part, there[k], window[::-1], out[k],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
    return out


def _shown_parts(
    back: FloatArray, window: tuple[int, int], margin: tuple[float, float], whole: NDArray[np.intp]
) -> tuple[FloatArray, NDArray[np.intp], NDArray[np.intp]]:
    """Return which parts of a photo windows show.

    Args:
        whole: (width, height) of the photo.

    Returns:
        (n,) how much larger their quads are than in the windows, and the first and the last
        corner of each part, (n, 2), photo pixels.
    """
    height, width = window
    ends = _project(back, _outlines(window, margin))
    ends[~np.isfinite(ends)] = 0
    corners = ends[:, 4:]
    edges = corners[:, [1, 2, 3, 0]] - corners
    sides = np.hypot(edges[..., 0], edges[..., 1])
    shrink = (np.maximum(sides[:, :2], sides[:, 2:]) / (width, height)).min(axis=1)
    first = np.floor(ends[:, :4].min(axis=1)) - 2
    last = np.ceil(ends[:, :4].max(axis=1)) + 2
    first, last = (np.minimum(np.maximum(edge, 0), whole).astype(int) for edge in (first, last))
    return shrink, first, last


def _halves(image: Picture, count: int) -> list[Picture]:
    """Return a photo and what it is halved once, twice, ... so many times."""
    levels = [image]
    for _ in range(count):
        size = np.maximum(np.array(levels[-1].shape[1::-1]) // 2, 1).tolist()
        level = cv2.resize(levels[-1], size, interpolation=cv2.INTER_AREA)
        levels.append(np.asarray(level, np.uint8))
    return levels


@lru_cache(64)
def _outlines(window: tuple[int, int], margin: tuple[float, float]) -> FloatArray:
    """Return a window's corners and those of the quad in it, (1, 8, 2) window pixels."""
    height, width = window
    corners = np.concatenate([UNIT, framed_corners(margin)]) * np.array([width, height], float)
    return np.asarray(corners[None], np.float64)


def _convex(quads: FloatArray) -> NDArray[np.bool_]:
    """Tell of (n, 4, 2) quads which are convex, clockwise on the screen and no slivers."""
    edges = np.roll(quads, -1, axis=1) - quads
    following = np.roll(edges, -1, axis=1)
    with np.errstate(invalid="ignore", over="ignore"):
        turns = edges[..., 0] * following[..., 1] - edges[..., 1] * following[..., 0]
        sharp = turns.min(axis=1) > 1e-3 * np.abs(turns).max(axis=1)
        sound = np.isfinite(quads).all(axis=(1, 2)) & sharp & (turns.max(axis=1) > 4)
        return np.asarray(sound, np.bool_)
