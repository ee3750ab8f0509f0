"""Lists of crops and texts as PaddleOCR's recognition takes them: file, tab, text.

    images/NAME_K.png  train.txt  val.txt

Plates are straightened, as PaddleOCR straightens what its detector found. Set `data_dir` to this
folder and `label_file_list` to `train.txt`; a tenth of the texts is in `val.txt`. Trainers that
want a space between file and text take `text-list-space`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from platewright.dataset.finder import STRICT, PictureFinder
from platewright.dataset.format import _crops
from platewright.dataset.textfile import first_line, lines_of, list_files
from platewright.errors import DatasetError
from platewright.image import READ_SUFFIXES
from platewright.records import PlateRecord, SceneRecord

__all__ = ["TextListFormat", "claims", "is_list", "read", "read_lists"]


class TextListFormat(_crops.CropsFormat):
    """Crops and two lists."""

    name = "text-list"
    summary = "straightened crops and lists of file, tab, text, as PaddleOCR takes them"

    separator: ClassVar[str] = "\t"

    def takes(self, text: str) -> bool:
        """Refuse what would break the line."""
        return self.separator not in text

    def line(self, file: str, plate: PlateRecord) -> str:
        """Return file, separator, text."""
        return f"{file}{self.separator}{plate.text}"


def claims(path: Path) -> bool:
    """Tell whether a path looks like such lists."""
    return is_list(path, "\t")


def is_list(path: Path, separator: str) -> bool:
    """Tell whether a path's first line is a picture, a separator and a text."""
    for file in (path, path / "train.txt", path / "val.txt"):
        if file.suffix == ".txt" and (line := first_line(file)):
            name, _, text = line.rpartition(separator)
            return name.strip().lower().endswith(READ_SUFFIXES) and not text.startswith("[")
    return False


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read lists of file, tab, text.

    Args:
        path: one list, or a folder with `train.txt` and `val.txt`; pictures are named from there.
        finder: what becomes of missing pictures.

    Yields:
        Each picture, and a record with one plate from edge to edge of it.

    Raises:
        DatasetError: if a line or its picture can't be read, with file and line.
    """
    yield from read_lists(path, "\t", "tab", finder)


def read_lists(
    path: Path, separator: str, called: str, finder: PictureFinder
) -> Iterator[tuple[Path, SceneRecord]]:
    """Read lists of file, separator, text; see `read`."""
    for file in list_files(path, ".txt"):
        for number, line in lines_of(file):
            where = f"{file}: line {number}"
            # File names may hold spaces, texts don't.
            name, found, text = line.rpartition(separator)
            if not found or not name.strip() or not text.strip():
                raise DatasetError(f"{where}: not a file, a {called} and a text")
            picture = file.parent / name.strip()
            record = _crops.record_of_crop(finder, picture, where, text.strip())
            if record is not None:
                yield picture, record
