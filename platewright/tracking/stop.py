"""The wish to stop: Ctrl-C and SIGTERM let the frame in hand be finished, and what follows it."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any

__all__ = ["StopWish"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopWish:
    """False until Ctrl-C or SIGTERM comes; a second one interrupts at once.

    For use in a `with` statement, in the main thread.
    """

    def __init__(self) -> None:
        """Start without it."""
        self._wished = False
        self._before: dict[int, Any] = {}

    def __call__(self) -> bool:
        """Return whether to stop."""
        return self._wished

    def wish(self) -> None:
        """Ask to stop."""
        self._wished = True

    def __enter__(self) -> StopWish:
        """Take the signals over."""
        self._before = {number: signal.signal(number, self._came) for number in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _came(self, number: int, frame: FrameType | None) -> None:
        if self._wished:
            raise KeyboardInterrupt
        self._wished = True
