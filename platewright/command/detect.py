"""Read the number plates of photos: a table, an annotated picture, JSON."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platewright.command.argument import (
    READER_HELP,
    add_force,
    add_region,
    add_threads,
    bounded,
    program,
)
from platewright.errors import ImageError
from platewright.output.writer import writer_names, writer_summary
from platewright.resource import bundled

if TYPE_CHECKING:
    from platewright.output.photo import Batch, PhotoReadings
    from platewright.reading.detector import Detector

WEIGHTS_SUFFIXES = (".npz", ".onnx")
CHOICES = ("min_height", "min_presence", "min_confidence", "accept")
"""Options that are settings of the detector."""


def make_parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(
        usage="%(prog)s PHOTO [PHOTO ...] [WEIGHTS.npz|.onnx [OUTPUT]] [options]",
        description="Find and read number plates. The arguments stand in this order: photos or a "
        "folder of photos, then weights (known by .npz or .onnx; without them the bundled ones), "
        "then the output: a picture for one photo, else a folder, which gets an annotated picture "
        "of each and readings.jsonl.",
        epilog="The readings are printed as a table. A photo without a plate is no error. "
        "Exit 0: done; 1: a photo or the weights could not be read; 2: the arguments are off.",
    )
    add = parser.add_argument
    add("paths", type=Path, nargs="+", metavar="PATH", help="photos, weights, output")
    add("-o", "--output", type=Path, metavar="OUT", help="the output, where no weights are given")
    for name in writer_names():
        add(f"--{name}", type=Path, metavar="FILE", help=f"write {writer_summary(name)}")
    add_threads(parser)
    add("--min-height", type=bounded(int, 0, 10_000), metavar="PX",
        help="height of the smallest plate looked for; 0: by the photo's size")  # fmt: skip
    add("--min-presence", type=bounded(float, 0, 1), metavar="P", help="least presence, 0-1")
    add("--min-confidence", type=bounded(float, 0, 1), metavar="P",
        help="drop readings whose text is less sure, 0-1; as it is, all are told")  # fmt: skip
    add("--accept", type=bounded(float, 0, 1), metavar="P",
        help="mark texts that are less sure as not accepted, 0-1 (0.7)")  # fmt: skip
    add_region(parser, "read texts that fit the syntaxes of these regions")
    add("--reader", metavar="NAME|FILE", help=READER_HELP)
    add("--beams", type=bounded(int, 1, 64), default=8, metavar="N",
        help="texts that such a reader follows at once (%(default)s)")  # fmt: skip
    add("--show-attention", type=Path, metavar="FILE", help="draw where --reader attention looked")
    add("--redact", action="store_true", help="hide all plates in the output, tell no text")
    add_force(parser)
    return parser


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line and tell photos, weights and output apart."""
    parser = make_parser()
    args = parser.parse_args(argv)
    at = [k for k, path in enumerate(args.paths) if path.suffix.lower() in WEIGHTS_SUFFIXES]
    if len(at) > 1:
        parser.error(f"two weights files: {args.paths[at[0]]} and {args.paths[at[1]]}")
    split = at[0] if at else len(args.paths)
    args.photos, rest = args.paths[:split], args.paths[split + 1 :]
    if not at and split > 1 and not args.photos[-1].exists():
        parser.error(
            f"{args.photos[-1]}: no such photo; an output stands after the weights or --output"
        )
    args.weights = args.paths[split] if at else bundled("weights.onnx")
    if not args.photos:
        parser.error("no photo before the weights")
    if len(rest) + bool(args.output) > 1:
        parser.error("more than one output; photos stand before the weights, the output after")
    args.output = rest[0] if rest else args.output
    if args.redact and not args.output:
        parser.error("--redact needs an output")
    if args.redact and (args.region or args.accept or args.min_confidence or args.reader):
        parser.error(
            "--redact reads no text: no --region, --accept, --min-confidence or --reader with it"
        )
    if args.show_attention and not args.reader:
        parser.error("--show-attention needs --reader attention")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Read every photo, write what was asked for, print the table."""
    args = parse_args(argv)

    from platewright.output.photo import plan_batch, readings_table

    files = {name: getattr(args, name) for name in writer_names() if getattr(args, name)}
    further = [*files.values(), *([args.show_attention] if args.show_attention else [])]
    batch = plan_batch(args.photos, args.output, force=args.force, further=further)
    detector = load(args)
    read: list[PhotoReadings] = []
    unreadable: list[ImageError] = []
    try:
        for photo in read_batch(batch, detector, args, files, unreadable):
            read.append(photo)  # noqa: PERF402 - what was read is told, whatever ends it
    finally:
        # Ctrl-C and a full disk come here as well: what was read is told.
        if read:
            print(readings_table(read))
    if unreadable:
        count = f"{len(unreadable)} of {len(batch.jobs)}"
        print(f"{program()}: {count} photos not read", file=sys.stderr)
    return 1 if unreadable else 0


def load(args: argparse.Namespace) -> Detector:
    """Return the detector of a command line."""
    from platewright.reading.choice import load_detector
    from platewright.reading.settings import DetectorSettings

    given = {key: getattr(args, key) for key in CHOICES if getattr(args, key) is not None}
    if args.redact:
        from platewright.output.redaction import redaction_settings

        settings = DetectorSettings(**redaction_settings(args.min_presence, args.min_height))
    else:
        settings = DetectorSettings(regions=args.region, **given)
    reader = "window" if args.redact else args.reader or ""
    return load_detector(
        args.weights, settings, reader=reader, threads=args.threads, beams=args.beams
    )


def read_batch(
    batch: Batch,
    detector: Detector,
    args: argparse.Namespace,
    files: Mapping[str, Path],
    unreadable: list[ImageError],
) -> Iterator[PhotoReadings]:
    """Read photos one after the other and write what comes of each.

    Args:
        batch: the photos, and where results go.
        detector: reads them.
        args: of the command line.
        files: that readings go to, by the names of their kinds.
        unreadable: what is told of photos that can't be read, where there are several.

    Yields:
        What was read in each photo.

    Raises:
        ImageError: if the only photo can't be read.
        OutputError: if a result can't be written.
    """
    from platewright.image import load_image, save_image
    from platewright.output.writer import open_writer

    attention: Any = None
    annotate: Any = None
    hide: Any = None
    progress: Any = None
    if args.show_attention:
        from platewright.reading.crop_speller import AttentionFile

        attention = AttentionFile(args.show_attention, detector, photos=len(batch.jobs))
    with ExitStack() as stack:
        kinds = [*files.items(), *([("jsonl", batch.lines)] if batch.lines else [])]
        writers = [
            stack.enter_context(open_writer(name, path, several=batch.several))
            for name, path in kinds
        ]
        # What a single photo's table needs nothing of would double the time until it stands there.
        if batch.several:
            from platewright.progress import Progress

            progress = stack.enter_context(Progress(len(batch.jobs), unit="photos"))
        if args.redact:
            from platewright.output.redaction import redact as hide
        elif any(job.picture for job in batch.jobs):
            from platewright.output.annotation import annotate
        for job in batch.jobs:
            try:
                image = load_image(job.photo)
            except ImageError as error:
                if progress is None:
                    raise
                progress.say(f"{program()}: {error}")
                progress.add()
                unreadable.append(error)
                continue
            photo, shown = read_photo(job.name, image, detector, hide=hide)
            if job.picture:
                save_image(job.picture, annotate(image, photo.readings) if annotate else shown)
            for writer in writers:
                writer.add(photo, image)
            if attention:
                attention.write(image, photo.readings)
            if progress:
                progress.add()
            yield photo


def read_photo(
    name: str, image: Any, detector: Detector, *, hide: Any = None
) -> tuple[PhotoReadings, Any]:
    """Read a photo and take the time.

    Args:
        name: what results call it.
        image: (H, W, 3) RGB.
        detector: reads it.
        hide: finds and hides instead of reading; None: nothing is hidden.

    Returns:
        What was read, and the picture with its plates hidden, or None.
    """
    from platewright.output.photo import PhotoReadings

    start = time.perf_counter()
    shown, readings = hide(image, detector) if hide else (None, detector.read(image))
    ms = (time.perf_counter() - start) * 1e3
    size = (image.shape[0], image.shape[1])
    return PhotoReadings(file=name, size=size, ms=ms, readings=tuple(readings)), shown
