"""What the drivers of the peers share: the command line, the clock and the JSON they print.

Needs nothing but the standard library: each driver runs in its peer's own environment.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

WARM_UP = 20
LETTERS, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"


def draw_text() -> str:
    """Return a plate-like text, as `AB12 CDE`."""
    kinds = {"L": LETTERS, "D": DIGITS}
    return "".join(random.choice(kinds.get(c, c)) for c in "LLDD LLL")


def version(package: str) -> str:
    """Return the installed version of a package."""
    return importlib.metadata.version(package)


def save_picture(picture: Any, path: Path) -> None:
    """Write a Pillow picture, or an array as one."""
    from PIL import Image

    image = picture if hasattr(picture, "save") else Image.fromarray(picture)
    image.save(path)


def main(
    description: str | None,
    make: Callable[[Path, Path], Iterator[Any]],
    versions: dict[str, str],
    save: Callable[[Any, Path], object] = save_picture,
) -> None:
    """Draw for some seconds and print how fast.

    Args:
        description: of the driver.
        make: from the folders of backgrounds (nothing but JPEGs) and faces to an endless iterator
            of pictures; None where the peer gave one up, which is not counted.
        versions: of what draws.
        save: writes a picture to a path that ends in `.png`.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--bgs", type=Path, required=True, help="folder of JPEGs alone")
    parser.add_argument("--fonts", type=Path, required=True, help="folder of .ttf files")
    parser.add_argument("--seconds", type=float, default=5.0, help="to draw (%(default)s)")
    parser.add_argument("--out", type=Path, help="folder to write the pictures to, in the time")
    args = parser.parse_args()
    out = args.out.resolve() if args.out else None
    with contextlib.redirect_stdout(sys.stderr):  # peers print; the JSON stands alone
        pictures = make(args.bgs.resolve(), args.fonts.resolve())
        for _ in range(WARM_UP):
            next(pictures)
        began, busy, drawn, given_up = time.perf_counter(), time.process_time(), 0, 0
        while time.perf_counter() - began < args.seconds:
            picture = next(pictures)
            if picture is None:
                given_up += 1
                continue
            if out:
                save(picture, out / f"{drawn:08d}.png")
            drawn += 1
        spent, busy = time.perf_counter() - began, time.process_time() - busy
    result = {"drawn": drawn, "given_up": given_up, "seconds": spent, "processor_seconds": busy}
    print(json.dumps({**result, "versions": {"python": sys.version.split()[0], **versions}}))
