"""A vehicle that passed: one text from all its frames, and when it was there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.errors import counted
from platewright.geometry import FloatArray
from platewright.network.part import UNSEEN
from platewright.reading.acceptance import is_accepted, is_word
from platewright.reading.detector import Detector
from platewright.reading.jurisdiction import Jurisdiction
from platewright.reading.settings import DetectorSettings
from platewright.reading.spelling import EMPTY, decode_slots, spell
from platewright.record import Reading
from platewright.text import Alphabet, percent
from platewright.tracking.track import Sight, Track

IntArray = NDArray[np.intp]
BAND = 6  #: Most characters that a frame may be out of step by
ROUNDS = 3  #: How often the frames are aligned to what they said after the alignment before
LENGTHS = 3  #: Most lengths of text that are tried, besides the neighbours of the most frequent one


@dataclass(frozen=True, kw_only=True)
class VoteSettings:
    """How far frames are believed; measured by `benchmarks/voting.py`."""

    #: of the frames, 0-1: n of them count as n / (1 + (n - 1) x correlation), the effective size of
    #: a sample with such a correlation (Kish, "Survey Sampling", 1965)
    correlation: float = 0.4
    #: probability that what a frame says of a character says nothing: no frame can rule a character
    #: out
    floor: float = 0.02
    miss: float = 0.3  #: probability that a frame misses a character: something hides it
    extra: float = 0.02  #: probability that it shows one that is not there


@dataclass(frozen=True)
class _Outcome:
    """What a length of text comes to: (length, characters) log evidence, and its own."""

    evidence: FloatArray
    score: float


def vote(
    slots: ArrayLike,
    weights: ArrayLike,
    alphabet: Alphabet,
    settings: VoteSettings | None = None,
) -> FloatArray:
    """Return what frames say together.

    Args:
        slots: (n, slots, classes) probabilities of n frames, at least one; the last class is `pad`.
        weights: (n,) how much each frame counts beside the others, above 0.

    Returns:
        (slots, classes) probabilities. One frame's are its own. The slot that ends the text has
        the probability of the text's length as that of `pad`.

    Raises:
        ValueError: if there is no frame, or not as many weights as frames.

    >>> a = Alphabet("AB")
    >>> sure = [[0.9, 0.1, 0.0], [0.1, 0.1, 0.8]]
    >>> vote([sure] * 4, np.ones(4), a, VoteSettings(correlation=0.0, floor=0.0)).round(2).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 0.99]]

    The end is less sure than the letter: all four may have missed a second one.
    """
    every = np.asarray(slots, np.float64)
    share = np.asarray(weights, np.float64)
    if every.ndim != 3 or not len(every) or share.shape != (len(every),):
        raise ValueError("a vote needs frames, and a weight for each")
    if len(every) == 1:
        return np.asarray(every[0], np.float64)
    chosen = settings or VoteSettings()
    n = share.sum() ** 2 / (share @ share)  # as many as count alike say as much (Kish, again)
    # Together they weigh as many as n frames of that correlation.
    share = share / share.sum() * n / (1 + (n - 1) * chosen.correlation)
    ballot = _Ballot(every, share, alphabet.pad, chosen)
    outcomes = [ballot.outcome(text) for text in _texts(every, share, alphabet.pad)]
    return _written(outcomes, every.shape[1], alphabet.pad)


def _written(outcomes: Sequence[_Outcome], num_slots: int, pad: int) -> FloatArray:
    """Return the slots of the most probable length, which is told in the one that ends it."""
    scores = np.array([outcome.score for outcome in outcomes])
    chances = np.exp(scores - scores.max())
    best = int(scores.argmax())
    evidence = outcomes[best].evidence
    length = len(evidence)
    out = np.zeros((num_slots, pad + 1))
    raised = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    out[:length, :pad] = raised / raised.sum(axis=1, keepdims=True)
    out[length:, pad] = 1.0
    sure = float(chances[best] / chances.sum())
    if length < num_slots:
        out[length, :pad], out[length, pad] = (1 - sure) / pad, sure
    else:  # no slot ends it: its doubt goes to the last one
        out[-1] *= sure
        out[-1, pad] = 1 - sure
    return out


def _texts(slots: FloatArray, share: FloatArray, pad: int) -> list[IntArray]:
    """Return a text of each length worth trying, as classes; the frames' own, weightiest first."""
    best = slots.argmax(axis=2)
    weight: dict[int, dict[tuple[int, ...], float]] = defaultdict(lambda: defaultdict(float))
    for row, probabilities, part in zip(best, slots.max(axis=2), share, strict=True):
        empty = np.flatnonzero(row == pad)
        length = int(empty[0]) if empty.size else len(row)
        sure = float(probabilities[: length + 1].prod())
        weight[length][tuple(row[:length].tolist())] += float(part) * (sure + 1e-6)
    lengths = sorted(weight, key=lambda k: -sum(weight[k].values()))[:LENGTHS]
    texts = {k: max(weight[k], key=lambda text: weight[k][text]) for k in lengths}
    first = lengths[0]
    # Its neighbours stand for the doubt whether the text ends there.
    if first > 0:
        texts.setdefault(first - 1, texts[first][:-1])
    if first < slots.shape[1]:
        after = np.log(slots[:, first, :pad] + 1e-6)
        texts.setdefault(first + 1, (*texts[first], int((share @ after).argmax())))
    return [np.array(text, np.intp) for text in texts.values()]


class _Ballot:
    """The frames' evidence.

    Args:
        slots: (n, slots, classes).
        share: (n,) how many independent frames each counts for.
        pad: the class of an empty slot.
        settings: how far they are believed.
    """

    def __init__(
        self, slots: FloatArray, share: FloatArray, pad: int, settings: VoteSettings
    ) -> None:
        keep = 1 - settings.floor
        self.share, self.pad = share, pad
        # Of each character against an even chance: 0 where a frame knows nothing.
        self.gain = np.log(keep * slots[:, :, :pad] * pad + settings.floor + 1e-9)
        self.end = np.log(keep * slots[:, :, pad] + settings.floor / 2 + 1e-9)
        self.there = np.log(keep * (1 - slots[:, :, pad]) + settings.floor / 2 + 1e-9)
        self.miss, self.extra = float(np.log(settings.miss)), float(np.log(settings.extra))

    def outcome(self, text: IntArray) -> _Outcome:
        """Align all frames to a text and to what comes of it; its length stays."""
        for _ in range(ROUNDS):
            places, stops = self.align(text)
            evidence = self.added(places)
            found = evidence.argmax(axis=1)
            if np.array_equal(found, text):
                break
            text = found
        return _Outcome(evidence, float(self.share @ self.fit(places, stops)))

    def fit(self, places: IntArray, stops: IntArray) -> FloatArray:
        """Return (n,) the log evidence of each frame that the text has this length.

        Only whether there are characters counts, not which: that frames agree on what a bolt at
        the plate's end looks like does not make it a character.
        """
        rows = np.arange(len(stops))
        shown = places >= 0
        there = np.where(shown, self.there[rows[:, None], np.maximum(places, 0)], self.miss)
        extra = stops - shown.sum(axis=1)
        ends = np.concatenate([self.end, np.zeros((len(rows), 1))], axis=1)[rows, stops]
        return np.asarray(there.sum(axis=1) + extra * self.extra + ends, np.float64)

    def added(self, places: IntArray) -> FloatArray:
        """Return the (length, characters) sum of the frames' evidence.

        Args:
            places: (n, length) the slot that shows each character, -1 where none does.
        """
        total = np.zeros((places.shape[1], self.pad))
        for position in range(places.shape[1]):
            seen = np.flatnonzero(places[:, position] >= 0)
            total[position] = self.share[seen] @ self.gain[seen, places[seen, position]]
        return total

    def align(self, text: IntArray) -> tuple[IntArray, IntArray]:
        """Lay the slots of every frame along a text, at the least cost.

        Returns:
            (n, length) the slot that shows each character, -1 where none does; (n,) the slot in
            which the frame's text ends.
        """
        n, num_slots = self.end.shape
        length = len(text)
        best = np.full((num_slots + 1, length + 1, n), -np.inf)
        step = np.zeros((num_slots + 1, length + 1, n), np.int8)
        best[0, 0] = 0.0
        for i in range(num_slots + 1):
            for j in range(max(0, i - BAND), min(length, i + BAND) + 1):
                if i == j == 0:
                    continue
                ways = np.full((3, n), -np.inf)
                if i and j:
                    ways[0] = best[i - 1, j - 1] + self.gain[:, i - 1, text[j - 1]]
                if i:  # the frame shows a character too many
                    ways[1] = best[i - 1, j] + self.extra
                if j:  # the frame misses one
                    ways[2] = best[i, j - 1] + self.miss
                step[i, j] = ways.argmax(axis=0)
                best[i, j] = ways.max(axis=0)
        ends = best[:, length] + np.concatenate([self.end.T, np.zeros((1, n))])
        stops = ends.argmax(axis=0)
        at, left = stops, np.full(n, length)
        places = np.full((n, length), -1, np.intp)
        rows = np.arange(n)
        while (moving := (at > 0) | (left > 0)).any():
            how = step[at, left, rows]
            shown = moving & (how == 0)
            places[rows[shown], left[shown] - 1] = at[shown] - 1
            at = at - (moving & (how <= 1))
            left = left - (moving & (how != 1))
        return places, stops


@dataclass(frozen=True, kw_only=True)
class Passing:
    """One vehicle's way past the camera."""

    track: int  #: its number, from 1, in order of coming
    reading: Reading  #: the vote of its frames; quad and presence are the best frame's
    frames: int  #: how many frames showed it and were read
    first: Sight  #: where it was seen first
    last: Sight  #: and last
    best: Sight  #: the frame with the highest presence x confidence
    source: str = ""  #: the video or camera
    picture: bytes = b""  #: a JPEG of the vehicle in its best frame; empty: none was wanted

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that `watch.py` writes."""
        return {
            "source": self.source,
            "track": self.track,
            **self.reading.as_dict(),
            "frames": self.frames,
            **{name: _moment(getattr(self, name)) for name in ("first", "last", "best")},
        }

    def line(self) -> str:
        """Return it as a line to read.

        When it came and went, its text with a question mark where that is not accepted, its
        confidence, its region, the number of frames.
        """
        reading, doubt = self.reading, "" if self.reading.accepted else " ?"
        count = counted(self.frames, "frame")
        return (
            f"{_clock(self.first)} - {_clock(self.last)}  {reading.text + doubt:<12}  "
            f"{percent(reading.confidence):>6}  {reading.region or '-':<5}  {count}"
        )


class Voter:
    """Lets the frames of a track vote.

    Args:
        limits: which texts are accepted.
        jurisdiction: tells regions apart; None: none is told.
        bound: whether texts are to fit the jurisdiction's syntaxes.
    """

    def __init__(
        self,
        alphabet: Alphabet,
        *,
        limits: DetectorSettings,
        jurisdiction: Jurisdiction | None = None,
        bound: bool = False,
        settings: VoteSettings | None = None,
    ) -> None:
        self.alphabet, self.limits = alphabet, limits
        self.jurisdiction, self.bound = jurisdiction, bound and jurisdiction is not None
        self.settings = settings

    @classmethod
    def of(cls, detector: Detector) -> Voter:
        """Return the voter for a detector's readings."""
        return cls(
            detector.alphabet,
            limits=detector.settings,
            jurisdiction=detector.jurisdiction,
            bound=bool(detector.settings.regions),
        )

    def reading(self, track: Track, *, placed: bool = True) -> Reading:
        """Return what a track's frames say together.

        Args:
            track: its readings have slots.
            placed: whether to tell the region, which takes a few milliseconds.
        """
        best = track.best.reading
        sights = [s for s in track.sights if s.reading.slots is not None and s.reading.text]
        whole = [s for s in sights if s.reading.complete]  # what drives in is cut at first
        sights = whole or sights
        if not sights:
            return best
        slots = vote(
            np.stack([np.asarray(sight.reading.slots) for sight in sights]),
            [sight.weight for sight in sights],
            self.alphabet,
            self.settings,
        )
        text, _, _ = decode_slots(slots, self.alphabet, end=None if len(sights) > 1 else EMPTY)
        region, shown = "", slots
        given = self.jurisdiction.condition(slots) if self.jurisdiction and self.bound else None
        if given is not None:
            text, region, shown = given.text, given.region, given.slots
        elif placed and text and self.jurisdiction and not self.bound:
            # Where a frame says the same, it has also seen the plate's colours.
            region = _most_told(sights, text) or self.jurisdiction.region(slots)[0]
        confidence, characters = spell(text, shown, self.alphabet)
        complete = bool(whole) and UNSEEN not in text
        alike = [s.reading for s in sights if s.reading.text == text]
        same = alike[0] if alike else replace(best, lines=(), groups=())
        said = replace(
            best, text=text, confidence=confidence, characters=characters, region=region,
            slots=slots, complete=complete, lines=same.lines, groups=same.groups,
        )  # fmt: skip
        # A word that one frame alone reads so is lettering rather than somebody's plate.
        lettering = is_word(text) and len(alike) < 2
        together = replace(
            said,
            presence=max(s.reading.presence for s in sights),
            room=max(s.reading.room for s in sights),
            region="" if lettering else region or ("" if self.bound else best.region),
            written=sum(s.reading.written for s in sights) > len(sights) / 2,
        )
        return replace(said, accepted=is_accepted(together, self.limits, self.jurisdiction))

    def passing(self, track: Track, source: str = "", picture: bytes = b"") -> Passing:
        """Return a track that has ended as a passing vehicle."""
        return Passing(
            track=track.number,
            reading=self.reading(track),
            frames=track.count,
            first=track.first,
            last=track.last,
            best=track.best,
            source=source,
            picture=picture,
        )


def _most_told(sights: Sequence[Sight], text: str) -> str:
    """Return the region that is told most surely where a text is read; empty: none is."""
    told: dict[str, float] = defaultdict(float)
    for sight in sights:
        if sight.reading.text == text:
            told[sight.reading.region] += sight.reading.region_probability
    return max(told, key=lambda code: told[code], default="")


def _moment(sight: Sight) -> dict[str, Any]:
    """Return when a sight was: frame, seconds from the beginning, the time of a live one."""
    at = {"at": sight.at.isoformat(timespec="milliseconds")} if sight.at else {}
    return {"frame": sight.frame, "time_s": round(sight.time_s, 3), **at}


def _clock(sight: Sight) -> str:
    """Return the time of day of a live sight, else minutes and seconds from the beginning."""
    if sight.at is not None:
        return sight.at.astimezone().strftime("%H:%M:%S")
    minutes, seconds = divmod(sight.time_s, 60)
    return f"{int(minutes):02d}:{seconds:04.1f}"
