"""Pictures that arrive one by one: a broker's, as Frigate's snapshots, and a folder that fills.

Minutes may lie between two of them, and they may be of several cameras: each is read as a whole,
and while none comes it is told what time it is, so that who has passed is told.
"""

import hashlib
import os
import threading
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from platewright.errors import VideoError, os_errors_as
from platewright.geometry import Picture
from platewright.image import decode_image, load_image
from platewright.output.batch import begins_picture, is_picture
from platewright.output.mqtt import Connection, MqttAddress
from platewright.tracking.source import Frame, Source

Arrival = tuple[str, Callable[[], Picture]]

TICK_S = 0.25
"""How often it is said that nothing has come, and how often a folder is looked at, seconds."""
MOST_WAITING = 64  #: Pictures that wait to be read; the oldest of more is dropped
MOST_BYTES = 32 << 20  #: Of one picture
MOST_HELD = 128 << 20  #: Of all that wait
MOST_CAMERAS = 1000
"""Topics whose pictures are read; each is followed by itself, and anybody may make more of them."""


class ArrivalSource(Source):
    """What they have in common; what has arrived waits.

    Args:
        report: takes a line on what is passed over.
    """

    def __init__(self, name: str, report: Callable[[str], None]) -> None:
        super().__init__(name)
        self.report = report

    def frames(self) -> Iterator[Frame]:
        """See `Source`; some of them are idle."""
        start, number = time.monotonic(), 0
        for arrival in self._arrivals():
            time_s = time.monotonic() - start
            if arrival is None:
                yield Frame(number, time_s, _nothing, idle=True)
            else:
                source, unpack = arrival
                yield Frame(number, time_s, unpack, datetime.now(UTC), source)
                number += 1
            if self._closed.is_set():
                return

    @abstractmethod
    def _arrivals(self) -> Iterator[Arrival | None]:
        """Yield whose picture has come and what unpacks it, and None now and then."""


def _nothing() -> Picture:
    raise ValueError("an idle frame has no picture")


class MqttSource(ArrivalSource):
    """Pictures that a broker hands on, each a message; every topic is a camera of its own.

    What the broker had kept from before is left out, and so is a picture that comes again, as
    Frigate sends the best one of a vehicle once more when it has gone.

    Args:
        patience_s: how long a broker that was lost is tried again, seconds.
    """

    def __init__(
        self, address: MqttAddress, *, patience_s: float, report: Callable[[str], None]
    ) -> None:
        super().__init__(address.name, report)
        self.address, self.patience_s = address, patience_s
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._news = threading.Event()
        self._last: dict[str, bytes] = {}
        self._strange: set[str] = set()
        self._connection = Connection(address, self._subscribe)
        self._connection.client.on_message = self._came

    def _arrivals(self) -> Iterator[Arrival | None]:
        try:
            if not self._connection.open():
                raise VideoError(f"{self.address.broker}: {self._connection.why}")
            lost_s: float | None = None
            while True:
                self._news.clear()
                while self._waiting:
                    topic, data = self._waiting.popleft()
                    name = f"{self.address.broker}/{topic}"
                    yield name, partial(decode_image, BytesIO(data), name)
                yield None
                self._news.wait(TICK_S)
                lost_s = self._lost(lost_s)
        finally:
            self._connection.close()

    def _lost(self, since_s: float | None) -> float | None:
        """Tell when the broker was lost, and say so once; None: it is there."""
        now, there = time.monotonic(), self._connection.wait(0)
        if there and since_s is not None:
            self.report(f"{self.address.broker}: back after {now - since_s:.0f} s")
        if there:
            return None
        if since_s is None:
            self.report(f"{self.address.broker}: lost ({self._connection.why}); trying again")
            return now
        if now - since_s > self.patience_s:
            why = self._connection.why
            raise VideoError(f"{self.address.broker}: lost for {now - since_s:.0f} s ({why})")
        return since_s

    def _held(self) -> int:
        return sum(len(data) for _, data in [*self._waiting])

    def _subscribe(self, client: Any) -> None:
        client.subscribe(self.address.topic, qos=1)

    def _came(self, _: Any, __: Any, message: Any) -> None:
        try:
            topic, data = message.topic, bytes(message.payload)
        except UnicodeDecodeError:  # raised here, it would end the thread that listens
            self._pass_over("(no UTF-8)", "no name of a topic")
            return
        if message.retain or not data:
            return
        if len(data) > MOST_BYTES or not begins_picture(data[:16]):
            self._pass_over(topic, "no picture")
            return
        if topic not in self._last and len(self._last) >= MOST_CAMERAS:
            self._pass_over(topic, f"more than {MOST_CAMERAS} cameras")
            return
        digest = hashlib.sha256(data).digest()
        if self._last.get(topic) == digest:
            return
        self._last[topic] = digest
        self._waiting.append((topic, data))
        while len(self._waiting) > MOST_WAITING or self._held() > MOST_HELD:
            gone, _ = self._waiting.popleft()
            self.report(f"{self.address.broker}/{gone}: too many pictures wait; one is dropped")
        self._news.set()

    def _pass_over(self, topic: str, why: str) -> None:
        """Say once of a topic that what came is not read."""
        if topic not in self._strange and len(self._strange) < MOST_WAITING:
            self._strange.add(topic)
            self.report(f"{self.address.broker}/{topic}: {why}; passed over")


class FillingFolder(ArrivalSource):
    """The pictures that come into a folder from now on, or are written anew.

    One counts once its size has stayed the same for a moment, so that none is read half.
    """

    def __init__(self, path: Path, *, report: Callable[[str], None]) -> None:
        super().__init__(str(path), report)
        self.path = path
        self._known = self._look()

    def _arrivals(self) -> Iterator[Arrival | None]:
        growing: dict[str, tuple[int, int]] = {}
        while True:
            begun = time.monotonic()
            there = self._look()
            fresh = {name: how for name, how in there.items() if self._known.get(name) != how}
            for name in sorted(fresh, key=lambda name: (fresh[name], name)):
                path = self.path / name
                if growing.get(name) == fresh[name] and is_picture(path):
                    yield self.name, partial(load_image, path)
                if growing.get(name) == fresh[name]:
                    self._known[name] = fresh[name]
            growing = fresh
            self._known = {name: how for name, how in self._known.items() if name in there}
            yield None
            # A folder of very many takes its time, and is to leave some for reading.
            self._closed.wait(max(TICK_S, 4 * (time.monotonic() - begun)))

    def _look(self) -> dict[str, tuple[int, int]]:
        """Return when each file was written last, and its size."""
        found = {}
        with os_errors_as(VideoError, self.path), os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not entry.is_file():
                    continue
                with suppress(FileNotFoundError):
                    facts = entry.stat()
                    found[entry.name] = (facts.st_mtime_ns, facts.st_size)
        return found
