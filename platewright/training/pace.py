"""How fast a run goes, on stderr, and the figures of its log."""

from __future__ import annotations

import math
import sys
import time
from collections import deque
from collections.abc import Mapping
from statistics import fmean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from platewright.training.fit import TrainSettings


NO_LIMIT = 10**9  #: Steps of a run that its hours alone end
LEAST_STEPS = 3  #: After which the pace is told: the first takes as long as a hundred
START_UP = 25  #: Steps in which drawing processes come up and stock what is drawn ahead
STARVING = 0.05  #: Part of the time after these from which a network waits for drawings
SILENCE_S = 20.0
RECENT_S = 120.0
WIDTH = 99  #: Most columns of a line
MEASURED = ("drawn_", "real_")  #: How the names of what checks measure begin


class Figures:
    """What the steps since the last row came to."""

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self.begin(0.0)

    def begin(self, waited_s: float) -> None:
        """Begin anew, after a row.

        Args:
            waited_s: for drawings, of the whole run so far.
        """
        self._began, self._waited_s = time.monotonic(), waited_s
        self._losses: dict[str, list[float]] = {}
        self.steps = 0

    def add(self, losses: Mapping[str, Any]) -> None:
        """Note the losses of one step."""
        self.steps += 1
        for name, value in losses.items():
            self._losses.setdefault(name, []).append(float(value))

    def row(self, step: int, elapsed_s: float, rate: float, waited_s: float) -> dict[str, Any]:
        """Return a row of the log.

        Args:
            step: how many are done.
            elapsed_s: of the whole run.
            waited_s: for drawings, of the whole run.
        """
        took = max(time.monotonic() - self._began, 1e-9)
        return {
            "step": step,
            "elapsed_s": round(elapsed_s),
            "rate": rate,
            **{name: round(fmean(values), 4) for name, values in self._losses.items()},
            "samples_per_s": round(self._samples * self.steps / took, 1),
            "waiting": round((waited_s - self._waited_s) / took, 3),
        }


class Pace:
    """How far a run has come and how fast it goes, told on stderr.

    Args:
        samples: in a step, of all its networks.
        step: that the run begins at.
        elapsed_s: that it took before.
    """

    def __init__(self, settings: TrainSettings, samples: int, step: int, elapsed_s: float) -> None:
        self._settings, self._samples, self._first = settings, samples, step
        self._hours_s = 3600 * settings.hours - elapsed_s
        self._seen: deque[tuple[float, int]] = deque()
        self._said_s, self._warned = 0.0, False
        if step >= settings.steps or self._hours_s <= 0:
            _print(
                f"{step:,} steps were taken in {duration(elapsed_s)}, and none is left to take: "
                "--hours and --steps are the whole run's"
            )
            return
        whole = settings.steps < NO_LIMIT
        goal = f"{settings.steps - step:,} steps" if whole else "steps"
        if math.isfinite(settings.hours):
            goal += f" for {duration(self._hours_s)}{' at most' * whole}"
        _print(f"{goal}, {samples} samples each; how long they take here shows in half a minute")

    def add(self, step: int, now_s: float) -> None:
        """Note that a step is done; the first one, in which the networks are made, has no pace.

        Args:
            now_s: on the clock of `time.monotonic`.
        """
        self._seen.append((now_s, step))
        while now_s - self._seen[0][0] > RECENT_S and len(self._seen) > LEAST_STEPS:
            self._seen.popleft()
        if step - self._first == LEAST_STEPS:
            _print(self.estimate())

    @property
    def rate(self) -> float:
        """Steps a second of late; 0: not known yet."""
        if len(self._seen) < 2:
            return 0.0
        (began, first), (now, last) = self._seen[0], self._seen[-1]
        return (last - first) / max(now - began, 1e-9)

    def estimate(self) -> str:
        """Return how long the whole run takes, or how many steps its time is."""
        steps = self._settings.steps - self._first
        left_s = steps / self.rate
        speed = f"at this machine's speed, {self.rate * self._samples:.3g} samples/s"
        if left_s > self._hours_s:
            steps = int(float(f"{self._hours_s * self.rate:.2g}"))
            return f"{duration(self._hours_s)} are some {steps:,} steps {speed}"
        return f"{steps:,} steps take some {duration(left_s)} {speed}"

    def warn(self, waiting: float, steps: int) -> None:
        """Say, once, that drawing is too slow for the network, where it is beyond the start.

        Args:
            waiting: part of the time of the last steps that was spent waiting for drawings, 0-1.
            steps: how many these are.
        """
        began = self._seen[-1][1] - steps - self._first
        if waiting > STARVING and began >= START_UP and not self._warned:
            self._warned = True
            _print(f"{waiting:.0%} of the time goes by waiting for drawings: raise --workers")

    def due(self, now_s: float) -> bool:
        """Tell whether nothing was said for so long that a line is due."""
        return now_s - (self._said_s or self._seen[0][0]) > SILENCE_S

    def say(self, row: Mapping[str, Any], progress: float, elapsed_s: float) -> None:
        """Print one line: steps done, speed, loss, what is measured, time left.

        Args:
            progress: part of the run that is done, 0-1.
            elapsed_s: of the whole run.
        """
        self._said_s = self._seen[-1][0]
        settings = self._settings
        of = f" of {settings.steps:,}" if settings.steps < NO_LIMIT else ""
        parts = [f"{100 * progress:3.0f} %", f"step {row['step']:,}{of}"]
        if self.rate:
            parts.append(f"{self.rate * self._samples:.3g} samples/s")
            left_s = min(
                (settings.steps - row["step"]) / self.rate, 3600 * settings.hours - elapsed_s
            )
            parts.append(f"{duration(max(left_s, 0.0))} left")
        measured = [n for n in row if n.startswith(MEASURED) and not n.endswith("_loss")]
        for name in ("loss", *measured):
            fact = f"{name} {row[name]:.3g}" if name in row else ""
            if fact and len("  ".join([*parts, fact])) < WIDTH:
                parts.append(fact)
        _print("  ".join(parts))


def duration(seconds: float) -> str:
    """Return a time as a person says it.

    >>> duration(9), duration(125), duration(5400), duration(400_000)
    ('9 s', '2 min', '1.5 h', '4.6 days')
    """
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 5370:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
