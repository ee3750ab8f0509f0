"""Draws windows with deep-anpr's gen.py and prints how fast, as JSON.

Takes a checkout of the user's (matthewearl/deep-anpr, MIT) by --upstream and fetches nothing. Its
gen.py is of 2016, for Python 2, OpenCV 2 and an older Pillow: what has other names now is handed to
it under its own, and `print x` becomes `print(x)`; what draws is as it was. Runs in the project's
own environment: `benchmarks/drawing.py --upstream FOLDER` calls it.

Its windows: 128x64 grey, British plates alone, flat, affine, noise; each reads its photo anew.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from lines import main, version
from PIL import Image, ImageFont


def load(folder: Path) -> types.ModuleType:
    """Return the checkout's gen.py as a module that runs today."""
    cv2.CV_LOAD_IMAGE_GRAYSCALE = cv2.IMREAD_GRAYSCALE  # type: ignore[attr-defined]
    Image.ANTIALIAS = Image.Resampling.LANCZOS  # type: ignore[attr-defined]

    def getsize(font: ImageFont.FreeTypeFont, text: str) -> tuple[int, int]:
        return tuple(int(v) for v in font.getbbox(text)[2:])  # type: ignore[return-value]

    ImageFont.FreeTypeFont.getsize = getsize  # type: ignore[attr-defined]
    source = (folder / "gen.py").read_text(encoding="utf-8")
    source = re.sub(r"(?m)^(\s*)print (?!\()(.+)$", r"\1print(\2)", source)
    sys.path.insert(0, str(folder))  # its `common`
    module = types.ModuleType("upstream")
    exec(compile(source, str(folder / "gen.py"), "exec"), module.__dict__)
    return module


def draw(folder: Path, backgrounds: Path, faces: Path) -> Iterator[Any]:
    """Yield (64, 128) grey pictures of 0-1 without end.

    It reads ./bgs, numbered from 00000000.jpg: `backgrounds` must be a folder of that name.
    """
    module = load(folder)
    os.chdir(backgrounds.parent)
    vars(module)["FONT_DIR"] = str(faces)
    for picture, _, _ in module.generate_ims():
        yield picture


if __name__ == "__main__":
    cv2.setNumThreads(1)
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--upstream", type=Path, required=True)
    given, sys.argv[1:] = parser.parse_known_args()
    upstream = given.upstream.resolve()
    if not (upstream / "gen.py").is_file():
        sys.exit(f"{upstream}: no gen.py here; clone matthewearl/deep-anpr")
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the peer draws from this one
    main(
        __doc__,
        lambda backgrounds, faces: draw(upstream, backgrounds, faces),
        {"numpy": np.__version__, "opencv": cv2.__version__, "pillow": version("pillow")},
        lambda picture, path: cv2.imwrite(str(path), picture * 255.0),
    )
