"""Files that readings are written to, one kind a file of this folder, found by name.

Each module holds a class `Writer` and says in its first line what it writes: that is the help text
of the option that `platewright detect` has for it, `--NAME FILE`. Nothing else has to be changed.
What can't be written is an `OutputError`; what was written before stays.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from platewright.errors import OutputError
from platewright.file import at_once, make_folder, part_of

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


class LinesFile:
    """Lines, JSON as a rule, that are each there at once and whole, for use in a `with` statement.

    They go to a `.part` file beside it; leaving the block renames that file, also when an error
    or Ctrl-C ends it, so that nothing is lost. What was there before is kept until then, and where
    an error comes before the first line.

    Args:
        path: the file in the end, or a device such as `/dev/stdout`.
        in_place: write the file itself, so that another program can follow it.
        head: a line that is there from the beginning.
    """

    def __init__(self, path: Path, *, in_place: bool = False, head: str = "") -> None:
        self.path, self.head = path, head
        there = path.exists()
        device = there and not path.is_file()
        self.part = path if in_place or device else part_of(path)
        self._goes = not (device or (there and in_place))
        """Whether an error may remove what was written so far, as it is nothing."""

    def __enter__(self) -> Self:
        try:
            if not self.part.parent.exists():
                make_folder(self.part.parent)
            self._stream = open(self.part, "wb", buffering=0, opener=at_once)
        except OSError as error:
            raise self._failed(error) from error
        self._empty = True
        try:
            if self.head:
                self.write(self.head)
        except OutputError as error:
            self.__exit__(type(error))
            raise
        self._empty = True
        return self

    def add(self, line: Mapping[str, Any]) -> None:
        """Write one line."""
        self.write(json.dumps(line) + "\n")

    def write(self, line: str) -> None:
        """Write one line of another kind, as it is."""
        rest = line.encode()
        written = 0
        try:
            while rest:
                count = self._stream.write(rest)
                written, rest = written + count, rest[count:]
            self._empty = False
        except (OSError, KeyboardInterrupt) as error:
            # Half a line would make the whole file unreadable to most.
            if written and self.part.is_file():
                self._stream.seek(-written, os.SEEK_CUR)
                self._stream.truncate()
            if isinstance(error, OSError):
                raise self._failed(error) from error
            raise

    def __exit__(self, kind: type[BaseException] | None = None, *_: object) -> None:
        self._stream.close()
        if kind is not None and self._empty and self._goes:
            with contextlib.suppress(OSError):
                self.part.unlink()
            return
        if self.part == self.path:
            return
        try:
            self.part.replace(self.path)
        except OSError as problem:
            raise self._failed(problem) from problem

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(f"{self.path}: can't be written: {error.strerror or error}")
