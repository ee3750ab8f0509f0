"""Data sets that lie on disk, read sample by sample in any order and never whole.

What `gen.py` writes as `webdataset` (tar shards) and as `windows` (pictures beside labels.jsonl).
Where each sample lies is found out a shard at a time, when something of it is wanted; the data
themselves are read when their turn comes. So any sample is as near as any other, and training can
draw lots over millions of them without a buffer whose state would have to be kept. What can't be
read is a `DatasetError`.
"""

import io
import json
import tarfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from platewright.background.tar import TarStream
from platewright.container import MAX_BYTES
from platewright.dataset.format.windows import LABELS
from platewright.dataset.textfile import LONGEST_LINE, scene_of
from platewright.errors import ArchiveError, DatasetError, ImageError, os_errors_as
from platewright.file import open_file, read_file
from platewright.geometry import Picture
from platewright.image import READ_SUFFIXES, as_grey, decode_image
from platewright.record import SceneRecord

Places = NDArray[np.int64]

TAR = "*.tar"
RECORD = ".json"
SURELY = 1 << 16  #: Bytes from which a shard is taken to hold samples without looking
# gen.py writes several formats at once into folders of their names.
BENEATH = ("webdataset", "windows")


class IndexedShard(ABC):
    """A part of a data set, one file.

    Its size in bytes, `num_bytes`, tells of how many samples it has before they are counted.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.num_bytes = path, path.stat().st_size

    @abstractmethod
    def __len__(self) -> int:
        """Return how many samples there are."""

    @abstractmethod
    def _read(self, number: int) -> tuple[bytes, str, str]:
        """Return the picture's content and name, and the record as JSON."""

    def read_packed(self, number: int) -> tuple[bytes, str, SceneRecord]:
        """Return the content and the name of a sample's picture file, and its record."""
        with os_errors_as(DatasetError, self.path):
            packed, name, text = self._read(number)
        return packed, name, scene_of(f"{self.path}: the record of {name}", text)

    def read(self, number: int) -> tuple[Picture, SceneRecord]:
        """Return a sample's picture, grey (H, W), and its record."""
        packed, name, record = self.read_packed(number)
        try:
            rgb = decode_image(io.BytesIO(packed), f"{self.path}: {name}")
        except ImageError as error:
            raise DatasetError(str(error)) from None
        if rgb.shape[:2] != record.size:
            raise DatasetError(f"{self.path}: {name} is not of the size that its record tells")
        return as_grey(rgb), record


class TarShard(IndexedShard):
    """A tar of pictures and records; files of one sample follow each other."""

    @cached_property
    def _places(self) -> tuple[Places, list[str]]:
        """(n, 4) start and length of picture and record, and the pictures' names."""
        places: list[tuple[int, int, int, int]] = []
        names: list[str] = []
        pictures: dict[str, tuple[int, int, str]] = {}
        records: dict[str, tuple[int, int]] = {}
        try:
            with open_file(self.path) as file:
                for name, at, size in TarStream(file, file.tell, 0, seekable=True).places():
                    stem, dot, ending = name.partition(".")
                    suffix = (dot + ending).lower()
                    if suffix == RECORD:
                        records[stem] = (at, size)
                    elif suffix in READ_SUFFIXES:
                        pictures[stem] = (at, size, name)
                    if stem in pictures and stem in records:
                        start, size, name = pictures.pop(stem)
                        places.append((start, size, *records.pop(stem)))
                        names.append(name)
        except (tarfile.TarError, EOFError, ArchiveError, OSError) as error:
            raise DatasetError(
                f"{self.path}: no plain tar, or cut off ({error}); unpack .tar.gz to .tar"
            ) from None
        return np.array(places, np.int64).reshape(-1, 4), names

    def __len__(self) -> int:
        return len(self._places[1])

    def _read(self, number: int) -> tuple[bytes, str, str]:
        places, names = self._places
        at, size, record_at, record_size = (int(v) for v in places[number])
        if size > MAX_BYTES or record_size > LONGEST_LINE:
            raise DatasetError(f"{self.path}: {names[number]}, or its record, has too many bytes")
        with self.path.open("rb") as file:
            file.seek(at)
            packed = file.read(size)
            file.seek(record_at)
            text = file.read(record_size).decode("utf-8", "replace")
        return packed, names[number], text


class FolderShard(IndexedShard):
    """A folder of pictures and its labels.jsonl."""

    @cached_property
    def _ends(self) -> Places:
        """Where each line of the records ends; a last one that is cut off is none."""
        ends: list[Places] = []
        at = 0
        with self.path.open("rb") as file:
            while piece := file.read(1 << 24):
                found = np.flatnonzero(np.frombuffer(piece, np.uint8) == ord("\n"))
                ends.append(found.astype(np.int64) + at)
                at += len(piece)
        found = np.concatenate([*ends, np.zeros(0, np.int64)])
        tail = self._has_tail(int(found[-1]) + 1 if len(found) else 0)
        return np.append(found, at) if tail else found

    def _has_tail(self, start: int) -> bool:
        """Tell whether what follows the last line's end is a whole line."""
        with self.path.open("rb") as file:
            file.seek(start)
            tail = file.read(LONGEST_LINE + 1)
        if len(tail) > LONGEST_LINE:
            return False
        try:
            return isinstance(json.loads(tail), dict)
        except ValueError:
            return False

    def __len__(self) -> int:
        return len(self._ends)

    def _read(self, number: int) -> tuple[bytes, str, str]:
        start = int(self._ends[number - 1]) + 1 if number else 0
        length = int(self._ends[number]) - start
        if length > LONGEST_LINE:
            raise DatasetError(f"{self.path}: line {number + 1} has more than {LONGEST_LINE} bytes")
        with self.path.open("rb") as file:
            file.seek(start)
            text = file.read(length).decode("utf-8", "replace")
        try:
            name = str(json.loads(text)["file"])
        except (KeyError, TypeError, ValueError):
            raise DatasetError(f"{self.path}: line {number + 1} names no picture") from None
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise DatasetError(f"{self.path}: line {number + 1}: {name} is outside of the folder")
        return read_file(self.path.parent / name, MAX_BYTES), name, text


class IndexedSet:
    """Shards of one kind, from which samples are drawn by lot."""

    def __init__(self, shards: Sequence[IndexedShard]) -> None:
        self.shards = tuple(shards)
        self._until = np.cumsum([float(shard.num_bytes) for shard in shards])

    def draw(self, rng: np.random.Generator) -> tuple[Picture, SceneRecord]:
        """Return any sample; the same state of `rng` gives the same one."""
        at = np.searchsorted(self._until, rng.random() * self._until[-1], side="right")
        shard = self.shards[min(int(at), len(self.shards) - 1)]
        if not len(shard):
            raise DatasetError(f"{shard.path}: no pictures with records here")
        return shard.read(int(rng.integers(len(shard))))


def open_indexed(paths: Sequence[Path]) -> tuple[IndexedSet | None, IndexedSet | None]:
    """Open data sets and tell scenes from windows by each shard's first record.

    Args:
        paths: tar files, or folders of such or with a labels.jsonl.

    Returns:
        The scenes, and the windows; None where there are none.

    Raises:
        DatasetError: if a path holds no samples.
    """
    kinds: dict[bool, list[IndexedShard]] = {True: [], False: []}
    for path in paths:
        found = _find_shards(path)
        counted = [shard for shard in found if shard.num_bytes and _has_samples(shard)]
        if not counted:
            raise DatasetError(
                f"{path}: no pictures with records here: give a folder or .tar that gen.py wrote "
                "as windows or webdataset"
            )
        scenes = counted[0].read(0)[1].presence is None
        kinds[scenes] += counted
    drawn, windows = (IndexedSet(kinds[k]) if kinds[k] else None for k in (True, False))
    return drawn, windows


def _has_samples(shard: IndexedShard) -> bool:
    """Count only where it is quick: a tar of some size is no empty one."""
    return shard.num_bytes > SURELY or len(shard) > 0


def _find_shards(path: Path) -> list[IndexedShard]:
    """Return a path's shards, sorted; those of one format where there are several."""
    if path.is_file():
        return [FolderShard(path) if path.name == LABELS else TarShard(path)]
    for folder in (path, *(path / name for name in BENEATH)):
        if (folder / LABELS).is_file():
            return [FolderShard(folder / LABELS)]
        if tars := sorted(folder.glob(TAR)):
            return [TarShard(tar) for tar in tars]
    return []
