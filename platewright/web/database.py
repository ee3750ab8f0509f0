"""The database: made ready, opened for programs beside the page, old sightings removed daily.

Django is imported where it is used: programs that do without the registry do without it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from platewright.errors import ConfigError, OutputError, counted
from platewright.web.environment import set_up

DAY_S = 86_400.0
WIPE_TRIES, WIPE_PAUSE_S, WIPE_AGAIN_S = 5, 0.2, 1.0
_wiping = threading.Lock()  #: Held while what could not be wiped at once is tried again
_opened = threading.local()  #: Which file this thread's connection has open
log = logging.getLogger("platewright")


class FileConnection(sqlite3.Connection):
    """A connection of SQLite's to a file; for a pipe that nobody writes it would wait for ever."""

    def __init__(self, database: str, **options: Any) -> None:
        path = file_of(database)
        # By its name alone: whoever opens and closes the file gives up all locks of the process.
        if path is not None and path.exists() and not path.is_file():
            raise sqlite3.OperationalError("a folder, a pipe or a device, not a file")
        super().__init__(database, **options)


@contextlib.contextmanager
def needed_database() -> Iterator[None]:
    """Turn what the database refuses in a `with` block into a `ConfigError`; Django is set up."""
    from django.db import DatabaseError

    try:
        yield
    except DatabaseError as error:
        why = " ".join(str(error).split())
        raise ConfigError(
            f"the database can't be used ({why}); see DATABASE_URL and PLATEWRIGHT_DATA"
        ) from error


def bring_up_to_date() -> bool:
    """Make or change the database's tables, where that is due; tell whether it was.

    Raises:
        ConfigError: if the database can't be reached or written.
    """
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    with needed_database():
        _make_private()
        executor = MigrationExecutor(connection)
        due = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if due:
            call_command("migrate", interactive=False, verbosity=0)
    path = _sqlite_file()
    if path is not None:
        # Whoever connects while the file is away must not make an empty one in its place.
        connection.settings_dict["NAME"] = f"{path.absolute().as_uri()}?mode=rw"
    return due


def _sqlite_file() -> Path | None:
    """Return the file of a database that is one."""
    from django.db import connection

    return file_of(connection.settings_dict["NAME"]) if connection.vendor == "sqlite" else None


def file_of(database: object) -> Path | None:
    """Return the file of an SQLite database by what it is called; None: it is in memory."""
    name = str(database)
    if not name or ":memory:" in name or "mode=memory" in name:
        return None
    return Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)


def watch_file() -> None:
    """Let no request write into a file that has gone, or that another one has replaced."""
    from django.core.signals import request_started
    from django.db.backends.signals import connection_created

    connection_created.connect(_note_file, dispatch_uid="registry-file")
    request_started.connect(renew_connection, dispatch_uid="registry-file")


def _note_file(**_: object) -> None:
    _opened.file = _identity(_sqlite_file())


def _identity(path: Path | None) -> tuple[int, int] | None:
    """Return what tells a file from another one of its name."""
    try:
        told = path.stat() if path is not None else None
    except OSError:
        return None
    return (told.st_dev, told.st_ino) if told else None


def renew_connection(**_: object) -> None:
    """Drop this thread's connection where it is too old, or to another file than lies there now.

    What is written through such a one is lost: after a backup was put back, say.
    """
    from django.db import close_old_connections, connection

    close_old_connections()
    path = _sqlite_file()
    if path is None or connection.connection is None or connection.in_atomic_block:
        return
    if getattr(_opened, "file", None) != _identity(path):
        connection.close()


def _make_private() -> None:
    """Let nobody but its owner read a database that is a file, whatever its folder allows.

    What SQLite makes beside the file has the file's own permissions.
    """
    path = _sqlite_file()
    if path is None:
        return
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        for own in (path, Path(f"{path}-wal"), Path(f"{path}-shm"), Path(f"{path}-journal")):
            if own.is_file() and own.stat().st_mode & 0o077:
                own.chmod(0o600)
    except OSError as error:
        raise ConfigError(
            f"{path}: the database can't be used ({error.strerror}); see PLATEWRIGHT_DATA"
        ) from None


def check_database() -> None:
    """Raise where the database can't answer now.

    Raises:
        DatabaseError: if it can't: also where its file has gone, though it is still open.
    """
    from django.db import OperationalError, connection

    renew_connection()
    path = _sqlite_file()
    if path is not None and not path.is_file():
        raise OperationalError("its file has gone")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM registry_revision LIMIT 1")


def wipe(*, created: bool = False, **_: object) -> None:
    """Let nothing stay of what was deleted or changed, once the transaction at hand is over.

    SQLite writes zeros over it (`secure_delete`); but the file of what was written lately, the WAL,
    holds pages as they were before, until all of them are in the database and it is cut to nothing.
    """
    from django.db import connection, transaction

    if created:  # just now, and there is nothing before it
        return
    if connection.vendor == "sqlite" and all(
        each[1] is not _wipe_now for each in connection.run_on_commit
    ):
        transaction.on_commit(_wipe_now, robust=True)


def _wipe_now() -> None:
    """Empty the WAL; where somebody reads for long, as soon as that is over."""
    for _ in range(WIPE_TRIES):
        if _truncate():
            return
        time.sleep(WIPE_PAUSE_S)
    if _wiping.acquire(blocking=False):
        log.error("what was deleted is not wiped from the WAL yet: the database is busy")
        threading.Thread(target=_wipe_later, name="wipe", daemon=True).start()


def _wipe_later() -> None:
    from django.db import connection

    try:
        done = False
        while not done:
            time.sleep(WIPE_AGAIN_S)
            done = _truncate()
            connection.close()
    finally:
        _wiping.release()


def _truncate() -> bool:
    """Put all of the WAL into the database and cut it to nothing; tell whether that could be."""
    from django.db import DatabaseError, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout")
            (usual,) = cursor.fetchone()
            cursor.execute("PRAGMA busy_timeout = 0")
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                busy = cursor.fetchone()[0]
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {usual}")
    except DatabaseError:  # /health tells
        return False
    return not busy


def forget_daily() -> threading.Thread | None:
    """Remove what is older than the settings say, now and every day, as long as the process lives.

    Returns:
        The thread that does it; None where everything is kept.
    """
    from django.conf import settings
    from django.db import DatabaseError, connection

    from platewright.web.registry.lookup import forget_sightings

    if not settings.KEEP_DAYS:
        return None

    def run() -> None:
        pause = threading.Event()
        while True:
            try:
                count = forget_sightings(settings.KEEP_DAYS)
                if count:
                    log.info("%d sightings older than %g days forgotten", count, settings.KEEP_DAYS)
            except DatabaseError:
                log.exception("old sightings could not be removed; tried again tomorrow")
            finally:
                connection.close()
            pause.wait(DAY_S)

    thread = threading.Thread(target=run, name="forget", daemon=True)
    thread.start()
    return thread


if TYPE_CHECKING:
    from platewright.tracking.passing import Passing


def open_registry(*, keeping: bool = True) -> Callable[[Passing], str]:
    """Open the registry that the web page has, and return what looks a passing vehicle up in it.

    What is returned tells the vehicle's list as it stands today (`Vehicle.standing`), empty for one
    that is not registered, and keeps the vehicle unless told otherwise.

    The database is that of `DATABASE_URL`, else the one in `PLATEWRIGHT_DATA` or `instance/`; its
    tables are made where they are missing. A vehicle is stored with the time of its best frame
    where that is known (a camera, a stream), else with the present time. `OutputError` is raised
    where the database can't be used; what was to be kept is tried again, until `finish_registry`.

    Args:
        keeping: whether it is kept, or only looked up.

    Raises:
        ConfigError: if Django is not installed or the database can't be used.
    """
    set_up("the registry")
    from django.db import DatabaseError

    from platewright.web.registry.lookup import find_vehicle, keep_reading, postpone, waiting

    bring_up_to_date()

    def look_up(passing: Passing) -> str:
        reading, found = passing.reading, None
        if not reading.text:
            return ""
        seen = passing.best.at or datetime.now(UTC)

        def keep(_: bytes | None = None) -> None:
            keep_reading(
                reading, source=passing.source, seen=seen, frames=passing.frames, found=found
            )

        renew_connection()  # a database's server may have hung up since the last vehicle
        try:
            found = find_vehicle(reading)
            if keeping and waiting():
                postpone(keep)  # behind the others, and without waiting for a lock once more
            elif keeping:
                keep()
        except DatabaseError as error:
            why = " ".join(str(error).split())
            if not keeping:
                raise OutputError(f"the registry: {reading.text} not looked up: {why}") from error
            postpone(keep)
            raise OutputError(
                f"the registry: {reading.text} not kept yet, it is tried again: {why}"
            ) from error
        return found.vehicle.standing() if found else ""

    return look_up


def finish_registry() -> None:
    """Try once more to keep what could not be kept.

    Raises:
        OutputError: if that is so still.
    """
    from platewright.web.registry.lookup import keep_waiting

    if left := keep_waiting():
        what = f"{counted(left, 'vehicle')} {'was' if left == 1 else 'were'}"
        raise OutputError(f"the registry: {what} not kept: its database can't be written")
