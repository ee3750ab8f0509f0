"""The course of a run of `train.py`: how it begins and ends, for every network."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from platewright.errors import ConfigError
from platewright.reader.kind import load_kind
from platewright.reader.recipe import Recipe
from platewright.reader.settings import ReaderSettings
from platewright.recognizer.settings import NetworkSettings, sized
from platewright.recognizer.weights import load_arrays, load_file
from platewright.training.check import HELD_OUT, check_drawn, check_photos
from platewright.training.checkpoint import load_checkpoint
from platewright.training.curve import draw_curves
from platewright.training.delivery import deliver, deliver_reader
from platewright.training.fit import Trainer
from platewright.training.mining import load_hard
from platewright.training.reader import ReaderTrainer, validation
from platewright.training.sample import SampleSettings
from platewright.training.settings import TrainSettings

__all__ = ["finish", "schedule", "start"]


def start(args: Any, samples: SampleSettings, backgrounds: Path | None) -> Trainer:
    """Make the trainer of a run: new, begun with other weights, or resumed.

    Args:
        args: of `train.py`.
        samples: how plates are drawn.
        backgrounds: folder of photos, or None.

    Raises:
        ConfigError: if there is no such network or recipe, or an option isn't for it.
        WeightsError: if weights or checkpoint can't be used, or are of another network.
        DatasetError: if mined windows or photos to watch can't be read.
    """
    return (_start_window if args.network == "window" else _start_reader)(
        args, samples, backgrounds
    )


def finish(trainer: Trainer, *, force: bool) -> None:
    """Draw a run's curves, export its weights and put them where detect.py looks.

    Args:
        trainer: of the run.
        force: replace weights that are there.
    """
    if isinstance(trainer, ReaderTrainer) and trainer.step:
        trainer.check()  # the best weights may be the last
    draw_curves(trainer.folder / "log.csv", trainer.folder / "curves.png")
    if isinstance(trainer, ReaderTrainer):
        deliver_reader(trainer.folder, trainer.recipe.settings.name, force=force)
    else:
        deliver(trainer.folder, force=force)


def schedule(recipe: Recipe, samples: SampleSettings, args: Any) -> TrainSettings:
    """Return the schedule of another reader's run.

    Args:
        recipe: gives what the command line leaves open.
        samples: how plates are drawn.
        args: of `train.py`.
    """
    batch = args.windows or recipe.batch
    in_epoch = max(recipe.epoch // batch, 1)
    report = min(args.report_every, in_epoch)
    return TrainSettings(
        steps=args.steps or (recipe.epochs * in_epoch if args.hours is None else 10**9),
        hours=args.hours or math.inf,
        rate=args.rate or recipe.rate,
        last_rate=recipe.last_rate,
        warmup=recipe.warmup,
        decay=recipe.decay,
        clip=recipe.clip,
        ema=recipe.ema,
        seed=args.seed,
        workers=args.workers,
        check_every=args.check_every or in_epoch // report * report,
        report_every=report,
        samples=replace(samples, scenes=0, windows=batch),
    )


def _start_window(args: Any, samples: SampleSettings, backgrounds: Path | None) -> Trainer:
    arrays, network = None, sized(args.recipe)
    if args.init:
        arrays, network, _ = load_arrays(args.init)
    elif args.resume:
        progress = load_checkpoint(args.out / "checkpoint.npz")[-1]
        network = NetworkSettings.from_json(progress.settings, str(args.out))
    if args.recipe and replace(network, temperature=1.0) != sized(args.recipe):
        raise ConfigError(f"{args.init or args.out} is of another size than --recipe {args.recipe}")
    if args.hard:
        load_hard(args.hard, network)  # tells what is wrong before anything starts
    settings = TrainSettings(
        steps=args.steps or (20_000 if args.hours is None else 10**9),
        hours=args.hours or math.inf,
        rate=args.rate or 2e-3,
        seed=args.seed,
        workers=args.workers,
        check_every=args.check_every or 1000,
        report_every=args.report_every,
        samples=samples,
    )
    checks = [check_drawn(settings, network, backgrounds)]
    if args.watch:
        checks.append(check_photos(args.watch, network))
    _clear(args, "checkpoint.npz", "log.csv")
    trainer = Trainer(network, settings, args.out, backgrounds=backgrounds, checks=tuple(checks))
    if args.resume:
        trainer.resume()
    elif arrays is not None:
        trainer.start_from(arrays, str(args.init))
    return trainer


def _start_reader(args: Any, samples: SampleSettings, backgrounds: Path | None) -> ReaderTrainer:
    kind = load_kind(args.network)
    recipe = kind.recipe(args.recipe)
    if args.watch or args.hard:
        raise ConfigError("--watch and --hard are for the network window alone")
    if recipe.settings.task == "box" and args.data:
        raise ConfigError("--data: the network box learns from drawn photos alone")
    arrays, found = None, ""
    if args.init:
        arrays, found, _ = load_file(args.init)
    elif args.resume:
        found = load_checkpoint(args.out / "checkpoint.npz")[-1].settings
    if found:
        source = str(args.init or args.out)
        own = ReaderSettings.from_json(found, source)
        if own.name != args.network:
            raise ConfigError(f"{source} is of the network {own.name}, not {args.network}")
        if args.recipe and own != recipe.settings:
            raise ConfigError(f"{source} is of another size than --recipe {args.recipe}")
        # What goes on is trained as it began; shapes that no recipe has are trained as the first.
        alike = [one for one in kind.recipes.values() if one.settings == own]
        recipe = alike[0] if alike else replace(recipe, settings=own)
    settings = schedule(recipe, samples, args)
    held = validation(settings, recipe, backgrounds, args.seed + HELD_OUT)
    _clear(args, "checkpoint.npz", "log.csv", "weights.npz")
    trainer = ReaderTrainer(recipe, settings, args.out, backgrounds=backgrounds, checks=(held,))
    if args.resume:
        trainer.resume()
    elif arrays is not None:
        trainer.start_from(arrays, str(args.init))
    print(f"{args.network}, recipe: {recipe.source}", file=sys.stderr)
    return trainer


def _clear(args: Any, *names: str) -> None:
    """Remove an earlier run's files where `--force` says so."""
    for name in names if args.force and not args.resume else ():
        (args.out / name).unlink(missing_ok=True)
