"""The model card's figures are those of results/*.json of the weights that are here."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
EACH = {
    "plates": 20,
    "texts": 16,
    "overlap_any": 0.95,
    "overlap_half": 0.9,
    "exact": 0.5,
    "folded": 0.75,
    "character_accuracy": 0.9,
}
AT = {"min_confidence": 0.7, "precision": 0.975, "precision_all": 0.9, "recall": 0.8}


@pytest.fixture
def card() -> ModuleType:
    spec = importlib.util.spec_from_file_location("card", ROOT / "benchmarks/model_card.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_card_shows_what_the_results_say(card: ModuleType) -> None:
    assert card.figures() in (ROOT / "docs/model-card.md").read_text()


def test_every_command_and_link_of_the_card_is_there() -> None:
    text = (ROOT / "docs/model-card.md").read_text()
    for line in text.splitlines():
        if line.startswith("    python ") and not line.startswith("    python -m"):
            assert (ROOT / line.split()[1]).is_file(), line
        if "](" in line:
            target = line.split("](")[1].split(")")[0]
            assert (ROOT / "docs" / target).exists(), line


def test_results_of_other_weights_are_left_out(
    card: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card, "ROOT", tmp_path)
    (tmp_path / "weights.onnx").write_bytes(b"weights")
    (tmp_path / "results").mkdir()
    digest = hashlib.sha256(b"weights").hexdigest()
    head = {"command": "python x.py", "weights_sha256": digest}
    results = {
        "realdev": {
            **head,
            "all": {**EACH, "plates": 40},
            "narrow": {**EACH, "folded": 0.25},
            "countries": {
                "GB": EACH,
                "XX": {**EACH, "texts": 1, "folded": 1.0},
                "": {**EACH, "texts": 0, "exact": None, "folded": None},
            },
            "shown": {"extra_per_photo": 0.25},
            "accepted": AT,
            "calibration": {"ece": 0.025, "readings": 30},
        },
        "threshold": {**head, "at_default": {"photos": AT, "drawn": AT}},
        "empty": {**head, "photos": 200, "shown_per_photo": 0.02, "accepted_per_photo": 0.005},
        "robustness": {
            **head,
            "plates": 60,
            "axes": {"width": "width, px"},
            "curves": {"width": [{"at": 24, "read": 0.083}, {"at": 160, "read": 0.95}]},
        },
    }
    for name, values in results.items():
        (tmp_path / f"results/{name}.json").write_text(json.dumps(values))
    text = card.figures()
    assert "| GB | 20 | 95.0 | 16 | 50.0 | 75.0 | 90.0 |" in text
    assert "| others | 40 | 95.0 | 1 | 50.0 | 100.0 |  |" in text
    assert "| boxes less than 2.2 times as wide as high | 20 | 95.0 | 16 | 50.0 | 25.0 |" in text
    assert "off by 2.5 percentage points" in text
    assert "97.5 % of the readings of a labelled text" in text
    assert "0.020 readings a photo that are shown, 0.005 that are accepted" in text
    assert "| width, px | 24 | 160 |\n| --- | --- | --- |\n| read right % | 8 | 95 |" in text
    (tmp_path / "weights.onnx").write_bytes(b"others")
    assert "GB" not in card.figures() and "drawn plates" not in card.figures()


def test_results_of_other_readers_are_left_out(card: ModuleType, tmp_path: Path) -> None:
    card.ROOT = tmp_path
    (tmp_path / "results").mkdir()
    networks = {"weights_sha256": "1", "reader": "crnn-lstm.onnx", "reader_sha256": "2"}
    for name, told in (
        ("same", networks),
        ("newer", {**networks, "reader_sha256": "3"}),
        ("alone", {"weights_sha256": "1"}),
    ):
        (tmp_path / f"results/{name}.json").write_text(json.dumps({"command": "x", **told}))
    assert card.load("same", networks) is not None
    assert card.load("newer", networks) is None and card.load("alone", networks) is None
    assert card.load("missing", networks) is None
    assert card.load("same", {"weights_sha256": "1"}) is None
