"""Describe a network: model.py.

Prints its layers with output shapes, parameters and multiply-accumulates (MACs), what one window
is, and what a photo of 1280x720 costs.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from platewright.command.argument import add_force
from platewright.errors import ConfigError, OutputError


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--network", default="window", help="which: window (the default), crnn-lstm, "
        "crnn-gru, attention or box")  # fmt: skip
    add("--recipe", default="", help="its size: of window full (the default) or small, of the "
        "others small (the default) or original")  # fmt: skip
    add("--weights", type=Path, metavar="WEIGHTS.npz",
        help="describe the network of these instead of the default")  # fmt: skip
    add("--plot", type=Path, metavar="NET.png", help="also draw it")
    add_force(parser, "replace the plot")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Build the network and describe it."""
    args = parse_args(argv)
    if args.plot is not None and args.plot.exists() and not args.force:
        raise OutputError(f"{args.plot} exists: --force replaces it")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if args.network == "window":
        describe_window(args)
        return
    if args.plot is not None:
        raise ConfigError("--plot is for the network window alone")
    from platewright.reader.description import describe_reader

    print(describe_reader(args.network, args.weights, args.recipe))


def describe_window(args: argparse.Namespace) -> None:
    """Print the table of the default network, and draw it where that was asked for."""
    from platewright.recognizer.settings import sized

    try:
        from platewright.recognizer.network import build_network
    except ImportError:
        raise ConfigError("the table needs Keras: pip install -r requirements.txt") from None
    from platewright.recognizer.description import (
        describe_layers,
        draw_plot,
        scan_macs,
        scan_photo_macs,
    )
    from platewright.recognizer.weights import load_arrays

    settings = load_arrays(args.weights)[1] if args.weights else sized(args.recipe)
    grid = settings.grid
    model = build_network(settings, image_size=grid.window)
    rows = sorted(describe_layers(model), key=lambda r: not r.name.startswith("scan"))
    print(f"{'layer':<24} {'kind':<20} {'output':<16} {'parameters':>10} {'MACs':>13}")
    for row in rows:
        shape = " x ".join(str(v) for v in row.shape)
        print(f"{row.name:<24} {row.kind:<20} {shape:<16} {row.parameters:>10,} {row.macs:>13,}")
    reader = sum(r.macs for r in rows if r.name.startswith("read"))
    low, high = settings.extent
    photo = (720, 1280)
    smallest = 48.0  # a plate 12 px high and four times as wide, the default of detect.py there
    scan = scan_photo_macs(settings, photo, smallest)
    height, width = grid.window
    print(f"{'total':<24} {'':<20} {'':<16} {model.count_params():>10,}")
    print()
    print(
        f"scan window           {width} x {height} pixels: the receptive field of one output cell"
    )
    print(f"scan stride           {grid.stride[1]} x {grid.stride[0]} pixels")
    print(
        f"positive plates       {low * width:.0f} to {high * width:.0f} pixels wide in the window, "
        f"or {low * height:.0f} to {high * height:.0f} high: range {high / low:.2f}"
    )
    print(f"reader's window       {settings.read_window[1]} x {settings.read_window[0]} pixels")
    print(f"slots                 {settings.slots} of {settings.characters} and pad")
    print(
        f"scan                  {scan_macs(settings, *grid.window) / 1e6:.2f} MMAC for one window"
    )
    print(f"read                  {reader / 1e6:.1f} MMAC for one plate, twice")
    print(
        f"a photo of 1280x720   {scan / 1e9:.2f} GMAC to scan for plates from {smallest:.0f} pixels"
        f" width, and {2 * reader / 1e9:.2f} GMAC per candidate"
    )
    if args.plot is not None:
        draw_plot(rows, args.plot)
        print(f"{args.plot}: drawn")
