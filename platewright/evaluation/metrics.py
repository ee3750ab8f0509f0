"""How well plates are found and read: edits, matches, figures, calibration, confusions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.geometry import Box, iou, iou_matrix
from platewright.record import Reading
from platewright.text import NONE, align, clean, edit_distance, fold

FAIR_IOU = 0.5
NARROW = 2.2  #: Boxes less than so many times as wide as high: plates of two lines, and US ones
CAUSES = (
    "not found", "extra at an end", "extra between", "lost character", "lost line", "O/0 or I/1",
    "other character", "several", "another text", "wrong region",
)  # fmt: skip
"""What can be wrong with a reading, see `Outcome.cause`."""


def character_accuracy(pairs: Iterable[tuple[str, str]]) -> float:
    """Return 1 - edits / characters over pairs of (truth, read); 0 where there is no character.

    A missed plate is read as an empty text, which counts all its characters. Texts much longer
    than their plates' can take it below 0.

    >>> character_accuracy([("AB12", "AB12"), ("CD34", "CD3")])
    0.875
    """
    edits = characters = 0
    for truth, read in pairs:
        edits += edit_distance(truth, read)
        characters += len(truth)
    return 1 - edits / characters if characters else 0.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one labelled plate."""

    file: str  #: the photo
    box: Box  #: where the label says the plate is, in pixels of the photo
    text: str  #: the label's text, cleaned; empty where it could not be read by eye
    country: str = ""  #: the label's country, may be empty
    #: the reading that overlaps the label most; None where none does
    reading: Reading | None = None
    iou: float = 0.0  #: their boxes' intersection over union, 0-1

    @property
    def narrow(self) -> bool:
        """Whether the box is of less than `NARROW`."""
        x0, y0, x1, y1 = self.box
        return x1 - x0 < NARROW * (y1 - y0)

    @property
    def read(self) -> str:
        """The text that was read, cleaned; empty where nothing was found."""
        return clean(self.reading.text) if self.reading else ""

    @property
    def exact(self) -> bool:
        """Whether the text was read as labelled."""
        return bool(self.text) and self.read == self.text

    @property
    def folded(self) -> bool:
        """Whether it was read as labelled when O is 0 and I is 1."""
        return bool(self.text) and fold(self.read) == fold(self.text)

    @property
    def region(self) -> bool | None:
        """Whether the country is right; None where none is labelled, or the text is not."""
        if not (self.folded and self.country and self.reading):
            return None
        return self.reading.region.split("-")[0] == self.country

    @property
    def cause(self) -> str:
        """What is wrong with what was read: one of `CAUSES`; empty where nothing is, or no text."""
        if not self.text or self.exact:
            return "wrong region" if self.region is False else ""
        if self.reading is None:
            return "not found"
        if self.folded:
            return "O/0 or I/1"
        steps = align(fold(self.text), fold(self.read))
        wrong = [(k, pair) for k, pair in enumerate(steps) if pair[0] != pair[1]]
        if all(truth == NONE for _, (truth, _) in wrong):
            right = [k for k, (truth, read) in enumerate(steps) if truth == read]
            between = right[-1] - right[0] + 1 - len(right)
            return "extra between" if between else "extra at an end"
        if all(read == NONE for _, (_, read) in wrong):
            run = wrong[-1][0] - wrong[0][0] + 1 == len(wrong)
            line = len(wrong) > 1 and run and self.narrow
            return "lost line" if line else "lost character"
        if all(NONE not in pair for _, pair in wrong):
            return "other character" if len(wrong) <= len(self.text) / 2 else "another text"
        return "several" if len(wrong) <= len(self.text) / 2 else "another text"

    @property
    def kind(self) -> str:
        """`read`, `misread`, `badly framed`, `not found`, or `found` for a label without text."""
        if self.reading is None:
            return "not found"
        if self.folded:
            return "read"
        if self.iou < FAIR_IOU:
            return "badly framed"
        return "misread" if self.text else "found"


def match(boxes: Sequence[Box], readings: Sequence[Reading]) -> list[tuple[int, float]]:
    """Return for each label's box the reading that overlaps it most, and their IoU.

    Returns:
        (index of the reading or -1, IoU); one reading may serve two labels. Of readings that
        overlap alike the first, which is the surest, is taken. What overlaps goes by their bounds.
    """
    if not boxes or not readings:
        return [(-1, 0.0)] * len(boxes)
    overlap = iou_matrix(boxes, [reading.bounds for reading in readings])
    best = [(int(row.argmax()), row.max() > 0) for row in overlap]
    return [
        (k, iou(box, readings[k].box)) if there else (-1, 0.0)
        for box, (k, there) in zip(boxes, best, strict=True)
    ]


def count_extra(boxes: Sequence[Box], readings: Sequence[Reading]) -> int:
    """Return how many readings overlap no label's box at all."""
    if not boxes or not readings:
        return len(readings)
    overlap = iou_matrix(boxes, [reading.bounds for reading in readings])
    return int((overlap.max(axis=0) <= 0).sum())


def reliability(
    confidences: ArrayLike, right: ArrayLike, num_bins: int = 15
) -> list[dict[str, float]]:
    """Return how often readings were right, by how sure they were.

    Args:
        confidences: (n,) of 0-1.
        right: (n,) booleans.
        num_bins: bins of equal width; 1.0 belongs to the last.

    Returns:
        For each bin that is not empty: from, to, count, confidence (mean), accuracy.
    """
    sure = np.asarray(confidences, dtype=np.float64)
    hits = np.asarray(right, dtype=np.float64)
    bins = np.clip((sure * num_bins).astype(int), 0, num_bins - 1)
    return [
        {
            "from": index / num_bins,
            "to": (index + 1) / num_bins,
            "count": int((bins == index).sum()),
            "confidence": float(sure[bins == index].mean()),
            "accuracy": float(hits[bins == index].mean()),
        }
        for index in np.unique(bins).tolist()
    ]


def expected_calibration_error(table: Sequence[dict[str, float]]) -> float:
    """Return the mean gap of confidence and accuracy, weighted by count (Guo et al. 2017).

    >>> expected_calibration_error([{"count": 3, "confidence": 0.9, "accuracy": 0.8},
    ...                             {"count": 1, "confidence": 0.5, "accuracy": 1.0}])
    0.2
    """
    total = sum(row["count"] for row in table)
    gaps = sum(row["count"] * abs(row["confidence"] - row["accuracy"]) for row in table)
    return round(gaps / total, 12) if total else 0.0


def confusions(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Return how often each character was read as which, from cheapest alignments.

    Args:
        pairs: (truth, read).

    Returns:
        matrix[truth][read], sorted; `NONE` as truth is an added character, as read a missing one.
    """
    counts = Counter(pair for truth, read in pairs for pair in align(truth, read))
    matrix: dict[str, dict[str, int]] = defaultdict(dict)
    for (truth, read), count in sorted(counts.items()):
        matrix[truth][read] = count
    return dict(matrix)


def summarize(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures of some labelled plates; fractions of 0-1, None where there is nothing.

    `plates` counts all labels, which the overlaps are of; `texts` those with a text, which
    exact, folded, character accuracy and causes are of; `region` is of the countries of those that
    are read right.
    """
    texts = [outcome for outcome in outcomes if outcome.text]

    def share(hits: Iterable[bool], total: int) -> float | None:
        return round(sum(hits) / total, 4) if total else None

    located = [outcome.region for outcome in texts if outcome.region is not None]
    found = Counter(outcome.cause for outcome in texts)
    accuracy = character_accuracy((outcome.text, outcome.read) for outcome in texts)
    return {
        "plates": len(outcomes),
        "texts": len(texts),
        "overlap_any": share((o.reading is not None for o in outcomes), len(outcomes)),
        "overlap_half": share((o.iou >= FAIR_IOU for o in outcomes), len(outcomes)),
        "exact": share((o.exact for o in texts), len(texts)),
        "folded": share((o.folded for o in texts), len(texts)),
        "character_accuracy": round(accuracy, 4) if texts else None,
        "region": share((known for known in located if known), len(located)),
        "causes": {cause: found[cause] for cause in CAUSES if found[cause]},
    }


def milliseconds(times: ArrayLike) -> dict[str, float | None]:
    """Return median and 95th percentile (linear between samples) of times in milliseconds."""
    ms: NDArray[np.float64] = np.asarray(times, dtype=np.float64)
    told = {"median": 50, "p95": 95}
    return {n: round(float(np.percentile(ms, q)), 1) if ms.size else None for n, q in told.items()}


THRESHOLDS = tuple(k / 100 for k in range(100))  #: Of a whole curve: 0 to 0.99


Kind = Literal["right", "wrong", "unknown", "extra"]


@dataclass(frozen=True)
class Verdict:
    """What one reading turned out to be."""

    confidence: float  #: the reading's, 0-1
    #: `right` or `wrong` where it overlaps a labelled text, compared with O as 0 and I as 1;
    #: `unknown` where it overlaps a label without text; `extra` where it overlaps no label
    kind: Kind
    region: str = ""  #: the code it was given
    accepted: bool = True  #: whether the reading says that its text may be taken as read


def judge(boxes: Sequence[Box], texts: Sequence[str], readings: Sequence[Reading]) -> list[Verdict]:
    """Judge each reading of a photo by the label that it overlaps most.

    Args:
        texts: of the labels; empty where they could not be read by eye.
    """
    if not readings:
        return []
    if not boxes:
        return [Verdict(r.confidence, "extra", r.region, r.accepted) for r in readings]
    verdicts = []
    overlaps = iou_matrix([reading.bounds for reading in readings], boxes)
    for reading, overlap in zip(readings, overlaps, strict=True):
        text = clean(texts[int(overlap.argmax())])
        kind: Kind
        if overlap.max() <= 0:
            kind = "extra"
        elif not text:
            kind = "unknown"
        else:
            kind = "right" if fold(clean(reading.text)) == fold(text) else "wrong"
        verdicts.append(Verdict(reading.confidence, kind, reading.region, reading.accepted))
    return verdicts


def acceptance(verdicts: Sequence[Verdict], num_texts: int, threshold: float) -> dict[str, Any]:
    """Return the figures of the readings at or above a threshold.

    Args:
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
