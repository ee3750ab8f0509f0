"""Connectionist temporal classification: from probabilities per step to texts and back.

Graves et al., "Connectionist temporal classification", 2006: a text's probability is that of all
the ways to say it step by step, where steps may repeat a character or be blank. A character that
stands twice in a row needs a blank between.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.geometry import FloatArray
from platewright.reading.spelling import Spelling
from platewright.text import Alphabet

BLANK = 0  #: Class of a step that says nothing; character k of the alphabet has class k + 1
RATED = 3  #: Texts of a search that are rated over all their paths
LEAST = 1e-4
"""Beam search passes over characters that are less probable at a step, unless told otherwise."""


def labels(text: str, alphabet: Alphabet) -> list[int]:
    """Return the classes of a text.

    Raises:
        ValueError: if a character is foreign.
    """
    return [int(k) + 1 for k in alphabet.encode(text, len(text))]


def best_path(log_probs: ArrayLike) -> tuple[tuple[int, ...], float]:
    """Return the classes that the most probable steps spell, and the logarithm of that path.

    Args:
        log_probs: (steps, classes).

    >>> steps = np.log(np.eye(3)[[1, 1, 0, 1, 2, 2]] * 0.8 + 0.1)
    >>> best_path(steps)[0]
    (1, 1, 2)
    """
    logs = np.asarray(log_probs, np.float64)
    return _spelt(logs.argmax(axis=1)), float(logs.max(axis=1).sum())


def near_texts(
    log_probs: ArrayLike, *, most: int = 6, longest: int | None = None, reach: float = 4.0
) -> list[tuple[int, ...]]:
    """Return the text of the most probable steps, and those that one change of its path spells.

    A change gives all steps of a character to another one or to the blank, or one blank step to a
    character. Much faster than a search; rate the texts by `log_likelihoods`.

    Args:
        log_probs: (steps, classes).
        most: changes that are tried, the most probable ones.
        longest: most characters of a text; None: any number.
        reach: changes that make the path less probable by more, in natural logarithms, are not.

    >>> steps = np.log([[0.1, 0.8, 0.1], [0.9, 0.05, 0.05], [0.2, 0.2, 0.6]])
    >>> near_texts(steps, most=2)
    [(1, 2), (1,), (1, 1)]
    """
    logs = np.asarray(log_probs, np.float64)
    path = logs.argmax(axis=1)
    starts = np.flatnonzero(np.concatenate([[True], path[1:] != path[:-1]]))
    ends = np.append(starts[1:], len(path))
    own = logs[np.arange(len(path)), path]
    runs = np.add.reduceat(logs - own[:, None], starts, axis=0)
    runs[path[starts] == BLANK] = -np.inf  # of blanks single steps
    steps = np.where((path == BLANK)[:, None], logs - own[:, None], -np.inf)
    runs[np.arange(len(starts)), path[starts]] = -np.inf
    steps[np.arange(len(path)), path] = -np.inf
    scores = np.concatenate([runs.ravel(), steps.ravel()])
    found = dict.fromkeys([_spelt(path, longest)])
    best = np.argpartition(-scores, most)[:most] if most < len(scores) else np.arange(len(scores))
    for k in best[np.argsort(-scores[best], kind="stable")]:
        if scores[k] < -reach:
            break
        at, kind = divmod(int(k), logs.shape[1])
        changed = path.copy()
        if at < len(starts):
            changed[starts[at] : ends[at]] = kind
        else:
            changed[at - len(starts)] = kind
        found.setdefault(_spelt(changed, longest))
    return list(found)


def _spelt(path: NDArray[np.intp], longest: int | None = None) -> tuple[int, ...]:
    fresh = np.concatenate([[True], path[1:] != path[:-1]]) & (path != BLANK)
    return tuple(path[fresh].tolist())[:longest]


def beam_search(
    log_probs: ArrayLike, *, beams: int = 8, longest: int | None = None, least: float = LEAST
) -> list[tuple[tuple[int, ...], float]]:
    """Return the most probable texts found, best first.

    Prefix search over the ways to end in a blank or not (Hannun et al. 2014).

    Args:
        log_probs: (steps, classes).
        beams: texts kept at each step, and returned at most.
        longest: most characters of a text; None: any number.
        least: characters that are less probable at a step are passed over there.

    Returns:
        (classes, logarithm of the probability); it counts the ways that the search kept, so it is
        a lower bound.

    >>> uniform = np.log([[0.6, 0.4], [0.6, 0.4]])
    >>> [(classes, round(math.exp(log), 2)) for classes, log in beam_search(uniform)]
    [((1,), 0.64), ((), 0.36)]
    """
    logs, scale = np.asarray(log_probs, np.float64), 0.0
    most_characters = len(logs) if longest is None else longest
    # By text: the probability that it ends in a blank, and in its last character.
    kept: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    for step in np.exp(logs).tolist():  # numbers of Python's own: single ones are faster
        silence = step[BLANK]
        likely = [(k, p) for k, p in enumerate(step) if p > least and k != BLANK]
        grown: dict[tuple[int, ...], list[float]] = {}
        for text, (blank, char) in kept.items():
            last = text[-1] if text else BLANK
            either = blank + char
            stay = grown.setdefault(text, [0.0, 0.0])
            stay[0] += either * silence
            if text:
                stay[1] += char * step[last]
            if len(text) >= most_characters:
                continue
            for k, p in likely:
                if before := (blank if k == last else either):
                    grown.setdefault((*text, k), [0.0, 0.0])[1] += before * p
        best = sorted(grown.items(), key=_both, reverse=True)[:beams]
        most = _both(best[0]) or 1.0
        scale += math.log(most)
        kept = {text: (blank / most, char / most) for text, (blank, char) in best}
    return [(text, math.log(max(sum(ends), 1e-300)) + scale) for text, ends in kept.items()]


def _both(item: tuple[tuple[int, ...], list[float]]) -> float:
    blank, char = item[1]
    return blank + char


def likelihoods(log_probs: ArrayLike, classes: Sequence[int]) -> tuple[float, FloatArray]:
    """Return how probable a text is, and every text that differs from it in one character.

    The sum over all paths (Graves et al. 2006, section 4.1), where one place is left open.

    Args:
        log_probs: (steps, classes).
        classes: of the text.

    Returns:
        The logarithm of its probability, and (characters, classes - 1): row k is what stands at
        place k given all the other characters, each row adds up to 1.
    """
    logs = np.asarray(log_probs, np.float64)
    scale = logs.max(axis=1)
    q = np.exp(logs - scale[:, None])  # relative to the best path: nothing that counts underflows
    num_steps, count = len(q), len(classes)
    # The ways from the front and, with everything turned round, from the other end.
    ways = _ahead(np.stack([q, q[::-1]], axis=1), [classes, classes[::-1]])
    ahead, after = ways[:, 0], ways[::-1, 1, ::-1]
    total = ahead[-1, -2:].sum() if count else ahead[-1, 0]
    log_probability = math.log(max(float(total), 1e-300)) + float(scale.sum())
    if not count:
        return log_probability, np.zeros((0, q.shape[1] - 1))
    every = np.arange(1, q.shape[1])
    given = np.asarray(classes)
    left = np.concatenate([[BLANK], given[:-1]])[:, None] != every
    right = np.concatenate([given[1:], [BLANK]])[:, None] != every
    left[0], right[-1] = False, False
    # Ways to come to an open place at each step, and on from it: from a blank or a character.
    shape = (num_steps, count, len(every))
    enter, leave = np.zeros(shape), np.zeros(shape)
    enter[0, 0], leave[-1, -1] = 1.0, 1.0
    enter[1:] = ahead[:-1, :-1:2, None]
    enter[1:, 1:] += left[1:] * ahead[:-1, 1:-2:2, None]
    leave[:-1] = after[1:, 2::2, None]
    leave[:-1, :-1] += right[:-1] * after[1:, 3::2, None]
    inside = enter
    inside[0] *= q[0, 1:]
    for t in range(1, num_steps):
        inside[t] += inside[t - 1]
        inside[t] *= q[t, 1:]
    found = (inside * leave).sum(axis=0)
    return log_probability, found / np.maximum(found.sum(axis=1, keepdims=True), 1e-300)


def character_places(log_probs: ArrayLike, classes: Sequence[int]) -> FloatArray:
    """Return where along the steps each character of a text most probably stands.

    The most probable path that spells the text (Viterbi); a character's place is the middle of its
    steps, each weighed by its probability.

    Args:
        log_probs: (steps, classes).
        classes: of the text.

    Returns:
        (characters,) places, from 0; nan where there are fewer steps than the text needs.

    >>> steps = np.log(np.eye(3)[[0, 1, 1, 0, 0, 2]] * 0.9 + 0.03)
    >>> character_places(steps, (1, 2)).tolist()
    [1.5, 5.0]
    """
    logs = np.asarray(log_probs, np.float64)
    if not len(classes):
        return np.zeros(0)
    states = np.zeros(2 * len(classes) + 1, np.intp)
    states[1::2] = classes
    skip = np.full(len(states), -np.inf)  # from one character to the next, if they differ
    skip[3::2][states[3::2] != states[1:-2:2]] = 0.0
    said = logs[:, states]
    best = np.full((len(logs), len(states) + 2), -np.inf)  # two of padding
    best[0, 2:4] = said[0, :2]
    for step in range(1, len(logs)):
        before, now = best[step - 1], best[step, 2:]
        np.maximum(before[2:], before[1:-1], out=now)
        np.maximum(now, before[:-2] + skip, out=now)
        now += said[step]
    at = len(states) - 1 if best[-1, -1] >= best[-1, -2] else len(states) - 2
    if not np.isfinite(best[-1, at + 2]):
        return np.full(len(classes), np.nan)
    sums = np.zeros((2, len(classes)))
    for step in range(len(logs) - 1, -1, -1):
        if at % 2:
            sums[:, at // 2] += np.exp(said[step, at]) * np.array([step, 1.0])
        if step:
            two, one, stay = best[step - 1, at : at + 3].tolist()
            ways = (stay, one, two + skip[at])
            at -= ways.index(max(ways))
    return np.asarray(sums[0] / np.maximum(sums[1], 1e-300), np.float64)


def log_likelihoods(log_probs: ArrayLike, texts: Sequence[Sequence[int]]) -> list[float]:
    """Return the logarithms of several texts' probabilities.

    Args:
        log_probs: (steps, classes).
        texts: classes of each.
    """
    logs = np.asarray(log_probs, np.float64)
    scale = logs.max(axis=1)
    last = _ahead(np.exp(logs - scale[:, None])[:, None], texts)[-1]
    ends = [row[2 * len(text)] + row[2 * len(text) - 1] * bool(text)
            for row, text in zip(last, texts, strict=True)]  # fmt: skip
    return [math.log(max(float(end), 1e-300)) + float(scale.sum()) for end in ends]


def _ahead(q: FloatArray, texts: Sequence[Sequence[int]]) -> FloatArray:
    """Return (steps, texts, 2 * longest + 1) probabilities of all ways to each place, in order.

    Args:
        q: (steps, texts or 1, classes) probabilities.
        texts: classes of each; the places of a text are its characters and what is between.
    """
    # Places first: each step then adds up a few long rows, and no product is taken of small ones.
    places = np.full((2 * max(map(len, texts), default=0) + 1, len(texts)), BLANK)
    for column, text in zip(places.T, texts, strict=True):
        column[1 : 2 * len(text) : 2] = text
    said = q[:, np.arange(q.shape[1]), places]
    # From each place to itself, to the next, and past a blank between characters that differ.
    past = np.zeros(places.shape)
    past[3::2] = places[3::2] != places[1:-2:2]
    ways = np.zeros((len(q), len(places) + 2, len(texts)))  # two of padding
    ways[0, 2:4] = said[0, :2]
    for t in range(1, len(q)):
        before, now = ways[t - 1], ways[t, 2:]
        np.multiply(before[:-2], past, out=now)
        now += before[1:-1]
        now += before[2:]
        now *= said[t]
    return ways[:, 2:].transpose(0, 2, 1)


def spell_ctc(
    log_probs: ArrayLike, alphabet: Alphabet, *, slots: int = 12, beams: int = 8
) -> Spelling:
    """Read one crop's steps.

    Args:
        log_probs: (steps, characters + 1), blank first.
        slots: most characters of the text.
        beams: of the search; 1: the best path.

    Returns:
        The text whose probability, over all its paths, is greatest of those found. Each of its
        slots is what stands there given the others; what the text lacks of its probability then
        is in the slot that ends it: that there are more or fewer characters.
    """
    logs = np.asarray(log_probs, np.float64)
    if beams > 1:
        found = [classes for classes, _ in beam_search(logs, beams=beams, longest=slots)]
    else:
        found = [best_path(logs)[0][:slots]]
    rated = sorted(zip(log_likelihoods(logs, found[:RATED]), found, strict=False), reverse=True)
    (_, best), *rest = rated
    others = tuple((text_of(classes, alphabet), log) for log, classes in rest)
    return replace(spell_text(logs, best, alphabet, slots=slots), others=others)


def spell_text(
    log_probs: ArrayLike, classes: Sequence[int], alphabet: Alphabet, *, slots: int = 12
) -> Spelling:
    """Return what `spell_ctc` would say of one crop if it read a given text.

    Args:
        log_probs: see `spell_ctc`.
        classes: of the text, at most as many as `slots`.
    """
    log_probability, table = likelihoods(log_probs, classes)
    out = slots_of(classes, table, math.exp(log_probability), alphabet, slots)
    return Spelling(text=text_of(classes, alphabet), log_probability=log_probability, slots=out)


def slots_of(
    classes: Sequence[int], table: FloatArray, probability: float, alphabet: Alphabet, slots: int
) -> FloatArray:
    """Return the slots of a text: what stands at each place, and how surely it ends then.

    Args:
        classes: of the text, at most as many as `slots`.
        table: (characters, classes - 1) what stands at each place, as `likelihoods` gives it.
        probability: of the text; what it lacks of its characters' is that it does not end there.

    Returns:
        (slots, characters + 1) probabilities, `pad` last.
    """
    count = len(classes)
    out = np.zeros((slots, alphabet.num_classes))
    out[count:, alphabet.pad] = 1.0
    out[:count, : alphabet.pad] = table
    if count < slots:
        own = float(np.prod(table[np.arange(count), np.asarray(classes, np.intp) - 1]))
        ends = min(probability / max(own, 1e-300), 1.0)
        out[count] = (1.0 - ends) / len(alphabet)
        out[count, alphabet.pad] = ends
    return out


def text_of(classes: Sequence[int], alphabet: Alphabet) -> str:
    """Return the text of classes; see `labels`."""
    return alphabet.decode([k - 1 for k in classes])
