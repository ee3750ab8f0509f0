from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from platewright.errors import ImageError
from platewright.reading.acceptance import Shown
from platewright.reading.settings import DetectorSettings
from platewright.record import Reading
from platewright.text import Alphabet
from platewright.tracking.follow import watching_settings
from platewright.tracking.passing import Voter
from platewright.tracking.redaction import HOLD, PlateCount, TurnedLooks, hide_plates
from platewright.tracking.source import Frame
from platewright.tracking.track import Tracker

Make = Callable[..., Reading]
SIZE = (200, 800)
FPS = 25.0


def film(boxes: list[tuple[int, int, int, int]]) -> list[np.ndarray]:
    """Return grey pictures with a black and white pattern in each box."""
    pictures = []
    for x0, y0, x1, y1 in boxes:
        picture = np.full((*SIZE, 3), 120, np.uint8)
        picture[y0:y1, x0:x1] = np.indices((y1 - y0, x1 - x0)).sum(axis=0)[..., None] % 2 * 255
        pictures.append(picture)
    return pictures


def left_of(picture: np.ndarray) -> int:
    """Return how many pixels of the pattern are left."""
    return int((picture != 120).any(axis=2).sum())


def hidden(
    pictures: list[np.ndarray], found: dict[int, list[Reading]]
) -> tuple[list[np.ndarray], list[float]]:
    """Return what is written where plates are found in some frames only."""
    frames = [Frame(k, k / FPS, lambda p=p: p) for k, p in enumerate(pictures)]
    numbers = iter(range(len(pictures)))
    out: list[np.ndarray] = []
    times: list[float] = []
    done = hide_plates(
        frames, lambda picture: found.get(next(numbers), []),
        lambda picture, time_s: (out.append(picture), times.append(time_s)),
    )  # fmt: skip
    assert done.frames == done.read == len(pictures)
    return out, times


def test_a_plate_is_hidden_between_its_sights_before_and_after(reading_of: Make) -> None:
    boxes = [(60 + 15 * k, 80, 140 + 15 * k, 100) for k in range(34)]
    pictures = film(boxes)
    # Found twice in a row, lost, found again; ten frames before and after all that it is there.
    seen = {k: [reading_of("", box=boxes[k])] for k in (11, 12, 18, 22)}
    out, times = hidden(pictures, seen)
    assert times == [k / FPS for k in range(34)]
    assert [left_of(p) == 0 for p in out] == [1 <= k <= 32 for k in range(34)]
    assert left_of(pictures[5]) > 0  # the pictures given are not changed


def test_jitter_of_neighbours_does_not_carry_the_veil_away(reading_of: Make) -> None:
    box = (300, 80, 380, 100)
    rng = np.random.default_rng(2)
    seen = {
        k: [reading_of("", box=tuple(np.array(box) + rng.normal(0, 2, 4)))] for k in range(10, 16)
    }
    out, _ = hidden(film([box] * 26), seen)
    assert [left_of(p) for p in out] == [0] * 26


def test_far_from_any_sight_nothing_is_hidden(reading_of: Make) -> None:
    box = (300, 80, 380, 100)
    out, _ = hidden(film([box] * 40), {20: [reading_of("", box=box)]})
    assert [left_of(p) == 0 for p in out] == [abs(k - 20) <= HOLD for k in range(40)]


def test_two_plates_are_hidden_at_once(reading_of: Make) -> None:
    box, other = (300, 80, 380, 100), (50, 20, 130, 40)
    pictures = film([box] * 5)
    for picture in pictures:
        picture[20:40, 50:130] = 7
    both = {2: [reading_of("", box=box), reading_of("", box=other)]}
    assert [left_of(p) for p in hidden(pictures, both)[0]] == [0] * 5


def test_a_frame_that_was_not_looked_at_is_never_written(reading_of: Make) -> None:
    pictures = film([(300, 80, 380, 100)] * 6)
    out: list[np.ndarray] = []

    def find(picture: np.ndarray) -> list[Reading]:
        if picture is pictures[4]:
            raise MemoryError
        return [reading_of("", box=(300, 80, 380, 100))]

    frames = [Frame(k, k / FPS, lambda p=p: p) for k, p in enumerate(pictures)]
    with pytest.raises(MemoryError):
        hide_plates(frames, find, lambda picture, time_s: out.append(picture))
    assert [left_of(p) for p in out] == [0] * 4


def test_a_plate_that_is_found_in_two_ways_up_is_hidden_between(reading_of: Make) -> None:
    box = (300, 80, 380, 100)
    upright = reading_of("", box=box)
    seen = {2: [upright], 8: [replace(upright, quad=np.roll(upright.quad, 2, axis=0))]}
    assert [left_of(p) for p in hidden(film([box] * 11), seen)[0]] == [0] * 11


def test_each_way_up_has_its_turn_and_goes_on_while_it_finds(reading_of: Make) -> None:
    """The plate stands on its side in frames 4 to 13 and is found by nothing but the first way."""
    box = (300, 80, 320, 160)
    pictures = film([box] * 40)
    for picture in [*pictures[:4], *pictures[14:]]:
        picture[:] = 120
    looked: list[tuple[int, ...]] = []

    class OnItsSide:
        def locate(self, image: np.ndarray) -> list[Reading]:
            looked.append(image.shape[:2])
            # As numpy.rot90 turns it, the plate lies at y 480 to 500.
            first = image.shape[:2] == SIZE[::-1] and bool((image[480:500, 80:160] != 120).any())
            return [reading_of("", box=(80, 480, 160, 500))] if first else []

    frames = [Frame(k, k / FPS, lambda p=p: p) for k, p in enumerate(pictures)]
    out: list[np.ndarray] = []
    hide_plates(
        frames, lambda picture: [], lambda picture, time_s: out.append(picture),
        turned=TurnedLooks(OnItsSide()),
    )  # fmt: skip
    assert [left_of(p) for p in out] == [0] * 40
    assert len(looked) <= 20 + 14
    assert len({*looked[:5]}) == 3  # two on a side, one upside down, two aslant


def test_what_is_hidden_upright_is_not_looked_for_in_other_ways(reading_of: Make) -> None:
    box = (300, 80, 380, 100)
    pictures = film([box] * 20)
    looked: list[bool] = []

    class Everywhere:
        def locate(self, image: np.ndarray) -> list[Reading]:
            looked.append(bool((image != 120).any()))
            return [reading_of("", box=(10, 10, 60, 30))] if looked[-1] else []

    frames = [Frame(k, k / FPS, lambda p=p: p) for k, p in enumerate(pictures)]
    hide_plates(
        frames, lambda picture: [reading_of("", box=box)], lambda picture, time_s: None,
        turned=TurnedLooks(Everywhere()),
    )  # fmt: skip
    assert looked == [False] * 10


def test_stop_and_damage(reading_of: Make) -> None:
    pictures = film([(300, 80, 380, 100)] * 6)
    out: list[np.ndarray] = []

    def damaged() -> np.ndarray:
        raise ImageError("b.jpg: cut off")

    frames = [
        Frame(0, 0, damaged),
        *[Frame(k, k / 25, lambda p=p: p) for k, p in enumerate(pictures)],
    ]
    asked = iter([False, False, False, True])
    done = hide_plates(
        frames, lambda picture: [], lambda picture, time_s: out.append(picture),
        stop=lambda: next(asked),
    )  # fmt: skip
    assert (done.frames, done.read, done.unreadable) == (3, 2, 1)
    assert len(out) == 2


def test_vehicles_are_counted_as_reading_counts_them(reading_of: Make) -> None:
    """What is hidden to be on the safe side is no vehicle."""
    pictures = film([(300, 80, 380, 100)] * 12)
    car = reading_of("AB12CDE", box=(300, 80, 380, 100))
    grilles = [
        reading_of("UDU69", box=(40 * k, 20, 40 * k + 30, 30), presence=0.2) for k in range(12)
    ]
    numbers = iter(range(12))
    frames = [Frame(k, k / FPS, lambda p=p: p) for k, p in enumerate(pictures)]
    _, tracking = watching_settings()
    count = PlateCount(
        Voter(Alphabet(), limits=DetectorSettings(accept=0.7)), Tracker(tracking), Shown()
    )
    done = hide_plates(
        frames, lambda picture: [car, grilles[next(numbers)]], lambda picture, time_s: None,
        count=count,
    )  # fmt: skip
    assert done.passings == 1
