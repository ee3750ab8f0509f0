"""Many photos read: here, by processes of this machine, or by a cluster, always in their order."""

from __future__ import annotations

import contextlib
import json
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from platewright.errors import ImageError, OutputError
from platewright.geometry import Picture, size_of
from platewright.image import load_image, save_image
from platewright.output.batch import Job, load_photo
from platewright.output.photo import PhotoReadings
from platewright.reading.acceptance import Shown
from platewright.reading.detector import Detector
from platewright.reading.settings import DetectorSettings

if TYPE_CHECKING:
    from platewright.generation.engine import Engine


WORTH = 4  #: Photos that a process must have to read so that starting it pays
SHARD = 32  #: Photos that a cluster's worker gets at a time


@dataclass(frozen=True, kw_only=True)
class ReadingJob:
    """How photos are read; it can be pickled, so that any process on any machine can do it."""

    weights: Path  #: of the default network; on a cluster every machine finds it there
    settings: DetectorSettings  #: of the detector
    reader: str = ""  #: that reads with it; empty: what goes with the weights
    threads: int = 1  #: of the networks
    beams: int = 8  #: texts that the reader's search follows at once
    redact: bool = False  #: hide all plates instead of telling their texts
    pictures: bool = True  #: hand the photos over with their readings
    shown: Shown | None = None  #: tells which readings are told and drawn; None: all

    def load(self) -> Detector:
        """Load the networks.

        Raises:
            ConfigError, WeightsError: if they can't be used.
        """
        from platewright.reading.choice import load_detector

        return load_detector(
            self.weights, self.settings,
            reader=self.reader, threads=self.threads, beams=self.beams,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PhotoDone:
    """What became of a photo."""

    job: Job  #: the photo
    photo: PhotoReadings | None = None  #: what was read in it; None where it can't be read
    image: Picture | None = None  #: uint8 (H, W, 3) RGB; None where it isn't asked for
    error: str = ""  #: why it can't be read; empty where it can

    def image_of(self, *, wanted: bool) -> Picture:
        """Return the photo, loaded if need be; without pixels, (0, 0, 3), where it isn't wanted.

        Raises:
            ImageError: if it is gone by now.
        """
        if not wanted:
            return np.empty((0, 0, 3), np.uint8)
        return load_image(self.job.photo) if self.image is None else self.image


class EarlierRun:
    """What an earlier run has read, told by its lines; for use in a `with` statement.

    The lines stand in the order of the photos, so no more than one is held at a time. While it is
    open they lie in a file beside; what is read anew and what is taken over becomes the file of
    lines again.

    Args:
        lines: the file of lines: whole, or left by a run that was killed.
        jobs: what is asked for now.
        redacted: whether plates are hidden; then lines of a run that did not are none.

    Attributes:
        missing: of the jobs, those that have no line, or not the picture that belongs to it.
    """

    def __init__(self, lines: Path, jobs: Sequence[Job], *, redacted: bool = False) -> None:
        self.jobs, self.missing = jobs, list(jobs)
        self._redacted, self._through = redacted, False
        self._absent = {job.name for job in jobs}
        self._final = lines
        self._part = lines.with_name(f"{lines.name}.part")
        self._aside = lines.with_name(f"{lines.name}.earlier")

    def __enter__(self) -> EarlierRun:
        """Lay the lines aside.

        Raises:
            OutputError: if they can't be read, or plates are hidden there that now would be shown.
        """
        there = [p for p in (self._final, self._part, self._aside) if p.is_file()]
        try:
            if there:
                max(there, key=lambda path: path.stat().st_size).replace(self._aside)
            told = deque(photo.file for photo in self._photos())
        except OSError as error:
            raise OutputError(f"{self._final}: can't be read: {error.strerror or error}") from error
        except OutputError:
            self.__exit__()
            raise
        asked = {job.name for job in self.jobs}
        self.missing = []
        for job in self.jobs:
            while told and told[0] not in asked:
                told.popleft()
            there_is = bool(told) and told[0] == job.name
            if there_is:
                told.popleft()
            if not there_is or (job.picture is not None and not job.picture.is_file()):
                self.missing.append(job)
        self._absent = {job.name for job in self.missing}
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            if not self._final.exists():  # nothing was read: as it was before
                self._aside.replace(self._final)
            elif self._through or self._final.stat().st_size >= self._aside.stat().st_size:
                self._aside.unlink()

    def has(self, job: Job) -> bool:
        """Tell whether a job's line is there."""
        return job.name not in self._absent

    def merged(self, read: Iterator[PhotoDone]) -> Iterator[PhotoDone]:
        """Yield what is read of the missing jobs, in its place among the others.

        Args:
            read: of the missing ones, in their order.
        """
        kept = {job.name for job in self.jobs} - self._absent
        earlier = (photo for photo in self._photos() if photo.file in kept)
        for job in self.jobs:
            yield PhotoDone(job=job, photo=next(earlier)) if self.has(job) else next(read)
        self._through = True

    def _photos(self) -> Iterator[PhotoReadings]:
        if not self._aside.is_file():
            return
        with self._aside.open("rb") as stream:
            for line in stream:
                # The last one may be cut off.
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    photo = PhotoReadings.from_dict(json.loads(line))
                    if photo.redacted and not self._redacted:
                        raise OutputError(
                            f"{self._final.parent}: plates are hidden there; add --redact, or give "
                            "another folder"
                        )
                    if photo.redacted == self._redacted:
                        yield photo


def useful_workers(wanted: int, photos: int) -> int:
    """Return how many processes it pays to start for some photos, 1 to `wanted`.

    >>> useful_workers(8, 3), useful_workers(8, 17), useful_workers(8, 1000)
    (1, 4, 8)
    """
    return max(min(wanted, photos // WORTH), 1)


def read_photos(
    how: ReadingJob,
    photos: Sequence[Job],
    *,
    workers: int = 1,
    engine: Engine | None = None,
    detector: Detector | None = None,
) -> Generator[PhotoDone, None, None]:
    """Read photos and write their annotated pictures.

    Args:
        workers: processes of this machine; 1: this one.
        engine: a cluster in their place.
        detector: of this process, where it is loaded already.

    Returns:
        What was read, in the photos' order, as it is read.

    Raises:
        ConfigError, WeightsError: if the networks can't be used, or a cluster can't be reached;
            before anything is read.
        OutputError: if a picture can't be written.
        EngineError: if a worker dies, or the cluster is lost.
    """
    if engine is not None and photos:
        found_there = _by_shards(how, photos, engine)
        next(found_there)
        return cast("Generator[PhotoDone, None, None]", found_there)
    if workers > 1 and photos:
        from platewright.pool import in_order

        # This process reads nothing: it would load networks only to see whether they can be.
        found = in_order(partial(_read_here, how), [None, *photos], workers)
        next(found)
        return cast("Generator[PhotoDone, None, None]", found)
    detector = detector or how.load()
    return (read_photo(how, job, detector) for job in photos)


def read_photo(how: ReadingJob, job: Job, detector: Detector) -> PhotoDone:
    """Read one photo and write its picture.

    Raises:
        OutputError: if the picture can't be written.
    """
    try:
        image = load_photo(job.photo)
    except ImageError as error:
        return PhotoDone(job=job, error=str(error))
    result = image
    if how.redact:
        from platewright.output.redaction import redact

        start = time.perf_counter()
        result, hidden = redact(image, detector)
        ms = (time.perf_counter() - start) * 1e3
        photo = PhotoReadings(
            file=job.name, size=size_of(image), ms=ms, readings=tuple(hidden), redacted=True
        )
    else:
        photo = timed_readings(detector, image, job.name)
    if how.shown is not None:
        photo = photo.only(how.shown)
    if job.picture is not None:
        if not how.redact:
            from platewright.output.annotation import annotate

            result = annotate(image, photo.readings)
        save_image(job.picture, result)
    return PhotoDone(job=job, photo=photo, image=image if how.pictures else None)


def timed_readings(detector: Detector, image: Picture, file: str) -> PhotoReadings:
    """Read a picture and say how long that took.

    Args:
        image: (H, W) grey or (H, W, 3) RGB.
        file: what the picture is called.
    """
    start = time.perf_counter()
    readings = tuple(detector.read(image))
    ms = (time.perf_counter() - start) * 1e3
    return PhotoReadings(file=file, size=size_of(image), ms=ms, readings=readings)


def _by_shards(
    how: ReadingJob, photos: Sequence[Job], engine: Engine
) -> Generator[PhotoDone | None, None, None]:
    """Hand shards to a cluster; what comes back early waits for its turn.

    First comes None, once the cluster has done the first of them, which is of no photos.
    """
    waiting: dict[int, list[PhotoDone]] = {}
    following = 0
    whole = _absolute(photos)
    shards = [
        (number, tuple(whole[first : first + SHARD]))
        for number, first in enumerate(range(0, len(whole), SHARD))
    ]
    results = engine.run(partial(_read_shard, how), [(-1, ()), *shards])
    there = False
    try:
        for (number, _), done in results:
            if not there:
                there = True
                yield None
            if number < 0:
                continue
            waiting[number] = done
            while following in waiting:
                own = photos[following * SHARD : (following + 1) * SHARD]
                for job, each in zip(own, waiting.pop(following), strict=True):
                    yield PhotoDone(job=job, photo=each.photo, image=each.image, error=each.error)
                following += 1
    finally:
        results.close()


def _absolute(photos: Sequence[Job]) -> list[Job]:
    """Return jobs that mean the same from any folder."""
    return [
        Job(job.photo.absolute(), job.name, job.picture and job.picture.absolute())
        for job in photos
    ]


def _read_shard(how: ReadingJob, shard: tuple[int, tuple[Job, ...]]) -> list[PhotoDone]:
    """Read the photos of a shard; without any, load the networks."""
    detector = _loaded(how)
    return [read_photo(how, job, detector) for job in shard[1]]


def _read_here(how: ReadingJob, job: Job | None) -> PhotoDone | None:
    """Read one photo in a worker, which keeps its networks; without a photo, load them."""
    detector = _loaded(how)
    return None if job is None else read_photo(how, job, detector)


@lru_cache(1)
def _loaded(how: ReadingJob) -> Detector:
    return how.load()
