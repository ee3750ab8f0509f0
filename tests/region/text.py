"""Texts of a region, drawn in a fifth of the time that whole plates take."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from platewright.region import load_region, plain
from platewright.region.chance import Weighted, stream


class Drawn(NamedTuple):
    """What `Region.draw` decides first."""

    series: str
    display: str

    @property
    def text(self) -> str:
        return plain(self.display)


def draw_texts(code: str, count: int, seed: int) -> list[Drawn]:
    """Return `count` texts; the first is that of the plate that the region draws of this seed."""
    region, uniform = load_region(code), stream(np.random.default_rng(seed))
    series = Weighted(region.series, [each.weight for each in region.series])
    syntaxes = {
        each.name: Weighted(each.syntaxes, [syntax.weight for syntax in each.syntaxes])
        for each in region.series
    }
    found = []
    for _ in range(count):
        name = series.pick(uniform()).name
        found.append(Drawn(name, syntaxes[name].pick(uniform()).compose(uniform)))
    return found
