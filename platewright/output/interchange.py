"""Readings as other libraries have them: pandas and supervision, where these are installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from platewright.errors import ConfigError
from platewright.output.photo import PhotoReadings
from platewright.record import Reading

if TYPE_CHECKING:
    import pandas as pd
    import supervision as sv

__all__ = ["COLUMNS", "to_detections", "to_frame"]

COLUMNS = (
    "file", "text", "confidence", "presence", "accepted", "region", "x0", "y0", "x1", "y1",
)  # fmt: skip


def to_frame(readings: Iterable[Reading | PhotoReadings]) -> pd.DataFrame:
    """Return readings as a table of pandas, one row for each.

    Args:
        readings: of one picture, or what `read_many` yields.

    Returns:
        A table with `COLUMNS`; `file` is empty where it isn't known.

    Raises:
        ConfigError: if pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise ConfigError("to_frame needs pandas: pip install pandas") from None
    return pandas.DataFrame(list(_rows(readings)), columns=list(COLUMNS))


def to_detections(readings: Iterable[Reading]) -> sv.Detections:
    """Return the readings of one picture as `supervision.Detections`.

    `data` holds the texts as `class_name`, which its annotators write, and as `text`, the regions
    as `region`, and the corners as `quad`, (n, 4, 2).

    Raises:
        ConfigError: if supervision is not installed.
    """
    try:
        import supervision
    except ImportError:
        raise ConfigError("to_detections needs supervision: pip install supervision") from None
    found = list(readings)
    if not found:
        return supervision.Detections.empty()
    texts = np.array([reading.text for reading in found])
    return supervision.Detections(
        xyxy=np.array([reading.box for reading in found], np.float32),
        confidence=np.array([reading.confidence for reading in found], np.float32),
        class_id=np.zeros(len(found), int),
        data={
            "class_name": texts,
            "text": texts,
            "region": np.array([reading.region for reading in found]),
            "quad": np.stack([reading.quad for reading in found]),
        },
    )


def _rows(readings: Iterable[Reading | PhotoReadings], file: str = "") -> Iterator[tuple[Any, ...]]:
    for each in readings:
        if isinstance(each, PhotoReadings):
            yield from _rows(each.readings, each.file)
        else:
            facts = (each.text, each.confidence, each.presence, each.accepted, each.region)
            yield (file, *facts, *each.box)
