"""What the page and the API do alike: read the pictures of a request, look up, keep if asked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from platewright.errors import ImageError
from platewright.image import encode_image
from platewright.web import limit
from platewright.web.errors import TooManyError
from platewright.web.metric import count
from platewright.web.reader import Shot, read_picture
from platewright.web.registry.lookup import Found, find_vehicle
from platewright.web.registry.models import Sighting
from platewright.web.registry.sighting import keep_picture, keep_reading
from platewright.web.upload import Upload

__all__ = ["Answer", "read_all"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of one picture.

    Attributes:
        name: as the client calls it.
        shot: the picture, read; None where it can't be.
        error: why not, in a line.
        found: the registered vehicle of each reading.
        sightings: what was kept of each reading, None of one without a text; empty: nothing.
    """

    name: str
    shot: Shot | None = None
    error: str = ""
    found: tuple[Found | None, ...] = ()
    sightings: tuple[Sighting | None, ...] = ()


def read_all(
    request: HttpRequest,
    pictures: Sequence[Upload],
    *,
    region: str = "",
    look_up: bool = False,
    keep: bool = False,
    keep_photo: bool = False,
) -> list[Answer]:
    """Read pictures one after the other; one that can't be read does not stop the others.

    Args:
        request: whose time is counted from its beginning.
        pictures: of it.
        region: code of the region whose syntaxes texts are to fit.
        look_up: whether readings are looked up in the registry.
        keep: whether readings are kept as sightings.
        keep_photo: whether the picture is kept with them.

    Raises:
        RequestError: if the request as a whole can't be answered.
    """
    if settings.PICTURES_PER_MINUTE and len(pictures) > 1:
        client, more = limit.client_address(request), len(pictures) - 1
        if wait_s := limit.rate.take(client, more, settings.PICTURES_PER_MINUTE):
            raise TooManyError("too many pictures; try again in a moment", wait_s)
    deadline = float(request.META.get("platewright.start", time.monotonic())) + settings.REQUEST_S
    answers = []
    for name, data in pictures:
        try:
            shot = read_picture(name, data, deadline=deadline, region=region)
        except ImageError as error:
            answers.append(Answer(name=name, error=str(error)))
            continue
        readings = shot.photo.readings
        found = tuple(find_vehicle(r) if look_up or keep else None for r in readings)
        kept = _keep(shot, found, photo=keep_photo) if keep else ()
        answers.append(
            Answer(name=name, shot=shot, found=found if look_up else (None,) * len(found),
                   sightings=kept)
        )  # fmt: skip
    return answers


def _keep(shot: Shot, found: Sequence[Found | None], *, photo: bool) -> tuple[Sighting | None, ...]:
    """Store the readings that have a text, all or none of a picture."""
    readings = shot.photo.readings
    if not any(reading.text for reading in readings):
        return ()
    with transaction.atomic():
        picture = keep_picture(encode_image(shot.image, ".jpg", 85)) if photo else None
        kept = tuple(
            keep_reading(reading, source=shot.photo.file, found=vehicle, picture=picture)
            if reading.text
            else None
            for reading, vehicle in zip(readings, found, strict=True)
        )
    count("sightings", by=sum(sighting is not None for sighting in kept))
    return kept
