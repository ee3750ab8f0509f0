"""How many misread plates the registry still finds, and how many strangers it takes for its own.

Run: python benchmarks/lookup.py data/realdev/labels.csv

Reads labelled photos once (the readings are kept in `--cache` for the next run) and looks every
reading of a labelled text up in a registry of drawn plates, of the photos' own countries in their
proportion, and all the true texts. Then each vehicle is taken for a stranger: its own text is taken
out of the registry, everyone else's stays. Beside the look-up by likelihood stands the plain one:
the registered plate with the fewest edits (Levenshtein 1966), at most 0, 1 or 2, and none where two
are as near. Last, how long a look-up takes among more plates. Writes results/lookup.json.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from checkout import ROOT, write_result
from numpy.typing import NDArray

from platewright.dataset.format.labels_csv import Label, read_labels
from platewright.errors import DatasetError, run_script
from platewright.evaluation.metrics import match
from platewright.evaluation.report import default_digests
from platewright.file import file_digest, make_folder
from platewright.geometry import quad_of_box
from platewright.image import load_image
from platewright.reading.choice import load_detector
from platewright.region import load_region, region_codes
from platewright.text import Alphabet, clean
from platewright.web.registry.likelihood import LONGEST, LookupSettings, Matcher, normalize

SEED = 4_000_037
CURVE = (0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999)
"""Least probabilities of a match at which the likelihood is scored, beside the default."""
SIZES = (1_000, 10_000, 100_000)

Slots = NDArray[np.float64]


def read_all(labels: Sequence[Label], images: Path, weights: Path) -> tuple[list[str], Slots]:
    """Return the texts read and their slots, one per label; an empty text where nothing was."""
    detector = load_detector(weights)
    texts = [""] * len(labels)
    slots = np.zeros((len(labels), detector.speller.longest, detector.alphabet.num_classes))
    by_file: dict[str, list[int]] = {}
    for k, label in enumerate(labels):
        by_file.setdefault(label.file, []).append(k)
    for number, (file, places) in enumerate(by_file.items(), start=1):
        image = load_image(images / file)
        whole = (0.0, 0.0, float(image.shape[1]), float(image.shape[0]))
        boxes = [labels[k].box or whole for k in places]
        if all(labels[k].box is None for k in places):
            readings = detector.read_quads(image, [quad_of_box(box) for box in boxes])
            pairs = [(j, 1.0) for j in range(len(boxes))]
        else:
            readings = detector.read(image)
            pairs = match(boxes, readings)
        for k, (j, overlap) in zip(places, pairs, strict=True):
            if j >= 0 and overlap > 0 and readings[j].slots is not None:
                texts[k], slots[k] = readings[j].text, np.asarray(readings[j].slots)
        if number % 100 == 0:
            print(f"{number} of {len(by_file)} photos", file=sys.stderr, flush=True)
    return texts, slots


def cached(labels: Sequence[Label], images: Path, weights: Path, path: Path) -> tuple[Any, Slots]:
    """Return `read_all`, from the cache where it is of these labels and networks."""
    key = hashlib.sha256(repr((default_digests(weights), labels)).encode()).hexdigest()
    if path.is_file():
        with np.load(path) as kept:
            if str(kept["key"]) == key:
                return kept["texts"].tolist(), kept["slots"].astype(np.float64)
    texts, slots = read_all(labels, images, weights)
    make_folder(path.parent)
    np.savez_compressed(path, key=key, texts=np.array(texts), slots=slots.astype(np.float32))
    return texts, slots


def drawn_plates(countries: Sequence[str], count: int, taken: set[str]) -> list[str]:
    """Return so many distinct texts of the countries' regions, in their proportion."""
    shares = Counter(code for code in countries if code in region_codes()) or Counter(GB=1)
    codes, weights = list(shares), np.array(list(shares.values()), float)
    rng = np.random.default_rng(SEED)
    regions = [load_region(code) for code in codes]
    found: dict[str, None] = {}
    while len(found) < count:
        region = regions[int(rng.choice(len(regions), p=weights / weights.sum()))]
        text = clean(normalize("".join(region.draw(rng).text.split("|"))))
        if text not in taken and len(text) <= LONGEST:
            found[text] = None
    return list(found)


def nearest(read: str, codes: NDArray[np.int16], lengths: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the edits between a text and each plate, all plates at once."""
    kinds = Alphabet().encode(read, max(len(read), 1))[: len(read)]
    row = np.tile(np.arange(codes.shape[1] + 1), (len(codes), 1))
    for i, kind in enumerate(kinds, start=1):
        below = np.empty_like(row)
        below[:, 0] = i
        swap = row[:, :-1] + (codes != kind)
        for j in range(1, row.shape[1]):
            below[:, j] = np.minimum(np.minimum(below[:, j - 1], row[:, j]) + 1, swap[:, j - 1])
        row = below
    return np.asarray(row[np.arange(len(codes)), lengths], np.intp)


def by_edits(edits: NDArray[np.intp], most: int, without: int) -> int:
    """Return the nearest plate within so many edits, -1 where there is none or two are."""
    edits = edits.copy()
    if without >= 0:
        edits[without] = 99
    best = int(edits.argmin())
    return best if edits[best] <= most and (edits == edits[best]).sum() == 1 else -1


def score(rows: list[dict[str, Any]], way: str) -> dict[str, Any]:
    """Count what a way of looking up made of the readings."""
    right = [row for row in rows if row["read_right"]]
    wrong = [row for row in rows if not row["read_right"]]

    def count(some: list[dict[str, Any]]) -> dict[str, int]:
        return dict(Counter(row[way]["registered"] for row in some))

    strangers = sum(row[way]["stranger"] for row in rows)
    return {
        "read_right": {"readings": len(right), **count(right)},
        "misread": {"readings": len(wrong), **count(wrong)},
        "strangers": {"readings": len(rows), "taken_for_registered": strangers},
    }


def measure(
    truths: list[str], texts: list[str], slots: Slots, plates: list[str], settings: LookupSettings
) -> dict[str, Any]:
    """Look all readings up in every way."""
    matcher = Matcher(plates, settings=settings)
    places = {text: k for k, text in enumerate(plates)}
    codes = np.stack([Alphabet().encode(text, LONGEST) for text in plates]).astype(np.int16)
    lengths = np.array([len(text) for text in plates])
    rows: list[dict[str, Any]] = []
    spent, curve = [], []
    for truth, text, table in zip(truths, texts, slots, strict=True):
        own = places[truth]
        row: dict[str, Any] = {"read_right": text == truth}
        start = time.perf_counter()
        found = matcher.match(table, text)
        spent.append((time.perf_counter() - start) * 1e3)
        other = matcher.match(table, text, without=own)
        row["likelihood"] = {
            "registered": verdict(found.index, own),
            "stranger": other.index >= 0,
        }
        sure = [1.0 if m.exact else m.probability for m in (found, other)]
        curve.append((row["read_right"], found.best == own, *sure))
        edits = nearest(text, codes, lengths)
        for most in (0, 1, 2):
            row[f"edits_{most}"] = {
                "registered": verdict(by_edits(edits, most, -1), own),
                "stranger": by_edits(edits, most, own) >= 0,
            }
        rows.append(row)
    ways = ("likelihood", "edits_0", "edits_1", "edits_2")
    return {
        **{way: score(rows, way) for way in ways},
        "curve": [
            {
                "least": least,
                "misread_right": sum(p >= least and own and not r for r, own, p, _ in curve),
                "misread_wrong": sum(p >= least and not own and not r for r, own, p, _ in curve),
                "strangers_taken": sum(p >= least for *_, p in curve),
            }
            for least in CURVE
        ],
        "ms": round(float(np.median(spent)), 2),
    }


def verdict(found: int, own: int) -> str:
    """Say what a match is to a vehicle that is registered."""
    return "none" if found < 0 else "right" if found == own else "wrong"


def main() -> None:
    """Read, look up, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labels", type=Path, metavar="LABELS.csv")
    parser.add_argument("--plates", type=int, default=10_000, help="drawn ones (%(default)s)")
    parser.add_argument("--weights", type=Path, default=ROOT / "weights.onnx")
    parser.add_argument("--cache", type=Path, default=ROOT / "runs/lookup.npz", metavar="FILE")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="(results)")
    args = parser.parse_args()
    labels = [x for x in read_labels(args.labels) if clean(x.text)]
    texts, slots = cached(labels, args.labels.parent / "images", args.weights, args.cache)
    kept = [k for k, label in enumerate(labels) if texts[k] and len(clean(label.text)) <= LONGEST]
    if not kept:
        raise DatasetError(f"{args.labels}: no labelled plate was read at all")
    truths = [clean(labels[k].text) for k in kept]
    own = list(dict.fromkeys(truths))
    drawn = drawn_plates([x.country for x in labels], args.plates, set(own))
    settings = LookupSettings()
    figures = measure(truths, [texts[k] for k in kept], slots[kept], own + drawn, settings)
    speed = {}
    for size in SIZES:
        rng = np.random.default_rng(SEED)
        many = ["".join(rng.choice(list(Alphabet().characters), 7)) for _ in range(size)]
        matcher = Matcher(list(dict.fromkeys(many)))
        spent = []
        for k in kept[:20]:
            start = time.perf_counter()
            matcher.match(slots[k], texts[k])
            spent.append((time.perf_counter() - start) * 1e3)
        speed[str(size)] = round(float(np.median(spent)), 2)
    result = {
        "command": "python benchmarks/lookup.py " + " ".join(sys.argv[1:]),
        **default_digests(args.weights),
        "labels_sha256": file_digest(args.labels),
        "settings": asdict(settings),
        "registered": {"true": len(own), "drawn": len(drawn)},
        "labelled_texts": len(labels),
        "ms_by_plates": speed,
        **figures,
    }
    write_result(args.out / "lookup.json", result)


if __name__ == "__main__":
    run_script(main, "lookup.py")
