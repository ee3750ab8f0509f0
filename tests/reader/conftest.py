"""Small networks of every kind, and plates that they can learn by heart."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from platewright.reader.kind import load_kind
from platewright.reader.settings import ReaderSettings
from platewright.recognizer.weights import model_arrays, save_weights

TINY = {
    "crnn-gru": {"window": (24, 64), "channels": (6, 8, 8, 8), "width": 12, "units": (12, 12)},
    "crnn-lstm": {"window": (16, 64), "channels": (4, 6, 8, 8, 8, 12), "units": (12, 8)},
    "attention": {"window": (16, 64), "channels": (4, 6, 8, 8, 12), "units": (8, 16, 16)},
    "box": {"window": (64, 64), "channels": (4, 4, 4, 4, 6, 6, 6, 6)},
    "box-dense": {"window": (32, 32), "channels": (4, 4, 4, 4, 6, 6, 6, 6), "units": (12, 8)},
}


def tiny(name: str) -> ReaderSettings:
    """The first recipe's network, shrunk; `box-dense` is as the original."""
    return replace(load_kind(name.removesuffix("-dense")).recipe().settings, slots=8, **TINY[name])


def random_weights(settings: ReaderSettings, path: Path, seed: int = 4) -> Path:
    """Weights that say something of every picture: no norm and no bias is at its first value."""
    import keras

    from platewright.reader.kind import build

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    arrays = model_arrays(build(settings).teach)
    for name, value in arrays.items():
        kind = name.rsplit("/", 1)[-1]
        if kind in ("moving_variance", "gamma"):
            arrays[name] = rng.uniform(0.5, 1.5, value.shape).astype(np.float32)
        else:
            arrays[name] = (value + rng.normal(0, 0.2, value.shape)).astype(np.float32)
    save_weights(path, arrays, settings, {"steps": 0})
    return path


@pytest.fixture(scope="session", params=sorted(TINY))
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `.npz` of a tiny network, with the `.onnx` beside it."""
    from platewright.reader.export import export_reader

    name = str(request.param)
    weights = tmp_path_factory.mktemp(name) / f"{name}.npz"
    random_weights(tiny(name), weights)
    with warnings.catch_warnings():  # the converter's own; train.py runs it in another process
        warnings.simplefilter("ignore")
        export_reader(weights, weights.with_suffix(".onnx"))
    return weights
