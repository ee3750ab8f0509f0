"""Memory of a server: heaps that do not grow."""

from __future__ import annotations

import ctypes

__all__ = ["bound_heap"]

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""Parameters of `mallopt` (glibc's malloc.h)."""
ARENAS = 2
LARGE_BYTES = 128 * 1024


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
