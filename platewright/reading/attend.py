"""Spelling with attention: character by character until the end, greedily or with a beam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platewright.alphabet import Alphabet
from platewright.reading.spelling import Spelling

__all__ = ["Hypothesis", "follow", "search", "spell_attention"]

FloatArray = NDArray[np.float64]
Step = Callable[
    [NDArray[np.int32], NDArray[np.float32]],
    tuple[FloatArray, NDArray[np.float32], FloatArray],
]
"""Takes tokens (n,) and states (n, S) to log-probabilities (n, classes), states and weights
(n, cells)."""


@dataclass(frozen=True)
class Hypothesis:
    """A text as far as it is spelt.

    Attributes:
        classes: its characters, without the end.
        log_probability: of them, and of the end where it is reached.
        ended: whether the end is reached.
        rows: (classes,) log-probabilities of each step.
        weights: (cells,) of each step.
    """

    classes: tuple[int, ...] = ()
    log_probability: float = 0.0
    ended: bool = False
    rows: tuple[FloatArray, ...] = ()
    weights: tuple[FloatArray, ...] = ()


def search(
    step: Step, state: NDArray[np.float32], *, end: int, longest: int, beams: int = 1
) -> list[Hypothesis]:
    """Spell one crop.

    Args:
        step: of the decoder.
        state: (S,) that it begins with.
        end: class of the end; the start's token is the next one.
        longest: most characters of a text; it ends there whether or not the end is said.
        beams: texts that are followed at once; 1 is greedy.

    Returns:
        Texts, the most probable first.
    """
    alive: list[tuple[Hypothesis, NDArray[np.float32]]] = [(Hypothesis(), state)]
    done: list[Hypothesis] = []
    for _ in range(longest + 1):
        tokens = [h.classes[-1] if h.classes else end + 1 for h, _ in alive]
        logs, states, weights = step(np.array(tokens, np.int32), np.stack([s for _, s in alive]))
        grown: list[tuple[float, int, int]] = []
        for k, (text, _) in enumerate(alive):
            grown += [
                (text.log_probability + float(logs[k, c]), k, int(c))
                for c in np.argsort(-logs[k])[: beams + 1]
            ]
        grown.sort(key=lambda item: -item[0])
        following = []
        for total, k, c in grown[:beams]:
            text = alive[k][0]
            ended = c == end
            new = Hypothesis(
                text.classes if ended else (*text.classes, c),
                total,
                ended,
                (*text.rows, logs[k]),
                (*text.weights, weights[k]),
            )
            if ended or len(new.classes) == longest:
                done.append(new)
            else:
                following.append((new, states[k]))
        alive = following
        best = max((h.log_probability for h in done), default=-np.inf)
        if not alive or alive[0][0].log_probability <= best:  # nothing can become better
            break
    return sorted(done, key=lambda h: -h.log_probability)


def follow(
    step: Step, state: NDArray[np.float32], classes: Sequence[int], *, end: int, longest: int
) -> Hypothesis:
    """Spell a given text, however improbable.

    Args:
        step: of the decoder.
        state: (S,) that it begins with.
        classes: of the text.
        end: class of the end; the start's token is the next one.
        longest: most characters of a text; the end of one that is as long is not said.
    """
    total = 0.0
    rows, looked = [], []
    states = state[None]
    wanted = [*classes, end][:longest]
    for token, k in zip([end + 1, *classes], wanted, strict=False):
        logs, states, weights = step(np.array([token], np.int32), states)
        total += float(logs[0, k])
        rows.append(logs[0])
        looked.append(weights[0])
    ended = len(classes) < longest
    return Hypothesis(tuple(classes[:longest]), total, ended, tuple(rows), tuple(looked))


def spell_attention(
    found: list[Hypothesis], alphabet: Alphabet, *, slots: int, shape: tuple[int, int]
) -> Spelling:
    """Return the first of some texts, with each step's probabilities and attention.

    Args:
        found: of `search`, at least one.
        alphabet: of the classes.
        slots: most characters of a text.
        shape: (rows, columns) of the cells.
    """
    best = found[0]
    out = np.zeros((slots, alphabet.num_classes))
    out[:, alphabet.pad] = 1.0
    for k, row in enumerate(best.rows[:slots]):
        out[k] = np.exp(row)
    return Spelling(
        text=alphabet.decode(best.classes),
        log_probability=best.log_probability,
        slots=out,
        others=tuple((alphabet.decode(h.classes), h.log_probability) for h in found[1:4]),
        weights=np.stack(best.weights).reshape(-1, *shape),
    )
