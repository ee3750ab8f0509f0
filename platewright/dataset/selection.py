"""Which plates of a picture are taken, and which pictures are for training or validation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from platewright.dataset.format import PARTS
from platewright.dataset.outline import SeenPlate, polygon_area
from platewright.dataset.writer import PLATE
from platewright.errors import DatasetError
from platewright.record import PlateRecord, SceneRecord
from platewright.text import plain

if TYPE_CHECKING:
    from platewright.dataset.conversion import Conversion


SHARE = 0.8
SIDES = ("train", "val")
LISTS = ("Label", "rec_gt")  #: Lists of a whole data set: PPOCRLabel's, of pictures and of crops
UNKNOWN = "?*#"  #: Stand for a character that nobody could read; a text with one is no text


def plain_text(text: str) -> str:
    """Return a plate's text as records have it: letters and digits, upper case.

    Empty where characters of it are unknown.

    >>> plain_text("ab-12 c·d"), plain_text("京A·12345"), plain_text("AB?2"), plain_text("###")
    ('AB12CD', '京A12345', '', '')
    """
    if any(mark in text for mark in UNKNOWN):
        return ""
    return plain(text)


def _key(text: str) -> str:
    """Return what two texts have in common if they are the same plate's; empty where none can tell.

    >>> _key("ab-12 c"), _key("ab-?2"), _key("AB*2"), _key("???")
    ('AB12C', 'AB?2', 'AB?2', '')
    """
    if not any(mark in text for mark in UNKNOWN):
        return plain_text(text)
    parts = ("?" if c in UNKNOWN else plain_text(c) for c in text)
    key = "".join(parts)
    return key if key.strip("?") else ""


def split_by_text(
    texts: Sequence[Collection[str]], share: float = SHARE, seed: int = 0
) -> list[str]:
    """Put pictures on two sides so that no plate's text is on both.

    The same texts fall on the same sides in whatever order the pictures come. Neither side is empty
    unless all pictures are linked.

    Args:
        texts: of the plates in each picture; none: the picture is linked with no other.
        share: part of the pictures for training, above 0 and below 1.
        seed: another one, other sides.

    Returns:
        `train` or `val` for each picture.
    """
    groups = _groups(texts)
    order = np.random.default_rng([seed, 0]).permutation(len(groups))
    wanted = len(texts) * (1 - share)
    chosen: list[int] = []
    size = 0
    for k in order:
        # Take what brings the side nearer to its size.
        if abs(size + len(groups[k]) - wanted) < abs(size - wanted):
            chosen.append(int(k))
            size += len(groups[k])
    if not chosen and len(groups) > 1:
        chosen = [min(range(len(groups)), key=lambda k: len(groups[k]))]
    elif len(chosen) == len(groups) > 1:
        chosen.remove(min(chosen, key=lambda k: len(groups[k])))
    sides = [SIDES[0]] * len(texts)
    for k in chosen:
        for picture in groups[k]:
            sides[picture] = SIDES[1]
    return sides


def split_by_picture(count: int, share: float = SHARE, seed: int = 0) -> list[str]:
    """Put pictures on two sides by lot, which leaks: for comparison alone."""
    order = np.random.default_rng([seed, 1]).permutation(count)
    val = set(order[: round(count * (1 - share))].tolist())
    return [SIDES[k in val] for k in range(count)]


def leak(texts: Sequence[Collection[str]], sides: Sequence[str]) -> float:
    """Return the part of the validation plates whose text is in training as well, 0-1."""
    pairs = [(_key(t), side) for own, side in zip(texts, sides, strict=True) for t in own]
    known = {key for key, side in pairs if side == SIDES[0]}
    held = [key for key, side in pairs if side == SIDES[1] and key]
    return sum(text in known for text in held) / len(held) if held else 0.0


def _groups(texts: Sequence[Collection[str]]) -> list[list[int]]:
    """Return the pictures that are linked, group by group: ordered by text, then the textless."""
    parent: dict[str, str] = {}

    def root(text: str) -> str:
        while parent.setdefault(text, text) != text:
            parent[text] = parent[parent[text]]
            text = parent[text]
        return text

    plain = [sorted({_key(t) for t in own} - {""}) for own in texts]
    for own in plain:
        for text in own[1:]:
            first, other = sorted((root(own[0]), root(text)))
            parent[other] = first  # the least text of a group is its root, whatever came first
    groups: dict[str, list[int]] = {}
    for k, own in enumerate(plain):
        if own:
            groups.setdefault(root(own[0]), []).append(k)
    alone = [[k] for k, own in enumerate(plain) if not own]
    return [groups[key] for key in sorted(groups)] + alone


def list_files(path: Path, suffix: str) -> list[Path]:
    """Return the lists that a path names: itself, or a folder's `train`, `val`, `test`, ....

    Raises:
        DatasetError: if a folder has none.
    """
    found = lists_in(path, suffix) if path.is_dir() else [path]
    if not found:
        names = ", ".join(f"{part}{suffix}" for part in PARTS)
        raise DatasetError(f"{path}: neither {names} there; name the list")
    return found


def lists_in(path: Path, suffix: str) -> list[Path]:
    """Return the lists of a folder, of its parts or all of it, as PaddleOCR's tools call them."""
    files = (path / f"{name}{suffix}" for name in (*PARTS, *LISTS))
    return [file for file in files if file.is_file()]


# Names of an attribute that holds a plate's text, without spaces and signs.
TEXT_NAMES = ("text", "platetext", "platenumber", "plate", "number", "licenseplate",
              "licenceplate", "registration", "transcription", "ocr")  # fmt: skip
OTHER_NAMES = ("region", "country", "rotation", "occluded", "trackid", "keyframe")
FLAT = "without an area"
OUTSIDE = "outside of the picture"


def plain_plates(
    plates: tuple[PlateRecord, ...], job: Conversion, passed: Counter[str]
) -> tuple[PlateRecord, ...]:
    """Return those of a picture's plates that are wanted, with texts as records have them.

    Args:
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
    characters = tuple(replace(c, char=_whole(c.char)) for c in plate.characters)
    text, region, kind = map(_whole, (plate.text, plate.region, plate.kind))
    return replace(plate, text=text, region=region, kind=kind, characters=characters)


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _plain(plate: PlateRecord) -> PlateRecord:
    """Return a plate with a plain text, and with characters only if they are that text's."""
    text = plain_text(plate.text)
    own = (replace(c, char=plain_text(c.char)) for c in plate.characters)
    characters = tuple(c for c in own if c.char)
    fits = "".join(c.char for c in characters) == text and len(characters) == len(text)
    return replace(plate, text=text, characters=characters if fits else ())


def plate_text(values: Mapping[str, str]) -> str:
    """Return a plate's text among the attributes that a tool has of it.

    It is the attribute that is called so or like it, else the only one that there is but for those
    that tools add by themselves.

    >>> plate_text({"Plate number": "AB12", "make": "Fiat"}), plate_text({"id": "CD34"})
    ('AB12', 'CD34')
    """
    named = {re.sub(r"[\W_]", "", name.lower()): value for name, value in values.items()}
    named = {name: value for name, value in named.items() if name not in OTHER_NAMES}
    for name in TEXT_NAMES:
        if name in named:
            return named[name]
    return next(iter(named.values())) if len(named) == 1 else ""


def inside_plates(record: SceneRecord, passed: Counter[str]) -> SceneRecord:
    """Return a picture's record without the plates that nothing is seen of.

    A window that was drawn without a plate keeps the record of the one beside it.

    Args:
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


def wanted_record(record: SceneRecord, job: Conversion, passed: Counter[str]) -> SceneRecord:
    """Return a picture's record with the plates that are wanted and lie in it.

    Args:
        passed: counts what is left out, by reason.
    """
    plates = plain_plates(record.plates, job, passed)
    return inside_plates(replace(record, plates=plates), passed)
