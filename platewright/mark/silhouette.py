"""Silhouettes of beasts, plants and things, and outlines of states and countries."""

from functools import cache, partial
from pathlib import Path

import numpy as np

from platewright.mark.pen import Draw, Pen, points_of

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


SHAPES = Path(__file__).parent / "shape"
"""One file a shape, `NAME.txt`. Its lines: `curved` or `straight`, a tone, and the outline's points
in hundredths of the height. What begins with `outline-` is a land's."""


@cache
def read_shape(name: str) -> tuple[tuple[bool, str, tuple[tuple[float, float], ...]], ...]:
    """Return (whether it is curved, tone, points) of each part of a shape."""
    lines = (SHAPES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    parts = (line.split(maxsplit=2) for line in lines if line.strip())
    return tuple((how == "curved", tone, tuple(points_of(text))) for how, tone, text in parts)


def outlined(rng: Rng, text: str = "", *, name: str) -> Pen:
    """Draw a shape of the files, leaning and mirrored as chance has it."""
    parts = read_shape(name)
    aspect = max(max(x for _, _, points in parts for x, _ in points), 0.3)
    mirrored = rng.random() < 0.3
    stretch, lean = rng.uniform(0.88, 1.14), rng.uniform(-0.05, 0.05)
    plain = rng.random() < 0.25  # one tone alone
    pen = Pen(aspect * stretch)
    for curved, tone, points in parts:
        moved = [
            ((aspect - x if mirrored else x) * stretch + lean * (0.5 - y), 0.02 + 0.96 * y)
            for x, y in points
        ]
        if not (plain and tone == "second") or rng.random() < 0.5:
            (pen.blob if curved else pen.polygon)(moved, tone)
    return pen


def fir(rng: Rng, text: str = "") -> Pen:
    """Draw a fir tree."""
    pen, tiers = Pen(0.7), int(rng.integers(3, 5))
    pen.box(0.31, 0.8, 0.39, 1, "second")
    for k in range(tiers):
        top, wide = k * 0.7 / tiers, 0.35 * (0.45 + 0.55 * (k + 1) / tiers)
        pen.polygon([(0.35, top), (0.35 + wide, top + 0.36), (0.35 - wide, top + 0.36)])
    return pen


def palm(rng: Rng, text: str = "") -> Pen:
    """Draw a palm, alone or with a crescent as in South Carolina."""
    pen, lean = Pen(0.95), rng.uniform(-0.12, 0.12)
    pen.polygon([(0.45, 0.3), (0.52, 0.3), (0.55 + lean, 1), (0.43 + lean, 1)])
    for a in np.radians([-165, -140, -100, -70, -40, -15, 10, 170]):
        tip = (0.48 + 0.44 * np.cos(a), 0.28 + 0.3 * np.sin(a) + 0.12 * abs(np.cos(a)))
        middle = (0.48 + 0.24 * np.cos(a), 0.2 + 0.22 * np.sin(a))
        pen.polygon([(0.48, 0.3), (middle[0], middle[1] - 0.05), tip, (middle[0], middle[1] + 0.1)])
    return pen


def maple(rng: Rng, text: str = "") -> Pen:
    """Draw a maple leaf."""
    half = points_of(
        "50,0 59,16 69,11 65,36 77,26 79,33 91,31 87,43 98,47 80,62 83,70 58,67 53,66 53,100"
    )
    pen = Pen(1.0)
    pen.polygon([*half, *((1 - x, y) for x, y in reversed(half))])
    return pen


def flower(rng: Rng, text: str = "") -> Pen:
    """Draw a flower with petals, on a stalk or without."""
    pen, petals = Pen(), int(rng.integers(4, 9))
    stalk = rng.random() < 0.4
    y, size = (0.32, 0.62) if stalk else (0.5, 1.0)
    if stalk:
        pen.line([(0.5, 0.4), (0.47, 1)], 0.05, "third")
        pen.blob([(0.48, 0.9), (0.62, 0.7), (0.74, 0.66), (0.64, 0.84)], "third")
    for a in np.arange(petals) * 2 * np.pi / petals + rng.uniform(0, 1):
        reach = 0.3 * size
        spot = (0.5 + reach * np.cos(a), y + reach * np.sin(a))
        pen.disc(*spot, size * (0.13 + 0.4 / petals * 0.3))
    pen.disc(0.5, y, 0.16 * size, "second")
    return pen


def tulip(rng: Rng, text: str = "") -> Pen:
    """Draw a tulip or a lily."""
    pen = Pen(0.7)
    pen.line([(0.35, 0.4), (0.35, 1)], 0.05, "second")
    pen.blob([(0.34, 0.98), (0.1, 0.7), (0.06, 0.5), (0.28, 0.72)], "second")
    pen.blob(points_of("10,10 24,20 35,2 46,20 60,10 56,40 35,52 14,40"))
    return pen


def orange(rng: Rng, text: str = "") -> Pen:
    """Draw oranges with leaves and a blossom, as in the middle of Florida's plates."""
    pen, count = Pen(1.0), int(rng.integers(1, 3))
    spots = [(0.36, 0.62), (0.66, 0.5)] if count == 2 else [(0.5, 0.58)]
    size = 0.3 if count == 2 else 0.4
    for a in np.radians(rng.uniform(-170, -10, 4)):
        x, y = 0.5 + 0.4 * np.cos(a), 0.4 + 0.36 * np.sin(a)
        pen.blob(
            [
                (0.5, 0.4),
                ((0.5 + x) / 2 + 0.1, (0.4 + y) / 2),
                (x, y),
                ((0.5 + x) / 2 - 0.1, (0.4 + y) / 2),
            ],
            "#2c7a35",
        )
    for x, y in spots:
        pen.disc(x, y, size, "#d9690f")
        pen.disc(x - 0.02, y - 0.02, size * 0.94, "#f08a1c")
    for a in np.arange(5) * 2 * np.pi / 5:
        pen.disc(0.5 + 0.1 * np.cos(a), 0.34 + 0.1 * np.sin(a), 0.075, "#fbfbf2")
    pen.disc(0.5, 0.34, 0.05, "#e8c020")
    return pen


def grape(rng: Rng, text: str = "") -> Pen:
    """Draw a bunch of grapes."""
    pen = Pen(0.8)
    for row, count in enumerate((4, 3, 3, 2, 1)):
        for k in range(count):
            pen.disc(0.4 + 0.18 * (k - (count - 1) / 2), 0.32 + 0.14 * row, 0.1, "main")
    pen.blob([(0.4, 0.26), (0.2, 0.2), (0.24, 0.02), (0.46, 0.06), (0.6, 0.16)], "second")
    return pen


def wheat(rng: Rng, text: str = "") -> Pen:
    """Draw an ear of wheat."""
    pen = Pen(0.5)
    pen.line([(0.25, 0.1), (0.25, 1)], 0.04)
    for k in range(6):
        y = 0.08 + 0.11 * k
        for side in (-1, 1):
            pen.blob(
                [
                    (0.25, y + 0.13),
                    (0.25 + side * 0.16, y + 0.08),
                    (0.25 + side * 0.2, y - 0.06),
                    (0.25 + side * 0.07, y),
                ]
            )
    return pen


def shamrock(rng: Rng, text: str = "") -> Pen:
    """Draw a leaf of clover."""
    pen = Pen(0.95)
    pen.line([(0.47, 0.5), (0.56, 1)], 0.06)
    for x, y in ((0.47, 0.24), (0.24, 0.56), (0.7, 0.56)):
        pen.disc(x, y, 0.23)
    return pen


def sun(rng: Rng, text: str = "") -> Pen:
    """Draw a sun, or New Mexico's with its four times four rays."""
    pen = Pen()
    if rng.random() < 0.3:
        for k in range(4):
            for offset in (-0.1, -0.034, 0.034, 0.1):
                x, y = (0.5 + offset, 0.0 if k < 2 else 0.64)
                if k % 2:
                    pen.box(y, x - 0.018, y + 0.36, x + 0.018)
                else:
                    pen.box(x - 0.018, y, x + 0.018, y + 0.36)
        pen.disc(0.5, 0.5, 0.17)
        return pen
    pen.star(0.5, 0.5, 0.49, rays=int(rng.integers(8, 17)), inner=rng.uniform(0.45, 0.7))
    pen.disc(0.5, 0.5, 0.24, "second")
    return pen


def wave(rng: Rng, text: str = "") -> Pen:
    """Draw waves."""
    pen, rows = Pen(1.4), int(rng.integers(1, 4))
    x = np.linspace(0, 1.4, 30)
    for k in range(rows):
        y = (k + 0.5) / rows + 0.14 / rows * np.sin(x * 9 + k)
        pen.line(list(zip(x, y, strict=True)), 0.3 / rows, "main" if k % 2 == 0 else "second")
    return pen


def anchor(rng: Rng, text: str = "") -> Pen:
    """Draw an anchor."""
    pen = Pen(0.8)
    pen.disc(0.4, 0.12, 0.12)
    pen.disc(0.4, 0.12, 0.05, "")
    pen.box(0.35, 0.22, 0.45, 0.95)
    pen.box(0.18, 0.28, 0.62, 0.37)
    pen.arc(0.4, 0.6, 0.33, 0.1, "main", (20, 160), tall=0.33)
    for x in (0.08, 0.72):
        pen.polygon([(x - 0.09, 0.78), (x, 0.56), (x + 0.09, 0.78)])
    return pen


def wheel(rng: Rng, text: str = "") -> Pen:
    """Draw a wheel with spokes, or a cog."""
    pen, spokes = Pen(), int(rng.integers(6, 13))
    if rng.random() < 0.4:
        pen.star(0.5, 0.5, 0.49, rays=spokes + 4, inner=0.8)
        pen.disc(0.5, 0.5, 0.3, "second")
        return pen
    pen.arc(0.5, 0.5, 0.43, 0.1)
    for a in np.arange(spokes) * 2 * np.pi / spokes:
        pen.line([(0.5, 0.5), (0.5 + 0.42 * np.cos(a), 0.5 + 0.42 * np.sin(a))], 0.045)
    pen.disc(0.5, 0.5, 0.1)
    return pen


def key(rng: Rng, text: str = "") -> Pen:
    """Draw a key."""
    pen = Pen(0.42)
    pen.disc(0.21, 0.2, 0.2)
    pen.disc(0.21, 0.2, 0.09, "")
    pen.box(0.16, 0.36, 0.26, 1)
    pen.box(0.24, 0.78, 0.42, 0.86)
    pen.box(0.24, 0.92, 0.38, 1)
    return pen


def ship(rng: Rng, text: str = "") -> Pen:
    """Draw a ship of two or three masts."""
    pen = Pen(1.2)
    pen.blob(points_of("4,70 60,78 116,66 100,96 20,96"))
    for k, x in enumerate((0.35, 0.6, 0.85)[: int(rng.integers(2, 4))]):
        pen.box(x - 0.015, 0.04, x + 0.015, 0.76)
        for y in (0.08, 0.38):
            pen.polygon(
                [(x - 0.1, y), (x + 0.1, y), (x + 0.13, y + 0.25), (x - 0.13, y + 0.25)],
                "second" if k % 2 else "main",
            )
    return pen


def wheelchair(rng: Rng, text: str = "") -> Pen:
    """Draw the wheelchair sign, on a field or without."""
    pen, field = Pen(0.9), rng.random() < 0.7
    tone = "main"
    if field:
        pen.box(0, 0, 0.9, 1, "#1f4fa0" if rng.random() < 0.6 else "main")
        tone = "#f4f4f4"
    pen.disc(0.36, 0.13, 0.075, tone)
    pen.line([(0.36, 0.22), (0.39, 0.54), (0.62, 0.54), (0.72, 0.84), (0.82, 0.8)], 0.075, tone)
    pen.line([(0.37, 0.35), (0.6, 0.35)], 0.06, tone)
    pen.arc(0.38, 0.65, 0.25, 0.07, tone, (20, 260))
    return pen


def person(rng: Rng, text: str = "") -> Pen:
    """Draw a person with raised or hanging arms."""
    pen, arms = Pen(0.7), rng.uniform(0.1, 0.6)
    pen.disc(0.35, 0.11, 0.1)
    pen.box(0.26, 0.24, 0.44, 0.6)
    for side in (-1, 1):
        pen.line([(0.35 + side * 0.08, 0.28), (0.35 + side * 0.3, arms)], 0.07)
        pen.line([(0.35 + side * 0.05, 0.58), (0.35 + side * 0.12, 0.98)], 0.08)
    return pen


DRAWN: dict[str, Draw] = {
    "fir": fir, "palm": palm, "maple": maple, "flower": flower, "tulip": tulip, "orange": orange,
    "grape": grape, "wheat": wheat, "shamrock": shamrock, "sun": sun, "wave": wave,
    "anchor": anchor, "wheel": wheel, "key": key, "ship": ship, "wheelchair": wheelchair,
    "person": person,
}  # fmt: skip
SILHOUETTES: dict[str, Draw] = {
    **{
        path.stem: partial(outlined, name=path.stem)
        for path in sorted(SHAPES.glob("*.txt"))
        if not path.stem.startswith("outline-")
    },
    **DRAWN,
}
OUTLINES: dict[str, Draw] = {
    **{path.stem: partial(land, name=path.stem) for path in sorted(SHAPES.glob("outline-*.txt"))},
    "outline-invented": invented,
}
MARKS = SILHOUETTES | OUTLINES
