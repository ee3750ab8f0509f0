"""Sightings that the database would not take: they are tried again until it does.

They are held in memory, as many as `MOST`; what is not kept by the time the server ends is lost.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from django.db import DatabaseError, close_old_connections, connection

__all__ = ["MOST", "postpone", "waiting"]

MOST = 1000
"""Readings that wait at most; of more the oldest go."""
MOST_BYTES = 50_000_000
"""Of their pictures; further readings wait without theirs."""
PAUSE_S = 5.0
log = logging.getLogger("platewright")

_lock = threading.Lock()
_held: deque[tuple[Callable[[bytes | None], object], bytes | None]] = deque()
_threads: list[threading.Thread] = []


def postpone(keep: Callable[[bytes | None], object], jpeg: bytes | None = None) -> None:
    """Try later, again and again, to store something.

    Args:
        keep: stores it, with the picture or without; raises `DatabaseError` where it can't.
        jpeg: the picture.
    """
    with _lock:
        used = sum(len(each) for _, each in _held if each)
        if jpeg and used + len(jpeg) > MOST_BYTES:
            jpeg = None
        _held.append((keep, jpeg))
        if len(_held) > MOST:
            _held.popleft()
            log.error("more than %d readings wait for the database; the oldest is lost", MOST)
        if not _threads:
            _threads.append(threading.Thread(target=_try_again, name="pending", daemon=True))
            _threads[0].start()


def waiting() -> int:
    """Return how many readings wait to be kept."""
    return len(_held)


def _try_again() -> None:
    pause = threading.Event()
    while True:
        pause.wait(PAUSE_S)
        close_old_connections()
        try:
            while _held:
                keep, jpeg = _held[0]
                keep(jpeg)
                with _lock:
                    if _held and _held[0][0] is keep:
                        _held.popleft()
        except DatabaseError:
            pass  # it was told when the first one failed; /health tells it, too
        except Exception:
            log.exception("a reading can't be kept")
            with _lock:
                _held.popleft()
        finally:
            connection.close()
        with _lock:
            if not _held:
                _threads.clear()
                return
