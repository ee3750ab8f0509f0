"""Watches a video, a camera or a stream: one line for each vehicle that passes."""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from platewright.argument import bounded, codes
from platewright.errors import run_script

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from platewright.records import Reading
    from platewright.tracking.source import Frame

ROOT = Path(__file__).resolve().parent
CHOICES = ("min_height", "accept")


def parse_args() -> argparse.Namespace:
    """Read the command line and check that its parts go together."""
    parser = argparse.ArgumentParser(
        prog="watch.py",
        description="Follow the vehicles of a video; the readings of all frames vote on each text.",
        epilog="Ctrl-C, SIGTERM or q in the window end it: vehicles under way are told, files are "
        "closed. Exit 0: done; 1: the source or the weights could not be read; 2: the arguments "
        "are off.",
    )
    add = parser.add_argument
    add("source", metavar="SOURCE",
        help="video file, folder of pictures, number of a camera, RTSP or HTTP URL")  # fmt: skip
    add("weights", type=Path, nargs="?", default=ROOT / "weights.onnx", metavar="WEIGHTS",
        help=".npz or .onnx (the bundled ones)")  # fmt: skip
    add("--jsonl", type=Path, metavar="FILE", help="write a JSON line per vehicle there")
    add("--out", type=Path, metavar="VIDEO", help="write the annotated video there (.mp4, .mkv)")
    add("--show", action="store_true", help="show it in a window")
    add("--every", type=bounded(int, 1, 10_000), default=1, metavar="N",
        help="read every N-th frame only (%(default)s)")  # fmt: skip
    add("--realtime", action="store_true",
        help="a recording as if it were live: frames that come too fast are dropped")  # fmt: skip
    add("--fps", type=bounded(float, 0.001, 1000), default=25.0, metavar="N",
        help="frames a second of a folder of pictures (%(default)g)")  # fmt: skip
    add("--patience", type=bounded(float, 0, 1e9), default=float("inf"), metavar="S",
        help="give up on a lost camera or stream after S seconds (never)")  # fmt: skip
    add("--save", action="store_true", help="keep each vehicle in the registry (docs/web.md)")
    add("--redact", action="store_true", help="hide all plates in --out instead of reading them")
    add("--threads", type=bounded(int, 1, 256), default=min(4, os.cpu_count() or 1), metavar="N",
        help="for the network (%(default)s)")  # fmt: skip
    add("--min-height", type=bounded(int, 0, 10_000), metavar="PX",
        help="height of the smallest plate looked for; 0: by the picture's size")  # fmt: skip
    add("--min-presence", type=bounded(float, 0, 1), metavar="P",
        help="least presence that begins a track, 0-1 (0.3; with --redact 0.1)")  # fmt: skip
    add("--min-confidence", type=bounded(float, 0, 1), metavar="P",
        help="do not tell vehicles whose text is less sure, 0-1")  # fmt: skip
    add("--early", action="store_true",
        help="tell a vehicle once its text is accepted, before it is gone; for gates")  # fmt: skip
    add("--accept", type=bounded(float, 0, 1), metavar="P",
        help="mark texts that are less sure as not accepted, 0-1 (0.7)")  # fmt: skip
    add("--region", type=codes, default=(),
        metavar="GB,IN", help="read texts that fit the syntaxes of these regions")  # fmt: skip
    add("--reader", metavar="NAME|FILE", help="read with other networks, as of detect.py")
    add("--force", action="store_true", help="overwrite what is there")
    args = parser.parse_args()
    if args.redact:
        if not (args.out or args.show):
            parser.error("--redact needs --out or --show")
        texts = ("jsonl", "save", "accept", "min_confidence", "region", "early", "reader")
        if given := [f"--{n.replace('_', '-')}" for n in texts if getattr(args, n)]:
            parser.error(f"--redact reads no text: {given[0]} means nothing with it")
        if args.every > 1:
            parser.error("--redact looks at every frame; leave out --every")
    return args


def main() -> int:
    """Open the source, follow what passes, tell it."""
    args = parse_args()

    from platewright.annotation import annotate
    from platewright.clip import ClipWriter
    from platewright.file import claim_results
    from platewright.reader.choice import load_detector
    from platewright.redaction import find_plates, redaction_settings
    from platewright.tracking.display import Display
    from platewright.tracking.follow import Followed, StopWish, follow, watching_settings
    from platewright.tracking.live import NewestFrames
    from platewright.tracking.passing import Passing, PassingsFile, Voter
    from platewright.tracking.redaction import hide_plates
    from platewright.tracking.source import open_source
    from platewright.tracking.track import Tracker

    keep = None
    if args.save:
        from platewright.web.database import open_registry

        keep = open_registry()
    claim_results(Path(args.source), args.jsonl, args.out, force=args.force)
    chosen = {key: getattr(args, key) for key in CHOICES if getattr(args, key) is not None}
    settings, tracking = watching_settings(args.min_presence, regions=args.region, **chosen)
    if args.redact:
        settings = redaction_settings(args.min_presence, args.min_height)
    reader = "window" if args.redact else args.reader or ""
    detector = load_detector(args.weights, settings, reader=reader, threads=args.threads)

    def report(line: str) -> None:
        print(f"watch.py: {line}", file=sys.stderr, flush=True)

    source = open_source(args.source, fps=args.fps, patience_s=args.patience, report=report)
    latest = NewestFrames(source) if args.realtime or source.live else None
    done, start = Followed(), time.perf_counter()
    with ExitStack() as stack:
        stop = stack.enter_context(StopWish())
        window = Display(f"Platewright: {source.name}") if args.show else None
        clip = stack.enter_context(ClipWriter(args.out)) if args.out else None
        lines = stack.enter_context(PassingsFile(args.jsonl)) if args.jsonl else None
        frames = latest.frames(stop) if latest else source.frames()

        def tell(passing: Passing) -> None:
            if lines:  # first the file: who read the output may be gone
                lines.add(passing)
            if keep:
                keep(passing)
            print(passing.line(), flush=True)

        def put(picture: NDArray[np.uint8], time_s: float) -> None:
            if clip:
                clip.add(picture, time_s)
            if window and not window.show(picture):
                stop.wish()

        def draw(frame: Frame, readings: list[Reading]) -> None:
            put(annotate(frame.picture, readings), frame.time_s)

        try:
            if args.redact:
                hide_plates(
                    frames, lambda picture: find_plates(picture, detector), put, done, stop=stop
                )
            else:
                follow(
                    frames, detector.read, Voter.of(detector), done, on_passing=tell,
                    on_frame=draw if clip or window else None, tracker=Tracker(tracking),
                    every=args.every, least=args.min_confidence or 0.0, early=args.early,
                    source=source.name, stop=stop,
                )  # fmt: skip
        finally:
            seconds = time.perf_counter() - start
            dropped = f", {latest.dropped} dropped" if latest else ""
            report(f"{done} in {seconds:.1f} s{dropped}")
    return 0


if __name__ == "__main__":
    run_script(main, "watch.py")
