"""How far a long run has come, on stderr."""

from __future__ import annotations

import sys
import time

__all__ = ["Progress"]

ON_SCREEN_S = 0.5
IN_LOGS_S = 30.0


class Progress:
    """One line that renews itself on a screen; a line now and then where stderr is a file.

    Args:
        total: how many there are to do.
        there: how many were done before, and don't count for the speed.
    """

    def __init__(self, total: int, there: int = 0) -> None:
        """Start the clock."""
        self.total, self.there, self.done = total, there, 0
        self._began = self._shown = time.monotonic()
        self._screen = sys.stderr.isatty()

    def add(self, number: int = 1, note: str = "") -> None:
        """Count, and show where it is time to.

        Args:
            number: how many more are done.
            note: what else to say.
        """
        self.done += number
        now = time.monotonic()
        if now - self._shown < (ON_SCREEN_S if self._screen else IN_LOGS_S):
            return
        self._shown = now
        left = self.total - self.there - self.done
        line = f"{self.there + self.done}/{self.total}  {self.rate:.0f}/s  "
        line += f"{_duration(left / self.rate)} left{note}"
        print(f"\r{line:<70}" if self._screen else line, end="" if self._screen else "\n",
              file=sys.stderr, flush=True)  # fmt: skip

    @property
    def rate(self) -> float:
        """How many a second."""
        return max(self.done, 1e-9) / max(time.monotonic() - self._began, 1e-9)

    def end(self) -> None:
        """Take the line from the screen."""
        if self._screen:
            print("\r" + " " * 70, end="\r", file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    """Return a time in words.

    >>> _duration(59.6), _duration(90), _duration(7300)
    ('60 s', '2 min', '2.0 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
