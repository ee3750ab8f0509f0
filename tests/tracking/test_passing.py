from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import OutputError
from platewright.output.writer.jsonl import LinesFile
from platewright.reading.jurisdiction import Jurisdiction
from platewright.reading.settings import DetectorSettings
from platewright.reading.spelling import decode_slots
from platewright.record import Reading
from platewright.text import Alphabet
from platewright.tracking.passing import Voter, VoteSettings, vote
from platewright.tracking.track import Sight, Track

Make = Callable[..., Reading]
ALPHABET = Alphabet()


def track_of(readings: list[Reading], number: int = 1, **more: object) -> Track:
    sights = [Sight(reading=r, frame=k, time_s=k / 10, **more) for k, r in enumerate(readings)]
    track = Track(number, sights[0])
    for sight in sights[1:]:
        track.add(sight)
    return track


def test_a_passing_tells_the_vote_the_best_frame_and_when(reading_of: Make) -> None:
    shown = [reading_of(presence=p, box=(100 + k, 100, 180 + k, 120), sure=0.93)
             for k, p in enumerate((0.5, 0.9, 0.7))]  # fmt: skip
    track = track_of(shown, number=4)
    passing = Voter(ALPHABET, limits=DetectorSettings(accept=0.7)).passing(track, "gate.mp4")
    assert passing.reading.confidence > shown[0].confidence
    assert passing.reading.accepted
    told = json.loads(json.dumps(passing.as_dict()))
    assert (told["source"], told["track"], told["text"], told["frames"]) == (
        "gate.mp4", 4, "AB12CDE", 3,
    )  # fmt: skip
    assert told["box"] == [100, 99, 182, 121]
    assert told["first"] == {"frame": 0, "time_s": 0.0}
    assert told["best"] == {"frame": 1, "time_s": 0.1}
    assert told["last"] == {"frame": 2, "time_s": 0.2}
    assert passing.line().startswith("00:00.0 - 00:00.2  AB12CDE  ")
    assert passing.line().endswith("  3 frames")


def test_a_live_one_tells_the_time_of_day(reading_of: Make) -> None:
    at = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    passing = Voter(ALPHABET, limits=DetectorSettings(accept=0.99)).passing(
        track_of([reading_of(sure=0.8)], at=at)
    )
    assert passing.as_dict()["first"]["at"] == "2024-05-06T07:08:09.123+00:00"
    assert passing.line().startswith(at.astimezone().strftime("%H:%M:%S - %H:%M:%S"))
    assert "AB12CDE ?" in passing.line()
    assert passing.line().endswith("  1 frame")


def test_readings_without_probabilities_leave_the_best_frame(reading_of: Make) -> None:
    bare = [replace(reading_of(presence=p), slots=None) for p in (0.4, 0.8)]
    assert Voter(ALPHABET, limits=DetectorSettings(accept=0.7)).reading(track_of(bare)) is bare[1]


def test_what_was_seen_near_and_for_certain_counts_more(reading_of: Make) -> None:
    voter = Voter(ALPHABET, limits=DetectorSettings(accept=0.7))
    far = [reading_of("AB12COE", box=(k, 0, k + 40, 10), sure=0.9) for k in range(6)]
    near = [reading_of("AB12CDE", box=(k, 0, k + 160, 40), sure=0.99) for k in range(3)]
    assert voter.reading(track_of([*far, *near])).text == "AB12CDE"
    blurred = [replace(reading, confidence=0.05) for reading in far]
    beside = [reading_of("AB12CDE", box=(k, 0, k + 40, 10), sure=0.99) for k in range(3)]
    assert voter.reading(track_of([*blurred, *beside])).text == "AB12CDE"


def test_frames_of_which_one_counts_for_all_weigh_as_one() -> None:
    sure = [[0.9, 0.05, 0.05], [0.05, 0.05, 0.9]]
    dull = [[0.34, 0.33, 0.33], [0.34, 0.33, 0.33]]
    alone = vote([sure, dull], [1.0, 1e-6], Alphabet("AB"))
    among = vote([sure, *[dull] * 9], [1.0, *[1e-6] * 9], Alphabet("AB"))
    assert among == pytest.approx(alone, abs=1e-3)


def test_a_word_that_one_frame_alone_reads_is_not_accepted(reading_of: Make) -> None:
    word = replace(reading_of("HIPNANA", sure=0.99), region="US", region_probability=0.9)
    other = replace(reading_of("HIPN", sure=0.3), region="US")
    voter = Voter(ALPHABET, limits=DetectorSettings(accept=0.5))
    assert voter.reading(track_of([word, word, other])).accepted
    once = voter.reading(track_of([word, other]))
    assert (once.text, once.accepted) == ("HIPNANA", False)
    number = replace(reading_of(sure=0.99), region="GB")
    assert voter.reading(track_of([number, other])).accepted


def test_frames_in_which_nothing_is_read_count_as_seen_and_have_no_vote(
    reading_of: Make, slots_of
) -> None:
    read = [reading_of(presence=p) for p in (0.8, 0.9)]
    far = replace(reading_of(presence=0.3), text="", confidence=0.0, slots=slots_of(""))
    voter = Voter(ALPHABET, limits=DetectorSettings(accept=0.7))
    alone, together = voter.reading(track_of(read)), voter.passing(track_of([far, far, *read]))
    assert together.reading.text == "AB12CDE" and together.frames == 4
    assert together.reading.confidence == pytest.approx(alone.confidence)
    assert voter.reading(track_of([far, far])).text == ""


def test_a_given_region_bends_the_vote_to_its_syntax(reading_of: Make, slots_of) -> None:
    # O for 0: no British text has a letter there.
    torn = slots_of("AB12CDE", 0.93, {2: {"I": 0.55, "1": 0.4}})
    shown = [replace(reading_of("ABI2CDE"), slots=torn)] * 3
    free = Voter(ALPHABET, limits=DetectorSettings(accept=0.7)).reading(track_of(shown))
    jurisdiction = Jurisdiction.load(("GB",), ALPHABET, len(torn))
    bound = Voter(
        ALPHABET, limits=DetectorSettings(accept=0.7), jurisdiction=jurisdiction, bound=True
    )
    assert free.text == "ABI2CDE"
    assert bound.reading(track_of(shown)).text == "AB12CDE"
    assert bound.reading(track_of(shown)).region == "GB"


def test_each_line_is_there_as_soon_as_it_is_told(reading_of: Make, tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("what was there before\n")
    passing = Voter(ALPHABET, limits=DetectorSettings(accept=0.7)).passing(track_of([reading_of()]))
    with LinesFile(path, in_place=True) as lines:
        lines.add(passing.as_dict())
        assert [json.loads(x)["text"] for x in path.read_text().splitlines()] == ["AB12CDE"]
        lines.add(passing.as_dict())
        assert len(path.read_text().splitlines()) == 2


def test_a_full_disk_leaves_whole_lines(
    reading_of: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.jsonl"
    passing = Voter(ALPHABET, limits=DetectorSettings(accept=0.7)).passing(track_of([reading_of()]))
    with LinesFile(path, in_place=True) as lines:
        lines.add(passing.as_dict())
        stream, room = lines._stream, [30]

        class Full:
            def write(self, data: bytes) -> int:
                if not room:
                    raise OSError(28, "No space left on device")
                return stream.write(data[: room.pop()])

            def __getattr__(self, name: str) -> object:
                return getattr(stream, name)

        monkeypatch.setattr(lines, "_stream", Full())
        with pytest.raises(OutputError, match=r"out\.jsonl: can't be written: No space left"):
            lines.add(passing.as_dict())
    assert [json.loads(x)["track"] for x in path.read_text().splitlines()] == [1]


def test_a_place_that_can_not_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "no").write_text("a file")
    with (
        pytest.raises(OutputError),
        LinesFile(tmp_path / "no" / "a.jsonl", in_place=True),
    ):
        pass


def test_the_vote_of_a_voter_is_a_distribution(reading_of: Make) -> None:
    voted = Voter(ALPHABET, limits=DetectorSettings(accept=0.7)).reading(
        track_of([reading_of(), reading_of("AB12CDF")])
    )
    assert np.asarray(voted.slots).sum(axis=1) == pytest.approx(1.0)


Slots = Callable[..., np.ndarray]


def told(frames: list[np.ndarray], weights: list[float] | None = None) -> tuple[str, float]:
    out = vote(frames, weights or [1.0] * len(frames), ALPHABET)
    assert out.shape == frames[0].shape
    assert out.sum(axis=1) == pytest.approx(1.0)
    assert out.min() >= 0
    return decode_slots(out, ALPHABET)[:2]


def test_one_frame_says_what_it_says(slots_of: Slots) -> None:
    frame = slots_of("AB12CDE", 0.6)
    assert np.array_equal(vote([frame], [0.3], ALPHABET), frame)


def test_frames_that_are_all_wrong_are_right_together(slots_of: Slots) -> None:
    # Each is torn at another place, and takes the wrong side there.
    frames = [slots_of("AB12CDE", 0.9, {k: {"X": 0.5, "AB12CDE"[k]: 0.4}}) for k in range(5)]
    assert all(decode_slots(frame, ALPHABET)[0] != "AB12CDE" for frame in frames)
    text, confidence = told(frames)
    assert text == "AB12CDE"
    assert confidence > 0.9 > max(decode_slots(frame, ALPHABET)[1] for frame in frames)


@pytest.mark.parametrize("odd", ["B12CDE", "AB1CDE", "AB12CD", "AB12CDEI", "IAB12CDE", "AB112CDE"])
def test_a_character_too_few_or_too_many_is_stepped_over(slots_of: Slots, odd: str) -> None:
    # A frame that misses something is likelier than one that shows something that is not there.
    agreed = 2 if len(odd) < 7 else 4
    frames = [slots_of(odd, 0.9), *[slots_of("AB12CDE", 0.8)] * agreed]
    assert told(frames)[0] == "AB12CDE"


def test_frames_out_of_step_add_to_the_same_characters(slots_of: Slots) -> None:
    # The first misses the A, the second the E: neither alone has the whole text.
    frames = [slots_of("B12CDE"), slots_of("AB12CD"), slots_of("AB12CDE", 0.5)]
    assert told(frames)[0] == "AB12CDE"


def test_many_alike_are_not_as_good_as_many_independent(slots_of: Slots) -> None:
    frames, ones = [slots_of("AB12CDE", 0.9, {3: {"Z": 0.5, "2": 0.4}})] * 40, np.ones(40)
    tempered = vote(frames, ones, ALPHABET)
    independent = vote(frames, ones, ALPHABET, VoteSettings(correlation=0.0))
    z, two = ALPHABET.index("Z"), ALPHABET.index("2")
    assert 0.5 < tempered[3, z] < 0.8
    assert tempered[3, two] > 0.2
    assert independent[3, z] > 0.99


def test_one_frame_that_is_certain_rules_nothing_out(slots_of: Slots) -> None:
    certain = slots_of("AB12CDE", 0.9, {0: {"X": 1.0}})
    frames = [slots_of("AB12CDE", 0.9)] * 9 + [certain]
    assert told(frames)[0] == "AB12CDE"


def test_a_frame_that_shows_more_of_a_plate_counts_more(slots_of: Slots) -> None:
    frames = [slots_of("AB12CDE", 0.9), slots_of("AB12CDF", 0.9)]
    assert told(frames, [0.9, 0.2])[0] == "AB12CDE"
    assert told(frames, [0.2, 0.9])[0] == "AB12CDF"


def test_a_text_that_fills_all_slots(slots_of: Slots) -> None:
    text, confidence = told([slots_of("AB12CDEF34")] * 3)
    assert text == "AB12CDEF34"
    assert confidence > 0.8


def test_frames_that_read_nothing_say_nothing(slots_of: Slots) -> None:
    assert told([slots_of("")] * 3) == ("", 0.0)


def test_doubt_about_the_end_is_told_where_the_text_ends(slots_of: Slots) -> None:
    short, torn = slots_of("AB12", 0.95), slots_of("AB12", 0.95, {4: {"": 0.4, "8": 0.35}})
    sure, unsure = vote([short] * 4, [1] * 4, ALPHABET), vote([torn] * 4, [1] * 4, ALPHABET)
    assert sure[4, ALPHABET.pad] > 0.85 > 0.75 > unsure[4, ALPHABET.pad]


@pytest.mark.parametrize(("frames", "weights"), [(0, 0), (2, 3), (3, 2)])
def test_votes_that_can_not_be(slots_of: Slots, frames: int, weights: int) -> None:
    slots = np.array([slots_of("AB12")] * frames).reshape(frames, 10, 37)
    with pytest.raises(ValueError, match="a vote needs frames, and a weight for each"):
        vote(slots, np.ones(weights), ALPHABET)
