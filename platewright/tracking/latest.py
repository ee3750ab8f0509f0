"""The newest frames of a source: who reads slower than they come gets fewer, never old ones."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing

from platewright.tracking.frame import Frame
from platewright.tracking.source import Source

__all__ = ["LatestFrames"]

DEPTH = 2
LOOK_S = 0.2
"""How often the wish to stop is looked for while nothing comes."""


class LatestFrames:
    """Takes frames off a source in a thread of its own and hands on the newest.

    A recording's frames come when they would be shown.

    Args:
        source: where they come from.
        depth: how many may wait; the oldest of more is dropped.

    Attributes:
        dropped: how many were, so far.
    """

    def __init__(self, source: Source, depth: int = DEPTH) -> None:
        """Keep them; the thread starts with the first frame asked for."""
        self.source = source
        self.dropped = 0
        self._waiting: deque[Frame] = deque()
        self._depth = depth
        self._news = threading.Condition()
        self._ended = False
        self._error: BaseException | None = None

    def frames(self, stop: Callable[[], bool] = lambda: False) -> Iterator[Frame]:
        """Yield the newest frame whenever one is asked for, until the source ends.

        Args:
            stop: asked while nothing comes; True ends it.

        Raises:
            VideoError: what the source raised, after its last frame.
        """
        thread = threading.Thread(target=self._take, name="frames", daemon=True)
        thread.start()
        try:
            while not stop():
                with self._news:
                    if not self._waiting and not self._ended:
                        self._news.wait(LOOK_S)
                    frame = self._waiting.popleft() if self._waiting else None
                    ended = self._ended
                if frame is not None:
                    yield frame
                elif ended:
                    break
            if self._error is not None:
                raise self._error
        finally:
            # The thread may hang in a dead connection: it is a daemon, and nobody waits for it.
            self.source.close()
            with self._news:
                self._waiting.clear()
                self._ended = True

    def _take(self) -> None:
        """Run in the thread."""
        start = time.monotonic()
        try:
            with closing(self.source.frames()) as frames:  # type: ignore[type-var]
                for frame in frames:
                    if not self.source.live:
                        time.sleep(max(start + frame.time_s - time.monotonic(), 0))
                    with self._news:
                        if self._ended:
                            return
                        if len(self._waiting) >= self._depth:
                            self._waiting.popleft()
                            self.dropped += 1
                        self._waiting.append(frame)
                        self._news.notify()
        except Exception as error:
            # Whatever it is belongs to whoever reads the frames.
            self._error = error
        finally:
            with self._news:
                self._ended = True
                self._news.notify()
