"""Lists of crops and texts as PaddleOCR's recognition takes them: file, tab, text.

    images/NAME_K.png  train.txt  val.txt

Plates are straightened, as PaddleOCR straightens what its detector found. Set `data_dir` to this
folder and `label_file_list` to `train.txt`; a tenth of the texts is in `val.txt`. Trainers that
want a space between file and text take `text-list-space`. In other people's lists pictures may
have spaces in their names, or be URLs, and texts may have spaces, too.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.selection import list_files, lists_in
from platewright.dataset.textfile import first_line, lines_of
from platewright.dataset.writer import CropFormat
from platewright.errors import DatasetError
from platewright.image import READ_SUFFIXES
from platewright.record import PlateRecord, SceneRecord

SUFFIXES = "|".join(re.escape(suffix) for suffix in READ_SUFFIXES)


class TextListFormat(CropFormat):
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
    for file in lists_in(path, ".txt") if path.is_dir() else [path]:
        if file.suffix == ".txt" and (line := first_line(file)):
            found = _parts(line, separator)
            return found is not None and bool(found[1]) and not found[1].startswith("[")
    return False


def _parts(line: str, separator: str) -> tuple[str, str] | None:
    r"""Return a line's picture and its text; None where neither a known suffix nor a URL tells.

    Names of files may hold separators, and so may texts: the name ends with its suffix, the last
    one before a separator, or, where it is a URL with something after it, at the first separator.

    >>> _parts("b c.jpg CD 34", " "), _parts("http://a.b/c.jpg?x=1 CD 34", " ")
    (('b c.jpg', 'CD 34'), ('http://a.b/c.jpg?x=1', 'CD 34'))
    >>> _parts("b c.jpg", " "), _parts("b.jpg CD", "\t")
    (('b c.jpg', ''), None)
    """
    name = rf"[^\t]*[^\t\\/](?i:{SUFFIXES})|[\w+.-]+://\S+"
    found = re.fullmatch(rf"({name})(?:{re.escape(separator)}(.*))?", line.strip())
    return None if found is None else (found[1].strip(), (found[2] or "").strip())


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read lists of file, tab, text.

    Args:
        path: one list, or a folder with `train.txt`, `val.txt` and `test.txt`; pictures are
            named from there.
    """
    yield from read_lists(path, "\t", "tab", finder)


def read_lists(
    path: Path, separator: str, called: str, finder: PictureFinder
) -> Iterator[tuple[Path, SceneRecord]]:
    """Read lists of file, separator, text; see `read`."""
    for file in list_files(path, ".txt"):
        for number, line in lines_of(file):
            where = f"{file}: line {number}"
            told = finder.attempt(_picture_and_text, where, line, separator, called)
            if told is None:
                continue
            name, text = told
            yield from finder.crop(name, file, where, text=text)


def _picture_and_text(where: str, line: str, separator: str, called: str) -> tuple[str, str]:
    """Return a line's picture and its text."""
    # Of a picture of another suffix the name is what stands before the last separator.
    name, _, text = line.rpartition(separator)
    name, text = _parts(line, separator) or (name.strip(), text.strip())
    if not name:
        raise DatasetError(f"{where}: not a file, a {called} and a text")
    if not text:
        raise DatasetError(f"{where}: no text after {name}")
    return name, text
