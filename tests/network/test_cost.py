from __future__ import annotations

from pathlib import Path

import pytest

from platewright.image import load_image
from platewright.network.cost import LayerRow, draw_plot, layer_rows, photo_macs, scan_macs
from platewright.network.kind import build, joined, kind_names, load_kind
from platewright.network.part import ScanSettings
from platewright.network.weights import BundleSettings
from platewright.reading.finder import scales
from tests.network.conftest import looks

SETTINGS = looks()
SCAN = SETTINGS.scan or ScanSettings()


@pytest.fixture(scope="module")
def rows() -> list[LayerRow]:
    return layer_rows(SETTINGS)


def test_every_parameter_is_in_the_table(rows: list[LayerRow]) -> None:
    assert sum(r.parameters for r in rows) == build(SETTINGS).teach.count_params()
    assert len({r.name for r in rows}) == len(rows)


def test_first_convolution_by_hand(rows: list[LayerRow]) -> None:
    (first,) = [r for r in rows if r.name == "scan_conv0"]
    shape = (23, 47, 16)
    assert first == LayerRow("scan", "scan_conv0", "Conv2D", shape, 9 * 16, 9 * 16 * 23 * 47)


@pytest.mark.parametrize("scan", [ScanSettings(), SCAN])
def test_the_scans_cost_is_the_sum_of_its_layers(scan: ScanSettings) -> None:
    found = layer_rows(BundleSettings(scan=scan))
    assert scan_macs(scan, *scan.grid.window) == sum(r.macs for r in found)


def test_a_scan_that_does_not_fit_costs_only_what_runs() -> None:
    assert scan_macs(SCAN, 2, 2) == 0
    assert 0 < scan_macs(SCAN, 20, 20) < scan_macs(SCAN, 47, 95)


def test_sliding_is_far_cheaper_than_its_windows() -> None:
    rows, cols = SCAN.grid.shape(400, 400)
    assert scan_macs(SCAN, 400, 400) < 0.1 * rows * cols * scan_macs(SCAN, 47, 95)


def test_smaller_plates_cost_more() -> None:
    near, far = (
        photo_macs(SCAN, (720, 1280), scales((720, 1280), SCAN.grid.window, SCAN.extent, width))
        for width in (96.0, 48.0)
    )
    assert 3.0 < far / near < 4.2  # twice the size, and a level's worth of edges


@pytest.mark.slow
def test_networks_cost_what_they_did() -> None:
    """Counted by other code before: slots 110.8, crnn-lstm 60.3, attention 45.5 MMAC."""
    for name, wanted in (("slots", None), ("crnn-lstm", 60.30), ("attention", 45.50)):
        found = layer_rows(joined([load_kind(name).recipe().settings]))
        macs = sum(row.macs for row in found) / 1e6
        assert macs > 40 if wanted is None else macs == pytest.approx(wanted, abs=0.005)


def test_the_plot_is_a_picture(rows: list[LayerRow], tmp_path: Path) -> None:
    draw_plot(rows, tmp_path / "net.png")
    picture = load_image(tmp_path / "net.png")
    assert picture.shape[1] == 1264 and picture.shape[0] > 400


def test_every_kind_can_be_told_of() -> None:
    assert {"scan", "frame", "line", "slots", "origin", "box"} < set(kind_names())
