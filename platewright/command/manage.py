"""Run the web page, the API and the vehicle registry, and their commands."""

import sys
from collections.abc import Sequence

from platewright.command.argument import program
from platewright.errors import ConfigError

USAGE = """\
usage: {program} COMMAND [options]

The web page, the API and the vehicle registry; docs/web.md tells more.

  runserver [ADDRESS:PORT]     try the page here: http://127.0.0.1:8000/
  serve [--bind ADDRESS:PORT]  serve it to others
  setup [NAME]                 make the first account, say where the token is
  createsuperuser              make a further account
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
    "setup",
}
"""Commands that find the database's tables made."""


def main(argv: Sequence[str] | None = None) -> None:
    """Set the environment up and hand the command line to Django."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] in ([], ["--help"], ["-h"]):
        print(USAGE.format(program=program()))
        return
    if given[0] == "serve":
        from platewright.command import serve

        serve.main(given[1:])
        return
    from platewright.web.database import bring_up_to_date, needed_database
    from platewright.web.environment import set_up

    set_up("the web page", debug=given[0] == "runserver")
    from django.core.management import execute_from_command_line, get_commands

    if given[0] not in {*get_commands(), "help", "--version"}:
        raise ConfigError(f"no command {given[0]}; {program()} alone lists what there is")
    with needed_database():
        if given[0] in WITH_TABLES and not {"-h", "--help"} & set(given):
            bring_up_to_date()
        execute_from_command_line([sys.argv[0], *given])
