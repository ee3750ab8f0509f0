"""Cut background pictures out of an archive of photos: python extractbgs.py SUN397.tar.gz.

Takes a tar (also .gz, .bz2, .xz), a zip or a folder, told by content; keeps a square of every photo
as bgs/00000000.jpg, 00000001.jpg, ... Run it again to go on after a stop.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from platewright.errors import run_script

if TYPE_CHECKING:
    from platewright.background.extraction import Extraction


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("archive", type=Path, metavar="ARCHIVE", help="tar, tar.gz, tar.bz2, tar.xz, zip or folder")
    add("--out", type=Path, default=Path("bgs"), help="folder to write to (%(default)s)")
    add("--size", type=int, default=256, help="side of the squares, pixels (%(default)s)")
    add("--crop", choices=("center", "random"), default="center", help="which square (%(default)s)")
    add(
        "--smallest",
        type=int,
        metavar="PX",
        help="pass over photos whose short side is less (half of --size); others are scaled up",
    )
    add("--seed", type=int, default=0, help="of the random squares (%(default)s)")
    add("--grey", action="store_true", help="in grey")
    add("--limit", type=int, metavar="N", help="stop at N pictures in the folder")
    add("--workers", type=int, default=os.cpu_count() or 1, help="processes (%(default)s)")
    add("--force", action="store_true", help="replace the pictures in --out")
    args = parser.parse_args(argv)
    if not 32 <= args.size <= 4096:
        parser.error(f"--size must be from 32 to 4096, not {args.size}")
    if args.workers < 1 or args.seed < 0 or (args.limit is not None and args.limit < 1):
        parser.error("--workers and --limit must be at least 1, --seed can't be negative")
    if args.smallest is not None and args.smallest < 1:
        parser.error("--smallest must be at least 1")
    return args


def progress_bar(size: int, limit: int | None) -> Callable[[Extraction, int], None]:
    """Return what shows packed bytes, pictures and the time left: often on a terminal, else seldom.

    Args:
        size: of the archive, bytes.
        limit: of pictures; None: none.
    """
    terminal = sys.stderr.isatty()
    shown = began = time.monotonic()
    first: tuple[int, int] | None = None

    def show(state: Extraction, position: int) -> None:
        nonlocal shown, first, began
        now = time.monotonic()
        if first is None:  # what an earlier run did has been passed over by now
            first, began = (position, state.written), now
        if now - shown < (0.5 if terminal else 20):
            return
        shown = now
        part = (position - first[0]) / max(size - first[0], 1)
        if limit is not None:
            part = max(part, (state.written - first[1]) / max(limit - first[1], 1))
        left = f"{(now - began) * (1 - part) / part:.0f} s left" if part > 0 else ""
        line = (
            f"{100 * position / max(size, 1):5.1f} %  {position / 1e6:.0f} of {size / 1e6:.0f} MB  "
            f"{state.written} pictures  {left}"
        )
        print(f"\r{line:<72}" if terminal else line, end="" if terminal else "\n", file=sys.stderr)
        sys.stderr.flush()

    return show


def main(argv: list[str] | None = None) -> int:
    """Extract, then say what was skipped."""
    args = parse_args(argv)
    from platewright.background.archive import open_archive
    from platewright.background.extraction import begin, extract
    from platewright.background.photo import Crop

    crop = Crop(
        size=args.size, where=args.crop, grey=args.grey, seed=args.seed, smallest=args.smallest
    )
    archive = open_archive(args.archive, apart=args.out)
    state = begin(archive, crop, args.out, force=args.force)
    if state.done:
        print(f"{args.archive} is done; --force begins anew", file=sys.stderr)
    elif state.written:
        print(f"{args.out}: going on after {state.written} pictures", file=sys.stderr)
    before, began = state.written, time.monotonic()
    try:
        if not state.done:
            extract(
                archive,
                args.out,
                crop,
                state,
                workers=args.workers,
                limit=args.limit,
                report=progress_bar(archive.size, args.limit),
            )
    except KeyboardInterrupt:
        print("\nstopped: run the same command to go on", file=sys.stderr)
        return 130
    finally:
        took = max(time.monotonic() - began, 1e-9)
        if sys.stderr.isatty():
            print(file=sys.stderr)
        new = state.written - before
        print(f"{args.out}: {state.written} pictures, {new} of them new, {new / took:.0f} a second")
        for reason, count in sorted((state.skipped + state.passed).items()):
            print(f"  skipped, {reason}: {count}")
    return 0


if __name__ == "__main__":
    run_script(main, "extractbgs.py")
