"""Spellers of straightened plates by networks with a weights file of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.errors import ConfigError
from platewright.geometry import FloatArray, Picture
from platewright.image import as_grey, check_picture_names, save_image
from platewright.reading.ctc import labels, log_likelihoods, spell_ctc, spell_text
from platewright.reading.detector import Detector
from platewright.reading.runtime import Network, levels, log_softmax
from platewright.reading.speller import CropSpeller, SecondSpeller, crops_for
from platewright.reading.spelling import Spelling
from platewright.record import Reading
from platewright.text import Alphabet

Step = Callable[
    [NDArray[np.int32], NDArray[np.float32]],
    tuple[FloatArray, NDArray[np.float32], FloatArray],
]
"""Takes tokens (n,) and states (n, S) to log-probabilities (n, classes), states and weights
(n, cells)."""


@dataclass(frozen=True)
class Hypothesis:
    """A text as far as it is spelt."""

    classes: tuple[int, ...] = ()  #: its characters, without the end
    log_probability: float = 0.0  #: of them, and of the end where it is reached
    ended: bool = False  #: whether the end is reached
    rows: tuple[FloatArray, ...] = ()  #: (classes,) log-probabilities of each step
    weights: tuple[FloatArray, ...] = ()  #: (cells,) of each step


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
        grown = [
            (text.log_probability + float(logs[k, c]), k, int(c))
            for k, (text, _) in enumerate(alive)
            for c in np.argsort(-logs[k])[: beams + 1]
        ]
        grown.sort(key=lambda item: -item[0])
        following = []
        for total, k, c in grown[:beams]:
            text = alive[k][0]
            ended = c == end
            classes = text.classes if ended else (*text.classes, c)
            rows, looked = (*text.rows, logs[k]), (*text.weights, weights[k])
            new = Hypothesis(classes, total, ended, rows, looked)
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


class _NetworkCrops:
    """What network spellers of crops have in common.

    Args:
        network: of a kind that reads text.
        beams: texts that a search follows at once; 1: only the most probable next step.
    """

    weight = 1.0

    def __init__(self, network: Network, *, beams: int) -> None:
        self.network, self.beams = network, beams
        self.settings = network.settings
        self.alphabet, self.margin = self.settings.alphabet, self.settings.margin

    def window(self, quad: FloatArray) -> tuple[int, int]:
        """See `CropSpeller`."""
        size: tuple[int, int] = self.settings.window
        return size


class CtcSpeller(_NetworkCrops):
    """Reads steps from left to right, one row of the plate after the other."""

    def look(self, crops: Sequence[Picture]) -> list[CtcEvidence]:
        """See `CropSpeller`."""
        if not len(crops):
            return []
        (logits,) = self.network.run(["logits"], {"window": levels(np.stack(crops))})
        return [CtcEvidence(steps, self.settings, self.beams) for steps in log_softmax(logits)]


@dataclass(frozen=True)
class CtcEvidence:
    """Steps of one crop."""

    steps: FloatArray  #: (steps, characters + 1) log-probabilities, blank first
    settings: Any  #: of the network
    beams: int  #: of the search

    def spell(self) -> Spelling:
        """See `Evidence`."""
        alphabet, slots = self.settings.alphabet, self.settings.slots
        return spell_ctc(self.steps, alphabet, slots=slots, beams=self.beams)

    def rate(self, texts: Sequence[str]) -> list[float]:
        """See `Evidence`."""
        return log_likelihoods(self.steps, [self._classes(text) for text in texts])

    def spell_as(self, text: str) -> Spelling:
        """See `Evidence`."""
        alphabet, slots = self.settings.alphabet, self.settings.slots
        return spell_text(self.steps, self._classes(text), alphabet, slots=slots)

    def _classes(self, text: str) -> list[int]:
        return labels(text, self.settings.alphabet)[: self.settings.slots]


class AttentionSpeller(_NetworkCrops):
    """Looks at one place per character."""

    def look(self, crops: Sequence[Picture]) -> list[AttentionEvidence]:
        """See `CropSpeller`."""
        if not len(crops):
            return []
        (memory,) = self.network.run(["memory"], {"window": levels(np.stack(crops))})
        return [AttentionEvidence(cells, self.network, self.beams) for cells in memory]


@dataclass(frozen=True)
class AttentionEvidence:
    """What attention may look at in one crop."""

    cells: NDArray[np.float32]  #: (cells, channels)
    network: Network  #: whose decoder looks
    beams: int  #: of the search

    def spell(self) -> Spelling:
        """See `Evidence`."""
        own = self.network.settings
        found = search(
            self._step, self._start, end=own.alphabet.pad, longest=own.slots, beams=self.beams
        )
        return self._spelled(found)

    def rate(self, texts: Sequence[str]) -> list[float]:
        """See `Evidence`."""
        return [self.spell_as(text).log_probability for text in texts]

    def spell_as(self, text: str) -> Spelling:
        """See `Evidence`."""
        own = self.network.settings
        classes = own.alphabet.encode(text, len(text)).tolist()[: own.slots]
        found = follow(self._step, self._start, classes, end=own.alphabet.pad, longest=own.slots)
        return self._spelled([found])

    @property
    def _start(self) -> NDArray[np.float32]:
        return np.zeros(2 * self.network.settings.units[-1], np.float32)

    def _spelled(self, found: list[Hypothesis]) -> Spelling:
        own = self.network.settings
        shape = (own.rows, len(self.cells) // own.rows)
        return spell_attention(found, own.alphabet, slots=own.slots, shape=shape)

    def _step(
        self, tokens: NDArray[np.int32], states: NDArray[np.float32]
    ) -> tuple[FloatArray, NDArray[np.float32], FloatArray]:
        feed: dict[str, NDArray[Any]] = {
            "cells": np.repeat(self.cells[None], len(tokens), axis=0),
            "token": tokens[:, None],
            "state": states,
        }
        logits, after, weights = self.network.run(["logits", "next_state", "weights"], feed)
        return log_softmax(logits), after, weights.astype(np.float64)


#: By the task of the network
CROP_SPELLERS: dict[str, Callable[..., CropSpeller]] = {
    "ctc": CtcSpeller, "attention": AttentionSpeller,
}  # fmt: skip


def crop_speller(network: Network, *, beams: int = 8) -> CropSpeller:
    """Return what spells with a network.

    Raises:
        ValueError: if the network reads no text.
    """
    made = CROP_SPELLERS.get(network.settings.task)
    if made is None:
        raise ValueError(f"{network.settings.name} reads no text")
    return made(network, beams=beams)


ZOOM = 3
ACROSS = 4  #: Panels in a row
BAR = 26  #: Height of a panel's caption, pixels
END = "end"


def draw_attention(spelled: Sequence[tuple[Picture, Spelling]]) -> Picture:
    """Draw one panel per character, and one for the end, of each crop.

    Args:
        spelled: (h, w) grey crops, and what was read with attention, at least one.

    Returns:
        (H, W, 3) RGB; the redder a place, the more of the attention it has.
    """
    bands = [_band(crop, spelling) for crop, spelling in spelled]
    width = max(band.shape[1] for band in bands)
    return np.concatenate(
        [np.pad(b, ((0, 8), (0, width - b.shape[1]), (0, 0)), constant_values=255) for b in bands]
    )


class AttentionFile:
    """The picture of what a reader looked at in one photo.

    Args:
        detector: with a reader that has attention.
        photos: how many there are to read.

    Raises:
        ConfigError: if the detector's reader has no attention, there are several photos, or the
            file is no picture by its name.
    """

    def __init__(self, path: Path, detector: Detector, *, photos: int) -> None:
        speller = detector.speller
        if not isinstance(speller, SecondSpeller) or not isinstance(
            speller.other, AttentionSpeller
        ):
            raise ConfigError("--show-attention needs a reader with attention: --reader attention")
        if photos > 1:
            raise ConfigError(f"--show-attention draws one photo, not {photos}")
        check_picture_names(path)
        self.path, self.speller = path, speller

    def write(self, image: Picture, readings: Sequence[Reading]) -> None:
        """Draw where the reader looked in the plates that it read; no plate, no picture."""
        quads = [reading.quad for reading in readings]
        crops = crops_for(self.speller.other, as_grey(image), quads)
        spelled = [
            (crop, evidence.spell())
            for crop, evidence in zip(crops, self.speller.other.look(crops), strict=True)
        ]
        if spelled:
            save_image(self.path, draw_attention(spelled))


def _band(crop: Picture, spelling: Spelling) -> Picture:
    """Return one crop's panels, `ACROSS` in a row."""
    if spelling.weights is None:
        raise ValueError("a spelling without attention")
    size = (crop.shape[1] * ZOOM, crop.shape[0] * ZOOM)
    large = cv2.resize(crop, size, interpolation=cv2.INTER_CUBIC)
    captions = [*spelling.text, END][: len(spelling.weights)]
    panels = []
    for caption, weights in zip(captions, spelling.weights, strict=True):
        heat = cv2.resize(weights, size, interpolation=cv2.INTER_LINEAR)
        heat = np.clip(heat / max(float(weights.max()), 1e-9), 0, 1)[..., None]
        seen = large[..., None] * (1 - 0.6 * heat) + heat * 0.6 * np.array([255.0, 30.0, 0.0])
        panel = np.full((size[1] + BAR, size[0] + 6, 3), 255, np.uint8)
        panel[BAR:, :-6] = seen.round().astype(np.uint8)
        cv2.putText(panel, caption, (4, BAR - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (20, 20, 20), 2)
        panels.append(panel)
    across = min(ACROSS, len(panels))
    panels += [np.full_like(panels[0], 255)] * (-len(panels) % across)
    rows = [np.concatenate(panels[k : k + across], axis=1) for k in range(0, len(panels), across)]
    return np.concatenate(rows)
