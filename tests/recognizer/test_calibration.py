"""The temperature that was put in comes out, and both files carry it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from platewright.alphabet import Alphabet
from platewright.errors import WeightsError
from platewright.file import file_digest
from platewright.recognizer.calibration import (
    Calibration,
    confidences,
    fit_temperature,
    store_temperature,
)
from platewright.reading.spelling import decode_slots, sharpen, spell
from platewright.recognizer.runtime import OnnxRuntime, load_runtime
from platewright.network.weights import load_arrays

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
    found = fit_temperature(slots, right, ABC)
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
        fit_temperature(slots, right, ABC)


def test_both_files_carry_the_temperature(
    small_npz: Path, small_onnx: Path, tmp_path: Path
) -> None:
    npz = Path(shutil.copy(small_npz, tmp_path))
    onnx = Path(shutil.copy(small_onnx, tmp_path))
    before, _, _ = load_arrays(npz)
    window = np.random.default_rng(2).integers(0, 256, (1, 64, 192), np.uint8)
    said = load_runtime(onnx).read(window)
    assert store_temperature(npz, FITTED) == [npz, onnx]
    arrays, settings, note = load_arrays(npz)
    assert settings.temperature == 0.47
    assert note["steps"] == 0 and note["calibration"]["ece"] == 0.02
    assert all((arrays[name] == value).all() for name, value in before.items())
    runtime = load_runtime(onnx)
    assert runtime.settings == settings
    assert isinstance(runtime, OnnxRuntime) and runtime.made_of == file_digest(npz)
    for a, b in zip(said, runtime.read(window), strict=True):
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
    assert load_arrays(npz)[1].temperature == 1.0
