"""Serves the page as one would for others: Gunicorn, one detector a process, several threads."""

from __future__ import annotations

import gc
import os
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from platewright.argument import bounded
from platewright.errors import PlatewrightError
from platewright.web.database import bring_up_to_date, forget_daily
from platewright.web.environment import secret_file
from platewright.web.memory import bound_heap

__all__ = ["Command"]

MOST_WORKERS = 4


class Command(BaseCommand):
    """`manage.py serve [--bind ADDRESS:PORT] [--keep-days N]`."""

    help = "Serve the page and the API; docs/web.md lists the environment's variables."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where and how."""
        parser.add_argument("--bind", default="127.0.0.1:8000", metavar="ADDRESS:PORT",
            help="where to listen (%(default)s)")  # fmt: skip
        parser.add_argument("--workers", type=bounded(int, 1, 64), metavar="N",
            default=min(os.cpu_count() or 1, MOST_WORKERS),
            help="processes, each with a detector (%(default)s)")  # fmt: skip
        parser.add_argument("--threads", type=bounded(int, 1, 256), default=24, metavar="N",
            help="requests that a process takes at a time (%(default)s)")  # fmt: skip
        parser.add_argument("--keep-days", type=bounded(float, 0, 36_500), metavar="N",
            help="remove older sightings, daily; 0: never (PLATEWRIGHT_KEEP_DAYS)")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Get ready, then serve until a signal comes.

        Raises:
            CommandError: if something that is needed is missing.
        """
        try:
            from gunicorn.app.base import BaseApplication
        except ImportError:
            raise CommandError(
                "serving needs Gunicorn: pip install -r requirements-web.txt"
            ) from None
        if options["keep_days"] is not None:
            settings.KEEP_DAYS = options["keep_days"]
        try:
            bring_up_to_date()
            connections.close_all()  # no process may inherit one
            _try_networks()
        except PlatewrightError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        from platewright.web.detector import use_turns, warm_up
        from platewright.web.wsgi import application

        bound_heap()
        # What is loaded by now stays for good: processes share it as long as none writes to it,
        # and a garbage collection would.
        gc.collect()
        gc.freeze()
        workers = options["workers"]

        def ready(worker: Any) -> None:
            use_turns(max(1, -(-(os.cpu_count() or 1) // workers)))
            try:
                warm_up()
            except PlatewrightError as error:
                worker.log.error("%s", error)
                raise SystemExit(4) from error  # Gunicorn's sign that starting again won't help
            forget_daily()

        values = {
            "bind": options["bind"],
            "workers": workers,
            "threads": options["threads"],
            "worker_class": "gthread",
            "preload_app": True,
            "post_worker_init": ready,
            "timeout": int(settings.REQUEST_S) + 30,
            "graceful_timeout": 20,
            "keepalive": 5,
            "control_socket_disable": True,
            "proc_name": "platewright",
        }

        class Server(BaseApplication):  # type: ignore[misc]
            def load_config(self) -> None:
                for key, value in values.items():
                    if key in self.cfg.settings:
                        self.cfg.set(key, value)

            def load(self) -> Any:
                return application

        self.stderr.write(f"Platewright on http://{options['bind']}/ for {_hosts()}")
        self.stderr.write(
            "Everybody who reaches it may see the registry (PLATEWRIGHT_ACCESS=open)."
            if settings.OPEN
            else "The registry is for people with an account: manage.py createsuperuser"
        )
        self.stderr.write(f"Programs write with the token in {secret_file('token')}")
        Server().run()


def _try_networks() -> None:
    """Load the networks once, so that what is wrong with them is told before serving begins.

    It is done in a process of its own: a runtime's session must not be there when others fork.

    Raises:
        ConfigError, WeightsError, ServiceError: as `load_detector`.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        pool.submit(_load_networks).result()


def _load_networks() -> None:
    from platewright.web.detector import warm_up

    warm_up()  # what it returns stays there


def _hosts() -> str:
    return ", ".join(settings.ALLOWED_HOSTS)
