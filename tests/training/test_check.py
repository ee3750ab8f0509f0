from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from platewright.errors import ConfigError, DatasetError
from platewright.image import save_image
from platewright.network.kind import build, joined, load_kind
from platewright.network.part import FrameSettings, LineSettings
from platewright.network.weights import BundleSettings
from platewright.training.run import check_boxes, check_drawn, check_found
from platewright.training.sample import SampleSettings
from tests.network.conftest import looks
from tests.training.conftest import tasks_of

SMALL = looks((4, 4, 8), (4, 4, 8, 8))
PARTS = BundleSettings(
    scan=SMALL.scan,
    frame=FrameSettings(channels=(4, 4, 8)),
    line=LineSettings(channels=(4, 4, 8, 8), width=8),
)


@pytest.mark.slow
def test_drawn_checks_are_parts_and_repeat() -> None:
    model, tasks = build(SMALL).teach, tasks_of(SMALL, 1, 4)
    first, second = (check_drawn(tasks, SampleSettings(), None, batches=1)(model) for _ in range(2))
    assert first == pytest.approx(second, nan_ok=True)
    parts = {"drawn_slots_text", "drawn_slots_character", "drawn_slots_presence", "drawn_scan_f1"}
    assert set(first) == parts | {"drawn_loss", "drawn_scan_off"}
    assert all(0 <= first[name] <= 1 for name in parts) and first["drawn_loss"] > 0


def test_a_network_alone_has_its_figures_without_its_name() -> None:
    alone = joined([load_kind("box").recipe().settings])
    found = check_drawn(tasks_of(alone, 1, 2), SampleSettings(), None, batches=1)(
        build(alone).teach
    )
    assert set(found) == {"drawn_loss", "drawn_iou", "drawn_constant_iou"}


def labelled(folder: Path, text: str) -> Path:
    (folder / "images").mkdir()
    rng = np.random.default_rng(0)
    save_image(folder / "images" / "a.png", rng.integers(0, 256, (60, 90, 3), np.uint8))
    labels = folder / "labels.csv"
    labels.write_text(f"file,text,x,y,w,h\na.png,{text},20,20,40,12\n")
    return labels


@pytest.mark.slow
@pytest.mark.parametrize("settings", [SMALL, PARTS])
def test_photos_are_measured_by_their_labels(tmp_path: Path, settings: BundleSettings) -> None:
    labels, tasks = labelled(tmp_path, "AB12"), tasks_of(settings)
    model = build(settings).teach
    reading = check_boxes(labels, tasks[-1])(model)
    assert reading == {f"real_{tmp_path.name}": 0.0}  # fresh weights read nothing
    (found,) = check_found(labels, tasks)(model).values()
    assert found in (0.0, 1.0)


def test_labels_without_texts_measure_what_they_can(tmp_path: Path) -> None:
    labels, tasks = labelled(tmp_path, ""), tasks_of(SMALL)
    model = build(SMALL).teach
    assert check_boxes(labels, tasks[-1])(model) == {}
    assert set(check_found(labels, tasks)(model)) == {f"real_{tmp_path.name}_found"}
    alone = BundleSettings(slots=SMALL.slots)
    assert check_found(labels, tasks_of(alone))(build(alone).teach) == {}


def test_a_network_that_reads_no_plates_is_not_measured_on_photos(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--watch: scan reads no plates"):
        check_boxes(labelled(tmp_path, "AB12"), tasks_of(SMALL)[0])


def test_missing_labels_are_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"none\.csv"):
        check_boxes(tmp_path / "none.csv", tasks_of(SMALL)[-1])
