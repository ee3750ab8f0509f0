"""Vehicles as a street picture shows them: simple bodies in true perspective, a plate's place."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from platewright.geometry import FloatArray
from platewright.synth.street.scenery import Canvas, Colour, Frame, View, rounded


@dataclass(frozen=True, kw_only=True)
class Body:
    """The shape of a kind of vehicle, seen from the end that faces the camera. Metres."""

    front: bool  #: whether that end is the front
    width: float  #: across
    length: float  #: along
    floor: float  #: lower edge of the bumper
    #: (height, reach) of the edge of the end face, and how far boot or bonnet reach back
    deck: tuple[float, float]
    belt: float  #: height of the lower edge of the windows
    roof: tuple[float, float, float]  #: (height, start, end): start and end are along the vehicle
    plate: float  #: height of the plate's middle
    doors: bool = False  #: whether the end opens in two doors, as a van's

    @property
    def narrow(self) -> float:
        """Half the width of the roof."""
        return self.width / 2 - (0.07 if self.doors else 0.17)


BODIES: dict[str, Body] = {
    "hatchback": Body(
        front=False, width=1.78, length=4.0, floor=0.26, deck=(0.93, 0.1), belt=0.97,
        roof=(1.47, 0.5, 2.3), plate=0.78,
    ),
    "saloon": Body(
        front=False, width=1.84, length=4.6, floor=0.25, deck=(0.96, 0.62), belt=1.0,
        roof=(1.44, 1.35, 2.7), plate=0.72,
    ),
    "oncoming": Body(
        front=True, width=1.8, length=4.3, floor=0.22, deck=(0.76, 1.05), belt=0.98,
        roof=(1.48, 1.75, 3.5), plate=0.47,
    ),
    "van": Body(
        front=False, width=1.92, length=5.0, floor=0.34, deck=(1.18, 0.03), belt=1.22,
        roof=(2.1, 0.14, 4.0), plate=0.72, doors=True,
    ),
}  # fmt: skip
"""The kinds by name; sizes are those of usual cars and light vans."""

GLASS: tuple[Colour, Colour] = ((150, 175, 195), (38, 48, 58))
TYRE: Colour = (24, 24, 26)
TRIM: Colour = (34, 35, 38)


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, max(0, round(v * factor))) for v in colour)
    return (red, green, blue)


@dataclass(frozen=True, kw_only=True)
class Vehicle:
    """One vehicle that stands in a street."""

    body: Body  #: its shape
    frame: Frame  #: where it stands
    paint: Colour  #: RGB
    plate_m: tuple[float, float]  #: (height, width) of its plate, metres

    def seen(self, view: View, points: ArrayLike) -> FloatArray:
        """Return where points (n, 3) of the vehicle are seen, (n, 2) px."""
        return view.project(self.frame.world(points))

    def outline(self, view: View) -> FloatArray:
        """Return the corners of the box round the vehicle, (8, 2) px."""
        half, top, length = self.body.width / 2, self.body.roof[0], self.body.length
        corners = [[u, v, w] for u in (-half, half) for v in (0.0, top) for w in (0.0, length)]
        return self.seen(view, np.array(corners))

    def plate_quad(self, view: View) -> FloatArray:
        """Return the corners of its plate, (4, 2) px."""
        return self.seen(view, self._rectangle(0.0, self.body.plate, *self.plate_m[::-1], -0.03))

    def paint_on(self, canvas: Canvas, view: View) -> None:
        """Paint the vehicle, from what is hindmost to what is nearest."""
        painter = _Painter(canvas, view, self)
        painter.shadow()
        painter.wheels_below()
        for side in (-1, 1):
            if self._faces_camera(side):
                painter.flank(side)
        painter.cabin()
        painter.end_face()
        painter.lamps()
        painter.fittings()

    def _faces_camera(self, side: int) -> bool:
        """Tell whether the left (-1) or right (1) side is seen."""
        foot = self.frame.world([[side * self.body.width / 2, 0.0, 0.0], [0.0, 0.0, 0.0]])
        outward = foot[0] - foot[1]
        return bool(outward @ -foot[0] > 0)

    @staticmethod
    def _rectangle(u: float, v: float, width: float, height: float, w: float = 0.0) -> FloatArray:
        """Return the corners of a rectangle on the end face, given by its middle."""
        a, b = width / 2, height / 2
        return np.array(
            [[u - a, v + b, w], [u + a, v + b, w], [u + a, v - b, w], [u - a, v - b, w]]
        )


class _Painter:
    """Paints one vehicle part by part."""

    def __init__(self, canvas: Canvas, view: View, vehicle: Vehicle) -> None:
        self.canvas, self.view, self.vehicle = canvas, view, vehicle
        self.body, self.colour = vehicle.body, vehicle.paint

    def fill(
        self, points: ArrayLike, top: Colour, bottom: Colour | None = None, *,
        radius: float = 0.0, alpha: float = 1.0, soft_px: float = 0.0,
    ) -> None:  # fmt: skip
        """Fill a polygon of the vehicle, its corners rounded from `radius` metres before them."""
        seen = self.vehicle.seen(self.view, rounded(points, radius))
        self.canvas.fill(seen, top, bottom, alpha=alpha, soft_px=soft_px)

    def panel(
        self, u: float, v: float, size: tuple[float, float], top: Colour,
        bottom: Colour | None = None, radius: float | None = None,
    ) -> None:  # fmt: skip
        """Fill a rounded rectangle on the end face; size is (width, height)."""
        self.fill(
            Vehicle._rectangle(u, v, *size, -0.02),
            top,
            bottom,
            radius=min(size) / 2.5 if radius is None else radius,
        )

    def shadow(self) -> None:
        """Darken the ground below and a little beside."""
        half, length = self.body.width / 2, self.body.length
        soft = 0.06 * self.view.focal_px / self.vehicle.frame.z
        ground = [[-half - 0.1, 0, -0.12], [half + 0.3, 0, -0.12]]
        ground += [[half + 0.4, 0, length], [-half, 0, length]]
        self.fill(ground, (16, 17, 20), alpha=0.62, soft_px=soft)

    def wheels_below(self) -> None:
        """The near tyres under the end, and the dark underside between them."""
        half, floor = self.body.width / 2, self.body.floor
        self.fill(Vehicle._rectangle(0, floor, 2 * half - 0.2, 0.24, 0.15), (14, 14, 15))
        for u in (-half + 0.17, half - 0.17):
            tyre = Vehicle._rectangle(u, 0.3, 0.23, 0.6, 0.28)
            self.fill(tyre, TYRE, (12, 12, 13), radius=0.07)

    def flank(self, side: int) -> None:
        """One side: sheet, window band, pillars, wheels."""
        body, u = self.body, side * self.body.width / 2
        top, start, end = body.roof
        deck, reach = body.deck
        bonnet = 0.82 if not body.front else 0.9
        sheet = [[0.0, body.floor], [0.0, deck], [reach, body.belt], [end + 0.5, body.belt]]
        sheet += [[body.length - 0.1, bonnet], [body.length, 0.5], [body.length - 0.1, 0.3]]
        lit = 0.86 if side < 0 else 0.6
        self.fill(
            [[u, v, w] for w, v in sheet], _shade(self.colour, lit), _shade(self.colour, 0.35)
        )
        inset = side * body.narrow
        house = [[u, body.belt - 0.02, reach], [inset, top, start + 0.05], [inset, top, end]]
        house += [[u, body.belt - 0.02, end + 0.75]]
        self.fill(house, _shade(self.colour, lit), _shade(self.colour, lit * 0.8))
        if not body.doors:
            middle = (reach + end) / 2 + 0.3
            for first, last in ((reach + 0.35, middle - 0.05), (middle + 0.05, end + 0.5)):
                lean = 0.8 * (start - reach) if first < middle - 0.1 else 0.0
                back = -0.45 if last > middle else 0.0
                pane = [[u, body.belt + 0.03, first], [inset, top - 0.07, first + lean]]
                pane += [[inset, top - 0.07, last + back], [u, body.belt + 0.03, last]]
                self.fill(pane, *GLASS)
        line = [[u, 0.62, 0.05], [u, 0.64, 0.05], [u, 0.64, body.length], [u, 0.62, body.length]]
        self.fill(line, _shade(self.colour, 0.45))
        turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        for w in (0.78, body.length - 0.85):
            for radius, tone in ((0.39, (12, 12, 13)), (0.33, TYRE), (0.21, (150, 153, 158))):
                ring = [[u, 0.33 + radius * np.sin(t), w + radius * np.cos(t)] for t in turn]
                self.fill(ring, tone, _shade(tone, 0.7))

    def cabin(self) -> None:
        """Roof, window of the end, boot lid or bonnet, mirrors."""
        body, half = self.body, self.body.width / 2
        top, start, end = body.roof
        deck, reach = body.deck
        narrow = body.narrow
        roof = [
            [-narrow, top, start],
            [-narrow, top, end],
            [narrow, top, end],
            [narrow, top, start],
        ]
        self.fill(roof, _shade(self.colour, 0.9), _shade(self.colour, 1.15))
        belt = half - 0.01
        house = [[-belt, body.belt, reach], [-narrow, top, start], [narrow, top, start]]
        house += [[belt, body.belt, reach]]
        self.fill(house, _shade(self.colour, 1.05), _shade(self.colour, 0.8))
        if body.front:
            for side in (-1, 1):
                u = side * (half + 0.09)
                mirror = Vehicle._rectangle(u, body.belt + 0.06, 0.2, 0.13, reach + 0.3)
                self.fill(mirror, _shade(self.colour, 0.95), _shade(self.colour, 0.5), radius=0.07)
        panes = ((-0.94, -0.06), (0.06, 0.94)) if body.doors else ((-0.9, 0.9),)
        low, high = (0.06, 0.72) if body.doors else (0.06, 0.88)
        for left, right in panes:
            pane = [
                self._on_window(across, up)
                for across, up in ((left, high), (right, high), (right, low), (left, low))
            ]
            self.fill(pane, *GLASS, radius=0.08)
            shine = [
                self._on_window(left + (right - left) * a, low + (high - low) * b)
                for a, b in ((0.12, 0.97), (0.34, 0.97), (0.16, 0.03), (0.0, 0.03))
            ]
            self.fill(shine, (235, 242, 248), alpha=0.16)
        lid = [[-half + 0.01, deck, 0], [-belt, body.belt, reach], [belt, body.belt, reach]]
        lid += [[half - 0.01, deck, 0]]
        self.fill(lid, _shade(self.colour, 0.95), _shade(self.colour, 1.3))

    def _on_window(self, across: float, up: float) -> list[float]:
        """Return the point of the end's window at parts of its half width and height."""
        body, half = self.body, self.body.width / 2
        top, start, _ = body.roof
        reach = body.deck[1]
        narrow = body.narrow
        wide = half - 0.01 + up * (narrow - half + 0.01)
        return [across * wide, body.belt + up * (top - body.belt), reach + up * (start - reach)]

    def end_face(self) -> None:
        """The sheet of the end, its edges, and the bumper."""
        body, half = self.body, self.body.width / 2
        deck, floor = body.deck[0], body.floor
        face = [[-half, deck, 0], [half, deck, 0], [half, 0.55, 0]]
        face += [[half - 0.02, floor, 0], [-half + 0.02, floor, 0], [-half, 0.55, 0]]
        self.fill(face, _shade(self.colour, 1.12), _shade(self.colour, 0.55), radius=0.07)
        edge = Vehicle._rectangle(0, deck - 0.035, 2 * half - 0.16, 0.022, -0.01)
        self.fill(edge, (255, 255, 255), alpha=0.35)
        self.panel(0, floor + 0.06, (2 * half - 0.16, 0.13), TRIM, (18, 18, 20))
        if not body.front:
            self.panel(
                0, floor + 0.2, (2 * half - 0.06, 0.018), _shade(self.colour, 0.45), radius=0
            )
            if body.doors:
                self.panel(0, (deck + floor) / 2 + 0.1, (0.014, deck - floor - 0.25),
                           _shade(self.colour, 0.4), radius=0)  # fmt: skip

    def lamps(self) -> None:
        """Red and amber behind; clear lamps and a grille in front."""
        if self.body.front:
            self._front_lamps()
            return
        doors, half, deck = self.body.doors, self.body.width / 2, self.body.deck[0]
        wide, tall = (0.15, 0.5) if doors else (0.34, 0.17)
        for side in (-1, 1):
            u, v = side * (half - wide / 2 - 0.03), deck - tall / 2 - (0.14 if doors else 0.1)
            self.panel(u, v, (wide, tall), (205, 28, 30), (120, 10, 16))
            self.panel(u, v + 0.18 * tall, (wide * 0.8, tall * 0.2), (255, 120, 105), (220, 50, 48))
            u, v = u - side * 0.2 * wide, v - 0.22 * tall
            self.panel(u, v, (wide * 0.4, tall * 0.26), (250, 225, 200), (225, 150, 60))

    def _front_lamps(self) -> None:
        half, floor, high = self.body.width / 2, self.body.floor + 0.19, self.body.deck[0] - 0.12
        for side in (-1, 1):
            u, fog = side * (half - 0.27), side * (half - 0.24)
            self.panel(u, high, (0.46, 0.16), (38, 42, 48), (70, 76, 84))
            lamp, small = u + side * 0.06, u - side * 0.12
            self.panel(lamp, high, (0.2, 0.125), (255, 255, 250), (190, 205, 215))
            self.panel(small, high - 0.01, (0.12, 0.09), (215, 225, 230), (150, 160, 170))
            self.panel(fog, floor, (0.2, 0.1), TRIM, (20, 20, 22))
            self.panel(fog, floor, (0.1, 0.07), (240, 240, 225), (170, 170, 160))
        self.panel(0, high - 0.02, (0.72, 0.17), TRIM, (16, 16, 18))
        for k in range(4):
            self.panel(0, high - 0.07 + 0.035 * k, (0.64, 0.01), (120, 124, 130), radius=0)
        self.panel(0, self.body.plate - 0.02, (1.1, 0.22), (30, 31, 34), (20, 20, 22))

    def fittings(self) -> None:
        """Badge, handle, exhaust, and the recess of the plate."""
        body = self.body
        high, wide = self.vehicle.plate_m
        if not body.front:
            self.panel(
                0,
                body.plate,
                (wide + 0.16, high + 0.1),
                _shade(self.colour, 0.42),
                _shade(self.colour, 0.6),
            )
            self.panel(
                0, body.plate + high / 2 + 0.075, (0.34, 0.03), (190, 194, 200), (110, 114, 120), 1
            )
            self.panel(-0.55, body.floor + 0.01, (0.13, 0.055), (170, 172, 176), (60, 60, 64))
        badge = body.deck[0] - (0.13 if body.front else 0.06)
        if body.front or (not body.doors and body.plate + high / 2 + 0.13 < badge):
            self.panel(0, badge, (0.07, 0.07), (235, 238, 242), (130, 134, 140), 3)
        self.panel(0, body.plate, (wide + 0.024, high + 0.024), (26, 26, 28), radius=0)
