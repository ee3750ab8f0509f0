from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from platewright.alphabet import Alphabet
from platewright.reading.spelling import decode_slots
from platewright.tracking.vote import VoteSettings, vote

ALPHABET = Alphabet()
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
