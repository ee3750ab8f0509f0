"""Shields with charges, coats of arms, and round official marks: seals, rosettes, holograms."""

from collections.abc import Callable
from functools import partial

import numpy as np

from platewright.geometry import Box
from platewright.mark import figure, silhouette
from platewright.mark.pen import Draw, Pen, points_of

Rng = np.random.Generator
SHAPES: dict[str, Draw] = {**silhouette.SILHOUETTES, **figure.MARKS}
"""What stands on shields and seals."""


def seal(rng: Rng, text: str = "") -> Pen:
    """Draw an authority's seal: rings, writing between them as ticks, arms in the middle."""
    pen = Pen()
    pen.disc(0.5, 0.5, 0.49, "main")
    pen.disc(0.5, 0.5, 0.44, "second")
    ticks = int(rng.integers(14, 34))
    for a in np.arange(ticks) * 2 * np.pi / ticks:
        if rng.random() < 0.85:
            spot = np.array([np.cos(a), np.sin(a)])
            pen.line([tuple(0.5 + 0.4 * spot), tuple(0.5 + 0.33 * spot)], 0.03, "main")
    pen.arc(0.5, 0.5, 0.29, 0.02)
    pen.put(shield(rng, charge=_any_charge(rng)), (0.32, 0.28, 0.68, 0.74))
    return pen


def toothed(rng: Rng, text: str = "") -> Pen:
    """Draw a seal with a toothed rim."""
    pen = Pen()
    pen.star(0.5, 0.5, 0.49, "main", rays=int(rng.integers(12, 28)), inner=0.88)
    pen.disc(0.5, 0.5, 0.34, "second")
    names = ("eagle", "star-five", "lion", "crown", "tree", "wheel", "sun", "checkers", "bear")
    pen.put(SHAPES[names[int(rng.integers(len(names)))]](rng, ""), (0.3, 0.3, 0.7, 0.7))
    return pen


def sticker(rng: Rng, text: str = "") -> Pen:
    """Draw an inspection's disc: coloured, with a number and ticks."""
    pen = Pen()
    colours = ("#e2772a", "#2b6cb0", "#dfc022", "#8a5a35", "#d57b92", "#3f8f4f")
    pen.disc(0.5, 0.5, 0.49, "#222226")
    pen.disc(0.5, 0.5, 0.46, colours[int(rng.integers(len(colours)))])
    for a in np.arange(12) * np.pi / 6:
        spot = np.array([np.cos(a), np.sin(a)])
        pen.line([tuple(0.5 + 0.43 * spot), tuple(0.5 + 0.34 * spot)], 0.035, "#222226")
    pen.disc(0.5, 0.5, 0.2, "#f0f0ea" if rng.random() < 0.4 else "#222226")
    pen.text(f"{rng.integers(10, 30)}", (0.36, 0.38, 0.64, 0.62), "#888890")
    return pen


def stack(rng: Rng, text: str = "") -> Pen:
    """Draw a disc above another, as between the groups of German plates."""
    pen = Pen(rng.uniform(0.42, 0.5))
    w, gap = pen.aspect, rng.uniform(0.0, 0.06)
    parts = [sticker(rng), seal(rng)]
    if rng.random() < 0.3:
        parts.reverse()
    pen.put(parts[0], (0, 0, w, 0.5 - gap))
    pen.put(parts[1], (0, 0.5 + gap, w, 1))
    return pen


def rosette(rng: Rng, text: str = "") -> Pen:
    """Draw a flower-like rosette."""
    pen, petals = Pen(), int(rng.integers(6, 14))
    for a in np.arange(petals) * 2 * np.pi / petals:
        pen.disc(0.5 + 0.36 * np.cos(a), 0.5 + 0.36 * np.sin(a), 0.13)
    pen.disc(0.5, 0.5, 0.36)
    pen.disc(0.5, 0.5, 0.26, "second")
    pen.star(0.5, 0.5, 0.24, rays=int(rng.integers(5, 9)), inner=0.5)
    return pen


def hologram(rng: Rng, text: str = "") -> Pen:
    """Draw a pale hologram: rings or a lozenge of greys."""
    pen = Pen(rng.uniform(0.6, 1.0))
    greys, w = ("#c9ccd4", "#b4bac6", "#dfe3ea", "#a7b1b9"), pen.aspect
    if rng.random() < 0.5:
        for k, radius in enumerate((0.48, 0.38, 0.26, 0.12)):
            pen.disc(w / 2, 0.5, radius * w, greys[(k + int(rng.integers(4))) % 4], tall=radius)
    else:
        pen.box(0, 0, w, 1, greys[0])
        for k in range(5):
            pen.line([(0, k / 5), (w, k / 5 + 0.2)], 0.07, greys[1 + k % 3])
    return pen


def cogged(rng: Rng, text: str = "") -> Pen:
    """Draw stars or a wreath round a small emblem."""
    pen = Pen()
    count = int(rng.integers(8, 16))
    for a in np.arange(count) * 2 * np.pi / count:
        pen.star(0.5 + 0.42 * np.cos(a), 0.5 + 0.42 * np.sin(a), 0.08)
    names = ("eagle", "star-five", "crescent", "tower", "ship", "heart", "maple")
    pen.put(SHAPES[names[int(rng.integers(len(names)))]](rng, ""), (0.28, 0.28, 0.72, 0.72))
    return pen


TINCTURES = ("#b5121b", "#0f4c9a", "#127a3c", "#1b1b1d", "#d9a91b", "#6b2a86")
METALS = ("#f3f3ee", "#e8c23a", "#d4d8dc")


def outline(rng: Rng, x: float, y: float, wide: float, tall: float) -> list[tuple[float, float]]:
    """Return the outline of a shield in a box: pointed, round, square-ended or a lozenge."""
    kind = int(rng.integers(4))
    t = np.linspace(0, 1, 14)
    if kind == 0:  # pointed
        right = [(1 - 0.5 * v**1.8, 0.45 + 0.55 * v) for v in t]
    elif kind == 1:  # round
        a = t * np.pi / 2
        right = [(0.5 + 0.5 * np.cos(v), 0.5 + 0.5 * np.sin(v)) for v in a]
    elif kind == 2:  # square with a tip
        right = [(1.0, 0.82), (0.92, 0.91), (0.6, 0.94), (0.5, 1.0)]
    else:  # waisted
        right = [(0.94, 0.12), (1.0, 0.3), (0.98, 0.6), (0.8, 0.85), (0.5, 1.0)]
    top = (
        [(0.0, 0.0), (1.0, 0.0)]
        if kind != 3
        else [(0.0, 0.06), (0.25, 0.0), (0.5, 0.06), (0.75, 0.0), (1.0, 0.06)]
    )
    left = [(1 - px, py) for px, py in reversed(right)]
    return [(x + px * wide, y + py * tall) for px, py in [*top, *right, *left]]


def tinctures(rng: Rng) -> tuple[str, str]:
    """Return a colour and a metal, by chance the plate's own tones."""
    if rng.random() < 0.45:
        return ("main", "second") if rng.random() < 0.7 else ("second", "main")
    pair = TINCTURES[int(rng.integers(len(TINCTURES)))], METALS[int(rng.integers(len(METALS)))]
    return pair if rng.random() < 0.6 else pair[::-1]


def shield(rng: Rng, text: str = "", *, charge: str = "plain") -> Pen:
    """Draw a shield with a rim and a charge.

    Args:
        charge: of `CHARGES`.
    """
    aspect = rng.uniform(0.72, 0.95)
    pen, (field, tone) = Pen(aspect), tinctures(rng)
    edge = rng.uniform(0.03, 0.08)
    state = rng.bit_generator.state
    pen.polygon(outline(rng, 0, 0, aspect, 1), tone if rng.random() < 0.5 else "#1b1b1d")
    rng.bit_generator.state = state
    inner = outline(rng, edge, edge, aspect - 2 * edge, 1 - 2 * edge)
    arms = Pen(aspect)
    arms.polygon(inner, field)
    CHARGES[charge](rng, arms, tone, field)
    arms.keep_inside(inner)
    pen.put(arms, (0, 0, aspect, 1))
    return pen


def _cross(rng: Rng, pen: Pen, tone: str, field: str) -> None:
    w = pen.aspect
    pen.box(w * 0.4, 0, w * 0.6, 1, tone)
    pen.box(0, 0.38, w, 0.56, tone)


def _bend(rng: Rng, pen: Pen, tone: str, field: str) -> None:
    w = pen.aspect
    pen.polygon([(0, 0), (w * 0.3, 0), (w, 0.75), (w, 1), (w * 0.75, 1), (0, 0.25)], tone)


def _chevron(rng: Rng, pen: Pen, tone: str, field: str) -> None:
    w = pen.aspect
    pen.polygon([(0, 0.7), (w / 2, 0.3), (w, 0.7), (w, 0.95), (w / 2, 0.55), (0, 0.95)], tone)


def _pale(rng: Rng, pen: Pen, tone: str, field: str) -> None:
    w = pen.aspect
    for k in range(1, int(rng.choice([2, 4, 6])), 2):
        left, right = (2, 1.5) if k == 1 else (1, 1)
        pen.box(w * k / 6 * left, 0, w * (k + 1) / 6 * right, 1, tone)


def _fess(rng: Rng, pen: Pen, tone: str, field: str) -> None:
    count = int(rng.integers(1, 4))
    for k in range(count):
        y = (2 * k + 1) / (2 * count + 1)
        pen.box(0, y, pen.aspect, y + 1 / (2 * count + 1), tone)


def _quarters(rng: Rng, pen: Pen, tone: str, field: str) -> None:
    w = pen.aspect
    pen.box(0, 0, w / 2, 0.48, tone)
    pen.box(w / 2, 0.48, w, 1, tone)
    pen.star(w * 0.74, 0.25, 0.13, tone)


def _checkers(rng: Rng, pen: Pen, tone: str, field: str) -> None:
    w = pen.aspect
    for r in range(5):
        for c in range(r % 2, 5, 2):
            pen.box(w * c / 5, r / 5, w * (c + 1) / 5, (r + 1) / 5, tone)


def _chief(rng: Rng, pen: Pen, tone: str, field: str) -> None:
    w = pen.aspect
    pen.box(0, 0, w, 0.3, tone)
    for k in range(3):
        pen.star(w * (k + 0.75) / 3.5, 0.16, 0.08, field)
    _put(pen, rng, "tower", (tone, field), (w * 0.3, 0.38, w * 0.7, 0.86))


def _cross_hills(rng: Rng, pen: Pen, tone: str, field: str) -> None:
    """Draw a double cross over three hills."""
    w = pen.aspect
    for x in (0.2, 0.5, 0.8):
        pen.disc(w * x, 1.0 if x != 0.5 else 0.94, 0.26 * w + 0.02, "#1b4f9c")
    _put(pen, rng, "cross-double", (tone, field), (w * 0.22, 0.1, w * 0.78, 0.8))


def _mountains(rng: Rng, pen: Pen, tone: str, field: str) -> None:
    """Draw two mountains over water, below three stars."""
    w = pen.aspect
    for k, y in enumerate((0.36, 0.5)):
        left, top, right = w * (0.1 * k), w * (0.35 + 0.35 * k), w * (0.75 + 0.3 * k)
        pen.polygon([(left, 0.8), (top, y), (right, 0.8)], tone)
    water = np.linspace(0, w, 16)
    tops = 0.85 + 0.02 * np.sin(water * 25)
    pen.line(list(zip(water, tops, strict=True)), 0.05, tone)
    for k in range(3):
        x, y = w * (0.32 + 0.18 * k), 0.16 + 0.09 * (k == 1)
        pen.star(x, y, 0.06, "#e8c23a", rays=6, inner=0.58)


def _half(rng: Rng, pen: Pen, tone: str, field: str) -> None:
    w = pen.aspect
    pen.box(w / 2, 0, w, 1, tone)
    _put(pen, rng, "eagle", (tone, field), (0.05, 0.2, w / 2, 0.7))


def _no_charge(rng: Rng, pen: Pen, tone: str, field: str) -> None:
    """Leave the field as it is."""


def _figure(rng: Rng, pen: Pen, tone: str, field: str, *, name: str) -> None:
    w = pen.aspect
    _put(pen, rng, name, (tone, field), (w * 0.16, 0.14, w * 0.84, 0.78))


FIGURES = (
    "lion", "eagle", "tower", "castle", "tree", "star-five", "bear", "bull", "horse", "fish", "key",
    "ship", "anchor", "crescent", "cross-double", "wheel", "crown", "fir", "sun", "deer",
)  # fmt: skip
CHARGES: dict[str, Callable[[Rng, Pen, str, str], None]] = {
    "plain": _no_charge, "cross": _cross, "bend": _bend, "chevron": _chevron, "pale": _pale,
    "fess": _fess, "quarters": _quarters, "checkers": _checkers, "chief": _chief,
    "cross-hills": _cross_hills, "mountains": _mountains, "half": _half,
    **{name: partial(_figure, name=name) for name in FIGURES},
}  # fmt: skip
"""What draws a charge over a pen's whole field, in its own tone and that of the field."""


def _put(
    pen: Pen, rng: Rng, name: str, tones: tuple[str, str], box: Box, *, mirrored: bool = False
) -> None:
    """Put a silhouette or a figure into a box of a pen, in two tones."""
    inner = SHAPES[name](rng, "")
    if mirrored:
        inner.mirror()
    main, second = tones
    inner.retone({"main": main, "second": second, "third": second})
    pen.put(inner, box)


def _crowned(rng: Rng, inner: Pen, tone: str, metal: str) -> Pen:
    pen = Pen(0.75)
    pen.put(inner, (0.05, 0.3, 0.7, 1))
    _put(pen, rng, "crown", ("#d9a91b", tone), (0.14, 0, 0.61, 0.29))
    return pen


def _wreathed(rng: Rng, inner: Pen, tone: str, metal: str) -> Pen:
    pen = Pen(1.0)
    for side in (-1, 1):
        for k, a in enumerate(np.radians(np.linspace(70, -50, 8))):
            spot = (0.5 + side * 0.42 * np.cos(a), 0.5 + 0.42 * np.sin(a))
            pen.disc(*spot, 0.07, "#2c7a35" if k % 2 else "main", tall=0.09)
    pen.put(inner, (0.24, 0.16, 0.76, 0.8))
    return pen


def _on_eagle(rng: Rng, inner: Pen, tone: str, metal: str) -> Pen:
    pen = Pen(1.0)
    _put(pen, rng, "eagle", (tone, metal), (0, 0, 1, 1))
    pen.put(inner, (0.34, 0.34, 0.66, 0.76))
    return pen


def _supported(rng: Rng, inner: Pen, tone: str, metal: str) -> Pen:
    pen = Pen(1.35)
    beast = ("lion", "horse", "deer", "bear")[int(rng.integers(4))]
    _put(pen, rng, beast, (tone, metal), (0, 0.2, 0.45, 0.95))
    _put(pen, rng, beast, (tone, metal), (0.9, 0.2, 1.35, 0.95), mirrored=True)
    pen.put(inner, (0.4, 0.22, 0.95, 0.95))
    _put(pen, rng, "crown", ("#d9a91b", tone), (0.5, 0, 0.85, 0.2))
    return pen


def _mantled(rng: Rng, inner: Pen, tone: str, metal: str) -> Pen:
    pen = Pen(0.95)
    pen.blob(points_of("47.5,0 80,16 93,60 85,98 47.5,90 10,98 2,60 15,16"), tone)
    pen.put(inner, (0.25, 0.25, 0.7, 0.82))
    return pen


def _over_scroll(rng: Rng, inner: Pen, tone: str, metal: str) -> Pen:
    pen = Pen(0.9)
    pen.put(inner, (0.12, 0, 0.78, 0.8))
    pen.blob(points_of("0,72 20,86 45,90 70,86 90,72 86,92 45,100 4,92"), metal)
    return pen


CRESTS: dict[str, Callable[[Rng, Pen, str, str], Pen]] = {
    "crown": _crowned, "wreath": _wreathed, "eagle": _on_eagle, "supporters": _supported,
    "mantle": _mantled, "scroll": _over_scroll,
}  # fmt: skip
"""What makes a coat of arms of a shield and of what is above, beside or round it."""


def arms(rng: Rng, text: str = "", *, beside: str = "crown") -> Pen:
    """Draw a coat of arms: a shield and what is above, beside or round it.

    Args:
        beside: of `CRESTS`.
    """
    inner = shield(rng, charge=_any_charge(rng))
    return CRESTS[beside](rng, inner, *tinctures(rng))


def _any_charge(rng: Rng) -> str:
    return tuple(CHARGES)[int(rng.integers(len(CHARGES)))]


SEALS: dict[str, Draw] = {
    "seal-arms": seal, "seal-toothed": toothed, "seal-inspection": sticker, "seal-stack": stack,
    "seal-starry": cogged, "rosette": rosette, "hologram": hologram,
}  # fmt: skip
MARKS: dict[str, Draw] = {
    **{f"shield-{charge}": partial(shield, charge=charge) for charge in CHARGES},
    **{f"crest-{beside}": partial(arms, beside=beside) for beside in CRESTS},
    **SEALS,
}
