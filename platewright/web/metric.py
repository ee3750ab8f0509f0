"""What the server counts, as text for Prometheus; no address, no plate is in it."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.http import HttpRequest, HttpResponse

# Name, help, labels; a counter each, in this order in the table.
_COUNTERS = (
    *(
        ("platewright_requests_total", "Answers, by class of status.", f'status="{k}xx"')
        for k in range(1, 6)
    ),
    ("platewright_pictures_total", "Pictures read.", 'result="read"'),
    ("platewright_pictures_total", "Pictures read.", 'result="unreadable"'),
    ("platewright_plates_total", "Plates found in them.", 'accepted="yes"'),
    ("platewright_plates_total", "Plates found in them.", 'accepted="no"'),
    ("platewright_sightings_total", "Sightings kept.", ""),
    ("platewright_refused_total", "Requests refused.", 'reason="rate"'),
    ("platewright_refused_total", "Requests refused.", 'reason="size"'),
    ("platewright_refused_total", "Requests refused.", 'reason="busy"'),
)
_PLACES = {(name, labels): k for k, (name, _, labels) in enumerate(_COUNTERS)}
BOUNDS_S = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Upper bounds of the histogram's buckets, seconds."""
_FIRST_BUCKET = len(_COUNTERS)
_SUM = _FIRST_BUCKET + len(BOUNDS_S) + 1
_table = [0.0] * (_SUM + 1)
_lock = threading.Lock()


def count(name: str, labels: str = "", by: float = 1) -> None:
    """Add to a counter.

    Raises:
        KeyError: if there is no such counter.
    """
    place = _PLACES[f"platewright_{name}_total", labels]
    with _lock:
        _table[place] += by


def observe(seconds: float) -> None:
    """Note how long finding and reading the plates of a picture took."""
    bucket = sum(seconds > bound for bound in BOUNDS_S)
    with _lock:
        _table[_FIRST_BUCKET + bucket] += 1
        _table[_SUM] += seconds


def exposition() -> str:
    """Return everything in Prometheus' text format, version 0.0.4."""
    with _lock:
        values = list(_table)
    lines: list[str] = []
    seen = set()
    for (name, text, labels), value in zip(_COUNTERS, values, strict=False):
        if name not in seen:
            lines += [f"# HELP {name} {text}", f"# TYPE {name} counter"]
            seen.add(name)
        lines.append(f"{name}{{{labels}}} {value:g}" if labels else f"{name} {value:g}")
    name = "platewright_read_seconds"
    lines += [
        f"# HELP {name} Time that finding and reading the plates of a picture took.",
        f"# TYPE {name} histogram",
    ]
    below = 0.0
    for bound, value in zip((*BOUNDS_S, None), values[_FIRST_BUCKET:_SUM], strict=True):
        below += value
        lines.append(f'{name}_bucket{{le="{"+Inf" if bound is None else f"{bound:g}"}"}} {below:g}')
    lines += [f"{name}_sum {values[_SUM]:.6g}", f"{name}_count {below:g}"]
    memory = _memory_bytes()
    if memory is not None:
        name = "process_resident_memory_bytes"
        lines += [
            f"# HELP {name} Memory of the process that answers.",
            f"# TYPE {name} gauge",
            f"{name} {memory}",
        ]
    return "\n".join(lines) + "\n"


def _memory_bytes() -> int | None:
    """Return the memory of this process that is in use; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


class Measure:
    """Middleware that counts answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer and count; how long the request has is counted from here."""
        request.META["platewright.start"] = time.monotonic()
        response = self.get_response(request)
        count("requests", f'status="{response.status_code // 100}xx"')
        return response
