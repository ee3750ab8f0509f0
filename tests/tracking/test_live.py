from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import numpy as np
import pytest

from platewright.errors import VideoError
from platewright.tracking import live, source
from platewright.tracking.live import (
    CameraSource,
    LiveSource,
    LostError,
    NewestFrames,
    StreamSource,
)
from platewright.tracking.source import Frame
from tests.script import wait_until
from tests.work import Turnstile

pytest.importorskip("av")
GREYS = [np.full((48, 64, 3), level, np.uint8) for level in (40, 90, 140, 190)]
FOREVER = float("inf")


class Scripted(LiveSource):
    """A camera whose connections last for so many frames; None: it can't be connected."""

    def __init__(self, plan: Sequence[int | None], patience_s: float = FOREVER) -> None:
        self.told: list[str] = []
        super().__init__("camera", patience_s, self.told.append)
        self.plan = list(plan)
        self.tries = 0

    def _connected(self) -> Iterator[Callable[[], np.ndarray]]:
        self.tries += 1
        lasts = self.plan.pop(0)
        if lasts is None:
            raise LostError("no route to host")
        for _ in range(lasts):
            yield lambda: GREYS[0]
        if self.plan:
            raise LostError("cut")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Take the waiting out of the backoff; returns how long it would have been."""
    found: list[float] = []
    now = [100.0]

    class Waiting(threading.Event):
        def wait(self, seconds: float | None = None) -> bool:
            found.append(float(seconds or 0))
            now[0] += float(seconds or 0)
            return False

    monkeypatch.setattr(source, "threading", SimpleNamespace(Event=Waiting))
    monkeypatch.setattr(live, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return found


def test_a_lost_camera_is_tried_again_ever_more_seldom(waits: list[float]) -> None:
    camera = Scripted([2, *[None] * 9, 3])
    frames = list(camera.frames())
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4]
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30]
    assert frames[-1].time_s - frames[0].time_s == sum(waits)
    assert camera.told == ["camera: lost (cut); trying again", "camera: back after 152 s"]


def test_who_comes_back_is_waited_for_briefly_again(waits: list[float]) -> None:
    list(Scripted([1, None, None, 1, None, 1]).frames())
    assert waits == [0.5, 1, 2, 0.5, 1]


def test_patience_ends(waits: list[float]) -> None:
    camera = Scripted([1, *[None] * 20], patience_s=10)
    frames: list[Frame] = []
    with pytest.raises(VideoError, match=r"camera: lost for 8 s \(no route to host\)"):
        frames.extend(camera.frames())
    assert waits == [0.5, 1, 2, 4]  # 8 s more would be too long


def test_one_that_was_never_there_is_an_error_at_once(waits: list[float]) -> None:
    with pytest.raises(VideoError, match=r"camera: no picture comes \(no route to host\)"):
        list(Scripted([None, 5]).frames())
    assert waits == []


def test_a_closed_one_tries_no_more(waits: list[float]) -> None:
    camera = Scripted([3, 3, 3])
    got = []
    for frame in camera.frames():
        got.append(frame.number)
        if frame.number == 1:
            camera.close()
    assert (got, camera.tries) == ([0, 1], 1)


@pytest.mark.slow
def test_an_http_stream_that_breaks_off_is_taken_up_again(
    camera_server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FIRST_WAIT_S", 0.05)
    server = camera_server(GREYS, [6, 0, 0, None])
    server.fps = 50
    told: list[str] = []
    stream = StreamSource(server.address, patience_s=FOREVER, report=told.append)
    frames: list[Frame] = []
    for frame in stream.frames():
        frames.append(frame)
        if len(told) == 2:
            stream.close()
    assert told[0].startswith(f"{server.address}: lost (")
    assert told[0].endswith("); trying again")
    assert re.fullmatch(rf"{server.address}: back after \d+ s", told[1])
    assert [frame.number for frame in frames] == list(range(len(frames)))
    assert 2 <= len(frames) <= 9
    assert server.visits >= 4
    assert frames[0].picture.shape == (48, 64, 3)
    assert frames[0].picture.mean() == pytest.approx(40, abs=4)
    assert frames[0].at is not None
    assert np.all(np.diff([frame.time_s for frame in frames]) >= 0)


@pytest.mark.slow
def test_a_stream_that_falls_silent_is_lost(camera_server) -> None:
    server = camera_server(GREYS, [-1])
    server.fps = 50

    def told(silence_s: float) -> str:
        stream = StreamSource(
            server.address, patience_s=0, report=lambda line: None, silence_s=silence_s
        )
        with pytest.raises(VideoError) as caught:
            list(stream.frames())
        assert str(caught.value).endswith(f"(nothing came for {silence_s:g} s)")
        return str(caught.value)

    # On a busy machine the first picture takes its time.
    assert any("live: lost for " in told(silence_s) for silence_s in (0.6, 6.0, 60.0))


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_stream_that_never_answers_says_so(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"{scheme}://127.0.0.1:{server.getsockname()[1]}/live"
        stream = StreamSource(address, patience_s=0, report=lambda line: None, silence_s=0.5)
        with pytest.raises(VideoError, match=r"no picture comes \(nothing came for 0\.5 s\)"):
            list(stream.frames())


def test_an_address_without_a_stream_never_tells_its_password() -> None:
    address = "http://admin:secret@127.0.0.1:1/live?key=hidden"
    told: list[str] = []
    stream = StreamSource(address, patience_s=1, report=told.append)
    with pytest.raises(VideoError) as caught:
        list(stream.frames())
    words = str(caught.value)
    assert words.startswith("http://127.0.0.1:1/live: no picture comes (")
    assert "secret" not in words + "".join(told)
    assert "hidden" not in words


def test_a_camera_that_is_not_there() -> None:
    with pytest.raises(VideoError, match=r"camera 97: no picture comes \(it is not there"):
        list(CameraSource(97, patience_s=FOREVER, report=lambda line: None).frames())


PICTURE = np.zeros((2, 2, 3), np.uint8)


class Ticking:
    """Frames at a rate; a live one comes at its own time, a recording when it is asked.

    Args:
        turnstile: that each frame has to pass, and the end as well; None: there is none.
    """

    name = "ticking"

    def __init__(
        self, count: int, fps: float, *, live: bool, error: Exception | None = None,
        turnstile: Turnstile | None = None,
    ) -> None:  # fmt: skip
        self.count, self.fps, self.live, self.error = count, fps, live, error
        self.turnstile = turnstile
        self.closed = threading.Event()
        self.given = 0

    def frames(self) -> Iterator[Frame]:
        for k in range(self.count):
            if self.turnstile:
                self.turnstile()
            elif self.live:
                self.closed.wait(1 / self.fps)
            if self.closed.is_set():
                return
            self.given = k + 1
            yield Frame(k, k / self.fps, lambda: PICTURE)
        if self.turnstile:
            self.turnstile()
        if self.error:
            raise self.error

    def close(self) -> None:
        self.closed.set()


@pytest.mark.parametrize("camera", [True, False])
def test_a_slow_reader_gets_new_frames_and_the_dropped_are_counted(camera: bool) -> None:
    turnstile = Turnstile(61)
    ticking = Ticking(60, 6000, live=camera, turnstile=turnstile)
    latest = NewestFrames(ticking)
    got, behind = [], []
    for frame in latest.frames():
        got.append(frame.number)
        behind.append(ticking.given - 1 - frame.number)
        turnstile.let(5)  # while it is at it
    assert got == [0, *range(4, 58, 5), 58, 59]
    assert len(got) + latest.dropped == 60
    assert max(behind) < 6  # it never falls behind: without dropping, by 45 in the end


def test_a_quick_reader_gets_all_of_a_recording_in_real_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    got: list[int] = []

    def sleep(seconds: float) -> None:
        wait_until(lambda: len(got) == len(waits), pause_s=0.001)
        waits.append(seconds)

    no_time_goes_by = SimpleNamespace(sleep=sleep, monotonic=lambda: 100.0)
    monkeypatch.setattr(live, "time", no_time_goes_by)
    latest = NewestFrames(Ticking(20, 50, live=False))
    got.extend(frame.number for frame in latest.frames())
    assert got == list(range(20))
    assert waits == pytest.approx([k / 50 for k in range(20)], abs=1e-6)
    assert latest.dropped == 0


def test_a_recording_whose_clock_jumps_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(live, "time", SimpleNamespace(sleep=waits.append, monotonic=lambda: 100.0))

    class Jumping(Ticking):
        def frames(self) -> Iterator[Frame]:
            for k, time_s in enumerate((0, 50, 3600, 3601, 1e12, 1e12 + 1)):
                yield Frame(k, time_s, lambda: PICTURE)

    latest = NewestFrames(Jumping(6, 1, live=False))
    assert len(list(latest.frames())) + latest.dropped == 6
    assert waits == pytest.approx([0, 50, 0, 1, 0, 1], abs=0.01)


def test_what_the_source_says_is_told_after_its_last_frame() -> None:
    latest = NewestFrames(Ticking(2, 50, live=False, error=VideoError("gone")))
    got: list[int] = []
    with pytest.raises(VideoError, match="gone"):
        got.extend(frame.number for frame in latest.frames())
    assert got == [0, 1]


def test_a_wish_to_stop_is_heard_while_nothing_comes() -> None:
    ticking = Ticking(5, 0.01, live=True)
    wished = threading.Event()
    threading.Timer(0.15, wished.set).start()
    assert list(NewestFrames(ticking).frames(wished.is_set)) == []  # the first comes in 100 s
    assert ticking.closed.is_set()
