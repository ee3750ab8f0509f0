"""A drawn or imported sample on its way to a file, and what every data set format does with it.

What can't be written is an `OutputError`.
"""

import csv
import io
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from platewright.dataset.outline import CUT_TEXT, TOO_SMALL, SeenPlate
from platewright.dataset.picture_file import encode_png, straighten
from platewright.errors import OutputError
from platewright.file import make_folder, whole_text, write_listed
from platewright.geometry import Picture
from platewright.image import encode_image
from platewright.record import PlateRecord, SceneRecord

SHARD = 10_000  #: Samples in a shard, unless that leaves fewer shards than `SHARDS`

JPEG_QUALITY = 95
"""Of scenes: 78 kB for 640x480 in colour where PNG needs 267 kB, and no softer to the eye."""

PLATE = "plate"  #: What labels of ours are called in formats that have a name for each
LACKS = {"text": "without a text", "characters": "without characters"}
"""Why a plate is left out that has not what the format needs."""


def kind_of(name: str) -> str:
    """Return a label's name as `PlateRecord.kind` has it.

    >>> kind_of("plate"), kind_of("car")
    ('', 'car')
    """
    return "" if name == PLATE else name


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A picture with its record."""

    index: int  #: of the sample in its data set, from 0
    name: str  #: file stem, distinct in the data set: `%08d_TEXT_P` of windows, `%08d` of scenes
    image: Picture  #: (H, W) grey or (H, W, 3) RGB
    record: SceneRecord  #: its labels
    #: the JPEG file that the picture came from, where it shows just `image`
    packed: bytes | None = None
    #: `train` or `val`, where the data set is split already; empty: the text decides
    side: str = ""


@dataclass(kw_only=True)
class Taken:
    """What a writer made of the plates it was given."""

    plates: int = 0  #: how many it wrote
    texts: int = 0  #: how many of them with a text
    passed: Counter[str] = field(default_factory=Counter)  #: those it left out, by reason


class Format(ABC):
    """Writes the samples of one shard in one format.

    A data set is cut into shards by index, each written by whichever process gets it into an
    empty folder of its own; the folders' files are then moved together, so what two shards write
    must differ in name: by the sample's name, or by the shard's number. What a whole data set has
    only one of (an index, a list of classes) is written by `finish` once all shards are there.

    A format that can't hold a plate leaves it out, and none without a word: `add` tells of every
    plate either that it holds or that it leaves it, which `taken` counts.

    Args:
        folder: where the shard's files go; exists.
        shard: its number, from 0.
    """

    name: ClassVar[str]  #: As the command line has it
    summary: ClassVar[str]  #: One line for the command line's help
    lists: ClassVar[bool] = False  #: Whether its own files tell train from val
    needs: ClassVar[str] = ""
    """What a plate must have to be held at all: `text`, `characters`, or nothing more."""
    texts: ClassVar[bool] = True  #: Whether it holds the plates' texts
    folders: ClassVar[tuple[str, ...]] = ("images",)
    """What it has in a data set's folder; made at the beginning."""

    def __init__(self, folder: Path, shard: int) -> None:
        self.folder, self.shard = folder, shard
        self.taken = Taken()
        self.lines: list[str] = []
        for name in self.folders:
            make_folder(folder / name)

    @abstractmethod
    def add(self, sample: Sample) -> None:
        """Write one sample; they come in the order of their index."""

    def hold(self, *texts: str) -> None:
        """Count plates that are written.

        Args:
            texts: of each, as it is written; empty where it is written without.
        """
        self.taken.plates += len(texts)
        self.taken.texts += sum(map(bool, texts))

    def leave(self, plate: PlateRecord, why: str) -> None:
        """Count a plate that is left out.

        Args:
            why: in a few words; what it lacks counts before that.
        """
        lacking = self.needs and not getattr(plate, self.needs)
        self.taken.passed[LACKS[self.needs] if lacking else why] += 1

    def seen_plates(self, sample: Sample) -> list[SeenPlate]:
        """Return the plates of a sample of which enough is seen, in order; leave the others."""
        found = []
        for plate in sample.record.plates:
            seen = SeenPlate(plate, sample.record.size)
            if seen.flaw:
                self.leave(plate, seen.flaw)
            else:
                found.append(seen)
        return found

    def begin(self, sample: Sample) -> tuple[str, list[SeenPlate]]:
        """Write a sample's picture; returns its file's name, and its plates, which are held."""
        name = save_sample(sample, self.folder / self.folders[0] if self.folders else self.folder)
        seen = self.seen_plates(sample)
        self.hold(*(one.plate.text for one in seen))
        return name, seen

    def close(self) -> list[str]:
        """Write what is left; returns this shard's lines (no line breaks inside) for `finish`."""
        return self.lines

    @classmethod  # noqa: B027
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write the data set's own files.

        Args:
            lines: what `close` returned, of all shards in order; may be long, so stream it.
            folder: where the files go; exists, but need not hold the shards' files.
        """


class ListFormat(Format):
    """Pictures and one file of a line or more for each."""

    file: ClassVar[str]  #: Its name in the data set's folder
    head: ClassVar[str]  #: What stands before the lines ...
    comma: ClassVar[str] = ""  #: ... between them ...
    tail: ClassVar[str] = ""  #: ... and behind them

    @classmethod
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write the file."""
        with whole_text(folder / cls.file) as stream:
            stream.write(cls.head)
            for number, line in enumerate(lines):
                stream.write(f"{cls.comma if number else ''}\n{line}")
            stream.write(f"\n{cls.tail}")


def csv_row(*values: object) -> str:
    """Return a row of a CSV file, without its end."""
    row = io.StringIO()
    csv.writer(row, lineterminator="").writerow(values)
    return row.getvalue()


def save_picture(image: NDArray[np.uint8], path: Path, packed: bytes | None = None) -> None:
    """Write a picture as PNG or JPEG, by its name; `packed` where it is there already."""
    try:
        png = path.suffix == ".png"
        data = packed or (
            encode_png(image) if png else encode_image(image, path.suffix, JPEG_QUALITY)
        )
    except OutputError as error:
        raise OutputError(f"{path}: {error}") from error
    write_listed(path, data)


def encode_sample(sample: Sample) -> tuple[bytes, str]:
    """Return a sample's picture as a file, and its ending.

    Windows are PNG, scenes JPEG; what came as a JPEG file is that very file.
    """
    if sample.packed is not None:
        return sample.packed, ".jpg"
    if sample.record.presence is None:
        return encode_image(sample.image, ".jpg", JPEG_QUALITY), ".jpg"
    return encode_png(sample.image), ".png"


def save_sample(sample: Sample, folder: Path) -> str:
    """Write a sample's picture as `encode_sample` packs it.

    Returns:
        The file's name.
    """
    try:
        data, suffix = encode_sample(sample)
    except OutputError as error:
        raise OutputError(f"{folder / sample.name}: {error}") from error
    write_listed(folder / f"{sample.name}{suffix}", data)
    return f"{sample.name}{suffix}"


def plain_value(value: Any) -> Any:
    """Turn numpy scalars into JSON values."""
    return value.item()


HELD_OUT = 10  #: One in so many texts is for validation


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
        header: first line of both; empty: none.

    Returns:
        How many lines each of the two got.
    """
    counts = {"train": 0, "val": 0}
    with (
        whole_text(folder / f"train{suffix}") as train,
        whole_text(folder / f"val{suffix}") as val,
    ):
        streams = {"train": train, "val": val}
        for stream in streams.values() if header else ():
            stream.write(f"{header}\n")
        for line in lines:
            side, _, rest = line.partition("\t")
            streams[side].write(f"{rest}\n")
            counts[side] += 1
    return counts


class SplitFormat(Format):
    """Pictures and the lists `train` and `val`; a text is in one of them, however often drawn."""

    lists = True
    suffix: ClassVar[str] = ".txt"  #: Of the lists
    header: ClassVar[str] = ""  #: Their first line; empty: none

    def list_line(self, sample: Sample, line: str, text: str = "") -> None:
        """Keep a line, on the side of a text, else that of the first plate or of the picture."""
        plates = sample.record.plates
        text = text or (plates[0].text if plates else sample.name)
        self.lines.append(split_line(text, line, sample.side))

    @classmethod
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write the lists."""
        write_split(lines, folder, suffix=cls.suffix, header=cls.header)


ODD_TEXT = "its text can't stand in the list"  #: Why a plate is left out


class CropFormat(SplitFormat):
    """`images/NAME_K.png`, plate K of the sample, and `train` and `val` lists.

    A plate is left out where its text is unknown or not all in the picture, or where its crop is
    smaller than `MIN_CROP`.
    """

    needs = "text"

    def add(self, sample: Sample) -> None:
        """Write the crops of a sample."""
        stem = re.sub(r"\s", "_", sample.name)
        for number, seen in enumerate(self.seen_plates(sample)):
            if not seen.readable:
                self.leave(seen.plate, CUT_TEXT)
            elif not self.takes(seen.plate.text):
                self.leave(seen.plate, ODD_TEXT)
            elif (crop := self.cut(sample.image, seen)) is None:
                self.leave(seen.plate, TOO_SMALL)
            else:
                file = f"images/{stem}_{number}.png"
                save_picture(crop, self.folder / file)
                self.list_line(sample, self.line(file, seen.plate), seen.plate.text)
                self.hold(seen.plate.text)

    def takes(self, text: str) -> bool:
        """Tell whether the format can hold a text."""
        return True

    def cut(self, image: Picture, seen: SeenPlate) -> Picture | None:
        """Return a plate's crop, (h, w, 3) RGB; None where it is too small."""
        return straighten(image, seen.plate.quad)

    @abstractmethod
    def line(self, file: str, plate: PlateRecord) -> str:
        """Return a crop's line in its list."""
