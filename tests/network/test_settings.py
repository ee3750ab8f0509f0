from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from platewright.errors import WeightsError
from platewright.network.part import thick, thin
from platewright.network.weights import (
    BundleSettings,
    FrameSettings,
    LineSettings,
    OriginSettings,
    ScanSettings,
    SlotSettings,
    TextSettings,
    read_settings,
)

EVERY = BundleSettings(
    scan=ScanSettings(extent=(0.4, 0.7)),
    frame=FrameSettings(margin=(0.1, 0.2)),
    line=LineSettings(longest=9, characters="XYZ", temperature=1.3),
    slots=SlotSettings(slots=9, characters="XYZ", temperature=1.3),
    origin=OriginSettings(regions=("GB", "US-CA")),
)
ALONE = TextSettings(name="crnn-gru", task="ctc", window=(48, 128), channels=(4, 8), units=(8,))
FIRST = {
    "name": "window", "characters": "ABC", "slots": 9, "scan_channels": [12, 24, 48],
    "read_window": [48, 144], "read_channels": [16, 24, 48, 64], "extent": [0.45, 0.68],
    "margin": [0.05, 0.07], "temperature": 0.5,
}  # fmt: skip


@pytest.mark.parametrize("settings", [EVERY, ALONE, BundleSettings(line=LineSettings())])
def test_settings_come_back_from_their_json(settings: BundleSettings | TextSettings) -> None:
    assert read_settings(settings.to_json()) == settings
    assert "\n" not in settings.to_json()


def test_the_first_editions_default_network_is_a_scan_and_a_slot_reader() -> None:
    scan = ScanSettings(layers=thick(12, 24, 48), residual=(2, 5, 7), head=48, extent=(0.45, 0.68))
    slots = SlotSettings(
        characters="ABC", slots=9, window=(48, 144), channels=(16, 24, 48, 64),
        margin=(0.05, 0.07), temperature=0.5,
    )  # fmt: skip
    assert read_settings(json.dumps(FIRST)) == BundleSettings(scan=scan, slots=slots)
    assert scan.grid.window == (47, 95) and scan.grid.stride == (8, 8)


def test_the_first_thin_scans_wrote_channels_alone() -> None:
    text = json.dumps({"scan": {"channels": [16, 32], "extent": [0.34, 0.52]}})
    wanted = ScanSettings(layers=thin(16, 32), residual=(2, 4), head=32, extent=(0.34, 0.52))
    assert read_settings(text) == BundleSettings(scan=wanted)
    default = json.dumps({"scan": {"channels": [24, 56], "extent": [0.34, 0.52]}})
    assert read_settings(default) == BundleSettings(scan=ScanSettings())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "its settings can't be used"),
        ("[1]", "its settings can't be used"),
        ("3", "its settings can't be used"),
        ('{"slotz": 3, "scan": {}}', "unknown settings slotz"),
        ('{"slots": {"slotz": 3}}', "unknown settings slotz"),
        ('{"slots": {"characters": "AA"}}', "distinct characters"),
        ('{"line": {"characters": "AA"}}', "distinct characters"),
        ('{"scan": 3}', "its settings can't be used"),
        ('{"scan": {"channels": [1]}}', "its settings can't be used"),
        ('{"scan": {"layers": [[3, 3, 1]]}}', "its settings can't be used"),
        ('{"scan": {"layers": []}}', "its settings can't be used"),
        ('{"scan": {"residual": [9]}}', "its settings can't be used"),
        ('{"scan_channels": [1, 2]}', "its settings can't be used"),
        (json.dumps(FIRST | {"slotz": 1}), "its settings can't be used (unknown slotz)"),
        (json.dumps(asdict(ALONE) | {"task": "ocr"}), "its settings can't be used"),
        (json.dumps(asdict(ALONE) | {"slotz": 1}), "unknown settings slotz"),
        (json.dumps({"task": "ctc", "name": "x"}), "its settings can't be used"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_the_source(text: str, message: str) -> None:
    with pytest.raises(WeightsError) as caught:
        read_settings(text, "w.npz")
    assert str(caught.value).startswith("w.npz: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_kind_of_settings_is_not_taken_for_the_other() -> None:
    with pytest.raises(WeightsError, match=r"w\.npz: of the network crnn-gru, which finds no"):
        BundleSettings.from_json(ALONE.to_json(), "w.npz")
    with pytest.raises(WeightsError, match=r"w\.npz: not the weights of a reader, but of scan, f"):
        TextSettings.from_json(EVERY.to_json(), "w.npz")


def test_photos_are_read_by_a_scan_and_what_reads_its_finds() -> None:
    scan, frame, line, slots = EVERY.scan, EVERY.frame, EVERY.line, EVERY.slots
    assert BundleSettings(scan=scan, frame=frame, line=line).reads_photos
    assert BundleSettings(scan=scan, slots=slots).reads_photos
    assert not BundleSettings(scan=scan, line=line).reads_photos
    assert not BundleSettings(frame=frame, line=line, slots=slots).reads_photos


@pytest.mark.parametrize("layers", [thin(24, 56), thick(16, 32, 64)])
def test_a_positive_covers_a_whole_step_of_the_pyramid(layers: tuple) -> None:
    """The levels' ratio is the square root of a half: a narrower range would leave gaps."""
    old = read_settings(json.dumps(FIRST))
    assert isinstance(old, BundleSettings) and old.scan is not None
    for low, high in (ScanSettings().extent, old.scan.extent):
        assert high / low > 2**0.5
    assert ScanSettings(layers=layers).grid.stride == (8, 8)


def test_the_json_is_one_line_of_plain_values() -> None:
    text = EVERY.to_json()
    assert json.loads(text)["line"]["window"] == [64, 192]
    assert list(json.loads(text)) == ["scan", "frame", "line", "slots", "origin"]
