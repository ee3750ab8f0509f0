"""The pictures of a request: taken in within limits, read, looked up, kept if asked.

The networks are the server's, and whoever wants a picture read takes turns at them.
"""

import io
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.db import DatabaseError, transaction
from django.http import HttpRequest
from django.utils import timezone

from platewright.errors import ImageError
from platewright.image import encode_image
from platewright.pool import usual_workers
from platewright.reading.acceptance import Shown
from platewright.reading.settings import Mask
from platewright.record import Reading
from platewright.region import jurisdictions
from platewright.web import security
from platewright.web.database import check_database
from platewright.web.metric import count, observe
from platewright.web.picture_reader import (
    NoTurnError,
    PictureReader,
    ProcessReaders,
    ReaderPool,
    Shot,
    Source,
    ThreadReaders,
)
from platewright.web.problem import (
    TOO_LARGE,
    BusyError,
    DatabaseGoneError,
    RequestError,
    TooLargeError,
    TooManyError,
    too_large,
)
from platewright.web.registry.lookup import Found, find_vehicle, keep_reading, postpone
from platewright.web.registry.models import Camera, Picture, Sighting

Upload = tuple[str, bytes]  #: A picture's name, as the client calls it, and its bytes
LONGEST_NAME = 120
_lock = threading.Lock()
_pools: list[ReaderPool] = []


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of one picture."""

    name: str  #: as the client calls it
    shot: Shot | None = None  #: the picture, read; None where it can't be
    error: str = ""  #: why not, in a line
    found: tuple[Found | None, ...] = ()  #: the registered vehicle of each reading
    #: what was kept of each reading, None of one without a text; empty: nothing
    sightings: tuple[Sighting | None, ...] = ()
    registry: str = ""  #: why the registry could do nothing for it


def read_all(
    request: HttpRequest,
    pictures: Sequence[Upload],
    *,
    region: str = "",
    camera: str = "",
    look_up: bool = False,
    everything: bool = False,
    keep: bool = False,
    keep_photo: bool = False,
) -> list[Answer]:
    """Read pictures one after the other; one that can't be read does not stop the others.

    Args:
        request: whose time is counted from its beginning.
        region: code of the region whose syntaxes texts are to fit.
        camera: name of the registry's camera that took them, whose mask counts, and which is the
            source of what is kept; empty: none of them.
        look_up: whether readings are looked up in the registry.
        everything: whether what is no plate most likely is told as well.
        keep: whether readings are kept as sightings.
        keep_photo: whether the picture is kept with them.

    Raises:
        RequestError: if the request as a whole can't be answered.
    """
    if settings.PICTURES_PER_MINUTE and len(pictures) > 1:
        client, more = security.client_address(request), len(pictures) - 1
        if wait_s := security.rate.take(client, more, settings.PICTURES_PER_MINUTE):
            raise TooManyError("too many pictures; try again in a moment", wait_s)
    known = _camera(camera) if camera else None
    mask = known.mask() if known else None
    deadline = float(request.META.get("platewright.start", time.monotonic())) + settings.REQUEST_S
    answers = []
    for name, data in pictures:
        try:
            shot = read_picture(name, data, deadline=deadline, region=region, mask=mask)
        except ImageError as error:
            answers.append(Answer(name=name, error=str(error)))
            continue
        shot = replace(shot, photo=shot.photo.only(Shown.of(everything=everything)))
        answers.append(
            _registered(
                shot, name, known.name if known else name,
                look_up=look_up, keep=keep, keep_photo=keep_photo,
            )
        )  # fmt: skip
    return answers


def _camera(name: str) -> Camera:
    """Return a camera of the registry."""
    try:
        found = Camera.objects.filter(name=name.strip()[:LONGEST_NAME].replace("\0", "")).first()
    except DatabaseError as error:
        raise DatabaseGoneError(error) from None
    if found is None:
        raise RequestError(f"{name[:20]!r}: no camera of the registry is called that")
    return found


def _registered(
    shot: Shot, name: str, source: str, *, look_up: bool, keep: bool, keep_photo: bool
) -> Answer:
    """Return a read picture with what the registry knows of it, even where that can't be asked."""
    readings = shot.photo.readings
    nobody: tuple[Found | None, ...] = (None,) * len(readings)
    if not (look_up or keep):
        return Answer(name=name, shot=shot, found=nobody)
    keep = keep and any(reading.text for reading in readings)
    jpeg = encode_image(shot.image, ".jpg", 85) if keep and keep_photo else None
    keeping = partial(_keep, readings, source, timezone.now())
    try:
        check_database()
        found = tuple(find_vehicle(r) for r in readings)
        kept = keeping(jpeg, found) if keep else ()
    except DatabaseError as error:
        told = str(DatabaseGoneError(error)).partition(";")[0]
        if keep:
            postpone(keeping, jpeg)
            told += "; not kept yet, it is tried again"
        return Answer(name=name, shot=shot, found=nobody, registry=told)
    return Answer(name=name, shot=shot, found=found if look_up else nobody, sightings=kept)


def _keep(
    readings: Sequence[Reading],
    source: str,
    seen: datetime,
    jpeg: bytes | None,
    found: Sequence[Found | None] = (),
) -> tuple[Sighting | None, ...]:
    """Store the readings that have a text, all or none of a picture."""
    known = found or (None,) * len(readings)
    with transaction.atomic():
        picture = Picture.objects.create(jpeg=jpeg) if jpeg else None
        kept = tuple(
            keep_reading(reading, source=source, seen=seen, found=vehicle, picture=picture)
            if reading.text
            else None
            for reading, vehicle in zip(readings, known, strict=True)
        )
    count("sightings", by=sum(sighting is not None for sighting in kept))
    return kept


class BoundedMemory(FileUploadHandler):
    """Keeps files in memory, and stops at the first one that is too large.

    A file that is too large is marked as such in the request, which is refused (`Limits`).
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self._stream = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take a part of it.

        Raises:
            StopUpload: if it is too large.
        """
        if start + len(raw_data) > settings.MAX_PICTURE_BYTES:
            if self.request is not None:
                self.request.META[TOO_LARGE] = self.file_name
            self._stream = io.BytesIO()
            raise StopUpload(connection_reset=False)
        self._stream.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """Hand the file on."""
        self._stream.seek(0)
        return InMemoryUploadedFile(
            file=self._stream,
            field_name=self.field_name,
            name=self.file_name or "picture",
            content_type=self.content_type or "",
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )


def uploads(request: HttpRequest) -> list[Upload]:
    """Return the pictures of a form (any field), or the body itself where it is no form.

    Raises:
        RequestError: if there is none.
        TooLargeError: if one is too large, or there are too many.
    """
    most = settings.MAX_PICTURE_BYTES
    files: list[Any] = []
    if (request.content_type or "").startswith(("multipart/", "application/x-www-form")):
        for _, group in request.FILES.lists():
            files += [file for file in group if isinstance(file, UploadedFile)]
        found = list(_contents(files))
    else:
        if int(request.META.get("CONTENT_LENGTH") or 0) > most:
            raise too_large("the picture")
        body = request.body
        found = [("picture", body)] if body else []
    if not found:
        raise RequestError("no picture was sent; choose one first")
    if len(found) > settings.MAX_PICTURES:
        raise TooLargeError(f"more than {settings.MAX_PICTURES} pictures; send fewer at a time")
    return found


def _contents(files: Iterable[Any]) -> Iterable[Upload]:
    for file in files:
        stream: IO[bytes] = file.file
        # The name is shown and kept, never used as a path.
        name = "".join(char for char in (file.name or "") if char.isprintable())
        yield name[-LONGEST_NAME:] or "picture", stream.read()


def warm_up() -> ReaderPool:
    """Return where pictures are read, loaded and tried once, so that the first one does not wait.

    Raises:
        ConfigError, WeightsError, ServiceError: if the networks can't be used.
        EngineError: if no process starts.
    """
    with _lock:
        if not _pools:
            weights, reader = Path(settings.WEIGHTS), settings.READER
            if settings.READERS:
                made: ReaderPool = ProcessReaders(
                    weights, reader, turns=settings.READERS, picture_s=settings.PICTURE_S,
                    memory_mb=settings.PICTURE_MB,
                )  # fmt: skip
            else:
                made = ThreadReaders(PictureReader(weights, reader), usual_workers())
            _pools.append(made)
        return _pools[0]


def loaded() -> bool:
    """Tell whether pictures can be read."""
    return bool(_pools) and _pools[0].ready()


def close() -> None:
    """End the processes that read."""
    for each in _pools:
        each.close()


def read_picture(
    name: str, data: bytes, *, deadline: float, region: str = "", mask: Mask | None = None
) -> Shot:
    """Decode and read a picture, when a turn is free.

    Args:
        deadline: on the clock of `time.monotonic`; no reading begins after it.
        region: code of the region whose syntaxes texts are to fit; empty: any text.
        mask: where nothing is looked for.

    Raises:
        ImageError: if it is no picture, has too many pixels, or costs too much.
        RequestError: if there is no such region.
        BusyError: if no turn is free before the deadline.
    """
    if region and region not in jurisdictions():  # never a path: that is for the command line
        raise RequestError(f"{region[:20]!r}: no such region")
    source = Source(
        name=name, data=data, max_pixels=settings.MAX_PICTURE_PIXELS, region=region, mask=mask
    )
    try:
        shot = warm_up().read(source, deadline)
    except ImageError:
        count("pictures", 'result="unreadable"')
        raise
    except NoTurnError as error:
        raise BusyError(str(error), error.wait_s) from None
    observe(shot.photo.ms / 1e3)
    count("pictures", 'result="read"')
    for reading in shot.photo.readings:
        count("plates", f'accepted="{"yes" if reading.accepted else "no"}"')
    return shot
