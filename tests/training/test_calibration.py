"""Calibrating on drawings: the command, with a network that answers without looking."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from platewright.errors import WeightsError
from platewright.reading.spelling import sharpen
from platewright.recognizer.settings import NetworkSettings
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings
from platewright.text import clean
from platewright.training import calibration
from platewright.training.calibration import calibrate

CLOSEUP = SceneSettings(width_px=(60.0, 90.0), focus_px=(60.0, 90.0))


class Unsure:
    """Knows the text of the plate that was drawn last, is wrong now and then, and doubts all."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, wrong: float) -> None:
        self.settings = replace(NetworkSettings(), temperature=3.0)
        self.rng, self.wrong = np.random.default_rng(0), wrong
        original = calibration.draw_closeup

        def draw(*args: object, **kwargs: object) -> object:
            image, record = original(*args, **kwargs)
            self.slots = self.answer(clean(record.plates[0].text))
            return image, record

        monkeypatch.setattr(calibration, "draw_closeup", draw)

    def answer(self, text: str) -> np.ndarray:
        kinds = [self.settings.alphabet.index(char) for char in text]
        kinds += [self.settings.alphabet.pad] * (12 - len(kinds))
        slots = np.full((12, 37), 1e-6)
        slots[range(12), kinds] = 1
        if self.rng.random() < 2 * self.wrong:  # a coin's throw between two characters
            own = kinds[0]
            other = 0 if own else 1
            swap = self.rng.random() < 0.5
            slots[0, other if swap else own], slots[0, own if swap else other] = 0.505, 0.495
        slots /= slots.sum(axis=1, keepdims=True)
        return sharpen(slots, 2.0)

    def scan(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        raise AssertionError("quads are given")

    def read(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        count = len(windows)
        corners = np.tile(
            np.array([0.1, 0.1, 0.9, 0.1, 0.9, 0.9, 0.1, 0.9], np.float32), (count, 1)
        )
        slots = np.stack([self.slots] * count).astype(np.float32)
        return slots, np.full(count, 5, np.float32), corners


def test_the_doubt_is_taken_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = Unsure(monkeypatch, wrong=0.2)
    found = calibrate(runtime, Backgrounds(), drawings=100, closeup=CLOSEUP)
    assert found.readings == 100
    assert found.right == pytest.approx(0.8, abs=0.1)
    assert found.temperature < 0.8
    assert found.ece < min(found.ece_before, 0.08)
    assert runtime.settings.temperature == 3.0  # put back


def test_a_network_that_reads_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = Unsure(monkeypatch, wrong=0.0)
    with pytest.raises(WeightsError, match="of 4 drawn plates 4 were read right"):
        calibrate(runtime, Backgrounds(), drawings=4, closeup=CLOSEUP)
    assert runtime.settings.temperature == 3.0


def test_the_command_takes_npz_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["calibration", "weights.onnx"])
    with pytest.raises(WeightsError, match=r"give the \.npz"):
        calibration.main()
