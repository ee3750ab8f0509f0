"""The photos of a run: which they are, what was read in each, and the table of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from platewright.errors import ConfigError, ImageError, OutputError, printable
from platewright.file import make_folder
from platewright.image import READ_SUFFIXES, WRITE_SUFFIXES
from platewright.record import Reading
from platewright.text import percent

if TYPE_CHECKING:
    import pandas as pd
    import supervision as sv

__all__ = [
    "COLUMNS",
    "Batch",
    "Job",
    "PhotoReadings",
    "ReadingsTable",
    "list_images",
    "plan_batch",
    "readings_table",
    "to_detections",
    "to_frame",
]

LINES_NAME = "readings.jsonl"


@dataclass(frozen=True)
class Job:
    """One photo of a batch.

    Attributes:
        photo: the file.
        name: what results call it: as the user gave it, or its name in the folder given.
        picture: where the annotated picture goes; None: nowhere.
    """

    photo: Path
    name: str
    picture: Path | None


@dataclass(frozen=True)
class Batch:
    """What is to be done.

    Attributes:
        jobs: the photos, in the order they are read in.
        lines: where the JSON lines go; None: nowhere.
        several: whether one bad photo is to be passed over.
    """

    jobs: tuple[Job, ...]
    lines: Path | None
    several: bool


def plan_batch(
    inputs: Sequence[Path],
    output: Path | None,
    *,
    force: bool,
    resume: bool = False,
    further: Sequence[Path] = (),
) -> Batch:
    """Work out what is read and written, and make the output's folder.

    Args:
        inputs: photos and folders of photos.
        output: a picture for one photo, or a folder; None: nothing is drawn.
        force: whether results may be overwritten; photos never are.
        resume: whether they may be there because an earlier run has written them.
        further: other files that are going to be written.

    Raises:
        ConfigError: if the arguments do not fit together.
        ImageError: if a folder holds no photo.
        OutputError: if a result is there already, or the folder can't be made.
    """
    photos: list[tuple[Path, str]] = []
    for path in inputs:
        if path.is_dir():
            whole = len(inputs) > 1
            photos += [(photo, str(photo) if whole else photo.name) for photo in list_images(path)]
        else:
            photos.append((path, str(path)))
    several = len(inputs) > 1 or inputs[0].is_dir()
    into_folder = output is not None and (several or output.is_dir() or not output.suffix)
    pictures: list[Path | None] = [None] * len(photos)
    lines: Path | None = None
    if output is not None and into_folder:
        if output.suffix.lower() in WRITE_SUFFIXES and not output.is_dir():
            raise ConfigError(f"{output}: several photos need a folder as output, not a picture")
        if output.exists() and not output.is_dir():
            raise ConfigError(f"{output}: a file, but the output of several photos is a folder")
        pictures = [output / name for name in _names(photo for photo, _ in photos)]
        lines = output / LINES_NAME
    elif output is not None:
        if output.suffix.lower() not in WRITE_SUFFIXES:
            raise ConfigError(
                f"{output}: the output must end in one of {', '.join(WRITE_SUFFIXES)}"
            )
        pictures = [output]
    if resume and lines is None:
        raise ConfigError("--resume goes on with an output folder: name one")
    results = [path for path in (*pictures, lines, *further) if path is not None]
    hint = "give another name or --force" + ("; --resume reads what is missing" if lines else "")
    _guard(results, [photo for photo, _ in photos], hint="" if force or resume else hint)
    for folder in {path.parent for path in results}:
        make_folder(folder)
    jobs = [
        Job(photo, name, picture) for (photo, name), picture in zip(photos, pictures, strict=True)
    ]
    return Batch(jobs=tuple(jobs), lines=lines, several=several)


def list_images(folder: Path) -> list[Path]:
    """Return the photos that lie in a folder, by name; folders inside it are not entered.

    Raises:
        ImageError: if there is no such folder, or no photo in it.
    """
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise ImageError(f"{folder}: can't be read: {error.strerror or error}") from error
    photos = [
        path
        for path in entries
        if path.suffix.lower() in READ_SUFFIXES and not path.name.startswith(".") and path.is_file()
    ]
    if not photos:
        raise ImageError(f"{folder}: no photo in it ({', '.join(READ_SUFFIXES)})")
    return photos


def _names(photos: Iterable[Path]) -> list[str]:
    """Return a name for each annotated picture: its photo's own, made distinct where needed."""
    taken: set[str] = set()
    names = []
    for photo in photos:
        # A format that is read but not written gets a second ending.
        ending = "" if photo.suffix.lower() in WRITE_SUFFIXES else ".jpg"
        name, number = photo.name + ending, 2
        # Some file systems take A.jpg and a.jpg for one file.
        while name.casefold() in taken:
            name, number = f"{photo.stem}-{number}{photo.suffix}{ending}", number + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _guard(results: Sequence[Path], photos: Sequence[Path], *, hint: str) -> None:
    """Raise where a result would take the place of another one, of a photo, or of a file.

    Without a hint what to do about files that are there, they may be.
    """
    sources = {photo.resolve() for photo in photos}
    seen: set[Path] = set()
    for path in results:
        place = path.resolve()
        if place in sources:
            raise ConfigError(f"{path}: is the photo itself; give the output another place")
        if place in seen:
            raise ConfigError(f"{path}: two results would go there; give them different names")
        seen.add(place)
        # A device such as /dev/stdout may be written to again and again.
        if (path.is_file() or path.is_dir()) and hint:
            raise OutputError(f"{path}: there already; {hint}")


@dataclass(frozen=True, kw_only=True)
class PhotoReadings:
    """What was read in one photo.

    Attributes:
        file: the photo, as the user calls it.
        size: (height, width) in pixels, as the photo is shown.
        ms: how long finding and reading took, in milliseconds, without loading the file.
        readings: sorted by presence x confidence, best first.
    """

    file: str
    size: tuple[int, int]
    ms: float
    readings: tuple[Reading, ...]

    def __len__(self) -> int:
        """How many plates were read."""
        return len(self.readings)

    def __iter__(self) -> Iterator[Reading]:
        """Go through the readings, best first."""
        return iter(self.readings)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: file, width, height, ms and plates."""
        return {
            "file": self.file,
            "width": self.size[1],
            "height": self.size[0],
            "ms": round(self.ms, 1),
            "plates": [reading.as_dict() for reading in self.readings],
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
        )


class ReadingsTable:
    """The readings as an aligned table, one line per plate; it keeps no more than what it shows.

    A photo without a plate has a line too; a text that is not accepted has a question mark. The
    photo stands last, so that long names push nothing out of line; it is left out where there is
    only one, and the region where none is known.
    """

    def __init__(self) -> None:
        """Begin without a photo."""
        self._rows: list[tuple[str, ...]] = []
        self._photos = 0

    def __len__(self) -> int:
        """How many photos were added."""
        return self._photos

    def add(self, photo: PhotoReadings) -> None:
        """Add a photo."""
        cells = [_cells(reading) for reading in photo.readings] or [("(no plate)", *[""] * 4)]
        self._rows += [(*row, printable(photo.file)) for row in cells]
        self._photos += 1

    def __str__(self) -> str:
        """Return it without a final line break."""
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


def readings_table(photos: Iterable[PhotoReadings]) -> str:
    """Return the table of photos; see `ReadingsTable`."""
    table = ReadingsTable()
    for photo in photos:
        table.add(photo)
    return str(table)


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
