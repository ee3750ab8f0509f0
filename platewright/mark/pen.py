"""The pen that draws marks: shapes in a few tones on a field one unit high."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from platewright.geometry import Box
from platewright.resource import DATA

UNIT = 64  #: Height of a mark while it is kept, pixels
FINE = 2
"""It is drawn so many times larger, and then made smaller: smooth edges, and no tone between."""

Mask = NDArray[np.uint8]
Rgb = tuple[int, int, int]  #: Red, green, blue, each 0-255
Tone = str
"""`main`, `second`, `third`: colours that the plate chooses; `paper`: the sheet's; `#rrggbb`; or
empty: nothing, which rubs out."""
Points = Sequence[tuple[float, float]]


def rgb_of(tone: Tone) -> Rgb:
    """Return the colour that `#rrggbb` says.

    >>> rgb_of("#ff8000")
    (255, 128, 0)
    """
    return int(tone[1:3], 16), int(tone[3:5], 16), int(tone[5:7], 16)


@dataclass(frozen=True)
class Sketch:
    """A drawn mark, before it has its size and its colours."""

    #: (UNIT, width, tones) how much of each pixel a tone takes, 0-255; their sum is the mark's
    #: alpha
    coverage: Mask
    tones: tuple[Tone, ...]  #: what each channel is painted with, see `Tone`

    @property
    def aspect(self) -> float:
        """Width over height."""
        return float(self.coverage.shape[1]) / UNIT


def points_of(text: str) -> list[tuple[float, float]]:
    """Return the points of an outline written as hundredths.

    >>> points_of("0,0 100,50")
    [(0.0, 0.0), (1.0, 0.5)]
    """
    pairs = (entry.split(",") for entry in text.split())
    return [(float(x) / 100, float(y) / 100) for x, y in pairs]


class Pen:
    """Draws one mark. y runs down from 0 to 1, x right from 0 to `aspect`."""

    def __init__(self, aspect: float = 1.0) -> None:
        self.aspect = aspect
        self._labels: Mask = np.zeros((UNIT * FINE, max(round(UNIT * FINE * aspect), 4)), np.uint8)
        self._tones: list[Tone] = []

    def _ink(self, tone: Tone) -> int:
        if not tone:
            return 0
        if tone not in self._tones:
            self._tones.append(tone)
        return self._tones.index(tone) + 1

    @staticmethod
    def _px(value: float) -> int:
        return round(value * UNIT * FINE)

    def polygon(self, points: Iterable[Sequence[float]], tone: Tone = "main") -> None:
        """Fill a shape with straight sides."""
        corners = np.round(np.array(list(points), float) * UNIT * FINE).astype(np.int32)
        cv2.fillPoly(self._labels, [corners], self._ink(tone))

    def blob(self, points: Points, tone: Tone = "main") -> None:
        """Fill a shape whose outline runs smoothly through the points."""
        self.polygon(_smooth(points), tone)

    def box(self, x0: float, y0: float, x1: float, y1: float, tone: Tone = "main") -> None:
        """Fill a rectangle."""
        self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], tone)

    def disc(
        self, x: float, y: float, radius: float, tone: Tone = "main", tall: float = 0.0
    ) -> None:
        """Fill a circle, or an ellipse `tall` high from its middle."""
        axes = (self._px(radius), self._px(tall or radius))
        at = (self._px(x), self._px(y))
        cv2.ellipse(self._labels, at, axes, 0, 0, 360, self._ink(tone), -1)

    def arc(
        self,
        x: float,
        y: float,
        radius: float,
        width: float,
        tone: Tone = "main",
        angles: tuple[float, float] = (0.0, 360.0),
        tall: float = 0.0,
    ) -> None:
        """Draw a stroke along a circle or ellipse; degrees run clockwise from the right."""
        axes = (self._px(radius), self._px(tall or radius))
        at, thick = (self._px(x), self._px(y)), max(self._px(width), 1)
        cv2.ellipse(self._labels, at, axes, 0, *angles, self._ink(tone), thick)

    def line(self, points: Points, width: float, tone: Tone = "main") -> None:
        """Draw a stroke through points."""
        path = np.round(np.array(points, float) * UNIT * FINE).astype(np.int32)
        cv2.polylines(self._labels, [path], False, self._ink(tone), max(self._px(width), 1))

    def star(
        self,
        x: float,
        y: float,
        radius: float,
        tone: Tone = "main",
        *,
        rays: int = 5,
        inner: float = 0.4,
    ) -> None:
        """Fill a star; `inner` is its inner radius over the outer one."""
        angles = np.radians(-90 + np.arange(2 * rays) * 180 / rays)
        reach = np.where(np.arange(2 * rays) % 2, radius * inner, radius)
        self.polygon(np.stack([x + reach * np.cos(angles), y + reach * np.sin(angles)], 1), tone)

    def text(
        self,
        text: str,
        box: Box,
        tone: Tone = "main",
        *,
        face: int = 0,
        turned: bool = False,
    ) -> None:
        """Set letters that fill a box, narrower than they are drawn where they must.

        Args:
            text: one line.
            box: (x0, y0, x1, y1) that they fill.
            face: any number; picks a face.
            turned: they are read from below to above.
        """
        x0, y0, x1, y1 = (self._px(v) for v in box)
        mask = _letters(text, face)
        if turned:
            mask = np.ascontiguousarray(np.rot90(mask))
        if min(x1 - x0, y1 - y0) < 2:
            return
        scale = min((x1 - x0) / mask.shape[1] / (1 if turned else 0.8), (y1 - y0) / mask.shape[0])
        size = (
            max(min(round(mask.shape[1] * scale), x1 - x0), 1),
            max(min(round(mask.shape[0] * scale), y1 - y0), 1),
        )
        ink = cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 110
        left, top = (x0 + x1 - size[0]) // 2, (y0 + y1 - size[1]) // 2
        l, t = max(left, 0), max(top, 0)  # noqa: E741
        part = self._labels[t : top + size[1], l : left + size[0]]
        part[ink[t - top :, l - left :][: part.shape[0], : part.shape[1]]] = self._ink(tone)

    def put(self, other: Pen, box: Box) -> None:
        """Draw another pen's field into a box."""
        x0, y0, x1, y1 = (self._px(v) for v in box)
        x0, y0 = max(x0, 0), max(y0, 0)
        part = self._labels[y0:y1, x0:x1]
        if not part.size:
            return
        table = np.array([0, *(self._ink(tone) for tone in other._tones)], np.uint8)
        size = (part.shape[1], part.shape[0])
        labels = table[cv2.resize(other._labels, size, interpolation=cv2.INTER_NEAREST)]
        np.copyto(part, labels, where=labels > 0)

    def keep_inside(self, points: Iterable[Sequence[float]]) -> None:
        """Rub out what lies outside a shape."""
        corners = np.round(np.array(list(points), float) * UNIT * FINE).astype(np.int32)
        inside = np.zeros_like(self._labels)
        cv2.fillPoly(inside, [corners], 1)
        self._labels *= inside

    def retone(self, names: Mapping[Tone, Tone]) -> None:
        """Name tones anew."""
        self._tones = [names.get(tone, tone) for tone in self._tones]

    def mirror(self) -> None:
        """Turn left to right."""
        self._labels = np.ascontiguousarray(self._labels[:, ::-1])

    def sketch(self) -> Sketch:
        """Return what was drawn, cropped to its ink."""
        rows = np.flatnonzero(self._labels.max(axis=1))
        cols = np.flatnonzero(self._labels.max(axis=0))
        if not rows.size:
            return Sketch(np.zeros((UNIT, UNIT, 1), np.uint8), ("main",))
        labels = self._labels[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
        seen = [k for k in range(len(self._tones)) if (labels == k + 1).any()]
        width = max(round(UNIT * labels.shape[1] / labels.shape[0]), 4)
        layers = [
            cv2.resize(
                np.where(labels == k + 1, 255, 0).astype(np.uint8),
                (width, UNIT),
                interpolation=cv2.INTER_AREA,
            )
            for k in seen
        ]
        return Sketch(
            np.stack(layers, axis=2).astype(np.uint8), tuple(self._tones[k] for k in seen)
        )


def _smooth(points: Points, steps: int = 6) -> NDArray[np.float64]:
    """Return a closed Catmull-Rom curve through the points."""
    p = np.array(points, float)
    before, after, second = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (v[:, None, :] for v in (before, p, after, second))
    curve = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return np.asarray(curve.reshape(-1, 2), np.float64)


Draw = Callable[[np.random.Generator, str], Pen]
"""Draws a mark from random numbers and a wanted text, empty for one of its own."""


@cache
def _faces() -> tuple[Path, ...]:
    return tuple(sorted((DATA / "fonts").glob("*.ttf")))


@cache
def _font(path: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), 90, layout_engine=ImageFont.Layout.BASIC)


@cache
def _has(path: Path, char: str) -> bool:
    """Tell whether a face has ink for a character, and not only the box for those it lacks."""
    found = [_font(path).getmask(c) for c in (char, "\U0010fffd")]
    return char == " " or (bool(found[0].getbbox()) and bytes(found[0]) != bytes(found[1]))


def _font_for(text: str, face: int) -> tuple[ImageFont.FreeTypeFont, str]:
    """Return a face that has a text's characters, and the text: in capitals where it lacks a-z.

    The first such one from number `face` on; characters that none has are left out.
    """
    faces = _faces()
    turned = [faces[(face + k) % len(faces)] for k in range(len(faces))]
    if text.isascii() and text.isalnum() and text.isupper():
        return _font(turned[0]), text
    for path in turned:
        shown = "".join(c if _has(path, c) else c.upper() for c in text)
        if all(_has(path, c) for c in shown):
            return _font(path), shown
    return _font(turned[0]), "".join(c for c in text if _has(turned[0], c)) or "-"


@cache
def _letters(text: str, face: int) -> Mask:
    """Return the ink of a line of text, cropped."""
    font, text = _font_for(text, face)
    x0, y0, x1, y1 = (int(v) for v in font.getbbox(text))
    picture = Image.new("L", (max(x1 - x0, 1), max(y1 - y0, 1)))
    ImageDraw.Draw(picture).text((-x0, -y0), text, font=font, fill=255)
    ink = np.asarray(picture)
    rows, cols = (ink.max(axis=k) > 40 for k in (1, 0))
    if not rows.any():
        return np.full((8, 8), 255, np.uint8)
    r, c = rows.nonzero()[0], cols.nonzero()[0]
    return np.ascontiguousarray(ink[r[0] : r[-1] + 1, c[0] : c[-1] + 1])
