"""Processes that read pictures, and what becomes of who waits when one is ended or stopped."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from platewright.image import encode_image
from platewright.record import SceneRecord
from platewright.web import picture_reader
from platewright.web.picture_reader import ProcessReaders, Source

ROOT = Path(__file__).resolve().parents[2]
NOISE = encode_image(np.random.default_rng(0).integers(0, 256, (700, 700, 3), np.uint8), ".png")
"""More than a pipe holds."""


@pytest.fixture(scope="module")
def one() -> Iterator[ProcessReaders]:
    made = ProcessReaders(ROOT / "weights.onnx", "", turns=1, picture_s=60, memory_mb=0)
    yield made
    made.close()


@pytest.mark.process
@pytest.mark.parametrize("number", ["SIGKILL", "SIGSTOP"])
def test_a_process_that_does_not_take_a_picture_costs_nobody_his(
    one: ProcessReaders,
    number: str,
    street: tuple[bytes, SceneRecord],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not hasattr(signal, number):
        pytest.skip("POSIX signals")
    monkeypatch.setattr(picture_reader, "TAKEN_S", 1.0)
    (reader,) = one._all
    os.kill(reader._process.pid or 0, getattr(signal, number))
    source = Source(name="noise", data=NOISE, max_pixels=10**6)
    assert one.read(source, time.monotonic() + 60).photo.size == (700, 700)
    assert not reader._process.is_alive()
    shot = one.read(Source(name="a", data=street[0], max_pixels=10**7), time.monotonic() + 60)
    assert shot.photo.readings
