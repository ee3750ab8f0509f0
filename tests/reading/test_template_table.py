"""The table of all regions: kept, made anew when what it is made of changes, never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from platewright.reading import template_table
from platewright.reading.template_table import TemplateTable, all_regions, known_entries
from platewright.region import load_region
from platewright.region.template import Piece
from platewright.text import Alphabet

ALPHABET = Alphabet()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache, and two regions that are all."""
    monkeypatch.setenv("PLATEWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("platewright.region.jurisdictions", lambda: ("GB", "CA-QC"))
    files = []
    for code in ("GB", "CA-QC"):
        files.append(tmp_path / f"{code}.toml")
        files[-1].write_text(f"the content of {code}")
    monkeypatch.setattr(template_table, "region_files", lambda: files)
    all_regions.cache_clear()
    yield tmp_path / "cache"
    all_regions.cache_clear()


def same(one: TemplateTable, other: TemplateTable) -> bool:
    names = ("owners", "shares", "lengths", "paths", "apart", "shapes")
    arrays = [
        [*(getattr(t, name) for name in names), *(a for group in t.groups for a in group)]
        for t in (one, other)
    ]
    return (one.codes, one.captions) == (other.codes, other.captions) and all(
        a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(*arrays, strict=True)
    )


def again() -> TemplateTable:
    """As another process would get it."""
    all_regions.cache_clear()
    return all_regions(ALPHABET, 12)


def test_a_cache_that_can_not_be_looked_into_is_none(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a folder of somebody else's."""

    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    for name in ("is_file", "open", "mkdir"):
        monkeypatch.setattr(Path, name, refuse)
    monkeypatch.setattr(template_table, "open_file", refuse)
    assert again().codes == ("GB", "CA-QC")


def test_it_is_kept_and_read_back(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = again()
    assert first.codes == ("GB", "CA-QC")
    assert {"QUEBEC", "JEMESOUVIENS"} <= first.captions
    assert all(word.isalpha() for word in first.captions)  # a date may be a plate's text
    assert first.shares.sum() == pytest.approx(1)
    assert first.num_cells == first.paths.max() + 1
    (kept,) = cache.iterdir()
    monkeypatch.setattr("platewright.region.load_region", None)
    assert same(again(), first)
    assert same(TemplateTable.read(kept), first)


def test_another_content_alphabet_or_length_makes_another(cache: Path, tmp_path: Path) -> None:
    again()
    (tmp_path / "GB.toml").write_text("another content")
    again()
    assert len(list(cache.iterdir())) == 2
    all_regions(Alphabet("ABC123"), 12)
    assert all_regions(ALPHABET, 7).lengths.max() == 7
    assert len(list(cache.iterdir())) == 4
    all_regions(ALPHABET, 6)
    assert len(list(cache.iterdir())) == template_table.KEPT


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.999])
def test_a_damaged_one_is_made_anew(cache: Path, part: float) -> None:
    first = again()
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[: int(len(whole) * part)])
    assert same(again(), first)
    assert kept.read_bytes() == whole


def test_without_a_place_it_is_made_each_time(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = again()
    monkeypatch.setenv("PLATEWRIGHT_CACHE", "")
    assert same(again(), first)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("PLATEWRIGHT_CACHE", str(tmp_path / "file"))
    assert same(again(), first)


def test_what_the_network_cannot_read_is_left_out() -> None:
    piece = Piece(("AB", "ΩB"), (0.75, 0.25))
    assert known_entries(piece, Alphabet("AB")) == [([0, 1], 0.75)]
    table, templates = TemplateTable.of([load_region("GB")], Alphabet("Ω"), 12)
    assert len(templates) == len(table.owners) and all(len(g[1]) == 0 for g in table.groups)
