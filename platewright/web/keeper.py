"""The registry for programs beside the web page: `watch.py` keeps the vehicles that pass."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from platewright.errors import ConfigError, OutputError
from platewright.web.instance import prepare_instance

if TYPE_CHECKING:
    from platewright.tracking.passing import Passing

__all__ = ["open_registry"]


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
    prepare_instance()
    try:
        import django
        from django.db import DatabaseError, close_old_connections

        django.setup()
    except ImportError as error:
        raise ConfigError(
            f"the registry needs {error.name}: pip install -r requirements-web.txt"
        ) from error

    from platewright.web.registry.sighting import keep_reading
    from platewright.web.upkeep import bring_up_to_date

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
