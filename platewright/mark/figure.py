"""Plain figures: dots, dashes, discs, stars, crosses, crescents, bars, hearts, arrows."""

from collections.abc import Callable

import numpy as np

from platewright.mark.pen import Draw, Pen

Rng = np.random.Generator


def dot(rng: Rng, text: str = "") -> Pen:
    """Draw a dot."""
    pen = Pen()
    pen.disc(0.5, 0.5, 0.48)
    return pen


def dots(rng: Rng, text: str = "") -> Pen:
    """Draw two or three dots above each other."""
    pen, count = Pen(), int(rng.integers(2, 4))
    for k in range(count):
        pen.disc(0.5, (k + 0.5) / count, rng.uniform(0.08, 0.16))
    return pen


def hyphen(rng: Rng, text: str = "") -> Pen:
    """Draw a hyphen, as broad as a stroke or thinner."""
    pen = Pen(rng.uniform(1.4, 3.2))
    pen.box(0, 0, pen.aspect, 1)
    return pen


def bars(rng: Rng, text: str = "") -> Pen:
    """Draw one to three upright bars."""
    count, wide = int(rng.integers(1, 4)), rng.uniform(0.05, 0.16)
    pen = Pen(count * wide * 1.9 + 0.02)
    for k in range(count):
        pen.box(k * wide * 1.8, 0, k * wide * 1.8 + wide, 1, "main" if k % 2 == 0 else "second")
    return pen


def disc(rng: Rng, text: str = "") -> Pen:
    """Draw a disc with a rim, and something darker in it."""
    pen = Pen()
    pen.disc(0.5, 0.5, 0.48, "second")
    pen.disc(0.5, 0.5, rng.uniform(0.38, 0.45))
    if rng.random() < 0.6:
        pen.disc(0.5, 0.5, rng.uniform(0.12, 0.28), "second")
    return pen


def ring(rng: Rng, text: str = "") -> Pen:
    """Draw a ring, which is easily read as O."""
    pen, wide = Pen(rng.uniform(0.75, 1.0)), rng.uniform(0.1, 0.2)
    half = pen.aspect / 2
    pen.disc(half, 0.5, half - 0.01, tall=0.49)
    pen.disc(half, 0.5, half - wide, "paper" if rng.random() < 0.5 else "second", tall=0.49 - wide)
    return pen


def diamond(rng: Rng, text: str = "") -> Pen:
    """Draw a diamond, full or framed."""
    pen = Pen(rng.uniform(0.6, 1.0))
    half = pen.aspect / 2
    for reach, tone in ((1.0, "main"), (rng.uniform(0.4, 0.75), "second")):
        corners = [(half, 0.5 - reach / 2), (half + reach * half, 0.5)]
        corners += [(half, 0.5 + reach / 2), (half - reach * half, 0.5)]
        if tone == "main" or rng.random() < 0.6:
            pen.polygon(corners, tone)
    return pen


def square(rng: Rng, text: str = "") -> Pen:
    """Draw a square or a rectangle, often framed."""
    pen = Pen(rng.uniform(0.5, 1.3))
    pen.box(0, 0, pen.aspect, 1)
    if rng.random() < 0.7:
        edge = rng.uniform(0.08, 0.2)
        pen.box(edge, edge, pen.aspect - edge, 1 - edge, "second")
    return pen


def triangle(rng: Rng, text: str = "") -> Pen:
    """Draw a triangle."""
    pen = Pen(rng.uniform(0.8, 1.1))
    tips = [(pen.aspect / 2, 0.0), (pen.aspect, 1.0), (0.0, 1.0)]
    pen.polygon([(x, 1 - y) for x, y in tips] if rng.random() < 0.3 else tips)
    return pen


def star(rays: int, inner: float) -> Callable[[Rng, str], Pen]:
    """Return what draws a star of so many rays."""

    def draw(rng: Rng, text: str = "") -> Pen:
        pen = Pen()
        pen.star(0.5, 0.5, 0.49, rays=rays, inner=inner)
        if rng.random() < 0.35:
            pen.star(0.5, 0.5, 0.3, "second", rays=rays, inner=inner)
        return pen

    return draw


def star_ring(rng: Rng, text: str = "") -> Pen:
    """Draw a star in a ring, as sheriffs wear it."""
    pen = Pen()
    pen.disc(0.5, 0.5, 0.49)
    pen.disc(0.5, 0.5, 0.42, "second")
    pen.star(0.5, 0.5, 0.42, "main")
    return pen


def stars(rng: Rng, text: str = "") -> Pen:
    """Draw a ring of stars, a row or a constellation."""
    kind = int(rng.integers(3))
    pen = Pen(1.0 if kind != 1 else 0.36)
    if kind == 0:
        count = int(rng.choice([6, 8, 12]))
        for a in np.arange(count) * 2 * np.pi / count:
            pen.star(0.5 + 0.4 * np.cos(a), 0.5 + 0.4 * np.sin(a), 0.1)
    elif kind == 1:
        for k in range(3):
            pen.star(0.18, 0.17 + 0.33 * k, 0.17)
    else:  # the Southern Cross
        for x, y, size in (
            (0.5, 0.12, 0.12), (0.5, 0.87, 0.13), (0.17, 0.42, 0.12), (0.83, 0.36, 0.12),
            (0.64, 0.58, 0.07),
        ):  # fmt: skip
            pen.star(x, y, size, rays=7)
    return pen


def cross(rng: Rng, text: str = "") -> Pen:
    """Draw a cross with straight arms, alone or on a field, as Switzerland's."""
    pen, wide, field = Pen(), rng.uniform(0.09, 0.14), rng.random() < 0.5
    if field:
        pen.box(0, 0, 1, 1)
    reach, tone = (0.33, "second") if field else (0.49, "main")
    pen.box(0.5 - wide, 0.5 - reach, 0.5 + wide, 0.5 + reach, tone)
    pen.box(0.5 - reach, 0.5 - wide, 0.5 + reach, 0.5 + wide, tone)
    return pen


def cross_maltese(rng: Rng, text: str = "") -> Pen:
    """Draw a cross whose arms widen."""
    pen, wide = Pen(), rng.uniform(0.16, 0.3)
    for x, y in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        ends = [(0.5 + 0.49 * x + s * wide * y, 0.5 + 0.49 * y + s * wide * x) for s in (1, -1)]
        pen.polygon([(0.5, 0.5), *ends])
    return pen


def cross_double(rng: Rng, text: str = "") -> Pen:
    """Draw a cross with two bars, as in Slovakia's and Hungary's arms."""
    pen = Pen(0.6)
    pen.box(0.24, 0, 0.36, 1)
    pen.box(0.1, 0.16, 0.5, 0.27)
    pen.box(0, 0.4, 0.6, 0.51)
    return pen


def crescent(rng: Rng, text: str = "") -> Pen:
    """Draw a crescent, with a star or without."""
    pen, field = Pen(), rng.random() < 0.3
    if field:
        pen.disc(0.5, 0.5, 0.49, "second")
    size = 0.36 if field else 0.48
    pen.disc(0.48, 0.5, size)
    pen.disc(0.48 + 0.26 * size, 0.5, 0.8 * size, "second" if field else "")
    if rng.random() < 0.75:
        pen.star(0.5 + 0.55 * size, 0.5, 0.35 * size)
    return pen


def checkers(rng: Rng, text: str = "") -> Pen:
    """Draw a chequered box."""
    rows, cols = int(rng.integers(2, 7)), int(rng.integers(2, 7))
    pen = Pen(cols / rows)
    for r in range(rows):
        for c in range(cols):
            tone = "main" if (r + c) % 2 else "second"
            pen.box(c / rows, r / rows, (c + 1) / rows, (r + 1) / rows, tone)
    return pen


def heart(rng: Rng, text: str = "") -> Pen:
    """Draw a heart."""
    pen = Pen()
    t = np.linspace(0, 2 * np.pi, 60)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    pen.polygon(np.stack([0.5 + x / 34, 0.47 - y / 34], 1))
    return pen


def arrow(rng: Rng, text: str = "") -> Pen:
    """Draw an arrow or a chevron."""
    pen = Pen(0.9)
    if rng.random() < 0.5:
        pen.polygon(
            [(0, 0.35), (0.5, 0.35), (0.5, 0.1), (0.9, 0.5), (0.5, 0.9), (0.5, 0.65), (0, 0.65)]
        )
    else:
        pen.polygon([(0, 0), (0.4, 0), (0.9, 0.5), (0.4, 1), (0, 1), (0.5, 0.5)])
    return pen


MARKS: dict[str, Draw] = {
    "dot": dot, "dots": dots, "hyphen": hyphen, "bars": bars, "disc": disc, "ring": ring,
    "diamond": diamond, "square": square, "triangle": triangle, "star-five": star(5, 0.4),
    "star-six": star(6, 0.58), "star-eight": star(8, 0.55), "star-compass": star(4, 0.25),
    "star-ring": star_ring, "stars": stars, "cross-plain": cross, "cross-maltese": cross_maltese,
    "cross-double": cross_double, "crescent": crescent, "checkers": checkers, "heart": heart,
    "arrow": arrow,
}  # fmt: skip
