"""Shapes of scan and slot reader, and that what slides equals what is cropped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from platewright.network.kind import build
from platewright.network.part import ScanSettings
from platewright.network.weights import BundleSettings
from platewright.reading.runtime import KerasNetwork, Network, OnnxNetwork, levels
from tests.network.conftest import looks


def scan(network: Network, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    presence, corners = network.run(
        ["scan_presence", "scan_corners"], {"image": levels(picture[None])}
    )
    return presence[0, ..., 0], corners[0]


def read(network: Network, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    slots, presence, corners = network.run(
        ["slots", "presence", "corners"], {"window": levels(windows)}
    )
    return slots, presence[:, 0], corners


@pytest.mark.parametrize(
    "kind",
    ["small_keras", pytest.param("small_onnx", marks=[pytest.mark.slow, pytest.mark.process])],
)
def test_slid_equals_cropped_at_every_stride(kind: str, request: pytest.FixtureRequest) -> None:
    given: KerasNetwork | Path = request.getfixturevalue(kind)
    runtime: Network = OnnxNetwork(given) if isinstance(given, Path) else given
    grid = runtime.settings.scan.grid
    picture = np.random.default_rng(2).integers(0, 256, (90, 141), np.uint8)
    presence, corners = scan(runtime, picture)
    rows, cols = grid.shape(*picture.shape)
    assert (rows, cols) == (6, 6)
    assert presence.shape == (rows, cols) and corners.shape == (rows, cols, 8)
    assert presence.std() > 1e-3 and corners.std() > 1e-3  # the windows do differ
    boxes = [[int(v) for v in grid.box(row, col)] for row in range(rows) for col in range(cols)]
    cropped = levels(np.stack([picture[y0:y1, x0:x1] for x0, y0, x1, y1 in boxes]))
    alone, corners_alone = runtime.run(["scan_presence", "scan_corners"], {"image": cropped})
    assert alone.shape == (rows * cols, 1, 1, 1)
    assert np.abs(alone.ravel() - presence.ravel()).max() < 1e-4
    assert np.abs(corners_alone.reshape(-1, 8) - corners.reshape(-1, 8)).max() < 1e-4


def test_a_cell_sees_its_whole_window_and_nothing_else(small_keras: KerasNetwork) -> None:
    runtime = small_keras
    grid = runtime.settings.scan.grid
    rng = np.random.default_rng(5)
    picture = rng.integers(0, 256, (64, 127), np.uint8)
    before, _ = scan(runtime, picture)
    x0, y0, x1, y1 = (int(v) for v in grid.box(1, 2))
    outside = rng.integers(0, 256, picture.shape, np.uint8)
    outside[y0:y1, x0:x1] = picture[y0:y1, x0:x1]
    assert abs(scan(runtime, outside)[0][1, 2] - before[1, 2]) < 1e-4
    for y, x in [(y0, x0), (y0, x1 - 1), (y1 - 1, x0), (y1 - 1, x1 - 1)]:
        nudged = picture.copy()
        nudged[y, x] ^= 255
        assert scan(runtime, nudged)[0][1, 2] != before[1, 2]


@pytest.mark.parametrize("settings", [ScanSettings(), looks((4, 4, 8)).scan])
def test_the_smallest_picture_with_a_cell_is_the_computed_window(settings: ScanSettings) -> None:
    model = build(BundleSettings(scan=settings)).teach
    height, width = settings.grid.window

    def cells(tall: int, wide: int) -> tuple[int, ...]:
        shape = model.compute_output_shape({"image": (1, tall, wide, 1)})["scan_presence"]
        return tuple(shape[1:3])

    assert cells(height, width) == (1, 1)
    assert cells(height + 7, width + 7) == (1, 1)
    assert cells(height + 8, width + 8) == (2, 2)
    for tall, wide in [(height - 1, width), (height, width - 1)]:
        try:
            shape = cells(tall, wide)
        except ValueError:  # Keras refuses a convolution without any output
            continue
        assert 0 in shape


def test_the_outputs_of_scan_and_slot_reader() -> None:
    settings = looks()
    model = build(settings).teach
    shapes = {name: tuple(o.shape[1:]) for name, o in model.output.items()}
    assert shapes == {
        "scan_presence": (None, None, 1),
        "scan_corners": (None, None, 8),
        "slot_characters": (8, 48, 37),
        "slot_map": (8, 48, 13),
        "slots": (12, 37),
        "presence": (1,),
        "corners": (8,),
    }
    assert settings.scan is not None and settings.scan.grid.shape(192, 320) == (19, 29)
    whole = {"image": (2, 192, 320, 1), "window": (3, 64, 192, 1)}
    assert tuple(model.compute_output_shape(whole)["scan_presence"]) == (2, 19, 29, 1)
    assert model.count_params() * 4 < 20e6  # the weights file stays under 20 MB


def test_slots_are_distributions(small_keras: KerasNetwork) -> None:
    runtime = small_keras
    windows = np.random.default_rng(0).integers(0, 256, (3, 64, 192), np.uint8)
    slots, presence, corners = read(runtime, windows)
    assert slots.shape == (3, 5, 7) and presence.shape == (3,) and corners.shape == (3, 8)
    assert slots.min() >= 0
    assert slots.sum(axis=-1) == pytest.approx(np.ones((3, 5)), abs=1e-5)


def test_pooling_by_hand() -> None:
    """Two cells: the first surely slot 0 and A, the second surely none."""
    from keras import ops

    from platewright.network.layers import SlotPool

    sure = 30.0
    characters = np.array([[[[sure, 0, 0], [0, 0, sure]]]], np.float32)  # A, B, none
    slots = np.array([[[[sure, 0, 0], [0, 0, sure]]]], np.float32)  # 0, 1, none
    found = np.asarray(
        ops.convert_to_numpy(
            SlotPool()((ops.convert_to_tensor(characters), ops.convert_to_tensor(slots)))
        )
    )
    assert found.shape == (1, 2, 3)
    assert found[0, 0] == pytest.approx([1, 0, 0], abs=1e-4)  # slot 0: A
    assert found[0, 1, 2] == pytest.approx(1, abs=1e-4)  # slot 1: pad


def test_reading_does_not_depend_on_the_pictures_contrast(small_keras: KerasNetwork) -> None:
    runtime = small_keras
    window = np.random.default_rng(0).integers(0, 60, (1, 64, 192)).astype(np.uint8)
    low, high = read(runtime, window)[0], read(runtime, window * np.uint8(4))[0]
    assert np.abs(low - high).max() < 0.05
