"""Memory of a server: numbers that its processes share, and heaps that do not grow."""

from __future__ import annotations

import ctypes
import mmap
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

__all__ = ["SharedTable", "bound_heap"]

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""Parameters of `mallopt` (glibc's malloc.h)."""
ARENAS = 2
LARGE_BYTES = 128 * 1024


class SharedTable:
    """A table of floats in memory that forked processes share, and its lock.

    Args:
        rows: of the table.
        columns: of it.
    """

    def __init__(self, rows: int, columns: int) -> None:
        """Map the memory; it begins with zeros."""
        self._memory = mmap.mmap(-1, rows * columns * 8)
        self._cells = np.frombuffer(self._memory, np.float64).reshape(rows, columns)
        # The kind that a fork hands on; it is never pickled.
        self._lock = multiprocessing.get_context("fork").Lock()

    @contextmanager
    def held(self) -> Iterator[NDArray[np.float64]]:
        """Give the table to one thread of one process at a time."""
        with self._lock:
            yield self._cells


def bound_heap() -> bool:
    """Let all threads share two heaps, and give large blocks back as soon as they are free.

    For servers of many threads: their memory then is what is in use, however long they run. Call
    it before threads and processes are started.

    Returns:
        Whether the C library knows how; others than glibc need it less.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return bool(mallopt(M_ARENA_MAX, ARENAS)) and bool(mallopt(M_MMAP_THRESHOLD, LARGE_BYTES))
