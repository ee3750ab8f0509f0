"""What the page shows of a picture: its plates outlined, and of each its crop and characters."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django import template
from numpy.typing import NDArray

from platewright.image import encode_image
from platewright.output.annotation import annotate, confidence_colour
from platewright.reading.straighten import rectify
from platewright.record import Reading
from platewright.text import percent
from platewright.web.picture import Shot
from platewright.web.registry.lookup import Found

register = template.Library()
register.filter("percent", percent)

BAR_PX = 56  #: Height of a bar of probability 1, in units of its drawing
CROP_PX = 96
WIDEST, NARROWEST = 6.5, 0.8
MARGIN = (0.03, 0.08)
QUALITY = 88


@dataclass(frozen=True)
class Bar:
    """A character and how probable it is."""

    char: str  #: the chosen one
    percent: str  #: its probability, as it is written
    height: float  #: of the bar, 0 to `BAR_PX`
    colour: str  #: of the bar
    #: (character, percent, length 0-100) of the most probable ones
    alternatives: tuple[tuple[str, str, float], ...]

    @property
    def top(self) -> float:
        """Where the bar begins."""
        return round(BAR_PX - self.height, 2)


@dataclass(frozen=True)
class PlateCard:
    """A plate as it is shown."""

    reading: Reading
    crop: str
    bars: tuple[Bar, ...]
    found: Found | None
    sighting: Any = None


@dataclass(frozen=True)
class PictureCard:
    """A picture as it is shown."""

    shot: Shot  #: what was read
    picture: str  #: the annotated picture, a data URL: the server keeps nothing to be fetched later
    plates: tuple[PlateCard, ...]  #: one card per plate

    @property
    def seconds(self) -> str:
        """How long it took."""
        return f"{self.shot.photo.ms / 1000:.1f}"


def picture_card(
    shot: Shot, found: Sequence[Found | None], sightings: Sequence[Any] = ()
) -> PictureCard:
    """Return the card of a picture.

    Args:
        found: the registered vehicle of each reading.
        sightings: what was kept of each, None where nothing was; empty: nothing was of any.
    """
    readings = [replace(reading, quad=reading.quad * shot.scale) for reading in shot.photo.readings]
    plates = tuple(
        PlateCard(
            reading=reading,
            crop=_data_url(_crop(shot.image, reading)),
            bars=bars(reading.as_dict()["characters"]),
            found=vehicle,
            sighting=sightings[k] if sightings else None,
        )
        for k, (reading, vehicle) in enumerate(zip(readings, found, strict=True))
    )
    return PictureCard(shot, _data_url(annotate(shot.image, readings)), plates)


def bars(characters: Sequence[dict[str, Any]]) -> tuple[Bar, ...]:
    """Return the bars of a reading's characters, given in their JSON form."""
    found = []
    for each in characters:
        probability = float(each["probability"])
        red, green, blue = confidence_colour(probability)
        found.append(
            Bar(
                char=each["char"],
                percent=percent(probability),
                height=round(max(probability, 0.02) * BAR_PX, 2),
                colour=f"#{red:02x}{green:02x}{blue:02x}",
                alternatives=tuple(
                    (char, percent(p), round(100 * p, 1)) for char, p in each["alternatives"]
                ),
            )
        )
    return tuple(found)


def _crop(image: NDArray[np.uint8], reading: Reading) -> NDArray[np.uint8]:
    """Return the plate, straightened, in colour."""
    sides = np.linalg.norm(np.roll(reading.quad, -1, axis=0) - reading.quad, axis=1)
    wide, high = sides[[0, 2]].mean(), max(sides[[1, 3]].mean(), 1.0)
    width = round(CROP_PX * float(np.clip(wide / high, NARROWEST, WIDEST)))
    try:
        return rectify(image, reading.quad, (CROP_PX, width), MARGIN)[0]
    except ValueError:  # corners on a line
        x0, y0, x1, y1 = (max(round(v), 0) for v in reading.box)
        part = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
        return part if part.size else image[:1, :1]


def _data_url(image: NDArray[np.uint8]) -> str:
    data = base64.b64encode(encode_image(image, ".jpg", QUALITY)).decode("ascii")
    return f"data:image/jpeg;base64,{data}"
