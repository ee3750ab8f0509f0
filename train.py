"""Train the network on live drawings: python train.py.

Draws plates over the backgrounds in bgs/ (or over drawn ones) while it learns, and leaves
runs/default/: weights.npz and weights.onnx, checkpoint.npz to go on from, log.csv and curves.png.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from platewright.errors import ConfigError, run_script


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--network", default="window", help="what to train (%(default)s; model.py lists them)")
    add("--recipe", default="", help="size of window: full, small; schedule of others (the first)")
    add("--out", type=Path, help="folder of the run (runs/default, or runs/NETWORK)")
    add("--bgs", type=Path, default=Path("bgs"), help="folder of background photos (%(default)s)")
    add("--steps", type=int, help="gradient steps at most (20000, or no limit with --hours)")
    add("--hours", type=float, help="time at most")
    add("--rate", type=float, help="highest learning rate (2e-3, or the recipe's)")
    add("--scenes", type=int, default=8, help="scenes in a batch (%(default)s)")
    add("--windows", type=int, help="reader's windows in a batch (48, or the recipe's)")
    add("--seed", type=int, default=0, help="of weights and drawings (%(default)s)")
    add("--workers", type=int, default=1, help="drawing processes (%(default)s)")
    add("--data", type=Path, nargs="+", default=[], help="learn from stored drawings as well")
    add("--data-share", type=float, default=0.5, help="part of --data, to 1 (%(default)s)")
    add("--hard", type=Path, metavar="FILE.npy", help="mined negatives to learn from")
    add("--absent", type=float, default=0.2, help="part of windows without a plate (%(default)s)")
    add("--regions", help="codes to draw, such as GB,IN,ANY (all)")
    add("--fonts", type=Path, metavar="FOLDER", help="draw with the faces there as well")
    add("--preset", default="", help="how drawings vary: gate, street, night, phone (all of it)")
    add("--settings", type=Path, metavar="FILE.toml", help="the same in detail, as synth.toml")
    add("--watch", type=Path, metavar="LABELS.csv", help="also measure on these labelled photos")
    add("--check-every", type=int, help="steps between measurements (1000, or the recipe's)")
    add("--report-every", type=int, default=25, help="steps between lines of the log (%(default)s)")
    add("--init", type=Path, metavar="WEIGHTS.npz", help="begin with these weights")
    add("--resume", action="store_true", help="go on from the checkpoint in --out")
    add("--force", action="store_true", help="replace an earlier run and the weights.npz here")
    args = parser.parse_args(argv)
    for name in ("scenes", "windows", "check_every", "report_every"):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    if (args.steps is not None and args.steps < 1) or (args.hours is not None and args.hours <= 0):
        parser.error("--steps and --hours must be positive")
    if not 0 <= args.absent < 1:
        parser.error("--absent must be at least 0, and below 1")
    if args.workers < 0 or (args.rate is not None and args.rate <= 0):
        parser.error("--workers can't be negative, --rate must be positive")
    if not 0 < args.data_share <= 1:
        parser.error("--data-share must be above 0, and 1 at most")
    if args.init and args.resume:
        parser.error("--init begins a run, --resume goes on with one: give one of them")
    args.out = args.out or Path("runs", args.network.replace("window", "default"))
    return args


def main(argv: list[str] | None = None) -> None:
    """Train, then export."""
    args = parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # oneDNN is TensorFlow's choice on the newest processors alone, and pays on the others as well.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    if (args.out / "checkpoint.npz").exists() and not (args.resume or args.force):
        raise ConfigError(f"{args.out} holds a run: --resume goes on with it, --force begins anew")
    from platewright.generation.job import find_regions
    from platewright.recognizer.settings import sized
    from platewright.training.source import StoredSource

    if args.network == "window":
        sized(args.recipe)  # tells what is wrong before anything starts
    if args.fonts is not None:
        from platewright.synth.face import add_fonts

        print(f"{args.fonts}: {', '.join(add_fonts(args.fonts))}", file=sys.stderr)
    regions = find_regions(args.regions or "", "--regions")
    if args.data:
        StoredSource(args.data, args.data_share)  # tells what is wrong before anything starts
    try:
        import keras
    except ImportError:
        raise ConfigError("training needs Keras: pip install -r requirements.txt") from None
    from platewright.synth.preset import load_synth
    from platewright.training.course import finish, start
    from platewright.training.sample import SampleSettings

    samples = SampleSettings(
        scenes=args.scenes,
        windows=args.windows or 48,
        absent=args.absent,
        hard=args.hard,
        stored=tuple(args.data),
        stored_share=args.data_share,
    ).of(regions, load_synth(args.settings, args.preset))
    backgrounds = args.bgs if args.bgs.is_dir() and any(args.bgs.iterdir()) else None
    if backgrounds is None:
        print(f"{args.bgs}: no photos; drawing backgrounds (photos are better)", file=sys.stderr)
    trainer = start(args, samples, backgrounds)
    print(
        f"{trainer.model.count_params():,} parameters, Keras on {keras.backend.backend()}, "
        f"from step {trainer.step}",
        file=sys.stderr,
    )
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell's & has switched it off
        signal.signal(number, signal.default_int_handler)
    try:
        trainer.fit()
    except KeyboardInterrupt:
        if not trainer.step:
            raise  # there is nothing to go on from
        print("stopped; --resume goes on from here", file=sys.stderr)
    finish(trainer, force=args.force)


if __name__ == "__main__":
    run_script(main, "train.py")
