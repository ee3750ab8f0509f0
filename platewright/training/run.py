"""A run of `train.py`, for every network: how it begins and is measured."""

import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.dataset.format.labels_csv import Label, read_labels
from platewright.errors import ConfigError, WeightsError
from platewright.geometry import iou, quad_of_box
from platewright.image import as_grey, load_image
from platewright.network.kind import DEFAULT, Recipe, Schedule, joined, load_kind
from platewright.network.part import UNSEEN, TextSettings, uncalibrated
from platewright.network.weights import AnySettings, load_weights, read_settings
from platewright.reading.choice import detector_of
from platewright.reading.runtime import KerasNetwork
from platewright.reading.straighten import rectify
from platewright.region import load_region, region_codes
from platewright.text import clean, fold
from platewright.training.checkpoint import RUN_FILES, Arrays, fitting, load_checkpoint
from platewright.training.fit import Check, Trainer, TrainSettings, losses_of
from platewright.training.mining import load_hard
from platewright.training.pace import NO_LIMIT
from platewright.training.sample import SampleSettings
from platewright.training.stream import Batch, make_drawing, prepare
from platewright.training.task import Task, load_task

SIGNS_TOLD = 12  #: Of those that a region has and are not learnt
HELD_OUT = 1_000_003  #: Added to the seed for drawings that training never sees
AT_ONCE = 64  #: Straightened plates that a network reads in one go
Pictures = NDArray[np.uint8]


def check_drawn(
    tasks: Sequence[Task],
    samples: SampleSettings,
    backgrounds: Path | None,
    seed: int = 0,
    *,
    batches: int = 6,
) -> Check:
    """Return a measurement on freshly drawn samples: `drawn_loss`, and each task's own figures.

    Args:
        samples: of the run; stored pictures come round again in training, so they are left out.
        backgrounds: folder of photos, or None.
        batches: how many to draw, once.
    """
    draw = make_drawing(seed + HELD_OUT, backgrounds, replace(samples, stored=()), tasks)
    held: list[Batch] = []
    several = len(tasks) > 1

    def check(model: Any) -> dict[str, float]:
        held.extend(draw(k) for k in range(len(held), batches))  # not before training begins
        losses = losses_of(tasks)
        found: dict[str, list[float]] = {}
        for inputs, targets in held:
            said = model(prepare(inputs), training=False)
            costs = [w * float(loss(targets[k], said[k])) for k, (loss, w) in losses.items()]
            found.setdefault("drawn_loss", []).append(sum(costs))
            outputs = _host(said)
            for task in tasks:
                prefix = f"drawn_{task.name}_" if several else "drawn_"
                for name, value in task.measure(targets, outputs).items():
                    found.setdefault(prefix + name, []).append(value)
        return {name: _mean(values) for name, values in found.items()}

    return check


def check_boxes(path: Path, task: Task, *, boxes: int = 200) -> Check:
    """Return a measurement on labelled boxes of photos, which training never learns from.

    Args:
        path: labels, images in `images/` beside it.
        task: that reads straightened plates.
        boxes: how many to read, evenly chosen.

    Raises:
        DatasetError: if the labels can't be read.
        ConfigError: if the task reads none.
    """
    if not task.reads:
        raise ConfigError(f"--watch: {task.settings.name} reads no plates, so photos tell nothing")
    chosen = _spread([label for label in read_labels(path) if label.text], boxes)
    windows = [_window(path, label, task) for label in chosen]
    texts = [fold(clean(label.text)) for label in chosen]

    def check(model: Any) -> dict[str, float]:
        import keras

        inputs = {x.name: x for x in model.inputs if x.name == task.reads}
        part = keras.Model(inputs, {name: model.output[name] for name in task.losses()})
        said: list[str] = []
        for at in range(0, len(windows), AT_ONCE):
            pictures = np.stack(windows[at : at + AT_ONCE])[..., None]
            outputs = part(prepare({task.reads: pictures}), training=False)
            said += task.spell(_host(outputs))
        right = [fold(text) == want for text, want in zip(said, texts, strict=True)]
        return {f"real_{path.parent.name}": _mean(right)} if right else {}

    return check


def check_found(path: Path, tasks: Sequence[Task], *, photos: int = 60) -> Check:
    """Return a measurement of plates found in labelled photos.

    Args:
        path: labels, images in `images/` beside it.
        tasks: of the run; where they make no detector, nothing is measured.
        photos: to search for plates, evenly chosen.

    Raises:
        DatasetError: if the labels can't be read.
    """
    settings = joined([task.settings for task in tasks])
    labels = read_labels(path)
    searched = _spread(sorted({label.file for label in labels}), photos)

    def check(model: Any) -> dict[str, float]:
        try:
            detector = detector_of(KerasNetwork(model, settings))
        except WeightsError:
            return {}
        found = [
            any(iou(reading.box, label.box) > 0 for reading in readings)
            for file in searched
            for readings in [detector.read(load_image(path.parent / "images" / file))]
            for label in labels
            if label.file == file and label.box is not None
        ]
        return {f"real_{path.parent.name}_found": _mean(found)} if found else {}

    return check


def _spread(items: list[Any], count: int) -> list[Any]:
    return items[:: max(len(items) // count, 1)]


def _window(path: Path, label: Label, task: Task) -> Pictures:
    """Return a labelled box as the task's network takes it."""
    image = load_image(path.parent / "images" / label.file)
    grey = as_grey(image)
    box = label.box or (0.0, 0.0, float(grey.shape[1]), float(grey.shape[0]))
    return rectify(grey, quad_of_box(box), task.settings.window, task.settings.margin)[0]


def _host(outputs: Any) -> dict[str, NDArray[np.float32]]:
    from keras import ops

    return {k: np.asarray(ops.convert_to_numpy(v)) for k, v in outputs.items()}


def _mean(values: Sequence[float]) -> float:
    known = [v for v in values if not np.isnan(v)]
    return round(float(np.mean(known)), 5) if known else float("nan")


def start(args: Any, samples: SampleSettings, backgrounds: Path | None) -> Trainer:
    """Make the trainer of a run: new, begun with other weights, or resumed.

    Args:
        backgrounds: folder of photos, or None.

    Raises:
        ConfigError: if there is no such network or recipe, or an option isn't for it.
        WeightsError: if weights or checkpoint can't be used, or are of another network.
        DatasetError: if mined windows or photos to watch can't be read.
    """
    arrays: Arrays = {}
    found, source = None, str(args.init or args.out)
    if args.init:
        arrays, found, _ = load_weights(args.init)
    elif args.resume:
        text = load_checkpoint(args.out / "checkpoint.npz")[-1].settings
        found = read_settings(text, source)
    recipes = recipes_of(args, found, source)
    if args.characters:
        recipes = with_characters(recipes, args.characters, resume=args.resume)
    print_unlearnt(recipes, samples.scene.regions)
    if args.hard:
        load_hard(args.hard)  # tells what is wrong before anything starts
    batches = {"scenes": args.scenes or 0, "windows": args.windows or 0}
    tasks = [load_task(recipe, batches) for recipe in recipes]
    if args.data and not any(task.stored for task in tasks):
        raise ConfigError(f"--data: {tasks[0].settings.name} learns from drawn pictures alone")
    settings = schedule(recipes[0], tasks[0].batch, samples, args)
    checks: list[Check] = [check_drawn(tasks, samples, backgrounds, args.seed)]
    for path in args.watch or ():
        checks += [check_boxes(path, _reading(tasks)), check_found(path, tasks)]
    for name in RUN_FILES:
        if args.force and not args.resume:
            (args.out / name).unlink(missing_ok=True)
    trainer = Trainer(tasks, settings, args.out, backgrounds=backgrounds, checks=tuple(checks))
    if args.resume:
        trainer.resume()
    elif args.init:
        trainer.start_from(fitting(trainer.average, arrays, source), source)
    for task in tasks:
        print(f"{task.settings.name}: {task.recipe.source}", file=sys.stderr)
    return trainer


def recipes_of(args: Any, found: AnySettings | None, source: str) -> list[Recipe]:
    """Return the recipes of the networks that a run trains.

    Args:
        args: of `train.py`: names of the networks (none: those that are found, or the default), and
            of a recipe.
        found: settings of the weights or the checkpoint that it begins with: what is trained on has
            their shapes; None: there are none.
        source: of these, for messages.

    Raises:
        ConfigError: if there is no such network or recipe, or what is found is of another.
    """
    names = [name for name in args.network.split(",") if name]
    if found is None:
        return [load_kind(name).recipe(args.recipe) for name in names or DEFAULT]
    own_file = isinstance(found, TextSettings)
    there: dict[str, Any] = {part.name: part for part in found.parts.values()}
    kinds = [load_kind(name) for name in names or there]
    if names and set(names) != set(there) and (args.resume or own_file):
        raise ConfigError(f"{source} is of the network {','.join(there)}, not {args.network}")
    recipes = []
    for kind in kinds:
        wanted, own = kind.recipe(args.recipe), there.get(kind.name)
        if own is not None:
            began = uncalibrated(own)
            wanted = replace(wanted, settings=_reading_as(own, wanted.settings))
            if args.recipe and not _grows(began, wanted.settings, args):
                raise ConfigError(f"{source} is of another size than --recipe {args.recipe}")
            if not args.recipe:
                # What goes on is trained as it began; other shapes are trained as the first recipe.
                every = kind.recipes.values()
                alike = [one for one in every if _reading_as(own, one.settings) == began]
                wanted = replace(next(iter(alike), wanted), settings=began)
        recipes.append(wanted)
    return recipes


def _reading_as(own: Any, settings: Any) -> Any:
    """Return settings with the alphabet of others, where they have one."""
    characters = getattr(own, "characters", "")
    return replace(settings, characters=characters) if characters else settings


def _grows(own: Any, wanted: Any, args: Any) -> bool:
    """Tell whether weights are of a recipe's shapes, or a run begins with them and adds to them."""
    changed = [name for name, value in vars(wanted).items() if getattr(own, name) != value]
    return not changed or (bool(args.init) and not any(getattr(own, name) for name in changed))


def with_characters(
    recipes: Sequence[Recipe], characters: str, *, resume: bool = False
) -> list[Recipe]:
    """Return recipes whose networks read other characters.

    Args:
        characters: the alphabet, each once.
        resume: whether the run goes on, with the alphabet that it has.

    Raises:
        ConfigError: if it is no alphabet, none of the networks reads, or a run has another one.
    """
    twice = sorted({char for char in characters if characters.count(char) > 1})
    bad = [char for char in characters if char.isspace() or not char.isprintable()]
    if twice or bad or UNSEEN in characters:
        which = [*twice, *bad, UNSEEN][0]
        why = "twice" if twice else "no sign of a plate" if bad else "stands for hidden signs"
        raise ConfigError(f"--characters: {which!r}: {why}")
    if not any(hasattr(recipe.settings, "characters") for recipe in recipes):
        raise ConfigError(f"--characters: {recipes[0].settings.name} reads no text")
    out = []
    for recipe in recipes:
        settings: Any = recipe.settings
        own = getattr(settings, "characters", characters)
        if own != characters and resume:
            raise ConfigError(f"--characters: the run that is resumed reads {own}")
        changed = settings if own == characters else replace(settings, characters=characters)
        out.append(replace(recipe, settings=changed))
    return out


def print_unlearnt(recipes: Iterable[Recipe], regions: Iterable[str]) -> None:
    """Say on stderr which signs of the regions' plates the networks won't learn to read.

    Args:
        regions: codes or files of those that are drawn; none: all.
    """
    alphabets = [a for r in recipes if (a := getattr(r.settings, "alphabet", None)) is not None]
    for name in (tuple(regions) or region_codes()) if alphabets else ():
        region = load_region(name)
        unlearnt = [c for c in region.alphabet if any(a.index(c) < 0 for a in alphabets)]
        if unlearnt:
            some = " ".join(unlearnt[:SIGNS_TOLD]) + " ..." * (len(unlearnt) > SIGNS_TOLD)
            told = f"{region.code}: drawn and not learnt (--characters says what is): {some}"
            print(told, file=sys.stderr)


def _reading(tasks: list[Task]) -> Task:
    """Return the task that reads plates; one that reads none where there is no such."""
    return next((task for task in tasks if task.reads), tasks[0])


def schedule(recipe: Recipe, batch: int, samples: SampleSettings, args: Any) -> TrainSettings:
    """Return the schedule of a run.

    Args:
        recipe: of the first network, which gives what the command line leaves open.
        batch: of the same.
    """
    in_epoch = max(recipe.epoch // batch, 1)
    report = min(args.report_every, in_epoch)
    own: dict[str, Any] = {each.name: getattr(recipe, each.name) for each in fields(Schedule)}
    return TrainSettings(
        **own | {"rate": args.rate or recipe.rate},
        steps=args.steps or (recipe.epochs * in_epoch if args.hours is None else NO_LIMIT),
        hours=args.hours or math.inf,
        seed=args.seed,
        workers=args.workers,
        check_every=args.check_every or in_epoch // report * report,
        report_every=report,
        samples=samples,
    )
