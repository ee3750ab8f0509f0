"""Train a network on live drawings: train.py.

Draws plates over the backgrounds in bgs/ (or over drawn ones) while it learns, and leaves
runs/default/: weights.npz and weights.onnx, checkpoint.npz to go on from, log.csv and curves.png.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from platewright.command.argument import (
    Parser,
    add_backgrounds,
    add_fonts,
    add_force,
    add_region,
    at_least,
    listed,
    regions,
    use_fonts,
)
from platewright.errors import ConfigError
from platewright.network.kind import DEFAULT, kind_names, load_keras

if TYPE_CHECKING:
    from platewright.training.sample import SampleSettings


def make_parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = Parser(description=__doc__)
    add = parser.add_argument
    add("--network", type=listed, metavar="NAME[,NAME]",
        help=f"what to train of {', '.join(kind_names())} (those of --init or --resume, "
        f"else {','.join(DEFAULT)})")  # fmt: skip
    add("--recipe", type=listed,
        help="size and schedule, as model.py lists them (the first)")  # fmt: skip
    add("--out", type=Path, help="folder of the run (runs/default, or runs/NAME)")
    add_backgrounds(parser)
    add("--steps", type=at_least(1),
        help="gradient steps at most (the recipe's, or no limit with --hours)")  # fmt: skip
    add("--hours", type=float, help="time at most, with --resume that of the whole run")
    add("--rate", type=float, help="highest learning rate (the recipe's)")
    add("--scenes", type=at_least(1), help="scenes in a batch (the recipe's)")
    add("--windows", type=at_least(1), help="windows of each network in a batch (the recipe's)")
    add("--seed", type=int, default=0, help="of weights and drawings (%(default)s)")
    add("--workers", type=at_least(0), default=1, help="drawing processes (%(default)s)")
    add("--data", type=Path, nargs="+", default=[], help="learn from stored drawings as well")
    add("--data-share", type=float, default=0.5,
        help="part of the pictures that is of --data, 1 at most (%(default)s)")  # fmt: skip
    add("--hard", type=Path, metavar="FILE.npy", help="mined negatives to learn from")
    add("--absent", type=float, default=0.2,
        help="part of the windows without a whole plate (%(default)s)")  # fmt: skip
    add_region(parser, "codes to draw, or .toml files of your own (all)")
    add("--regions", type=regions, dest="region", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    add_fonts(parser)
    add("--preset", type=listed,
        help="how drawings vary: gate, street, night, phone (all of it)")  # fmt: skip
    add("--settings", type=Path, metavar="FILE.toml", help="the same in detail, as synth.toml")
    add("--watch", type=Path, nargs="+", default=[], metavar="LABELS.csv",
        help="also measure on these labelled photos")  # fmt: skip
    add("--check-every", type=at_least(1),
        help="steps between measurements (the recipe's)")  # fmt: skip
    add("--report-every", type=at_least(1), default=25,
        help="steps between lines of the log (%(default)s)")  # fmt: skip
    add("--init", type=Path, metavar="WEIGHTS.npz", help="begin with these weights")
    add("--resume", action="store_true", help="go on from the checkpoint in --out")
    add("--characters", default="", metavar="ABC...",
        help="signs to learn, each once (0-9 and A-Z); letters with marks that it lacks "
        "count as their plain ones")  # fmt: skip
    add("--copy-to", type=Path, metavar="FILE.npz",
        help="copy the weights there as well when they are done, the .onnx beside it")  # fmt: skip
    add_force(parser, "replace an earlier run in --out, and --copy-to")
    return parser


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line and check that its parts go together."""
    parser = make_parser()
    args = parser.parse_args(argv)
    args.network, args.recipe, args.preset = (
        given or "" for given in (args.network, args.recipe, args.preset)
    )
    if args.hours is not None and args.hours <= 0:
        parser.error("--hours must be positive")
    if not 0 <= args.absent < 1:
        parser.error("--absent must be at least 0, and below 1")
    if args.rate is not None and args.rate <= 0:
        parser.error("--rate must be positive")
    if not 0 < args.data_share <= 1:
        parser.error("--data-share must be above 0, and 1 at most")
    if args.init and args.resume:
        parser.error("--init begins a run, --resume goes on with one: give one of them")
    default = args.network in ("", ",".join(DEFAULT))
    args.out = args.out or Path("runs", "default" if default else args.network.replace(",", "-"))
    return args


def main(argv: Sequence[str] | None = None) -> None:
    """Train, then export."""
    args = parse_args(argv)

    from platewright.background.photo import background_folder
    from platewright.training.checkpoint import claim_run, finish

    # What is off is told before TensorFlow takes its seconds to load.
    backgrounds = background_folder(args.bgs)
    claim_run(args.out, args.copy_to, resume=args.resume, force=args.force)
    use_fonts(args.fonts, args.region)
    samples = sample_settings(args)
    try:
        load_keras()
        import keras
    except ImportError:
        raise ConfigError(
            "training needs TensorFlow: pip install -r requirements-train.txt"
        ) from None
    from platewright.training.run import start

    trainer = start(args, samples, backgrounds)
    print(
        f"{trainer.model.count_params():,} parameters, Keras on {keras.backend.backend()}, "
        f"from step {trainer.step}",
        file=sys.stderr,
    )
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell's & has switched it off
        signal.signal(number, signal.default_int_handler)
    stopped = False
    try:
        trainer.fit()
    except KeyboardInterrupt:
        if not trainer.step:
            raise  # there is nothing to go on from
        stopped = True
        print("stopped; --resume goes on from here", file=sys.stderr)
    finish(trainer, args.copy_to, stopped=stopped)


def sample_settings(args: argparse.Namespace) -> SampleSettings:
    """Return how samples are drawn; tells what is wrong with them before anything starts.

    Raises:
        ConfigError: if there is no such preset or setting.
        DatasetError: if stored drawings can't be read.
    """
    from platewright.synth.settings import load_synth
    from platewright.training.sample import SampleSettings, StoredSource

    if args.data:
        StoredSource(args.data, args.data_share)
    return SampleSettings(
        absent=args.absent,
        hard=args.hard,
        stored=tuple(args.data),
        stored_share=args.data_share,
    ).of(args.region, load_synth(args.settings, args.preset))
