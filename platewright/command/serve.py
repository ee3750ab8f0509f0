"""Serve the web page, the API and the vehicle registry to others.

Waitress in front, a process a core that reads; docs/web.md lists the environment's variables.
"""

import argparse
import os
from collections.abc import Sequence

from platewright.command.argument import Parser, bounded, program

MOST_WORKERS = 4


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = Parser(
        prog=program() if program().endswith("serve") else f"{program()} serve",
        description=__doc__,
    )
    add = parser.add_argument
    add("--bind", default="127.0.0.1:8000", metavar="ADDRESS:PORT",
        help="where to listen (%(default)s)")  # fmt: skip
    add("--workers", type=bounded(int, 1, 64), metavar="N",
        default=min(os.cpu_count() or 1, MOST_WORKERS),
        help="processes that read pictures (%(default)s)")  # fmt: skip
    add("--threads", type=bounded(int, 2, 256), default=64, metavar="N",
        help="requests that are answered at a time (%(default)s); of pictures four fewer, and "
        "more are told to come again (503)")  # fmt: skip
    add("--keep-days", type=bounded(float, 0, 36_500), metavar="N",
        help="remove older sightings, daily; 0: never (PLATEWRIGHT_KEEP_DAYS)")  # fmt: skip
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Get ready, then serve until a signal comes."""
    args = parse_args(argv)

    from platewright.web.database import needed_database
    from platewright.web.environment import set_up

    set_up("the web page")
    from platewright.web.server import serve

    with needed_database():
        serve(args.bind, workers=args.workers, threads=args.threads, keep_days=args.keep_days)
