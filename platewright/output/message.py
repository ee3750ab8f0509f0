"""Messages that tell others of a vehicle: what waits for them, and who sends it."""

import base64
import contextlib
import csv
import io
import json
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from platewright.errors import OutputError
from platewright.file import make_folder
from platewright.text import shielded

MOST = 10_000  #: Messages that wait for one receiver at most
MOST_BYTES = 100 << 20
"""Of all pictures that wait; the oldest messages go on waiting without theirs."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
TRIES = 3  #: How often a message is offered that the receiver does not want
LAST_S = 5.0  #: How long what is left is tried at the end since something was taken last, seconds
PLAIN = ("source", "track", "text", "confidence", "presence", "accepted", "region", "frames")
MOMENTS = ("first", "last", "best")
TABLE = """
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    receiver TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    picture BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS by_receiver ON message (receiver, number);
"""


def csv_header() -> str:
    """Return the first line of a CSV table of vehicles."""
    moments = (f"{when}_{unit}" for when in MOMENTS for unit in ("s", "at"))
    return _csv(*PLAIN, *moments, "x0", "y0", "x1", "y1")


def csv_line(body: Mapping[str, Any]) -> str:
    """Return the line of a vehicle, of what its JSON line has."""
    moments = (body[when].get(key, "") for when in MOMENTS for key in ("time_s", "at"))
    return _csv(*(body[name] for name in PLAIN), *moments, *body["box"])


def _csv(*values: object) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(map(shielded, values))
    return text.getvalue()


class LostError(Exception):
    """The receiver can't be reached, or not for now; its text says why and holds no password."""


class RefusedError(Exception):
    """The receiver is there and does not want this message."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is told of one vehicle."""

    body: Mapping[str, Any]  #: JSON values
    picture: bytes = b""  #: a JPEG of it; empty: none
    id: str = field(default_factory=lambda: uuid.uuid4().hex)  #: the same however often it is sent
    number: int = 0  #: its place in the queue

    def as_json(self, *, pictured: bool = False) -> bytes:
        """Return it as JSON, with the picture in base64 if wished."""
        picture = base64.b64encode(self.picture).decode() if pictured and self.picture else ""
        told = {"id": self.id, **self.body, **({"picture": picture} if picture else {})}
        return json.dumps(told).encode()

    def __str__(self) -> str:
        return " of ".join(str(self.body[key]) for key in ("text", "seen") if self.body.get(key))


class Receiver(Protocol):
    """Who is told."""

    name: str  #: what lines call it; without a password and other secrets
    key: str  #: tells receivers apart in the queue, likewise

    def send(self, message: Message) -> None:
        """Send a message and wait until it was taken.

        Raises:
            LostError: if it was not, and may be another time.
            RefusedError: if it is not wanted.
        """
        ...

    def close(self) -> None:
        """Say goodbye."""
        ...


class MessageQueue:
    """What waits to be sent, in a file that outlives the program; for a `with` statement.

    Of more than `most` for one receiver the oldest go, each with a line that says so. The file is
    for its owner alone, what was taken leaves no byte in it, and it goes once it is empty.

    Args:
        path: of the file, SQLite.
        report: takes a line where something is dropped.
        most: how many may wait for one receiver.
        most_bytes: how many bytes their pictures may have in all.
    """

    def __init__(
        self,
        path: Path,
        report: Callable[[str], None],
        *,
        most: int = MOST,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.path, self.report = path, report
        self.most, self.most_bytes = most, most_bytes
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        """Open the file; what an earlier run left is still there.

        Raises:
            OutputError: if it can't be written, is something else, or another run has it.
        """
        make_folder(self.path.parent)
        new = not self.path.exists()
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self._base = sqlite3.connect(self.path, check_same_thread=False, timeout=0.5)
            # One run has it to the end, so two can't send the same.
            self._base.execute("PRAGMA locking_mode=EXCLUSIVE")
            # What was taken stays neither in the file nor in the journal of the last change.
            self._base.execute("PRAGMA journal_mode=TRUNCATE")
            self._base.execute("PRAGMA secure_delete=ON")
            self._base.executescript(TABLE)
            self._base.execute("BEGIN IMMEDIATE")
            self._base.commit()
        except (OSError, sqlite3.Error) as error:
            if hasattr(self, "_base"):
                self._base.close()
            if new:
                self._unlink()
            raise self._failed(error) from None
        return self

    def add(self, receiver: str, message: Message) -> None:
        """Let a message wait for a receiver.

        Raises:
            OutputError: if it can't be written; what waited before still does.
        """
        with self._lock:
            self._do(
                "INSERT INTO message (receiver, id, body, picture) VALUES (?, ?, ?, ?)",
                (receiver, message.id, json.dumps(message.body), message.picture),
            )
            held = "SELECT coalesce(sum(length(picture)), 0) FROM message"
            while self._do(held)[0][0] > self.most_bytes:
                self._do(
                    "UPDATE message SET picture = x'' WHERE number = "
                    "(SELECT min(number) FROM message WHERE length(picture) > 0)"
                )
            dropped = []
            while self.count(receiver) > self.most and (oldest := self.first(receiver)):
                self.remove(oldest)
                dropped.append(oldest)
        for each in dropped:
            self.report(f"{self.path}: {self.most} vehicles wait; the oldest is dropped: {each}")

    def first(self, receiver: str) -> Message | None:
        """Return what has waited longest for a receiver; None: nothing waits."""
        rows = self._do(
            "SELECT number, id, body, picture FROM message WHERE receiver = ? "
            "ORDER BY number LIMIT 1",
            (receiver,),
        )
        if not rows:
            return None
        number, name, body, picture = rows[0]
        return Message(number=number, id=name, body=json.loads(body), picture=bytes(picture))

    def remove(self, message: Message) -> None:
        """Let a message go that was taken."""
        self._do("DELETE FROM message WHERE number = ?", (message.number,))

    def count(self, receiver: str) -> int:
        """Return how many wait for a receiver."""
        found = self._do("SELECT count(*) FROM message WHERE receiver = ?", (receiver,))
        return int(found[0][0])

    def __exit__(self, *_: object) -> None:
        open_ones_go = os.name != "nt"
        with self._lock:
            try:
                empty = not self._do("SELECT count(*) FROM message")[0][0]
                if empty and open_ones_go:  # while nobody else can have taken it
                    self._unlink()
            finally:
                self._base.close()
            if empty and not open_ones_go:
                self._unlink()

    def _unlink(self) -> None:
        for name in (self.path, self.path.with_name(f"{self.path.name}-journal")):
            with contextlib.suppress(OSError):  # it is empty, and does no harm
                name.unlink()

    def _do(self, statement: str, values: tuple[object, ...] = ()) -> list[Any]:
        try:
            with self._lock, self._base:
                return self._base.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from None

    def _failed(self, error: Exception) -> OutputError:
        if "locked" in str(error):
            return OutputError(f"{self.path}: another run has it; name another with --queue")
        why = getattr(error, "strerror", None) or error
        return OutputError(f"{self.path}: no queue that can be used: {why}; see --queue")


class Sender:
    """Sends what waits for a receiver, in a thread of its own, in order, for a `with` statement.

    Whatever fails is tried again after 0.5, 1, 2 ... 30 seconds: who goes away misses nothing.

    Args:
        queue: holds what was not taken yet.
        report: takes a line when the receiver is lost and when it is back.
        stop: tells, at the end, whether there is no more time.
    """

    def __init__(
        self,
        receiver: Receiver,
        queue: MessageQueue,
        report: Callable[[str], None],
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.receiver, self.queue, self.report, self.stop = receiver, queue, report, stop
        self._news = threading.Event()
        self._closed = threading.Event()
        self._taken_s = 0.0
        self._error: OutputError | None = None
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def add(self, message: Message) -> None:
        """Send a message as soon as that can be."""
        if self._error is not None:
            raise self._error
        self.queue.add(self.receiver.key, message)
        self._news.set()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait until everything was taken, or nothing has been for some seconds.

        Raises:
            OutputError: if something was not, and nothing else went wrong.
        """
        wished = self.stop()
        self._taken_s = time.monotonic()
        left = self.queue.count(self.receiver.key)
        while left and self._thread.is_alive() and time.monotonic() - self._taken_s < LAST_S:
            if self.stop() and not wished:
                break
            self._news.set()
            time.sleep(0.05)
            left = self.queue.count(self.receiver.key)
        self._closed.set()
        self._news.set()
        self._thread.join(LAST_S)
        self.receiver.close()
        left = self.queue.count(self.receiver.key)
        if left and kind is None:
            what = "1 vehicle waits" if left == 1 else f"{left} vehicles wait"
            raise OutputError(
                f"{self.receiver.name}: {what} in {self.queue.path}; the same command sends "
                f"{'it' if left == 1 else 'them'} first"
            )

    def _run(self) -> None:
        try:
            self._send_all()
        except OutputError as error:
            self._error = error

    def _send_all(self) -> None:
        key, name = self.receiver.key, self.receiver.name
        lost_s: float | None = None
        wait, tries = FIRST_WAIT_S, 0
        while not self._closed.is_set():
            self._news.clear()
            message = self.queue.first(key)
            if message is None:
                self._news.wait()
                continue
            try:
                self.receiver.send(message)
            except RefusedError as error:
                tries += 1
                if tries >= TRIES:
                    self.report(f"{name}: refused ({error}) and dropped: {message}")
                    self.queue.remove(message)
                    tries = 0
                else:
                    self._closed.wait(wait)
                continue
            except LostError as error:
                if lost_s is None:
                    lost_s = time.monotonic()
                    self.report(f"{name}: lost ({error}); vehicles wait in {self.queue.path}")
                self._closed.wait(wait)
                wait = min(2 * wait, LONGEST_WAIT_S)
                continue
            self.queue.remove(message)
            self._taken_s = time.monotonic()
            if lost_s is not None:
                self.report(f"{name}: back after {self._taken_s - lost_s:.0f} s")
            lost_s, wait, tries = None, FIRST_WAIT_S, 0
