"""Scores weights on labelled photos: figures on the terminal, in JSON, and a page of failures."""

from __future__ import annotations

import argparse
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


def size(text: str) -> tuple[int, int]:
    """Return (height, width) of an argument such as 1280x720."""
    width, _, height = text.partition("x")
    return count(height), count(width)


def names(text: str) -> tuple[str, ...]:
    """Return the names of a list with commas."""
    return tuple(name for name in text.split(",") if name)


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="evaluate.py",
        usage="evaluate.py LABELS.csv [options]\n       evaluate.py --empty PHOTOS [options]",
        description="Read labelled photos and say how many plates are found and read; or read "
        "photos without plates and say how many readings they get.",
        epilog="LABELS.csv has the columns file,x,y,w,h,text,country (box in pixels of the photo) "
        "or, where each picture is one plate, file,text,country. The photos lie in images/ beside "
        "it. Exit 0: done; 1: some photo could not be read; 2: the arguments are off.",
    )
    add = parser.add_argument
    add("labels", type=Path, nargs="?", metavar="LABELS.csv")
    add("--empty", type=Path, nargs="+", metavar="PHOTOS", help="photos without plates, or folders")
    add("--skip", type=count, default=0, metavar="N", help="leave the first N of those out")
    add("--weights", type=Path, default=ROOT / "weights.onnx", help="default: the bundled ones")
    add("--reader", metavar="NAME|FILE", help="another network for reading, as of detect.py")
    add("--json", type=Path, metavar="FILE", help="write all figures there")
    add("--gallery", type=Path, metavar="FOLDER", help="write a page of the failures there")
    add("--given-boxes", action="store_true", help="read the labels' boxes, do not search")
    add("--margin", type=fraction, default=0.0, metavar="M",
        help="added to a given box on each side, as a fraction of it (0)")  # fmt: skip
    add("--country", type=names, default=(), metavar="GB,IN", help="photos with these labels only")
    add("--region", type=names, default=(), metavar="GB,IN",
        help="read texts that fit the syntaxes of these regions")  # fmt: skip
    add("--min-confidence", type=float, default=0.0, metavar="P",
        help="least confidence of a reading (0: all, to tell finding from reading)")  # fmt: skip
    add("--resize", type=size, metavar="WxH",
        help="scale and pad every photo to that, such as 1280x720")  # fmt: skip
    add("--limit", type=count, metavar="N", help="the first N photos only")
    add("--threads", type=count, default=1, metavar="N", help="for the network (1)")
    add("--force", action="store_true", help="overwrite the JSON file and the gallery")
    args = parser.parse_args()
    if bool(args.labels) == bool(args.empty):
        parser.error("give either LABELS.csv or --empty PHOTOS")
    if args.empty and (args.gallery or args.given_boxes or args.country):
        parser.error("--gallery, --given-boxes and --country need labels")
    if not 0 <= args.min_confidence <= 1:
        parser.error(f"--min-confidence: {args.min_confidence:g} is not between 0 and 1")
    return args


def main() -> int:
    """Read the photos, print the report, write what was asked for."""
    args = parse_args()
    if not args.force:
        page = args.gallery / "index.html" if args.gallery else None
        for path in (args.json, page):
            if path is not None and path.exists():
                raise OutputError(f"{path}: there already; give another name or --force")

    import json

    from platewright.evaluation import evaluate
    from platewright.false_alarm import empty_photos, read_empty
    from platewright.file import make_folder, write_file
    from platewright.gallery import Gallery
    from platewright.label import choose, read_labels
    from platewright.reader.choice import default_choice, load_detector, reader_weights
    from platewright.recognizer.detector import ACCEPTED, DetectorSettings
    from platewright.report import format_empty, format_report, provenance

    labels, photos = [], []
    if args.empty:
        photos = empty_photos(args.empty, args.skip)[: args.limit]
    else:
        labels = choose(read_labels(args.labels), args.country, args.limit)
    num_photos = len(photos) or len({label.file for label in labels})
    settings = DetectorSettings(min_confidence=args.min_confidence, regions=args.region)
    choice = args.reader or default_choice(args.weights)
    detector = load_detector(args.weights, settings, reader=choice, threads=args.threads)
    gallery = Gallery(args.gallery) if args.gallery else None
    if args.json:
        make_folder(args.json.parent)

    def progress(done: int) -> None:
        if sys.stderr.isatty() or done % 100 == 0:
            end = "" if sys.stderr.isatty() and done < num_photos else "\n"
            print(f"\r{done} of {num_photos} photos", end=end, file=sys.stderr, flush=True)

    def after(image: Any, outcomes: Any, readings: Any, so_far: Any) -> None:
        if gallery is not None:
            gallery.add(image, outcomes, readings)
        progress(len(so_far.times) + len(so_far.unreadable))

    accepted = max(ACCEPTED, args.min_confidence)
    if args.empty:
        report, unreadable = read_empty(
            photos, detector, accepted=accepted, size=args.resize, after=progress
        )
        print(format_empty(report))
    else:
        result = evaluate(
            labels,
            args.labels.parent / "images",
            detector,
            given_boxes=args.given_boxes,
            margin=args.margin,
            size=args.resize,
            after=after,
        )
        report, unreadable = result.report(accepted), result.unreadable
        print(format_report(report))
    for line in unreadable:
        print(f"evaluate.py: {line}", file=sys.stderr)
    if args.json:
        readers = reader_weights(choice)
        head = provenance(sys.argv[1:], args.weights, settings, args.labels, readers)
        write_file(args.json, (json.dumps(head | report, indent=1) + "\n").encode())
    if gallery is not None:
        print(f"failures to look at: {gallery.write(report)}")
    return 1 if unreadable else 0


if __name__ == "__main__":
    run_script(main, "evaluate.py")
