"""What waits to be sent, in a file that outlives the program and may itself fail."""

import contextlib
import json
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, Self

from platewright.errors import OutputError, counted
from platewright.file import make_folder
from platewright.output.message import Message

MOST = 10_000  #: Messages that wait for one receiver at most
MOST_BYTES = 100 << 20
"""Of all pictures that wait; the oldest messages go on waiting without theirs."""
AGAIN_S = 30.0  #: After how long a file that failed is tried again
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
ROW = "number, receiver, id, body, picture"
PASSING = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY,
           sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_NOMEM}  # fmt: skip
"""What keeps SQLite from writing into a file that is whole."""


class MessageQueue:
    """What waits to be sent, in a file that outlives the program; for a `with` statement.

    Of more than `most` for one receiver the oldest go, with a line that says so. The file is for
    its owner alone, what was taken leaves no byte in it, and it goes once it is empty. Where it
    fails (a full disk, damage, somebody removed it), what can be read of it and what comes waits in
    memory, until it can be written again, at the latest at the end.

    Args:
        path: of the file, SQLite.
        report: takes a line where something is dropped, or the file fails.
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
        self._tried_s = 0.0
        self._lost = 0
        self._own: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        """Open the file; what an earlier run left is still there.

        Raises:
            OutputError: if it can't be written, is something else, or another run has it.
        """
        make_folder(self.path.parent)
        new = not self.path.exists()
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self._own = _identity(self.path)
            #: what is written to, and the file; others while what waits is in memory
            self._base = _connected(self.path)
            self._file: sqlite3.Connection | None = self._base
            _begin(self._base)
        except (OSError, sqlite3.Error) as error:
            if _code(error) != sqlite3.SQLITE_CORRUPT or not self._rescue(error, some=True):
                if hasattr(self, "_base"):
                    self._base.close()
                if new:
                    self._unlink()
                self._fail(error)
        return self

    def add(self, receiver: str, message: Message) -> None:
        """Let a message wait for a receiver."""
        with self._lock:
            self._look()
            self._do(
                "INSERT INTO message (receiver, id, body, picture) VALUES (?, ?, ?, ?)",
                (receiver, message.id, json.dumps(message.body), message.picture),
            )
            self._do(
                "UPDATE message SET picture = x'' WHERE length(picture) > 0 AND number IN (SELECT "
                "number FROM (SELECT number, sum(length(picture)) OVER (ORDER BY number DESC) AS "
                "held FROM message) WHERE held > ?)",
                (self.most_bytes,),
            )
            oldest, over = self.first(receiver), self.count(receiver) - self.most
            if over > 0:
                self._do(
                    "DELETE FROM message WHERE number IN (SELECT number FROM message WHERE "
                    "receiver = ? ORDER BY number LIMIT ?)",
                    (receiver, over),
                )
        if over > 0:
            what = f"oldest is dropped: {oldest}" if over == 1 else f"{over} oldest are dropped"
            self.report(f"{self.path}: {self.most} vehicles wait; the {what}")

    def first(self, receiver: str) -> Message | None:
        """Return what has waited longest for a receiver; None: nothing waits."""
        while rows := self._do(
            f"SELECT {ROW} FROM message WHERE receiver = ? ORDER BY number LIMIT 1", (receiver,)
        ):
            with contextlib.suppress(ValueError, TypeError, RecursionError):
                return _message(*rows[0])
            self._do("DELETE FROM message WHERE number = ?", rows[0][:1])
            self.report(f"{self.path}: a vehicle's message is damaged and dropped")
        return None

    def remove(self, message: Message) -> None:
        """Let a message go that was taken."""
        self._do("DELETE FROM message WHERE number = ?", (message.number,))

    def count(self, receiver: str) -> int:
        """Return how many wait for a receiver."""
        found = self._do("SELECT count(*) FROM message WHERE receiver = ?", (receiver,))
        return int(found[0][0])

    def secure(self) -> None:
        """See that what waits is in a file, as far as that can be.

        Where there is too little room the pictures stay away, then the oldest.
        """
        with self._lock:
            self._look()
            total = self._all()
            if self._base is self._file or not total:
                return
            tries = [(False, total, True), (True, total, True)]
            tries += [(True, total >> k, False) for k in range(total.bit_length())]
            left = next((each[1] for each in tries if self._restored(*each)), 0)
            if not left:
                self._do("DELETE FROM message")
            self._lost += total - left

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close the file, and remove it where it is empty.

        Raises:
            OutputError: if something is lost, and nothing else went wrong.
        """
        self.secure()
        open_ones_go = os.name != "nt"
        with self._lock:
            empty = not self._all()
            if empty and open_ones_go:  # while nobody else can have taken it
                self._unlink()
            for each in {self._base, self._file} - {None}:
                each.close()  # type: ignore[union-attr]
            if empty and not open_ones_go:
                self._unlink()
        if self._lost:
            what = f"{counted(self._lost, 'vehicle')} {'is' if self._lost == 1 else 'are'} lost"
            error = OutputError(f"{self.path}: can't be written: {what}")
            if kind is None:
                raise error
            self.report(str(error))

    def _all(self) -> int:
        return int(self._do("SELECT count(*) FROM message")[0][0])

    def _unlink(self) -> None:
        """Remove the file, unless another one has its place."""
        if _identity(self.path) == self._own:
            for name in (self.path, _journal(self.path)):
                with contextlib.suppress(OSError):  # it is empty, and does no harm
                    name.unlink()

    def _do(self, statement: str, values: tuple[object, ...] = ()) -> list[Any]:
        with self._lock:
            while True:
                try:
                    with self._base:
                        return self._base.execute(statement, values).fetchall()
                except sqlite3.Error as error:
                    if self._base is not self._file:
                        self._fail(error)
                    self._rescue(error)

    def _look(self) -> None:
        """See whether the file is where it was; from time to time try one that failed."""
        if self._base is self._file:
            if _identity(self.path) != self._own:
                self._rescue(FileNotFoundError("it was removed"))
        elif time.monotonic() - self._tried_s > AGAIN_S:
            self._tried_s = time.monotonic()
            if self._restored(fresh=False):
                self.report(f"{self.path}: it can be written again")

    def _rescue(self, error: Exception, *, some: bool = False) -> bool:
        """Go on with what can be read of the file: in a new one or, where that fails, in memory.

        Args:
            error: why.
            some: whether nothing is done where nothing can be read.

        Returns:
            Whether something was done.
        """
        read = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        read.executescript(TABLE)
        with contextlib.suppress(sqlite3.Error):
            self._base.execute("PRAGMA writable_schema=ON")  # one that was cut off is read, too
        for order in ("", "DESC"):  # from either end up to what is damaged
            with contextlib.suppress(sqlite3.Error):
                for row in self._base.execute(f"SELECT {ROW} FROM message ORDER BY number {order}"):
                    read.execute("INSERT OR IGNORE INTO message VALUES (?, ?, ?, ?, ?)", row)
        (count,) = read.execute("SELECT count(*) FROM message").fetchone()
        if some and not count:
            read.close()
            return False
        self._base, self._tried_s = read, time.monotonic()
        told = f"{self.path}: {' '.join(str(error).split())}; {counted(count, 'vehicle')} of it"
        usable = isinstance(error, sqlite3.Error) and _code(error) in PASSING
        where = "memory" if usable or not self._restored(fresh=True) else str(self.path)
        self.report(f"{told} and those to come wait in {where}")
        return True

    def _restored(self, fresh: bool, most: int = -1, pictures: bool = True) -> bool:
        """Write what waits in memory into the file, and tell whether that could be.

        Args:
            fresh: whether a new file takes the place of the one that failed.
            most: how many, the newest; -1: all.
            pictures: whether with their pictures.
        """
        picture = "picture" if pictures else "x''"
        try:
            file = self._file
            if fresh or file is None or _identity(self.path) != self._own:
                file = self._renew()
            with file:
                file.execute("DELETE FROM message")
                file.executemany(
                    "INSERT INTO message VALUES (?, ?, ?, ?, ?)",
                    self._base.execute(
                        f"SELECT number, receiver, id, body, {picture} FROM message "
                        "ORDER BY number DESC LIMIT ?",
                        (most,),
                    ),
                )
        except (OSError, sqlite3.Error, OutputError):
            return False
        self._base.close()
        self._base = file
        return True

    def _renew(self) -> sqlite3.Connection:
        """Put a new file into the place of ours, or beside it where somebody else's has it."""
        self._unlink()
        if self._file is not None:
            self._file.close()
            self._file = None
        make_folder(self.path.parent)
        if self.path.exists():
            self.path = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        self._own = _identity(self.path)
        _journal(self.path).unlink(missing_ok=True)  # of one that somebody removed
        self._file = _connected(self.path)
        _begin(self._file)
        return self._file

    def _fail(self, error: Exception) -> NoReturn:
        if "locked" in str(error):
            raise OutputError(f"{self.path}: another run has it; name another with --queue")
        why = getattr(error, "strerror", None) or error
        raise OutputError(f"{self.path}: no queue that can be used: {why}; see --queue") from None


def _connected(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, check_same_thread=False, timeout=0.5)
    # One run has it to the end, so two can't send the same.
    base.execute("PRAGMA locking_mode=EXCLUSIVE")
    base.text_factory = partial(str, encoding="ascii", errors="replace")  # bytes may be damaged
    return base


def _begin(base: sqlite3.Connection) -> None:
    """Make the table where it lacks, and lock the file."""
    # What was taken stays neither in the file nor in the journal of the last change.
    base.execute("PRAGMA journal_mode=TRUNCATE")
    base.execute("PRAGMA secure_delete=ON")
    base.executescript(TABLE)
    base.execute("BEGIN IMMEDIATE")
    base.execute(f"SELECT {ROW} FROM message LIMIT 1")
    base.commit()


def _message(number: int, receiver: str, name: str, body: str, picture: bytes) -> Message:
    """Return the message of a row; whatever is wrong with that is one of three errors."""
    told = json.loads(body)
    whole = body.isascii() and isinstance(told, dict) and isinstance(picture, bytes)
    if not (whole and name.isascii() and name.isprintable()):
        raise TypeError(name)
    return Message(number=number, id=name, body=told, picture=picture)


def _code(error: Exception) -> int:
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one of its name; None: there is none."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_dev, told.st_ino


def _journal(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")
