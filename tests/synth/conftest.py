"""Plain plates: black on white, nothing but characters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from platewright.region import Look
from platewright.synth.style import PlateStyle


@pytest.fixture
def make_look() -> Callable[..., Look]:
    def make(display: str = "HN XZE", **changes: object) -> Look:
        look = Look(
            region="ANY", series="plain", display=display,
            text="".join(c for c in display if c not in " -·|"),
            lines=tuple(display.split("|")), size_mm=(110.0, 520.0),
            background=(255, 255, 255), foreground=(0, 0, 0), border_colour=None, border_mm=0.0,
            corner_mm=0.0, strip=None, second_strip=None, header="", footer="", small_mm=10.0,
            faces=("Barlow-SemiBold",), glyph_height_mm=75.0, glyph_width_mm=None, stroke_mm=None,
            spacing_mm=10.0, gap_mm=30.0, embossed=0.0, picture=False, emblem="",
        )  # fmt: skip
        return replace(look, **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def plain_style() -> PlateStyle:
    return PlateStyle(
        face="Barlow-SemiBold",
        small_face="Barlow-SemiBold",
        header_face="Barlow-SemiBold",
        background=(255, 255, 255),
        foreground=(0, 0, 0),
    )
