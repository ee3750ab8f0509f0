"""benchmarks/readers.py measures what it says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from platewright.synth import plate, style
from platewright.synth.background import Backgrounds

ROOT = Path(__file__).resolve().parents[1]


def load():
    spec = importlib.util.spec_from_file_location("readers", ROOT / "benchmarks/readers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


readers = load()


@pytest.mark.slow
def test_plates_are_drawn_with_faces_that_training_lacks() -> None:
    pytest.importorskip("matplotlib")
    kept = style.match_faces, plate.load_faces
    bundled = {path.stem for path in (ROOT / "fonts").glob("*.ttf")}
    assert bundled.isdisjoint(readers.UNSEEN)
    with readers.unseen_faces():
        assert {path.stem for path in style.match_faces(("*",))} == set(readers.UNSEEN)
        drawn = readers.draw_plates(3, Backgrounds(num_drawn=2))
    assert (style.match_faces, plate.load_faces) == kept
    assert len(drawn) == 3 and all(text.isalnum() for _, _, text in drawn)


def test_boxes_are_scored_beside_the_constant_one() -> None:
    true = [(0.0, 0.0, 0.5, 0.5), (0.5, 0.5, 1.0, 1.0)]
    score = readers.overlaps(true, true)
    assert score["iou"] == 1 and score["mse"] == 0
    assert score["constant_iou"] == pytest.approx(1 / 7, abs=1e-4)  # 0.25-0.75 against a corner
    assert score["constant_mse"] == pytest.approx(0.0625)


def test_the_table_has_a_row_for_each() -> None:
    score = {"exact": 0.5, "folded": 0.625, "character_accuracy": 0.75}
    box = {"iou": 0.4, "constant_iou": 0.1}
    lines = readers.reader_table(
        {
            "window": {"parameters": 1234, "ms": 4.04, "drawn": score, "crops_us": score},
            "box": {"parameters": None, "ms": 2.0, "drawn": box},
        }
    )
    assert lines[2] == "| window | 1,234 | 4.0 | 50.0 / 62.5 / 75.0 |  | 50.0 / 62.5 / 75.0 |"
    assert lines[3] == "| box |  | 2.0 | mean IoU 0.400, constant 0.100 |  |  |"
