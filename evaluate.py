"""Scores weights on labelled photos: figures on the terminal, in JSON, and a page of failures."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from platewright.errors import OutputError, run_script

ROOT = Path(__file__).resolve().parent


def count(text: str) -> int:
    """Return an argument's whole number above 0."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not above 0")
    return value


def fraction(text: str) -> float:
    """Return an argument's fraction; below 0 the box shrinks."""
    value = float(text)
    if not -0.4 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between -0.4 and 1")
    return value


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="evaluate.py",
        description="Read labelled photos and say how many plates are found and read.",
        epilog="LABELS.csv has the columns file,x,y,w,h,text,country (box in pixels of the photo) "
        "or, where each picture is one plate, file,text,country. The photos lie in images/ beside "
        "it. Exit 0: done; 1: some photo could not be read; 2: the arguments are off.",
    )
    add = parser.add_argument
    add("labels", type=Path, metavar="LABELS.csv")
    add("--weights", type=Path, default=ROOT / "weights.onnx", help="default: the bundled ones")
    add("--json", type=Path, metavar="FILE", help="write all figures there")
    add("--gallery", type=Path, metavar="FOLDER", help="write a page of the failures there")
    add("--given-boxes", action="store_true", help="read the labels' boxes, do not search")
    add(
        "--margin",
        type=fraction,
        default=0.0,
        metavar="M",
        help="added to a given box on each side, as a fraction of it (0)",
    )
    add("--limit", type=count, metavar="N", help="the first N photos only")
    add("--threads", type=count, default=1, metavar="N", help="for the network (1)")
    add("--force", action="store_true", help="overwrite the JSON file and the gallery")
    return parser.parse_args()


def main() -> int:
    """Read the photos, print the report, write what was asked for."""
    args = parse_args()
    if not args.force:
        page = args.gallery / "index.html" if args.gallery else None
        for path in (args.json, page):
            if path is not None and path.exists():
                raise OutputError(f"{path}: there already; give another name or --force")

    import hashlib
    import json
    from dataclasses import asdict

    from platewright.evaluation import evaluate, format_report
    from platewright.file import make_folder, write_file
    from platewright.gallery import Gallery
    from platewright.label import read_labels
    from platewright.recognizer.detector import Detector, DetectorSettings

    labels = read_labels(args.labels)
    if args.limit:
        wanted = set(list(dict.fromkeys(label.file for label in labels))[: args.limit])
        labels = [label for label in labels if label.file in wanted]
    num_photos = len({label.file for label in labels})
    settings = DetectorSettings()
    detector = Detector.load(args.weights, settings, threads=args.threads)
    gallery = Gallery(args.gallery) if args.gallery else None
    if args.json:
        make_folder(args.json.parent)

    def after(image: Any, outcomes: Any, readings: Any, so_far: Any) -> None:
        if gallery is not None:
            gallery.add(image, outcomes, readings)
        done = len(so_far.times) + len(so_far.unreadable)
        if sys.stderr.isatty() or done % 100 == 0:
            end = "" if sys.stderr.isatty() else "\n"
            print(f"\r{done} of {num_photos} photos", end=end, file=sys.stderr, flush=True)

    result = evaluate(
        labels,
        args.labels.parent / "images",
        detector,
        given_boxes=args.given_boxes,
        margin=args.margin,
        after=after,
    )
    if sys.stderr.isatty():
        print(file=sys.stderr)
    report = result.report()
    print(format_report(report))
    for line in result.unreadable:
        print(f"evaluate.py: {line}", file=sys.stderr)
    if args.json:
        head = {
            "command": "python evaluate.py " + shlex.join(sys.argv[1:]),
            "weights": args.weights.name,
            "weights_sha256": hashlib.sha256(args.weights.read_bytes()).hexdigest(),
            "labels_sha256": hashlib.sha256(args.labels.read_bytes()).hexdigest(),
            "detector": asdict(settings),
        }
        write_file(args.json, (json.dumps(head | report, indent=1) + "\n").encode())
    if gallery is not None:
        print(f"failures to look at: {gallery.write(report)}")
    return 1 if result.unreadable else 0


if __name__ == "__main__":
    run_script(main, "evaluate.py")
