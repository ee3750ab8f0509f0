"""An evaluation: labelled photos read by a detector, and the figures of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.errors import DatasetError, ImageError
from platewright.geometry import Box, iou, quad_of_box
from platewright.image import load_image
from platewright.label import Label
from platewright.metrics import (
    Outcome,
    character_accuracy,
    clean,
    confusions,
    count_extra,
    expected_calibration_error,
    match,
    milliseconds,
    reliability,
    summarize,
)
from platewright.records import Reading

__all__ = ["Evaluation", "PlateReader", "evaluate", "format_report"]

UInt8Array = NDArray[np.uint8]


class PlateReader(Protocol):
    """What an evaluation needs of a detector."""

    def read(self, image: UInt8Array) -> list[Reading]:
        """Find and read the plates of a photo."""
        ...

    def read_quads(self, image: UInt8Array, quads: Sequence[ArrayLike]) -> list[Reading]:
        """Read plates whose corners are known, one reading each."""
        ...


@dataclass(kw_only=True)
class Evaluation:
    """What came of the photos so far.

    Attributes:
        outcomes: one per labelled plate of the photos that could be read.
        times: milliseconds per photo, for finding and reading alone.
        extra: readings that overlap no label; None where the boxes were given.
        unreadable: one line for each photo that could not be loaded.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    extra: int | None = 0
    unreadable: list[str] = field(default_factory=list)

    def report(self) -> dict[str, Any]:
        """Return all figures, ready for JSON; fractions are of 0-1.

        Calibration asks whether the confidence is the chance that the folded text is right, over
        all readings matched to a label with a text. Confusions are counted where at least half
        of the characters are right: elsewhere an alignment is chance.
        """
        countries = Counter(outcome.country for outcome in self.outcomes)
        read = [o for o in self.outcomes if o.text and o.reading is not None]
        table = reliability(
            [o.reading.confidence for o in read if o.reading], [o.folded for o in read]
        )
        pairs = [(o.text, o.read) for o in read]
        return {
            "photos": len(self.times),
            "unreadable": len(self.unreadable),
            "all": summarize(self.outcomes),
            "kinds": dict(sorted(Counter(o.kind for o in self.outcomes).items())),
            "extra_per_photo": (
                None
                if self.extra is None or not self.times
                else round(self.extra / len(self.times), 4)
            ),
            "ms": milliseconds(self.times),
            "countries": {
                country: summarize([o for o in self.outcomes if o.country == country])
                for country, _ in sorted(countries.items(), key=lambda item: (-item[1], item[0]))
            },
            "calibration": {
                "readings": len(read),
                "ece": round(expected_calibration_error(table), 4),
                "table": [{k: round(v, 4) for k, v in row.items()} for row in table],
            },
            "confusions": confusions(p for p in pairs if character_accuracy([p]) >= 0.5),
        }


def evaluate(
    labels: Sequence[Label],
    folder: Path,
    reader: PlateReader,
    *,
    given_boxes: bool = False,
    margin: float = 0.0,
    after: Callable[[UInt8Array, list[Outcome], list[Reading], Evaluation], None] | None = None,
) -> Evaluation:
    """Read labelled photos and match what is read to the labels.

    Args:
        labels: of one or more photos; those without a box are read as a whole picture.
        folder: where the photos lie.
        reader: a detector.
        given_boxes: read the labels' boxes instead of searching.
        margin: added to a given box on each side, as a fraction of its width and height.
        after: called after each photo with the photo, its outcomes, its readings, all so far.

    Raises:
        DatasetError: if none of the photos can be read.
    """
    by_file: dict[str, list[Label]] = {}
    for label in labels:
        by_file.setdefault(label.file, []).append(label)
    result = Evaluation()
    for file, own in by_file.items():
        try:
            image = load_image(folder / file)
        except ImageError as error:
            result.unreadable.append(f"{error} (line {own[0].line} of the labels)")
            continue
        size = (image.shape[0], image.shape[1])
        boxes = [label.box or (0.0, 0.0, float(size[1]), float(size[0])) for label in own]
        start = time.perf_counter()
        if given_boxes or own[0].box is None:
            readings = reader.read_quads(image, [_quad(box, margin) for box in boxes])
            matches = [(k, iou(box, readings[k].box)) for k, box in enumerate(boxes)]
            result.extra = None
        else:
            readings = reader.read(image)
            matches = match(boxes, readings)
        result.times.append((time.perf_counter() - start) * 1e3)
        if result.extra is not None:
            result.extra += count_extra(boxes, readings)
        outcomes = [
            Outcome(
                file=file,
                box=box,
                text=clean(label.text),
                country=label.country,
                reading=readings[index] if index >= 0 else None,
                iou=overlap,
            )
            for label, box, (index, overlap) in zip(own, boxes, matches, strict=True)
        ]
        result.outcomes += outcomes
        if after is not None:
            after(image, outcomes, readings, result)
    if not result.times:
        raise DatasetError(
            f"{folder}: none of the {len(by_file)} photos can be read; the first: "
            f"{result.unreadable[0]}"
        )
    return result


def format_report(report: dict[str, Any]) -> str:
    """Return an evaluation's report as text for a terminal, without a final line break."""
    every = report["all"]
    lines = [
        f"photos {report['photos']}, plates {every['plates']}, with text {every['texts']}"
        + (f", photos that can't be read {report['unreadable']}" if report["unreadable"] else ""),
        f"overlap: any {_share(every['overlap_any'])}, IoU >= 0.5 {_share(every['overlap_half'])}",
        f"text: exact {_share(every['exact'])}, folded (O=0, I=1) {_share(every['folded'])}, "
        f"characters {_share(every['character_accuracy'])}",
    ]
    if report["extra_per_photo"] is not None:
        lines.append(f"readings that overlap no label: {report['extra_per_photo']:.3f} per photo")
    lines.append(
        f"time per photo: median {report['ms']['median']} ms, p95 {report['ms']['p95']} ms"
    )
    lines += ["", "country  plates    any  >=0.5  texts  exact  folded  characters"]
    lines += [
        f"{country or '(none)':<7}  {row['plates']:>6}  {_share(row['overlap_any']):>5}  "
        f"{_share(row['overlap_half']):>5}  {row['texts']:>5}  {_share(row['exact']):>5}  "
        f"{_share(row['folded']):>6}  {_share(row['character_accuracy']):>10}"
        for country, row in report["countries"].items()
    ]
    calibration = report["calibration"]
    lines += ["", f"calibration: ECE {calibration['ece']:.3f}"]
    lines.append("confidence  readings   mean  right")
    lines += [
        f"{row['from']:.1f} - {row['to']:.1f}   {row['count']:>8}  "
        f"{_share(row['confidence']):>5}  {_share(row['accuracy']):>5}"
        for row in calibration["table"]
    ]
    wrong = sorted(
        (-count, truth, read)
        for truth, row in report["confusions"].items()
        for read, count in row.items()
        if truth != read
    )
    if wrong:
        most = ", ".join(f"{truth}>{read} {-count}" for count, truth, read in wrong[:12])
        lines += ["", f"most frequent confusions (true>read, - is none): {most}"]
    return "\n".join(lines)


def _quad(box: Box, margin: float) -> NDArray[np.float64]:
    """Return the corners of a box that is a fraction larger on each side."""
    x0, y0, x1, y1 = box
    side, top = margin * (x1 - x0), margin * (y1 - y0)
    return quad_of_box((x0 - side, y0 - top, x1 + side, y1 + top))


def _share(value: float | None) -> str:
    """Return a fraction as per cent, or a dash."""
    return "-" if value is None else f"{100 * value:.1f}"
