"""An evaluation: photos read by a detector, what came of their labels, and its figures."""

import io
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.dataset.format.labels_csv import Label
from platewright.dataset.picture_file import PackedPicture
from platewright.errors import DatasetError, ImageError, counted
from platewright.evaluation.metrics import (
    Outcome,
    Verdict,
    acceptance,
    character_accuracy,
    confusions,
    count_extra,
    expected_calibration_error,
    judge,
    match,
    milliseconds,
    reliability,
    summarize,
)
from platewright.geometry import Box, Picture, iou, quad_of_box
from platewright.image import decode_image, load_image
from platewright.output.batch import list_images
from platewright.reading.acceptance import Shown
from platewright.record import Reading
from platewright.text import clean


class PlateReader(Protocol):
    """What an evaluation needs of a detector."""

    def read(self, image: Picture) -> list[Reading]:
        """Find and read the plates of a photo."""
        ...

    def read_quads(self, image: Picture, quads: Sequence[ArrayLike]) -> list[Reading]:
        """Read plates whose corners are known, one reading each."""
        ...


@dataclass(kw_only=True)
class Evaluation:
    """What came of the photos so far."""

    #: one per labelled plate of the photos that could be read
    outcomes: list[Outcome] = field(default_factory=list)
    #: milliseconds per photo, for finding and reading alone
    times: list[float] = field(default_factory=list)
    extra: int | None = 0  #: readings that overlap no label; None where the boxes were given
    shown_extra: int = 0  #: those of them that a person gets to see
    #: one line for each photo that could not be loaded
    unreadable: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)  #: one per reading

    def add(
        self,
        labels: Sequence[Label],
        boxes: Sequence[Box],
        readings: Sequence[Reading],
        matches: Sequence[tuple[int, float]],
    ) -> list[Outcome]:
        """Take in what was read in a photo; returns what came of its labels.

        Args:
            labels: of the photo.
            boxes: theirs, in pixels of the picture that was read.
            matches: of each label the index of its reading, -1: it has none; and their IoU.
        """
        if self.extra is not None:
            shown = list(filter(Shown(), readings))
            self.extra += count_extra(boxes, readings)
            self.shown_extra += count_extra(boxes, shown)
        self.verdicts += judge(boxes, [label.text for label in labels], readings)
        outcomes = [
            Outcome(
                file=label.file,
                box=box,
                text=clean(label.text),
                country=label.country,
                reading=readings[index] if index >= 0 else None,
                iou=overlap,
            )
            for label, box, (index, overlap) in zip(labels, boxes, matches, strict=True)
        ]
        self.outcomes += outcomes
        return outcomes

    def report(self, accepted: float = 0.0) -> dict[str, Any]:
        """Return all figures, ready for JSON; fractions are of 0-1.

        Calibration asks whether the confidence is the chance that the folded text is right, over
        all readings matched to a label with a text, in 15 bins of equal width. Confusions are
        counted where at least half of the characters are right: elsewhere an alignment is chance.

        Args:
            accepted: least confidence of the readings that `accepted` counts. Where the detector
                found the plates itself, those that it doesn't accept don't count, however sure.
        """
        taken = [v for v in self.verdicts if v.accepted or self.extra is None]
        shown = Shown()
        seen = [o for o in self.outcomes if o.reading is not None and shown(o.reading)]
        texts = sum(bool(o.text) for o in self.outcomes)

        def per_photo(extra: int) -> float | None:
            told = self.extra is not None and self.times
            return round(extra / len(self.times), 4) if told else None

        countries = Counter(o.country for o in self.outcomes)
        read = [o for o in self.outcomes if o.text and o.reading is not None]
        table = reliability(
            [o.reading.confidence for o in read if o.reading], [o.folded for o in read]
        )
        pairs = [(o.text, o.read) for o in read]
        narrow = [o for o in self.outcomes if o.narrow]
        return {
            "photos": len(self.times),
            "unreadable": len(self.unreadable),
            "all": summarize(self.outcomes),
            "narrow": summarize(narrow),
            "kinds": dict(sorted(Counter(o.kind for o in self.outcomes).items())),
            "extra_per_photo": per_photo(self.extra or 0),
            "shown": {
                "extra_per_photo": per_photo(self.shown_extra),
                # Of all texts, since what isn't shown isn't read for who looks at it.
                "folded": round(sum(o.folded for o in seen) / max(texts, 1), 4),
            },
            "ms": milliseconds(self.times),
            "countries": {
                country: summarize([o for o in self.outcomes if o.country == country])
                for country, _ in sorted(countries.items(), key=lambda item: (-item[1], item[0]))
            },
            "accepted": acceptance(taken, texts, accepted),
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
    size: tuple[int, int] | None = None,
    packed: Mapping[str, PackedPicture] | None = None,
    after: Callable[[Picture, list[Outcome], list[Reading], Evaluation], None] | None = None,
) -> Evaluation:
    """Read labelled photos and match what is read to the labels.

    Args:
        labels: of one or more photos; those without a box are read as a whole picture.
        folder: where the photos lie.
        given_boxes: read the labels' boxes instead of searching.
        margin: added to a given box on each side, as a fraction of its width and height.
        size: (height, width) that every photo is first scaled and padded to; None: as it is.
        packed: photos that lie inside of other files.
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
            if packed and file in packed:
                image = decode_image(io.BytesIO(packed[file].read()), file)
            else:
                image = load_image(folder / file)
        except ImageError as error:
            line = f" (line {own[0].line} of the labels)" if own[0].line else ""
            result.unreadable.append(f"{error}{line}")
            continue
        height, width = image.shape[:2]
        boxes = [label.box or (0.0, 0.0, float(width), float(height)) for label in own]
        if size is not None:
            image, scale, left, top = fit_into(image, size)
            boxes = [
                (scale * x0 + left, scale * y0 + top, scale * x1 + left, scale * y1 + top)
                for x0, y0, x1, y1 in boxes
            ]
        start = time.perf_counter()
        if given_boxes or own[0].box is None:
            readings = reader.read_quads(image, [_quad(box, margin) for box in boxes])
            matches = [(k, iou(box, readings[k].box)) for k, box in enumerate(boxes)]
            result.extra = None
        else:
            readings = reader.read(image)
            matches = match(boxes, readings)
        result.times.append((time.perf_counter() - start) * 1e3)
        outcomes = result.add(own, boxes, readings, matches)
        if after is not None:
            after(image, outcomes, readings, result)
    if not result.times:
        raise DatasetError(
            f"{folder}: none of the {len(by_file)} photos can be read; the first: "
            f"{result.unreadable[0]}"
        )
    return result


def _quad(box: Box, margin: float) -> NDArray[np.float64]:
    """Return the corners of a box that is a fraction larger on each side."""
    x0, y0, x1, y1 = box
    side, top = margin * (x1 - x0), margin * (y1 - y0)
    return quad_of_box((x0 - side, y0 - top, x1 + side, y1 + top))


def fit_into(image: Picture, size: tuple[int, int]) -> tuple[Picture, float, int, int]:
    """Scale a photo to fit a size and pad it with grey, in the middle.

    Args:
        image: (H, W, 3).
        size: (height, width) of the result.

    Returns:
        The picture, its scale, the padding on the left and at the top in pixels.
    """
    height, width = image.shape[:2]
    scale = min(size[0] / height, size[1] / width)
    tall, wide = min(round(height * scale), size[0]), min(round(width * scale), size[1])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    top, left = (size[0] - tall) // 2, (size[1] - wide) // 2
    canvas = np.full((*size, 3), 128, np.uint8)
    small = cv2.resize(image, (wide, tall), interpolation=how)
    canvas[top : top + tall, left : left + wide] = small
    return canvas, scale, left, top


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
        raise DatasetError(
            f"{paths[0]}: {counted(len(photos), 'photo')}, none left after skipping {skip}"
        )
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
        accepted: least confidence of the readings that are also counted by themselves.
        size: as in `evaluate`.
        after: called after each photo with how many are done.

    Returns:
        The figures, ready for JSON, the surest readings among them; and one line for each photo
        that can't be read.

    Raises:
        DatasetError: if none of the photos can be read.
    """
    shown = Shown()
    found: list[dict[str, Any]] = []
    times: list[float] = []
    unreadable: list[str] = []
    for done, path in enumerate(photos, 1):
        try:
            image = load_image(path)
        except ImageError as error:
            unreadable.append(str(error))
        else:
            image = image if size is None else fit_into(image, size)[0]
            start = time.perf_counter()
            readings = reader.read(image)
            times.append((time.perf_counter() - start) * 1e3)
            found += [
                {
                    "file": path.name,
                    "text": reading.text,
                    "confidence": round(reading.confidence, 4),
                    "presence": round(reading.presence, 4),
                    "shown": shown(reading),
                    "accepted": reading.accepted and reading.confidence >= accepted,
                }
                for reading in readings
            ]
        if after is not None:
            after(done)
    if not times:
        raise DatasetError(f"none of the {len(photos)} photos can be read; first: {unreadable[0]}")
    figures = {
        "photos": len(times),
        "unreadable": len(unreadable),
        "readings": len(found),
        "per_photo": round(len(found) / len(times), 4),
        "shown_per_photo": round(sum(each["shown"] for each in found) / len(times), 4),
        "photos_with_any": len({each["file"] for each in found}),
        "min_confidence": accepted,
        "accepted_per_photo": round(sum(each["accepted"] for each in found) / len(times), 4),
        "ms": milliseconds(times),
        "surest": sorted(found, key=lambda each: -each["presence"] * each["confidence"])[:20],
    }
    return figures, unreadable
