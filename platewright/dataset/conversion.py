"""From one data set format to another: read all labels, split by text, write picture by picture.

All labels are read before anything is written, so that one that can't be read costs nothing that
is there. What is written appears in the output when all of it is whole.
"""

import contextlib
import io
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from platewright.container import MAX_BYTES, open_picture, orientation_of
from platewright.dataset.format import load_format, load_reader
from platewright.dataset.picture import PictureFinder
from platewright.dataset.picture_file import PictureFile, size_conflict
from platewright.dataset.selection import (
    SHARE,
    SIDES,
    leak,
    split_by_picture,
    split_by_text,
    wanted_record,
)
from platewright.dataset.store import HIDDEN, FolderStore, tree
from platewright.dataset.writer import PLATE, SHARD, Format, Sample
from platewright.errors import DatasetError, ImageError, OutputError
from platewright.file import distinct_name, open_file
from platewright.image import decode_image
from platewright.progress import Progress
from platewright.record import SceneRecord

Entry = tuple[PictureFile, SceneRecord]

BOOK = f"{HIDDEN}/convert.json"
"""In the output: the names of what was written, so that --force replaces that and nothing else."""
LONGEST_NAME = 100


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """What is to be done."""

    source: Path  #: file or folder
    reader: str  #: name of its format
    out: Path  #: folder
    writer: str  #: name of its format
    #: part of the pictures for training, 0-1; None: split where the format has lists, at `SHARE`,
    #: else not
    split: float | None = None
    seed: int = 0  #: of the split
    only: tuple[str, ...] = ()  #: what plates must be called; none: everything labelled is a plate
    names_are_texts: bool = False  #: what they are called is what they say
    #: as they are, with separators, small letters and marks for unknown characters
    keep_texts: bool = False
    min_confidence: float = 0.0  #: least one of any character, for plates that a machine read; 0-1
    force: bool = False  #: replace what an earlier conversion wrote


@dataclass(kw_only=True)
class ConversionReport:
    """What was done."""

    pictures: int = 0  #: how many were written
    plates: int = 0  #: written with them, without what was passed over
    texts: int = 0  #: how many of the plates have a text; all the same where the format holds none
    passed: Counter[str] = field(default_factory=Counter)  #: plates passed over, by reason
    kinds: Counter[str] = field(default_factory=Counter)  #: what those that were taken are called
    #: pictures on each side; empty where there was no split
    sides: Counter[str] = field(default_factory=Counter)
    #: part of the validation plates that a split by picture would have had in training
    leak: float = 0.0


def convert(job: Conversion, finder: PictureFinder) -> ConversionReport:
    """Convert a data set.

    Args:
        finder: where pictures are; lists those that can't be had, which are passed over.

    Raises:
        DatasetError: if labels can't be read, or no picture is left.
        OutputError: if the output can't be written, or holds something already.
    """
    source, out = (Path(os.path.realpath(path)) for path in (job.source, job.out))
    if out == source or out in source.parents:
        raise OutputError(f"{job.out}: the data set to read lies in it; name another folder")
    kind, read = load_format(job.writer), load_reader(job.reader)
    _check_empty(job)
    report = ConversionReport()
    labelled = read(job.source, finder)
    entries = [(picture, wanted_record(record, job, report.passed)) for picture, record in labelled]
    if not entries:
        first = finder.failures[0].reason if finder.failures else "it names none"
        raise DatasetError(f"{job.source}: no picture can be had; the first: {first}")
    plates = [plate for _, record in entries for plate in record.plates]
    report.kinds.update(plate.kind or PLATE for plate in plates)
    if job.only and report.passed and not plates:
        raise DatasetError(f"{job.source}: no plate of it is wanted{_reasons(report.passed)}")
    if kind.needs and not any(getattr(plate, kind.needs) for plate in plates):
        raise DatasetError(
            f"{job.source}: none of {len(plates)} plates has {kind.needs}, and {job.writer} holds "
            f"nothing without; choose another --to-format{_reasons(report.passed)}"
        )
    texts = [[plate.text for plate in record.plates] for _, record in entries]
    sides = [""] * len(entries)
    if job.split is not None or kind.lists:
        share = SHARE if job.split is None else job.split
        sides = split_by_text(texts, share, job.seed)
        report.leak = leak(texts, split_by_picture(len(texts), share, job.seed))
    try:
        with FolderStore(job.out).locked():
            _write(job, entries, sides, finder, report)
    finally:
        for folder in (job.out / HIDDEN, job.out):  # gone where they are still empty
            with contextlib.suppress(OSError):
                folder.rmdir()
    return report


def _reasons(passed: Counter[str]) -> str:
    """Return what was passed over, in words that end a sentence; empty: nothing was."""
    reasons = "; ".join(f"{reason}: {count}" for reason, count in sorted(passed.items()))
    return f" (passed over, {reasons})" if reasons else ""


def _check_empty(job: Conversion) -> None:
    """Refuse an output that holds something, unless that may be replaced."""
    if job.out.exists() and not job.out.is_dir():
        raise OutputError(f"{job.out}: a file is there; name a folder")
    held = [p.name for p in job.out.iterdir() if p.name != HIDDEN] if job.out.is_dir() else []
    if held and not job.force:
        raise OutputError(f"{job.out} holds {min(held)}: name another folder, or --force")


def _write(
    job: Conversion,
    entries: list[Entry],
    sides: list[str],
    finder: PictureFinder,
    report: ConversionReport,
) -> None:
    """Write the data set, in two folders where it is split and the format has no lists."""
    kind = load_format(job.writer)
    apart = any(sides) and not kind.lists
    progress = Progress(len(entries))
    store = FolderStore(job.out)
    with store.staging("convert") as folder:
        for part in SIDES if apart else ("",):
            dealt = zip(entries, sides, strict=True)
            own = [(entry, side) for entry, side in dealt if not apart or side == part]
            _write_part(kind, folder / part, _samples(own, finder, job.source, progress), report)
        progress.end()
        if not report.pictures:
            raise DatasetError(
                f"{job.source}: no picture can be had; the first: {finder.failures[0].reason}"
            )
        if kind.needs and not report.plates:
            raise DatasetError(
                f"{job.source}: no plate can be written as {job.writer}{_reasons(report.passed)}"
            )
        names = _take(store, job.out, folder)
    store.write(BOOK, json.dumps(sorted(names)).encode())


def _write_part(
    kind: type[Format], folder: Path, samples: Iterable[Sample], report: ConversionReport
) -> None:
    """Write samples into a folder, with a writer for each so many of them."""
    folder.mkdir(exist_ok=True)
    lines: list[str] = []
    writer = kind(folder, 0)
    for number, sample in enumerate(samples):
        if number and number % SHARD == 0:
            lines += _closed(writer, report)
            writer = kind(folder, number // SHARD)
        writer.add(sample)
        report.pictures += 1
        report.sides.update([sample.side] if sample.side else [])
    lines += _closed(writer, report)
    kind.finish(iter(lines), folder)


def _take(store: FolderStore, out: Path, folder: Path) -> set[str]:
    """Let what is in a folder take the place of what an earlier run wrote; returns the names."""
    old, names = _book(store, out), set(tree(folder))
    for name in sorted(names - old):
        if os.path.lexists(out / name):
            raise OutputError(
                f"{out / name}: no earlier run wrote it; move it away, or name another folder"
            )
    # Noted before it is there: a run that is cut off can be replaced by the next one.
    store.write(BOOK, json.dumps(sorted(old | names)).encode())
    store.remove(old - names)
    store.take(folder)
    return names


def _book(store: FolderStore, out: Path) -> set[str]:
    """Return the names of what an earlier run wrote, none of them outside of the output."""
    try:
        names = json.loads(store.read(BOOK) or b"[]")
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise OutputError(f"{out / BOOK}: damaged; remove {out}")
    return {name for name in names if name[:1] != "/" and ".." not in name.split("/")}


def _closed(writer: Format, report: ConversionReport) -> list[str]:
    """Close a writer and count what it made of its plates; returns its lines."""
    report.plates += writer.taken.plates
    report.texts += writer.taken.texts
    report.passed.update(writer.taken.passed)
    return writer.close()


def _samples(
    entries: list[tuple[Entry, str]],
    finder: PictureFinder,
    source: Path,
    progress: Progress,
) -> Iterator[Sample]:
    """Yield what can be read, under distinct names."""
    taken: dict[str, int] = {}
    index = 0
    for (picture, record), side in entries:
        progress.add()
        try:
            image, packed = _load(picture)
            if why := size_conflict(image.shape[:2], *record.size):
                raise DatasetError(f"{picture.name} {why}")
        except (DatasetError, ImageError) as error:
            if isinstance(picture, Path):
                finder.fail(finder.place(picture) or str(source), str(picture), str(error))
            else:
                finder.fail(picture.where, picture.name, str(error))
            continue
        name = _distinct(picture.name, taken)
        yield Sample(index=index, name=name, image=image, record=record, packed=packed, side=side)
        index += 1


def _load(picture: PictureFile) -> tuple[NDArray[np.uint8], bytes | None]:
    """Return a picture as RGB, and its file's content where that is a plain RGB JPEG of it."""
    try:
        if isinstance(picture, Path):
            with open_file(picture) as stream:
                data = stream.read(MAX_BYTES)
        else:
            data = picture.read()
    except FileNotFoundError:
        raise DatasetError(f"{picture}: there is no such picture") from None
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        why = getattr(error, "strerror", None) or error
        raise DatasetError(f"{picture}: can't be read: {why}") from None
    where = str(picture) if isinstance(picture, Path) else f"{picture.where}: {picture.name}"
    image = decode_image(io.BytesIO(data), where)
    with open_picture(io.BytesIO(data), where) as head:
        plain = (head.format, head.mode, orientation_of(head)) == ("JPEG", "RGB", 1)
    return image, data if plain else None


def _distinct(name: str, taken: dict[str, int]) -> str:
    """Return a file name's stem that no sample has yet."""
    stem = re.sub(r"[^\w-]+", "_", Path(name).stem)[:LONGEST_NAME] or "picture"
    return distinct_name(stem, lambda number: f"{stem}_{number}", taken)
