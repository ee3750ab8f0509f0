"""Describe networks: model.py.

Prints their layers with output shapes, parameters and multiply-accumulates (MACs), what one window
is, and what a photo of 1280x720 costs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from platewright.command.argument import Parser, add_force, listed
from platewright.errors import ConfigError
from platewright.file import refuse_existing
from platewright.network.kind import DEFAULT, Kind, Recipe, kind_names, load_kind

if TYPE_CHECKING:
    from platewright.network.cost import LayerRow
    from platewright.network.weights import AnySettings

PHOTO = (720, 1280)
SMALLEST = 48.0
"""Pixels: a plate 12 high and four times as wide, the default of detect.py in such a photo."""


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = Parser(description=__doc__)
    add = parser.add_argument
    add("--network", type=listed, metavar="NAME[,NAME]",
        help=f"which of {', '.join(kind_names())} ({','.join(DEFAULT)})")  # fmt: skip
    add("--recipe", type=listed, help="which of its sizes (the first that is listed)")
    add("--weights", type=Path, metavar="WEIGHTS.npz",
        help="describe the networks of these instead")  # fmt: skip
    add("--plot", type=Path, metavar="NET.png", help="also draw them")
    add_force(parser, "replace the plot")
    args = parser.parse_args(argv)
    args.network, args.recipe = args.network or "", args.recipe or ""
    return args


def main(argv: Sequence[str] | None = None) -> None:
    """Build the networks and describe them."""
    args = parse_args(argv)
    refuse_existing(args.plot, force=args.force)
    from platewright.image import check_picture_names
    from platewright.network.cost import draw_plot, layer_rows

    check_picture_names(args.plot)
    settings, kinds = chosen(args)

    rows = layer_rows(settings)
    print("\n".join(kind.about for kind in kinds))
    print()
    print("\n".join(table(rows)))
    print("\n".join(facts(settings, rows)))
    for kind in kinds:
        print()
        print("\n".join(describe(kind, *item) for item in kind.recipes.items()))
    if args.plot is not None:
        draw_plot(rows, args.plot)
        print(f"{args.plot}: drawn")


def chosen(args: argparse.Namespace) -> tuple[AnySettings, list[Kind]]:
    """Return the settings of the networks that are asked for, and their kinds.

    Raises:
        ConfigError: if there is no such network or recipe, or the weights are of others.
        WeightsError: if weights can't be read.
    """
    from platewright.network.kind import joined
    from platewright.network.weights import load_weights

    names = [name for name in args.network.split(",") if name]
    if args.weights is None:
        kinds = [load_kind(name) for name in names or DEFAULT]
        return joined([kind.recipe(args.recipe).settings for kind in kinds]), kinds
    settings = load_weights(args.weights)[1]
    own = list(settings.parts.values())
    if names and names != [part.name for part in own]:
        held = ",".join(part.name for part in own)
        raise ConfigError(f"{args.weights} is of the network {held}: --network names it")
    return settings, [load_kind(part.name) for part in own]


def table(rows: Sequence[LayerRow]) -> Iterator[str]:
    """Yield the lines of the table of layers."""
    yield f"{'layer':<24} {'kind':<20} {'output':<16} {'parameters':>10} {'MACs':>13}"
    for row in rows:
        shape = " x ".join(str(v) for v in row.shape)
        yield f"{row.name:<24} {row.kind:<20} {shape:<16} {row.parameters:>10,} {row.macs:>13,}"
    yield f"{'total':<24} {'':<20} {'':<16} {sum(row.parameters for row in rows):>10,}"


def facts(settings: AnySettings, rows: Sequence[LayerRow]) -> Iterator[str]:
    """Yield what is to be known of each network, a line each."""
    from platewright.network.cost import photo_macs
    from platewright.network.part import ScanSettings
    from platewright.reading.finder import scales

    for name, part in settings.parts.items():
        yield ""
        yield from (f"{f'{name} {what}':<24}{said}" for what, said in part.facts)
        macs = sum(row.macs for row in rows if row.network == name)
        yield f"{f'{name} cost':<24}{macs / 1e6:.2f} MMAC for one window"
        if isinstance(part, ScanSettings):
            levels = scales(PHOTO, part.grid.window, part.extent, SMALLEST)
            whole = photo_macs(part, PHOTO, levels) / 1e9
            yield (
                f"{'a photo of 1280x720':<24}{whole:.2f} GMAC to scan for plates from "
                f"{SMALLEST:.0f} pixels width"
            )


def describe(kind: Kind, name: str, recipe: Recipe) -> str:
    """Return a recipe in two lines."""
    said = [
        f"{recipe.optimizer} {recipe.rate:g}" + (" falling" if recipe.last_rate < 1 else ""),
        f"batch {recipe.batch}",
        f"{recipe.epochs} epochs of {recipe.epoch:,}",
        *([f"gradient clipped at {recipe.clip:g}"] if recipe.clip else []),
        *([f"positions taught ({recipe.where:g})"] if recipe.where else []),
        *(["best validation loss kept"] if recipe.best else []),
    ]
    label = f"{kind.name} --recipe {name}"
    return f"{label:<24} {', '.join(said)}\n{'':<25}{recipe.source}"
