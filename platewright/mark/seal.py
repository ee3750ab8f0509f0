"""Seals, rosettes, holograms: round official marks."""

from __future__ import annotations

import numpy as np

from platewright.mark import figure, shield, silhouette
from platewright.mark.pen import Draw, Pen

Rng = np.random.Generator


def plain(rng: Rng, text: str = "") -> Pen:
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
    inner = shield.MARKS[f"shield-{shield.CHARGES[int(rng.integers(len(shield.CHARGES)))]}"]
    pen.put(inner(rng, ""), (0.32, 0.28, 0.68, 0.74))
    return pen


def toothed(rng: Rng, text: str = "") -> Pen:
    """Draw a seal with a toothed rim."""
    pen = Pen()
    pen.star(0.5, 0.5, 0.49, "main", rays=int(rng.integers(12, 28)), inner=0.88)
    pen.disc(0.5, 0.5, 0.34, "second")
    table = {**silhouette.MARKS, **figure.MARKS}
    names = ("eagle", "star-five", "lion", "crown", "tree", "wheel", "sun", "checkers", "bear")
    pen.put(table[names[int(rng.integers(len(names)))]](rng, ""), (0.3, 0.3, 0.7, 0.7))
    return pen


def sticker(rng: Rng) -> Pen:
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
    parts = [sticker(rng), plain(rng)]
    if rng.random() < 0.3:
        parts.reverse()
    pen.put(parts[0], (0, 0, w, 0.5 - gap))
    pen.put(parts[1], (0, 0.5 + gap, w, 1))
    return pen


def alone(rng: Rng, text: str = "") -> Pen:
    """Draw an inspection's disc alone."""
    return sticker(rng)


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
    table = {**silhouette.MARKS, **figure.MARKS}
    names = ("eagle", "star-five", "crescent", "tower", "ship", "heart", "maple")
    pen.put(table[names[int(rng.integers(len(names)))]](rng, ""), (0.28, 0.28, 0.72, 0.72))
    return pen


MARKS: dict[str, Draw] = {
    "seal-arms": plain, "seal-toothed": toothed, "seal-inspection": alone, "seal-stack": stack,
    "seal-starry": cogged, "rosette": rosette, "hologram": hologram,
}  # fmt: skip
