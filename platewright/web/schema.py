"""The API's answers, field by field: what `detect.py --json` writes, and the registry's record."""

from __future__ import annotations

from datetime import date, datetime

from ninja import Field, Schema

__all__ = [
    "Character",
    "PictureOut",
    "Plate",
    "PlateOut",
    "Problem",
    "Readings",
    "Record",
    "Vehicle",
]


class Problem(Schema):
    """Why a request was refused, in a line."""

    detail: str


class Character(Schema):
    """One character: the chosen one, and the most probable ones with their probabilities."""

    char: str
    probability: float
    alternatives: list[tuple[str, float]]


class Record(Schema):
    """The registered vehicle that a reading is taken for.

    `standing` is its list today, or `expired`, or `not yet valid`. `log10_ratio` compares it with
    a vehicle that is not registered.
    """

    plate: str
    region: str
    holder: str
    note: str
    list: str
    standing: str
    exact: bool
    probability: float
    log10_ratio: float


class Plate(Schema):
    """A plate: box and quad in pixels of the picture as it is shown, box half-open."""

    text: str
    confidence: float
    presence: float
    accepted: bool
    region: str
    box: list[float]
    quad: list[list[float]]
    characters: list[Character]
    record: Record | None = None
    sighting: str | None = None


class PictureOut(Schema):
    """A picture: its plates, or why it can't be read."""

    file: str
    width: int | None = None
    height: int | None = None
    ms: float | None = None
    plates: list[Plate] = Field(default_factory=list)
    error: str | None = None


class Readings(Schema):
    """All pictures of a request, in its order."""

    pictures: list[PictureOut]


class Vehicle(Schema):
    """A registered vehicle."""

    plate: str
    region: str
    holder: str
    note: str
    list: str
    standing: str
    valid_from: date | None
    valid_until: date | None


class PlateOut(Schema):
    """What the registry knows of a plate."""

    plate: str
    vehicles: list[Vehicle]
    sightings: int
    last_seen: datetime | None
