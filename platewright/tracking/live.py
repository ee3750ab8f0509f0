"""Live frames: cameras and streams that are found again when lost, and the newest of a source."""

import sys
import threading
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import Any

import cv2
import numpy as np

from platewright.errors import VideoError
from platewright.geometry import Picture
from platewright.output.clip import import_av
from platewright.tracking.source import NO_PICTURE, Frame, Source, bounded, safe_name, unpacked

Unpack = Callable[[], Picture]

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
LONGEST_PAUSE_S = 60.0  #: Between two frames of a recording; a longer one is passed over
SILENCE_S = 10.0  #: A stream that sends nothing for so long is lost

DEPTH = 2
LOOK_S = 0.2  #: How often the wish to stop is looked for while nothing comes


class LostError(Exception):
    """The connection broke; its text says why."""


class LiveSource(Source):
    """What cameras and streams have in common: frames come when they come, and are found again.

    One that was never there is an error at once: more likely a wrong address than a lost camera.

    Args:
        name: what results and errors call it.
        patience_s: how long it is tried again after it was lost, seconds.
        report: takes a line when it is lost and when it is back.
    """

    live = True

    def __init__(self, name: str, patience_s: float, report: Callable[[str], None]) -> None:
        super().__init__(name)
        self.patience_s, self.report = patience_s, report

    def frames(self) -> Iterator[Frame]:
        """See `Source`; waits longer after each try in vain, up to half a minute."""
        number, start = 0, 0.0
        lost: float | None = None
        wait = FIRST_WAIT_S
        while not self._closed.is_set():
            try:
                for unpack in self._connected():
                    now = time.monotonic()
                    if lost is not None:
                        self.report(f"{self.name}: back after {now - lost:.0f} s")
                    lost, wait = None, FIRST_WAIT_S
                    start = start or now
                    yield Frame(number, now - start, unpack, datetime.now(UTC))
                    number += 1
                    if self._closed.is_set():
                        return
                return
            except LostError as error:
                problem = str(error)
            now = time.monotonic()
            if not number:
                raise VideoError(f"{self.name}: no picture comes ({problem})")
            if lost is None:
                lost = now
                self.report(f"{self.name}: lost ({problem}); trying again")
            if now - lost + wait > self.patience_s:
                raise VideoError(f"{self.name}: lost for {now - lost:.0f} s ({problem})")
            self._closed.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT_S)

    @abstractmethod
    def _connected(self) -> Iterator[Unpack]:
        """Connect and yield what unpacks each frame; return where a recording has its end."""


class StreamSource(LiveSource):
    """An RTSP or HTTP stream, decoded by PyAV.

    Args:
        address: may have a user and a password, which are never told.
        silence_s: after so long without a byte it counts as lost, seconds.
    """

    def __init__(
        self,
        address: str,
        *,
        patience_s: float,
        report: Callable[[str], None],
        silence_s: float = SILENCE_S,
    ) -> None:
        super().__init__(safe_name(address), patience_s, report)
        self._address, self._silence_s = address, silence_s
        self._heard = 0.0
        self._av = import_av()

    def _connected(self) -> Iterator[Unpack]:
        # Over UDP, which RTSP takes first, firewalls and lost packets spoil pictures.
        options = {"rtsp_transport": "tcp"} if self._address.lower().startswith("rtsp") else {}
        silence = self._silence_s
        self._heard = time.monotonic()
        try:
            with self._av.open(
                self._address, options=options, timeout=(silence, silence)
            ) as container:
                stream = bounded(container)
                if stream is None:
                    raise LostError(NO_PICTURE)
                recorded = bool(container.duration)
                yield from self._decoded(container.demux(stream), recorded)
                if not recorded:
                    raise LostError("the other side ended it")
        except (OSError, self._av.error.FFmpegError) as error:
            # What the timeout ended FFmpeg calls an exit, and with RTSP invalid data.
            if time.monotonic() - self._heard >= silence:
                raise LostError(f"nothing came for {silence:g} s") from None
            # Its whole text would tell the password.
            raise LostError(str(error.strerror or type(error).__name__)) from None

    def _decoded(self, packets: Iterable[Any], recorded: bool) -> Iterator[Unpack]:
        """Yield the frames; those of a recording when their time has come."""
        start = time.monotonic()
        for packet in packets:
            try:
                frames = packet.decode()
            except self._av.error.InvalidDataError:
                frames = []  # a packet was lost; the next key frame mends it
            for frame in frames:
                if recorded and frame.time is not None:
                    self._closed.wait(max(start + frame.time - time.monotonic(), 0))
                yield partial(unpacked, frame)
            self._heard = time.monotonic()


class CameraSource(LiveSource):
    """A camera of this machine, read by OpenCV.

    Args:
        index: 0 is the first.
    """

    def __init__(self, index: int, *, patience_s: float, report: Callable[[str], None]) -> None:
        super().__init__(f"camera {index}", patience_s, report)
        self._index = index

    def _connected(self) -> Iterator[Unpack]:
        # OpenCV's own warnings would stand beside the one line that says it.
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        backend = cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY
        camera = cv2.VideoCapture(self._index, backend)
        try:
            if not camera.isOpened():
                raise LostError("it is not there, or another program has it")
            while True:
                there, bgr = camera.read()
                if not there:
                    raise LostError("it gives no more pictures")
                yield partial(_rgb, bgr)
        finally:
            camera.release()


def _rgb(bgr: Any) -> Picture:
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


class NewestFrames:
    """Takes frames off a source in a thread of its own and hands on the newest.

    A recording's frames come when they would be shown, but for a pause of more than a minute.

    Args:
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
                        early_s = start + frame.time_s - time.monotonic()
                        if early_s > LONGEST_PAUSE_S:  # its clock was set, or it paused
                            start, early_s = start - early_s, 0.0
                        time.sleep(max(early_s, 0))
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
