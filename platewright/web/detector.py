"""The one detector of a process, and whoever wants a picture read takes turns at it."""

from __future__ import annotations

import io
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from platewright.errors import ImageError
from platewright.image import decode_image
from platewright.output.photo import PhotoReadings
from platewright.reading.choice import load_detector
from platewright.reading.detector import Detector
from platewright.region import jurisdictions
from platewright.web.metric import count, observe
from platewright.web.problem import BusyError, RequestError

__all__ = ["Shot", "loaded", "read_picture", "readable_regions", "use_turns", "warm_up"]

TURNS = max(1, min(os.cpu_count() or 1, 8))
"""How many pictures are decoded and read at a time; each takes a core and some memory."""
SHOWN_PX = 1600
"""The longer side of a picture that is shown or kept."""

_lock = threading.Lock()
_detectors: list[Detector] = []
_readers: list[ThreadPoolExecutor] = []


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A picture that was read.

    Attributes:
        photo: what was read; quads in pixels of the picture as it was sent.
        image: uint8 (H, W, 3) RGB, scaled down to `SHOWN_PX` where it is larger.
        scale: pixels of `image` per pixel of the picture.
    """

    photo: PhotoReadings
    image: NDArray[np.uint8]
    scale: float


def warm_up() -> Detector:
    """Return the detector, loaded and tried once, so that the first client does not wait.

    Raises:
        WeightsError: if the weights can't be used.
    """
    with _lock:
        if not _readers:
            use_turns(TURNS)
        if not _detectors:
            cv2.setNumThreads(1)
            detector = load_detector(Path(settings.WEIGHTS), reader=settings.READER)
            detector.read(np.full((120, 160), 128, np.uint8))
            detector.jurisdiction  # noqa: B018  made here, once, not by two threads at a time
            _detectors.append(detector)
        return _detectors[0]


def use_turns(turns: int) -> None:
    """Set how many pictures this process reads at a time; before the first one.

    Always the same few threads read: each has its own heap, and what every thread of the server
    once needed for a large picture would stay with it.
    """
    _readers[:] = [ThreadPoolExecutor(turns, thread_name_prefix="reader")]


def loaded() -> bool:
    """Tell whether the detector is there."""
    return bool(_detectors)


def readable_regions() -> list[str]:
    """Return the codes of the regions that texts can be asked to fit."""
    return list(jurisdictions())


def read_picture(name: str, data: bytes, *, deadline: float, region: str = "") -> Shot:
    """Decode and read a picture, when a turn is free.

    Args:
        name: what an error calls it.
        data: the file's bytes.
        deadline: on the clock of `time.monotonic`; no reading begins after it.
        region: code of the region whose syntaxes texts are to fit; empty: any text.

    Raises:
        ImageError: if it is no picture, or has too many pixels.
        RequestError: if there is no such region.
        BusyError: if no turn is free before the deadline.
    """
    if region and region not in readable_regions():  # never a path: that is for the command line
        raise RequestError(f"{region[:20]!r}: no such region")
    detector = _for_region(region) if region else warm_up()
    work = _readers[0].submit(_read, name, data, detector)
    wait([work], timeout=max(deadline - time.monotonic(), 0))
    if work.cancel():
        raise BusyError("too many pictures are waiting; try again in a moment")
    try:
        shot = work.result()  # one that has begun takes no longer than a picture does
    except ImageError:
        count("pictures", 'result="unreadable"')
        raise
    observe(shot.photo.ms / 1e3)
    count("pictures", 'result="read"')
    for reading in shot.photo.readings:
        count("plates", f'accepted="{"yes" if reading.accepted else "no"}"')
    return shot


def _read(name: str, data: bytes, detector: Detector) -> Shot:
    image = decode_image(io.BytesIO(data), name, max_pixels=settings.MAX_PICTURE_PIXELS)
    start = time.perf_counter()
    readings = detector.read(image)
    ms = (time.perf_counter() - start) * 1e3
    size = (image.shape[0], image.shape[1])
    shown, scale = _shown(image)
    photo = PhotoReadings(file=name, size=size, ms=ms, readings=tuple(readings))
    return Shot(photo=photo, image=shown, scale=scale)


@lru_cache(maxsize=16)
def _for_region(region: str) -> Detector:
    """Return a detector that shares the networks and reads one region's syntaxes."""
    return warm_up().with_settings(regions=(region,))


def _shown(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    height, width = image.shape[:2]
    scale = min(SHOWN_PX / max(height, width), 1.0)
    if scale == 1.0:
        return image, 1.0
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), scale
