"""Draws plate-like lines with TRDG (PyPI `trdg`) and prints how fast, as JSON.

Runs in an environment of its own, made of trdg-requirements.txt;
`benchmarks/drawing.py --peer trdg=trdg/bin/python` calls it.

The settings are those of TRDG that come nearest to our windows: 128x64 grey, a photo behind the
text, turned by up to 17 degrees, blurred by up to 1 px. TRDG opens the photo anew each time, which
is how it works; no sheet, no perspective, no noise, no JPEG, no boxes of characters.
"""

from __future__ import annotations

import random
from pathlib import Path

from lines import draw_text, main, version
from trdg.generators import GeneratorFromStrings


def prepare(backgrounds: Path, faces: Path) -> GeneratorFromStrings:
    """Return TRDG's generator; draws without end, None where it gives a picture up."""
    return GeneratorFromStrings(
        [draw_text() for _ in range(1000)],
        fonts=[str(path) for path in sorted(faces.glob("*.ttf"))],
        size=64,
        width=128,
        margins=(20, 5, 20, 5),
        skewing_angle=17,
        random_skew=True,
        blur=1,
        random_blur=True,
        background_type=3,
        image_dir=str(backgrounds),
        text_color="#282828",
        image_mode="L",
    )


if __name__ == "__main__":
    random.seed(0)
    main(
        __doc__,
        lambda backgrounds, faces: map(lambda pair: pair[0], prepare(backgrounds, faces)),
        {"trdg": version("trdg"), "pillow": version("pillow"), "numpy": version("numpy")},
    )
