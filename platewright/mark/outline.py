"""Outlines of states and countries, rough (files of `shape/`), and of lands that there are not."""

from __future__ import annotations

from functools import partial

import numpy as np

from platewright.mark.pen import Draw, Pen
from platewright.mark.silhouette import SHAPES, read_shape

Rng = np.random.Generator


def land(rng: Rng, text: str = "", *, name: str) -> Pen:
    """Draw an outline, filled or with a rim, by chance with a star in it."""
    points = list(read_shape(name)[0][2])
    tall = max(y for _, y in points)
    points = [(0.02 + x / tall * 0.96, 0.02 + y / tall * 0.96) for x, y in points]
    pen = Pen(max(x for x, _ in points) + 0.04)
    pen.polygon(points)
    kind = rng.random()
    middle = np.mean(points, axis=0)
    if kind < 0.35:
        pen.polygon([tuple(middle + 0.86 * (np.array(p) - middle)) for p in points], "second")
    elif kind < 0.6:
        pen.star(float(middle[0]), float(middle[1]), 0.12, "second")
    return pen


def invented(rng: Rng, text: str = "") -> Pen:
    """Draw a land that there is not: partly straight, partly ragged."""
    count, aspect = int(rng.integers(7, 15)), rng.uniform(0.6, 1.5)
    pen = Pen(aspect)
    angles = np.sort(rng.uniform(0, 2 * np.pi, count))
    reach = rng.uniform(0.26, 0.5, count)
    points = [
        (aspect * (0.5 + r * np.cos(a)), 0.5 + r * np.sin(a))
        for a, r in zip(angles, reach, strict=True)
    ]
    (pen.blob if rng.random() < 0.4 else pen.polygon)(points, "main")
    if rng.random() < 0.3:
        pen.star(aspect / 2, 0.5, 0.12, "second")
    return pen


MARKS: dict[str, Draw] = {
    **{path.stem: partial(land, name=path.stem) for path in sorted(SHAPES.glob("outline-*.txt"))},
    "outline-invented": invented,
}
