"""Marks that bear letters or digits, all smaller than a plate's: stacks, stickers, ovals, names."""

import numpy as np

from platewright.mark import flag, silhouette
from platewright.mark.pen import Draw, Pen, rgb_of

Rng = np.random.Generator
STACKED = (
    "DV", "PC", "TRK", "TAXI", "EX", "XX", "ST", "VET", "DP", "CD", "APP", "COM", "DLR", "MC", "RV",
    "TX", "GOV", "US", "AF", "SF", "PD", "EV", "ZEV", "HOV", "TL", "FL", "UH", "UN",
)  # fmt: skip
SIDEWAYS = (
    "TRUCK", "DEALER", "TAXI", "EXEMPT", "VETERAN", "TRAILER", "HAM", "STATE", "UAE", "PRIVATE",
    "CITY", "HIRE",
)  # fmt: skip
COUNTRIES = (
    "D", "F", "GB", "NL", "SK", "CZ", "A", "CH", "H", "I", "RUS", "UA", "SRB", "BIH", "MNE", "UZB",
    "GE", "TR", "RA", "C",
)  # fmt: skip
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
SLOGANS = (
    "SUNSHINE STATE", "IN GOD WE TRUST", "Famous Potatoes", "Live Free or Die", "First in Flight",
    "Garden State", "VACATIONLAND", "Land of Enchantment", "The Peach State", "BEAUTIFUL",
    "Wild Rose Country", "Yours to Discover", "Je me souviens", "The Festival State",
    "SAVE OUR BAY",
    "www.visit.org", "MyState.com", "Drive Electric", "Grand Canyon State", "Great Faces",
    "10,000 lakes", "Sportsman's Paradise", "The Education State", "Smart State", "University",
)  # fmt: skip
BRIGHT = ("#d8242c", "#e9b81e", "#2368b8", "#2f8f46", "#e9772a", "#f2f2ee", "#222226", "#8a3f96")


def _pick(rng: Rng, entries: tuple[str, ...]) -> str:
    return entries[int(rng.integers(len(entries)))]


def stack(rng: Rng, text: str = "") -> Pen:
    """Draw two to four small letters above each other."""
    word = (text or _pick(rng, STACKED))[:6]
    pen, face = Pen(rng.uniform(0.7, 1.0) / len(word)), int(rng.integers(1000))
    for k, char in enumerate(word):
        top = k / len(word)
        pen.text(char, (0, top + 0.02, pen.aspect, top + 0.95 / len(word)), face=face)
    return pen


def sideways(rng: Rng, text: str = "") -> Pen:
    """Draw a small word that is read from below to above."""
    pen = Pen(rng.uniform(0.16, 0.3))
    pen.text(
        text or _pick(rng, SIDEWAYS),
        (0, 0, pen.aspect, 1),
        face=int(rng.integers(1000)),
        turned=True,
    )
    return pen


def pair(rng: Rng, text: str = "") -> Pen:
    """Draw small digits or letters over others."""
    pen, face = Pen(rng.uniform(0.5, 0.9)), int(rng.integers(1000))
    upper = text or (_pick(rng, STACKED) if rng.random() < 0.5 else f"{rng.integers(1, 100):02}")
    lower = _pick(rng, MONTHS) if rng.random() < 0.4 else f"{rng.integers(10, 32)}"
    pen.text(upper, (0, 0, pen.aspect, 0.46), face=face)
    pen.text(lower, (0, 0.54, pen.aspect, 1), face=face)
    return pen


def sticker(rng: Rng, text: str = "") -> Pen:
    """Draw a sticker with a year, a month or both."""
    pen = Pen(rng.uniform(0.8, 1.5))
    back = _pick(rng, BRIGHT)
    dark = sum(rgb_of(back)) < 330
    fore, w, face = "#f4f4f0" if dark else "#1a1a1e", pen.aspect, int(rng.integers(1000))
    pen.box(0, 0, w, 1, back)
    year = f"{rng.integers(8, 32):02}"
    kind = rng.random()
    if text or kind < 0.35:
        pen.text(text or year, (0.12 * w, 0.15, 0.88 * w, 0.85), fore, face=face)
    elif kind < 0.6:
        pen.text(_pick(rng, MONTHS), (0.1 * w, 0.2, 0.9 * w, 0.8), fore, face=face)
    else:
        pen.text(f"{_pick(rng, MONTHS)} {year}", (0.08 * w, 0.08, 0.92 * w, 0.45), fore, face=face)
        for y in (0.55, 0.72):
            pen.box(0.1 * w, y, 0.9 * w, y + 0.08, fore)
    return pen


def tab(rng: Rng, text: str = "") -> Pen:
    """Draw an upright sticker with lines of print, as taxes and inspections have them."""
    pen = Pen(rng.uniform(0.3, 0.6))
    w, back = (
        pen.aspect,
        _pick(rng, ("#8fc4e8", "#f2f2ee", "#e8d24a", "#9fd0a0", "#e79a9a", "#c8ccd4")),
    )
    pen.box(0, 0, w, 1, back)
    if rng.random() < 0.6:
        pen.box(0, 0, w, rng.uniform(0.15, 0.4), _pick(rng, BRIGHT))
    for k in range(int(rng.integers(1, 4))):
        y = 0.5 + 0.14 * k
        pen.box(0.15 * w, y, w * rng.uniform(0.5, 0.88), y + 0.05, "#3a3c44")
    return pen


def oval(rng: Rng, text: str = "") -> Pen:
    """Draw an oval with a country's code."""
    pen = Pen(rng.uniform(1.1, 1.6))
    half = pen.aspect / 2
    pen.disc(half, 0.5, half - 0.01, "main", tall=0.49)
    pen.disc(half, 0.5, half - 0.07, "second", tall=0.43)
    box = (half * 0.5, 0.24, half * 1.5, 0.76)
    pen.text(text or _pick(rng, COUNTRIES), box, face=int(rng.integers(1000)))
    return pen


def divider(rng: Rng, text: str = "") -> Pen:
    """Draw a bar, small digits and a flag over a country's letters, as in Russia."""
    pen, face = Pen(rng.uniform(0.75, 1.1)), int(rng.integers(1000))
    w = pen.aspect
    pen.box(0, 0, 0.04, 1)
    pen.text(text or f"{rng.integers(1, 200):02}", (0.12, 0.04, w, 0.6), face=face)
    pen.text(
        _pick(rng, ("RUS", "KZ", "UZ", "BY", "KG", "TM")),
        (0.12, 0.72, 0.12 + 0.45 * w, 0.95),
        face=face,
    )
    pen.put(flag.MARKS["flag-ru"](rng, ""), (w - 0.35, 0.72, w, 0.95))
    return pen


def words(rng: Rng, text: str = "") -> Pen:
    """Draw a name, a slogan or an address in small letters."""
    chosen, face = text or _pick(rng, SLOGANS), int(rng.integers(1000))
    pen = Pen(max(0.55 * len(chosen), 1.0))
    pen.text(chosen, (0, 0, pen.aspect, 1), face=face)
    return pen


def plaque(rng: Rng, text: str = "") -> Pen:
    """Draw a framed small word."""
    chosen = text or _pick(rng, SIDEWAYS)
    pen = Pen(0.5 * len(chosen) + 0.4)
    w, filled = pen.aspect, rng.random() < 0.5
    pen.box(0, 0, w, 1)
    if not filled:
        pen.box(0.1, 0.1, w - 0.1, 0.9, "second")
    pen.text(
        chosen,
        (0.2, 0.22, w - 0.2, 0.78),
        "second" if filled else "main",
        face=int(rng.integers(1000)),
    )
    return pen


def qr(rng: Rng, text: str = "") -> Pen:
    """Draw a square code."""
    pen, n = Pen(), int(rng.choice([13, 17, 21]))
    cell = 1 / n
    for r, c in zip(*np.nonzero(rng.random((n, n)) < 0.48), strict=True):
        pen.box(c * cell, r * cell, (c + 1) * cell, (r + 1) * cell, "#1b1b1e")
    for x, y in ((0, 0), (n - 5, 0), (0, n - 5)):
        for inset, tone in ((0, "#1b1b1e"), (1, "#f0f0ee"), (2, "#1b1b1e")):
            pen.box(
                (x + inset) * cell,
                (y + inset) * cell,
                (x + 5 - inset) * cell,
                (y + 5 - inset) * cell,
                tone,
            )
    return pen


def barcode(rng: Rng, text: str = "") -> Pen:
    """Draw a bar code, lying or upright."""
    pen, at, upright = Pen(rng.uniform(0.4, 2.0)), 0.0, rng.random() < 0.4
    pen.box(0, 0, pen.aspect, 1, "#f2f2f0")
    end = 1.0 if upright else pen.aspect
    while at < end:
        wide = rng.uniform(0.015, 0.05)
        x1, y1 = (pen.aspect, at + wide) if upright else (at + wide, 1.0)
        pen.box(0.0 if upright else at, at if upright else 0.0, x1, y1, "#1b1b1e")
        at += wide + rng.uniform(0.015, 0.05)
    return pen


def logo(rng: Rng, text: str = "") -> Pen:
    """Draw a club's or maker's logo: a large letter on a field, or a disc with a swoosh."""
    pen, kind = Pen(rng.uniform(0.8, 1.2)), int(rng.integers(3))
    w = pen.aspect
    letter = text or "ABCDEFGHIKLMNOPRSTUVWXY"[int(rng.integers(23))]
    face = int(rng.integers(1000))
    if kind == 0:
        pen.disc(w / 2, 0.5, w / 2, tall=0.49)
        pen.text(letter, (0.2 * w, 0.2, 0.8 * w, 0.8), "second", face=face)
    elif kind == 1:
        pen.box(0, 0, w, 1)
        pen.text(letter, (0.12 * w, 0.12, 0.88 * w, 0.88), "second", face=face)
    else:
        pen.disc(w / 2, 0.5, w / 2, tall=0.49)
        pen.arc(w / 2, 0.95, 0.55 * w, 0.12, "second", (180, 360), tall=0.5)
        pen.arc(w / 2, 0.3, 0.55 * w, 0.06, "second", (0, 180), tall=0.3)
    return pen


def pictured(rng: Rng, text: str = "") -> Pen:
    """Draw a picture with a small word below, as clubs and charities have it."""
    pen = Pen(rng.uniform(0.8, 1.1))
    w, names = pen.aspect, sorted(silhouette.SILHOUETTES)
    inner = silhouette.SILHOUETTES[names[int(rng.integers(len(names)))]](rng, "")
    inner.retone({"main": _pick(rng, BRIGHT), "second": _pick(rng, BRIGHT)})
    half = min(0.36 * inner.aspect, w / 2)
    pen.put(inner, (w / 2 - half, 0, w / 2 + half, 0.74))
    pen.text(text or _pick(rng, SIDEWAYS), (0, 0.8, w, 1), "main", face=int(rng.integers(1000)))
    return pen


VARIANTS = 40  #: More than of pictures: their texts differ
MARKS: dict[str, Draw] = {
    "stack": stack, "sideways": sideways, "pair": pair, "sticker": sticker, "tab": tab,
    "oval": oval, "divider": divider, "words": words, "plaque": plaque, "qr": qr,
    "barcode": barcode, "logo": logo, "pictured": pictured,
}  # fmt: skip
