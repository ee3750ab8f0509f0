"""The database: made ready, opened for programs beside the page, old sightings removed daily.

Django is imported where it is used: programs that do without the registry do without it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from platewright.errors import ConfigError, OutputError
from platewright.web.environment import prepare_folder

__all__ = ["bring_up_to_date", "forget_daily", "open_registry"]

DAY_S = 86_400.0
log = logging.getLogger("platewright")


def bring_up_to_date() -> bool:
    """Make or change the database's tables, where that is due; tell whether it was.

    Raises:
        ConfigError: if the database can't be reached or written.
    """
    from django.core.management import call_command
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        due = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if due:
            call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        why = " ".join(str(error).split())
        raise ConfigError(
            f"the database can't be used ({why}); see DATABASE_URL and PLATEWRIGHT_DATA"
        ) from error
    return due


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


def open_registry() -> Callable[[Passing], None]:
    """Open the registry that the web page has, and return what keeps a passing vehicle in it.

    The database is that of `DATABASE_URL`, else the one in `PLATEWRIGHT_DATA` or `instance/`; its
    tables are made where they are missing. A vehicle is stored with the time of its best frame
    where that is known (a camera, a stream), else with the present time. What is kept raises
    `OutputError` where it can't be written; everything before it stays.

    Raises:
        ConfigError: if Django is not installed or the database can't be used.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "platewright.web.settings")
    prepare_folder()
    try:
        import django
        from django.db import DatabaseError, close_old_connections

        django.setup()
    except ImportError as error:
        raise ConfigError(
            f"the registry needs {error.name}: pip install -r requirements-web.txt"
        ) from error

    from platewright.web.registry.lookup import keep_reading

    bring_up_to_date()

    def keep(passing: Passing) -> None:
        if not passing.reading.text:
            return
        close_old_connections()  # a database's server may have hung up since the last vehicle
        try:
            keep_reading(
                passing.reading, source=passing.source, seen=passing.best.at, frames=passing.frames
            )
        except DatabaseError as error:
            why = " ".join(str(error).split())
            raise OutputError(f"the registry: {passing.reading.text} not kept: {why}") from error

    return keep
