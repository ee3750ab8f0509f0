"""The temperature that was put in comes out, both files carry it, and drawings tell it."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import WeightsError
from platewright.file import file_digest
from platewright.network.part import LineSettings, SlotSettings
from platewright.network.weights import BundleSettings, load_weights
from platewright.reading.line_evidence import LineEvidence
from platewright.reading.runtime import OnnxNetwork, load_network
from platewright.reading.spelling import decode_slots, sharpen, spell
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings
from platewright.text import Alphabet, clean
from platewright.training import calibration
from platewright.training.calibration import (
    Calibration,
    calibrate,
    confidences,
    fit_temperature,
    line_confidences,
    store_temperature,
)
from tests.network.conftest import small, small_npz, small_onnx
from tests.network.test_scan import read
from tests.reading.fake import FakeNetwork

__all__ = ["small", "small_npz", "small_onnx"]

ABC = Alphabet("ABC")
FITTED = Calibration(temperature=0.47, readings=9, right=0.8, ece_before=0.3, ece=0.02)


def honest_slots(
    rng: np.random.Generator, count: int, temperature: float
) -> tuple[np.ndarray, np.ndarray]:
    """Slots whose probabilities are true once they are read at a temperature."""
    slots = np.maximum(rng.dirichlet(np.full(4, 0.2), (count, 3)), 1e-3)
    slots[:, 0, ABC.pad] = 1e-3
    slots[:, 2] = [1e-3, 1e-3, 1e-3, 1]
    slots /= slots.sum(axis=2, keepdims=True)
    # What makes them honest again is the inverse of what made them unsure.
    told = np.array([sharpen(own, 1 / temperature) for own in slots])
    right = []
    for own, shown in zip(slots, told, strict=True):
        said = [ABC.index(char) for char in decode_slots(shown, ABC)[0]]
        truth = [int(rng.choice(4, p=row)) for row in own]
        right.append(truth[: len(said) + 1] == [*said, ABC.pad][: len(own)])
    return told, np.array(right)


@pytest.mark.parametrize("temperature", [0.45, 1.0, 2.0])
def test_a_temperature_that_was_applied_is_found_again(temperature: float) -> None:
    slots, right = honest_slots(np.random.default_rng(1), 3000, temperature)
    found = fit_temperature(functools.partial(confidences, slots, ABC), right)
    assert found.temperature == pytest.approx(temperature, rel=0.15)
    assert found.ece < 0.03
    assert found.readings == 3000
    assert found.right == pytest.approx(right.mean(), abs=1e-4)
    if temperature != 1:
        assert found.ece_before > found.ece


def test_confidences_are_those_of_the_decoder() -> None:
    rng = np.random.default_rng(5)
    slots = rng.dirichlet(np.full(4, 0.5), (200, 3))
    for temperature in (0.4, 1.0, 1.7):
        texts = [decode_slots(s, ABC)[0] for s in slots]
        expected = [
            spell(text, sharpen(s, temperature), ABC)[0]
            for text, s in zip(texts, slots, strict=True)
        ]
        assert confidences(slots, ABC, temperature) == pytest.approx(expected)
    assert (np.array(expected) == 0).any()  # an empty text
    assert confidences([], ABC, 1.0).shape == (0,)


@pytest.mark.parametrize("right", [[True, True], [False, False], []])
def test_nothing_to_tell_apart_is_refused(right: list[bool]) -> None:
    slots = np.full((len(right), 2, 4), 0.25)
    with pytest.raises(ValueError, match="right and wrong"):
        fit_temperature(functools.partial(confidences, slots, ABC), right)


def test_both_files_carry_the_temperature(
    small_npz: Path, small_onnx: Path, tmp_path: Path
) -> None:
    npz = Path(shutil.copy(small_npz, tmp_path))
    onnx = Path(shutil.copy(small_onnx, tmp_path))
    before, _, _ = load_weights(npz)
    window = np.random.default_rng(2).integers(0, 256, (1, 64, 192), np.uint8)
    said = read(load_network(onnx), window)
    assert store_temperature(npz, FITTED) == [npz, onnx]
    arrays, settings, note = load_weights(npz)
    assert isinstance(settings, BundleSettings) and settings.slots is not None
    assert settings.slots.temperature == 0.47
    assert note["steps"] == 0 and note["calibration"]["ece"] == 0.02
    assert all((arrays[name] == value).all() for name, value in before.items())
    runtime = load_network(onnx)
    assert runtime.settings == settings
    assert isinstance(runtime, OnnxNetwork) and runtime.made_of == file_digest(npz)
    for a, b in zip(said, read(runtime, window), strict=True):
        assert (a == b).all()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["small.npz", "small.onnx"]


def test_weights_without_an_export_are_enough(small_npz: Path, tmp_path: Path) -> None:
    npz = Path(shutil.copy(small_npz, tmp_path))
    assert store_temperature(npz, FITTED) == [npz]


def test_a_damaged_export_leaves_the_weights_alone(small_npz: Path, tmp_path: Path) -> None:
    npz = Path(shutil.copy(small_npz, tmp_path))
    (tmp_path / "small.onnx").write_bytes(b"\xff\xffnonsense")
    with pytest.raises(WeightsError, match=r"small\.onnx: not a usable \.onnx file") as caught:
        store_temperature(npz, FITTED)
    assert "\n" not in str(caught.value)
    settings = load_weights(npz)[1]
    assert isinstance(settings, BundleSettings) and settings.slots is not None
    assert settings.slots.temperature == 1.0


CLOSEUP = SceneSettings(width_px=(60.0, 90.0), focus_px=(60.0, 90.0))


class Unsure(FakeNetwork):
    """Knows the text of the plate that was drawn last, is wrong now and then, and doubts all."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, wrong: float) -> None:
        super().__init__(SlotSettings(temperature=3.0))
        self.alphabet = SlotSettings().alphabet
        self.rng, self.wrong = np.random.default_rng(0), wrong
        original = calibration.draw_closeup

        def draw(*args: object, **kwargs: object) -> object:
            image, record = original(*args, **kwargs)
            self.slots = self.answer(clean(record.plates[0].text))
            return image, record

        monkeypatch.setattr(calibration, "draw_closeup", draw)

    def answer(self, text: str) -> np.ndarray:
        kinds = [self.alphabet.index(char) for char in text]
        kinds += [self.alphabet.pad] * (12 - len(kinds))
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


@pytest.mark.slow
def test_the_doubt_is_taken_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = Unsure(monkeypatch, wrong=0.2)
    found = calibrate(runtime, Backgrounds(), drawings=100, closeup=CLOSEUP)
    assert found.readings == 100
    assert found.right == pytest.approx(0.8, abs=0.1)
    assert found.temperature < 0.8
    assert found.ece < min(found.ece_before, 0.08)
    assert runtime.settings.slots is not None and runtime.settings.slots.temperature == 3.0


def test_a_network_that_reads_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = Unsure(monkeypatch, wrong=0.0)
    with pytest.raises(WeightsError, match="of 4 drawn plates 4 were read right"):
        calibrate(runtime, Backgrounds(), drawings=4, closeup=CLOSEUP)


def test_the_command_takes_npz_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["calibration", "weights.onnx"])
    with pytest.raises(WeightsError, match=r"give the \.npz"):
        calibration.main()


def test_lines_are_as_sure_as_their_speller_at_any_temperature() -> None:
    logits = np.random.default_rng(3).normal(0, 3, (2, 18, 5)).astype(np.float32)

    def evidence(temperature: float) -> LineEvidence:
        own = LineSettings(characters="ABC", longest=4, temperature=temperature)
        return LineEvidence(logits, own)

    told: Sequence[LineEvidence] = [evidence(1.0), evidence(2.0)]
    for temperature in (0.5, 1.0, 2.0):
        wanted = [np.exp(evidence(temperature).rate([one.spell().text])[0]) for one in told]
        assert line_confidences(told, temperature) == pytest.approx(wanted, rel=1e-3)
