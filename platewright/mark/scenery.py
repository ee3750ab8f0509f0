"""Pictures that lie behind the characters, two and a half times as wide as high."""

import numpy as np

from platewright.mark import flag, silhouette
from platewright.mark.pen import Draw, Pen

Rng = np.random.Generator
WIDE = 2.4
SKIES = (
    ("#f6d28a", "#f4b26a", "#ee8f5c", "#e0706a", "#b8608a"),
    ("#eaf4fb", "#cfe6f6", "#aed4ef", "#8cc0e6", "#6aa8da"),
    ("#fbf3d0", "#fae6a0", "#f7d470", "#f2be48", "#e8a030"),
    ("#f5eef6", "#e4cfe8", "#c8a8d4", "#a884bc", "#8464a0"),
    ("#eef7ea", "#d4ecd0", "#b2dcb0", "#8cc690", "#64a874"),
    ("#fdfdfd", "#f0f0f4", "#e2e4ea", "#d0d4de", "#bcc2ce"),
)


def _sky(rng: Rng, pen: Pen, *, below: float = 1.0) -> tuple[str, ...]:
    """Draw a sky whose colours change from top to bottom; returns them."""
    colours = SKIES[int(rng.integers(len(SKIES)))]
    if rng.random() < 0.5:
        colours = colours[::-1]
    for k in range(5):
        pen.box(0, below * k / 5, WIDE, below * (k + 1) / 5, colours[k])
    return colours


def _hills(rng: Rng, pen: Pen, y: float, rough: float, tone: str, count: int = 9) -> None:
    x = np.linspace(0, WIDE, count)
    tops = y + rng.uniform(-rough, rough, count)
    pen.polygon([(0, 1), *zip(x, tops, strict=True), (WIDE, 1)], tone)


def mountains(rng: Rng, text: str = "") -> Pen:
    """Draw ranges of mountains, one before the other."""
    pen = Pen(WIDE)
    if rng.random() < 0.6:
        _sky(rng, pen)
    shades = (
        ("#b7c7dc", "#8ea7c4", "#6a86a8"),
        ("#d8c4e0", "#b195c0", "#8a6c9c"),
        ("#c6dcc6", "#95b997", "#6c9470"),
    )
    for k, tone in enumerate(shades[int(rng.integers(3))]):
        _hills(rng, pen, 0.45 + 0.17 * k, 0.2 - 0.05 * k, tone, 9 + 3 * k)
    return pen


def sunset(rng: Rng, text: str = "") -> Pen:
    """Draw a low sun over land or water."""
    pen = Pen(WIDE)
    _sky(rng, pen)
    pen.disc(rng.uniform(0.4, 2.0), 0.7, rng.uniform(0.15, 0.3), "#f6e07a")
    _hills(rng, pen, 0.78, 0.05, "#a06a58")
    for _ in range(int(rng.integers(0, 4))):
        name = ("cactus", "palm", "fir", "tree")[int(rng.integers(4))]
        inner = silhouette.SILHOUETTES[name](rng, "")
        inner.retone({"main": "#6a4a48", "second": "#6a4a48"})
        x, size = rng.uniform(0, 2.1), rng.uniform(0.25, 0.6)
        pen.put(inner, (x, 0.85 - size, x + size * inner.aspect, 0.85))
    return pen


def palms(rng: Rng, text: str = "") -> Pen:
    """Draw palms at both ends."""
    pen = Pen(WIDE)
    if rng.random() < 0.5:
        _sky(rng, pen)
    pen.box(0, 0.84, WIDE, 1, "#8cbcd8")
    for x in (rng.uniform(0, 0.3), rng.uniform(1.6, 1.9)):
        inner = silhouette.palm(rng)
        inner.retone({"main": "#4d8a5c"})
        size = rng.uniform(0.6, 0.9)
        pen.put(inner, (x, 0.95 - size, x + size * 0.9, 0.95))
    return pen


def gradient(rng: Rng, text: str = "") -> Pen:
    """Draw a change of colour from top to bottom, or at an edge alone."""
    pen = Pen(WIDE)
    _sky(rng, pen, below=float(rng.choice([0.35, 0.6, 1.0])))
    pen.box(0, 0.99, WIDE, 1.0, "#f4f4f4")
    return pen


def stripes(rng: Rng, text: str = "") -> Pen:
    """Draw broad stripes, level, upright or slanting."""
    pen, kind, count = Pen(WIDE), int(rng.integers(3)), int(rng.integers(2, 8))
    colours = SKIES[int(rng.integers(len(SKIES)))]
    for k in range(count):
        a, b, tone = k / count, (k + 0.5) / count, colours[k % 5]
        if kind == 0:
            pen.box(0, a, WIDE, b, tone)
        elif kind == 1:
            pen.box(WIDE * a, 0, WIDE * b, 1, tone)
        else:
            pen.polygon(
                [(WIDE * a, 0), (WIDE * b, 0), (WIDE * b - 0.5, 1), (WIDE * a - 0.5, 1)], tone
            )
    return pen


def waves(rng: Rng, text: str = "") -> Pen:
    """Draw lines that wave across, as security prints have them."""
    pen, rows = Pen(WIDE), int(rng.integers(4, 14))
    x, tone = np.linspace(0, WIDE, 50), SKIES[int(rng.integers(len(SKIES)))][3]
    height, length = rng.uniform(0.02, 0.12), rng.uniform(3, 14)
    for k in range(rows):
        y = (k + 0.5) / rows + height * np.sin(length * x + rng.uniform(-0.3, 0.3))
        pen.line(list(zip(x, y, strict=True)), 0.3 / rows, tone)
    return pen


def skyline(rng: Rng, text: str = "") -> Pen:
    """Draw a town's houses."""
    pen, x = Pen(WIDE), 0.0
    if rng.random() < 0.5:
        _sky(rng, pen)
    while x < WIDE:
        wide = rng.uniform(0.06, 0.2)
        pen.box(
            x,
            rng.uniform(0.3, 0.8),
            x + wide,
            1,
            ("#93a3b8", "#7f8fa6", "#a9b4c4")[int(rng.integers(3))],
        )
        x += wide
    return pen


def rays(rng: Rng, text: str = "") -> Pen:
    """Draw rays from a point, as in Arizona's flag."""
    pen, x, y, count = (
        Pen(WIDE),
        rng.uniform(0.4, 2.0),
        rng.uniform(0.3, 1.1),
        int(rng.integers(8, 17)),
    )
    colours = SKIES[int(rng.integers(len(SKIES)))]
    for k in range(count):
        a, b = (np.radians(360 * (k + s) / count) for s in (0, 0.5))
        pen.polygon(
            [
                (x, y),
                (x + 3 * np.cos(a), y + 3 * np.sin(a)),
                (x + 3 * np.cos(b), y + 3 * np.sin(b)),
            ],
            colours[1 + k % 3],
        )
    if rng.random() < 0.5:
        pen.disc(x, y, 0.2, colours[4])
    return pen


def forest(rng: Rng, text: str = "") -> Pen:
    """Draw a row of trees on hills."""
    pen = Pen(WIDE)
    if rng.random() < 0.6:
        _sky(rng, pen)
    _hills(rng, pen, 0.75, 0.06, "#a6c8a0")
    for x in np.arange(0, WIDE, rng.uniform(0.14, 0.3)):
        inner = silhouette.SILHOUETTES["fir" if rng.random() < 0.7 else "tree"](rng, "")
        inner.retone({"main": "#5f9468", "second": "#7a6a50"})
        size = rng.uniform(0.25, 0.5)
        pen.put(inner, (x, 0.9 - size, x + size * 0.6, 0.9))
    return pen


def fields(rng: Rng, text: str = "") -> Pen:
    """Draw fields in rows below hills."""
    pen = Pen(WIDE)
    _sky(rng, pen)
    for k, tone in enumerate(("#c6d8a0", "#a8c47c", "#dcc878", "#8fb068")):
        _hills(rng, pen, 0.55 + 0.12 * k, 0.05, tone, 5)
    return pen


def banner(rng: Rng, text: str = "") -> Pen:
    """Draw a flag over the whole sheet or fading at one end."""
    pen, inner = Pen(WIDE), flag.any_flag(rng)
    pen.put(inner, (0, 0, WIDE if rng.random() < 0.5 else rng.uniform(0.6, 1.4), 1))
    return pen


def figure_behind(rng: Rng, text: str = "") -> Pen:
    """Draw one large silhouette or outline in the middle or at an end."""
    pen = Pen(WIDE)
    table = silhouette.MARKS
    names = sorted(table)
    inner = table[names[int(rng.integers(len(names)))]](rng, "")
    colours = SKIES[int(rng.integers(len(SKIES)))]
    inner.retone({"main": colours[3], "second": colours[1]})
    half = min(inner.aspect, 1.6) * 0.46
    x = float(rng.choice([half, WIDE / 2, WIDE - half]))
    pen.box(0, 0, 0.01, 0.01, colours[3])
    pen.put(inner, (x - half, 0.04, x + half, 0.96))
    pen.box(WIDE - 0.01, 0.99, WIDE, 1, colours[3])
    return pen


def repeated(rng: Rng, text: str = "") -> Pen:
    """Draw a small figure over and over, as a watermark."""
    pen = Pen(WIDE)
    names = sorted(silhouette.SILHOUETTES)
    name, tone = names[int(rng.integers(len(names)))], SKIES[int(rng.integers(len(SKIES)))][2]
    size = rng.uniform(0.14, 0.3)
    inner = silhouette.SILHOUETTES[name](rng, "")
    inner.retone({"main": tone, "second": ""})
    for k, y in enumerate(np.arange(0, 1, size * 1.3)):
        for x in np.arange((k % 2) * size * 0.8, WIDE, size * 1.6):
            pen.put(inner, (x, y, x + size * inner.aspect, y + size))
    return pen


MARKS: dict[str, Draw] = {
    "scene-mountains": mountains, "scene-sunset": sunset, "scene-palms": palms,
    "scene-gradient": gradient, "scene-stripes": stripes, "scene-waves": waves,
    "scene-skyline": skyline, "scene-rays": rays, "scene-forest": forest, "scene-fields": fields,
    "scene-banner": banner, "scene-figure": figure_behind, "scene-watermark": repeated,
}  # fmt: skip
