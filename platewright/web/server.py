"""Serves the page as one would for others: Gunicorn, one detector a process, several threads."""

from __future__ import annotations

import gc
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from django.conf import settings
from django.db import connections

from platewright.errors import ConfigError, PlatewrightError
from platewright.web.database import bring_up_to_date, forget_daily
from platewright.web.environment import secret_file
from platewright.web.memory import bound_heap

__all__ = ["serve"]


def serve(
    bind: str = "127.0.0.1:8000",
    *,
    workers: int = 1,
    threads: int = 24,
    keep_days: float | None = None,
) -> None:
    """Serve until a signal comes; Django is set up.

    Args:
        bind: address and port to listen on.
        workers: processes, each with a detector.
        threads: requests that a process takes at a time.
        keep_days: older sightings are removed, daily; 0: never; None: as the settings say.

    Raises:
        ConfigError: if something that is needed is missing, or the database can't be used.
        WeightsError, ServiceError: as `load_detector`.
    """
    try:
        from gunicorn.app.base import BaseApplication
    except ImportError:
        raise ConfigError("serving needs Gunicorn: pip install -r requirements-web.txt") from None
    if keep_days is not None:
        settings.KEEP_DAYS = keep_days
    bring_up_to_date()
    connections.close_all()  # no process may inherit one
    _try_networks()
    from platewright.web.detector import use_turns, warm_up
    from platewright.web.wsgi import application

    bound_heap()
    # What is loaded by now stays for good: processes share it as long as none writes to it,
    # and a garbage collection would.
    gc.collect()
    gc.freeze()

    def ready(worker: Any) -> None:
        use_turns(max(1, -(-(os.cpu_count() or 1) // workers)))
        try:
            warm_up()
        except PlatewrightError as error:
            worker.log.error("%s", error)
            raise SystemExit(4) from error  # Gunicorn's sign that starting again won't help
        forget_daily()

    values = {
        "bind": bind,
        "workers": workers,
        "threads": threads,
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

    print(f"Platewright on http://{bind}/ for {_hosts()}", file=sys.stderr)
    print(
        "Everybody who reaches it may see the registry (PLATEWRIGHT_ACCESS=open)."
        if settings.OPEN
        else "The registry is for people with an account: manage.py createsuperuser",
        file=sys.stderr,
    )
    print(f"Programs write with the token in {secret_file('token')}", file=sys.stderr, flush=True)
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
