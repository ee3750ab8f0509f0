"""Work that ends in time."""

from __future__ import annotations

import threading

import pytest

from platewright.limit import within_processor


def test_what_is_not_to_be_stopped_is_left_alone() -> None:
    """A node that multiplies for an hour, say, in which the runtime looks at nothing."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            sum(range(10_000))

    with pytest.raises(TimeoutError, match=r"takes more than 0\.3 s of the processor"):
        within_processor(0.3, work, lambda: None)
    over.set()
    with pytest.raises(KeyError):
        within_processor(0.3, lambda: {}["x"], lambda: None)
