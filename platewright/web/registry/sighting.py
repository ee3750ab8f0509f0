"""Sightings: a reading is kept, with the vehicle it is taken for, and forgotten in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from platewright.record import Reading
from platewright.web.registry.lookup import Found, find_vehicle
from platewright.web.registry.models import Picture, Sighting

__all__ = ["forget_sightings", "keep_picture", "keep_reading"]


def keep_reading(
    reading: Reading,
    *,
    source: str = "",
    seen: datetime | None = None,
    frames: int = 1,
    found: Found | None = None,
    picture: Picture | None = None,
) -> Sighting:
    """Store a reading.

    Args:
        reading: of a plate.
        source: the photo, video or camera, as the user calls it.
        seen: when, with a time zone; None: now.
        frames: how many frames of a video showed it.
        found: the vehicle, where it was looked up before; None: it is looked up.
        picture: what was kept of the photo.
    """
    found = found or find_vehicle(reading)
    return Sighting.objects.create(
        plate=reading.text,
        confidence=reading.confidence,
        presence=reading.presence,
        accepted=reading.accepted,
        region=reading.region,
        characters=reading.as_dict()["characters"],
        seen=seen or timezone.now(),
        source=source[:300],
        frames=frames,
        vehicle=found.vehicle if found else None,
        probability=found.match.probability if found else 0.0,
        ratio=found.match.ratio if found else None,
        picture=picture,
    )


def keep_picture(jpeg: bytes) -> Picture:
    """Store a picture for sightings."""
    return Picture.objects.create(jpeg=jpeg)


def forget_sightings(keep_days: float) -> int:
    """Remove sightings older than so many days, and the pictures that nothing shows any more.

    Returns:
        How many sightings went.
    """
    oldest = timezone.now() - timedelta(days=keep_days)
    with transaction.atomic():
        count, _ = Sighting.objects.filter(seen__lt=oldest).delete()
        Picture.objects.filter(sightings__isnull=True).delete()
    return count
