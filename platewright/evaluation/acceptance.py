"""Which readings a threshold on their confidence accepts, and how many of those are right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from platewright.geometry import Box, iou_matrix
from platewright.record import Reading
from platewright.text import clean, fold

__all__ = ["THRESHOLDS", "Verdict", "acceptance", "judge"]

THRESHOLDS = tuple(k / 100 for k in range(100))
"""Of a whole curve: 0 to 0.99."""


@dataclass(frozen=True)
class Verdict:
    """What one reading turned out to be.

    Attributes:
        confidence: the reading's, 0-1.
        kind: `right` or `wrong` where it overlaps a labelled text, compared with O as 0 and I as 1;
            `unknown` where it overlaps a label without text; `extra` where it overlaps no label.
        region: the code it was given.
    """

    confidence: float
    kind: Literal["right", "wrong", "unknown", "extra"]
    region: str = ""


def judge(boxes: Sequence[Box], texts: Sequence[str], readings: Sequence[Reading]) -> list[Verdict]:
    """Judge each reading of a photo by the label that it overlaps most.

    Args:
        boxes: of the labels.
        texts: of the labels; empty where they could not be read by eye.
        readings: of the photo.
    """
    if not readings:
        return []
    if not boxes:
        return [Verdict(reading.confidence, "extra", reading.region) for reading in readings]
    verdicts = []
    for reading, overlap in zip(
        readings, iou_matrix([reading.box for reading in readings], boxes), strict=True
    ):
        text = clean(texts[int(overlap.argmax())])
        kind: Literal["right", "wrong", "unknown", "extra"]
        if overlap.max() <= 0:
            kind = "extra"
        elif not text:
            kind = "unknown"
        else:
            kind = "right" if fold(clean(reading.text)) == fold(text) else "wrong"
        verdicts.append(Verdict(reading.confidence, kind, reading.region))
    return verdicts


def acceptance(verdicts: Sequence[Verdict], num_texts: int, threshold: float) -> dict[str, Any]:
    """Return the figures of the readings at or above a threshold.

    Args:
        verdicts: of all readings.
        num_texts: labels with a text.
        threshold: least confidence, 0-1.

    Returns:
        `precision`: right ones, part of those that overlap a labelled text; `precision_all`: part
        of those and the extra ones; `recall`: right ones, part of the labelled texts; and counts.
        None where there is nothing to divide by.

    >>> seen = [Verdict(0.9, "right"), Verdict(0.8, "extra"), Verdict(0.3, "wrong")]
    >>> acceptance(seen, 2, 0.5)["precision"], acceptance(seen, 2, 0.5)["precision_all"]
    (1.0, 0.5)
    """
    counts = Counter(v.kind for v in verdicts if v.confidence >= threshold)
    right, known = counts["right"], counts["right"] + counts["wrong"]
    every = known + counts["extra"]
    return {
        "min_confidence": threshold,
        "precision": round(right / known, 4) if known else None,
        "precision_all": round(right / every, 4) if every else None,
        "recall": round(right / num_texts, 4) if num_texts else None,
        **{kind: counts[kind] for kind in ("right", "wrong", "unknown", "extra")},
    }
