"""Runs the web page, the API and the vehicle registry, and their commands."""

from __future__ import annotations

import os
import sys

from platewright.errors import ConfigError, run_script
from platewright.web.environment import prepare_folder

USAGE = """\
usage: manage.py COMMAND [options]

The web page, the API and the vehicle registry; docs/web.md tells more.

  runserver [ADDRESS:PORT]     try the page on this machine: http://127.0.0.1:8000/
  serve [--bind ADDRESS:PORT]  serve it to others
  createsuperuser              make an account for the registry
  importvehicles FILE.csv      take vehicles in; bad rows are listed
  exportvehicles FILE.csv      write all vehicles
  forgetsightings --keep-days N
                               remove older sightings, with their pictures

COMMAND --help tells a command's options; help lists Django's own commands, too.
Exit 0: done; 1: the work failed; 2: the arguments or the environment are off."""

WITH_TABLES = {
    "changepassword",
    "createsuperuser",
    "exportvehicles",
    "forgetsightings",
    "importvehicles",
}
"""Commands that find the database's tables made."""


def main() -> None:
    """Set the environment up and hand the command line to Django."""
    if sys.argv[1:2] in ([], ["--help"], ["-h"]):
        print(USAGE)
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "platewright.web.settings")
    if sys.argv[1] == "runserver":
        os.environ.setdefault("PLATEWRIGHT_DEBUG", "1")
    prepare_folder()
    try:
        import django
        from django.core.management import execute_from_command_line
        from django.db import DatabaseError

        import platewright.web.settings  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"the web page needs {error.name}: pip install -r requirements-web.txt"
        ) from error
    try:
        if sys.argv[1] in WITH_TABLES and not {"-h", "--help"} & set(sys.argv):
            django.setup()

            from platewright.web.database import bring_up_to_date

            bring_up_to_date()
        execute_from_command_line(sys.argv)
    except DatabaseError as error:
        why = " ".join(str(error).split())
        raise ConfigError(f"the database can't be used ({why}); see DATABASE_URL") from error


if __name__ == "__main__":
    run_script(main, "manage.py")
