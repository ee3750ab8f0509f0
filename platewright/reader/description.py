"""What another reader's network consists of and what it costs, layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from platewright.errors import ConfigError
from platewright.network.kind import Networks, build, load_kind
from platewright.reader.recipe import Recipe
from platewright.network.settings import TextSettings
from platewright.recognizer.description import LayerRow
from platewright.network.weights import load_file

__all__ = ["describe_reader", "reader_macs", "reader_rows"]


def reader_rows(networks: Networks, settings: TextSettings) -> list[LayerRow]:
    """Return the layers with weights, in order.

    Args:
        networks: of `build`.
        settings: of them.
    """
    rows = []
    for layer in networks.teach.layers:
        if not layer.weights:
            continue
        output = layer.output[0] if isinstance(layer.output, (list, tuple)) else layer.output
        shape = tuple(int(v) for v in output.shape[1:])
        macs = _macs(layer, shape, settings)
        rows.append(LayerRow(layer.name, type(layer).__name__, shape, layer.count_params(), macs))
    return rows


def _macs(layer: Any, shape: tuple[int, ...], settings: TextSettings) -> int:
    """Count multiply-accumulates for one plate; a decoder takes `slots + 1` steps."""
    kind = type(layer).__name__
    if kind == "Conv2D":
        return int(np.prod(layer.kernel.shape)) * shape[0] * shape[1]
    if kind == "Dense":
        return int(np.prod(layer.kernel.shape)) * int(np.prod(shape[:-1]))
    if kind == "Bidirectional":
        kernels = [w for w in layer.weights if "kernel" in w.path]
        return shape[0] * sum(int(np.prod(w.shape)) for w in kernels)
    if kind == "Decoder":
        cells, width = layer.input[0].shape[1:]
        once = sum(int(np.prod(w.shape)) for w in layer.weights if "embed" not in w.path)
        return int(cells) * int(width) * int(layer.units) + (settings.slots + 1) * (
            once + int(cells) * (int(layer.units) + int(width))
        )
    return 0


def reader_macs(rows: list[LayerRow]) -> int:
    """Return the multiply-accumulates of all layers for one picture."""
    return sum(row.macs for row in rows)


def describe_reader(name: str, weights: Path | None = None, recipe: str = "") -> str:
    """Return the table of a network, its window and its recipes.

    Args:
        name: of the network.
        weights: an `.npz` whose shapes are described; None: those of the recipe.
        recipe: its name; the first if that is empty.

    Raises:
        ConfigError: if there is no such network or recipe, or the weights are of another one.
        WeightsError: if the weights can't be read.
    """
    kind = load_kind(name)
    settings = kind.recipe(recipe).settings
    if weights is not None:
        settings = TextSettings.from_json(load_file(weights)[1], str(weights))
        if settings.name != name:
            raise ConfigError(f"{weights} is of the network {settings.name}: --network names it")
    networks = build(settings)
    rows = reader_rows(networks, settings)
    lines = [kind.about, ""]
    lines.append(f"{'layer':<24} {'kind':<20} {'output':<16} {'parameters':>10} {'MACs':>13}")
    for row in rows:
        shape = " x ".join(map(str, row.shape))
        lines.append(
            f"{row.name:<24} {row.kind:<20} {shape:<16} {row.parameters:>10,} {row.macs:>13,}"
        )
    lines.append(f"{'total':<24} {'':<20} {'':<16} {networks.teach.count_params():>10,}")
    height, width = settings.window
    lines += ["", f"window                {width} x {height} pixels"]
    if settings.task != "box":
        lines.append(f"slots                 {settings.slots} of {settings.characters!r}")
        lines.append(
            f"steps                 {settings.rows * width // 4}: {settings.rows} "
            f"row{'s' * (settings.rows > 1)} of {width // 4} columns"
        )
    lines.append(f"cost                  {reader_macs(rows) / 1e6:.1f} MMAC for one picture")
    return "\n".join([*lines, "", *map(_told, kind.recipes.items())])


def _told(item: tuple[str, Recipe]) -> str:
    """Return a recipe in two lines."""
    name, recipe = item
    facts = [
        f"{recipe.optimizer} {recipe.rate:g}" + (" falling" if recipe.last_rate < 1 else ""),
        f"batch {recipe.batch}",
        f"{recipe.epochs} epochs of {recipe.epoch:,}",
        *([f"gradient clipped at {recipe.clip:g}"] if recipe.clip else []),
        *([f"positions taught ({recipe.where:g})"] if recipe.where else []),
        "best validation loss kept",
    ]
    return f"--recipe {name:<12} {', '.join(facts)}\n{'':<22}{recipe.source}"
