"""Serves the page as one would for others: Waitress before Django, and processes that read."""

import ctypes
import errno
import logging
import signal
import socket
import sys
from typing import Any

from django.conf import settings
from django.db import connections

from platewright.errors import ConfigError, as_installed
from platewright.web.database import bring_up_to_date, forget_daily
from platewright.web.environment import secret_file
from platewright.web.registry.lookup import keep_waiting
from platewright.web.request import close, warm_up

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  #: Parameters of `mallopt` (glibc's malloc.h)
ARENAS = 2
LARGE_BYTES = 128 * 1024
log = logging.getLogger("platewright")


def bound_heap() -> bool:
    """Let all threads share two heaps, and give large blocks back as soon as they are free.

    For servers of many threads: their memory then is what is in use, however long they run. Call
    it before threads are started.

    Returns:
        Whether the C library knows how; others than glibc need it less.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return bool(mallopt(M_ARENA_MAX, ARENAS)) and bool(mallopt(M_MMAP_THRESHOLD, LARGE_BYTES))


CONNECTIONS = 1000  #: Most at a time, of all clients; each that waits costs some kilobytes
LEAST_CONNECTIONS = 16
SPARE_FILES, DATABASE_FILES = 100, 2
"""Files that are open beside those of connections, and those of a thread's database."""
SPARE_THREADS = 4  #: That answer what needs no reading, and whom there is no room for


def serve(
    bind: str = "127.0.0.1:8000",
    *,
    workers: int = 1,
    threads: int = 64,
    keep_days: float | None = None,
) -> None:
    """Serve until a signal comes; Django is set up.

    Args:
        bind: address and port to listen on.
        workers: processes that read pictures.
        threads: requests that are answered at a time.
        keep_days: older sightings are removed, daily; 0: never; None: as the settings say.

    Raises:
        ConfigError: if something that is needed is missing, the address or the database can't be
            used.
        WeightsError, ServiceError, EngineError: as `warm_up`.
    """
    try:
        from waitress.task import ThreadedTaskDispatcher
    except ImportError:
        raise ConfigError("serving needs Waitress: pip install -r requirements-web.txt") from None
    if keep_days is not None:
        settings.KEEP_DAYS = keep_days
    settings.READERS = workers
    sockets = listen(bind)
    bring_up_to_date()
    connections.close_all()
    warm_up()
    bound_heap()
    forget_daily()
    from platewright.web.wsgi import application

    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(threads)
    _announce(bind.rpartition(":")[0], sockets[0].getsockname()[1])
    signal.signal(signal.SIGTERM, _stop)
    try:
        _run(sockets, application, dispatcher, waiting=max(threads - SPARE_THREADS, 1))
    finally:
        close()
        if left := keep_waiting():
            log.error("%d readings are lost: the database did not take them to the end", left)


def listen(bind: str) -> list[socket.socket]:
    """Return sockets that listen at an address, one for each of the host's.

    Args:
        bind: ADDRESS:PORT, :PORT, or [ADDRESS]:PORT for IPv6.

    Raises:
        ConfigError: if it is none, or can't be listened on.
    """
    host, colon, port = bind.rpartition(":")
    host = host.strip("[]")
    whole = colon and port.isascii() and port.isdigit() and len(port) < 6
    if not (whole and int(port) < 65536):
        raise ConfigError(f"--bind {bind}: give ADDRESS:PORT with a port of 0 to 65535")
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(
            host or "0.0.0.0", int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, address in dict.fromkeys((each[0], each[4]) for each in found):
            sockets.append(socket.create_server(address, family=family, backlog=1024))
    except (OSError, UnicodeError) as error:
        for each in sockets:
            each.close()
        if isinstance(error, (socket.gaierror, UnicodeError)):
            why = "no such address"
        elif error.errno == errno.EADDRINUSE:
            why = "something else listens there; give another port"
        else:
            why = error.strerror or str(error)
        raise ConfigError(f"--bind {bind}: {why}") from None
    return sockets


def _run(sockets: list[socket.socket], application: Any, dispatcher: Any, *, waiting: int) -> None:
    """Answer until `SystemExit` or Ctrl-C."""
    from waitress import wasyncore
    from waitress.adjustments import Adjustments

    from platewright.web.connection import Server, allowance_of

    allowance = allowance_of(settings, waiting)
    adjustments = Adjustments(
        sockets=sockets,
        ident=None,
        connection_limit=_connection_limit(1 + allowance.ahead, waiting + SPARE_THREADS),
        cleanup_interval=1,
        asyncore_use_poll=True,
        max_request_header_size=64 * 1024,
        max_request_body_size=1 << 62,  # `Parser` judges, with an answer of its own
        inbuf_overflow=settings.MAX_REQUEST_BYTES + 1,  # no picture goes into a file
        outbuf_overflow=1 << 30,
        outbuf_high_watermark=1 << 26,
        clear_untrusted_proxy_headers=False,  # whom to believe is for the settings to say
        log_socket_errors=False,
    )
    open_ones: dict[int, Any] = {}
    for each in sockets:
        address = each.getsockname()
        server = Server(
            application, open_ones, True, each, dispatcher, adjustments,
            (each.family, each.type, each.proto, address), bind_socket=False,
        )  # fmt: skip
        server.allowance = allowance
    try:
        wasyncore.loop(timeout=1, map=open_ones, use_poll=True)
    except (SystemExit, KeyboardInterrupt):
        dispatcher.shutdown()
    finally:
        wasyncore.close_all(open_ones, ignore_all=True)


def _connection_limit(files: int, threads: int) -> int:
    """Return how many connections the system lets this process have, at most `CONNECTIONS`.

    Args:
        files: that a connection may hold open: its own, and those that answers are made of.
        threads: that answer, each with its connection to the database.
    """
    try:
        import resource
    except ImportError:
        return CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = SPARE_FILES + DATABASE_FILES * threads
    wanted = CONNECTIONS * files + spare
    if soft < wanted:
        soft = min(wanted, hard) if hard != resource.RLIM_INFINITY else wanted
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(min(CONNECTIONS, (soft - spare) // files), LEAST_CONNECTIONS)


def _announce(host: str, port: int) -> None:
    """Say where it serves, by the port that the system gave where 0 was asked for, and for whom."""
    names = ", ".join(settings.ALLOWED_HOSTS)
    print(f"Platewright on http://{host}:{port}/ for {names}", file=sys.stderr)
    print(
        "Everybody who reaches it may see the registry (PLATEWRIGHT_ACCESS=open)."
        if settings.OPEN
        else as_installed(
            "The registry is for people with an account: manage.py setup makes the first"
        ),
        file=sys.stderr,
    )
    print(f"Programs write with the token in {secret_file('token')}", file=sys.stderr, flush=True)


def _stop(number: int, frame: object) -> None:
    raise SystemExit(0)
