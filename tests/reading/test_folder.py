"""Folders: processes read as one does, and a run goes on where another one ended."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from platewright.errors import OutputError
from platewright.geometry import quad_of_box
from platewright.output.batch import Job
from platewright.output.photo import PhotoReadings
from platewright.reading import folder as folder_module
from platewright.reading.folder import EarlierRun, PhotoDone, ReadingJob, read_photos
from platewright.reading.settings import DetectorSettings
from platewright.record import Character, Reading

ROOT = Path(__file__).resolve().parents[2]


def photo(name: str, text: str = "AB12") -> PhotoReadings:
    characters = tuple(Character(char=c, probability=0.5, alternatives=((c, 0.5),)) for c in text)
    reading = Reading(
        text=text, confidence=0.0625, presence=0.75, quad=quad_of_box((1.0, 2.0, 30.5, 9.0)),
        characters=characters, region="GB", accepted=False,
    )  # fmt: skip
    return PhotoReadings(file=name, size=(48, 64), ms=1.5, readings=(reading,))


def lines(*names: str, text: str = "OLD") -> str:
    return "".join(json.dumps(photo(name, text).as_dict()) + "\n" for name in names)


def jobs(*names: str, out: Path | None = None) -> list[Job]:
    return [Job(Path(name), name, out and out / name) for name in names]


def fresh(missing: Sequence[Job]) -> Iterator[PhotoDone]:
    return (PhotoDone(job=job, photo=photo(job.name, "NEW")) for job in missing)


def merged(path: Path, asked: Sequence[Job]) -> list[tuple[str, str]]:
    """What a run that goes on tells, having written its own lines."""
    with EarlierRun(path, asked) as earlier:
        every = list(earlier.merged(fresh(earlier.missing)))
        assert [done.job for done in every] == list(asked)
        path.write_text("".join(json.dumps(d.photo.as_dict()) + "\n" for d in every if d.photo))
    return [(d.photo.file, d.photo.readings[0].text) for d in every if d.photo]


def test_a_folder_of_read_photos_is_none_of_redacted_ones(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    path.write_text(lines("a", "b", text="OLD1234"))
    hidden = [replace(photo(name, ""), redacted=True) for name in ("a", "b")]
    with EarlierRun(path, jobs("a", "b"), redacted=True) as earlier:
        assert [job.name for job in earlier.missing] == ["a", "b"]
        read = (PhotoDone(job=j, photo=p) for j, p in zip(jobs("a", "b"), hidden, strict=True))
        told = [json.dumps(done.photo.as_dict()) for done in earlier.merged(read) if done.photo]
        path.write_text("\n".join(told))
    assert [file.name for file in tmp_path.iterdir()] == ["readings.jsonl"]  # no text anywhere
    with EarlierRun(path, jobs("a", "b"), redacted=True) as earlier:
        assert not earlier.missing
    with pytest.raises(OutputError, match=r": plates are hidden there; add --redact, or give an"):
        EarlierRun(path, jobs("a", "b")).__enter__()
    assert path.read_text() == "\n".join(told)


def test_readings_come_back_from_their_lines() -> None:
    told = photo("a.jpg").as_dict()
    back = PhotoReadings.from_dict(told)
    assert back.as_dict() == told
    assert back.readings[0].characters == photo("a.jpg").readings[0].characters
    assert np.array_equal(back.readings[0].quad, photo("a.jpg").readings[0].quad)


@settings(deadline=None, max_examples=50)
@given(hnp.arrays(np.float64, (4, 2), elements=st.floats(-100, 5000)))
def test_what_a_killed_run_told_is_told_again_to_the_letter(quad: np.ndarray) -> None:
    """Hidden characters, lines and groups had gone, and boxes were a tenth of a pixel off."""
    whole = photo("a.jpg", "AB?C").readings[0]
    cut = replace(
        whole, quad=quad, complete=False, lines=("AB", "?C"), groups=("A", "B", "?C"), region="IN",
        region_probability=0.98765, accepted=False, confidence=0.33335, presence=0.99995,
    )  # fmt: skip
    told = replace(photo("a.jpg"), readings=(cut, replace(whole, accepted=True))).as_dict()
    assert PhotoReadings.from_dict(json.loads(json.dumps(told))).as_dict() == told


def test_what_has_a_line_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    path.write_text(lines("a", "c", "gone"))
    found = merged(path, jobs("a", "b", "c", "d"))
    assert found == [("a", "OLD"), ("b", "NEW"), ("c", "OLD"), ("d", "NEW")]
    assert [p.name for p in tmp_path.iterdir()] == ["readings.jsonl"]
    assert all(text != "NEW" or name in "bd" for name, text in merged(path, jobs(*"abcd")))


def test_a_run_that_was_killed_leaves_a_part(tmp_path: Path) -> None:
    """Its last line may be cut off."""
    path = tmp_path / "readings.jsonl"
    path.with_name("readings.jsonl.part").write_text(lines("a", "b", "c")[:-20])
    found = merged(path, jobs("a", "b", "c"))
    assert found == [("a", "OLD"), ("b", "OLD"), ("c", "NEW")]


def test_killed_twice_it_goes_on_with_what_says_most(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    path.with_name("readings.jsonl.earlier").write_text(lines("a", "b", "c"))
    path.with_name("readings.jsonl.part").write_text(lines("a"))
    with EarlierRun(path, jobs("a", "b", "c", "d")) as earlier:
        assert [job.name for job in earlier.missing] == ["d"]
        path.write_text(lines("a"))  # and killed once more
    assert path.with_name("readings.jsonl.earlier").is_file()
    assert [text for _, text in merged(path, jobs("a", "b", "c", "d"))] == ["OLD"] * 3 + ["NEW"]


def test_a_picture_that_is_gone_is_drawn_again(tmp_path: Path) -> None:
    path, out = tmp_path / "readings.jsonl", tmp_path / "pictures"
    out.mkdir()
    (out / "a").touch()
    path.write_text(lines("a", "b"))
    assert merged(path, jobs("a", "b", out=out)) == [("a", "OLD"), ("b", "NEW")]


def test_without_an_earlier_run_all_is_read(tmp_path: Path) -> None:
    assert merged(tmp_path / "readings.jsonl", jobs("a", "b")) == [("a", "NEW"), ("b", "NEW")]


@pytest.mark.process
def test_processes_read_as_one_does(tmp_path: Path) -> None:
    photos = [Job(ROOT / "docs/street.jpg", f"{k}.jpg", tmp_path / f"{k}.jpg") for k in range(3)]
    photos.insert(1, Job(tmp_path / "nowhere.jpg", "nowhere.jpg", None))
    how = ReadingJob(weights=ROOT / "weights.onnx", settings=DetectorSettings())
    several = list(read_photos(how, photos, workers=2))
    drawn = (tmp_path / "2.jpg").read_bytes()
    for one, here in zip(several, read_photos(how, photos), strict=True):
        assert (one.job, one.error) == (here.job, here.error)
        if one.photo is None or here.photo is None:
            assert one.photo is here.photo is one.image is None
            continue
        assert one.photo.as_dict() | {"ms": 0} == here.photo.as_dict() | {"ms": 0}
        assert np.array_equal(one.image_of(wanted=True), here.image_of(wanted=True))
    assert (tmp_path / "2.jpg").read_bytes() == drawn
    assert several[0].image_of(wanted=False).size == 0
    folder_module._loaded.cache_clear()
