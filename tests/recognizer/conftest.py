"""A small network with random weights, exported once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from platewright.recognizer.settings import NetworkSettings

SMALL = NetworkSettings(
    scan_channels=(8, 8, 16), read_channels=(8, 8, 16, 16), slots=5, characters="ABC123"
)


@pytest.fixture(scope="session")
def small() -> NetworkSettings:
    return SMALL


@pytest.fixture(scope="session")
def small_npz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that say something of every picture: no norm and no bias is at its first value."""
    import keras

    from platewright.recognizer.network import build_network
    from platewright.recognizer.weights import model_arrays, save_weights

    keras.utils.set_random_seed(3)
    rng = np.random.default_rng(3)
    arrays = model_arrays(build_network(SMALL))
    for name, value in arrays.items():
        kind = name.rsplit("/", 1)[-1]
        if kind in ("moving_variance", "gamma"):
            arrays[name] = rng.uniform(0.5, 1.5, value.shape).astype(np.float32)
        elif kind in ("bias", "beta", "moving_mean"):
            arrays[name] = rng.normal(0, 0.3, value.shape).astype(np.float32)
    path = tmp_path_factory.mktemp("network") / "small.npz"
    save_weights(path, arrays, SMALL, {"steps": 0})
    return path


@pytest.fixture(scope="session")
def small_onnx(small_npz: Path) -> Path:
    from platewright.recognizer.export import export_beside

    found = export_beside(small_npz)
    if not found:
        pytest.fail(
            "the export needs tensorflow, onnx and tf2onnx: pip install -r requirements.txt"
        )
    return found[0]
