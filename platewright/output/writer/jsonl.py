"""JSON lines, one for each photo."""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from platewright.errors import OutputError
from platewright.file import at_once, make_folder, place_of
from platewright.output.photo import PhotoReadings
from platewright.output.writer import ReadingsWriter

MOST_LINE = 1 << 16  #: Bytes of a file that are looked at together


class LinesFile:
    """Lines, JSON as a rule, that are each there at once and whole, for use in a `with` statement.

    They go to a `.part` file beside it; leaving the block renames that file, also when an error
    or Ctrl-C ends it, so that nothing is lost. What was there before is kept until then, and where
    an error comes before the first line.

    Args:
        path: the file in the end, or a device such as `/dev/stdout`.
        in_place: write the file itself, so that another program can follow it.
        head: a line that is there from the beginning.
        append: go on behind the lines that are there, of which the last may be cut off.
    """

    def __init__(
        self, path: Path, *, in_place: bool = False, head: str = "", append: bool = False
    ) -> None:
        self.path, self.head, self.append = path, head, append
        there = path.exists()
        device = there and not path.is_file()
        self.target, self.part = (path, path) if in_place or device else place_of(path)
        self._goes = not (device or (there and in_place))
        """Whether an error may remove what was written so far, as it is nothing."""

    def __enter__(self) -> Self:
        try:
            if not self.part.parent.exists():
                make_folder(self.part.parent)
            own = self.append and self.part.is_file()
            mode = "r+b" if own else "wb"
            self._stream = open(self.part, mode, buffering=0, opener=at_once)
        except OSError as error:
            raise self._failed(error) from error
        self._empty = True
        try:
            if not (own and self._go_on()) and self.head:
                self.write(self.head)
        except OutputError as error:
            self.__exit__(type(error))
            raise
        self._empty = True
        return self

    def _go_on(self) -> bool:
        """Go to the end of the last whole line; tell whether there is any."""
        head = self.head.encode()
        first = self._stream.readline(MOST_LINE)
        if first and not (head.startswith(first) if head else first.startswith(b"{")):
            kind = "such a table" if head else "lines of JSON"
            raise OutputError(f"{self.path}: holds no {kind} to go on with; give another name")
        end = self._stream.seek(0, os.SEEK_END)
        while end:
            start = max(end - MOST_LINE, 0)
            self._stream.seek(start)
            found = self._stream.read(end - start).rfind(b"\n")
            end = start + found + 1 if found >= 0 else start
            if found >= 0:
                break
        self._stream.seek(end)
        self._stream.truncate()
        return end > 0

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
        if self.part == self.target:
            return
        try:
            self.part.replace(self.target)
        except OSError as problem:
            raise self._failed(problem) from problem

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(f"{self.path}: can't be written: {error.strerror or error}")


class Writer(ReadingsWriter):
    """Writes each photo's line as soon as it is read."""

    sees_photos = False

    def __init__(self, path: Path, *, several: bool) -> None:
        super().__init__(path, several=several)
        self._lines = LinesFile(path)

    def __enter__(self) -> Self:
        self._lines.__enter__()
        return self

    def add(self, photo: PhotoReadings, image: NDArray[np.uint8]) -> None:
        """Write one photo's line."""
        self._lines.add(photo.as_dict())

    def close(self) -> None:
        """Close the file and give it its name."""
        self._lines.__exit__()
