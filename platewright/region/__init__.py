"""Regions: what the plates of a jurisdiction look like and which texts they bear."""

from platewright.region.load import (
    GENERIC,
    REGIONS,
    draw_region,
    jurisdictions,
    load_region,
    region_codes,
)  # fmt: skip
from platewright.region.look import Look, Strip
from platewright.region.region import Region, Series, StripChoice
from platewright.region.syntax import MAX_CHARACTERS, SEPARATORS, Syntax, plain

__all__ = [
    "GENERIC",
    "MAX_CHARACTERS",
    "REGIONS",
    "SEPARATORS",
    "Look",
    "Region",
    "Series",
    "Strip",
    "StripChoice",
    "Syntax",
    "draw_region",
    "jurisdictions",
    "load_region",
    "plain",
    "region_codes",
]
