"""What the server counts, as text for Prometheus; no address, no plate is in it."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.http import HttpRequest, HttpResponse

BOUNDS_S = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Upper bounds of the histogram's buckets, seconds."""
_COUNTERS = {
    "requests": ("Answers, by class of status.", *(f'status="{k}xx"' for k in range(1, 6))),
    "pictures": ("Pictures read.", 'result="read"', 'result="unreadable"'),
    "plates": ("Plates found in them.", 'accepted="yes"', 'accepted="no"'),
    "sightings": ("Sightings kept.", ""),
    "refused": ("Requests refused.", 'reason="rate"', 'reason="size"', 'reason="busy"'),
}
"""Of each counter the help, and its labels."""
_counts = {(name, each): 0.0 for name, (_, *labels) in _COUNTERS.items() for each in labels}
_buckets = [0] * (len(BOUNDS_S) + 1)
_total_s = [0.0]
_lock = threading.Lock()


def count(name: str, labels: str = "", by: float = 1) -> None:
    """Add to a counter.

    Raises:
        KeyError: if there is no such counter.
    """
    with _lock:
        _counts[name, labels] += by


def observe(seconds: float) -> None:
    """Note how long finding and reading the plates of a picture took."""
    with _lock:
        _buckets[sum(seconds > bound for bound in BOUNDS_S)] += 1
        _total_s[0] += seconds


def exposition() -> str:
    """Return everything in Prometheus' text format, version 0.0.4."""
    with _lock:
        counts, buckets, total_s = dict(_counts), list(_buckets), _total_s[0]
    lines: list[str] = []

    def head(name: str, told: str, kind: str) -> str:
        lines.extend((f"# HELP {name} {told}", f"# TYPE {name} {kind}"))
        return name

    for counter, (told, *labels) in _COUNTERS.items():
        name = head(f"platewright_{counter}_total", told, "counter")
        shown = {each: f"{{{each}}}" if each else "" for each in labels}
        lines += [f"{name}{shown[each]} {counts[counter, each]:g}" for each in labels]
    told = "Time that finding and reading the plates of a picture took."
    name = head("platewright_read_seconds", told, "histogram")
    below = 0
    for most, number in zip((*(f"{bound:g}" for bound in BOUNDS_S), "+Inf"), buckets, strict=True):
        below += number
        lines.append(f'{name}_bucket{{le="{most}"}} {below}')
    lines += [f"{name}_sum {total_s:.6g}", f"{name}_count {below}"]
    if (memory := _memory_bytes()) is not None:
        told = "Memory of the process that answers."
        lines.append(f"{head('process_resident_memory_bytes', told, 'gauge')} {memory}")
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
