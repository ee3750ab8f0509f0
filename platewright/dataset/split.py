"""Which pictures are for training and which for validation: decided by the plates' texts.

A plate is photographed many times. Where pictures are dealt out one by one, most plates of the
validation side have been seen in training, and what is measured there is memory: of the small
public set of crops that CRNN examples train on, four in five. So all pictures of one text are on
one side; and, since a picture may show several plates, so are all pictures that are linked by
texts they share. Of a text with unknown characters, the known ones and their places count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from platewright.dataset.format import PARTS
from platewright.errors import DatasetError
from platewright.file import whole_text
from platewright.text import plain

__all__ = [
    "HELD_OUT",
    "PARTS",
    "SHARE",
    "SIDES",
    "is_held_out",
    "leak",
    "list_files",
    "lists_in",
    "plain_text",
    "split_by_picture",
    "split_by_text",
    "split_line",
    "write_split",
]

HELD_OUT = 10
"""One in so many texts is for validation."""

SHARE = 0.8
SIDES = ("train", "val")
LISTS = ("Label", "rec_gt")
"""Lists of a whole data set: PPOCRLabel's, of pictures and of crops."""
UNKNOWN = "?*#"
"""Stand for a character that nobody could read; a text with one is no text."""


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
    """Return the part of the validation plates whose text is in training as well, 0-1.

    Args:
        texts: of the plates in each picture.
        sides: of each picture.
    """
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


def is_held_out(text: str) -> bool:
    """Tell whether a plate's text is for validation; the same text always on the same side.

    >>> sum(is_held_out(f"AB{k:05d}") for k in range(10_000))
    998
    """
    return crc32(text.encode()) % HELD_OUT == 0


def split_line(text: str, line: str, side: str = "") -> str:
    r"""Return a line for `write_split`, on the side of a plate's text unless one is given.

    >>> split_line("AB12CDE", "images/1.png")
    'train\timages/1.png'
    """
    return f"{side or ('val' if is_held_out(text) else 'train')}\t{line}"


def write_split(
    lines: Iterable[str], folder: Path, *, suffix: str = ".txt", header: str = ""
) -> dict[str, int]:
    """Write `train` and `val` files as their lines come.

    Args:
        lines: each `train` or `val`, a tab, and the line.
        folder: where the files go.
        suffix: of their names.
        header: first line of both; empty: none.

    Returns:
        How many lines each of the two got.

    Raises:
        OutputError: if a file can't be written.
    """
    counts = {"train": 0, "val": 0}
    with (
        whole_text(folder / f"train{suffix}") as train,
        whole_text(folder / f"val{suffix}") as val,
    ):
        streams = {"train": train, "val": val}
        if header:
            train.write(f"{header}\n")
            val.write(f"{header}\n")
        for line in lines:
            side, _, rest = line.partition("\t")
            streams[side].write(f"{rest}\n")
            counts[side] += 1
    return counts


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
