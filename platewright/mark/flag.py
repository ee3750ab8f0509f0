"""Flags, plain and with a country's letters above or below them."""

from functools import partial

import numpy as np

from platewright.mark import figure, silhouette
from platewright.mark.pen import Draw, Pen

Rng = np.random.Generator
RED, BLUE, GREEN, WHITE, BLACK, GOLD = (
    "#c8202c", "#1b3f93", "#118547", "#f4f4f2", "#17171a", "#f2c21f",
)  # fmt: skip
ORANGE, SKY = "#ee8a24", "#6fb2e4"

BANDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "de": ("=", (BLACK, RED, GOLD)),
    "fr": ("|", (BLUE, WHITE, RED)),
    "it": ("|", (GREEN, WHITE, RED)),
    "ru": ("=", (WHITE, BLUE, RED)),
    "nl": ("=", (RED, WHITE, BLUE)),
    "be": ("|", (BLACK, GOLD, RED)),
    "at": ("=", (RED, WHITE, RED)),
    "hu": ("=", (RED, WHITE, GREEN)),
    "ro": ("|", (BLUE, GOLD, RED)),
    "bg": ("=", (WHITE, GREEN, RED)),
    "ua": ("=", (BLUE, GOLD)),
    "pl": ("=", (WHITE, RED)),
    "ie": ("|", (GREEN, WHITE, ORANGE)),
    "am": ("=", (RED, BLUE, ORANGE)),
    "ee": ("=", (BLUE, BLACK, WHITE)),
    "lt": ("=", (GOLD, GREEN, RED)),
    "lv": ("=", (RED, WHITE, RED)),
    "es": ("=", (RED, GOLD, GOLD, RED)),
    "ng": ("|", (GREEN, WHITE, GREEN)),
    "id": ("=", (RED, WHITE)),
    "ye": ("=", (RED, WHITE, BLACK)),
    "co": ("=", (GOLD, GOLD, BLUE, RED)),
    "gr": ("=", (BLUE, WHITE, BLUE, WHITE, BLUE)),
    "ar": ("=", (SKY, WHITE, SKY)),
    "th": ("=", (RED, WHITE, BLUE, BLUE, WHITE, RED)),
}
EMBLEMS: dict[str, tuple[str, tuple[str, ...], str, str]] = {
    "in": ("=", (ORANGE, WHITE, GREEN), "wheel", BLUE),
    "mx": ("|", (GREEN, WHITE, RED), "eagle", "#7a5a2a"),
    "rs": ("=", (RED, BLUE, WHITE), "eagle", WHITE),
    "sk": ("=", (WHITE, BLUE, RED), "cross-double", WHITE),
    "si": ("=", (WHITE, BLUE, RED), "mountain", WHITE),
    "hr": ("=", (RED, WHITE, BLUE), "checkers", RED),
    "md": ("|", (BLUE, GOLD, RED), "eagle", "#7a4a1a"),
    "eg": ("=", (RED, WHITE, BLACK), "eagle", GOLD),
    "tr": ("=", (RED,), "crescent", WHITE),
    "pk": ("=", (GREEN,), "crescent", WHITE),
    "cn": ("=", (RED,), "star-five", GOLD),
    "vn": ("=", (RED,), "star-five", GOLD),
    "ca": ("|", (RED, WHITE, WHITE, RED), "maple", RED),
    "kz": ("=", (SKY,), "sun", GOLD),
    "br": ("=", (GREEN,), "diamond", GOLD),
    "jp": ("=", (WHITE,), "dot", RED),
    "eu": ("=", (BLUE,), "stars", GOLD),
    "il": ("=", (WHITE,), "star-six", BLUE),
    "gh": ("=", (RED, GOLD, GREEN), "star-five", BLACK),
    "al": ("=", (RED,), "eagle", BLACK),
    "ma": ("=", (RED,), "star-five", GREEN),
    "tn": ("=", (RED,), "crescent", WHITE),
}
NORDIC = {
    "dk": (RED, WHITE, ""),
    "se": (BLUE, GOLD, ""),
    "fi": (WHITE, BLUE, ""),
    "no": (RED, WHITE, BLUE),
    "is": (BLUE, WHITE, RED),
}
CODES = (
    "D", "F", "GB", "UK", "SK", "CZ", "RUS", "UA", "IND", "BR", "SLO", "HR", "NL", "E", "I", "PL",
    "KZ", "AM", "UZ", "RA", "RO",
)  # fmt: skip


def banded(rng: Rng, text: str = "", *, way: str, colours: tuple[str, ...]) -> Pen:
    """Draw bands across or upright."""
    pen, count = Pen(1.5), len(colours)
    for k, colour in enumerate(colours):
        if way == "=":
            pen.box(0, k / count, 1.5, (k + 1) / count, colour)
        else:
            pen.box(1.5 * k / count, 0, 1.5 * (k + 1) / count, 1, colour)
    return pen


def emblazoned(
    rng: Rng, text: str = "", *, way: str, colours: tuple[str, ...], charge: str, tone: str
) -> Pen:
    """Draw bands with an emblem in the middle, or on the left third."""
    pen = banded(rng, way=way, colours=colours)
    table = {**figure.MARKS, **silhouette.SILHOUETTES}
    inner = table[charge](rng, "")
    inner.retone(
        {"main": tone, "second": WHITE if tone != WHITE else RED, "third": tone, "paper": WHITE}
    )
    middle, size = (
        0.75 if way == "|" or len(colours) == 1 else 0.5,
        0.5 if len(colours) == 3 else 0.64,
    )
    if len(colours) == 3 and way == "=" and charge == "wheel":
        middle, size = 0.75, 0.3
    half = size * min(inner.aspect, 1.4) / 2
    pen.put(inner, (middle - half, 0.5 - size / 2, middle + half, 0.5 + size / 2))
    return pen


def nordic(rng: Rng, text: str = "", *, field: str, cross: str, inner: str) -> Pen:
    """Draw a cross that stands left of the middle."""
    pen = Pen(1.45)
    pen.box(0, 0, 1.45, 1, field)
    for half, tone in ((0.11, cross), (0.055, inner)):
        if tone:
            pen.box(0.5 - half, 0, 0.5 + half, 1, tone)
            pen.box(0, 0.5 - half, 1.45, 0.5 + half, tone)
    return pen


def union(rng: Rng, text: str = "") -> Pen:
    """Draw the Union flag."""
    pen, wide = Pen(1.7), 1.7
    pen.box(0, 0, wide, 1, BLUE)
    for width, tone in ((0.2, WHITE), (0.07, RED)):
        pen.line([(0, 0), (wide, 1)], width, tone)
        pen.line([(0, 1), (wide, 0)], width, tone)
    for half, tone in ((0.17, WHITE), (0.1, RED)):
        pen.box(wide / 2 - half, 0, wide / 2 + half, 1, tone)
        pen.box(0, 0.5 - half, wide, 0.5 + half, tone)
    return pen


def striped(rng: Rng, text: str = "") -> Pen:
    """Draw stripes with a canton of stars."""
    pen, rows = Pen(1.7), int(rng.choice([9, 11, 13]))
    for k in range(rows):
        pen.box(0, k / rows, 1.7, (k + 1) / rows, WHITE if k % 2 else RED)
    pen.box(0, 0, 0.75, 0.54, BLUE)
    for r in range(3):
        for c in range(4):
            pen.star(0.12 + 0.17 * c, 0.1 + 0.17 * r, 0.07, WHITE)
    return pen


def wedged(
    rng: Rng, text: str = "", *, upper: str = WHITE, lower: str = RED, wedge: str = BLUE
) -> Pen:
    """Draw two bands and a triangle, as Czechia or Cuba."""
    pen = Pen(1.5)
    if rng.random() < 0.25:
        for k in range(5):
            pen.box(0, k / 5, 1.5, (k + 1) / 5, WHITE if k % 2 else BLUE)
        pen.polygon([(0, 0), (0.8, 0.5), (0, 1)], RED)
        pen.star(0.28, 0.5, 0.16, WHITE)
        return pen
    pen.box(0, 0, 1.5, 0.5, upper)
    pen.box(0, 0.5, 1.5, 1, lower)
    pen.polygon([(0, 0), (0.75, 0.5), (0, 1)], wedge)
    return pen


def lone_star(rng: Rng, text: str = "") -> Pen:
    """Draw a band with a star and two bands, as in Texas or Chile."""
    pen = Pen(1.5)
    pen.box(0, 0, 1.5, 0.5, WHITE)
    pen.box(0, 0.5, 1.5, 1, RED)
    pen.box(0, 0, 0.5, 1 if rng.random() < 0.6 else 0.5, BLUE)
    pen.star(0.25, 0.5 if rng.random() < 0.5 else 0.28, 0.17, WHITE)
    return pen


def ensign(rng: Rng, text: str = "") -> Pen:
    """Draw a field with the Union flag in its corner and stars."""
    pen = Pen(1.8)
    pen.box(0, 0, 1.8, 1, BLUE if rng.random() < 0.8 else RED)
    pen.put(union(rng), (0, 0, 0.9, 0.5))
    for x, y in ((0.45, 0.76), (1.35, 0.16), (1.35, 0.84), (1.08, 0.44), (1.6, 0.38)):
        pen.star(x, y, 0.1, WHITE, rays=7)
    return pen


def saltire(rng: Rng, text: str = "") -> Pen:
    """Draw a slanting or upright cross on a field."""
    pen = Pen(1.6)
    if rng.random() < 0.5:
        pen.box(0, 0, 1.6, 1, "#1c5fb0")
        pen.line([(0, 0), (1.6, 1)], 0.18, WHITE)
        pen.line([(0, 1), (1.6, 0)], 0.18, WHITE)
    else:
        pen.box(0, 0, 1.6, 1, WHITE)
        pen.box(0.7, 0, 0.9, 1, RED)
        pen.box(0, 0.4, 1.6, 0.6, RED)
    return pen


def any_flag(rng: Rng) -> Pen:
    """Draw one of the flags, or bands of made-up colours."""
    if rng.random() < 0.3:
        shades = (RED, BLUE, GREEN, WHITE, BLACK, GOLD, ORANGE, SKY)
        chosen = tuple(
            shades[int(k)] for k in rng.integers(0, len(shades), int(rng.integers(2, 4)))
        )
        return banded(rng, way="=|"[int(rng.integers(2))], colours=chosen)
    names = [name for name in MARKS if name not in ("flag-code", "flag-round")]
    return MARKS[names[int(rng.integers(len(names)))]](rng, "")


def with_code(rng: Rng, text: str = "") -> Pen:
    """Draw a flag over or under a country's letters, in a field or without one."""
    code = text or CODES[int(rng.integers(len(CODES)))]
    pen, field = Pen(rng.uniform(0.55, 0.9)), rng.random() < 0.4
    w = pen.aspect
    if field:
        pen.box(0, 0, w, 1, BLUE)
    above = rng.random() < 0.7
    face = int(rng.integers(1000))
    height = min(w * 0.9 / 1.5, 0.46)
    y = 0.08 if above else 0.92 - height
    pen.put(any_flag(rng), (0.05 * w, y, 0.95 * w, y + height))
    box = (0.06 * w, 0.6, 0.94 * w, 0.98) if above else (0.06 * w, 0.02, 0.94 * w, 0.4)
    pen.text(code, box, WHITE if field else "main", face=face)
    return pen


def round_flag(rng: Rng, text: str = "") -> Pen:
    """Draw a flag cut to a disc."""
    pen = Pen()
    pen.put(any_flag(rng), (-0.0, 0, 1, 1))
    a = np.linspace(0, 2 * np.pi, 40)
    pen.keep_inside(np.stack([0.5 + 0.49 * np.cos(a), 0.5 + 0.49 * np.sin(a)], 1))
    return pen


MARKS: dict[str, Draw] = {
    **{f"flag-{k}": partial(banded, way=way, colours=c) for k, (way, c) in BANDS.items()},
    **{
        f"flag-{k}": partial(emblazoned, way=way, colours=c, charge=charge, tone=tone)
        for k, (way, c, charge, tone) in EMBLEMS.items()
    },
    **{
        f"flag-{k}": partial(nordic, field=field, cross=cross, inner=inner)
        for k, (field, cross, inner) in NORDIC.items()
    },
    "flag-gb": union, "flag-us": striped, "flag-my": striped,
    "flag-cz": wedged, "flag-cu": wedged, "flag-ph": partial(wedged, upper=BLUE, wedge=WHITE),
    "flag-ps": partial(wedged, upper=BLACK, lower=GREEN, wedge=RED), "flag-texas": lone_star,
    "flag-au": ensign, "flag-saltire": saltire, "flag-round": round_flag, "flag-code": with_code,
}  # fmt: skip
