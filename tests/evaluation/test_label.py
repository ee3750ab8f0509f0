"""Labels of every format that can be read are measured on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

from platewright.dataset.format import load_format, readable_names
from platewright.dataset.writer import CropFormat
from platewright.errors import DatasetError
from platewright.evaluation.evaluation import evaluate
from platewright.evaluation.label import load_labels
from platewright.geometry import box_of_quad, iou, quad_of_box
from platewright.image import load_image, save_image
from platewright.record import Character, Reading
from tests.dataset.samples import plain_plate, plain_sample, write_data_set

BOXES = [(10, 20, 74, 36), (20, 8, 90, 30)]
TEXTS = ["AB12CDE", "XY34"]
LACKS = {"lmdb": "lmdb", "yolo": "yaml"}
"""What reading a format takes."""


class Fixed:
    """Says the same of whatever it is shown."""

    def read(self, image: np.ndarray) -> list[Reading]:
        return self.read_quads(image, [quad_of_box(BOXES[0])])

    def read_quads(self, image: np.ndarray, quads: list[ArrayLike]) -> list[Reading]:
        assert image.ndim == 3
        return [
            Reading(
                text=TEXTS[0], confidence=0.9, presence=0.9, quad=np.asarray(quad, float),
                characters=tuple(Character(char=c, probability=0.9) for c in TEXTS[0]),
            )
            for quad in quads
        ]  # fmt: skip


@pytest.mark.parametrize("name", readable_names())
def test_every_format_gives_the_labels_that_it_holds(name: str, tmp_path: Path) -> None:
    pytest.importorskip(LACKS.get(name, "numpy"))
    samples = [
        plain_sample(plain_plate(box, text), index=k)
        for k, (box, text) in enumerate(zip(BOXES, TEXTS, strict=True))
    ]
    kind = load_format(name)
    found = load_labels(write_data_set(tmp_path / "set", name, samples))
    assert not found.unreadable and not found.passed
    holds = kind.texts and name != "boxes-csv"
    assert sorted(one.text for one in found.labels) == (sorted(TEXTS) if holds else ["", ""])
    if issubclass(kind, CropFormat) or name == "lmdb":
        assert [one.box for one in found.labels] == [None, None]
    else:
        for label, box in zip(sorted(found.labels, key=lambda one: one.file), BOXES, strict=True):
            assert label.box and iou(label.box, box) > 0.85
    result = evaluate(found.labels, found.folder, Fixed(), packed=found.packed)
    assert len(result.times) == 2 and not result.unreadable
    assert sum(o.text == TEXTS[0] == o.read for o in result.outcomes) == holds


def test_what_can_not_be_measured_on_is_told(tmp_path: Path) -> None:
    """Photos that are missing, of another size, or without a plate; plates called otherwise."""
    samples = [
        plain_sample(plain_plate(BOXES[0], text), index=k)
        for k, text in enumerate(["AB12", "CD?4", "EF56", "GH78"])
    ]
    folder = write_data_set(tmp_path / "set", "coco", samples)
    path = folder / "annotations/instances.json"
    told = json.loads(path.read_text())
    del told["annotations"][3]
    told["categories"].append({"id": 2, "name": "van"})
    path.write_text(json.dumps(told))
    first, _, third, _ = sorted((folder / "images").iterdir())
    assert [one.text for one in load_labels(folder).labels] == ["AB12", "", "EF56"]
    save_image(third, load_image(third)[::2])
    moved = tmp_path / "elsewhere" / first.name
    moved.parent.mkdir()
    first.rename(moved)
    found = load_labels(folder, photos=moved.parent)
    assert [one.text for one in found.labels] == ["AB12", ""]
    assert "its labels are of" in found.unreadable[0]
    assert found.passed == {"photo without a plate": 1}
    (lost,) = [one for one in load_labels(folder).unreadable if "no such picture" in one]
    assert first.name in lost
    with pytest.raises(DatasetError, match=r"no labelled plate .*called plate: "):
        load_labels(folder, only=("van",))


def test_a_folder_of_labels_csv_is_one_as_well(tmp_path: Path) -> None:
    sample = plain_sample(plain_plate(BOXES[0], TEXTS[0]))
    folder = write_data_set(tmp_path / "set", "labels-csv", [sample])
    (label,) = load_labels(folder).labels
    assert load_labels(folder / "labels.csv").labels == [label] and label.line == 2
    assert box_of_quad(quad_of_box(label.box or BOXES[1])) == BOXES[0]
