"""Score weights on labelled photos: figures, JSON, a page of failures."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platewright.command.argument import (
    READER_HELP,
    Parser,
    add_force,
    add_region,
    add_threads,
    add_weights,
    at_least,
    bounded,
    codes,
    listed,
    names,
    program,
    size,
)
from platewright.dataset.format import readable_names
from platewright.file import claim_results, refuse_existing, write_file
from platewright.resource import bundled

if TYPE_CHECKING:
    from platewright.reading.detector import Detector

Report = tuple[dict[str, Any], list[str]]
"""All figures, and a line for each photo that can't be read."""


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = Parser(
        usage="%(prog)s LABELS [options]\n       %(prog)s --empty PHOTOS [options]",
        description="Read labelled photos and say how many plates are found and read; or read "
        "photos without plates and say how many readings they get.",
        epilog="LABELS is a file or folder of any format that convert.py reads (CVAT, Label "
        "Studio, COCO, ...), told by what is in it; or labels.csv with file,x,y,w,h,text,country "
        "(box in pixels of the photo) or, where each picture is one plate, file,text,country, and "
        "photos in images/ beside it. Exit 0: done; 1: some photo could not be read; 2: the "
        "arguments are off.",
    )
    add = parser.add_argument
    add("labels", type=Path, nargs="?", metavar="LABELS", help="the labelled photos")
    add("--from-format", type=listed, metavar="NAME",
        help="their format, where LABELS does not tell (convert.py --help lists them)")  # fmt: skip
    add("--map", type=Path, metavar="FOLDER", help="photos that are not where their labels say")
    add("--only", type=names, default=(), metavar="NAMES",
        help="count what is called so alone: plate,licence")  # fmt: skip
    add("--empty", type=Path, nargs="+", metavar="PHOTOS", help="photos without plates, or folders")
    add("--skip", type=at_least(1), default=0, metavar="N", help="leave the first N of those out")
    add_weights(parser, "--weights")
    add("--reader", metavar="NAME|FILE", help=READER_HELP)
    add("--json", type=Path, metavar="FILE", help="write all figures there")
    add("--gallery", type=Path, metavar="FOLDER", help="write a page of the failures there")
    add("--given-boxes", action="store_true", help="read the labels' boxes, do not search")
    add("--margin", type=bounded(float, -0.4, 1), default=0.0, metavar="M",
        help="added to a given box on each side, as a fraction of it; below 0 it shrinks "
        "(0)")  # fmt: skip
    add("--country", type=codes, default=(), metavar="GB,IN", help="photos with these labels only")
    add_region(parser, "read texts that fit the syntaxes of these regions")
    add("--min-confidence", type=bounded(float, 0, 1), default=0.0, metavar="P",
        help="least confidence of a reading (0: all, to tell finding from reading)")  # fmt: skip
    add("--resize", type=size(1, 100_000), metavar="WxH",
        help="scale and pad every photo to that, such as 1280x720")  # fmt: skip
    add("--limit", type=at_least(1), metavar="N", help="the first N photos only")
    add_threads(parser, 1)
    add_force(parser, "overwrite the JSON file and the gallery")
    args = parser.parse_args(argv)
    if bool(args.labels) == bool(args.empty):
        parser.error("give either LABELS or --empty PHOTOS")
    if args.empty and (args.gallery or args.given_boxes or args.country):
        parser.error("--gallery, --given-boxes and --country need labels")
    if args.from_format is not None and args.from_format not in readable_names():
        known = ", ".join(readable_names())
        parser.error(f"--from-format: none called {args.from_format!r} can be read; known: {known}")
    args.weights = args.weights or bundled("weights.onnx")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Read the photos, print the report, write what was asked for."""
    args = parse_args(argv)
    pages = args.gallery / "index.html" if args.gallery else None
    sources = (args.weights, *([args.labels] if args.labels else args.empty))
    claim_results(sources, args.json, force=args.force)
    refuse_existing(pages, force=args.force)

    from platewright.evaluation.report import provenance
    from platewright.reading.choice import default_choice, load_detector, reader_weights
    from platewright.reading.settings import DetectorSettings

    settings = DetectorSettings(min_confidence=args.min_confidence, regions=args.region)
    choice = args.reader or default_choice(args.weights)

    def detector() -> Detector:
        return load_detector(args.weights, settings, reader=choice, threads=args.threads)

    report, unreadable = (score_empty if args.empty else score_labelled)(args, detector)
    for line in unreadable:
        print(f"{program()}: {line}", file=sys.stderr)
    if args.json:
        given = sys.argv[1:] if argv is None else argv
        labels = args.labels if args.labels and args.labels.is_file() else None
        head = provenance(given, args.weights, settings, labels, reader_weights(choice))
        write_file(args.json, (json.dumps(head | report, indent=1) + "\n").encode())
    return 1 if unreadable else 0


def score_empty(args: argparse.Namespace, load: Any) -> Report:
    """Read photos without plates and print what was found in them."""
    from platewright.evaluation.evaluation import empty_photos, read_empty
    from platewright.evaluation.report import format_empty
    from platewright.progress import Progress
    from platewright.reading.settings import ACCEPTED

    photos = empty_photos(args.empty, args.skip)[: args.limit]
    detector = load()
    with Progress(len(photos), unit="photos") as progress:
        report, unreadable = read_empty(
            photos,
            detector,
            accepted=max(ACCEPTED, args.min_confidence),
            size=args.resize,
            after=lambda _: progress.add(),
        )
    print(format_empty(report))
    return report, unreadable


def score_labelled(args: argparse.Namespace, load: Any) -> Report:
    """Read labelled photos, print the figures, write the page of failures."""
    from platewright.dataset.format.labels_csv import choose
    from platewright.evaluation.evaluation import evaluate
    from platewright.evaluation.label import load_labels
    from platewright.evaluation.report import Gallery, format_report
    from platewright.progress import Progress
    from platewright.reading.settings import ACCEPTED

    found = load_labels(args.labels, reader=args.from_format or "", photos=args.map, only=args.only)
    labels = choose(found.labels, args.country, args.limit)
    for reason, count in sorted(found.passed.items()):
        print(f"{program()}: passed over, {reason}: {count}", file=sys.stderr)
    detector = load()
    gallery = Gallery(args.gallery) if args.gallery else None
    with Progress(len({label.file for label in labels}), unit="photos") as progress:

        def after(image: Any, outcomes: Any, readings: Any, _: Any) -> None:
            if gallery is not None:
                gallery.add(image, outcomes, readings)
            progress.add()

        result = evaluate(
            labels,
            found.folder,
            detector,
            given_boxes=args.given_boxes,
            margin=args.margin,
            size=args.resize,
            packed=found.packed,
            after=after,
        )
    result.unreadable = [*found.unreadable, *result.unreadable]
    report = result.report(max(ACCEPTED, args.min_confidence))
    print(format_report(report))
    if gallery is not None:
        print(f"failures to look at: {gallery.write(report)}")
    return report, result.unreadable
