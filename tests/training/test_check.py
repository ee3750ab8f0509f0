from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from platewright.errors import DatasetError
from platewright.image import save_image
from platewright.recognizer.network import build_network
from platewright.recognizer.settings import NetworkSettings
from platewright.training.check import check_drawn, check_photos
from platewright.training.fit import text_accuracy
from platewright.training.sample import SampleSettings
from platewright.training.settings import TrainSettings

SMALL = NetworkSettings(scan_channels=(4, 4, 8), read_channels=(4, 4, 8, 8))
SETTINGS = TrainSettings(samples=SampleSettings(scenes=1, windows=4))


def test_text_accuracy_by_hand() -> None:
    pad, want = 2, np.array([[0, 1, 2], [1, 2, 2], [-1, -1, -1], [0, 0, 2]])
    slots = np.zeros((4, 3, pad + 1))
    for row, classes in enumerate([[0, 1, 2], [0, 2, 2], [0, 0, 0], [0, 0, 0]]):
        slots[row, range(3), classes] = 1
    presence = np.array([[1.0], [-1.0], [-2.0], [3.0]])
    found = text_accuracy({"slots": want}, {"slots": slots, "presence": presence})
    assert found == {
        "text": pytest.approx(1 / 3),  # the last one has no end
        "character": pytest.approx(4 / 5),
        "presence": pytest.approx(3 / 4),
    }


def test_nothing_present_is_no_error() -> None:
    found = text_accuracy(
        {"slots": np.full((2, 3), -1)}, {"slots": np.zeros((2, 3, 3)), "presence": -np.ones((2, 1))}
    )
    assert found == {"text": 0.0, "character": 0.0, "presence": 1.0}


def test_drawn_checks_are_parts_and_repeat() -> None:
    model = build_network(SMALL)
    first, second = (check_drawn(SETTINGS, SMALL, None, batches=1)(model) for _ in range(2))
    assert first == second
    assert set(first) == {"drawn_text", "drawn_character", "drawn_presence", "drawn_scan"}
    assert all(0 <= v <= 1 for v in first.values())


def test_photos_are_measured_by_their_labels(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    rng = np.random.default_rng(0)
    save_image(tmp_path / "images" / "a.png", rng.integers(0, 256, (60, 90, 3), np.uint8))
    labels = tmp_path / "labels.csv"
    labels.write_text("file,text,x,y,w,h\na.png,AB12,20,20,40,12\n")
    found = check_photos(labels, SMALL)(build_network(SMALL))
    assert found["real_boxes_folded"] == 0.0  # fresh weights read nothing
    assert found["real_found"] in (0.0, 1.0)


def test_labels_without_texts_measure_what_they_can(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    save_image(tmp_path / "images" / "a.png", np.full((60, 90, 3), 90, np.uint8))
    labels = tmp_path / "labels.csv"
    labels.write_text("file,text,x,y,w,h\na.png,,20,20,40,12\n")
    assert set(check_photos(labels, SMALL)(build_network(SMALL))) == {"real_found"}


def test_missing_labels_are_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"none\.csv"):
        check_photos(tmp_path / "none.csv", SMALL)
