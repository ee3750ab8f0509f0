"""Where pictures are read: in processes that end when one costs too much, or in threads here.

Read is a picture when it is decoded, its plates are found and spelt, and a smaller one is made to
show.

A picture is what a stranger sent. Its decoder may crash, fill the memory or go on for minutes, and
a thread that does so can't be stopped; a process can. The server itself never decodes any.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.errors import EngineError, ImageError, PlatewrightError
from platewright.image import decode_image
from platewright.output.photo import PhotoReadings
from platewright.pool import Line
from platewright.reading.choice import load_detector
from platewright.reading.detector import Detector
from platewright.reading.folder import timed_readings
from platewright.reading.settings import Mask

START_S = 120.0  #: How long a process may take until it can read
TAKEN_S = 10.0  #: How long a process may take to receive a picture
PAUSE_S = 2.0  #: Before the next try, where a process did not start
NEWS = 0.1  #: How much of the usual time of a picture is that of the last one
PRELOADED = ["cv2", "numpy", "onnxruntime", "platewright.web.picture_reader"]
SHOWN_PX = 1600  #: The longer side of a picture that is shown or kept


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A picture that was read."""

    photo: PhotoReadings  #: what was read; quads in pixels of the picture as it was sent
    image: NDArray[np.uint8]  #: uint8 (H, W, 3) RGB, scaled down to `SHOWN_PX` where it is larger
    scale: float  #: pixels of `image` per pixel of the picture


@dataclass(frozen=True, kw_only=True)
class Source:
    """A picture as it came."""

    name: str  #: what errors call it
    data: bytes  #: the file's bytes
    max_pixels: int  #: the most pixels it may have
    region: str = ""  #: code of the region whose syntaxes texts are to fit; empty: any text
    mask: Mask | None = None  #: where nothing is looked for


class PictureReader:
    """A detector that is loaded and tried once, so that the first picture does not wait.

    Raises:
        ConfigError, WeightsError, ServiceError: if they can't be used.
    """

    def __init__(self, weights: Path, reader: str = "") -> None:
        cv2.setNumThreads(1)
        self.detector = load_detector(weights, reader=reader)
        self.detector.read(np.full((120, 160), 128, np.uint8))
        self.detector.jurisdiction  # noqa: B018  made here, once, not by two threads at a time
        # Detectors that share the networks and read one region's syntaxes.
        self._of_region = lru_cache(maxsize=16)(
            lambda region: self.detector.with_settings(regions=(region,))
        )

    def read(self, source: Source) -> Shot:
        """Decode and read a picture.

        Raises:
            ImageError: if it is no picture, or has too many pixels.
        """
        detector: Detector = self._of_region(source.region) if source.region else self.detector
        if source.mask:
            detector = detector.with_settings(mask=source.mask)
        image = decode_image(io.BytesIO(source.data), source.name, max_pixels=source.max_pixels)
        photo = timed_readings(detector, image, source.name)
        image, scale = _shown(image)
        return Shot(photo=photo, image=image, scale=scale)


def _shown(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    height, width = image.shape[:2]
    scale = min(SHOWN_PX / max(height, width), 1.0)
    if scale == 1.0:
        return image, 1.0
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), scale


class NoTurnError(PlatewrightError):
    """No turn came before the time was over, or none will.

    Attributes:
        wait_s: after which it may be tried again, seconds.
    """

    def __init__(self, wait_s: float = 0.0) -> None:
        super().__init__("too many pictures are waiting; try again in a moment")
        self.wait_s = wait_s


class ReaderPool(Protocol):
    """Reads pictures, so many at a time."""

    def read(self, source: Source, deadline: float) -> Shot:
        """Read a picture when a turn is free.

        Args:
            deadline: on the clock of `time.monotonic`; no reading begins after it.

        Raises:
            ImageError: if it can't be read, or costs too much.
            NoTurnError: if no turn is free before the deadline; at once where that is foreseen.
        """
        ...

    def ready(self) -> bool:
        """Tell whether anything can be read."""
        ...

    def close(self) -> None:
        """End what was started."""
        ...


class ThreadReaders:
    """Threads of this process; pictures cost what they cost.

    Always the same few threads read: each has its own heap, and what every thread of the server
    once needed for a large picture would stay with it.

    Args:
        reader: of all threads.
        turns: how many pictures are read at a time.
    """

    def __init__(self, reader: PictureReader, turns: int) -> None:
        self.reader = reader
        self._pool = ThreadPoolExecutor(turns, thread_name_prefix="reader")

    def read(self, source: Source, deadline: float) -> Shot:
        """See `ReaderPool`."""
        work = self._pool.submit(self.reader.read, source)
        wait([work], timeout=max(deadline - time.monotonic(), 0))
        if work.cancel():
            raise NoTurnError
        return work.result()  # one that has begun takes no longer than a picture does

    def ready(self) -> bool:
        """See `ReaderPool`."""
        return True

    def close(self) -> None:
        """See `ReaderPool`."""
        self._pool.shutdown(cancel_futures=True)


class ProcessReaders:
    """Processes, each with its own networks; one that takes too long is ended and replaced.

    Args:
        reader: see `platewright.reading.choice.load_detector`.
        turns: how many processes.
        picture_s: seconds that a picture may take.
        memory_mb: what reading a picture may take, beside the networks; 0: as much as there is.

    Raises:
        ConfigError, WeightsError, ServiceError: if the networks can't be used.
        EngineError: if a process does not start.
    """

    def __init__(
        self, weights: Path, reader: str, *, turns: int, picture_s: float, memory_mb: float
    ) -> None:
        """Start the first process, and when that one can read, the others."""
        methods = multiprocessing.get_all_start_methods()
        # Forking this process would copy the locks that its threads hold.
        self._context: Any = multiprocessing.get_context(
            "forkserver" if "forkserver" in methods else "spawn"
        )
        if "forkserver" in methods:
            self._context.set_forkserver_preload(PRELOADED)
        self._arguments = (weights, reader, memory_mb)
        self.picture_s = picture_s
        self._free = Line[_Process]()
        self._turns, self._usual_s = turns, 0.0
        self._closed = threading.Event()
        self._all: set[_Process] = set()
        self._lock = threading.Lock()
        self._free.put(self._start())
        for _ in range(turns - 1):
            self._replace()

    def read(self, source: Source, deadline: float) -> Shot:
        """See `ReaderPool`."""
        while True:
            wait_s = self._free.waiting * self._usual_s / self._turns
            if wait_s > deadline - time.monotonic():
                raise NoTurnError(wait_s)
            process = self._free.take(deadline)
            if process is None:
                raise NoTurnError(self._free.waiting * self._usual_s / self._turns)
            with contextlib.suppress(_GoneError):
                return self._read(process, source)

    def _read(self, process: _Process, source: Source) -> Shot:
        whole, start = False, time.monotonic()
        try:
            shot = process.read(source, self.picture_s)
            whole = True
            self._usual_s += NEWS * (time.monotonic() - start - self._usual_s)
            return shot
        except PlatewrightError:
            whole = process.alive
            raise
        finally:
            if whole:
                self._free.put(process)
            else:
                self._end(process)
                self._replace()

    def ready(self) -> bool:
        """See `ReaderPool`."""
        return bool(self._all)

    def close(self) -> None:
        """See `ReaderPool`."""
        self._closed.set()
        with self._lock:
            processes = list(self._all)
        for process in processes:
            self._end(process)

    def _start(self) -> _Process:
        process = _Process(self._context, self._arguments)
        with self._lock:
            self._all.add(process)
        return process

    def _end(self, process: _Process) -> None:
        with self._lock:
            self._all.discard(process)
        process.end()

    def _replace(self) -> None:
        """Start a process beside what goes on; where it does not start, try again."""

        def run() -> None:
            while not self._closed.is_set():
                with contextlib.suppress(PlatewrightError, OSError):
                    process = self._start()
                    if self._closed.is_set():
                        self._end(process)
                    self._free.put(process)
                    return
                self._closed.wait(PAUSE_S)

        threading.Thread(target=run, name="start", daemon=True).start()


class _GoneError(Exception):
    """A process that somebody ended or stopped before it took a picture."""


class _Process:
    """A process that reads a picture at a time."""

    def __init__(self, context: Any, arguments: tuple[Any, ...]) -> None:
        self._here, there = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=_work, args=(there, *arguments), name="reader", daemon=True
        )
        self.alive = True
        self._process.start()
        there.close()
        try:
            self._answer(START_S, EngineError("a process that reads pictures does not start"))
        except PlatewrightError:
            self.end()
            raise

    def read(self, source: Source, seconds: float) -> Shot:
        """Let it read; it is not alive any more where it took too long or crashed.

        Raises:
            ImageError: what is wrong with the picture.
            _GoneError: where it does not even take it.
        """
        # One that was stopped takes no more than fits into the pipe; who sends more would wait.
        late = threading.Timer(TAKEN_S, self._process.kill)
        late.daemon = True
        late.start()
        try:
            self._here.send(source)
        except OSError:
            self.alive = False
            raise _GoneError from None
        finally:
            late.cancel()
        line = f"{source.name}: takes more than {seconds:g} s to read; make it smaller"
        shot: Shot = self._answer(seconds, ImageError(line), source.name)
        return shot

    def end(self) -> None:
        self.alive = False
        self._process.kill()
        self._process.join()
        self._here.close()

    def _answer(self, seconds: float, late: PlatewrightError, name: str = "") -> Any:
        try:
            if not self._here.poll(seconds):
                self.alive = False
                raise late
            answer = self._here.recv()
        except (EOFError, OSError):
            self.alive = False
            if not name:
                raise late from None
            line = f"{name}: ended the process that read it; export it again, or make it smaller"
            raise ImageError(line) from None
        if isinstance(answer, PlatewrightError):
            raise answer
        return answer


def _work(there: Connection, weights: Path, reader: str, memory_mb: float) -> None:
    """Load the networks and say so, then read what comes, until the server has gone."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends it
    wrong: PlatewrightError | None = None
    try:
        pictures = PictureReader(weights, reader)
    except PlatewrightError as error:
        wrong = error
    if memory_mb:
        _bound_memory(memory_mb)
    with contextlib.suppress(EOFError, OSError):  # the server has gone
        there.send(wrong)
        while wrong is None:
            there.send(_outcome(pictures.read, there.recv()))


def _outcome(read: Callable[[Source], Shot], source: Source) -> Shot | PlatewrightError:
    """Return what reading gives, whatever decoders and networks raise."""
    try:
        return read(source)
    except PlatewrightError as error:
        return error
    except MemoryError:
        return ImageError(f"{source.name}: not enough memory for this picture; make it smaller")
    except Exception as error:
        why = " ".join(str(error).split())[:160] or type(error).__name__
        return ImageError(f"{source.name}: can't be read ({why})")


def _bound_memory(memory_mb: float) -> None:
    """Let this process take so much more memory than it has; where the system knows how."""
    try:
        import resource

        pages = Path("/proc/self/statm").read_text().split()
    except (ImportError, OSError):
        return
    # The size of data and stack, which Linux counts against this limit (proc(5), setrlimit(2)).
    data = int(pages[5]) * os.sysconf("SC_PAGE_SIZE")
    most = data + int(memory_mb * 1e6)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
