"""Draw labelled pictures of number plates: gen.py 1000.

Writes windows of 128x64 to test/, named %08d_TEXT_P.png (P: 1 where a whole plate at the right
scale is in the window), or with --scenes whole scenes; labels.jsonl holds the record of each.

A run that was stopped goes on where it was when the same command is given again. With --engine,
--format, --shard-size or a URL as --out the data set is drawn in shards.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from platewright.command.argument import (
    Parser,
    add_backgrounds,
    add_fonts,
    add_force,
    add_region,
    add_workers,
    at_least,
    bounded,
    listed,
    names,
    size,
    use_fonts,
)
from platewright.dataset.format import DEFAULT, describe_formats, format_names
from platewright.file import nonempty, refuse_existing

if TYPE_CHECKING:
    from platewright.generation.job import DrawingJob

SHEET = 48
EXPLAINED = Path("explain.png")
OF_PICTURES = {
    "scenes", "format", "colour", "grey", "engine", "address", "shard_size", "poses", "preset",
    "settings", "bgs", "sheet", "plates", "marks", "explain",
}  # fmt: skip
"""Options that videos don't have."""
VIDEO_SIZE, SCENE_SIZE, WINDOW_SIZE = (720, 1280), (480, 640), (64, 128)


def make_parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = Parser(description=__doc__, epilog=describe_formats())
    add = parser.add_argument
    add("count", type=at_least(1), nargs="?", metavar="N", help="pictures to draw")
    add("--out", type=nonempty, default="test",
        help="folder, or URL such as s3://bucket/plates (%(default)s)")  # fmt: skip
    add("--format", type=names, default=(DEFAULT,), metavar="NAME,NAME",
        help=f"one or several, as coco,yolo; below ({DEFAULT})")  # fmt: skip
    add("--scenes", action="store_true", help="whole scenes with any number of plates")
    add("--size", type=size(16, 8192), metavar="WxH",
        help="of a video (1280x720), scene (640x480), window (128x64)")  # fmt: skip
    add_region(parser, "codes, or .toml files of your own (all, by their weights)")
    add_fonts(parser)
    add_backgrounds(parser)
    add("--seed", type=at_least(0), default=0, help="same seed, same bytes (%(default)s)")
    tone = parser.add_mutually_exclusive_group()
    tone.add_argument("--colour", action="store_true", help="in colour (scenes are by default)")
    tone.add_argument("--grey", action="store_true", help="in grey (windows are by default)")
    add_workers(parser)
    add("--engine", choices=("local", "dask", "ray"), help="what draws the shards (local)")
    add("--address", default="", metavar="tcp://...", help="of a cluster's scheduler")
    add("--shard-size", type=at_least(1), metavar="N",
        help="pictures in a shard (10000; fewer if few)")  # fmt: skip
    add("--poses", type=at_least(1), default=4, help="windows of each drawn plate (%(default)s)")
    add("--preset", type=listed,
        help="how drawings vary: gate, street, night, phone (all of it)")  # fmt: skip
    add("--settings", type=Path, metavar="FILE.toml", help="the same in detail, as synth.toml")
    add("--options", action="store_true", help="list what --settings may say, with defaults")
    add("--sheet", type=Path, help=f"also a contact sheet of the first {SHEET}; alone without N")
    add("--plates", type=Path, metavar="PNG", help=f"a sheet of {SHEET} flat plates with regions")
    add("--marks", type=Path, metavar="PNG", help="a sheet of all marks with their names")
    add("--explain", type=at_least(0), metavar="K", help="explain.png: how picture K comes about")
    add("--video", type=bounded(float, 0, 1), nargs="?", const=0.3, metavar="HARDNESS",
        help="N videos of drives past a camera, 0: easy to read, 1: hard (0.3)")  # fmt: skip
    add("--check", type=Path, metavar="FILE.toml", help="say what is wrong with a region file")
    add_force(parser, "replace the data set in --out and the sheet")
    return parser


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line and check that its parts go together."""
    parser = make_parser()
    args = parser.parse_args(argv)
    alone = (args.sheet, args.plates, args.marks, args.explain, args.check)
    if args.count is None and alone == (None,) * 5 and not args.options:
        parser.error("say how many pictures to draw, or name a --sheet")
    if args.address and args.engine in (None, "local"):
        parser.error("--address is of a cluster: add --engine dask or --engine ray")
    args.format = tuple(dict.fromkeys(args.format))
    for name in args.format:
        if name not in format_names():
            parser.error(f"--format: no format {name!r}; known: {', '.join(format_names())}")
    given = [name for name in args.__dict__ if getattr(args, name) != parser.get_default(name)]
    if args.bgs == Path("none"):
        given.remove("bgs")  # says nothing that is not so in any case
    if args.video is not None and (odd := [name for name in given if name in OF_PICTURES]):
        parser.error(f"--video draws no pictures: leave out --{odd[0].replace('_', '-')}")
    if args.scenes and "poses" in given:
        parser.error("--poses is of windows: leave it or --scenes out")
    usual = SCENE_SIZE if args.scenes else WINDOW_SIZE
    args.size = args.size or (usual if args.video is None else VIDEO_SIZE)
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Draw the data set, the sheet, or both."""
    args = parse_args(argv)

    from platewright.dataset.store import is_url
    from platewright.generation import sheet
    from platewright.generation.job import check_folder, draw_folder, report_region
    from platewright.image import check_picture_names
    from platewright.synth.settings import list_options

    if args.options:
        print(list_options(), end="")
        return 0
    use_fonts(args.fonts, args.region if args.check is None else ())
    if args.check is not None:
        return report_region(args.check)
    if args.video is not None:
        print(draw_drives(args))
        return 0
    explained = EXPLAINED if args.explain is not None else None
    refuse_existing(args.sheet, args.plates, args.marks, explained, force=args.force)
    check_picture_names(args.sheet, args.plates, args.marks)
    job = drawing_job(args)
    in_shards = args.engine or args.shard_size or args.format != (DEFAULT,) or is_url(args.out)
    if args.count is not None and not in_shards:
        check_folder(job, Path(args.out), args.count, force=args.force)
    if args.sheet is not None:
        print(sheet.save_sheet(job, min(args.count or SHEET, SHEET), args.sheet))
    if args.plates is not None:
        print(sheet.save_plates(job, SHEET, args.plates))
    if args.marks is not None:
        print(sheet.save_marks(args.marks))
    if explained is not None:
        print(sheet.save_explanation(job, args.explain, explained))
    if args.count is not None and in_shards:
        print(draw_in_shards(args, job))
    elif args.count is not None:
        out = Path(args.out)
        print(draw_folder(job, out, args.count, workers=args.workers, force=args.force))
    return 0


def drawing_job(args: argparse.Namespace) -> DrawingJob:
    """Return what is to be drawn."""
    from platewright.background.photo import background_folder
    from platewright.generation.job import make_job

    backgrounds = background_folder(args.bgs)
    return make_job(
        seed=args.seed,
        regions=args.region,
        size=args.size,
        scenes=args.scenes,
        grey=args.grey or not (args.colour or args.scenes),
        poses=args.poses,
        preset=args.preset or "",
        settings=args.settings,
        backgrounds=None if backgrounds is None else backgrounds.absolute(),
    )


def draw_in_shards(args: argparse.Namespace, job: DrawingJob) -> str:
    """Draw what is missing of a data set in shards; returns what was done."""
    from platewright.generation.engine import choose_engine
    from platewright.generation.shard import ShardJob, assemble, usual_size

    num = args.shard_size or usual_size(args.count)
    shards = ShardJob(
        drawing=job, count=args.count, shard_size=num, formats=args.format, out=args.out
    )
    engine = choose_engine(args.engine, args.workers, args.address)
    return assemble(shards, engine, force=args.force)


def draw_drives(args: argparse.Namespace) -> str:
    """Draw videos; returns what was done."""
    from platewright.generation.job import VideoJob, draw_videos

    job = VideoJob.of(args.seed, args.out, args.size, args.region, args.video)
    return draw_videos(job, args.count, workers=args.workers, force=args.force)
