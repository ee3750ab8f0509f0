"""Read the number plates of photos: a table, an annotated picture, JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platewright.command.argument import (
    CORES,
    READER_HELP,
    Parser,
    add_force,
    add_reading,
    add_workers,
    bounded,
    program,
    settings_of,
    shown_of,
)
from platewright.errors import ImageError, counted, printable
from platewright.file import nonempty
from platewright.output.writer import writer_names, writer_summary
from platewright.resource import bundled

if TYPE_CHECKING:
    from platewright.generation.engine import Engine
    from platewright.output.batch import Batch
    from platewright.output.photo import PhotoReadings
    from platewright.reading.detector import Detector
    from platewright.reading.folder import ReadingJob

NAMED = 10  #: Files that are named where something is the matter with many
WEIGHTS_SUFFIXES = (".npz", ".onnx")


def make_parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = Parser(
        usage="%(prog)s PHOTO ... [WEIGHTS.npz|.onnx [OUTPUT]] [options]",
        description="Find and read number plates. The arguments stand in this order: photos, "
        "folders of photos, patterns ('photos/*.jpg') or - for stdin; then weights (known by .npz "
        "or .onnx; without them the bundled ones), then the output: a picture for one photo, else "
        "a folder, which gets an annotated picture of each and readings.jsonl.",
        epilog="The readings are printed as a table. A photo without a plate is no error. "
        "Exit 0: done; 1: a photo or the weights could not be read; 2: the arguments are off.",
    )
    add = parser.add_argument
    add("paths", type=nonempty, nargs="+", metavar="PATH", help="photos, weights, output")
    add("-o", "--output", type=Path, metavar="OUT", help="the output, where no weights are given")
    for name in writer_names():
        add(f"--{name}", type=Path, metavar="FILE", help=f"write {writer_summary(name)}")
    add("--threads", type=bounded(int, 1, 256), metavar="N",
        help="for the network in each process (the cores, shared out; 4 at most)")  # fmt: skip
    add_workers(parser)
    add("--engine", choices=("local", "dask", "ray"),
        help="what reads a folder: this machine's processes (local) or a cluster's, whose machines "
        "must see photos, weights and output under the same names")  # fmt: skip
    add("--address", default="", metavar="tcp://...", help="of a cluster's scheduler")
    add("--resume", action="store_true",
        help="go on with an output folder, by the same weights and options: keep the readings that "
        "are there, and read the photos that have none")  # fmt: skip
    add_reading(parser)
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
    at = [k for k, path in enumerate(args.paths) if Path(path).suffix.lower() in WEIGHTS_SUFFIXES]
    if len(at) > 1:
        parser.error(f"two weights files: {args.paths[at[0]]} and {args.paths[at[1]]}")
    split = at[0] if at else len(args.paths)
    args.photos, rest = args.paths[:split], args.paths[split + 1 :]
    last = args.photos[-1] if args.photos else ""
    plain = last != "-" and not any(sign in last for sign in "*?[")
    if not at and split > 1 and plain and not Path(last).exists():
        parser.error(
            f"{last}: no such photo; an output stands after the weights, or after --output"
        )
    args.weights = Path(args.paths[split]) if at else bundled("weights.onnx")
    if not args.photos:
        parser.error("no photo before the weights")
    if len(rest) + bool(args.output) > 1:
        parser.error("more than one output; photos stand before the weights, the output after")
    args.output = Path(rest[0]) if rest else args.output
    if args.redact and not args.output:
        parser.error("--redact needs an output")
    if args.address and args.engine in (None, "local"):
        parser.error("--address is of a cluster: add --engine dask or --engine ray")
    if args.engine in ("dask", "ray") and args.show_attention:
        parser.error("--show-attention is drawn here: leave out --engine")
    texts = ("region", "accept", "min_confidence", "reader", "all", "mask")
    if args.redact and (given := [name for name in texts if getattr(args, name)]):
        parser.error(f"--redact reads no text: no --{given[0].replace('_', '-')} with it")
    if args.show_attention and not args.reader:
        parser.error("--show-attention needs --reader attention")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Read every photo, write what was asked for, print the table."""
    args = parse_args(argv)

    from platewright.output.batch import STDIN, plan_batch
    from platewright.output.photo import ReadingsTable
    from platewright.reading.folder import useful_workers

    files = {name: getattr(args, name) for name in writer_names() if getattr(args, name)}
    further = [*files.values(), *([args.show_attention] if args.show_attention else [])]
    batch = plan_batch(
        args.photos, args.output, force=args.force, resume=args.resume, further=further,
        weights=args.weights,
    )  # fmt: skip
    engine = chosen_engine(args)
    # Stdin is this process' own, and so is a detector that tells where it looked.
    alone = args.show_attention or any(str(job.photo) == STDIN for job in batch.jobs)
    workers = 1 if alone else useful_workers(args.workers, len(batch.jobs))
    how = reading_job(args, workers, cluster=engine is not None)
    # Where other processes read, the first of them tells what is wrong with the weights.
    detector = how.load() if workers == 1 or engine else None
    table = ReadingsTable()
    blank: list[str] = []
    unreadable = left_out = 0
    try:
        for photo in read_batch(
            batch, how, args, files, workers=workers, detector=detector, engine=engine
        ):
            if photo is None:
                unreadable += 1
                continue
            table.add(photo)
            if args.redact and not photo.readings:
                blank.append(photo.file)
            left_out += photo.left_out
    finally:
        # Ctrl-C and a full disk come here as well: what was read is told.
        if len(table):
            print(table)
    if left_out:
        few = "reading that is" if left_out == 1 else "readings that are"
        print(f"{program()}: {left_out} {few} no plate most likely: --all", file=sys.stderr)
    if batch.lines and not batch.several:
        told = f"{batch.lines.parent}: a folder, as the name has no ending such as .jpg"
        print(f"{program()}: {told}", file=sys.stderr)
    report_files(batch.skipped, "file", "passed over as no picture")
    report_files(blank, "photo", "without a plate that was found: look before you show it")
    if unreadable:
        count = f"{unreadable} of {len(batch.jobs)}"
        print(f"{program()}: {count} photos not read", file=sys.stderr)
    return 1 if unreadable else 0


def report_files(names: Sequence[object], what: str, why: str) -> None:
    """Say what is the matter with some files, naming the first."""
    if names:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        named = ", ".join(printable(str(name)) for name in names[:NAMED])
        print(f"{program()}: {counted(len(names), what)} {why}: {named}{more}", file=sys.stderr)


def chosen_engine(args: argparse.Namespace) -> Engine | None:
    """Return the cluster that reads, checked; None: this machine."""
    if args.engine in (None, "local"):
        return None
    from platewright.generation.engine import choose_engine

    return choose_engine(args.engine, args.workers, args.address)


def reading_job(args: argparse.Namespace, workers: int, *, cluster: bool) -> ReadingJob:
    """Return how the photos of a command line are read, by so many processes."""
    from platewright.reading.folder import ReadingJob
    from platewright.reading.settings import DetectorSettings

    if args.redact:
        from platewright.output.redaction import redaction_settings

        settings = DetectorSettings(**redaction_settings(args.min_presence, args.min_height))
    else:
        least = {} if args.min_presence is None else {"min_presence": args.min_presence}
        settings = DetectorSettings(**settings_of(args), **least)
    return ReadingJob(
        weights=args.weights.absolute() if cluster else args.weights,
        settings=settings,
        reader="line" if args.redact else args.reader or "",
        threads=args.threads or min(4, 1 if cluster else max(CORES // workers, 1)),
        beams=args.beams,
        redact=args.redact,
        shown=shown_of(args, everything=args.redact),
    )


def read_batch(
    batch: Batch,
    how: ReadingJob,
    args: argparse.Namespace,
    files: Mapping[str, Path],
    *,
    workers: int,
    detector: Detector | None,
    engine: Engine | None,
) -> Iterator[PhotoReadings | None]:
    """Read photos and write what comes of each, in their order.

    Args:
        files: that readings go to, by the names of their kinds.
        workers: processes that read; 1: this one.
        detector: reads them, where this process does; else None.
        engine: a cluster that reads; None: this machine.

    Yields:
        What was read in each photo; None where it can't be read, which is told.

    Raises:
        ImageError: if the only photo can't be read.
        OutputError: if a result can't be written.
    """
    from platewright.lock import lock
    from platewright.output.writer import load_writer
    from platewright.reading.folder import EarlierRun, read_photos

    with_photos = bool(args.show_attention) or any(load_writer(name).sees_photos for name in files)
    how = replace(how, pictures=with_photos)
    attention: Any = None
    progress: Any = None
    if args.show_attention and detector:
        from platewright.reading.crop_speller import AttentionFile

        attention = AttentionFile(args.show_attention, detector, photos=len(batch.jobs))
    with ExitStack() as stack:
        earlier = None
        if batch.lines:
            place = batch.lines.parent
            stack.enter_context(lock(place / ".readings.lock", str(place)))
            if args.resume:
                earlier = stack.enter_context(
                    EarlierRun(batch.lines, batch.jobs, redacted=args.redact)
                )
        todo = earlier.missing if earlier else batch.jobs
        read = read_photos(how, todo, workers=workers, engine=engine, detector=detector)
        stack.enter_context(closing(read))
        if batch.several:
            from platewright.progress import Progress

            there = len(batch.jobs) - len(todo)
            progress = stack.enter_context(Progress(len(batch.jobs), there, unit="photos"))
        merged = earlier.merged(read) if earlier else read
        # Before files are opened: weights or an only photo that can't be read leave them alone.
        first = [next(merged)]
        if first[0].photo is None and progress is None:
            raise ImageError(first[0].error)
        kinds = [*files.items(), *([("jsonl", batch.lines)] if batch.lines else [])]
        writers = [
            stack.enter_context(load_writer(name)(path, several=batch.several))
            for name, path in kinds
        ]
        stack.callback(read.close)  # before the files are: what was read until then is told
        for done in chain(first, merged):
            if progress and not (earlier and earlier.has(done.job)):
                progress.add()
            if done.photo is None:
                progress.say(f"{program()}: {done.error}")
                yield None
                continue
            image = done.image_of(wanted=with_photos)
            for writer in writers:
                writer.add(done.photo, image)
            if attention:
                attention.write(image, done.photo.readings)
            yield done.photo
