"""What is done before and beside serving: the database made ready, old sightings removed."""

from __future__ import annotations

import logging
import threading

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from platewright.errors import ConfigError
from platewright.web.registry.sighting import forget_sightings

__all__ = ["bring_up_to_date", "forget_daily"]

DAY_S = 86_400.0
log = logging.getLogger("platewright")


def bring_up_to_date() -> bool:
    """Make or change the database's tables, where that is due; tell whether it was.

    Raises:
        ConfigError: if the database can't be reached or written.
    """
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
