from __future__ import annotations

import os
import signal

import pytest

from platewright.tracking.follow import StopWish


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_a_wish_and_the_second_an_order(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with StopWish() as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_a_wish_without_a_signal() -> None:
    with StopWish() as stop:
        stop.wish()
        assert stop()
