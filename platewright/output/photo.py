"""What was read in photos, and the table of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from platewright.errors import ConfigError, printable
from platewright.record import Reading
from platewright.text import percent

if TYPE_CHECKING:
    import pandas as pd
    import supervision as sv

Kind = TypeVar("Kind")


@dataclass(frozen=True, kw_only=True)
class PhotoReadings:
    """What was read in one photo."""

    file: str  #: the photo, as the user calls it
    size: tuple[int, int]  #: (height, width) in pixels, as the photo is shown
    #: how long finding and reading took, in milliseconds, without loading the file
    ms: float
    readings: tuple[Reading, ...]  #: sorted by presence x confidence, best first
    left_out: int = 0  #: how many more there were that are not shown
    redacted: bool = False  #: whether its plates were hidden instead of read

    def __len__(self) -> int:
        return len(self.readings)

    def __iter__(self) -> Iterator[Reading]:
        """Go through the readings, best first."""
        return iter(self.readings)

    def only(self, shown: Callable[[Reading], bool]) -> PhotoReadings:
        """Return the same with those readings alone that are to be shown."""
        kept = tuple(filter(shown, self.readings))
        return replace(self, readings=kept, left_out=len(self.readings) - len(kept))

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: file, width, height, ms and plates; whether it is redacted."""
        return {
            "file": self.file,
            "width": self.size[1],
            "height": self.size[0],
            "ms": round(self.ms, 1),
            "plates": [reading.as_dict() for reading in self.readings],
            **({"redacted": True} if self.redacted else {}),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PhotoReadings:
        """Read the JSON form back.

        Raises:
            KeyError, TypeError, ValueError: if it is none.
        """
        return cls(
            file=str(values["file"]),
            size=(int(values["height"]), int(values["width"])),
            ms=float(values["ms"]),
            readings=tuple(Reading.from_dict(plate) for plate in values["plates"]),
            redacted=values.get("redacted") is True,
        )


class ReadingsTable:
    """The readings as an aligned table, one line per plate; it keeps no more than what it shows.

    A photo without a plate has a line too; a text that is not accepted has a question mark. The
    photo stands last, so that long names push nothing out of line; it is left out where there is
    only one, and the region where none is known.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[str, ...]] = []
        self._photos = 0

    def __len__(self) -> int:
        return self._photos

    def add(self, photo: PhotoReadings) -> None:
        """Add a photo."""
        cells = [_cells(reading) for reading in photo.readings] or [("(no plate)", *[""] * 4)]
        self._rows += [(*row, printable(photo.file)) for row in cells]
        self._photos += 1

    def __str__(self) -> str:
        head = ("text", "confidence", "presence", "region", "box (x0 y0 x1 y1)", "photo")
        rows: list[tuple[str, ...]] = [head, *self._rows]
        regions = any(row[3] not in ("", "-") for row in self._rows)
        shown = [0, 1, 2, *([3] if regions else []), 4, *([5] if self._photos > 1 else [])]
        widths = {column: max(len(row[column]) for row in rows) for column in shown}
        rightwards = (1, 2)
        return "\n".join(
            "  ".join(
                row[k].rjust(widths[k]) if k in rightwards else row[k].ljust(widths[k])
                for k in shown
            ).rstrip()
            for row in rows
        )


def _cells(reading: Reading) -> tuple[str, ...]:
    """Return a reading's cells of the table."""
    return (
        (reading.text + ("" if reading.accepted else " ?")) if reading.text else "(unread)",
        percent(reading.confidence),
        percent(reading.presence),
        reading.region or "-",
        " ".join(f"{value:.0f}" for value in reading.box),
    )


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
        TypeError: if something else is given.
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

    Args:
        readings: what `read` returns, or one of those that `read_many` yields.

    Raises:
        ConfigError: if supervision is not installed.
        TypeError: if something else is given.
    """
    try:
        import supervision
    except ImportError:
        raise ConfigError("to_detections needs supervision: pip install supervision") from None
    found = list(each_of(readings, "readings of one picture", Reading))
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


COCO_CATEGORIES = [{"id": 1, "name": "plate", "supercategory": "vehicle"}]


def coco_entries(
    photo: PhotoReadings, image: int, first: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a photo as COCO has it: its entry of `images`, and those of `annotations`.

    Args:
        image: its id, from 1.
        first: id of its first annotation, from 1.
    """
    from platewright.dataset.outline import polygon_area  # reading a photo takes none of that

    height, width = photo.size
    entry = {"id": image, "file_name": photo.file, "width": width, "height": height}
    annotations = []
    for number, reading in enumerate(photo):
        x0, y0, x1, y1 = reading.box
        told = {"text": reading.text, "region": reading.region}
        sure = {"accepted": reading.accepted, "presence": round(reading.presence, 4)}
        annotations.append(
            {
                "id": first + number,
                "image_id": image,
                "category_id": 1,
                "bbox": [round(v, 2) for v in (x0, y0, x1 - x0, y1 - y0)],
                "area": round(polygon_area(reading.quad), 2),
                "segmentation": [[round(float(v), 2) for v in np.ravel(reading.quad)]],
                "iscrowd": 0,
                "score": round(reading.confidence, 4),
                "attributes": told | sure,
            }
        )
    return entry, annotations


def to_coco(photos: Iterable[PhotoReadings]) -> dict[str, Any]:
    """Return photos with their readings as one object of COCO, ready for `json.dump`.

    Each annotation has its box, its corners as `segmentation`, the confidence as `score`, and
    `text`, `region`, `accepted` and `presence` as `attributes`. FiftyOne, CVAT and `platewright
    convert` read it.

    Args:
        photos: what `read_many` yields.

    Raises:
        TypeError: if something else is given.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, photo in enumerate(each_of(photos, "what read_many yields", PhotoReadings), 1):
        image, found = coco_entries(photo, number, len(annotations) + 1)
        images.append(image)
        annotations += found
    return {"images": images, "annotations": annotations, "categories": COCO_CATEGORIES}


def _rows(readings: Iterable[Reading | PhotoReadings], file: str = "") -> Iterator[tuple[Any, ...]]:
    for each in each_of(readings, "readings, or what read_many yields", Reading, PhotoReadings):
        if isinstance(each, PhotoReadings):
            yield from _rows(each.readings, each.file)
        else:
            facts = (each.text, each.confidence, each.presence, each.accepted, each.region)
            yield (file, *facts, *each.box)


def each_of(given: Iterable[Kind], wanted: str, *kinds: type) -> Iterator[Kind]:
    """Go through what is given, if it is what is wanted.

    Raises:
        TypeError: if it is none, or one of it is something else.
    """
    if not isinstance(given, Iterable):
        raise TypeError(f"a {type(given).__name__}: give a list of {wanted}")
    for one in given:
        if not isinstance(one, kinds):
            raise TypeError(f"a {type(one).__name__} in it: give a list of {wanted}")
        yield one
