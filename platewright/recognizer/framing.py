"""Frames of plates: the quads that a look saw, where they are sound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import project, sound_quad

__all__ = ["refined", "sound_quad"]

FloatArray = NDArray[np.float64]


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
