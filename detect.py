"""Reads the number plates of photos: a table, an annotated picture, JSON."""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import nullcontext
from pathlib import Path

from platewright.argument import bounded, codes
from platewright.errors import ImageError, run_script

ROOT = Path(__file__).resolve().parent
WEIGHTS_SUFFIXES = (".npz", ".onnx")
CHOICES = ("min_height", "min_presence", "min_confidence", "accept")


def parse_args() -> argparse.Namespace:
    """Read the command line and tell photos, weights and output apart."""
    parser = argparse.ArgumentParser(
        prog="detect.py",
        usage="detect.py PHOTO [PHOTO ...] [WEIGHTS.npz|.onnx [OUTPUT]] [options]",
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
    add("--json", type=Path, metavar="FILE", help="write the readings of one photo there")
    add("--threads", type=bounded(int, 1, 256), default=min(4, os.cpu_count() or 1), metavar="N",
        help="for the network (%(default)s)")  # fmt: skip
    add("--min-height", type=bounded(int, 0, 10_000), metavar="PX",
        help="height of the smallest plate looked for; 0: by the photo's size")  # fmt: skip
    add("--min-presence", type=bounded(float, 0, 1), metavar="P", help="least presence, 0-1")
    add("--min-confidence", type=bounded(float, 0, 1), metavar="P",
        help="drop readings whose text is less sure, 0-1; as it is, all are told")  # fmt: skip
    add("--accept", type=bounded(float, 0, 1), metavar="P",
        help="mark texts that are less sure as not accepted, 0-1 (0.7)")  # fmt: skip
    add("--region", type=codes, default=(),
        metavar="GB,IN", help="read texts that fit the syntaxes of these regions")  # fmt: skip
    add("--reader", metavar="NAME|FILE", help="read with another network, crnn-gru, crnn-lstm or "
        "attention, or with its weights; several with + between them vote; window is the weights' "
        "own; box finds by itself; api asks a service (window+crnn-lstm with the bundled weights, "
        "window with others)")  # fmt: skip
    add("--beams", type=bounded(int, 1, 64), default=8, metavar="N",
        help="texts that such a reader follows at once (%(default)s)")  # fmt: skip
    add("--show-attention", type=Path, metavar="FILE", help="draw where --reader attention looked")
    add("--redact", action="store_true", help="hide all plates in the output, tell no text")
    add("--force", action="store_true", help="overwrite what is there")
    args = parser.parse_args()
    at = [k for k, path in enumerate(args.paths) if path.suffix.lower() in WEIGHTS_SUFFIXES]
    if len(at) > 1:
        parser.error(f"two weights files: {args.paths[at[0]]} and {args.paths[at[1]]}")
    split = at[0] if at else len(args.paths)
    args.photos, rest = args.paths[:split], args.paths[split + 1 :]
    if not at and split > 1 and not args.photos[-1].exists():
        parser.error(
            f"{args.photos[-1]}: no such photo; an output stands after the weights or --output"
        )
    args.weights = args.paths[split] if at else ROOT / "weights.onnx"
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


def main() -> int:
    """Read every photo, write what was asked for, print the table."""
    args = parse_args()

    from platewright.batch import plan_batch
    from platewright.file import LinesFile
    from platewright.image import load_image, save_image
    from platewright.output import (
        PhotoReadings,
        annotate,
        readings_table,
        write_json,
    )
    from platewright.reader.choice import load_detector
    from platewright.recognizer.detector import DetectorSettings
    from platewright.redaction import redact, redaction_settings

    further = [args.show_attention] if args.show_attention else []
    batch = plan_batch(args.photos, args.output, args.json, force=args.force, further=further)
    chosen = {key: getattr(args, key) for key in CHOICES}
    given = {key: value for key, value in chosen.items() if value is not None}
    settings = DetectorSettings(regions=args.region, **given)
    if args.redact:
        settings = redaction_settings(args.min_presence, args.min_height)
    reader = "window" if args.redact else args.reader or ""
    detector = load_detector(
        args.weights, settings, reader=reader, threads=args.threads, beams=args.beams
    )
    if args.show_attention:
        from platewright.reader.picture import AttentionFile

        attention = AttentionFile(args.show_attention, detector, photos=len(batch.jobs))
    done: list[PhotoReadings] = []
    failed = 0
    try:
        with LinesFile(batch.lines) if batch.lines else nullcontext() as lines:
            for number, job in enumerate(batch.jobs, start=1):
                try:
                    image = load_image(job.photo)
                except ImageError as error:
                    if not batch.several:
                        raise
                    print(f"detect.py: {error}", file=sys.stderr)
                    failed += 1
                    continue
                start = time.perf_counter()
                if args.redact:
                    shown, readings = redact(image, detector)
                else:
                    readings = detector.read(image)
                ms = (time.perf_counter() - start) * 1e3
                size = (image.shape[0], image.shape[1])
                photo = PhotoReadings(file=job.name, size=size, ms=ms, readings=tuple(readings))
                if job.picture:
                    save_image(job.picture, shown if args.redact else annotate(image, readings))
                if lines:
                    lines.add(photo.as_dict())
                if args.show_attention:
                    attention.write(image, readings)
                if args.json:
                    write_json(args.json, photo)
                done.append(photo)
                if batch.several and sys.stderr.isatty():
                    print(f"\r{number} of {len(batch.jobs)}", end="", file=sys.stderr, flush=True)
    finally:
        # Ctrl-C and a full disk come here as well: what was read is told.
        if batch.several and sys.stderr.isatty():
            print(file=sys.stderr)
        if done:
            print(readings_table(done))
    if failed:
        print(f"detect.py: {failed} of {len(batch.jobs)} photos not read", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    run_script(main, "detect.py")
