"""Files that readings are written to, one kind a file of this folder, found by name.

Each module holds a class `Writer` and says in its first line what it writes: that is the help text
of the option that `platewright detect` has for it, `--NAME FILE`. Nothing else has to be changed.
What can't be written is an `OutputError`; what was written before stays.
"""

from __future__ import annotations

import ast
import importlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from platewright.output.photo import PhotoReadings

FOLDER = Path(__file__).parent
IN_MEMORY = 1 << 20
"""Bytes that a kind keeps which writes at the end; what is more waits in a temporary file."""


class ReadingsWriter(ABC):
    """Writes photos' readings to a file, for use in a `with` statement.

    Whatever ends the block, what was added is kept.

    Args:
        several: whether there may be more than one photo.
    """

    sees_photos = True  #: Whether it looks at the photos themselves

    def __init__(self, path: Path, *, several: bool) -> None:
        self.path, self.several = path, several

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def add(self, photo: PhotoReadings, image: NDArray[np.uint8]) -> None:
        """Write, or keep, what was read in a photo.

        Args:
            image: uint8 (H, W, 3) RGB, the photo itself; without pixels, (0, 0, 3), for a class
                with `sees_photos = False`.
        """

    @abstractmethod
    def close(self) -> None:
        """Write what is kept."""


def writer_names() -> tuple[str, ...]:
    """Return the names of all kinds, sorted.

    >>> writer_names()
    ('coco', 'csv', 'json', 'jsonl')
    """
    return tuple(sorted(path.stem for path in FOLDER.glob("[!_]*.py")))


def writer_summary(name: str) -> str:
    """Return a kind's one line, without importing it.

    >>> writer_summary("csv"), writer_summary("jsonl")
    ('a CSV table, a row for each plate', 'JSON lines, one for each photo')
    """
    told = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text("utf-8"))) or ""
    line = told.partition("\n")[0].rstrip(".")
    return line if line[1:2].isupper() else f"{line[:1].lower()}{line[1:]}"


def load_writer(name: str) -> type[ReadingsWriter]:
    """Return what writes a kind of file, one of `writer_names`."""
    writer: type[ReadingsWriter] = importlib.import_module(f"{__name__}.{name}").Writer
    return writer
