"""LMDB environments of plates' pictures and texts, as PARSeq and its forerunners take them.

Keys `image-%09d` and `label-%09d` from 1, and `num-samples`; every shard is an environment in a
folder of its own, and PARSeq reads all `data.mdb` beneath the folder it is given. Source:
baudm/parseq, strhub/data/dataset.py and tools/create_lmdb_dataset.py.
"""

import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from platewright.container import MAX_BYTES
from platewright.dataset.lmdbfile import read_value
from platewright.dataset.outline import CUT_TEXT, TOO_SMALL
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.picture_file import PackedPicture, encode_png, packed_size, straighten
from platewright.dataset.writer import Format, Sample
from platewright.errors import ConfigError, DatasetError, OutputError
from platewright.geometry import quad_of_box
from platewright.record import PlateRecord, SceneRecord

SLACK_PX = 2.0  #: A plate may reach so far over the picture's edge and still be whole
PAGE = 4096
DATA = "data.mdb"
DIGITS, LEAST = 18, 64
"""Of the number of samples; bytes that one takes at least: two keys and their nodes."""
MOST_TEXT = 1 << 16  #: Bytes of a text, and of the number of samples


class LMDBFormat(Format):
    """`NNNNN/data.mdb`: one straightened picture for every whole plate, and its text."""

    name = "lmdb"
    needs = "text"
    summary = "LMDB shards of straightened plates and their texts, as PARSeq takes them"
    folders = ()

    def __init__(self, folder: Path, shard: int) -> None:
        super().__init__(folder, shard)
        try:
            import lmdb  # noqa: F401
        except ImportError:
            raise ConfigError("--format lmdb needs lmdb: pip install lmdb") from None
        self._entries: list[tuple[bytes, bytes]] = []

    def add(self, sample: Sample) -> None:
        """Cut out the sample's whole plates."""
        for plate in sample.record.plates:
            if not _is_whole(plate, sample):
                self.leave(plate, CUT_TEXT)
            elif (picture := straighten(sample.image, plate.quad)) is None:
                self.leave(plate, TOO_SMALL)
            else:
                self._entries.append((encode_png(picture), plate.text.encode()))
                self.hold(plate.text)

    def close(self) -> list[str]:
        """Write the environment in one transaction, which makes its bytes the same every time."""
        import lmdb

        items = {b"num-samples": str(len(self._entries)).encode()}
        for number, (picture, text) in enumerate(self._entries, 1):
            items[b"image-%09d" % number] = picture
            items[b"label-%09d" % number] = text
        # A value may leave most of its last page empty, and the tree has pages of its own.
        pages = sum(len(value) // PAGE + 2 for value in items.values()) + 256
        path = self.folder / f"{self.shard:05d}"
        try:
            path.mkdir()
            with (
                lmdb.open(str(path), map_size=pages * PAGE, lock=False) as env,
                env.begin(write=True) as transaction,
            ):
                for key in sorted(items):
                    transaction.put(key, items[key], append=True)
        except (OSError, lmdb.Error) as error:
            raise OutputError(f"{path}: can't be written: {error}") from error
        return self.lines


def _is_whole(plate: PlateRecord, sample: Sample) -> bool:
    """Tell whether a plate has a text and lies in the picture."""
    height, width = sample.image.shape[:2]
    inside = (plate.quad >= -SLACK_PX) & (plate.quad <= np.array([width, height]) + SLACK_PX)
    return bool(plate.text) and bool(inside.all())


def claims(path: Path) -> bool:
    """Tell whether a path looks like an environment, or a folder of such."""
    return bool(_environments(path))


def _environments(path: Path) -> list[Path]:
    return sorted(file.parent for file in (*path.glob(DATA), *path.glob(f"*/{DATA}")))


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[PackedPicture, SceneRecord]]:
    """Read environments of crops and texts, whoever wrote them.

    Args:
        path: an environment's folder, or one with several.
    """
    environments = _environments(path)
    if not environments:
        raise DatasetError(f"{path}: no {DATA} there")
    for folder in environments:
        room = (folder / DATA).stat().st_size
        for number in range(1, _count(folder) + 1):
            name = f"image-{number:09d}"
            where = f"{folder}: {name}"
            text = _value(folder, b"label-%09d" % number, MOST_TEXT)
            packed = _value(folder, name.encode())
            room -= len(packed)
            # However many there are said to be, and however large: no file costs more than it has.
            if not packed or room < 0:
                why = "lies on others" if packed else "isn't there, though num-samples tells of it"
                raise DatasetError(f"{where} {why}")
            try:
                size = packed_size(packed, where)
            except DatasetError as error:
                finder.fail(where, name, str(error))
                continue
            quad = quad_of_box((0, 0, size[1], size[0]))
            plate = PlateRecord(text=text.decode("utf-8", "replace"), quad=quad)
            content = functools.partial(_value, folder, name.encode())
            picture = PackedPicture(name=f"{folder.name}_{name}", where=where, read=content)
            yield picture, SceneRecord(size=size, plates=(plate,), presence=True)


def _count(folder: Path) -> int:
    told = _value(folder, b"num-samples", MOST_TEXT)
    if not told.isdigit():
        raise DatasetError(f"{folder}: no num-samples in it; it's no LMDB of crops and texts")
    if len(told) > DIGITS or int(told) * LEAST > (folder / DATA).stat().st_size:
        raise DatasetError(f"{folder}: num-samples tells of more than {DATA} can hold")
    return int(told)


def _value(folder: Path, key: bytes, most: int = MAX_BYTES) -> bytes:
    """Return the value of a key; empty where there is none."""
    path = folder / DATA
    try:
        return read_value(path, key, most)
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror or error}") from None
    except ValueError as error:
        raise DatasetError(f"{path}: can't be read: {error}") from None
