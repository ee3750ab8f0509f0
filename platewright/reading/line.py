"""The default speller: reads along the lines of a plate, in as many framings as are needed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import FloatArray, Picture, box_of_quad, project, suppress
from platewright.network.part import UNSEEN, LineSettings
from platewright.reading.finder import SAME_FIND, sigmoid
from platewright.reading.line_evidence import NOTHING, LineEvidence
from platewright.reading.runtime import Network, levels
from platewright.reading.speller import Look
from platewright.reading.straighten import framed_corners, refined, straightened
from platewright.text import Alphabet

ASTRAY, MAYBE = 0.08, 0.1
"""Where a corner lies so far from where it was framed, in windows, what may be a plate is read anew
in its new frame; what was said of its text before does not count."""
SURE = 0.97  #: A text that the framings so far are surer of is not read again ...
HARDLY = 0.3
"""... nor what is hardly a plate: presence times how certain the average character is."""


class LineSpeller:
    """Reads with the line reader.

    Args:
        network: with the part `line`.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.settings: LineSettings = network.settings.line
        self.alphabet = Alphabet(self.settings.characters + UNSEEN)
        self.longest = self.settings.longest

    def look(
        self, grey: Picture, quads: Sequence[FloatArray], framings: Sequence[float]
    ) -> list[Look]:
        """See `Speller`; what is unsure in the first framing is read in the others, too."""
        first, *others = framings
        framed, there, found, strayed = self._read(grey, quads, first)
        sure = [_sure(p, e) for p, e in zip(there, found, strict=True)]
        astray = [k for k, far in enumerate(strayed) if far > ASTRAY and sure[k] > MAYBE]
        if astray:
            again = self._read(grey, [framed[k] for k in astray], first)[:3]
            for k, quad, presence, evidence in zip(astray, *again, strict=True):
                framed[k], there[k], found[k] = quad, max(presence, there[k]), evidence
                sure[k] = _sure(there[k], evidence)
        # Of nearly the same quads only the surest is read again.
        kept = suppress([box_of_quad(quad) for quad in framed], sure, overlap=SAME_FIND, inside=1)
        unsure = [k for k in kept.tolist() if sure[k] > HARDLY and found[k].probability < SURE]
        for framing in others:
            if not unsure:
                break
            windows, back = self._windows(grey, [framed[k] for k in unsure], framing)
            self._add(found, unsure, self._steps(windows))
            if framing == others[-1]:
                self._read_apart(grey, found, unsure, framing, back)
            unsure = [k for k in unsure if found[k].probability < SURE]
        return [Look(quad, _sure(p, e), e) for quad, p, e in zip(framed, there, found, strict=True)]

    def _read(
        self, grey: Picture, quads: Sequence[FloatArray], framing: float
    ) -> tuple[list[FloatArray], list[float], list[LineEvidence], FloatArray]:
        """Return new frames, presence, evidence, and how far the frames strayed, in windows."""
        own = self.settings
        windows, back = self._windows(grey, quads, framing)
        steps, presence, corners = self.network.run(
            ["steps", "plate_presence", "plate_corners"], {"plate": levels(windows)}
        )
        size = np.tile(np.array(own.window[::-1], float), 4)
        framed = refined(quads, back, presence[:, 0], corners * size)
        were = framed_corners(self._margin(framing))
        strayed = np.abs(corners - were.ravel()).max(axis=1)
        strayed[[new is old for new, old in zip(framed, quads, strict=True)]] = 0.0
        found = [LineEvidence(steps[k : k + 1], own) for k in range(len(quads))]
        return framed, sigmoid(presence[:, 0]).tolist(), found, strayed

    def _read_apart(
        self, grey: Picture, found: list[LineEvidence], which: Sequence[int], framing: float,
        back: FloatArray,
    ) -> None:  # fmt: skip
        """Add what the parts of plates say in windows of their own, where their layout asks for it.

        Args:
            which: of what was found was read last ...
            framing: ... with this margin, times the reader's own.
            back: (n, 3, 3) homographies from its windows to photo points.
        """
        parted: list[int] = []
        quads: list[FloatArray] = []
        for k, matrix in zip(which, back, strict=True):
            split = found[k].split()
            if split is not None:
                parted.append(k)
                quads += [project(matrix, part) for part in self._parts(split, framing)]
        if parted:
            steps = self._steps(self._windows(grey, quads, 1.0)[0])
            both = steps.reshape(len(parted), -1, self.settings.num_classes)
            self._add(found, parted, both)

    def _parts(self, split: float, framing: float) -> tuple[FloatArray, FloatArray]:
        """Return the quads (4, 2) of a plate left and right of a column, pixels of its window.

        Args:
            split: where between two columns, from 0.
            framing: the margin that it is framed with, times the reader's own.
        """
        own = self.settings
        corners = framed_corners(self._margin(framing)) * own.window[::-1]
        between = (split + 0.5) * own.window[1] / own.cells[1]
        left, right = corners.copy(), corners.copy()
        left[1:3, 0] = right[[0, 3], 0] = between
        return left, right

    def _steps(self, windows: Picture) -> NDArray[np.float32]:
        (logits,) = self.network.run(["steps"], {"plate": levels(windows)})
        return logits

    def _add(
        self, found: list[LineEvidence], which: Sequence[int], logits: NDArray[np.float32]
    ) -> None:
        """Let one more framing count."""
        for at, k in enumerate(which):
            found[k] = LineEvidence(logits[at : at + 1], self.settings, found[k])

    def _windows(
        self, grey: Picture, quads: Sequence[FloatArray], framing: float
    ) -> tuple[Picture, FloatArray]:
        return straightened(grey, quads, self.settings.window, self._margin(framing))

    def _margin(self, framing: float) -> tuple[float, float]:
        """Return the (x, y) room round a quad, parts of it, in a framing."""
        x, y = self.settings.margin
        return x * framing, y * framing


def _sure(presence: float, evidence: LineEvidence) -> float:
    """Return how sure it is that a plate is read; what is hardly one is not spelt for that."""
    return presence * (evidence.certainty if presence > HARDLY else NOTHING)
