"""Spelling with attention, by a decoder whose every answer is written down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from platewright import resource
from platewright.errors import ConfigError, WeightsError
from platewright.geometry import quad_of_box
from platewright.image import load_image
from platewright.network.part import TextSettings
from platewright.reading.choice import detector_of, find_weights, with_reader
from platewright.reading.crop_speller import (
    AttentionFile,
    draw_attention,
    follow,
    search,
    spell_attention,
)
from platewright.reading.detector import Detector
from platewright.reading.finder import BoxFinder
from platewright.reading.runtime import Network
from platewright.reading.settings import DetectorSettings
from platewright.reading.speller import SecondSpeller, SettledEvidence
from platewright.reading.spelling import Spelling, fold_slots
from platewright.text import Alphabet
from tests.reading.fake import THICK, FakeNetwork

AB = Alphabet("AB")
END = AB.pad

# What follows which text, as probabilities of A, B and the end.
TRAP = {"": (0.6, 0.4, 0.0), "A": (0.34, 0.33, 0.33), "B": (0.01, 0.0, 0.99)}


def decoder(table: dict[str, tuple[float, ...]]):
    """A step whose state is the text so far, one number per character and one for its length."""

    def step(tokens: np.ndarray, states: np.ndarray):
        rows, after, weights = [], [], []
        for token, state in zip(tokens, states, strict=True):
            length = int(state[0])
            new = state.copy()
            if token != END + 1:
                new[length + 1] = token
                new[0] = length = length + 1
            text = "".join("AB"[int(k)] for k in new[1 : length + 1])
            rows.append(np.log(np.maximum(table.get(text, (0.0, 0.0, 1.0)), 1e-12)))
            after.append(new)
            weights.append(np.eye(4)[min(length, 3)])
        return np.array(rows), np.array(after), np.array(weights)

    return step


def spell(table: dict[str, tuple[float, ...]], beams: int, longest: int = 4):
    start = np.zeros(8, np.float32)
    return search(decoder(table), start, end=END, longest=longest, beams=beams)


def test_greedy_takes_the_surest_step_and_the_beam_the_surest_text() -> None:
    assert AB.decode(spell(TRAP, 1)[0].classes)[0] == "A"
    best = spell(TRAP, 3)[0]
    assert AB.decode(best.classes) == "B"
    assert best.log_probability == pytest.approx(math.log(0.4 * 0.99))


@pytest.mark.parametrize("beams", [1, 4])
def test_it_stops_at_the_end(beams: int) -> None:
    found = spell({"": (0.9, 0.05, 0.05), "A": (0.1, 0.1, 0.8)}, beams)[0]
    assert AB.decode(found.classes) == "A" and found.ended
    assert len(found.rows) == len(found.weights) == 2  # the character and the end


@pytest.mark.parametrize("beams", [1, 4])
def test_a_text_without_an_end_is_cut_at_the_longest(beams: int) -> None:
    always = {"A" * k: (0.98, 0.01, 0.01) for k in range(9)}
    found = spell(always, beams, longest=3)[0]
    assert AB.decode(found.classes) == "AAA" and not found.ended


def test_an_empty_text_is_one() -> None:
    found = spell({"": (0.1, 0.1, 0.8)}, 2)[0]
    assert found.classes == () and found.ended


def test_the_spelling_has_every_steps_probabilities_and_attention() -> None:
    found = spell_attention(spell(TRAP, 3), AB, slots=4, shape=(2, 2))
    assert found.text == "B" and found.others[0][0] != "B"
    assert found.slots.shape == (4, 3)
    assert found.slots[:2] == pytest.approx(np.array([TRAP[""], TRAP["B"]]), abs=1e-9)
    assert (found.slots[2:, END] == 1).all()
    assert found.weights is not None and found.weights.shape == (2, 2, 2)
    assert found.weights.sum(axis=(1, 2)) == pytest.approx(np.ones(2))
    assert found.log_probability == pytest.approx(math.log(0.4 * 0.99))


@pytest.mark.parametrize(("text", "probability"), [("B", 0.4 * 0.99), ("AB", 0.6 * 0.33), ("", 0)])
def test_a_given_text_is_followed_to_its_end(text: str, probability: float) -> None:
    classes = AB.encode(text, len(text)).tolist()
    start = np.zeros(8, np.float32)
    found = follow(decoder(TRAP), start, classes, end=END, longest=4)
    assert found.classes == tuple(classes) and found.ended
    assert math.exp(found.log_probability) == pytest.approx(probability, abs=1e-9)
    assert len(found.rows) == len(found.weights) == len(text) + 1
    cut = follow(decoder(TRAP), start, classes, end=END, longest=1)
    assert len(cut.rows) == 1 and cut.ended == (text == "")


QUAD = quad_of_box((40.0, 30.0, 120.0, 50.0))
PHOTO = np.random.default_rng(0).integers(0, 256, (120, 200, 3), np.uint8)


class FixedNetwork(FakeNetwork):
    """A default network that sees one plate everywhere and reads XY."""

    def scan(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, cols = THICK.grid.shape(*image.shape)
        return np.full((rows, cols), -9.0, np.float32), np.zeros((rows, cols, 8), np.float32)

    def read(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        slots = np.full((12, 37), 0.1 / 36, np.float32)
        for k, c in enumerate([33, 34] + [36] * 10):
            slots[k, c] = 0.9
        count = len(windows)
        # Presence below 0 leaves every frame as it is.
        return np.stack([slots] * count), np.full(count, -1.0), np.zeros((count, 8), np.float32)


class FixedReader:
    """Says what it is told of every crop, and keeps the crops."""

    margin = (0.1, 0.1)

    def __init__(self, text: str, sure: float = 0.8, weight: float = 1.0) -> None:
        self.alphabet, self.weight = Alphabet("AaB1 "), weight
        slots = np.full((4, 6), (1 - sure) / 5)
        for k in range(4):
            slots[k, self.alphabet.index(text[k]) if k < len(text) else 5] = sure
        self.said = SettledEvidence(text, slots, self.alphabet)
        self.crops: list[np.ndarray] = []

    def window(self, quad: np.ndarray) -> tuple[int, int]:
        return 20, 50

    def look(self, crops: Sequence[np.ndarray]) -> list[SettledEvidence]:
        self.crops += crops
        return [self.said for _ in crops]


def detector(**changes: object) -> Detector:
    return detector_of(FixedNetwork(), DetectorSettings(**changes))  # type: ignore[arg-type]


def respelt(detector: Detector, other: object) -> Detector:
    speller = SecondSpeller(detector.speller, other)  # type: ignore[arg-type]
    return Detector(detector.finder, detector.framer, speller, detector.settings)


def test_the_record_is_filled_as_ever() -> None:
    plain = detector().read_quads(PHOTO, [QUAD])[0]
    reader = FixedReader("A1B")
    (reading,) = respelt(detector(), reader).read_quads(PHOTO, [QUAD])
    assert plain.text == "XY"
    assert reading.text == "A1B" and len(reading.characters) == 3
    assert reading.presence == pytest.approx(plain.presence, abs=1e-6)
    assert (reading.quad == plain.quad).all()
    # A and a are one in the default network's alphabet, and the space is none.
    assert reading.characters[0].probability == pytest.approx(0.84 / 0.96)
    assert [c.alternatives[0][0] for c in reading.characters] == ["A", "1", "B"]
    assert reading.slots is not None and reading.slots.shape == (12, 37)
    product = np.prod([c.probability for c in reading.characters])
    assert reading.confidence == pytest.approx(product * reading.slots[3, 36])
    assert reading.accepted == (reading.confidence >= 0.7)
    assert [crop.shape for crop in reader.crops] == [(20, 50)]


def test_a_character_that_the_default_network_lacks_goes_with_its_slot() -> None:
    (reading,) = respelt(detector(), FixedReader("A1 B")).read_quads(PHOTO, [QUAD])
    (plain,) = respelt(detector(), FixedReader("A1B")).read_quads(PHOTO, [QUAD])
    assert reading.text == "A1B"
    assert [c.alternatives[0][0] for c in reading.characters] == ["A", "1", "B"]
    assert [c.probability for c in reading.characters] == pytest.approx(
        [c.probability for c in plain.characters]
    )


def test_small_letters_are_read_as_capitals() -> None:
    (reading,) = respelt(detector(), FixedReader("a1")).read_quads(PHOTO, [QUAD])
    assert reading.text == "A1"


def test_a_reader_of_half_weight_is_mixed_with_the_default_network() -> None:
    (reading,) = respelt(detector(), FixedReader("A1", 1.0, 0.5)).read_quads(PHOTO, [QUAD])
    assert reading.text == "A1"
    first = dict(reading.characters[0].alternatives)
    assert first["A"] == pytest.approx(0.5, abs=0.01) and first["X"] == pytest.approx(
        0.45, abs=0.01
    )


def test_nothing_found_is_nothing_read() -> None:
    reader = FixedReader("A1")
    assert respelt(detector(), reader).read(PHOTO) == []
    assert reader.crops == []


def test_a_quad_without_area_is_read_as_its_box() -> None:
    flat = np.array([[10, 10], [20, 10], [30, 10], [40, 10]], float)
    (reading,) = respelt(detector(), FixedReader("A1")).read_quads(PHOTO, [flat])
    assert reading.text == "A1"


def test_regions_are_heeded() -> None:
    told = detector(regions=("GB",))
    (reading,) = respelt(told, FixedReader("A1")).read_quads(PHOTO, [QUAD])
    assert reading.region in ("GB", "") and reading.slots is not None


def test_slots_that_say_nothing_of_the_wanted_alphabet_are_even() -> None:
    slots = np.array([[0.0, 0.0, 0.0, 0.0, 1.0, 0.0]])  # surely a space
    folded = fold_slots(slots, Alphabet("AaB1 "), Alphabet("AB1"), 2)
    assert folded == pytest.approx(np.array([[0.25] * 4, [0, 0, 0, 1]]))


class FixedBox:
    """A regression that always answers the same."""

    def __init__(self) -> None:
        self.settings = TextSettings(name="box", task="box", window=(32, 32), channels=(), units=())

    def run(self, outputs: Sequence[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        assert outputs == ["box"] and inputs["window"].shape == (1, 32, 32, 1)
        return [np.array([[0.2, 0.25, 0.6, 0.5]], np.float32)]


def test_box_finds_one_plate_and_the_default_network_reads_it() -> None:
    network: Network = FixedBox()

    def boxed(plain: Detector) -> Detector:
        return Detector(BoxFinder(network), plain.framer, plain.speller, plain.settings)

    found = boxed(detector(min_presence=0.0))
    assert BoxFinder(network).box(PHOTO[..., 0]) == pytest.approx((40, 30, 120, 60))
    (reading,) = found.read(PHOTO)
    assert reading.text == "XY" and reading.bounds == pytest.approx((40, 30, 120, 60))
    assert boxed(detector(min_presence=0.9)).read(PHOTO) == []
    assert found.read_quads(PHOTO, [QUAD])[0].text == "XY"  # what is given need not be found


def test_whose_plate_it_is_is_told_once_where_a_box_is_read() -> None:
    seen = []

    class Origin:
        def look(self, image: np.ndarray, quads: Sequence[np.ndarray]) -> list[dict[str, float]]:
            seen.append((image.shape, len(quads)))
            return [{}] * len(quads)

    plain, network = detector(min_presence=0.0), FixedBox()
    origin: Any = Origin()
    boxed = Detector(BoxFinder(network), plain.framer, plain.speller, plain.settings, origin)
    boxed.read(PHOTO)
    assert seen == [(PHOTO.shape, 1)]


def test_choosing(tmp_path: Path, exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = exported.stem.removesuffix("-dense")
    plain = detector()
    assert with_reader(plain, "window") is with_reader(plain, "slots") is plain
    with pytest.raises(
        ConfigError, match=r"no reader crnn; known: line, attention, box, .*, api, or"
    ):
        with_reader(detector(), "crnn")
    (tmp_path / "none/readers").mkdir(parents=True)
    monkeypatch.setattr(resource, "DATA", tmp_path / "none")
    with pytest.raises(WeightsError, match=f"no readers/{name}.onnx; python train.py --network"):
        with_reader(detector(), name)
    run = tmp_path / "runs" / name
    run.mkdir(parents=True)
    (run / "weights.onnx").write_bytes(exported.with_suffix(".onnx").read_bytes())
    assert find_weights(name) == Path("runs", name, "weights.onnx")
    (tmp_path / "readers").mkdir()
    (tmp_path / "readers" / f"{name}.npz").write_bytes(exported.read_bytes())
    assert find_weights(name) == Path("readers", f"{name}.npz")
    assert find_weights("A.ONNX") == Path("A.ONNX")
    chosen = with_reader(detector(), str(exported.with_suffix(".onnx")), beams=2)
    assert isinstance(
        chosen.finder if name == "box" else chosen.speller,
        BoxFinder if name == "box" else SecondSpeller,
    )
    if name == "attention":
        path = tmp_path / "looked.png"
        file = AttentionFile(path, chosen, photos=1)
        file.write(PHOTO, [])
        assert not path.exists()
        file.write(PHOTO, detector().read_quads(PHOTO, [QUAD]))
        assert load_image(path).shape[2] == 3
        with pytest.raises(ConfigError, match=r"looked\.txt: the output must end in one of \.jpg"):
            AttentionFile(path.with_suffix(".txt"), chosen, photos=1)
        with pytest.raises(ConfigError, match="draws one photo, not 2"):
            AttentionFile(path, chosen, photos=2)
    else:
        with pytest.raises(ConfigError, match="needs a reader with attention"):
            AttentionFile(tmp_path / "x.png", chosen, photos=1)


def test_attention_is_drawn_where_it_is() -> None:
    crop = np.full((20, 40), 128, np.uint8)
    weights = np.zeros((2, 1, 10))
    weights[0, 0, 1], weights[1, 0, 8] = 1.0, 1.0
    spelling = Spelling(text="A", log_probability=0.0, slots=np.zeros((4, 37)), weights=weights)
    picture = draw_attention([(crop, spelling)])
    red = picture[30:80, :, 0].astype(int) - picture[30:80, :, 2]
    panel = red.shape[1] // 2  # one for A, one for the end
    assert red[:, : panel // 2].max() > 60 and red[:, panel // 2 : panel - 8].max() == 0
    assert red[:, panel + panel // 2 :].max() > 60
