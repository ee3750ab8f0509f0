"""Convert a labelled data set from one format to another: convert.py FROM TO.

FROM is a file or a folder, told by what is in it; TO becomes a folder. Without --to-format it is
one that train.py --data learns from. All labels are read before anything is written. Pictures that
are named by URL are taken from --map or fetched into it; what can't be had is listed in
TO.failures.csv, and everything else is converted. Run it again to fetch what was missing.

Splits go by the plates' texts, never by picture: no plate is on both sides.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from platewright.command.argument import Parser, add_force, at_least, bounded, listed, names
from platewright.dataset.format import (
    DEFAULT,
    describe_formats,
    detect_format,
    format_names,
    load_format,
    readable_names,
)
from platewright.errors import OutputError, PlatewrightError, counted

if TYPE_CHECKING:
    from platewright.dataset.conversion import Conversion, ConversionReport

SHARE = 0.8
MOST_KINDS = 8  #: Names that are told of what was taken


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    formats = f"{describe_formats('*')}\n* can be read as well"
    parser = Parser(description=__doc__, epilog=formats)
    add = parser.add_argument
    add("source", type=Path, metavar="FROM", help="the data set's file or folder")
    add("out", type=Path, metavar="TO", help="folder to write to")
    add("--from-format", type=listed, metavar="NAME",
        help="where what is in FROM does not tell; see below")  # fmt: skip
    add("--to-format", type=listed, default=DEFAULT, metavar="NAME", help="see below (%(default)s)")
    add("--split", type=float, nargs="?", const=SHARE, metavar="P",
        help=f"part for training ({SHARE}); formats with lists are always split, others into "
        "the folders train/ and val/")  # fmt: skip
    add("--seed", type=at_least(0), default=0, help="of the split (%(default)s)")
    add("--map", type=Path, metavar="FOLDER",
        help="pictures named by URL, or not where their labels say (TO.pictures)")  # fmt: skip
    add("--strict", action="store_true", help="stop at the first label or picture that is off")
    add("--offline", action="store_true", help="fetch nothing")
    add("--timeout", type=float, default=20.0, metavar="S", help="for a picture (%(default)g)")
    add("--max-mb", type=float, default=32.0, metavar="MB", help="of a picture (%(default)g)")
    add("--only", type=names, default=(), metavar="NAMES",
        help="take what is called so alone: plate,licence")  # fmt: skip
    add("--names-are-texts", action="store_true", help="what a box is called is the plate's text")
    add("--keep-texts", action="store_true", help="with separators and small letters, as they are")
    add("--min-confidence", type=bounded(float, 0, 1), default=0.0, metavar="P",
        help="pass over plates of which a machine read a character less surely (0)")  # fmt: skip
    add_force(parser, "replace what an earlier run wrote to TO")
    args = parser.parse_args(argv)
    if args.to_format not in format_names():
        parser.error(
            f"--to-format: no format {args.to_format!r}; known: {', '.join(format_names())}"
        )
    if args.from_format is not None and args.from_format not in readable_names():
        known = ", ".join(readable_names())
        parser.error(f"--from-format: none called {args.from_format!r} can be read; known: {known}")
    if args.split is not None and not 0 < args.split < 1:
        parser.error(f"--split must be above 0 and below 1, not {args.split:g}")
    if not (args.timeout > 0 and args.max_mb > 0):
        parser.error("--timeout and --max-mb must be above 0")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Convert, then say what was done."""
    args = parse_args(argv)
    args.from_format = args.from_format or detect_format(args.source)

    from platewright.dataset.conversion import convert
    from platewright.dataset.picture import PictureFinder
    from platewright.http import Fetcher

    fetcher = Fetcher(args.timeout, round(args.max_mb * 1e6))
    finder = PictureFinder(
        folder=args.map or beside(args.out, ".pictures"),
        fetch=None if args.offline else fetcher.fetch,
        strict=args.strict,
    )
    missing = beside(args.out, ".failures.csv")
    try:
        report = convert(conversion_of(args), finder)
    except PlatewrightError:
        if finder.failures:
            with contextlib.suppress(OutputError):  # why nothing was converted is what counts
                finder.save_failures(missing)
        raise
    finder.save_failures(missing)
    tell(args, report)
    if finder.failures:
        print(finder.summary(missing), file=sys.stderr)
    return int(bool(finder.failures))


def conversion_of(args: argparse.Namespace) -> Conversion:
    """Return what is to be done."""
    from platewright.dataset.conversion import Conversion

    return Conversion(
        source=args.source,
        reader=args.from_format,
        out=args.out,
        writer=args.to_format,
        split=args.split,
        seed=args.seed,
        only=args.only,
        names_are_texts=args.names_are_texts,
        keep_texts=args.keep_texts,
        min_confidence=args.min_confidence,
        force=args.force,
    )


def tell(args: argparse.Namespace, report: ConversionReport) -> None:
    """Print what was converted, what was passed over, and how it was split."""
    lost = report.texts and not load_format(args.to_format).texts
    print(
        f"{args.out}: {counted(report.pictures, 'picture')} with "
        f"{counted(report.plates, 'plate')}, {report.texts} of them with a text"
        f"{' (which can not be held)' if lost else ''}, from {args.from_format} "
        f"to {args.to_format}"
    )
    for reason, count in sorted(report.passed.items()):
        print(f"  passed over, {reason}: {count}")
    if len(report.kinds) > 1:
        told = [f"{name}: {count}" for name, count in report.kinds.most_common(MOST_KINDS)]
        more = "; ..." if len(report.kinds) > MOST_KINDS else ""
        print(f"  taken, {'; '.join(told)}{more} (--only takes what is called so alone)")
    if report.sides:
        print(
            f"  split by text: {report.sides['train']} train, {report.sides['val']} val; split by "
            f"picture, {100 * report.leak:.0f} % of val's plates would be in train as well"
        )


def beside(out: Path, ending: str) -> Path:
    """Return the path beside a folder that has its name and an ending.

    Raises:
        OutputError: if nothing is beside it.
    """
    place = out if out.name not in ("", "..") else out.resolve()
    if not place.name:
        raise OutputError(f"{out}: name a folder in it")
    return place.with_name(f"{place.name}{ending}")
