"""The shapes of vehicles, in metres."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BODIES", "Body"]


@dataclass(frozen=True, kw_only=True)
class Body:
    """The shape of a kind of vehicle, seen from the end that faces the camera. Metres.

    Attributes:
        front: whether that end is the front.
        width: across.
        length: along.
        floor: lower edge of the bumper.
        deck: (height, reach) of the edge of the end face, and how far boot or bonnet reach back.
        belt: height of the lower edge of the windows.
        roof: (height, start, end): start and end are along the vehicle.
        plate: height of the plate's middle.
        doors: whether the end opens in two doors, as a van's.
    """

    front: bool
    width: float
    length: float
    floor: float
    deck: tuple[float, float]
    belt: float
    roof: tuple[float, float, float]
    plate: float
    doors: bool = False

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
