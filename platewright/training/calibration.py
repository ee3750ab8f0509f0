"""Calibrates weights on drawings that training never saw.

Run: python -m platewright.training.calibration weights.npz

Draws close-ups of plates, frames them with the errors that a first look makes, reads them as
`detect.py` does, fits a temperature to the texts that it would show, and writes it into the weights
and the `.onnx` beside them. A minute or two; no real photo is used. Confidence is a product of
probabilities, which makes it surer or less sure than it should be. Dividing their logarithms by one
number mends that (Guo et al. 2017, "On calibration of modern neural networks"): then it is the
chance that the text is right.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.background.photo import background_folder, load_backgrounds
from platewright.errors import WeightsError, run_script
from platewright.evaluation.metrics import expected_calibration_error, reliability
from platewright.file import file_digest, named_path, write_file
from platewright.geometry import FloatArray
from platewright.network.part import LineSettings, SlotSettings
from platewright.network.weights import AnySettings, load_weights, save_weights
from platewright.progress import track
from platewright.reading.acceptance import Shown
from platewright.reading.choice import detector_of
from platewright.reading.ctc import log_likelihoods
from platewright.reading.detector import Detector
from platewright.reading.line_evidence import LineEvidence
from platewright.reading.runtime import Network, load_network, log_softmax
from platewright.reading.settings import DetectorSettings
from platewright.reading.speller import Look, SlotEvidence, Speller
from platewright.reading.spelling import EMPTY, sharpen
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings, draw_closeup
from platewright.text import Alphabet, clean, fold
from platewright.training.sample import SampleSettings
from platewright.training.view import frame_quad

HELD_OUT_SEED = 2_000_029  #: Of drawings that neither training nor its checks draw
MARGIN = (1.0, 2.0)
"""Room round a plate, in its heights: a badly framed one must not see the picture's edge."""
TEMPERATURES = np.exp(np.linspace(np.log(0.1), np.log(4.0), 149))  #: What is tried: steps of 2.5 %


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A fitted temperature."""

    temperature: float  #: divides the logarithms of the slots' probabilities
    readings: int  #: how many it was fitted on
    right: float  #: part of their texts that were right, 0-1
    ece_before: float  #: expected calibration error at temperature 1
    ece: float  #: the same at the fitted one


def confidences(slots: ArrayLike, alphabet: Alphabet, temperature: float) -> FloatArray:
    """Return the confidence of each reading's text, as `decode_slots` and `spell` do for one.

    Args:
        slots: (n, slots, classes) probabilities at temperature 1.
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


def fit_temperature(rate: Callable[[float], FloatArray], right: ArrayLike) -> Calibration:
    """Find the temperature under which the confidences tell best which texts are right.

    That is where the mean negative log-likelihood of right and wrong is least.

    Args:
        rate: returns the (n,) confidences of the readings' texts at a temperature.
        right: (n,) whether its text was right.

    Raises:
        ValueError: if all texts are right, or all wrong: nothing can be fitted to that.
    """
    hits = np.asarray(right, bool)
    if hits.all() or not hits.any():
        raise ValueError("right and wrong texts are both needed")
    costs = []
    for temperature in TEMPERATURES:
        sure = np.clip(rate(float(temperature)), 1e-6, 1 - 1e-6)
        costs.append(-np.log(np.where(hits, sure, 1 - sure)).mean())
    best = round(float(TEMPERATURES[int(np.argmin(costs))]), 3)

    def ece(temperature: float) -> float:
        table = reliability(rate(temperature), hits)
        return round(expected_calibration_error(table), 4)

    return Calibration(
        temperature=best,
        readings=len(hits),
        right=round(float(hits.mean()), 4),
        ece_before=ece(1.0),
        ece=ece(best),
    )


def line_confidences(readings: Sequence[LineEvidence], temperature: float) -> FloatArray:
    """Return (n,) the confidence of each reading's text, as the line speller gives it.

    Args:
        readings: made at any temperature, each with the text that is most probable there.
        temperature: to read them at.
    """
    found = []
    for one in readings:
        part = temperature / one.settings.temperature
        text = one.texts[0][0]
        every = [log_softmax(np.asarray(f.logs / part, np.float32)) for f in one.framings]
        found.append(np.mean([np.exp(log_likelihoods(each, [text])[0]) for each in every]))
    return np.array(found, np.float64)


class _Kept:
    """A speller that keeps its looks."""

    def __init__(self, base: Speller) -> None:
        self.base, self.alphabet, self.longest = base, base.alphabet, base.longest
        self.looks: list[Look] = []

    def look(self, grey: Any, quads: Sequence[FloatArray], framings: Sequence[float]) -> list[Look]:
        """See `Speller`."""
        found = self.base.look(grey, quads, framings)
        self.looks += found
        return found


def calibrate(
    network: Network,
    backgrounds: Backgrounds,
    *,
    drawings: int = 1500,
    seed: int = HELD_OUT_SEED,
    closeup: SceneSettings | None = None,
) -> Calibration:
    """Fit the temperature of a weights file's reader.

    Args:
        network: runs it; the temperature that it has already makes no difference.
        closeup: what they look like; None: as plates are drawn for training, every other one clear.

    Raises:
        WeightsError: if the network reads all of the plates, or none.
    """
    samples = SampleSettings()
    detector = detector_of(network, DetectorSettings())
    kept = _Kept(detector.speller)
    detector = Detector(detector.finder, detector.framer, kept, detector.settings)
    right, shown = [], []
    for index in track(range(drawings), unit="plates"):
        rng = np.random.default_rng([seed, index])
        usual = samples.clear if index % 2 else samples.closeup  # as the line reader sees them
        image, record = draw_closeup(rng, backgrounds, closeup or usual, margin=MARGIN)
        plate = record.plates[0]
        quad = frame_quad(rng, plate.quad, upright=rng.random() < samples.upright)
        reading = detector.read_quads(image, [quad])[0]
        right.append(fold(reading.text) == fold(clean(plate.text)))
        shown.append(reading.presence >= Shown.presence)
    seen = [look.evidence for look in kept.looks]
    # What is hardly a plate, and not shown, would make the rest less sure than it is. The slot
    # reader's presence is of its text's certainty in part, and says nothing else.
    if any(shown) and isinstance(seen[0], LineEvidence):
        right, seen = list(compress(right, shown)), list(compress(seen, shown))
    lines = [one for one in seen if isinstance(one, LineEvidence)]
    slots = [one.plain for one in seen if isinstance(one, SlotEvidence)]
    rate: Callable[[float], FloatArray] = partial(line_confidences, lines)
    rate = rate if lines else partial(confidences, slots, detector.alphabet)
    try:
        return fit_temperature(rate, right)
    except ValueError:
        raise WeightsError(
            f"of {len(right)} drawn plates {sum(right)} were read right: nothing can be calibrated "
            "on that; train longer, or draw more plates"
        ) from None


def _reader(settings: AnySettings, source: str) -> LineSettings | SlotSettings:
    """Return what of a weights file reads."""
    for part in settings.parts.values():
        if isinstance(part, LineSettings | SlotSettings):
            return part
    raise WeightsError(f"{source}: has no line or slot reader to calibrate")


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
    arrays, found, note = load_weights(weights)
    part = _reader(found, str(weights))
    changed = replace(part, temperature=calibration.temperature)
    settings: Any = replace(found, **{part.task: changed})  # type: ignore[arg-type]
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
    """Return an exported file's content."""
    try:
        import onnx
    except ImportError:
        raise WeightsError(f"{path}: writing into it needs onnx (pip install onnx)") from None
    try:
        return onnx.load_model_from_string(path.read_bytes())
    except Exception as error:  # protobuf's decoding errors have no common public base
        raise WeightsError(f"{path}: not a usable .onnx file ({error})") from None


def main() -> int:
    """Calibrate a weights file in place."""
    parser = argparse.ArgumentParser(
        prog="python -m platewright.training.calibration",
        description="Fit the temperature of weights on drawings, and write it into them.",
    )
    add = parser.add_argument
    add("weights", type=named_path, metavar="WEIGHTS.npz")
    add("--drawings", type=int, default=1500, metavar="N", help="plates drawn (%(default)s)")
    add("--bgs", type=named_path, metavar="FOLDER",
        help="backgrounds (bgs, where it is there; none: drawn ones)")  # fmt: skip
    add("--seed", type=int, default=HELD_OUT_SEED, help="of the drawings (%(default)s)")
    args = parser.parse_args()
    if args.weights.suffix != ".npz":
        raise WeightsError(f"{args.weights}: give the .npz; the .onnx beside it is written as well")
    network = load_network(args.weights)
    photos = load_backgrounds(background_folder(args.bgs))
    found = calibrate(network, Backgrounds(photos), drawings=args.drawings, seed=args.seed)
    written = store_temperature(args.weights, found)
    print(
        f"temperature {found.temperature}: of {found.readings} drawn plates that are shown, "
        f"{found.right:.1%} are read right, ECE {found.ece:.3f} (at temperature 1: "
        f"{found.ece_before:.3f})"
    )
    print("written into " + " and ".join(str(path) for path in written))
    return 0


if __name__ == "__main__":
    run_script(main, "calibration")
