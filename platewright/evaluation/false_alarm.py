"""False alarms: what a detector reads in photos that have no plate."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from platewright.errors import DatasetError, ImageError
from platewright.evaluation.evaluation import PlateReader, fit_into
from platewright.evaluation.metrics import milliseconds
from platewright.image import load_image
from platewright.output.batch import list_images

__all__ = ["empty_photos", "read_empty"]


def empty_photos(paths: Sequence[Path], skip: int = 0) -> list[Path]:
    """Return photos, and those in folders, in order, without the first `skip`.

    Raises:
        ImageError: if a folder can't be read or holds no photo.
        DatasetError: if none is left.
    """
    photos: list[Path] = []
    for path in paths:
        photos += list_images(path) if path.is_dir() else [path]
    if skip >= len(photos):
        raise DatasetError(f"{paths[0]}: {len(photos)} photos, none left after skipping {skip}")
    return photos[skip:]


def read_empty(
    photos: Sequence[Path],
    reader: PlateReader,
    *,
    accepted: float = 0.0,
    size: tuple[int, int] | None = None,
    after: Callable[[int], None] | None = None,
) -> tuple[dict[str, Any], list[str]]:
    """Read photos without plates.

    Args:
        photos: the files.
        reader: a detector.
        accepted: least confidence of the readings that are also counted by themselves.
        size: (height, width) that every photo is first scaled and padded to; None: as it is.
        after: called after each photo with how many are done.

    Returns:
        The figures, ready for JSON, the surest readings among them; and one line for each photo
        that can't be read.

    Raises:
        DatasetError: if none of the photos can be read.
    """
    found: list[dict[str, Any]] = []
    times: list[float] = []
    unreadable: list[str] = []
    for done, path in enumerate(photos, 1):
        try:
            image = load_image(path)
        except ImageError as error:
            unreadable.append(str(error))
            if after is not None:
                after(done)
            continue
        if size is not None:
            image = fit_into(image, size)[0]
        start = time.perf_counter()
        readings = reader.read(image)
        times.append((time.perf_counter() - start) * 1e3)
        found += [
            {
                "file": path.name,
                "text": reading.text,
                "confidence": round(reading.confidence, 4),
                "presence": round(reading.presence, 4),
            }
            for reading in readings
        ]
        if after is not None:
            after(done)
    if not times:
        raise DatasetError(f"none of the {len(photos)} photos can be read; first: {unreadable[0]}")
    sure = [each for each in found if each["confidence"] >= accepted]
    figures = {
        "photos": len(times),
        "unreadable": len(unreadable),
        "readings": len(found),
        "per_photo": round(len(found) / len(times), 4),
        "photos_with_any": len({each["file"] for each in found}),
        "min_confidence": accepted,
        "accepted_per_photo": round(len(sure) / len(times), 4),
        "ms": milliseconds(times),
        "surest": sorted(found, key=lambda each: -each["presence"] * each["confidence"])[:20],
    }
    return figures, unreadable
