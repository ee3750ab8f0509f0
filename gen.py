"""Draw labelled pictures of number plates: python gen.py 1000.

Writes windows of 128x64 to test/, named %08d_TEXT_P.png (P: 1 where a whole plate at the right
scale is in the window), or with --scenes whole scenes; labels.jsonl holds the record of each.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from platewright.errors import OutputError, RegionError, run_script
from platewright.file import make_folder

SHEET = 48


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("count", type=int, nargs="?", metavar="N", help="pictures to draw")
    add("--out", type=Path, default=Path("test"), help="folder to write to (%(default)s)")
    add("--scenes", action="store_true", help="whole scenes with any number of plates")
    add("--size", default=None, metavar="WxH", help="of a scene (640x480) or window (128x64)")
    add("--region", help="codes such as GB,IN (all, by their weights)")
    add("--bgs", type=Path, default=Path("bgs"), help="folder of background photos (%(default)s)")
    add("--seed", type=int, default=0, help="same seed, same bytes (%(default)s)")
    tone = parser.add_mutually_exclusive_group()
    tone.add_argument("--colour", action="store_true", help="in colour (scenes are by default)")
    tone.add_argument("--grey", action="store_true", help="in grey (windows are by default)")
    add("--workers", type=int, default=os.cpu_count() or 1, help="processes (%(default)s)")
    add("--sheet", type=Path, help=f"also a contact sheet of the first {SHEET}; alone without N")
    add("--force", action="store_true", help="replace the data set in --out and the sheet")
    args = parser.parse_args(argv)
    if args.count is None and args.sheet is None:
        parser.error("say how many pictures to draw, or name a --sheet")
    if args.count is not None and args.count < 1:
        parser.error(f"N must be at least 1, not {args.count}")
    if args.workers < 1 or args.seed < 0:
        parser.error("--workers must be at least 1, --seed can't be negative")
    found = re.fullmatch(r"(\d+)x(\d+)", args.size or ("640x480" if args.scenes else "128x64"))
    if not found or not all(16 <= int(v) <= 8192 for v in found.groups()):
        parser.error(f"--size is WIDTHxHEIGHT, 16 to 8192 each, not {args.size}")
    args.size = (int(found[2]), int(found[1]))
    return args


def main(argv: list[str] | None = None) -> None:
    """Draw the data set, the sheet, or both."""
    args = parse_args(argv)
    from platewright.dataset.drawing import DrawingJob, draw_all, draw_sample, make_sheet
    from platewright.image import save_image
    from platewright.region import region_codes
    from platewright.synth.scene import SceneSettings

    regions = tuple(args.region.split(",")) if args.region else ()
    unknown = sorted(set(regions) - set(region_codes()))
    if unknown:
        raise RegionError(f"--region: no region {unknown[0]}; known: {', '.join(region_codes())}")
    photos = args.bgs if args.bgs.is_dir() and any(args.bgs.glob("*.jpg")) else None
    width = args.size[1]
    settings = SceneSettings(
        regions=regions,
        size=args.size,
        plates=(0.15, 0.3, 0.3, 0.25) if args.scenes else (1.0,),
        width_px=(max(0.06 * width, 16.0), max(0.4 * width, 24.0)),
        focus=0.0,
        grey=args.grey or not (args.colour or args.scenes),
    )
    job = DrawingJob(
        folder=args.out, seed=args.seed, scenes=args.scenes, settings=settings, backgrounds=photos
    )
    if args.sheet is not None and args.sheet.exists() and not args.force:
        raise OutputError(f"{args.sheet} exists: --force replaces it")
    if args.count is not None:
        claim_folder(args.out, force=args.force)
    if photos is None:
        print(f"{args.bgs}: no photos; drawing backgrounds (photos are better)", file=sys.stderr)
    if args.sheet is not None:
        pictures = [draw_sample(job, k)[0] for k in range(min(args.count or SHEET, SHEET))]
        sheet = make_sheet(pictures, columns=3 if args.scenes else 8)
        save_image(args.sheet, sheet if sheet.ndim == 3 else sheet[..., None].repeat(3, axis=2))
        print(f"{args.sheet}: {len(pictures)} pictures")
    if args.count is not None:
        write_labels(args.out, draw_all(job, args.count, workers=args.workers), args.count)


def claim_folder(folder: Path, *, force: bool) -> None:
    """Make the folder, or empty it of an earlier data set's files and of nothing else."""
    make_folder(folder)
    ours = re.compile(r"\d{8}(_\w*_[01])?\.png|labels\.jsonl")
    old = [p for p in folder.iterdir() if ours.fullmatch(p.name)]
    if old and not force:
        raise OutputError(f"{folder} holds {len(old)} drawn files: --force replaces them, or --out")
    for path in old:
        path.unlink()


def write_labels(folder: Path, lines: Iterable[str], count: int) -> None:
    """Write `labels.jsonl` as the samples come, with progress; what is drawn stays on Ctrl-C."""
    began = shown = time.monotonic()
    done = 0
    with (folder / "labels.jsonl").open("w") as labels:
        for line in lines:
            labels.write(line + "\n")
            done += 1
            now = time.monotonic()
            if now - shown > 0.5 and sys.stderr.isatty():
                rate = done / (now - began)
                left = (count - done) / rate
                print(
                    f"\r{done}/{count}  {rate:.0f}/s  {left:.0f} s left ", end="", file=sys.stderr
                )
                shown = now
    took = time.monotonic() - began
    print(f"{folder}: {done} pictures and labels.jsonl, {done / max(took, 1e-9):.0f} a second")


if __name__ == "__main__":
    run_script(main, "gen.py")
