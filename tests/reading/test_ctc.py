"""CTC: texts and their probabilities, against every path written out and against Keras."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from platewright.reading.ctc import (
    BLANK,
    beam_search,
    best_path,
    labels,
    likelihoods,
    log_likelihoods,
    spell_ctc,
)
from platewright.text import Alphabet

ABC = Alphabet("ABC")


def steps_of(seed: int, steps: int, classes: int, sharp: float = 1.5) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(0, sharp, (steps, classes))
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def spelt(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(k for k, _ in itertools.groupby(path) if k != BLANK)


def every_text(logs: np.ndarray) -> dict[tuple[int, ...], float]:
    """All texts with the probabilities of all their paths added up."""
    found: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(logs.shape[1]), repeat=len(logs)):
        text = spelt(path)
        found[text] = found.get(text, 0.0) + math.exp(logs[np.arange(len(logs)), path].sum())
    return found


@pytest.mark.parametrize("text", ["AAB", "A", "BBB", "CAB", ""])
def test_a_text_survives_the_round_trip(text: str) -> None:
    """Each character for two steps, and a blank between, as the shortest path that can say it."""
    path = [BLANK]
    for k in labels(text, ABC):
        path += [k, k, BLANK]
    logs = np.log(np.eye(4)[path] * 0.96 + 0.01)
    for beams in (1, 8):
        found = spell_ctc(logs, ABC, slots=5, beams=beams)
        assert found.text == text
    assert best_path(logs)[0] == tuple(labels(text, ABC))


def test_two_equal_characters_without_a_blank_are_one() -> None:
    logs = np.log(np.eye(4)[[1, 1, 2]] * 0.96 + 0.01)
    assert best_path(logs)[0] == (1, 2)
    assert likelihoods(logs, (1, 1, 2))[0] < math.log(1e-3)  # three steps are too few


@pytest.mark.parametrize("seed", range(4))
def test_the_likelihood_is_that_of_all_paths(seed: int) -> None:
    logs = steps_of(seed, 5, 3)
    every = every_text(logs)
    for text, probability in every.items():
        assert likelihoods(logs, text)[0] == pytest.approx(math.log(probability), abs=1e-9)
    together = log_likelihoods(logs, list(every))
    assert together == pytest.approx([math.log(p) for p in every.values()], abs=1e-9)


@pytest.mark.parametrize("text", [(1,), (1, 2), (2, 2), (3, 1, 3)])
def test_a_slot_is_what_stands_there_given_the_others(text: tuple[int, ...]) -> None:
    logs = steps_of(7, 6, 4)
    every = every_text(logs)
    _, table = likelihoods(logs, text)
    for place in range(len(text)):
        others = [(*text[:place], c, *text[place + 1 :]) for c in (1, 2, 3)]
        want = np.array([every.get(other, 0.0) for other in others])
        assert table[place] == pytest.approx(want / want.sum(), abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_beam_finds_the_most_probable_texts(seed: int) -> None:
    logs = steps_of(seed, 5, 3)
    every = sorted(every_text(logs).items(), key=lambda item: -item[1])
    found = beam_search(logs, beams=200)
    assert [text for text, _ in found[:5]] == [text for text, _ in every[:5]]
    for (_, log), (_, probability) in zip(found, every, strict=False):
        assert log == pytest.approx(math.log(probability), abs=1e-6)
    assert all(len(text) <= 1 for text, _ in beam_search(logs, longest=1))


def test_the_beam_beats_the_best_path_where_many_paths_say_one_text() -> None:
    logs = np.log([[0.6, 0.4], [0.6, 0.4]])
    assert best_path(logs)[0] == ()
    assert beam_search(logs)[0] == ((1,), pytest.approx(math.log(0.64)))


def test_the_slots_multiply_to_the_texts_probability() -> None:
    logs = steps_of(3, 12, 4, sharp=3.0)
    found = spell_ctc(logs, ABC, slots=12)
    own = [found.slots[k, ABC.index(c)] for k, c in enumerate(found.text)]
    ends = found.slots[len(found.text), ABC.pad]
    assert np.prod(own) * ends == pytest.approx(math.exp(found.log_probability), rel=1e-9)
    assert found.slots.sum(axis=1) == pytest.approx(np.ones(12))
    assert all(log <= found.log_probability for _, log in found.others)


def test_long_sequences_do_not_underflow() -> None:
    logs = np.full((400, 4), math.log(1e-4))
    logs[:, BLANK] = math.log(1 - 3e-4)
    logs[200] = np.log([1e-4, 1e-4, 1 - 3e-4, 1e-4])
    found = spell_ctc(logs, ABC)
    assert found.text == "B" and math.exp(found.log_probability) == pytest.approx(0.85, abs=0.05)


def test_keras_says_the_same() -> None:
    """Its loss is our likelihood; its greedy and beam decoders are ours."""
    from keras import ops

    logs = np.stack([steps_of(seed, 14, 6, 3.0) for seed in range(6)]).astype(np.float32)
    whole = np.full(len(logs), logs.shape[1], np.int32)
    texts = [best_path(steps)[0] for steps in logs]
    target = np.zeros((len(logs), 14), np.int32)
    for row, text in zip(target, texts, strict=True):
        row[: len(text)] = text
    lengths = np.array([len(text) for text in texts], np.int32)
    loss = ops.convert_to_numpy(ops.ctc_loss(target, logs, lengths, whole, mask_index=BLANK))
    for cost, steps, text in zip(loss, logs, texts, strict=True):
        assert -likelihoods(steps, text)[0] == pytest.approx(float(cost), rel=1e-4)

    for strategy in ("greedy", "beam_search"):
        decoded, _ = ops.ctc_decode(logs, whole, strategy=strategy, mask_index=BLANK)
        for steps, row in zip(logs, ops.convert_to_numpy(decoded)[0], strict=True):
            ours = (
                best_path(steps)[0] if strategy == "greedy" else beam_search(steps, beams=100)[0][0]
            )
            assert ours == tuple(int(k) for k in row if k >= 0)
