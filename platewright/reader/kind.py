"""Kinds of networks, one file each in `platewright/reader/network/`, found by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platewright.errors import ConfigError
from platewright.reader.recipe import Recipe
from platewright.reader.settings import ReaderSettings

__all__ = ["Kind", "Networks", "build", "kind_names", "load_kind"]

FOLDER = Path(__file__).resolve().parent / "network"


@dataclass(frozen=True)
class Networks:
    """Keras models over the same weights.

    Attributes:
        teach: what training fits; its outputs are named as the losses.
        run: what reads; where training needs no other one, the same.
        head: the same up to its recurrent layers, their input being its output `steps`; None where
            it has none.
        tail: bidirectional and dense layers that follow `steps`; they are exported as ONNX's own.
        tail_output: name of what the tail yields.
    """

    teach: Any
    run: Any
    head: Any = None
    tail: tuple[Any, ...] = ()
    tail_output: str = "logits"


@dataclass(frozen=True)
class Kind:
    """A network that can be built and trained.

    Attributes:
        name: of its file, with hyphens.
        about: what it is, from the file's first line.
        recipes: by name; the first is the default.
        build: makes the networks of settings, with fresh weights.
    """

    name: str
    about: str
    recipes: dict[str, Recipe]
    build: Callable[[ReaderSettings], Networks]

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


def kind_names() -> tuple[str, ...]:
    """Return the names of all networks for the second look, sorted; `window` is none of them."""
    files = FOLDER.glob("[!_]*.py")
    return tuple(sorted(file.stem.replace("_", "-") for file in files))


def load_kind(name: str) -> Kind:
    """Find a network by name.

    Raises:
        ConfigError: if there is no such file, or Keras is not installed.
    """
    if name not in kind_names():
        raise ConfigError(f"--network: no network {name}; known: window, {', '.join(kind_names())}")
    try:
        module = importlib.import_module(f"platewright.reader.network.{name.replace('-', '_')}")
    except ImportError:
        raise ConfigError(f"building {name} needs Keras: pip install -r requirements.txt") from None
    about = str(module.__doc__).partition("\n")[0]
    return Kind(name=name, about=about, recipes=module.RECIPES, build=module.build)


def build(settings: ReaderSettings) -> Networks:
    """Build the networks of settings, with fresh weights.

    Raises:
        ConfigError: as `load_kind`.
    """
    return load_kind(settings.name).build(settings)
