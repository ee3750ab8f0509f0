"""Imported data sets in training: crops with texts, and photos with boxes and texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from platewright.dataset.conversion import Conversion, convert
from platewright.dataset.picture import PictureFinder
from platewright.geometry import quad_of_box
from platewright.image import save_image
from platewright.network.weights import LineSettings, ScanSettings, SlotSettings
from platewright.record import CharacterRecord, PlateRecord
from platewright.synth.background import Backgrounds
from platewright.training.loss import IGNORE
from platewright.training.sample import SampleSettings, Stock, StoredSource
from platewright.training.stream import draw_batch
from platewright.training.task.scan import scan_target
from platewright.training.task.slots import slot_target
from tests.network.conftest import looks
from tests.training.conftest import tasks_of

NETWORK = looks()
SCAN, SLOTS = NETWORK.scan or ScanSettings(), NETWORK.slots or SlotSettings()
TEXTS = ("AB12CDE", "XY9")


def imported(tmp_path: Path, *, boxes: bool, writer: str) -> Path:
    (tmp_path / "in" / "images").mkdir(parents=True)
    rows = ["file,x,y,w,h,text,country" if boxes else "file,text,country"]
    rng = np.random.default_rng(2)
    for number, text in enumerate(TEXTS):
        size = (240, 320) if boxes else (40, 160)
        save_image(tmp_path / f"in/images/{number}.jpg", rng.integers(0, 255, (*size, 3), np.uint8))
        rows.append(f"{number}.jpg,{'60,80,80,24,' if boxes else ''}{text},GB")
    (tmp_path / "in" / "labels.csv").write_text("\n".join(rows))
    job = Conversion(
        source=tmp_path / "in", reader="labels-csv", out=tmp_path / "out", writer=writer
    )
    convert(job, PictureFinder(strict=True))
    return tmp_path / "out"


@pytest.mark.parametrize("writer", ["windows", "webdataset"])
@pytest.mark.parametrize("boxes", [True, False])
def test_batches_are_drawn_from_what_was_imported(tmp_path: Path, boxes: bool, writer: str) -> None:
    source = StoredSource([imported(tmp_path, boxes=boxes, writer=writer)], 1.0)
    assert (source.scenes is None) != boxes and (source.windows is None) == boxes
    stock = Stock(Backgrounds(seed=0), source)
    tasks = tasks_of(replace(NETWORK, line=LineSettings()), 8 if boxes else 1, 12)
    _, targets = draw_batch(0, 0, stock, SampleSettings(), tasks)
    there = targets["presence"][:, 0] == 1
    alphabet = SLOTS.alphabet
    wanted = {tuple(alphabet.encode(text, SLOTS.slots)) for text in TEXTS}
    assert there.sum() > 4 and {tuple(row) for row in targets["slots"][there]} <= wanted
    # Where the characters are, and where the corners, nobody told: that is not taught.
    assert (targets["slot_characters"][there] == IGNORE).all()
    assert (targets["slot_map"][there] == IGNORE).all()
    assert (targets["corners"][:, 8] == 0).all() and (targets["plate_corners"][:, 8] == 0).all()
    # The line reader is told the same, and no step.
    read = targets["plate_presence"][:, 0] == 1
    spelt = {tuple(row[: row[12]]) for row in targets["steps"][read]}
    assert spelt <= {tuple(alphabet.index(c) + 1 for c in text) for text in TEXTS} and spelt
    assert (targets["steps"][:, 13:] == -1).all() and (targets["characters"] == IGNORE).all()
    if boxes:
        assert (targets["scan_presence"] == 1).any() and (
            targets["scan_corners"][..., 8] == 0
        ).all()


def test_corners_are_taught_where_they_are_known() -> None:
    width = sum(SCAN.extent) / 2 * SCAN.grid.window[1]
    box = (64 - width / 2, 26.0, 64 + width / 2, 38.0)
    bare = PlateRecord(text="X", quad=quad_of_box(box))
    turned = PlateRecord(text="X", quad=bare.quad + np.eye(4)[:, :2])
    drawn = PlateRecord(
        text="X", quad=bare.quad, characters=(CharacterRecord(char="X", quad=bare.quad),)
    )
    assert [p.boxed for p in (bare, turned, drawn)] == [True, False, False]
    for plate in (bare, turned, drawn):
        presence, corners = scan_target([plate], (64, 128), SCAN)
        assert (presence == 1).any()
        assert (corners[presence == 1][:, 8] == (not plate.boxed)).all()


def test_a_plate_without_characters_teaches_its_text_alone() -> None:
    plate = PlateRecord(text="X1", quad=quad_of_box((20, 20, 100, 44)))
    characters, slots, text = slot_target(plate, np.eye(3), SLOTS)
    assert (characters == IGNORE).all() and (slots == IGNORE).all()
    assert text.tolist() == SLOTS.alphabet.encode("X1", SLOTS.slots).tolist()
