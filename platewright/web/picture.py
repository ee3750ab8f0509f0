"""What is done with one picture: decoded, its plates found and read, a smaller one made to show."""

import io
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.image import decode_image
from platewright.output.photo import PhotoReadings
from platewright.reading.choice import load_detector
from platewright.reading.detector import Detector
from platewright.reading.settings import Mask

SHOWN_PX = 1600  #: The longer side of a picture that is shown or kept


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A picture that was read."""

    photo: PhotoReadings  #: what was read; quads in pixels of the picture as it was sent
    image: NDArray[np.uint8]  #: uint8 (H, W, 3) RGB, scaled down to `SHOWN_PX` where it is larger
    scale: float  #: pixels of `image` per pixel of the picture


@dataclass(frozen=True, kw_only=True)
class Source:
    """A picture as it came."""

    name: str  #: what errors call it
    data: bytes  #: the file's bytes
    max_pixels: int  #: the most pixels it may have
    region: str = ""  #: code of the region whose syntaxes texts are to fit; empty: any text
    mask: Mask | None = None  #: where nothing is looked for


class PictureReader:
    """A detector that is loaded and tried once, so that the first picture does not wait.

    Raises:
        ConfigError, WeightsError, ServiceError: if they can't be used.
    """

    def __init__(self, weights: Path, reader: str = "") -> None:
        cv2.setNumThreads(1)
        self.detector = load_detector(weights, reader=reader)
        self.detector.read(np.full((120, 160), 128, np.uint8))
        self.detector.jurisdiction  # noqa: B018  made here, once, not by two threads at a time
        # Detectors that share the networks and read one region's syntaxes.
        self._of_region = lru_cache(maxsize=16)(
            lambda region: self.detector.with_settings(regions=(region,))
        )

    def read(self, source: Source) -> Shot:
        """Decode and read a picture.

        Raises:
            ImageError: if it is no picture, or has too many pixels.
        """
        detector: Detector = self._of_region(source.region) if source.region else self.detector
        if source.mask:
            detector = detector.with_settings(mask=source.mask)
        image = decode_image(io.BytesIO(source.data), source.name, max_pixels=source.max_pixels)
        start = time.perf_counter()
        readings = detector.read(image)
        ms = (time.perf_counter() - start) * 1e3
        size = (image.shape[0], image.shape[1])
        image, scale = _shown(image)
        photo = PhotoReadings(file=source.name, size=size, ms=ms, readings=tuple(readings))
        return Shot(photo=photo, image=image, scale=scale)


def _shown(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    height, width = image.shape[:2]
    scale = min(SHOWN_PX / max(height, width), 1.0)
    if scale == 1.0:
        return image, 1.0
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), scale
