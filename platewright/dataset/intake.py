"""Which plates of a picture are taken, and which of those a format holds.

Formats leave out what they can't hold: a list of crops has no line for a plate that nobody could
read. Here is said which plates those are and why, so that none is lost without a word.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from platewright.dataset.crop import straighten
from platewright.dataset.format._crops import CropsFormat
from platewright.dataset.format.characters import cut_character
from platewright.dataset.format.lmdb import SLACK_PX
from platewright.dataset.outline import MIN_SHARE, SeenPlate, polygon_area, seen_plates
from platewright.dataset.sample import PLATE, Format, Sample
from platewright.dataset.split import plain_text
from platewright.records import PlateRecord, SceneRecord

if TYPE_CHECKING:
    from platewright.dataset.conversion import Conversion

__all__ = ["holds_text", "inside_plates", "plain_plates", "refusal"]

WHOLE_RECORDS = ("windows", "webdataset", "tfrecord")
"""Formats that hold every plate, wherever it lies."""
READABLE_TEXTS = ("labels-csv", "icdar", "paddle-det")
"""Formats that hold a plate that is not all in the picture, but not its text."""

FLAT = "without an area"
OUTSIDE = "outside of the picture"
HARDLY = f"less than {100 * MIN_SHARE:.0f} % of it in the picture"
TOO_SMALL = "too small"
NO_TEXT = "without a text"
NO_CHARACTERS = "without characters"
CUT_CHARACTERS = "all characters cut off or too small"
CUT_TEXT = "its text not all in the picture"
ODD_TEXT = "its text can't stand in the list"


def plain_plates(
    plates: tuple[PlateRecord, ...], job: Conversion, passed: Counter[str]
) -> tuple[PlateRecord, ...]:
    """Return those of a picture's plates that are wanted, with texts as records have them.

    Args:
        plates: as they were read.
        job: what is wanted.
        passed: counts what is left out, by reason.
    """
    found = []
    for plate in map(_clean, plates):
        if job.only and (plate.kind or PLATE) not in job.only:
            passed[f"called {plate.kind or PLATE}"] += 1
            continue
        sure = [c.confidence for c in plate.characters if c.confidence is not None]
        if sure and min(sure) < job.min_confidence:
            passed["read with too little confidence"] += 1
            continue
        if job.names_are_texts and plate.kind:
            plate = replace(plate, text=plate.kind, kind="")
        found.append(plate if job.keep_texts else _plain(plate))
    return tuple(found)


def _clean(plate: PlateRecord) -> PlateRecord:
    """Return a plate with texts that a file can hold.

    JSON can tell half of a character that UTF-16 writes in two (RFC 8259, section 8.2). It is no
    character, so it becomes `?`, as one that nobody could read.
    """
    return replace(
        plate,
        text=_whole(plate.text),
        region=_whole(plate.region),
        kind=_whole(plate.kind),
        characters=tuple(replace(c, char=_whole(c.char)) for c in plate.characters),
    )


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _plain(plate: PlateRecord) -> PlateRecord:
    """Return a plate with a plain text, and with characters only if they are that text's."""
    text = plain_text(plate.text)
    own = (replace(c, char=plain_text(c.char)) for c in plate.characters)
    characters = tuple(c for c in own if c.char)
    fits = "".join(c.char for c in characters) == text and len(characters) == len(text)
    return replace(plate, text=text, characters=characters if fits else ())


def inside_plates(record: SceneRecord, passed: Counter[str]) -> SceneRecord:
    """Return a picture's record without the plates that nothing is seen of.

    A window that was drawn without a plate keeps the record of the one beside it.

    Args:
        record: of the picture.
        passed: counts what is left out, by reason.
    """
    if record.presence is False:
        return record
    inside = []
    for plate in record.plates:
        if SeenPlate(plate, record.size).share > 0:
            inside.append(plate)
        else:
            passed[OUTSIDE if polygon_area(plate.quad) > 0 else FLAT] += 1
    return replace(record, plates=tuple(inside))


def refusal(writer: Format, sample: Sample, plate: PlateRecord) -> str:
    """Return why a format leaves a plate out; empty where it holds it.

    Args:
        writer: the format's.
        sample: the picture.
        plate: one of its plates.
    """
    if writer.name in WHOLE_RECORDS:
        return ""
    if writer.needs == "text" and not plate.text:
        return NO_TEXT
    if writer.needs == "characters" and not plate.characters:
        return NO_CHARACTERS
    if writer.name == "characters":
        cuts = (cut_character(sample.image, character) for character in plate.characters)
        return "" if any(cut is not None for cut in cuts) else CUT_CHARACTERS
    seen = SeenPlate(plate, sample.record.size)
    if writer.name == "lmdb":
        high = np.array(sample.image.shape[1::-1]) + SLACK_PX
        if (plate.quad < -SLACK_PX).any() or (plate.quad > high).any():
            return CUT_TEXT
        return "" if straighten(sample.image, plate.quad) is not None else TOO_SMALL
    if not any(seen_plates(replace(sample.record, plates=(plate,)))):
        return HARDLY if seen.share < MIN_SHARE else TOO_SMALL
    if isinstance(writer, CropsFormat):
        if not seen.readable:
            return CUT_TEXT
        if not writer.takes(plate.text):
            return ODD_TEXT
        return "" if writer.cut(sample.image, seen) is not None else TOO_SMALL
    return ""


def holds_text(writer: Format, sample: Sample, plate: PlateRecord) -> bool:
    """Tell whether a plate that a format holds is written with its text."""
    if writer.name in READABLE_TEXTS:
        return SeenPlate(plate, sample.record.size).readable
    return bool(plate.text)
