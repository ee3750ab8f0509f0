"""The look-up of plates, all vehicles in memory, and the sightings that are kept of them."""

import contextlib
import logging
import threading
import uuid
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.contrib.auth import get_user_model
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from platewright.record import Reading
from platewright.web.database import renew_connection, wipe
from platewright.web.registry.likelihood import Match, Matcher
from platewright.web.registry.models import Camera, Picture, Revision, Sighting, Vehicle


@dataclass(frozen=True, kw_only=True)
class Found:
    """A registered vehicle that a reading is taken for."""

    vehicle: Vehicle  #: the record
    match: Match  #: how likely that is

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        vehicle = self.vehicle
        return {
            "plate": vehicle.plate,
            "region": vehicle.region,
            "holder": vehicle.holder,
            "note": vehicle.note,
            "list": vehicle.list,
            "standing": vehicle.standing(),
            "exact": self.match.exact,
            "probability": round(self.match.probability, 4),
            "log10_ratio": round(self.match.ratio, 2),
        }


@dataclass(frozen=True)
class _Index:
    """All plates, as they were at a revision."""

    revision: uuid.UUID | None
    matcher: Matcher
    vehicles: tuple[tuple[tuple[int, str], ...], ...]
    """For each plate the (key, region) of its vehicles."""


_lock = threading.Lock()
_kept: list[_Index] = []


def find_vehicle(reading: Reading) -> Found | None:
    """Return the registered vehicle that a reading most probably shows; None: none is likely.

    Two vehicles with the same plate are told apart by the reading's region, where it has one.
    """
    if reading.slots is None or not reading.text:
        return None
    index = _index()
    match = index.matcher.match(np.asarray(reading.slots), reading.text)
    if match.index < 0:
        return None
    owners = index.vehicles[match.index]
    same = [key for key, region in owners if region == reading.region]
    key = same[0] if same else owners[0][0]
    # It may have gone since: then nothing was found.
    vehicle = Vehicle.objects.filter(pk=key).first()
    return None if vehicle is None else Found(vehicle=vehicle, match=match)


def note_change(*, created: bool = False, **_: Any) -> None:
    """Say that a vehicle has changed, to all processes that share the database.

    What it was before is forgotten, unless it was `created` just now.
    """
    Revision.objects.update_or_create(pk=1, defaults={"value": uuid.uuid4()})
    wipe(created=created)


def watch() -> None:
    """Note every change of a vehicle that is saved or deleted; bulk changes note their own.

    Nothing stays of what is deleted or changed, however that is done, of accounts as well.
    """
    for signal in (post_save, post_delete):
        signal.connect(note_change, sender=Vehicle, dispatch_uid="registry-change")
        for model in (Sighting, Picture, Camera, get_user_model()):
            signal.connect(wipe, sender=model, dispatch_uid="registry-wipe")


def _index() -> _Index:
    """Return the plates in memory, brought up to date."""
    revision = Revision.objects.filter(pk=1).values_list("value", flat=True).first()
    kept = _kept[0] if _kept else None
    if kept is not None and kept.revision == revision:
        return kept
    with _lock:
        kept = _kept[0] if _kept else None
        if kept is None or kept.revision != revision:
            owners: dict[str, list[tuple[int, str]]] = defaultdict(list)
            rows = Vehicle.objects.order_by("pk").values_list("pk", "plate", "region")
            for key, plate, region in rows.iterator():
                owners[plate].append((key, region))
            vehicles = tuple(tuple(each) for each in owners.values())
            kept = _Index(revision, Matcher(list(owners)), vehicles)
            _kept[:] = [kept]
        return kept


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


def forget_sightings(keep_days: float) -> int:
    """Remove sightings older than so many days, and the pictures that nothing shows any more.

    Returns:
        How many sightings went.
    """
    oldest = timezone.now() - timedelta(days=keep_days)
    return remove_sightings(Sighting.objects.filter(seen__lt=oldest))


def remove_sightings(sightings: QuerySet[Sighting]) -> int:
    """Remove sightings, and the pictures that nothing shows any more; returns how many went."""
    with transaction.atomic():
        count, _ = sightings.delete()
        Picture.objects.filter(sightings__isnull=True).delete()
    return count


MOST = 1000  #: Readings that wait at most; of more the oldest go
MOST_BYTES = 50_000_000  #: Of their pictures; further readings wait without theirs
PAUSE_S = 5.0
log = logging.getLogger("platewright")
NEVER = (DataError, IntegrityError)  #: What a database will not take another time either
_keeping = threading.Lock()
_held: deque[tuple[Callable[[bytes | None], object], bytes | None]] = deque()
_threads: list[threading.Thread] = []


def postpone(keep: Callable[[bytes | None], object], jpeg: bytes | None = None) -> None:
    """Try later, again and again, to store something.

    Args:
        keep: stores it, with the picture or without; raises `DatabaseError` where it can't.
    """
    with _lock:
        used = sum(len(each) for _, each in _held if each)
        if jpeg and used + len(jpeg) > MOST_BYTES:
            jpeg = None
        _held.append((keep, jpeg))
        if len(_held) > MOST:
            _held.popleft()
            log.error("more than %d readings wait for the database; the oldest is lost", MOST)
        if not _threads:
            _threads.append(threading.Thread(target=_try_again, name="pending", daemon=True))
            _threads[0].start()


def waiting() -> int:
    """Return how many readings wait to be kept."""
    return len(_held)


def keep_waiting() -> int:
    """Try now to store what waits, and return how much still does."""
    renew_connection()
    with contextlib.suppress(DatabaseError):
        _keep_held()
    return len(_held)


def _keep_held() -> None:
    """Store what waits, one after the other."""
    while True:
        with _keeping:
            if not _held:
                return
            keep, jpeg = _held[0]
            try:
                keep(jpeg)
            except Exception as error:
                if isinstance(error, DatabaseError) and not isinstance(error, NEVER):
                    raise
                log.exception("a reading can't be kept")
            with _lock:
                if _held and _held[0][0] is keep:
                    _held.popleft()


def _try_again() -> None:
    pause = threading.Event()
    while True:
        pause.wait(PAUSE_S)
        keep_waiting()  # what is wrong was told when the first one failed; /health tells it, too
        connection.close()
        with _lock:
            if not _held:
                _threads.clear()
                return
