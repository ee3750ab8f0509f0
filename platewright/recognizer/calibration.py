"""Calibration: a temperature that makes a reading's confidence the chance that its text is right.

Confidence is a product of probabilities that were averaged over framings, which makes each of them
less sure than it need be. Dividing their logarithms by one number mends that (Guo et al., "On
calibration of modern neural networks", 2017); the order of a slot's characters stays.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.alphabet import Alphabet
from platewright.errors import WeightsError
from platewright.evaluation.metrics import expected_calibration_error, reliability
from platewright.file import file_digest, write_file
from platewright.reading.spelling import EMPTY, sharpen
from platewright.recognizer.weights import load_arrays, save_weights

__all__ = ["Calibration", "confidences", "fit_temperature", "store_temperature"]

FloatArray = NDArray[np.float64]
TEMPERATURES = np.exp(np.linspace(np.log(0.1), np.log(4.0), 149))
"""What is tried: steps of 2.5 %."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A fitted temperature.

    Attributes:
        temperature: divides the logarithms of the slots' probabilities.
        readings: how many it was fitted on.
        right: part of their texts that were right, 0-1.
        ece_before: expected calibration error at temperature 1.
        ece: the same at the fitted one.
    """

    temperature: float
    readings: int
    right: float
    ece_before: float
    ece: float


def confidences(slots: ArrayLike, alphabet: Alphabet, temperature: float) -> FloatArray:
    """Return the confidence of each reading's text, as `decode_slots` and `spell` do for one.

    Args:
        slots: (n, slots, classes) probabilities at temperature 1.
        alphabet: of the classes.
        temperature: to read them at.
    """
    every = np.asarray(slots, np.float64).reshape(-1, *np.shape(slots)[1:])
    if not every.size:
        return np.zeros(0)
    pad = alphabet.pad
    empty = every[:, :, pad] > EMPTY
    # Every place up to the first empty one counts, that one too.
    counted: NDArray[np.bool_] = np.cumsum(empty, axis=1) - empty == 0
    shown = sharpen(every, temperature)
    chosen = np.where(empty, shown[:, :, pad], shown[:, :, :pad].max(axis=2))
    return np.where(empty[:, 0], 0.0, np.where(counted, chosen, 1.0).prod(axis=1))


def fit_temperature(slots: ArrayLike, right: ArrayLike, alphabet: Alphabet) -> Calibration:
    """Find the temperature under which the confidences tell best which texts are right.

    The measure is the mean negative log-likelihood of right and wrong, which is least where the
    confidence is the chance of being right.

    Args:
        slots: (n, slots, classes) probabilities of the readings, at temperature 1.
        right: (n,) whether its text was right.
        alphabet: of the classes.

    Raises:
        ValueError: if all texts are right, or all wrong: nothing can be fitted to that.
    """
    hits = np.asarray(right, bool)
    if hits.all() or not hits.any():
        raise ValueError("right and wrong texts are both needed")
    costs = []
    for temperature in TEMPERATURES:
        sure = np.clip(confidences(slots, alphabet, float(temperature)), 1e-6, 1 - 1e-6)
        costs.append(-np.log(np.where(hits, sure, 1 - sure)).mean())
    best = round(float(TEMPERATURES[int(np.argmin(costs))]), 3)

    def ece(temperature: float) -> float:
        table = reliability(confidences(slots, alphabet, temperature), hits)
        return round(expected_calibration_error(table), 4)

    return Calibration(
        temperature=best,
        readings=len(hits),
        right=round(float(hits.mean()), 4),
        ece_before=ece(1.0),
        ece=ece(best),
    )


def store_temperature(weights: Path, calibration: Calibration) -> list[Path]:
    """Write a temperature into a weights file and into the `.onnx` beside it, where there is one.

    Args:
        weights: the `.npz`.
        calibration: of these weights.

    Returns:
        The files that were written.

    Raises:
        WeightsError: if a file can't be read, or `onnx` is not installed though it is needed.
        OutputError: if a file can't be written.
    """
    arrays, settings, note = load_arrays(weights)
    settings = replace(settings, temperature=calibration.temperature)
    beside = weights.with_suffix(".onnx")
    exported = _opened(beside) if beside.is_file() else None
    save_weights(weights, arrays, settings, note | {"calibration": asdict(calibration)})
    if exported is None:
        return [weights]
    import onnx

    told = {"settings": settings.to_json(), "made_of": file_digest(weights)}
    onnx.helper.set_model_props(exported, told)
    write_file(beside, bytes(exported.SerializeToString()))
    return [weights, beside]


def _opened(path: Path) -> Any:
    """Return an exported file's content.

    Raises:
        WeightsError: if it can't be read, or `onnx` is not installed.
    """
    try:
        import onnx
    except ImportError:
        raise WeightsError(f"{path}: writing into it needs onnx (pip install onnx)") from None
    try:
        return onnx.load_model_from_string(path.read_bytes())
    except Exception as error:  # protobuf's decoding errors have no common public base
        raise WeightsError(f"{path}: not a usable .onnx file ({error})") from None
