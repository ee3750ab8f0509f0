"""Whose a plate may be by its colours: likelihoods of regions."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from platewright.geometry import Picture
from platewright.reading.runtime import Network, levels, log_softmax
from platewright.reading.straighten import straightened

TRUST = 0.6  #: Exponent of the likelihoods: drawn plates teach less of real ones than they seem to


class OriginTeller:
    """Looks at plates in colour."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.regions: tuple[str, ...] = network.settings.origin.regions

    def look(self, image: Picture, quads: Sequence[Any]) -> list[dict[str, float]]:
        """Return logarithms of likelihoods by region, of each plate.

        It was taught every region as often, so that what it says is a likelihood; no region more
        often, which is made up for.

        Args:
            image: (H, W, 3) RGB, or (H, W) grey photo.
            quads: (4, 2) each, photo pixels, at least one.

        Returns:
            By code, up to a constant; those of no region under the empty code.
        """
        own = self.network.settings.origin
        colours = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
        pictures, _ = straightened(colours, quads, own.window, own.margin)
        (logits,) = self.network.run(["origin"], {"colours": levels(pictures)})
        found = log_softmax(logits)
        found[:, -1] -= math.log(own.nobody / (1 - own.nobody) * len(self.regions))
        codes = (*self.regions, "")
        return [dict(zip(codes, row, strict=True)) for row in (TRUST * found).tolist()]
