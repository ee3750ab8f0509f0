"""How far a long run has come, on stderr: one bar on a screen, a line now and then in a log."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator, Sized
from contextlib import suppress
from typing import TextIO, TypeVar

from tqdm import tqdm

from platewright.errors import printable

Item = TypeVar("Item")

ON_SCREEN_S = 0.5
IN_LOGS_S = 30.0
WIDTH = 99  #: Most columns of the line


class _Lines:
    """A stream that gets whole lines in place of one that renews itself."""

    encoding = "ascii"

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if line := text.strip("\r\n "):
            self._stream.write(f"{line}\n")
        return len(text)

    def flush(self) -> None:
        self._stream.flush()


class Progress:
    """A bar that renews itself on a screen; where stderr is a file, a line every half minute.

    For use in a `with` statement, or with `end`. What the program says meanwhile goes through
    `say`, so that it stands above the bar and not in it.

    Args:
        total: how many there are to do; None: not known.
        there: how many were done before, and don't count for the speed.
        unit: what is counted, in the plural.
        scale: whether to show large numbers as 12.3M.
    """

    def __init__(
        self, total: int | None = None, there: int = 0, *, unit: str = "", scale: bool = False
    ) -> None:
        screen = sys.stderr.isatty()
        self._bar = _Bar(
            total=total,
            initial=there,
            unit=f" {unit}" if unit and not scale else unit,
            unit_scale=scale,
            file=sys.stderr if screen else _Lines(sys.stderr),
            mininterval=ON_SCREEN_S if screen else IN_LOGS_S,
            delay=ON_SCREEN_S if screen else IN_LOGS_S,
            ncols=None if screen else WIDTH,
            dynamic_ncols=screen,
            miniters=1,
            leave=False,
        )

    def add(self, number: int = 1, note: str = "") -> None:
        """Count, and show where it is time to.

        Args:
            note: what else to say.
        """
        if note:
            self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(number)

    def expect(self, total: int | None) -> None:
        """Note how many there are, where that shows after the start only; None: still unknown."""
        if total is not None and total >= self._bar.n:
            self._bar.total = total

    def say(self, line: str, stream: TextIO | None = None) -> None:
        """Print a line above the bar.

        Args:
            stream: where it goes; None: stderr.
        """
        stream = sys.stderr if stream is None else stream
        with self._bar.external_write_mode(file=stream):
            print(printable(line), file=stream, flush=True)

    @property
    def done(self) -> int:
        """How many were done in this run."""
        return int(self._bar.n - self._bar.initial)

    @property
    def rate(self) -> float:
        """How many a second."""
        return max(self.done, 1e-9) / max(float(self._bar.format_dict["elapsed"]), 1e-9)

    def end(self) -> None:
        """Take the bar from the screen."""
        self._bar.close()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def track(items: Iterable[Item], total: int | None = None, *, unit: str = "") -> Iterator[Item]:
    """Yield items and show how many are done.

    Args:
        total: how many there are; None: their length, where they have one.
        unit: what is counted, in the plural.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    with Progress(total, unit=unit) as progress:
        for item in items:
            yield item
            progress.add()


class _Bar(tqdm):  # type: ignore[misc]
    """A bar without a thread and a semaphore of its own, which processes that fork can't have."""

    monitor_interval = 0

    def __del__(self) -> None:
        """Go without a word, also where Ctrl-C came before it was whole."""
        with suppress(AttributeError):
            super().__del__()


_Bar.set_lock(threading.RLock())
