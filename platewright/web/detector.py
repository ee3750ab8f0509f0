"""The networks of a server, and whoever wants a picture read takes turns at them."""

import threading
from pathlib import Path

from django.conf import settings

from platewright.errors import ImageError
from platewright.pool import usual_workers
from platewright.reading.settings import Mask
from platewright.region import jurisdictions
from platewright.web import bench
from platewright.web.bench import Bench, ProcessBench, ThreadBench
from platewright.web.metric import count, observe
from platewright.web.picture import PictureReader, Shot, Source
from platewright.web.problem import BusyError, RequestError

_lock = threading.Lock()
_benches: list[Bench] = []


def warm_up() -> Bench:
    """Return where pictures are read, loaded and tried once, so that the first one does not wait.

    Raises:
        ConfigError, WeightsError, ServiceError: if the networks can't be used.
        EngineError: if no process starts.
    """
    with _lock:
        if not _benches:
            weights, reader = Path(settings.WEIGHTS), settings.READER
            if settings.READERS:
                made: Bench = ProcessBench(
                    weights, reader, turns=settings.READERS, picture_s=settings.PICTURE_S,
                    memory_mb=settings.PICTURE_MB,
                )  # fmt: skip
            else:
                made = ThreadBench(PictureReader(weights, reader), usual_workers())
            _benches.append(made)
        return _benches[0]


def loaded() -> bool:
    """Tell whether pictures can be read."""
    return bool(_benches) and _benches[0].ready()


def close() -> None:
    """End the processes that read."""
    for each in _benches:
        each.close()


def readable_regions() -> list[str]:
    """Return the codes of the regions that texts can be asked to fit."""
    return list(jurisdictions())


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
    if region and region not in readable_regions():  # never a path: that is for the command line
        raise RequestError(f"{region[:20]!r}: no such region")
    source = Source(
        name=name, data=data, max_pixels=settings.MAX_PICTURE_PIXELS, region=region, mask=mask
    )
    try:
        shot = warm_up().read(source, deadline)
    except ImageError:
        count("pictures", 'result="unreadable"')
        raise
    except bench.BusyError as error:
        raise BusyError(str(error), error.wait_s) from None
    observe(shot.photo.ms / 1e3)
    count("pictures", 'result="read"')
    for reading in shot.photo.readings:
        count("plates", f'accepted="{"yes" if reading.accepted else "no"}"')
    return shot
