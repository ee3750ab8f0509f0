from __future__ import annotations

from pathlib import Path

import pytest

from platewright.image import load_image
from platewright.recognizer.description import (
    LayerRow,
    describe_layers,
    draw_plot,
    scan_macs,
    scan_photo_macs,
)
from platewright.recognizer.network import build_network
from platewright.recognizer.settings import NetworkSettings

SETTINGS = NetworkSettings()


@pytest.fixture(scope="module")
def rows() -> list[LayerRow]:
    return describe_layers(build_network(SETTINGS, image_size=SETTINGS.grid.window))


def test_every_parameter_is_in_the_table(rows: list[LayerRow]) -> None:
    assert sum(r.parameters for r in rows) == build_network(SETTINGS).count_params()
    assert len({r.name for r in rows}) == len(rows)


def test_first_convolution_by_hand(rows: list[LayerRow]) -> None:
    (first,) = [r for r in rows if r.name == "scan_conv0"]
    assert first == LayerRow("scan_conv0", "Conv2D", (23, 47, 16), 9 * 16, 9 * 16 * 23 * 47)


def test_the_scans_cost_is_the_sum_of_its_layers(rows: list[LayerRow]) -> None:
    window = SETTINGS.grid.window
    assert scan_macs(SETTINGS, *window) == sum(r.macs for r in rows if r.name.startswith("scan"))


def test_a_scan_that_does_not_fit_costs_only_what_runs() -> None:
    assert scan_macs(SETTINGS, 2, 2) == 0
    assert 0 < scan_macs(SETTINGS, 20, 20) < scan_macs(SETTINGS, 47, 95)


def test_sliding_is_far_cheaper_than_its_windows() -> None:
    rows, cols = SETTINGS.grid.shape(400, 400)
    assert scan_macs(SETTINGS, 400, 400) < 0.1 * rows * cols * scan_macs(SETTINGS, 47, 95)


def test_smaller_plates_cost_more() -> None:
    near = scan_photo_macs(SETTINGS, (720, 1280), 96.0)
    far = scan_photo_macs(SETTINGS, (720, 1280), 48.0)
    assert 3.0 < far / near < 4.2  # twice the size, and a level's worth of edges


def test_the_plot_is_a_picture(rows: list[LayerRow], tmp_path: Path) -> None:
    draw_plot(rows, tmp_path / "net.png")
    picture = load_image(tmp_path / "net.png")
    assert picture.shape[1] == 1264 and picture.shape[0] > 400
    assert 0.02 < (picture < 250).any(axis=-1).mean() < 0.9
