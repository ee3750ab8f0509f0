"""A drawn or imported sample on its way to a file, and what every data set format does with it."""

import struct
import zlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from platewright.dataset.outline import SeenPlate
from platewright.errors import OutputError
from platewright.file import make_folder, writing
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
        """Write one sample; they come in the order of their index.

        Raises:
            OutputError: if a file can't be written.
        """

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


def save_picture(image: NDArray[np.uint8], path: Path, packed: bytes | None = None) -> None:
    """Write a picture as PNG or JPEG, by its name; `packed` where it is there already.

    Raises:
        OutputError: if it can't be written.
    """
    try:
        png = path.suffix == ".png"
        data = packed or (
            encode_png(image) if png else encode_image(image, path.suffix, JPEG_QUALITY)
        )
    except OutputError as error:
        raise OutputError(f"{path}: {error}") from error
    save_bytes(path, data)


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

    Raises:
        OutputError: if it can't be written.
    """
    try:
        data, suffix = encode_sample(sample)
    except OutputError as error:
        raise OutputError(f"{folder / sample.name}: {error}") from error
    save_bytes(folder / f"{sample.name}{suffix}", data)
    return f"{sample.name}{suffix}"


def save_bytes(path: Path, data: bytes) -> None:
    """Write a file of a shard, which nobody sees before the shard is whole.

    Raises:
        OutputError: if it can't be written.
    """
    with writing(path):
        path.write_bytes(data)


def plain_value(value: Any) -> Any:
    """Turn numpy scalars into JSON values."""
    return value.item()


SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = struct.Struct(">IIBBBBB")
"""Width, height, bits, kind of colour, and three zeros (PNG, third edition, 11.2.1)."""
GREY, COLOUR = 0, 2
UP = 2  #: The filter that takes each byte from the one above it (PNG, 9.2)


@cache
def _packing() -> Callable[[Any], bytes]:
    """Return what packs bytes by deflate.

    ISA-L packs a scene in a quarter of the time that zlib takes, and smaller; runs alone are the
    quickest that zlib has. Drawings are noisy: to pack them harder takes three times the time and
    saves a hundredth.
    """
    try:
        from isal import isal_zlib
    except ImportError:

        def pack(data: Any) -> bytes:
            stream = zlib.compressobj(1, strategy=zlib.Z_RLE)
            return stream.compress(data) + stream.flush()

        return pack
    return lambda data: isal_zlib.compress(data, 1)


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Return a grey (H, W) or RGB (H, W, 3) picture as PNG."""
    height, width = image.shape[:2]
    flat = image.reshape(height, -1)
    rows = np.empty((height, 1 + flat.shape[1]), np.uint8)
    rows[:, 0] = UP
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
    kind = GREY if image.ndim == 2 else COLOUR
    header = HEADER.pack(width, height, 8, kind, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", _packing()(rows)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(data, zlib.crc32(name))
    return b"".join((struct.pack(">I", len(data)), name, data, struct.pack(">I", check)))
