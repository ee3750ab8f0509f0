"""Which plates of a picture are taken, and as what.

What is left out is counted, by reason, so that none is lost without a word. Which of the taken
ones a format then holds is its own matter: see `sample.Format`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from platewright.dataset.outline import SeenPlate
from platewright.dataset.shape import polygon_area
from platewright.dataset.split import plain_text
from platewright.dataset.writer import PLATE
from platewright.record import PlateRecord, SceneRecord

if TYPE_CHECKING:
    from platewright.dataset.conversion import Conversion

__all__ = ["inside_plates", "plain_plates", "told_text"]

# Names of an attribute that holds a plate's text, without spaces and signs.
TEXT_NAMES = ("text", "platetext", "platenumber", "plate", "number", "licenseplate",
              "licenceplate", "registration", "transcription", "ocr")  # fmt: skip
FLAT = "without an area"
OUTSIDE = "outside of the picture"


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


def told_text(values: Mapping[str, str]) -> str:
    """Return a plate's text among the attributes that a tool has of it.

    It is the attribute that is called so or like it, else the only one that there is.

    >>> told_text({"Plate number": "AB12", "make": "Fiat"}), told_text({"id": "CD34"})
    ('AB12', 'CD34')
    """
    named = {re.sub(r"[\W_]", "", name.lower()): value for name, value in values.items()}
    for name in TEXT_NAMES:
        if name in named:
            return named[name]
    return next(iter(named.values())) if len(named) == 1 else ""


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
