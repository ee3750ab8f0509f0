"""Several readers vote on a text."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from platewright import resource
from platewright.errors import ConfigError, ResourceError, WeightsError
from platewright.file import file_digest
from platewright.reading.choice import (
    default_choice,
    load_detector,
    reader_weights,
    voters,
    with_reader,
)
from platewright.reading.crop_speller import crop_speller
from platewright.reading.detector import Detector
from platewright.reading.runtime import load_network
from platewright.reading.speller import VoteSpeller, pool
from platewright.reading.spelling import Spelling, spell
from platewright.text import DEFAULT_CHARACTERS, Alphabet
from tests.reading.test_crop_speller import PHOTO, QUAD, detector

ROOT = Path(__file__).resolve().parents[2]


class Voter:
    """Reads one text, surely or not, and finds all others about as improbable."""

    margin = (0.1, 0.1)
    weight = 1.0

    def __init__(self, text: str, sure: float = 0.9, characters: str = DEFAULT_CHARACTERS) -> None:
        self.alphabet = Alphabet(characters)
        self.settings = SimpleNamespace(name="fixed", slots=12)
        self.text, self.sure = text, sure
        self.crops: list[np.ndarray] = []

    def window(self, quad: np.ndarray) -> tuple[int, int]:
        return 20, 50

    def look(self, crops: Sequence[np.ndarray]) -> list[Voter]:
        self.crops += crops
        return [self for _ in crops]

    def spell(self) -> Spelling:
        return self.spell_as(self.text)

    def rate(self, texts: Sequence[str]) -> list[float]:
        said = [self.spell_as(text).slots for text in texts]
        rated = zip(texts, said, strict=True)
        return [math.log(max(spell(t, slots, self.alphabet)[0], 1e-300)) for t, slots in rated]

    def spell_as(self, text: str) -> Spelling:
        classes = self.alphabet.num_classes
        slots = np.full((12, classes), (1 - self.sure) / (classes - 1))
        for k in range(12):
            own = self.text[k] if k < len(self.text) else ""
            slots[k, self.alphabet.index(own) if own else self.alphabet.pad] = self.sure
        return Spelling(text=text, log_probability=0.0, slots=slots)


def voting(plain: Detector, readers: Sequence[Voter], *, own: bool = True) -> Detector:
    speller = VoteSpeller(plain.speller, readers, own=own)
    return Detector(plain.finder, plain.framer, speller, plain.settings)


def read(*readers: Voter, own: bool = True, **changes: object):
    (reading,) = voting(detector(**changes), readers, own=own).read_quads(PHOTO, [QUAD])
    return reading


def test_who_is_surer_wins() -> None:
    # The default network reads XY, each character and the end with 0.9.
    assert read(Voter("X1", 0.99)).text == "X1"
    assert read(Voter("X1", 0.7)).text == "XY"
    assert read(Voter("X1", 0.8), Voter("X1", 0.8)).text == "X1"
    assert read(Voter("X1", 0.5), own=False).text == "X1"


def test_the_pool_is_what_they_say_together() -> None:
    plain = detector().read_quads(PHOTO, [QUAD])[0]
    agreed = read(Voter("XY"))
    assert agreed.text == "XY" and agreed.confidence == pytest.approx(0.9**3, abs=1e-6)
    assert agreed.presence == pytest.approx(plain.presence)
    assert (agreed.quad == plain.quad).all()
    split = read(Voter("X1", 0.99))
    own, other = math.sqrt(0.1 / 36 * 0.99), math.sqrt(0.9 * 0.01 / 36)
    rest = 35 * math.sqrt(0.1 / 36 * 0.01 / 36)
    assert split.characters[1].probability == pytest.approx(own / (own + other + rest), rel=1e-6)
    assert split.characters[1].alternatives[1][0] == "Y"
    assert split.slots.sum(axis=1) == pytest.approx(np.ones(12))
    assert split.confidence < 0.7 < read(Voter("XY", 0.99)).confidence
    assert not split.accepted


def test_one_who_is_sure_of_the_impossible_does_not_rule_it_out() -> None:
    assert pool([np.array([1.0, 0.0]), np.array([0.5, 0.5])])[1] > 1e-4


def test_nobody_reads_anything() -> None:
    reading = read(Voter("", 0.9), own=False)
    assert reading.text == "" and reading.confidence == 0


def test_regions_condition_what_they_say_together() -> None:
    reading = read(Voter("AB12CDF", 0.9), own=False, regions=("GB",))
    assert (reading.text, reading.region) == ("AB12CDF", "GB")


def test_every_reader_gets_its_own_crops() -> None:
    one, two = Voter("XY"), Voter("XY")
    two.window = lambda quad: (30, 80)  # type: ignore[method-assign]
    voting(detector(), [one, two]).read_quads(PHOTO, [QUAD, QUAD])
    assert [c.shape for c in one.crops] == [(20, 50)] * 2
    assert [c.shape for c in two.crops] == [(30, 80)] * 2
    assert voting(detector(), [one]).read_quads(PHOTO, []) == []


def test_who_reads_less_has_no_vote() -> None:
    with pytest.raises(ConfigError, match="fixed lacks the character 9"):
        voting(detector(), [Voter("A", characters=DEFAULT_CHARACTERS.replace("9", ""))])
    short = Voter("A")
    short.settings.slots = 8
    with pytest.raises(ConfigError, match="fixed reads 8 characters at most, not 12"):
        voting(detector(), [short])
    small = Voter("aY", 0.99, characters=DEFAULT_CHARACTERS + "a")
    assert read(small, own=False).text == "AY"


def test_what_a_network_reads_it_rates_the_same(exported: Path) -> None:
    network = load_network(exported.with_suffix(".onnx"))
    if network.settings.task == "box":
        pytest.skip("reads no text")
    reader = crop_speller(network, beams=4)
    rng = np.random.default_rng(2)
    crops = list(rng.integers(0, 256, (3, *reader.window(QUAD)), np.uint8))
    for evidence in reader.look(crops):
        said = evidence.spell()
        again = evidence.spell_as(said.text)
        assert again.text == said.text
        assert again.log_probability == pytest.approx(said.log_probability, abs=1e-4)
        assert again.slots == pytest.approx(said.slots, abs=1e-5)
        other = evidence.spell_as("A" * 20)
        assert other.text == "AAAAAAAA" and other.log_probability < said.log_probability
        rated = evidence.rate([said.text, "A" * 20, ""])
        assert rated[:2] == pytest.approx([said.log_probability, other.log_probability], abs=1e-4)
        with pytest.raises(ValueError):
            evidence.rate(["?"])


def test_choosing_several(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "readers").mkdir()
    name = exported.stem.removesuffix("-dense")
    file = Path("readers", f"{name}.onnx")
    file.write_bytes(exported.with_suffix(".onnx").read_bytes())
    several = f"window+{name}"
    assert voters(several) == ("window", name)
    assert reader_weights(several) == (file,)
    assert reader_weights(f"{file}+{name}") == (file, file)
    # The tiny networks have eight slots.
    message = "box reads no crops" if name == "box" else f"{name} reads 8 characters at most"
    with pytest.raises(ConfigError, match=message):
        with_reader(detector(), several)
    with pytest.raises(ConfigError, match="api gives no probabilities"):
        with_reader(detector(), "window+api")
    with pytest.raises(ConfigError, match="no reader crnn; known"):
        with_reader(detector(), "window+crnn")
    with pytest.raises(WeightsError, match=r"no\.onnx"):
        with_reader(detector(), "window+no.onnx")
    assert not isinstance(with_reader(detector(), "window+window").speller, VoteSpeller)
    plus = tmp_path / "a+b.onnx"
    plus.write_bytes(file.read_bytes())
    assert voters(str(plus)) == (str(plus),)


def test_weights_read_alone_where_no_one_is_named(tmp_path: Path) -> None:
    for name in ("weights.npz", "weights.onnx", "weights.float.onnx"):
        assert default_choice(ROOT / name) == "line", name
    assert reader_weights("line") == ()
    (tmp_path / "mine.onnx").write_bytes(b"other")
    assert default_choice(tmp_path / "mine.onnx") == "line"


def test_other_settings_keep_the_readers() -> None:
    several = voting(detector(), [Voter("AB12CDF", 0.99)])
    assert several.read_quads(PHOTO, [QUAD])[0].region
    bound = several.with_settings(regions=("GB",))
    assert isinstance(bound.speller, VoteSpeller) and bound.speller is several.speller
    assert bound.read_quads(PHOTO, [QUAD])[0].region == "GB"
    assert several.settings.regions == ()


def test_a_missing_reader_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(resource, "DATA", tmp_path)
    with pytest.raises(ResourceError, match=r"readers/default\.json: missing"):
        default_choice(ROOT / "weights.onnx")
    (tmp_path / "readers").mkdir()
    named = {file_digest(ROOT / "weights.onnx"): "line+crnn-lstm"}
    (tmp_path / "readers/default.json").write_text(json.dumps(named))
    with pytest.raises(WeightsError, match=r"crnn-lstm: no readers/crnn-lstm\.onnx"):
        default_choice(ROOT / "weights.onnx")
    with pytest.raises(WeightsError, match="can't be read"):
        default_choice(tmp_path)
    shutil.copy(ROOT / "readers/crnn-lstm.onnx", tmp_path / "readers")
    assert default_choice(ROOT / "weights.onnx") == "line+crnn-lstm"
    assert default_choice(ROOT / "weights.float.onnx") == "line"
    assert isinstance(load_detector(ROOT / "weights.onnx").speller, VoteSpeller)
    assert not isinstance(load_detector(ROOT / "weights.onnx", reader="line").speller, VoteSpeller)


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}', "\xff"])
def test_a_damaged_list_of_defaults_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr(resource, "DATA", tmp_path)
    (tmp_path / "readers").mkdir()
    (tmp_path / "readers/default.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"default\.json: (not JSON|names no readers)"):
        default_choice(ROOT / "weights.onnx")
