"""Tar archives of pictures and records, which training code reads as a stream.

The form of the package `webdataset`: files of one sample share their name up to the first dot and
follow each other. Header fields that would tell of the machine are fixed.
"""

import functools
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

from platewright.dataset.index import TarShard
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.picture_file import PackedPicture
from platewright.dataset.writer import Format, Sample, encode_sample, plain_value
from platewright.errors import DatasetError
from platewright.file import writing
from platewright.record import SceneRecord


class WebDatasetFormat(Format):
    """`NNNNN.tar`, one a shard, with `KEY.png` or `KEY.jpg` and `KEY.json`, the record."""

    name = "webdataset"
    summary = "tar shards with KEY.png (scenes: KEY.jpg) and KEY.json, the record"
    folders = ()

    def __init__(self, folder: Path, shard: int) -> None:
        super().__init__(folder, shard)
        self._path = folder / f"{shard:05d}.tar"
        with writing(self._path):
            self._tar = tarfile.open(self._path, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def add(self, sample: Sample) -> None:
        """Append a picture and its record."""
        data, suffix = encode_sample(sample)
        record = json.dumps(sample.record.as_dict(), default=plain_value).encode()
        # Underscores are in the names, dots never are.
        for ending, content in ((suffix, data), (".json", record)):
            info = tarfile.TarInfo(sample.name + ending)
            info.size = len(content)
            with writing(self._path):
                self._tar.addfile(info, io.BytesIO(content))
        self.hold(*(plate.text for plate in sample.record.plates))

    def close(self) -> list[str]:
        """Write the archive's end."""
        with writing(self._path):
            self._tar.close()
        return self.lines


def claims(path: Path) -> bool:
    """Tell whether a path looks like such shards."""
    return path.suffix == ".tar" or any(True for _ in path.glob("*.tar"))


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[PackedPicture, SceneRecord]]:
    """Read shards of our own: their JSON files are records.

    Args:
        path: a tar, or a folder of such.
        finder: not asked: the pictures are in the shards.
    """
    tars = sorted(path.glob("*.tar")) if path.is_dir() else [path]
    if not tars:
        raise DatasetError(f"{path}: no .tar there")
    for tar in tars:
        shard = TarShard(tar)
        for number in range(len(shard)):
            _, name, record = shard.read_packed(number)
            content = functools.partial(_content, shard, number)
            yield PackedPicture(name=name, where=str(tar), read=content), record


def _content(shard: TarShard, number: int) -> bytes:
    return shard.read_packed(number)[0]
