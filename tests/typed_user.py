"""What a user's own script looks like to `mypy --strict`, which is all that looks at it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import platewright
from platewright import Detector, PhotoReadings, PlatewrightError, Reading, Scene


def texts(source: str | Path | bytes | NDArray[np.uint8] | Image.Image) -> list[str]:
    """Read a picture, and use all that a reading has."""
    found: list[str] = []
    for plate in platewright.read(source, regions=None):
        box: tuple[float, float, float, float] = plate.box
        quad: NDArray[np.float64] = plate.quad
        chars = [(c.char.lower(), c.probability + 1, c.alternatives) for c in plate.characters]
        found.append(f"{plate.text.lower()} {plate.confidence + 1} {box[0]} {quad.shape} {chars}")
        json.dumps(plate.as_dict())
    return found


def own_detectors(own: Path) -> list[Detector]:
    """Name regions and weights in every way."""
    return [
        Detector(regions=["GB", own], min_confidence=0.5, threads=1),
        Detector(own, regions="GB,DE", reader="crnn-gru"),
        Detector(str(own), regions=own, everything=True, accept=0.9),
    ]


def pictures(detector: Detector) -> Iterable[NDArray[np.uint8]]:
    """Draw on pictures and hide plates."""
    with open("a.jpg", "rb") as file:
        plates: list[Reading] = detector.read(file)
    yield detector.annotate("a.jpg", plates)
    yield detector.annotate(io.BytesIO(b""))
    yield detector.redact(Image.new("L", (9, 9)))


def told(error: PlatewrightError) -> None:
    """Tell what went wrong."""
    print(error)


def many(detector: Detector, frames: list[NDArray[np.uint8]], names: list[str]) -> None:
    """Read folders and lists, and hand the readings on."""
    for photo in detector.read_many("photos", workers=2, on_error=told):
        same: PhotoReadings = photo
        print(same.file.lower(), same.size[0] + 1, len(same), [plate.text for plate in same])
        print(platewright.to_detections(photo).xyxy, photo.as_dict()["plates"])
    for pictures in (frames, names):
        print(platewright.to_frame(detector.read_many(pictures, on_error=print)))
    print(list(detector.read_many([Path("a.jpg"), b""])))
    print(platewright.to_coco(detector.read_many(frames))["images"])


def drawn() -> Scene:
    """Draw, and look at what was."""
    pixels, record = platewright.draw(region=["DE"], seed=7, size=(100, 200), backgrounds="bgs")
    print(pixels.shape, [(plate.text.lower(), plate.box) for plate in record.plates])
    return platewright.draw("GB", index=1)
