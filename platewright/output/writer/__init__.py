"""Files that readings are written to, one kind a file of this folder, found by name.

Each file holds a class `Writer` and says in its first line what it writes: that is the help text of
the option that `platewright detect` has for it, `--NAME FILE`. Nothing else has to be changed.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from platewright.output.photo import PhotoReadings

__all__ = ["ReadingsWriter", "open_writer", "wants_photos", "writer_names", "writer_summary"]

FOLDER = Path(__file__).parent


class ReadingsWriter(Protocol):
    """Writes photos' readings to a file, for use in a `with` statement.

    Its class is called `Writer` and made with the file's path and whether there are several
    photos. Whatever ends the block, what was added is kept.
    """

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        ...

    def add(self, photo: PhotoReadings, image: NDArray[np.uint8]) -> None:
        """Write what was read in a photo.

        Args:
            photo: its readings.
            image: uint8 (H, W, 3) RGB, the photo itself; without pixels, (0, 0, 3), for a class
                with `sees_photos = False`.

        Raises:
            OutputError: if it can't be written.
        """
        ...


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


def wants_photos(name: str) -> bool:
    """Tell whether a kind looks at the photos themselves, unless it says `sees_photos = False`."""
    module = importlib.import_module(f"{__name__}.{name}")
    return bool(getattr(module.Writer, "sees_photos", True))


def open_writer(name: str, path: Path, *, several: bool) -> ReadingsWriter:
    """Return what writes a kind of file.

    Args:
        name: one of `writer_names`.
        path: the file; its folder must be there.
        several: whether there may be more than one photo.
    """
    module = importlib.import_module(f"{__name__}.{name}")
    writer: ReadingsWriter = module.Writer(path, several=several)
    return writer
