"""The default network's shapes, and that what slides equals what is cropped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from platewright.recognizer.network import build_network
from platewright.recognizer.runtime import KerasRuntime, Runtime, load_runtime
from platewright.recognizer.settings import NetworkSettings


@pytest.mark.parametrize("kind", ["small_npz", "small_onnx"])
def test_slid_equals_cropped_at_every_stride(kind: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(kind)
    runtime: Runtime = KerasRuntime.load(path) if path.suffix == ".npz" else load_runtime(path)
    grid = runtime.settings.grid
    picture = np.random.default_rng(2).integers(0, 256, (90, 141), np.uint8)
    presence, corners = runtime.scan(picture)
    rows, cols = grid.shape(*picture.shape)
    assert (rows, cols) == (6, 6)
    assert presence.shape == (rows, cols) and corners.shape == (rows, cols, 8)
    assert presence.std() > 1e-3 and corners.std() > 1e-3  # the windows do differ
    for row in range(rows):
        for col in range(cols):
            x0, y0, x1, y1 = (int(v) for v in grid.box(row, col))
            alone, alone_corners = runtime.scan(np.ascontiguousarray(picture[y0:y1, x0:x1]))
            assert alone.shape == (1, 1)
            assert abs(alone[0, 0] - presence[row, col]) < 1e-4
            assert np.abs(alone_corners[0, 0] - corners[row, col]).max() < 1e-4


def test_a_cell_sees_its_whole_window_and_nothing_else(small_npz: Path) -> None:
    runtime = KerasRuntime.load(small_npz)
    grid = runtime.settings.grid
    rng = np.random.default_rng(5)
    picture = rng.integers(0, 256, (64, 127), np.uint8)
    before, _ = runtime.scan(picture)
    x0, y0, x1, y1 = (int(v) for v in grid.box(1, 2))
    outside = rng.integers(0, 256, picture.shape, np.uint8)
    outside[y0:y1, x0:x1] = picture[y0:y1, x0:x1]
    assert abs(runtime.scan(outside)[0][1, 2] - before[1, 2]) < 1e-4
    for y, x in [(y0, x0), (y0, x1 - 1), (y1 - 1, x0), (y1 - 1, x1 - 1)]:
        nudged = picture.copy()
        nudged[y, x] ^= 255
        assert runtime.scan(nudged)[0][1, 2] != before[1, 2]


def test_the_smallest_picture_with_a_cell_is_the_computed_window() -> None:
    model = build_network(NetworkSettings(scan_channels=(4, 4, 8), read_channels=(4, 4, 8, 8)))
    height, width = NetworkSettings().grid.window

    def cells(tall: int, wide: int) -> tuple[int, ...]:
        shape = model.compute_output_shape(
            {"image": (1, tall, wide, 1), "window": (1, 64, 192, 1)}
        )["scan_presence"]
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


def test_the_default_networks_outputs() -> None:
    settings = NetworkSettings()
    model = build_network(settings, image_size=(192, 320))
    shapes = {name: tuple(o.shape[1:]) for name, o in model.output.items()}
    assert shapes == {
        "scan_presence": (19, 29, 1),
        "scan_corners": (19, 29, 8),
        "characters": (8, 48, 37),
        "slot_map": (8, 48, 13),
        "slots": (12, 37),
        "presence": (1,),
        "corners": (8,),
    }
    assert settings.grid.shape(192, 320) == (19, 29)
    assert model.count_params() * 4 < 20e6  # the weights file stays under 20 MB


def test_slots_are_distributions(small_npz: Path) -> None:
    runtime = KerasRuntime.load(small_npz)
    windows = np.random.default_rng(0).integers(0, 256, (3, 64, 192), np.uint8)
    slots, presence, corners = runtime.read(windows)
    assert slots.shape == (3, 5, 7) and presence.shape == (3,) and corners.shape == (3, 8)
    assert slots.min() >= 0
    assert slots.sum(axis=-1) == pytest.approx(np.ones((3, 5)), abs=1e-5)


def test_pooling_by_hand() -> None:
    """Two cells: the first surely slot 0 and A, the second surely none."""
    from keras import ops

    from platewright.recognizer.network import SlotPool

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


def test_reading_does_not_depend_on_the_pictures_contrast(small_npz: Path) -> None:
    runtime = KerasRuntime.load(small_npz)
    window = np.random.default_rng(0).integers(0, 60, (1, 64, 192)).astype(np.uint8)
    low, high = runtime.read(window)[0], runtime.read(window * np.uint8(4))[0]
    assert np.abs(low - high).max() < 0.05
