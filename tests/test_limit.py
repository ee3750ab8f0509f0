"""Work that ends in time."""

from __future__ import annotations

import threading
import time

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


@pytest.mark.skipif(not hasattr(time, "pthread_getcpuclockid"), reason="one thread's part is told")
def test_what_other_threads_take_does_not_count() -> None:
    """Beside much work, sound weights were refused."""
    over = threading.Event()

    def spin() -> None:
        while not over.is_set():
            sum(range(10_000))

    busy = threading.Thread(target=spin)
    busy.start()
    began = time.process_time()

    def work() -> str:
        while time.process_time() < began + 0.5:  # which is more than twice what it may take
            time.sleep(0.1)
        return "done"

    try:
        assert within_processor(0.2, work, lambda: pytest.fail("told to end")) == "done"
    finally:
        over.set()
        busy.join()
