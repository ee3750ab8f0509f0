"""Processes that read pictures, and what becomes of who waits when one is ended or stopped."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import ImageError, WeightsError
from platewright.image import encode_image
from platewright.record import SceneRecord
from platewright.web import picture_reader
from platewright.web.picture_reader import ProcessReaders, Shot, Source
from tests.script import PATIENCE_S, as_before

ROOT = Path(__file__).resolve().parents[2]
NOISE = encode_image(np.random.default_rng(0).integers(0, 256, (700, 700, 3), np.uint8), ".png")
"""More than a pipe holds."""


@pytest.fixture(scope="module")
def one() -> Iterator[ProcessReaders]:
    weights = ROOT / "weights.onnx"
    made = ProcessReaders(weights, "", turns=1, picture_s=PATIENCE_S, memory_mb=0)
    yield made
    made.close()


def read(readers: ProcessReaders, data: bytes) -> Shot:
    source = Source(name="a", data=data, max_pixels=10**7)
    return readers.read(source, time.monotonic() + PATIENCE_S)


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
    (reader,) = one._all
    timer = threading.Timer
    monkeypatch.setattr(  # whoever comes in its place may be as slow as the machine
        threading, "Timer",
        lambda s, kill: timer(0.1 if kill == reader._process.kill else PATIENCE_S, kill),
    )  # fmt: skip
    os.kill(reader._process.pid or 0, getattr(signal, number))
    assert read(one, NOISE).photo.size == (700, 700)
    assert not reader._process.is_alive()
    assert read(one, street[0]).photo.readings


@pytest.mark.process
def test_a_picture_that_takes_too_long_ends_its_process_alone(
    one: ProcessReaders, street: tuple[bytes, SceneRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(signal, "SIGSTOP"):
        pytest.skip("POSIX signals")
    (reader,) = one._all
    with monkeypatch.context() as patch:
        patch.setattr(one, "picture_s", 0.1)
        os.kill(reader._process.pid or 0, signal.SIGSTOP)
        with pytest.raises(ImageError, match=r"^a: takes more than 0\.1 s to read; make it"):
            read(one, encode_image(np.zeros((9, 9, 3), np.uint8), ".png"))
    assert not reader._process.is_alive()
    assert read(one, street[0]).photo.readings


@pytest.mark.parametrize("usable", [True, False])
def test_a_process_whose_server_has_gone_says_nothing(
    monkeypatch: pytest.MonkeyPatch, usable: bool
) -> None:
    def load(*_: object) -> None:
        if not usable:
            raise WeightsError("no weights")

    monkeypatch.setattr(picture_reader, "PictureReader", load)
    here, there = Pipe()
    here.close()
    with as_before():
        picture_reader._work(there, Path(), "", 0)
