"""Kinds of networks, one file each in this folder, found by name; their recipes; Keras for them."""

from __future__ import annotations

import gc
import importlib
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platewright.errors import ConfigError

if TYPE_CHECKING:
    from platewright.network.part import PartSettings, TextSettings
    from platewright.network.weights import AnySettings


FOLDER = Path(__file__).resolve().parent
DEFAULT = ("scan", "frame", "line")
"""The kinds that are trained and described where none are named: those that detect.py reads with
by itself."""


@dataclass(frozen=True)
class Networks:
    """Keras models over the same weights."""

    teach: Any  #: what training fits; its outputs are named as the losses
    run: Any  #: what reads; where training needs no other one, the same
    #: the same up to its recurrent layers, their input being its output `steps`; None where it has
    #: none
    head: Any = None
    #: bidirectional and dense layers that follow `steps`; they are exported as ONNX's own
    tail: tuple[Any, ...] = ()
    tail_output: str = "logits"  #: name of what the tail yields


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How the weights of a network are learnt."""

    optimizer: str = "adamw"  #: adam, adamw, rmsprop, adadelta, or sgd (Nesterov, momentum 0.9)
    rate: float = 1e-3  #: learning rate, the highest one where it changes
    last_rate: float = 1.0  #: rate at the end, part of the highest; 1: it never falls
    warmup: int = 0  #: steps of rising rate
    decay: float = 0.0  #: weight decay of adamw
    clip: float = 0.0  #: largest norm of the gradient; 0: any
    #: weight of the past in the moving average of the weights, per step; 0: no average
    ema: float = 0.0
    #: whether the weights of the least loss on held-out drawings are kept, or the last
    best: bool = True


@dataclass(frozen=True, kw_only=True)
class Recipe(Schedule):
    """One way of training a network."""

    settings: PartSettings | TextSettings  #: shapes of the network
    source: str  #: where all this is from
    batch: int = 16  #: pictures in a step
    epochs: int = 100  #: times that `epoch` pictures are seen
    epoch: int = 10_000  #: pictures between two validations
    #: weight of the loss that tells where each character is, which drawings know; 0: texts alone
    #: are taught
    where: float = 0.0
    by_length: bool = False  #: whether CTC's loss of a text is divided by its length


@dataclass(frozen=True)
class Kind:
    """A network that can be built and trained."""

    name: str  #: of its file, with hyphens
    about: str  #: what it is, from the file's first line
    task: str  #: what it is taught, the name of a file in `platewright/training/task/`
    recipes: dict[str, Recipe]  #: by name; the first is the default
    build: Callable[[Any], Networks]  #: makes the networks of settings, with fresh weights

    def recipe(self, name: str = "") -> Recipe:
        """Return a recipe; without a name the default.

        Raises:
            ConfigError: if there is none of that name.
        """
        if not name:
            return next(iter(self.recipes.values()))
        if name not in self.recipes:
            known = ", ".join(self.recipes)
            raise ConfigError(f"--recipe: {self.name} has no recipe {name}; known: {known}")
        return self.recipes[name]


def part_recipe(settings: PartSettings, source: str, batch: int) -> Recipe:
    """Return how a network of a shared weights file is trained; all of ours are trained alike.

    Args:
        source: what it is.
        batch: its pictures in a step, of 20,000 steps.
    """
    return recipe_of_ours(
        settings, source, batch=batch, epochs=20, epoch=1000 * batch, by_length=True, best=False
    )


def text_recipe(settings: TextSettings, source: str) -> Recipe:
    """Return how a small network that reads texts is trained; all of ours are trained alike."""
    return recipe_of_ours(
        settings, source, batch=64, epochs=60, epoch=32_000, where=0.5, by_length=True
    )


def recipe_of_ours(settings: PartSettings | TextSettings, source: str, **own: Any) -> Recipe:
    """Return a recipe with AdamW and a rate that falls, as all of ours have them."""
    return Recipe(
        settings=settings, source=source,
        rate=2e-3, last_rate=0.01, warmup=300, decay=1e-2, clip=5.0, ema=0.998, **own,
    )  # fmt: skip


@cache
def kind_names() -> tuple[str, ...]:
    """Return the names of all networks, sorted.

    >>> set(DEFAULT) < set(kind_names())
    True
    """
    files = (f for f in FOLDER.glob("*.py") if re.search(r"^RECIPES\b", f.read_text(), re.M))
    return tuple(sorted(file.stem.replace("_", "-") for file in files))


def load_kind(name: str) -> Kind:
    """Find a network by name.

    Raises:
        ConfigError: if there is no such file, or Keras is not installed.
    """
    if name not in kind_names():
        raise ConfigError(f"--network: no network {name}; known: {', '.join(kind_names())}")
    try:
        load_keras()
        module = importlib.import_module(f"platewright.network.{name.replace('-', '_')}")
    except ImportError:
        raise ConfigError(
            f"building {name} needs TensorFlow: pip install -r requirements-train.txt"
        ) from None
    about = str(module.__doc__).partition("\n")[0]
    task = next(iter(module.RECIPES.values())).settings.task
    return Kind(name=name, about=about, task=task, recipes=module.RECIPES, build=module.build)


def joined(settings: Sequence[PartSettings | TextSettings]) -> AnySettings:
    """Return the settings of the one weights file that several networks share.

    Raises:
        ConfigError: if two are of the same task, or one has a weights file of its own.
    """
    from platewright.network.part import TextSettings
    from platewright.network.weights import BundleSettings

    parts: dict[str, Any] = {}
    for one in settings:
        if isinstance(one, TextSettings):
            if len(settings) == 1:
                return one
            raise ConfigError(f"--network: {one.name} has a weights file of its own: name it alone")
        if one.task in parts:
            raise ConfigError(f"--network: {parts[one.task].name} and {one.name} do the same")
        parts[one.task] = one
    return BundleSettings(**parts)


def build(settings: AnySettings) -> Networks:
    """Build the networks of a weights file, with fresh weights.

    Those of a bundle become one model, with all their inputs and outputs.

    Raises:
        ConfigError: as `load_kind`.
    """
    from platewright.network.part import TextSettings

    if isinstance(settings, TextSettings):
        return load_kind(settings.name).build(settings)
    built = [load_kind(part.name).build(part) for part in settings.parts.values()]
    if len(built) == 1:
        return built[0]
    import keras

    inputs: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    for one in built:
        inputs |= one.teach.input
        outputs |= one.teach.output
    model = keras.Model(inputs, outputs, name="_".join(settings.names))
    return Networks(model, model)


SILENT = "3"  #: TensorFlow's level for fatal errors alone
CHATTER = re.compile(
    rb"WARNING: All log messages before absl::|[IWE]\d{4} \d\d:\d\d:\d+\.|"
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] |To enable the following instructions: "
)
"""How lines begin that TensorFlow's libraries print before anybody can tell them not to."""


def load_keras() -> None:
    """Import Keras with its back end, once; before anything else does.

    TensorFlow logs nothing below fatal errors unless `TF_CPP_MIN_LOG_LEVEL` is set; where somebody
    has set it to less than 3, all is shown. oneDNN is TensorFlow's choice on the newest processors
    alone, and pays on the others as well.

    Raises:
        ImportError: if Keras, or its back end, is not installed.
    """
    if "keras" in sys.modules:
        return
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

    silent = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", SILENT) == SILENT
    with _sifted() if silent else nullcontext(), _uncollected():
        importlib.import_module("keras")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage while much is loaded to stay: that takes time, and finds none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _sifted() -> Iterator[None]:
    """Hold back what is written to stderr, also by libraries; then pass on what is no chatter."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, AttributeError):  # a process without stderr
        yield
        return
    with tempfile.TemporaryFile() as held:
        try:
            os.dup2(held.fileno(), 2)
            yield
        finally:
            with suppress(OSError, AttributeError):
                sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            for line in held:
                if not CHATTER.match(line):
                    os.write(2, line)
