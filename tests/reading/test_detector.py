"""The detector's story with a runtime that is no network: it answers from the picture's pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import RegionError, WeightsError
from platewright.geometry import iou, quad_of_box
from platewright.network.part import SlotSettings
from platewright.network.weights import BundleSettings
from platewright.reading.choice import detector_of
from platewright.reading.detector import Detector, without_parts
from platewright.reading.finder import Find, Finder, SlotFramer, sift
from platewright.reading.runtime import load_network
from platewright.reading.settings import DetectorSettings
from platewright.reading.speller import SlotSpeller
from platewright.record import Reading
from platewright.resource import bundled
from tests.reading.fake import THICK, FakeNetwork

SLOTS = SlotSettings(characters="ABC", slots=4)
GRID, EXTENT = THICK.grid, THICK.extent
FLOAT = np.float32


class WhiteBlocks(FakeNetwork):
    """Knows a plate where a white block fills the middle of the window at the right scale."""

    def __init__(self, *, slots: np.ndarray | None = None, presence: float = 6.0) -> None:
        super().__init__(SLOTS)
        self.presence = presence
        self.windows = 0
        self.slots = np.full((4, 4), 0.02, FLOAT) if slots is None else slots
        if slots is None:
            self.slots[[0, 1, 2, 3], [0, 1, 2, 3]] = 0.94  # ABC and the end

    def scan(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        grid = GRID
        rows, cols = grid.shape(*image.shape)
        presence, corners = np.full((rows, cols), -9, FLOAT), np.zeros((rows, cols, 8), FLOAT)
        half = np.array([grid.window[1] / 2, grid.window[0] / 2])
        for row in range(rows):
            for col in range(cols):
                x0, y0, x1, y1 = (int(v) for v in grid.box(row, col))
                y, x = np.nonzero(image[y0:y1, x0:x1] > 127)
                if not x.size or x.min() == 0 or x.max() == x1 - x0 - 1:
                    continue
                if y.min() == 0 or y.max() == y1 - y0 - 1:
                    continue
                box = (x.min(), y.min(), x.max() + 1, y.max() + 1)
                if x.size < 0.9 * (box[2] - box[0]) * (box[3] - box[1]):
                    continue  # parts of several
                extent = (box[2] - box[0]) / grid.window[1]
                off = abs((box[0] + box[2]) / 2 - half[0]) / grid.window[1]
                if EXTENT[0] <= extent <= EXTENT[1] and off < 0.11:
                    presence[row, col] = 4 - 20 * off
                    corners[row, col] = ((quad_of_box(box) - half) / half).reshape(-1)
        return presence, corners

    def read(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        self.windows += len(windows)
        corners = []
        for window in windows:
            y, x = np.nonzero(window > 127)
            box = (x.min(), y.min(), x.max() + 1, y.max() + 1) if x.size else (0, 0, 192, 64)
            corners.append((quad_of_box(box) / (192, 64)).reshape(-1))
        presence = np.full(len(windows), self.presence, FLOAT)
        return np.stack([self.slots] * len(windows)), presence, np.array(corners, FLOAT)


BOXES = [(40, 50, 110, 72), (260, 30, 480, 90), (150, 250, 290, 285)]


def make_photo() -> np.ndarray:
    photo = np.zeros((320, 520, 3), np.uint8)
    for x0, y0, x1, y1 in BOXES:
        photo[y0:y1, x0:x1] = 255
    return photo


@pytest.mark.slow
def test_every_block_is_found_once_where_it_is() -> None:
    readings = detector_of(WhiteBlocks()).read(make_photo())
    assert len(readings) == 3
    for box in BOXES:
        best = max(readings, key=lambda r: iou(r.bounds, box))
        assert iou(best.bounds, box) > 0.9
        assert np.abs(np.array(best.bounds) - box).max() < 4


def test_a_reading_holds_what_the_slots_say() -> None:
    reading = detector_of(WhiteBlocks()).read(make_photo())[0]
    assert reading.text == "ABC"
    assert reading.confidence == pytest.approx(0.94**4)
    assert [c.char for c in reading.characters] == ["A", "B", "C"]
    scan = 1 / (1 + np.exp(-4))
    read = 1 / (1 + np.exp(-6))
    assert reading.presence <= scan * read * 0.94 + 1e-6  # mixed with the average character
    assert reading.presence == pytest.approx(scan * read * 0.94, rel=0.1)
    assert reading.slots is not None and reading.slots.shape == (4, 4)


def test_readings_are_sorted_by_presence_times_confidence() -> None:
    readings = detector_of(WhiteBlocks()).read(make_photo())
    scores = [r.presence * r.confidence for r in readings]
    assert scores == sorted(scores, reverse=True)


def test_grey_and_colour_photos_read_alike() -> None:
    detector = detector_of(WhiteBlocks())
    colour, grey = detector.read(make_photo()), detector.read(make_photo()[..., 0])
    assert [r.box for r in colour] == [r.box for r in grey]


@pytest.mark.parametrize(
    "settings",
    [
        DetectorSettings(min_presence=0.95),
        DetectorSettings(min_confidence=0.8),
        DetectorSettings(min_characters=4),
        DetectorSettings(scan_presence=0.99),
    ],
)
def test_thresholds_drop_what_is_below_them(settings: DetectorSettings) -> None:
    assert detector_of(WhiteBlocks(), settings).read(make_photo()) == []


def test_a_sign_that_reads_as_nothing_certain_is_dropped() -> None:
    unsure = np.full((4, 4), 0.24, FLOAT)
    unsure[[0, 1, 2, 3], [0, 0, 0, 3]] = 0.28
    least = DetectorSettings(min_presence=0.3)
    assert len(detector_of(WhiteBlocks(), least).read(make_photo())) == 3
    assert detector_of(WhiteBlocks(slots=unsure), least).read(make_photo()) == []


def test_no_more_than_asked_for() -> None:
    found = detector_of(WhiteBlocks(), DetectorSettings(max_plates=2)).read(make_photo())
    assert len(found) == 2
    one = WhiteBlocks()
    detector_of(one, DetectorSettings(max_candidates=1, looks=3)).read(make_photo())
    assert one.windows == 2 + len(DetectorSettings().framings)  # the last look has them all


def test_the_last_looks_framings_are_averaged() -> None:
    class Wavering(WhiteBlocks):
        """Says A at the first framing, B at the second."""

        def read(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            first = self.windows == 0
            _, presence, corners = super().read(windows)
            slots = np.zeros((len(windows), 4, 4), FLOAT)
            slots[:, 0] = [0.7, 0.2, 0.1, 0.0] if first else [0.3, 0.6, 0.1, 0.0]
            slots[:, 1:, 3] = 1.0
            return slots, presence * (1 if first else 0.5), corners

    settings = DetectorSettings(looks=1, framings=(1.0, 2.0))
    (reading,) = detector_of(Wavering(), settings).read_quads(make_photo(), [quad_of_box(BOXES[0])])
    assert reading.slots is not None
    assert reading.slots[0] == pytest.approx([0.5, 0.4, 0.1, 0.0])
    assert (reading.text, reading.confidence) == ("A", pytest.approx(0.5))
    assert reading.presence == pytest.approx(0.5**0.5 / (1 + np.exp(-4.5)))  # logits' mean 4.5


def test_the_smallest_height_limits_the_scan() -> None:
    """From 40 high on, that is 160 wide, only the largest block of the three is sought."""
    found = detector_of(WhiteBlocks(), DetectorSettings(min_height=40)).read(make_photo())
    assert [iou(r.bounds, BOXES[1]) > 0.9 for r in found] == [True]


def test_an_empty_photo_has_no_reading() -> None:
    blocks = WhiteBlocks()
    assert detector_of(blocks).read(np.zeros((100, 150), np.uint8)) == []
    assert blocks.windows == 0
    assert detector_of(blocks).read_quads(np.zeros((100, 150), np.uint8), []) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (7, 9)])
def test_tiny_photos_do_no_harm(size: tuple[int, int]) -> None:
    assert detector_of(WhiteBlocks()).read(np.full(size, 90, np.uint8)) == []


def test_given_quads_are_read_in_order_and_framed_again() -> None:
    loose = [quad_of_box((x0 - 9, y0 - 4, x1 + 6, y1 + 5)) for x0, y0, x1, y1 in BOXES]
    readings = detector_of(WhiteBlocks()).read_quads(make_photo(), loose)
    for reading, box in zip(readings, BOXES, strict=True):
        assert np.abs(np.array(reading.bounds) - box).max() < 2.5
        assert reading.text == "ABC"


def test_corners_on_a_line_fall_back_to_the_upright_box() -> None:
    line = [[40, 50], [110, 50], [75, 50], [60, 50]]
    readings = detector_of(WhiteBlocks()).read_quads(make_photo(), [line])
    assert len(readings) == 1 and np.isfinite(readings[0].quad).all()


def test_a_look_that_denies_the_plate_does_not_move_the_quad() -> None:
    quad = quad_of_box((38, 48, 113, 75))
    readings = detector_of(WhiteBlocks(presence=-3.0)).read_quads(make_photo(), [quad])
    assert readings[0].quad == pytest.approx(quad)


def test_other_settings_with_the_same_network() -> None:
    detector = detector_of(WhiteBlocks())
    other = detector.with_settings(min_characters=9)
    assert other.speller is detector.speller and other.finder is detector.finder
    assert other.settings == DetectorSettings(min_characters=9)
    assert detector.settings == DetectorSettings()


REGION = """code = "XX"
name = "x"
source = "none"
[[series]]
name = "s"
height_mm = 100
width_mm = 400
background = "light"
foreground = "dark"
glyph_height_mm = 70
syntaxes = ["[AC]'B'[AB]"]
"""


def doubtful() -> np.ndarray:
    """A or B, surely B, C or A, the end."""
    return np.array(
        [
            [0.4, 0.5, 0.05, 0.05],
            [0.01, 0.97, 0.01, 0.01],
            [0.3, 0.03, 0.62, 0.05],
            [0.02, 0.02, 0.01, 0.95],
        ],
        FLOAT,
    )


def test_texts_are_read_under_the_regions_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(REGION)
    free = detector_of(WhiteBlocks(slots=doubtful()))
    asked = detector_of(WhiteBlocks(slots=doubtful()), DetectorSettings(regions=(str(path),)))
    before, after = free.read(make_photo())[0], asked.read(make_photo())[0]
    assert before.text == "BBC"
    assert (after.text, after.region) == ("ABA", "XX")
    # Given that it fits: A or C, surely B, A or B.
    chances = [0.4 / 0.45, 1.0, 0.3 / 0.33]
    assert [c.probability for c in after.characters] == pytest.approx(chances)
    assert after.confidence == pytest.approx(np.prod(chances))
    assert [a for a, _ in after.characters[0].alternatives] == ["A", "C"]
    # What is found and what the slots say does not depend on the region.
    assert after.presence == before.presence
    assert after.slots == pytest.approx(before.slots)
    given = asked.read_quads(make_photo(), [quad_of_box(BOXES[0])])[0]
    assert (given.text, given.region) == ("ABA", "XX")


def test_a_text_that_does_not_fit_stays_free(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(REGION)
    slots = np.full((4, 4), 0.005, FLOAT)
    slots[[0, 1, 2, 3], [0, 1, 2, 3]] = 0.985  # ABC, whose last letter can't stand there
    runtime = WhiteBlocks(slots=slots)
    reading = detector_of(runtime, DetectorSettings(regions=(str(path),))).read(make_photo())[0]
    assert (reading.text, reading.region) == ("ABC", "")


def test_a_region_that_is_not_there_is_told_before_any_photo() -> None:
    with pytest.raises(RegionError, match="QQ: no such region"):
        detector_of(WhiteBlocks(), DetectorSettings(regions=("QQ",)))


def test_temperature_moves_the_confidence_but_not_what_is_found() -> None:
    cool = WhiteBlocks(slots=doubtful())
    cool.settings = BundleSettings(scan=THICK, slots=replace(SLOTS, temperature=0.5))
    plain, sharp = (
        detector_of(runtime).read(make_photo())[0]
        for runtime in (WhiteBlocks(slots=doubtful()), cool)
    )
    assert plain.text == sharp.text
    assert sharp.confidence > plain.confidence
    assert sharp.presence == plain.presence


def test_readings_are_given_the_region_of_their_text() -> None:
    class British(WhiteBlocks):
        def __init__(self) -> None:
            super().__init__()
            self.settings = BundleSettings(scan=THICK, slots=SlotSettings())
            self.slots = np.full((12, 37), 0.001, FLOAT)
            for place in range(12):
                kind = SlotSettings().alphabet.index("AB12CDE"[place]) if place < 7 else 36
                self.slots[place, kind] = 0.964

    detector = detector_of(British())
    assert detector.read_quads(make_photo(), [quad_of_box(BOXES[0])])[0].region == "GB"


class Blind(WhiteBlocks):
    """Reads a window with a block that fills it; of a smaller one it only sees that it is there."""

    def read(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        slots, presence, _ = super().read(windows)
        whole = quad_of_box((0.05, 0.05, 0.95, 0.95)).reshape(-1)
        slots = slots.copy()
        for k, window in enumerate(windows):
            if np.ptp(np.nonzero((window > 127).any(axis=0))[0]) < 150:
                slots[k] = 1 / slots.shape[-1]
        return slots, presence, np.array([whole] * len(windows), FLOAT)


def test_a_surer_find_round_another_does_not_hide_what_can_be_read() -> None:
    photo, box = make_photo()[..., 0], BOXES[1]
    x0, y0, x1, y1 = box
    outer = quad_of_box((x0 - 70.0, y0 - 25.0, x1 + 70.0, y1 + 30.0))
    finds = [Find(outer, 0.95), Find(quad_of_box(box), 0.6)]
    sifted = sift(photo, finds, SlotFramer(Blind()), DetectorSettings(second_look=0.3))
    assert len(sifted) == 1 and sifted[0].presence == 0.6


class Nearer:
    """Frames a find halfway to the plate, and is the surer the nearer it was."""

    judges = True

    def __init__(self, plate: tuple[float, float, float, float]) -> None:
        self.plate, self.framed = np.array(quad_of_box(plate)), 0

    def frame(
        self, grey: np.ndarray, quads: Sequence[np.ndarray]
    ) -> tuple[list[np.ndarray], np.ndarray]:
        self.framed += len(quads)
        off = np.array([np.abs(quad - self.plate).max() for quad in quads])
        return [(quad + self.plate) / 2 for quad in quads], np.clip(1 - off / 20, 0, 1)


def test_what_is_hardly_sure_is_framed_once_more() -> None:
    photo, box = make_photo()[..., 0], BOXES[1]
    plate, framer = quad_of_box(box), Nearer(box)
    finds = [Find(plate + 10, 0.5), Find(plate + np.array([60, 0]), 0.5)]
    (found,) = sift(photo, finds, framer, DetectorSettings(second_look=0.65))
    assert framer.framed == 3  # the one that lies near twice, the other once
    assert np.allclose(found.quad, plate + 2.5) and found.presence == pytest.approx(0.75)


class Dark:
    """Finds the block where the photo has it dark, and keeps how much it was asked for."""

    exact = False

    def __init__(self) -> None:
        self.asked: list[tuple[int, float]] = []

    def find(self, grey: np.ndarray, settings: DetectorSettings) -> list[Find]:
        self.asked.append((settings.max_candidates, settings.scan_presence))
        return [Find(quad_of_box(BOXES[1]), 0.1)] if grey[60, 300] < 128 else []


def sees_negatives(finder: Finder, presence: float, **settings: int) -> Detector:
    """Return a detector that is as sure of what it frames, and reads, as is said."""
    network = WhiteBlocks(presence=presence)
    limits = DetectorSettings(**settings)
    return Detector(finder, Nearer(BOXES[1]), SlotSpeller(network), limits)


def test_where_nothing_would_be_shown_the_negative_is_looked_at() -> None:
    finder = Dark()
    photo = make_photo()
    (reading,) = sees_negatives(finder, 6.0).read(photo)
    assert reading.text == "ABC"  # read as it is, not inverted
    assert iou(reading.bounds, BOXES[1]) > 0.9
    usual = DetectorSettings()
    assert finder.asked[0] == (usual.max_candidates, usual.scan_presence)
    assert finder.asked[1][0] == usual.negative and finder.asked[1][1] < usual.scan_presence

    sure, unsure, never = Dark(), Dark(), Dark()
    assert len(sees_negatives(sure, 6.0).read(255 - photo)) == 1
    assert len(sees_negatives(unsure, -1.0).read(255 - photo)) == 1  # found, but not shown
    assert sees_negatives(never, 6.0, negative=0).read(photo) == []
    assert [len(each.asked) for each in (sure, unsure, never)] == [1, 2, 1]


def test_weights_whose_graph_may_go_on_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "loop.onnx"
    path.write_bytes(b"\x08\x08:\x0a\x0a\x06\x22\x04Loop")
    with pytest.raises(WeightsError, match="weights of another program: its graph has a Loop"):
        load_network(path)


def test_weights_whose_outputs_are_not_what_their_settings_say(tmp_path: Path) -> None:
    whole = bundled("weights.onnx").read_bytes()
    assert b'"AD", "AE"' in whole
    path = tmp_path / "fewer.onnx"
    path.write_bytes(whole.replace(b'"AD", "AE"', b'"AD,   AE"', 1))
    network = load_network(path)
    with pytest.raises(WeightsError, match=r"fewer\.onnx: its origin is \(1, \d+\), its settings"):
        network.run(["origin"], {"colours": np.zeros((1, 48, 128, 3), np.float32)})


@pytest.mark.parametrize(
    ("text", "box", "confidence", "stays"),
    [
        ("JEU", (110, 120, 150, 150), 0.9, False),  # a part of its text
        ("VA4164979", (105, 102, 125, 108), 0.97, False),  # a sticker's number, longer and surer
        ("VA4164979", (105, 102, 170, 150), 0.97, True),  # too large for a sticker
        ("VA4164979", (305, 102, 325, 108), 0.97, True),  # elsewhere
        ("MG", (105, 102, 125, 108), 1.0, True),  # much surer: the large one is no plate
        ("JEUNE", (110, 110, 190, 150), 0.5, False),  # nearly the whole text, and hardly surer
        ("JEUNE", (110, 110, 190, 150), 0.9, True),  # much surer: the other's frame is too large
        ("TENNESSEE", (110, 102, 190, 112), 0.9, False),  # above the text
    ],
)
def test_a_part_of_a_plate_is_no_plate(
    text: str, box: tuple[int, int, int, int], confidence: float, *, stays: bool
) -> None:
    def reading(text: str, box: tuple[int, int, int, int], confidence: float) -> Reading:
        return Reading(
            text=text, confidence=confidence, presence=0.99, quad=quad_of_box(box), characters=(),
            region="", accepted=False,
        )  # fmt: skip

    sure = 0.1 if text == "MG" else 0.4
    plate, part = reading("JEUNEE", (100, 100, 200, 150), sure), reading(text, box, confidence)
    assert without_parts([part, plate], {"TENNESSEE"}) == ([part, plate] if stays else [plate])
