"""The line speller: texts of steps, one framing or several, against sums over all paths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from platewright.geometry import quad_of_box
from platewright.image import load_image
from platewright.network.part import UNSEEN, FrameSettings, LineSettings
from platewright.network.weights import BundleSettings
from platewright.reading.choice import detector_of, load_detector
from platewright.reading.ctc import beam_search, log_likelihoods, near_texts
from platewright.reading.line import SURE, LineSpeller
from platewright.reading.line_evidence import LineEvidence, condense
from platewright.reading.settings import DetectorSettings
from tests.reading.fake import THICK

ROOT = Path(__file__).resolve().parents[2]
LINE = LineSettings(characters="ABC", longest=4, lines=2)
"""Classes: blank, A, B, C, unseen."""


def logits_of(*steps: dict[int, float]) -> np.ndarray:
    """Steps that have these probabilities, the rest shared out."""
    out = np.zeros((len(steps), 5))
    for row, told in zip(out, steps, strict=True):
        rest = (1 - sum(told.values())) / (5 - len(told))
        row[:] = [told.get(k, rest) for k in range(5)]
    return np.log(out).astype(np.float32)


def test_the_text_is_read_along_the_steps() -> None:
    steps = logits_of({1: 0.9}, {0: 0.96}, {1: 0.9}, {0: 0.96}, {3: 0.9}, {0: 0.96}, {4: 0.9})
    spelling = LineEvidence(steps[None], LINE).spell()
    assert spelling.text == "AAC" + UNSEEN
    assert spelling.slots.shape == (4, 5)
    assert [row.argmax() for row in spelling.slots] == [0, 0, 2, 3]
    # Exactly the sum over all paths, but for what stands in steps that are surely blank.
    (exact,) = log_likelihoods(steps, [[1, 1, 3, 4]])
    assert spelling.log_probability == pytest.approx(exact, abs=1e-3)


def test_each_slots_own_characters_multiply_to_the_texts_probability() -> None:
    steps = logits_of({1: 0.6, 2: 0.3}, {0: 0.9}, {3: 0.7, 0: 0.25}, {0: 0.9})
    evidence = LineEvidence(steps[None], LINE)
    spelling = evidence.spell()
    own = [spelling.slots[k, "ABC".index(c)] for k, c in enumerate(spelling.text)]
    ends = spelling.slots[len(spelling.text), -1]
    assert math.prod(own) * ends == pytest.approx(math.exp(spelling.log_probability))
    assert {text for text, _ in spelling.others} >= {"BC", "A"}
    logs = [log for _, log in spelling.others]
    assert logs == sorted(logs, reverse=True)
    for text, log in spelling.others:
        assert evidence.rate([text]) == pytest.approx([log])
        assert evidence.spell_as(text).log_probability == pytest.approx(log)


def test_framings_count_alike() -> None:
    one = logits_of({1: 0.9}, {0: 0.9})
    two = logits_of({2: 0.6, 1: 0.35}, {0: 0.9}, {0: 0.9})
    wide = np.concatenate([one, logits_of({0: 0.9})])
    both = LineEvidence(np.stack([wide, two]), LINE)
    alone = [LineEvidence(each[None], LINE).rate(["A", "B"]) for each in (wide, two)]
    assert both.rate(["A", "B"]) == pytest.approx(np.log(np.exp(alone).mean(axis=0)).tolist())
    assert both.spell().text == "A"


def test_a_temperature_moves_the_probability_alone() -> None:
    steps = logits_of({1: 0.8, 2: 0.1}, {0: 0.9}, {3: 0.7})
    plain, cool = (
        LineEvidence(steps[None], replace(LINE, temperature=t)).spell() for t in (1.0, 0.5)
    )
    assert plain.text == cool.text == "AC"
    assert cool.log_probability > plain.log_probability


@pytest.mark.parametrize("seed", range(20))
def test_near_texts_have_the_best_of_a_full_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 4.0, (14, 5))
    logits[:, 0] += 1.5
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    near = near_texts(logs, most=10)
    best = beam_search(logs, beams=30)[0][0]
    rated = log_likelihoods(logs, near)
    (most,) = log_likelihoods(logs, [best])
    assert max(rated) >= most - 0.7  # of steps as sure as a network's
    assert len(set(near)) == len(near)


def test_near_texts_keep_to_the_longest() -> None:
    steps = logits_of({1: 0.9}, {2: 0.9}, {3: 0.9})
    assert near_texts(steps, most=0, longest=2) == [(1, 2)]


def test_condensing_keeps_what_parts_equal_characters() -> None:
    blank = {0: 0.995}
    logs = logits_of(blank, blank, {1: 0.9}, blank, blank, blank, {1: 0.9}, blank)
    short, kept = condense(logs.astype(float))
    assert len(short) == 5 and kept.tolist() == [0, 2, 3, 6, 7]
    (whole,), (brief,) = (log_likelihoods(steps, [[1, 1]]) for steps in (logs, short))
    assert brief == pytest.approx(whole, abs=0.02)


class White:
    """Finds white blocks; the line reader says what it is told, framing by framing."""

    def __init__(self, *said: np.ndarray) -> None:
        self.settings = BundleSettings(scan=THICK, frame=FrameSettings(), line=LINE)
        self.said, self.asked = said, 0

    def run(self, outputs: Sequence[str], inputs: dict[str, Any]) -> list[Any]:
        (picture,) = inputs.values()
        count = len(picture)
        if outputs[0] == "frame_presence":
            return [np.full((count, 1), 5.0), np.zeros((count, 8))]
        steps = np.stack([self.said[min(self.asked + k, len(self.said) - 1)] for k in range(count)])
        self.asked += count
        whole = np.tile(np.array([0, 0, 1, 0, 1, 1, 0, 1.0]), (count, 1))
        return [steps, np.full((count, 1), 3.0), whole][: len(outputs)]


PHOTO = np.zeros((80, 200), np.uint8)
QUAD = quad_of_box((20.0, 20.0, 140.0, 50.0))


def test_only_what_is_unsure_is_read_again() -> None:
    sure = logits_of({1: 0.999}, {0: 0.999}, {2: 0.999})
    network = White(sure)
    (look,) = LineSpeller(network).look(PHOTO, [QUAD], (1.0, 0.3, 2.0))
    assert network.asked == 1 and look.evidence.spell().text == "AB"
    assert math.exp(look.evidence.spell().log_probability) > SURE
    unsure = logits_of({1: 0.6, 3: 0.3}, {0: 0.9}, {2: 0.9})
    network = White(unsure, sure)
    (look,) = LineSpeller(network).look(PHOTO, [QUAD], (1.0, 0.3, 2.0))
    assert network.asked == 3
    assert len(look.evidence.framings) == 3  # type: ignore[attr-defined]


WIDE = replace(LINE, characters="ABCDEFGH", longest=8, lines=3)
COLUMNS = WIDE.cells[1]


def plate_of(*lines: Sequence[int], sure: float = 0.6) -> np.ndarray:
    """Steps of a plate whose lines have characters at these columns: A, B, C, ... as it is read."""
    out = np.full((len(lines) * COLUMNS, WIDE.num_classes), 0.001)
    out[:, 0] = 0.96
    kind = 1
    for number, columns in enumerate(lines):
        for column in columns:
            out[number * COLUMNS + column] = (1 - sure) / WIDE.num_classes
            out[number * COLUMNS + column, kind] = sure
            kind += 1
    return np.log(out).astype(np.float32)


@pytest.mark.parametrize(
    ("lines", "split"),
    [
        (([4, 8], [], [4, 8, 16, 24, 32, 40]), 12),  # two small lines beside a large group
        (([6], [], [4, 8, 20, 28, 36]), 14),  # the first one shorter
        (([4, 9], [], [6, 16, 23, 30]), 12.5),
        (([4, 12], [], [4, 12, 20, 28, 36]), None),  # all characters are of one size
        (([16, 24], [], [4, 12, 28, 36, 44]), None),  # the first line is in the middle
        (([4, 8], [], [4, 8, 20, 28]), None),  # two are no group
        (([4, 8], [], [16, 24, 32, 40]), None),  # one small line
        (([], [], [4, 8, 16, 24, 32]), None),
        (([4, 8], [4, 8], [4, 16, 24, 32]), None),  # three lines
        (([], [], []), None),
    ],
)
def test_where_a_large_group_begins_beside_small_lines(
    lines: Sequence[Sequence[int]], split: float | None
) -> None:
    evidence = LineEvidence(plate_of(*lines, sure=0.9)[None], WIDE)
    assert len(evidence.spell().text) == sum(map(len, lines))
    assert evidence.split() == (None if split is None else pytest.approx(split, abs=0.01))


class Parted(White):
    """Notes what windows it is shown."""

    def __init__(self, *said: np.ndarray) -> None:
        super().__init__(*said)
        self.settings = replace(self.settings, line=WIDE)
        self.shown: list[np.ndarray] = []

    def run(self, outputs: Sequence[str], inputs: dict[str, Any]) -> list[Any]:
        self.shown += list(inputs["plate"][..., 0])
        return super().run(outputs, inputs)


def test_the_parts_of_a_plate_lie_left_and_right_of_the_gap() -> None:
    speller = LineSpeller(Parted())
    # Of its window of 192 x 64 the plate is 16 to 176, 10.7 to 53.3.
    speller.settings = replace(WIDE, margin=(0.1, 0.25))
    top, bottom = pytest.approx(32 / 3), pytest.approx(160 / 3)
    left, right = ([round(x, 9) for x in part[:, 0]] for part in speller._parts(11.5, 1.0))
    assert left == [16, 48, 48, 16] and right == [48, 176, 176, 48]
    for part in speller._parts(11.5, 1.0):
        assert part[:, 1].tolist() == [top, top, bottom, bottom]
    wide, _ = speller._parts(11.5, 2.0)
    assert wide[0].tolist() == pytest.approx([192 / 7, 16])


def test_small_lines_beside_a_large_group_are_read_in_windows_of_their_own() -> None:
    """The small lines are on grey, the large group is on white."""
    photo = PHOTO.copy()
    photo[:, :40], photo[:, 40:] = 90, 250
    layout = plate_of([4, 8], [], [4, 8, 16, 24, 32, 40])
    left, right = plate_of([12, 30], [], [12, 30], sure=0.97), plate_of([], [10, 20, 30, 40], [])
    right = np.roll(right, 4, axis=1)  # of these the classes are E to H
    right[:, 0] = 0.0
    network = Parted(layout, layout, layout, left, right)
    (look,) = LineSpeller(network).look(photo, [QUAD], (1.0, 0.3, 2.0))
    evidence = look.evidence
    assert isinstance(evidence, LineEvidence)
    assert network.asked == 5 and len(evidence.framings) == 4
    small, large = network.shown[3:]
    inner = np.s_[:, 24:-24]
    assert np.allclose(small[inner], 90 / 255, atol=0.01)
    assert np.allclose(large[inner], 250 / 255, atol=0.01)
    assert evidence.spell().text == "ABCDEFGH"
    assert evidence.layout("ABCDEFGH") == (("AB", "CDEFGH"), ("AB", "CD", "EFGH"))
    # Where the layout is another one, or the text is sure, nothing is parted.
    for steps in (
        plate_of([16, 24], [], [4, 12, 28, 36, 44]),
        plate_of([4, 8], [], [], sure=0.999),
    ):
        network = Parted(steps)
        LineSpeller(network).look(photo, [QUAD], (1.0, 0.3, 2.0))
        assert network.asked in (1, 3)


def test_an_unseen_character_is_never_accepted() -> None:
    cut = logits_of({1: 0.999}, {0: 0.999}, {4: 0.999})
    detector = detector_of(White(cut), DetectorSettings(accept=0.5))
    (reading,) = detector.read_quads(PHOTO, [QUAD])
    assert reading.text == "A" + UNSEEN and reading.confidence > 0.9
    assert not reading.accepted and not reading.complete
    whole = detector_of(White(cut[:2]), DetectorSettings(accept=0.5)).read_quads(PHOTO, [QUAD])
    assert whole[0].complete and UNSEEN not in whole[0].text


def test_lines_and_gaps_are_told() -> None:
    columns = LINE.cells[1]
    steps: list[dict[int, float]] = [{0: 0.96}] * (2 * columns)
    for at, kind in ((5, 1), (11, 1), (20, 2), (columns + 10, 3)):
        steps[at] = {kind: 0.9}
    evidence = LineEvidence(logits_of(*steps)[None], LINE)
    assert evidence.spell().text == "AABC"
    assert evidence.layout("AABC") == (("AAB", "C"), ("AA", "B", "C"))
    assert evidence.layout("") == (("",), ())


def test_what_was_framed_badly_is_read_in_its_new_frame() -> None:
    detector = load_detector(ROOT / "weights.onnx")
    street = load_image(ROOT / "docs/street.jpg")
    readings = detector.read(street)
    assert len(readings) == 4
    grey = np.asarray(cv2.cvtColor(street, cv2.COLOR_RGB2GRAY), np.uint8)
    for reading in readings:
        quad = np.array(reading.quad)
        across, down = quad[1] - quad[0], quad[3] - quad[0]
        for astray in (quad - 0.15 * across, quad + 0.25 * down, quad - 0.25 * down):
            (look,) = detector.speller.look(grey, [astray], detector.settings.framings)
            spelling = look.evidence.spell()
            assert spelling.text == reading.text
            assert spelling.log_probability > math.log(0.9)  # 0.39 at worst without
