"""Templates are the region's own drawing, written down: probabilities equal frequencies."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from platewright.region import Region, load_region, region_codes
from platewright.region.region import Piece, region_templates
from platewright.text import unmarked

HEAD = 'code = "XX"\nname = "x"\nsource = "none"\n'
SERIES = (
    'height_mm = 100\nwidth_mm = 400\nbackground = "light"\nforeground = "dark"\n'
    "glyph_height_mm = 40\n"
)


def write(path: Path, *series: str, lists: str = "") -> Region:
    text = HEAD + (f"[lists]\n{lists}\n" if lists else "")
    for number, each in enumerate(series):
        text += f'[[series]]\nname = "{number}"\n{SERIES}{each}\n'
    path.write_text(text)
    return load_region(path)


def chance(region: Region, text: str) -> float:
    return sum(t.weight * t.probability(text) for t in region_templates(region))


@pytest.mark.parametrize("code", region_codes())
def test_every_drawn_text_has_a_probability_and_the_weights_are_one(code: str) -> None:
    region = load_region(code)
    templates = region_templates(region)
    assert sum(t.weight for t in templates) == pytest.approx(1)
    for template in templates:
        for piece in template.pieces:
            assert sum(piece.shares) == pytest.approx(1)
            assert {len(entry) for entry in piece.entries} == {piece.length}
    rng = np.random.default_rng(4)

    texts = {unmarked(region.draw(rng).text) for _ in range(60)}
    assert [t for t in texts if not any(each.probability(t) for each in templates)] == []


def test_probabilities_are_the_frequencies_of_drawing(tmp_path: Path) -> None:
    region = write(
        tmp_path / "x.toml",
        'weight = 3\nsyntaxes = [{ pattern = "{town}D{0-1}", weight = 1 }, '
        "{ pattern = \"'A'[1-3]\", weight = 3 }]",
        "weight = 1\nsyntaxes = [\"'A'[12]\"]",
        lists='town = "A BB Ä"',
    )
    # Ä counts as A, so that A comes twice as often as BB.
    assert chance(region, "A") == pytest.approx(0.75 * 0.25 * 2 / 3 / 2)
    assert chance(region, "BB7") == pytest.approx(0.75 * 0.25 / 3 / 2 / 10)
    towns = 0.75 * 0.25 * 2 / 3 / 2 / 10
    assert chance(region, "A1") == pytest.approx(towns + 0.75 * 0.75 / 3 + 0.25 / 2)
    assert chance(region, "A0") == pytest.approx(towns)
    assert chance(region, "C") == chance(region, "A11") == chance(region, "") == 0
    rng = np.random.default_rng(5)

    drawn = Counter(unmarked(region.draw(rng).text) for _ in range(4000))
    for text in ("A", "A1", "A3", "BB"):
        assert drawn[text] / 4000 == pytest.approx(chance(region, text), abs=0.025)
    assert sum(chance(region, text) for text in drawn) == pytest.approx(1, abs=0.01)


def test_syntaxes_of_several_series_are_one_template(tmp_path: Path) -> None:
    region = write(tmp_path / "x.toml", 'syntaxes = ["LDD"]', 'syntaxes = ["L-DD", "L|DD"]')
    templates = region_templates(region)
    assert len(templates) == 1
    assert templates[0].length == 3
    assert templates[0].pieces[1] == templates[0].pieces[2]
    assert isinstance(templates[0].pieces[0], Piece)
