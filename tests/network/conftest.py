"""Small networks of every kind with random weights, exported once."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from platewright.network.kind import build, load_kind
from platewright.network.part import ScanSettings, SlotSettings, TextSettings, thick
from platewright.network.weights import (
    AnySettings,
    BundleSettings,
    model_arrays,
    save_weights,
)
from platewright.reading.runtime import KerasNetwork

MadeOnce = Callable[[str, Callable[[Path], object]], Path]


def looks(
    scan: tuple[int, int, int] = (16, 32, 64),
    channels: tuple[int, int, int, int] = (24, 32, 64, 96),
    **slots: object,
) -> BundleSettings:
    """The first edition's default network: its scan and its slot reader."""
    return BundleSettings(
        scan=ScanSettings(
            layers=thick(*scan), residual=(2, 5, 7), head=scan[2], extent=(0.45, 0.68)
        ),
        slots=SlotSettings(channels=channels, **slots),  # type: ignore[arg-type]
    )


SMALL = looks((8, 8, 16), (8, 8, 16, 16), slots=5, characters="ABC123")
TINY = {
    "crnn-gru": {"window": (24, 64), "channels": (6, 8, 8, 8), "width": 12, "units": (12, 12)},
    "crnn-lstm": {"window": (16, 64), "channels": (4, 6, 8, 8, 8, 12), "units": (12, 8)},
    "attention": {"window": (16, 64), "channels": (4, 6, 8, 8, 12), "units": (8, 16, 16)},
    "box": {"window": (64, 64), "channels": (4, 4, 4, 4, 6, 6, 6, 6)},
    "box-dense": {"window": (32, 32), "channels": (4, 4, 4, 4, 6, 6, 6, 6), "units": (12, 8)},
}


def tiny(name: str) -> TextSettings:
    """The first recipe's network, shrunk; `box-dense` is as the original."""
    settings = load_kind(name.removesuffix("-dense")).recipe().settings
    assert isinstance(settings, TextSettings)
    return replace(settings, slots=8, **TINY[name])  # type: ignore[arg-type]


def random_weights(settings: AnySettings, path: Path, seed: int = 4) -> Path:
    """Weights that say something of every picture: no norm and no bias is at its first value."""
    import keras

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    arrays = model_arrays(build(settings).teach)
    for name, value in arrays.items():
        kind = name.rsplit("/", 1)[-1]
        if kind in ("moving_variance", "gamma"):
            arrays[name] = rng.uniform(0.5, 1.5, value.shape).astype(np.float32)
        elif isinstance(settings, TextSettings):
            arrays[name] = (value + rng.normal(0, 0.2, value.shape)).astype(np.float32)
        elif kind in ("bias", "beta", "moving_mean"):
            arrays[name] = rng.normal(0, 0.3, value.shape).astype(np.float32)
    save_weights(path, arrays, settings, {"steps": 0})
    return path


@pytest.fixture(scope="session")
def small() -> BundleSettings:
    return SMALL


@pytest.fixture(scope="session")
def small_npz(made_once: MadeOnce) -> Path:
    def fill(folder: Path) -> None:
        random_weights(SMALL, folder / "small.npz", seed=3)

    return made_once("small", fill) / "small.npz"


@pytest.fixture(scope="session")
def small_keras(small_npz: Path) -> KerasNetwork:
    """The same, loaded."""
    return KerasNetwork.load(small_npz)


@pytest.fixture(scope="session")
def small_onnx(small_npz: Path, made_once: MadeOnce) -> Path:
    """The `.onnx` that lies beside it, made by the command of the module's page."""
    onnx = small_npz.with_suffix(".onnx")

    def fill(_: Path) -> None:
        command = [sys.executable, "-m", "platewright.network.export", str(small_npz), str(onnx)]
        subprocess.run(command, cwd=Path(__file__).parents[2], check=True)

    made_once("small-exported", fill)
    return onnx


@pytest.fixture(scope="session", params=sorted(TINY))
def exported(request: pytest.FixtureRequest, made_once: MadeOnce) -> Path:
    """The `.npz` of a tiny network, with the `.onnx` beside it."""
    name = str(request.param)

    def fill(folder: Path) -> None:
        from platewright.network.export import export

        weights = random_weights(tiny(name), folder / f"{name}.npz")
        with warnings.catch_warnings():  # the converter's own; train.py runs it in another process
            warnings.simplefilter("ignore")
            export(weights, weights.with_suffix(".onnx"))

    return made_once(name, fill) / f"{name}.npz"
