"""Numbers that all processes of a server have in common: made before it forks, of a fixed size."""

from __future__ import annotations

import mmap
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

__all__ = ["SharedTable"]


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
