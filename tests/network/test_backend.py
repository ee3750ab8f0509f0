"""What TensorFlow's libraries say on being loaded is dropped; what others say is not."""

from __future__ import annotations

import os

import pytest

from platewright.network import backend

CHATTER = """\
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795902508.390357   25063 cudart_stub.cc:31] Could not find cuda drivers, no GPU.
E0000 00:00:1795902781.832540   26248 cuda_platform.cc:52] failed call to cuInit: INTERNAL
2026-11-28 21:50:11.123456: I tensorflow/core/platform/cpu_feature_guard.cc:210] optimized
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.
"""
KEPT = "libfoo.so: cannot open shared object file\nF0000 00:00:17.5 1 a.cc:1] Check failed\n"


def test_chatter_is_dropped_and_all_else_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    with backend._sifted():
        os.write(2, (CHATTER + KEPT).encode())
    assert capfd.readouterr().err == KEPT


def test_an_error_on_loading_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImportError, match="no back end"), backend._sifted():
        os.write(2, KEPT.encode())
        raise ImportError("no back end")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == KEPT + "after\n"
