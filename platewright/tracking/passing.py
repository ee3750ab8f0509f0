"""A vehicle that passed: what all its frames say together, and when it was there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from platewright.alphabet import Alphabet
from platewright.reading.detector import Detector
from platewright.reading.jurisdiction import Jurisdiction
from platewright.reading.spelling import EMPTY, decode_slots, spell
from platewright.record import Reading
from platewright.text import percent
from platewright.tracking.track import Sight, Track
from platewright.tracking.vote import VoteSettings, vote

__all__ = ["Passing", "Voter"]


@dataclass(frozen=True, kw_only=True)
class Passing:
    """One vehicle's way past the camera.

    Attributes:
        track: its number, from 1, in order of coming.
        reading: the vote of its frames; quad and presence are the best frame's.
        frames: how many frames showed it and were read.
        first: where it was seen first.
        last: and last.
        best: the frame with the highest presence x confidence.
        source: the video or camera.
    """

    track: int
    reading: Reading
    frames: int
    first: Sight
    last: Sight
    best: Sight
    source: str = ""

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

        The time it came and went, its text with a question mark where that is not accepted, its
        confidence, its region, the number of frames.
        """
        reading = self.reading
        doubt = "" if reading.accepted else " ?"
        count = "1 frame" if self.frames == 1 else f"{self.frames} frames"
        return (
            f"{_clock(self.first)} - {_clock(self.last)}  {reading.text + doubt:<12}  "
            f"{percent(reading.confidence):>6}  {reading.region or '-':<5}  {count}"
        )


class Voter:
    """Lets the frames of a track vote.

    Args:
        alphabet: of the readings' slots.
        accept: least confidence of an accepted text, 0-1.
        jurisdiction: tells regions apart; None: none is told.
        bound: whether texts are to fit the jurisdiction's syntaxes.
        settings: how far frames are believed.
    """

    def __init__(
        self,
        alphabet: Alphabet,
        *,
        accept: float,
        jurisdiction: Jurisdiction | None = None,
        bound: bool = False,
        settings: VoteSettings | None = None,
    ) -> None:
        """Keep them."""
        self.alphabet, self.accept = alphabet, accept
        self.jurisdiction, self.bound = jurisdiction, bound and jurisdiction is not None
        self.settings = settings

    @classmethod
    def of(cls, detector: Detector) -> Voter:
        """Return the voter for a detector's readings."""
        return cls(
            detector.alphabet,
            accept=detector.settings.accept,
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
        if not sights:
            return best
        slots = vote(
            np.stack([np.asarray(sight.reading.slots) for sight in sights]),
            [sight.reading.presence for sight in sights],
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
            told: dict[str, float] = defaultdict(float)
            for sight in sights:
                if sight.reading.text == text:
                    told[sight.reading.region] += sight.reading.region_probability
            region = max(told, key=lambda code: told[code], default="")
            region = region or self.jurisdiction.region(slots)[0]
        confidence, characters = spell(text, shown, self.alphabet)
        return replace(
            best,
            text=text,
            confidence=confidence,
            characters=characters,
            region=region,
            slots=slots,
            accepted=confidence >= self.accept,
        )

    def passing(self, track: Track, source: str = "") -> Passing:
        """Return a track that has ended as a passing vehicle."""
        return Passing(
            track=track.number,
            reading=self.reading(track),
            frames=track.count,
            first=track.first,
            last=track.last,
            best=track.best,
            source=source,
        )


def _moment(sight: Sight) -> dict[str, Any]:
    """Return when a sight was: frame, seconds from the beginning, the time of a live one."""
    at = {} if sight.at is None else {"at": sight.at.isoformat(timespec="milliseconds")}
    return {"frame": sight.frame, "time_s": round(sight.time_s, 3), **at}


def _clock(sight: Sight) -> str:
    """Return the time of day of a live sight, else minutes and seconds from the beginning."""
    if sight.at is not None:
        return sight.at.astimezone().strftime("%H:%M:%S")
    minutes, seconds = divmod(sight.time_s, 60)
    return f"{int(minutes):02d}:{seconds:04.1f}"
