from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from platewright.errors import VideoError
from platewright.tracking import live
from platewright.tracking.live import NewestFrames
from platewright.tracking.source import Frame

PICTURE = np.zeros((2, 2, 3), np.uint8)


class Ticking:
    """Frames at a rate; a live one comes at its own time, a recording when it is asked."""

    name = "ticking"

    def __init__(
        self, count: int, fps: float, *, live: bool, error: Exception | None = None
    ) -> None:
        self.count, self.fps, self.live, self.error = count, fps, live, error
        self.closed = threading.Event()
        self.given = 0

    def frames(self) -> Iterator[Frame]:
        for k in range(self.count):
            if self.live:
                self.closed.wait(1 / self.fps)
            if self.closed.is_set():
                return
            self.given = k + 1
            yield Frame(k, k / self.fps, lambda: PICTURE)
        if self.error:
            raise self.error

    def close(self) -> None:
        self.closed.set()


@pytest.mark.parametrize("camera", [True, False])
def test_a_slow_reader_gets_new_frames_and_the_dropped_are_counted(camera: bool) -> None:
    source = Ticking(60, 60, live=camera)
    latest = NewestFrames(source)
    got, behind = [], []
    for frame in latest.frames():
        got.append(frame.number)
        behind.append(source.given - 1 - frame.number)
        time.sleep(0.06)
    assert len(got) + latest.dropped == 60
    assert 8 <= len(got) <= 25
    assert got == sorted(got)
    assert got[-1] == 59
    assert max(behind) < 30  # it never falls behind: without dropping, by 45 in the end


def test_a_quick_reader_gets_all_of_a_recording_in_real_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []

    def sleep(seconds: float, really: Callable[[float], None] = time.sleep) -> None:
        waits.append(seconds)
        really(0.02)

    monkeypatch.setattr(live.time, "sleep", sleep)
    monkeypatch.setattr(live.time, "monotonic", lambda: 100.0)  # no time goes by
    latest = NewestFrames(Ticking(20, 50, live=False))
    assert [frame.number for frame in latest.frames()] == list(range(20))
    assert waits == pytest.approx([k / 50 for k in range(20)], abs=1e-6)
    assert latest.dropped == 0


def test_what_the_source_says_is_told_after_its_last_frame() -> None:
    latest = NewestFrames(Ticking(2, 50, live=False, error=VideoError("gone")))
    got: list[int] = []
    with pytest.raises(VideoError, match="gone"):
        got.extend(frame.number for frame in latest.frames())
    assert got == [0, 1]


def test_a_wish_to_stop_is_heard_while_nothing_comes() -> None:
    source = Ticking(5, 0.01, live=True)
    wished = threading.Event()
    threading.Timer(0.15, wished.set).start()
    assert list(NewestFrames(source).frames(wished.is_set)) == []  # the first comes in 100 s
    assert source.closed.is_set()
