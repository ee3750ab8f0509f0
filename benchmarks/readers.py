"""Every reader on the same plates: size, time, and how many texts it reads.

Run: python benchmarks/readers.py --realdev data/realdev/labels.csv --crops data/crops_us/labels.csv

The default network finds nothing here: the boxes are given. It frames them, then each reader reads
what is framed, as `detect.py --reader` does. The drawn plates have faces that are not in `fonts/`
(DejaVu, which come with matplotlib) and, with `--bgs FOLDER --skip N`, backgrounds that training
did not have. `box` is scored by the mean overlap of its boxes, beside that of the best constant
box, on drawn photos and on the real ones with one plate. `line` is the weights' own reader, and
`line+crnn-lstm` is both, which vote.
Writes results/readers.json and prints the README's table.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count as count_from
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from figures import READ, reader_table  # noqa: E402

from platewright.errors import ConfigError, OutputError, WeightsError, run_script  # noqa: E402

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from platewright.geometry import Box
    from platewright.reading.detector import Detector
    from platewright.reading.finder import BoxFinder
    from platewright.synth.background import Backgrounds

    Picture = NDArray[np.uint8]
    Drawn = list[tuple[Picture, NDArray[np.float64], str]]

SEED = 5_000_011
"""Of drawings that neither training nor its checks draw."""
VOTES = ("line+crnn-lstm",)
"""Readers that vote, beside each by itself."""
UNSEEN = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSansMono-Bold")


@contextmanager
def unseen_faces() -> Iterator[None]:
    """Let plates be drawn with faces that are not in `fonts/`.

    Raises:
        ConfigError: if matplotlib, which has them, is not installed.
    """
    try:
        import matplotlib
    except ImportError:
        raise ConfigError("the unseen faces come with matplotlib: pip install it") from None
    from platewright.synth import decoy, plate, style

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    faces = {name: folder / f"{name}.ttf" for name in UNSEEN}
    kept = style.match_faces, plate.load_faces, decoy.load_faces
    try:
        style.match_faces = lambda *_: tuple(faces.values())
        plate.load_faces = decoy.load_faces = lambda *_: faces
        yield
    finally:
        style.match_faces, plate.load_faces, decoy.load_faces = kept


def draw_plates(count: int, backgrounds: Backgrounds) -> Drawn:
    """Return pictures with one plate each, a quad framed with a detector's errors, its text."""
    import numpy as np

    from platewright.synth.scene import draw_closeup
    from platewright.text import clean
    from platewright.training.sample import SampleSettings, legible
    from platewright.training.view import CLOSE, frame_quad

    samples, found = SampleSettings(), []
    for k in count_from(0):
        if len(found) == count:
            break
        rng = np.random.default_rng([SEED, k])
        image, record = draw_closeup(rng, backgrounds, samples.closeup, margin=CLOSE)
        if not legible(record):
            continue
        one = record.plates[0]
        quad = frame_quad(rng, one.quad, upright=rng.random() < samples.upright)
        found.append((image, quad, clean(one.text)))
    return found


def score_drawn(detector: Detector, drawn: Drawn) -> dict[str, float]:
    """Return the parts of drawn texts and characters that are read right."""
    import numpy as np

    from platewright.evaluation.metrics import character_accuracy
    from platewright.text import clean, fold

    pairs = [
        (text, clean(detector.read_quads(image, [quad])[0].text)) for image, quad, text in drawn
    ]
    return {
        "texts": len(pairs),
        "exact": round(float(np.mean([a == b for a, b in pairs])), 4),
        "folded": round(float(np.mean([fold(a) == fold(b) for a, b in pairs])), 4),
        "character_accuracy": round(character_accuracy(pairs), 4),
    }


def score_labels(detector: Detector, path: Path, limit: int | None) -> dict[str, Any]:
    """Return the same of labelled boxes."""
    from platewright.dataset.format.labels_csv import choose, read_labels
    from platewright.evaluation.evaluation import evaluate

    labels = choose(read_labels(path), (), limit)
    report = evaluate(labels, path.parent / "images", detector, given_boxes=True).report()
    return {k: report["all"][k] for k in ("texts", *READ)}


def read_ms(detector: Detector, drawn: Drawn) -> float:
    """Return the median time to read one crop, without framing it, in milliseconds."""
    import numpy as np

    from platewright.reading.finder import BoxFinder
    from platewright.reading.speller import SecondSpeller, crops_for

    times = []
    for image, quad, _ in drawn[:60]:
        grey = _grey(image)
        speller = detector.speller
        if isinstance(detector.finder, BoxFinder):
            began = time.perf_counter()
            detector.finder.box(grey)
        elif isinstance(speller, SecondSpeller):
            crops = crops_for(speller.other, grey, [quad])
            began = time.perf_counter()
            for evidence in speller.other.look(crops):
                evidence.spell()
        else:
            began = time.perf_counter()
            for look in speller.look(grey, [quad], detector.settings.framings):
                look.evidence.spell()
        times.append((time.perf_counter() - began) * 1e3)
    return round(float(np.median(times)), 2)


def overlaps(found: Sequence[Box], true: Sequence[Box]) -> dict[str, float]:
    """Return how boxes in parts of their photos fit, beside the one that fits all best."""
    import numpy as np

    from platewright.geometry import iou

    want = np.array(true)
    constant = want.mean(axis=0)  # of least mean squared error
    return {
        "photos": len(want),
        "iou": round(float(np.mean([iou(a, b) for a, b in zip(found, true, strict=True)])), 4),
        "mse": round(float(((np.array(found) - want) ** 2).mean()), 5),
        "constant_iou": round(float(np.mean([iou(tuple(constant), b) for b in true])), 4),
        "constant_mse": round(float(((constant - want) ** 2).mean()), 5),
    }


def _grey(image: Picture) -> Picture:
    import numpy as np

    return image if image.ndim == 2 else np.asarray(image.mean(axis=2), np.uint8)


def score_boxes(finder: BoxFinder, photos: Iterator[tuple[Picture, Box]]) -> dict[str, float]:
    """Return how well a regression finds the one plate of each photo."""
    import numpy as np

    found, true = [], []
    for image, box in photos:
        size = np.array([image.shape[1], image.shape[0]] * 2, float)
        found.append(tuple((np.array(finder.box(_grey(image))) / size).tolist()))
        true.append(tuple((np.array(box) / size).tolist()))
    return overlaps(found, true)  # type: ignore[arg-type]


def drawn_photos(count: int, backgrounds: Backgrounds) -> Iterator[tuple[Picture, Box]]:
    """Draw photos with one plate as `box` is taught, with a seed of their own."""
    import numpy as np

    from platewright.synth.scene import draw_scene
    from platewright.training.sample import SampleSettings
    from platewright.training.task.box import one_plate_scene

    for k in range(count):
        rng = np.random.default_rng([SEED, 1, k])
        settings = one_plate_scene(rng, SampleSettings().scene)
        image, record = draw_scene(rng, backgrounds, settings)
        if record.plates:
            yield image, record.plates[0].box


def real_photos(path: Path, limit: int | None) -> Iterator[tuple[Picture, Box]]:
    """Load the photos that have one labelled plate."""
    from platewright.dataset.format.labels_csv import choose, read_labels
    from platewright.image import load_image

    labels = choose(read_labels(path), (), limit)
    files = [label.file for label in labels]
    for label in labels:
        if files.count(label.file) == 1 and label.box is not None:
            yield load_image(path.parent / "images" / label.file), label.box


def parameters(weights: Sequence[Path]) -> int | None:
    """Return how many numbers the `.npz` beside exports have; None where one has none."""
    from platewright.network.weights import load_file

    beside = [path.with_suffix(".npz") for path in weights]
    if not all(path.is_file() for path in beside):
        return None
    return sum(v.size for path in beside for v in load_file(path)[0].values())


def weights_of(choice: str, default: Path) -> list[Path]:
    """Return the weights that a choice reads with, as `detect.py --reader` does.

    Raises:
        ConfigError, WeightsError: as `find_weights`.
    """
    from platewright.reading.choice import find_weights, voters

    return [default if name == "line" else find_weights(name) for name in voters(choice)]


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME|FILE", help="readers (all that have weights)")
    add("--realdev", type=Path, metavar="LABELS.csv", help="photos with labelled boxes")
    add("--crops", type=Path, metavar="LABELS.csv", help="pictures that are one plate each")
    add("--bgs", type=Path, metavar="FOLDER", help="backgrounds (drawn ones)")
    add("--skip", type=int, default=0, metavar="N", help="leave the first N of them out")
    add("--drawn", type=int, default=500, metavar="N", help="drawn plates (%(default)s)")
    add("--limit", type=int, metavar="N", help="the first N photos only")
    add("--weights", type=Path, default=ROOT / "weights.onnx", help="of the default network")
    add("--out", type=Path, default=ROOT / "results/readers.json", metavar="FILE")
    add("--force", action="store_true", help="overwrite it")
    args = parser.parse_args()
    if args.drawn < 1 or args.skip < 0 or (args.limit is not None and args.limit < 1):
        parser.error("--drawn and --limit must be at least 1, --skip can't be negative")
    return args


def main() -> None:
    """Score the readers."""
    args = parse_args()

    from platewright.background.photo import load_backgrounds
    from platewright.evaluation.report import processor
    from platewright.file import file_digest, make_folder, write_file
    from platewright.network.kind import kind_names
    from platewright.network.part import PARTS
    from platewright.reading.choice import detector_of, voters, with_reader
    from platewright.reading.finder import BoxFinder
    from platewright.reading.runtime import load_network
    from platewright.synth.background import Backgrounds

    if args.out.exists() and not args.force:
        raise OutputError(f"{args.out}: there already; give another name or --force")
    chosen = {}
    for name in ("line", *(args.names or (*(n for n in kind_names() if n not in PARTS), *VOTES))):
        try:
            chosen[name] = weights_of(name, args.weights)
        except WeightsError as error:
            if args.names:
                raise
            print(f"readers.py: {error}", file=sys.stderr)
    photos = load_backgrounds(args.bgs, grey=True)[args.skip :] if args.bgs else []
    backgrounds = Backgrounds(photos, seed=SEED)
    with unseen_faces():
        drawn = draw_plates(args.drawn, backgrounds)
    default = detector_of(load_network(args.weights))
    scores: dict[str, Any] = {}
    for name, weights in chosen.items():
        detector = with_reader(default, name)
        digests = [file_digest(path) for path in weights]
        one: dict[str, Any] = {
            "weights_sha256": "+".join(digests),
            "parameters": parameters(weights),
            "ms": read_ms(detector, drawn),
        }
        if isinstance(detector.finder, BoxFinder):
            one["drawn"] = score_boxes(detector.finder, drawn_photos(args.drawn, backgrounds))
            if args.realdev:
                one["realdev"] = score_boxes(detector.finder, real_photos(args.realdev, args.limit))
        else:
            one["drawn"] = score_drawn(detector, drawn)
            for key, path in (("realdev", args.realdev), ("crops_us", args.crops)):
                if path:
                    one[key] = score_labels(detector, path, args.limit)
        stem = "+".join(Path(part).stem for part in voters(name))
        scores[name if stem in scores else stem] = one
        print(f"{name}: {json.dumps(one)}", file=sys.stderr)
    command = "python benchmarks/readers.py " + shlex.join(sys.argv[1:])
    result = {
        "command": command.strip(),
        "processor": processor(),
        "backgrounds": len(photos),
        "readers": scores,
    }
    make_folder(args.out.parent)
    write_file(args.out, (json.dumps(result, indent=1) + "\n").encode())
    print("\n".join(reader_table(scores)))


if __name__ == "__main__":
    run_script(main, "readers.py")
