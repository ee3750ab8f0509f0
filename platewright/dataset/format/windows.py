"""Pictures under speaking names beside one list of records: deep-anpr's form, and the default."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from platewright.dataset.picture_file import encode_png
from platewright.dataset.writer import Format, Sample, plain_value
from platewright.errors import DatasetError
from platewright.file import write_listed
from platewright.record import SceneRecord

if TYPE_CHECKING:
    from platewright.dataset.picture import PictureFinder


LABELS = "labels.jsonl"
ENCODER = json.JSONEncoder(check_circular=False, default=plain_value)
"""A record holds nothing that holds itself; not to look for that saves a sixth of its time."""


def label_line(sample: Sample) -> str:
    """Return a sample's line for `labels.jsonl`: the picture's name and its record."""
    values = {"file": f"{sample.name}{_ending(sample)}", **sample.record.as_dict()}
    return ENCODER.encode(values)


def _ending(sample: Sample) -> str:
    return ".png" if sample.packed is None else ".jpg"


class WindowsFormat(Format):
    """`%08d_TEXT_P.png` (scenes: `%08d.png`) and `labels.jsonl`."""

    name = "windows"
    summary = "PNG pictures named %08d_TEXT_P.png and labels.jsonl with all that is known of them"
    folders = ()

    def add(self, sample: Sample) -> None:
        """Write one picture."""
        path = self.folder / f"{sample.name}{_ending(sample)}"
        write_listed(path, sample.packed or encode_png(sample.image))
        self.lines.append(label_line(sample))
        self.hold(*(plate.text for plate in sample.record.plates))

    @classmethod
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write `labels.jsonl`."""
        with (folder / LABELS).open("w", encoding="utf-8") as labels:
            labels.writelines(line + "\n" for line in lines)


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a folder."""
    return path.name == LABELS or (path / LABELS).is_file()


def read(path: Path, finder: PictureFinder | None = None) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a folder of pictures and records.

    Args:
        path: the folder, or its `labels.jsonl`.
        finder: told where each label stands; whether a picture is there is found when it is opened.

    A last line that is cut off, as a run leaves it that was killed, is passed over and noted.
    """
    from platewright.dataset.picture import CUT_OFF, STRICT
    from platewright.dataset.textfile import is_ended, lines_of

    labels = path / LABELS if path.is_dir() else path
    lines = lines_of(labels)
    for number, line in lines:
        where = f"{labels}: line {number}"
        try:
            name, record = _entry(where, line)
        except DatasetError:
            if next(lines, None) is not None or is_ended(labels):
                raise
            (finder or STRICT).fail(where, "", CUT_OFF)
            return
        picture = labels.parent / name
        if finder is not None:
            finder.note(picture, where)
        yield picture, record


def _entry(where: str, line: str) -> tuple[str, SceneRecord]:
    """Return the name of a line's picture, and its record."""
    from platewright.dataset.textfile import object_of, scene_of

    name = object_of(where, line).get("file")
    if not isinstance(name, str) or not name:
        raise DatasetError(f"{where}: names no picture")
    return name, scene_of(f"{where}: the record", line)
