"""Cut background pictures out of an archive of photos: extractbgs.py SUN397.tar.gz.

Takes a tar (also .gz, .bz2, .xz), a zip or a folder, told by content; keeps a square of every photo
as bgs/00000000.jpg, 00000001.jpg, ... Run it again to go on after a stop.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from platewright.command.argument import Parser, add_force, add_workers, at_least, bounded
from platewright.errors import counted, pace

if TYPE_CHECKING:
    from platewright.background.extraction import Extraction


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = Parser(description=__doc__)
    add = parser.add_argument
    add("archive", type=Path, metavar="ARCHIVE", help="tar, tar.gz, tar.bz2, tar.xz, zip or folder")
    add("--out", type=Path, default=Path("bgs"), help="folder to write to (%(default)s)")
    add("--size", type=bounded(int, 32, 4096), default=256, metavar="PX",
        help="side of the squares, pixels (%(default)s)")  # fmt: skip
    add("--crop", choices=("center", "random"), default="center", help="which square (%(default)s)")
    add("--smallest", type=at_least(1), metavar="PX",
        help="pass over photos whose short side is less (half of --size); others are "
        "scaled up")  # fmt: skip
    add("--seed", type=at_least(0), default=0, help="of the random squares (%(default)s)")
    add("--grey", action="store_true", help="in grey")
    add("--limit", type=at_least(1), metavar="N", help="stop at N pictures in the folder")
    add_workers(parser)
    add_force(parser, "replace the pictures in --out")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Extract, then say what was skipped."""
    args = parse_args(argv)

    from platewright.background.archive import Archive
    from platewright.background.extraction import begin, extract
    from platewright.background.photo import Crop

    crop = Crop(
        size=args.size, where=args.crop, grey=args.grey, seed=args.seed, smallest=args.smallest
    )
    archive = Archive(args.archive, apart=args.out)
    state = begin(archive, crop, args.out, force=args.force)
    if state.done:
        print(f"{args.archive} is done; --force begins anew", file=sys.stderr)
    elif state.written:
        print(f"{args.out}: going on after {counted(state.written, 'picture')}", file=sys.stderr)
    before, began = state.written, time.monotonic()
    try:
        if not state.done:
            with shown(archive.size, state.written, args.limit) as report:
                extract(
                    archive, args.out, crop, state,
                    workers=args.workers, limit=args.limit, report=report,
                )  # fmt: skip
    except KeyboardInterrupt:
        print("\nstopped: run the same command to go on", file=sys.stderr)
        return 130
    finally:
        took = max(time.monotonic() - began, 1e-9)
        new = state.written - before
        there = counted(state.written, "picture")
        print(f"{args.out}: {there}, {new} of them new, {pace(new / took)}")
        for reason, count in sorted((state.skipped + state.passed).items()):
            print(f"  skipped, {reason}: {count}")
    return 0


@contextmanager
def shown(
    num_bytes: int, written: int, limit: int | None
) -> Iterator[Callable[[Extraction, int], None]]:
    """Show how far an extraction has come: by the archive's bytes, or by the pictures wanted.

    Args:
        num_bytes: of the archive.
        written: pictures that are there already.
        limit: of pictures; None: none.
    """
    from platewright.progress import Progress

    progress: Progress | None = None
    last = 0

    def show(state: Extraction, position: int) -> None:
        nonlocal progress, last
        if progress is None:  # what an earlier run did has been passed over by now
            last = position if limit is None else written
            progress = (
                Progress(num_bytes, last, unit="B", scale=True)
                if limit is None
                else Progress(limit, last, unit="pictures")
            )
        now = position if limit is None else state.written
        progress.add(now - last, note=counted(state.written, "picture"))
        last = now

    try:
        yield show
    finally:
        if progress is not None:
            progress.end()
