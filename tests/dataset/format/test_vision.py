"""Answers of text services, and the characters cut out of them."""

from __future__ import annotations

import csv
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from platewright.dataset.format.vision import claims, read
from platewright.dataset.picture import PictureFinder
from platewright.errors import DatasetError
from platewright.image import load_image, save_image
from tests.dataset.samples import plain_plate, plain_sample, sample_lists, write_data_set


def corners(x0: float, y0: float, x1: float, y1: float) -> dict[str, object]:
    """Return a box as the service tells it: what is 0 is left out."""
    points = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    return {"vertices": [{n: v for n, v in zip("xy", p, strict=True) if v} for p in points]}


def symbol(char: str, box: tuple[float, ...], sure: float, after: str = "") -> dict[str, object]:
    values = {"text": char, "boundingBox": corners(*box), "confidence": sure}
    return values | ({"property": {"detectedBreak": {"type": after}}} if after else {})


def answer(*symbols: dict[str, object], box: dict[str, object] | None = None) -> dict[str, object]:
    paragraph = {"words": [{"symbols": [s]} for s in symbols]}
    block = {"paragraphs": [paragraph], **({"boundingBox": box} if box else {})}
    return {"fullTextAnnotation": {"pages": [{"width": 200, "height": 100, "blocks": [block]}]}}


TWO_LINES = answer(
    symbol("D", (0, 0, 20, 40), 0.9),
    symbol("-", (20, 10, 30, 20), 0.5),
    symbol("7", (30, 0, 50, 40), 0.75, "LINE_BREAK"),
    symbol("X", (0, 50, 20, 90), 0.99, "EOL_SURE_SPACE"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_image(tmp_path / "a.png", np.zeros((100, 200, 3), np.uint8))
    return tmp_path


def test_a_block_is_a_plate_with_its_characters(folder: Path) -> None:
    (folder / "a.json").write_text(json.dumps(TWO_LINES))
    assert claims(folder) and claims(folder / "a.json")
    ((picture, record),) = read(folder)
    (plate,) = record.plates
    assert picture == folder / "a.png" and record.size == (100, 200)
    assert plate.text == "D7X" and plate.box == (0, 0, 50, 90)
    told = [(c.char, c.line, c.confidence, c.box) for c in plate.characters]
    assert told == [
        ("D", 0, 0.9, (0, 0, 20, 40)),
        ("7", 0, 0.75, (30, 0, 50, 40)),
        ("X", 1, 0.99, (0, 50, 20, 90)),
    ]


def test_underscores_parts_and_several_answers(folder: Path) -> None:
    points = [
        {"x": 0.1, "y": 0.1},
        {"x": 0.3, "y": 0.1},
        {"x": 0.3, "y": 0.5},
        {"x": 0.1, "y": 0.5},
    ]
    parts = {"bounding_box": {"vertices": [], "normalized_vertices": points}, "text": "AB"}
    pages = [{"blocks": [{"paragraphs": [{"words": [{"symbols": [parts]}]}]}]}]
    lines = {
        "responses": [
            {"full_text_annotation": {"pages": pages}, "context": {"uri": "gs://bucket/a.png"}},
            {"error": {"message": "quota"}},
            {"context": {"uri": "b.png"}},
        ]
    }
    (folder / "all.json").write_text(json.dumps(lines))
    save_image(folder / "b.png", np.zeros((100, 200, 3), np.uint8))
    finder = PictureFinder(folder=folder)
    (_, record), (_, empty) = read(folder / "all.json", finder)
    (plate,) = record.plates
    assert plate.text == "AB" and empty.plates == ()
    assert np.allclose([c.box for c in plate.characters], [(20, 10, 40, 50), (40, 10, 60, 50)])
    assert [f.reason for f in finder.failures] == ["the service gave an error: quota"]


@settings(max_examples=20, deadline=None)
@given(sample_lists())
def test_what_is_written_comes_back(samples) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = list(read(write_data_set(Path(folder) / "set", "vision", samples)))
    for (picture, record), sample in zip(found, samples, strict=True):
        assert (picture.name, record.size) == (f"{sample.name}.jpg", sample.record.size)
        # Signs are no characters of a plate here, and lines follow each other.
        wanted = [
            (plate, [c for line in (0, 1) for c in plate.characters
                     if c.line == line and c.char.isalnum()])
            for plate in sample.record.plates
        ]  # fmt: skip
        wanted = [(plate, own) for plate, own in wanted if own]
        assert len(record.plates) == len(wanted)
        for plate, (other, own) in zip(record.plates, wanted, strict=True):
            assert plate.text == "".join(c.char for c in own)
            assert np.allclose(plate.quad, other.quad, atol=0.51)
            for one, two in zip(plate.characters, own, strict=True):
                assert one.char == two.char and one.confidence is None
                assert one.line == two.line or len({c.line for c in own}) < 2
                assert np.allclose(one.quad, two.quad, atol=0.51)


def test_a_symbol_without_width_costs_nothing(folder: Path) -> None:
    flat = answer(symbol("A", (5, 5, 25, 45), 1.0), symbol("I", (30, 5, 30, 45), 1.0))
    (folder / "a.json").write_text(json.dumps(flat))
    ((_, record),) = read(folder)
    assert record.plates[0].text == "AI" and record.plates[0].box == (5, 5, 30, 45)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (answer({"text": "A"}), r"blocks\[0\]: no boundingBox with four vertices"),
        (answer({"boundingBox": corners(1, 2, 3, 4)}), "a symbol without text"),
        (answer(symbol("A", (1, 2, 3, 4), 2.0)), "confidence 2 is not from 0 to 1"),
        ({"fullTextAnnotation": {"pages": 5}}, "pages is missing or no list"),
        (answer(symbol("A", (1, 2, 10**400, 4), 1.0)), r"blocks\[0\]: vertices holds"),
        ({"responses": [{}, {}]}, r"responses\[0\]: no context.uri"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(folder: Path, values, message) -> None:
    (folder / "a.json").write_text(json.dumps(values))
    with pytest.raises(DatasetError, match=rf"a\.json: .*{message}|a\.json: {message}"):
        list(read(folder))


def test_numbers_too_long_and_nesting_too_deep_are_told(folder: Path) -> None:
    long = json.dumps(answer(symbol("A", (1, 2, 3, 4), 1.0))).replace(
        '"x": 3', f'"x": {"9" * 5000}'
    )
    deep = '{"fullTextAnnotation": ' + "[" * 100_000
    for text, message in ((long, r"blocks\[0\]: vertices holds"), (deep, "nested too deep")):
        (folder / "a.json").write_text(text)
        with pytest.raises(DatasetError, match=message):
            list(read(folder))
    kept = TWO_LINES | {"more": json.loads("[" * 700 + "]" * 700)}  # not asked for: no harm
    (folder / "a.json").write_text(json.dumps(kept))
    ((_, record),) = read(folder)
    assert record.plates[0].text == "D7X"


def test_broken_json_has_a_line(folder: Path) -> None:
    (folder / "a.json").write_text('{"fullTextAnnotation":\n\n')
    with pytest.raises(DatasetError, match=r"a\.json: line \d: not JSON"):
        list(read(folder))


def test_characters_are_cut_out_where_they_lie(write) -> None:
    plate = plain_plate((10, 5, 70, 25), "A2")
    sure = tuple(replace(c, confidence=0.25 * (k + 1)) for k, c in enumerate(plate.characters))
    sample = plain_sample(replace(plate, characters=sure))
    image = sample.image.copy()
    image[5:25, 40:70, 1] = 100
    over = plain_plate((80, 5, 120, 25), "ZQ")  # Q is over the edge
    record = replace(sample.record, plates=(*sample.record.plates, over))
    folder = write("characters", [replace(sample, image=image, record=record)])
    rows: list[dict[str, str]] = []
    for side in ("train", "val"):
        with (folder / f"{side}.csv").open(encoding="utf-8", newline="") as stream:
            rows += csv.DictReader(stream)
    told = {(r["character"], r["confidence"], r["plate"], r["line"], r["position"]) for r in rows}
    assert told == {
        ("A", "0.2500", "A2", "0", "0"),
        ("2", "0.5000", "A2", "0", "1"),
        ("Z", "", "ZQ", "0", "0"),
    }
    second = next(r["file"] for r in rows if r["character"] == "2")
    assert np.array_equal(load_image(folder / second), image[5:25, 40:70])
